"""check: a ranking against measured values that it was not made from."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from riboswitch import check
from riboswitch.cli import main
from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError, UsageError
from riboswitch.io.parquet import write_parquet
from riboswitch.steps.featurize import featurize

pytestmark = pytest.mark.usefixtures("few_trees")
CHAINS = [f"{'C' * n}{tail}" for n in range(1, 13) for tail in ("O", "N", "C(=O)O", "Cl", "c1ccccc1")]


def records(smiles, labels, kind="t"):
    rows = [Record(n, f"{kind}{n}", {"molecule": s}, {"y": label}) for n, (s, label) in
            enumerate(zip(smiles, labels, strict=True), 1)]  # fmt: skip
    return Records.collect(rows, ["molecule"], modality="molecule", reading={})


def ranked(smiles, scores, **more):
    table = pd.DataFrame({"id": [f"c{n}" for n in range(len(smiles))], "smiles": smiles, "score": scores,
                          "duplicate_of": "", "compromised": False, "known_class": ""} | more)  # fmt: skip
    table = table.sort_values(["compromised", "score"], ascending=[True, False], ignore_index=True)
    return table.assign(rank=range(1, len(table) + 1))


@pytest.fixture(scope="module")
def compounds():
    return ranked(CHAINS, np.linspace(1, 0, len(CHAINS)))


def labels(smiles):
    return [float("O" in s) for s in smiles]


def test_a_perfect_ranking_finds_all_and_the_counts_add_up():
    tested = records(CHAINS[:40], labels(CHAINS[:40]))
    made = check(ranked(CHAINS, labels(CHAINS)), tested, "y", first=[5, 16, 100], bootstrap=50)
    counts, first = made.facts["counts"], made.facts["first"]["ranking"]
    assert counts["compared"] == counts["same_compound"] == 40 and counts["not_tested"] == len(CHAINS) - 40
    assert [f["positives"] for f in first] == [5, 16] and first[0]["enrichment"] == 2.5
    assert made.facts["metrics"]["methods"]["ranking"]["auroc"]["mean"] == 1
    assert (made.table["basis"] == "not tested").sum() == counts["not_tested"]


def test_compounds_in_training_are_not_compared_and_plain_methods_learn_from_it(compounds):
    training = records([f"{s}.Cl" if s.endswith("N") else s for s in CHAINS[:30]], labels(CHAINS[:30]), "n")
    made = check(compounds, records(CHAINS, labels(CHAINS)), "y", training=training, bootstrap=0, first=[5])
    assert made.facts["counts"]["in_training"] == 30 and made.facts["counts"]["compared"] == 30
    assert set(made.facts["first"]) == {"ranking", "forest", "nearest"}
    assert made.table["in_training"].sum() == 30
    none_left = check(compounds, records(CHAINS[:9], labels(CHAINS[:9])), "y", training=training)
    assert none_left.facts["refused"].startswith("No compound of the ranking was tested and kept out")


def test_features_of_the_training_rows_change_nothing(compounds):
    training = records(CHAINS[:30], labels(CHAINS[:30]), "n")
    how = {"training": training, "bootstrap": 0, "first": [5]}
    plain = check(compounds, records(CHAINS, labels(CHAINS)), "y", **how)
    reused = check(compounds, records(CHAINS, labels(CHAINS)), "y", features=featurize(training), **how)
    assert plain.facts == reused.facts
    with pytest.raises(InputError, match="the features are of other records"):
        other = featurize(records(CHAINS[:5], [1.0] * 5))
        check(compounds, records(CHAINS, labels(CHAINS)), "y", features=other, **how)


def test_other_forms_count_if_they_agree():
    table = ranked(["CC(N)C(=O)O", "CC(O)C(=O)O", "CCO", "CCCCO", "CN"], [0.9, 0.8, 0.7, 0.6, 0.5])
    forms = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "C[C@H](O)C(=O)O", "C[C@@H](O)C(=O)O"]
    tested = records([*forms, "CCO", "CN"], [1.0, 1.0, 1.0, 0.0, 0.0, 1.0])
    made = check(table, tested, "y", bootstrap=0, first=[1])
    assert made.table["basis"].tolist() == ["another form", "forms disagree", "same compound", "not tested",
                                            "same compound"]  # fmt: skip
    assert made.facts["counts"]["compared"] == 3 and made.facts["counts"]["forms_disagree"] == 1


def test_the_delivered_list_leaves_out_what_the_genome_defeats():
    table = ranked(CHAINS, np.linspace(1, 0, len(CHAINS)), compromised=[n < 10 for n in range(len(CHAINS))],
                   known_class=["quinolone" if n == 10 else "" for n in range(len(CHAINS))])  # fmt: skip
    made = check(table, records(CHAINS[:20], labels(CHAINS[:20])), "y", bootstrap=0, first=[5, 20])
    row = made.facts["list"][0]
    assert row == {"rows": 5, "positive": 2, "negative": 3, "not_tested": 0, "known_class": 1,
                   "positive_of_no_known_class": 1}  # fmt: skip
    assert all(r["positive"] + r["negative"] + r["not_tested"] == r["rows"] for r in made.facts["list"])
    assert made.facts["first"]["ranking"][0]["positives"] == 2  # of all compared, whatever is defeated


def test_duplicates_count_once(compounds):
    twice = pd.concat([compounds, compounds.assign(duplicate_of="c0", rank=compounds["rank"] + 1000)])
    one, other = (
        check(t, records(CHAINS, labels(CHAINS)), "y", bootstrap=0).facts for t in (compounds, twice)
    )
    assert one == other


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t, r: (t.drop(columns="score"), r, "y"), "not a ranked library; found \"no column 'score'\""),
        (lambda t, r: (t, r, "z"), "no such label column"),
        (lambda t, r: (t, records(CHAINS, [2.0] * len(CHAINS)), "y"), "labels 0 and 1"),
    ],
)
def test_wrong_input_is_refused(compounds, change, told):
    with pytest.raises((InputError, UsageError), match=told):
        check(*change(compounds, records(CHAINS, labels(CHAINS))), bootstrap=0)


@pytest.mark.parametrize(
    ("tested", "compared", "why"),
    [
        (lambda: records(CHAINS, [1.0] * len(CHAINS)), len(CHAINS), "are positive"),
        (lambda: records(CHAINS, [0.0] * len(CHAINS)), len(CHAINS), "are negative"),
        (lambda: records(["CCCCCCCCCCCCCCCCCCCC"], [1.0]), 0, "No compound"),
    ],
)
def test_what_cannot_be_compared_is_said_and_the_list_is_still_described(compounds, tested, compared, why):
    made = check(compounds, tested(), "y", bootstrap=0, first=[10])
    assert why in made.facts["refused"] and made.facts["counts"]["compared"] == compared
    assert made.facts["first"] == {"ranking": []} and made.facts["metrics"] == {}
    assert [row["rows"] for row in made.facts["list"]] == [10]


def test_files(compounds, tmp_path, capsys):
    write_parquet(compounds, tmp_path / "compounds.parquet", {})
    records(CHAINS, labels(CHAINS)).save(tmp_path / "tested.parquet")
    words = ["check", tmp_path / "compounds.parquet", tmp_path / "tested.parquet", "--target", "y", "--first",
             "10", "--output", tmp_path / "check.json", "--table", tmp_path / "table.parquet"]  # fmt: skip
    main([str(word) for word in words])
    facts = json.loads((tmp_path / "check.json").read_text())
    assert [f["rows"] for f in facts["first"]["ranking"]] == [10]
    assert "of the first 10" in capsys.readouterr().err
