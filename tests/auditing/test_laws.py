"""What holds for the audit of every modality, with an auditor or without."""

from __future__ import annotations

import numpy as np
import pytest

from modalities.examples import EXAMPLES, profile_text, series_text
from riboswitch.auditing.audit import Audit
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.steps.audit import audit

LETTERS = np.random.default_rng(3)


def dna(length=90):
    return "".join(LETTERS.choice([*"ACGT"], length).tolist())


def peptide(length=40):
    return "".join(LETTERS.choice([*"ADEFGHIKLMNPQRSTVWY"], length).tolist())


SERIES = [series_text([(0, n, 1), (1, n * n, n)]) for n in range(8)]
TEXTS = ["Aspirin in rats.", "Mood of mice", "Two trials, no effect", "Plasma calcium rose!", "A review",
         "Ten patients slept", "Lithium", "Fear; and memory"]  # fmt: skip
MOLECULES = ["CCO", "c1ccccc1", "C1CCNCC1", "CC(C)(C)C#N", "FC(F)(F)S", "O=C1CCCO1", "CSSC", "ClCBr"]
APART = {  # inputs without any relation, by construction
    "molecule": MOLECULES,
    "sequence": [peptide() for _ in range(8)],
    "sequence of DNA": [dna() for _ in range(8)],
    "sequence of codons": [dna() for _ in range(8)],
    "image": [LETTERS.integers(0, 255, (9, 9, 1)).astype(np.uint8) for _ in range(8)],
    "image in colours": [LETTERS.integers(0, 255, (16, 16, 3)).astype(np.uint8) for _ in range(8)],
    "profile": [profile_text((f"{n}", f"{-n}", "1", f"{n % 2}", "x")) for n in range(8)],
    "series": SERIES,
    "text": TEXTS,
    "vector": [f"{n} 0 {n}" for n in range(8)],
    "pair": [{"left": f"{n} 0 0", "right": "1 1 1"} for n in range(8)],
    "sequence+molecule": [{"sequence": "MKVLAARND", "molecule": smiles} for smiles in MOLECULES],
    "profile+molecule": [{"profile": profile_text(("1", "2", "1", "0", "x")), "molecule": smiles}
                         for smiles in MOLECULES],
    "series+molecule": [{"series": SERIES[3], "molecule": smiles} for smiles in MOLECULES],
    "vector+molecule": [{"vector": f"{n} 0 {n}", "molecule": "CCO"} for n in range(8)],
}  # fmt: skip
each = pytest.mark.parametrize("name", EXAMPLES)


def records(name, values, ids=None, **columns):
    example = EXAMPLES[name]
    ids = [f"{n}" for n in range(len(values))] if ids is None else ids
    stream = example.modality.reader.read_list(values, ids, **example.reading)
    made = Records.collect(stream, example.modality.components, modality=example.modality.name,
                           reading=example.reading)  # fmt: skip
    for column, cells in columns.items():
        made.table[column] = cells
    return made


@each
def test_every_modality_has_inputs_apart(name):
    assert len(APART[name]) == 8


@each
def test_a_set_against_itself_is_red(name):
    made = audit(*[records(name, APART[name])] * 2)
    kinds = {kind["kind"]: kind["strongest"] for kind in made.facts["kinds"]}
    assert made.light == "red" and made.facts["leaked"] == kinds["exact"] == 8
    assert {(pair["test"], pair["train"]) for pair in made.facts["pairs"]} == {
        (f"{n}",) * 2 for n in range(8)
    }


@each
def test_sets_apart_are_green(name):
    made = audit(records(name, APART[name][:4]), records(name, APART[name][4:]))
    assert (made.light, made.facts["leaked"], made.facts["unrelated"]) == ("green", 0, 4)
    assert made.facts["pairs"] == [] and all(kind["all"] == 0 for kind in made.facts["kinds"])


@each
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_changes_nothing(name, seed):
    values, rng = APART[name], np.random.default_rng(seed)
    train = [(f"a{n}", v) for n, v in enumerate([*values[:5], *values[:2]])]
    test = [(f"b{n}", v) for n, v in enumerate([*values[3:], values[0]])]
    shuffled = [[rows[i] for i in rng.permutation(len(rows))] for rows in (train, test)]
    made = [
        audit(*(records(name, [v for _, v in rows], [i for i, _ in rows]) for rows in sides))
        for sides in ((train, test), shuffled)
    ]
    assert made[0].facts == made[1].facts and made[0].facts["leaked"] == 3


@each
def test_what_is_saved_is_what_is_loaded(name, tmp_path):
    made = audit(records(name, APART[name][:5]), records(name, APART[name][4:]))
    made.save(tmp_path / "audit.json")
    assert Audit.load(tmp_path / "audit.json") == made


@each
def test_a_split_is_audited_as_its_parts(name):
    whole = records(name, [*APART[name], APART[name][0]])
    parts = ["train", "valid", "test", "train", "test", "left_out", "left_out", "left_out", "test"]
    split = Split(whole.table[["id"]].assign(group=whole.ids, part_0="train", part_1=parts))
    made = audit(whole, split, repeat=1)
    assert made.facts["train"]["rows"] == made.facts["test"]["rows"] == 3
    assert [(p["kind"], p["test"], p["train"]) for p in made.facts["pairs"]] == [("exact", "8", "0")]
    assert made.facts["split"]["training_parts"] == ["train", "valid"]


@each
def test_of_a_split_the_worst_repeat_is_written_with_the_lights_of_all(name):
    whole = records(name, [*APART[name], APART[name][0]])
    clean = ["train", "valid", "train", "train", "train", "test", "test", "test", "train"]
    leaking = ["train", "valid", "test", "train", "test", "left_out", "left_out", "left_out", "test"]
    parts = {"part_0": clean, "part_1": leaking, "part_2": clean}
    split = Split(whole.table[["id"]].assign(group=whole.ids, **parts))
    made, alone = audit(whole, split), [audit(whole, split, repeat=n).facts for n in range(3)]
    assert [facts["leaked"] for facts in alone] == [0, 1, 0]
    told = made.facts["split"].pop("repeats")
    assert told == [each["split"]["repeats"][0] for each in alone]
    assert [(each["repeat"], each["leaked"], each["test_rows"]) for each in told] == [
        (0, 0, 3),
        (1, 1, 3),
        (2, 0, 3),
    ]
    assert alone[1]["split"].pop("repeats") == told[1:2] and made.facts == alone[1]


@each
def test_groups_that_stand_on_both_sides_are_red(name):
    train = records(name, APART[name][:4], lab=["x", "y", None, ""])
    test = records(name, APART[name][4:], lab=["z", "y", None, ""])
    made = audit(train, test, groups=["lab"])
    assert made.light == "red" and made.facts["leaked"] == 1
    assert [(p["kind"], p["test"], p["train"]) for p in made.facts["pairs"]] == [("group:lab", "1", "1")]


@each
@pytest.mark.parametrize(
    ("train", "test", "tolerance", "conflicts"),
    [
        (["1", "2", "", "x"], ["1.0", "2", "3", ""], 0, 1),  # names: 1 and 1.0 are two
        (["1", "2", "", "4"], ["1.0", "2", "3", ""], 0, 0),
        (["1", "2", "3", "4"], ["1.5", "2", "3.25", "4"], 0, 2),
        (["1", "2", "3", "4"], ["1.5", "2", "3.25", "4"], 0.3, 1),
    ],
)
def test_labels_of_one_thing_are_compared(name, train, test, tolerance, conflicts):
    made = audit(records(name, APART[name][:4], y=train), records(name, APART[name][:4], y=test),
                 targets=["y"], tolerance=tolerance)  # fmt: skip
    compared = sum(bool(a and b) for a, b in zip(train, test, strict=True))
    assert made.facts["labels"] == {"y": {"compared": compared, "conflicts": conflicts}}
    pairs = [pair for pair in made.facts["pairs"] if pair["kind"] == "label_conflict"]
    assert len(pairs) == conflicts
    assert all((p["test_label"], p["train_label"]) in {*zip(test, train, strict=True)} for p in pairs)


def test_a_share_of_leaked_rows_may_be_allowed_and_few_pairs_listed():
    train, test = records("molecule", APART["molecule"][:5]), records("molecule", APART["molecule"][3:])
    allowed = audit(train, test, max_leaked=0.4, max_pairs=1)
    assert (allowed.light, allowed.facts["leaked"]) == ("amber", 2)
    assert (len(allowed.facts["pairs"]), allowed.facts["pairs_left_out"]) == (1, 1)
    assert audit(train, test, max_leaked=0.39).light == "red"
