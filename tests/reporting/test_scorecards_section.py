"""Scorecards in words and in the report."""

from __future__ import annotations

import copy

import pytest

from reporting.results import Reader, made
from riboswitch.errors import InputError
from riboswitch.io.atomic_files import write_json
from riboswitch.reporting.scored import in_words
from riboswitch.scorecards.scorecard import Scorecard

EVIL = "<b>family"
BAND = {"rows": 8, "groups": 8, "methods": {"network": {"error": 0.5, "low": 0.4, "high": 0.6}}}
FEW = {"rows": 1, "groups": 1, "methods": {}, "reason": "1 group(s), fewer than 5"}
NONE = {"rows": 0, "groups": 0, "methods": {}, "reason": "0 group(s), fewer than 5"}


def measure(mean):
    return {"rmse": {"mean": mean, "low": mean - 0.1, "high": mean + 0.1, "folds": 3, "per_fold": [mean] * 3}}


def of_split(**changes):
    compared = {"verdict": "wins", "reason": "the whole interval is beyond the margin", "folds": 3,
                "difference": -0.4, "low": -0.5, "high": -0.3}  # fmt: skip
    return {
        "design": "cross-validation", "interval": "corrected resampled t", "test_per_train": 0.5,
        "folds": [{"train": 5, "valid": 1, "test": 3, "left_out": 0} for _ in range(3)],
        "tests": 9, "scored": 9, "not_scored": {}, "not_evaluable": {},
        "methods": {"network": measure(0.5), "mean": measure(0.9), "shuffled": measure(0.95)},
        "not_run": {"forest": "fold 1: no tree"},
        "comparisons": {"mean": compared, "shuffled": compared | {"verdict": "ties", "reason": "why"}},
        "chance": {"verdict": "at chance", "folds": 3, "gain": 0.01, "low": -0.1, "high": 0.12,
                   "chance": 0.96},
        "audit": {"light": "amber", "leaked": 0, "test_rows": 3, "reasons": ["similar"], "fold": 0},
        "errors": {
            "error": "root mean squared error", "measure": "tanimoto", "meaning": "Tanimoto similarity",
            "by_similarity": [{"from": i / 5, "to": (i + 1) / 5, **part}
                              for i, part in enumerate((BAND, FEW, NONE, NONE, NONE))],
            "by_group": [{"group": "known", **NONE}, {"group": "new", **BAND, "rows": 9}],
            "unmeasured": 0,
        },
        "warnings": [], **changes,
    }  # fmt: skip


def card(**splits):
    rows = {"read": 10, "accepted": 9, "rejected": 1, "by_code": {"BAD_SMILES": 1}, "labelled": 9,
            "unlabelled": 0}  # fmt: skip
    task = {"kind": "regression", "targets": ["SOL"], "classes": []}
    return {
        "format": 1, "modality": "molecule", "task": task, "model": "network", "shuffled": "shuffled",
        "metric": "rmse", "lower_is_better": True, "margin": 0.1, "margin_from": "given", "level": 0.95,
        "rows": rows, "rivals": ["mean", "forest", "shuffled"], "settings": {},
        "splits": splits or {EVIL: of_split()},
    }  # fmt: skip


def test_each_rival_has_a_sentence_with_its_interval_and_its_reason():
    said = in_words(Scorecard(card(scaffold=of_split())))
    assert said[0] == ("scaffold: network wins against mean: RMSE differs by -0.400 (-0.500 to -0.300); "
                       "the whole interval is beyond the margin.")  # fmt: skip
    assert said[1] == "scaffold: network against forest is not evaluable: fold 1: no tree."
    assert said[2].startswith("scaffold: network ties with shuffled")
    assert "at chance, gain +0.010 (-0.100 to +0.120)" in said[3]
    assert said[4] == "scaffold: audit of fold 0: amber, 0 of 3 test rows were seen in training."


def test_the_report_shows_verdicts_counts_and_distances(folder):
    results, _ = folder()
    warned = of_split(warnings=["Trust no score."])
    write_json(card(**{EVIL: warned}), results / "solubility" / "scorecard.json")
    page = Reader(made(lambda: folder()))
    assert "scorecards" in page.ids and page.loaded == []
    for words in ("network wins against mean", "not evaluable: fold 1: no tree", "9 of 9 tests",
                  "Trust no score.", "0.500 (0.400 to 0.600)", "1 group(s), fewer than 5", EVIL):  # fmt: skip
        assert words in page.said


def test_without_a_scorecard_there_is_no_section(folder):
    assert "scorecards" not in Reader(made(folder)).ids


def spoilt(change):
    facts = card()
    facts = copy.deepcopy(facts)
    change(facts, facts["splits"][EVIL])
    return facts


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda facts, of: facts["rows"].update(read=11), "accepted and rejected"),
        (lambda facts, of: facts["rows"].update(unlabelled=1), "labelled and unlabelled"),
        (lambda facts, of: of.update(tests=10), "the scored and the other ones"),
        (lambda facts, of: of["methods"].pop("mean"), "a rival is missing"),
        (lambda facts, of: of["folds"][0].update(test=2), "the test rows of the folds"),
        (lambda facts, of: of["errors"].update(unmeasured=1), "not all scored rows"),
        (lambda facts, of: of["comparisons"]["mean"].update(verdict="draws"), "draws"),
        (lambda facts, of: of["comparisons"]["mean"].pop("low"), "low"),
        (lambda facts, of: facts.update(format=2), "format"),
    ],
)
def test_a_file_whose_counts_do_not_reconcile_is_refused(tmp_path, change, words):
    with pytest.raises(ValueError, match="not a scorecard") as found:
        Scorecard(spoilt(change))
    assert words in str(found.value)
    write_json(spoilt(change), tmp_path / "scorecard.json")
    with pytest.raises(InputError, match="not a scorecard"):
        Scorecard.load(tmp_path / "scorecard.json")
