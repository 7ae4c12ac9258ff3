"""Racemates in a screen: each form is scored, the mean is the score, and the range stands beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from riboswitch.data.library import Library
from riboswitch.steps.predict import predict
from riboswitch.steps.prepare import prepare
from riboswitch.steps.screen import screen
from screening.compounds import CHAINS

ALANINE = {"R": "C[C@@H](N)C(=O)O", "S": "C[C@H](N)C(=O)O", "none": "CC(N)C(=O)O"}
FLUORIDES = ["CC[C@H](F)[C@@H](O)C", "CC[C@H](F)[C@H](O)C", "CC[C@@H](F)[C@@H](O)C", "CC[C@@H](F)[C@H](O)C"]
ROWS = {
    **ALANINE,
    "and": "C[C@H](N)C(=O)O |&1:1|",
    "or": "C[C@H](N)C(=O)O |o1:1|",
    "again": "C[C@@H](N)C(=O)O |&1:1|",
    "bad": "C(",
    "pair": ".".join((ALANINE["R"], ALANINE["S"])),
    "four": f"{FLUORIDES[0]} |&1:2,o1:4|",
    **{f"F{n}": smiles for n, smiles in enumerate(FLUORIDES)},
}
FORMS = {"and": ["R", "S"], "or": ["R", "S"], "again": ["R", "S"], "pair": ["R", "S"],
         "four": ["F0", "F1", "F2", "F3"]}  # fmt: skip


@pytest.fixture(scope="module")
def raw_table():
    return pd.DataFrame({"id": list(ROWS), "smiles": list(ROWS.values())})


@pytest.fixture(scope="module")
def isomers(raw_table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("isomers")
    raw_table.to_csv(folder / "raw.csv", index=False)
    return prepare(folder / "raw.csv", folder / "library", reading={"id_column": "id"}, part_rows=5)


def check(table, target):
    """Every substance has the mean and the range of its forms; a molecule has no range."""
    rows = table.set_index("id")
    assert rows["forms"].dropna().to_dict() == {i: len(FORMS.get(i, "1")) for i in rows.index if i != "bad"}
    for name, forms in FORMS.items():
        of_forms = rows.loc[forms, target].astype(float)
        assert rows[target][name] == pytest.approx(of_forms.mean(), abs=2e-6)
        assert rows[f"{target}_low"][name] == pytest.approx(of_forms.min(), abs=2e-6)
        assert rows[f"{target}_high"][name] == pytest.approx(of_forms.max(), abs=2e-6)
    alone = rows.drop(index=[*FORMS])
    assert alone[[f"{target}_low", f"{target}_high"]].isna().all(axis=None)
    assert rows[target]["R"] != rows[target]["S"]  # else this shows nothing


def test_predictions_and_scores_are_means_over_the_forms(raw_table, isomers, chain_model):
    target = chain_model.task.columns[0]
    for table in (
        predict(raw_table, chain_model),
        screen(raw_table, chain_model, nearest=False),
        screen(isomers, chain_model),
    ):
        check(table, target)


def test_a_racemate_is_no_duplicate_of_its_enantiomers(isomers):
    first = isomers.table().set_index("id")["duplicate_of"]
    assert first[first != ""].to_dict() == {"again": "and", "pair": "and"}


def test_shards_and_processes_change_nothing(isomers, chain_model):
    whole = screen(isomers, chain_model)
    small = Library(isomers.folder, isomers.header | {"block_rows": 2})
    for shards in (1, 3):
        parts = [screen(small, chain_model, shard=shard, shards=shards) for shard in range(shards)]
        found = pd.concat(parts, ignore_index=True)
        assert list(found) == list(whole)
        pd.testing.assert_frame_equal(found, whole, atol=2e-6)


def test_a_racemate_is_not_in_training_because_its_enantiomers_are(raw_table, of_lengths):
    model = of_lengths([*CHAINS, ALANINE["R"], ALANINE["S"]])
    known = screen(raw_table, model, nearest=False).set_index("id")["in_training"]
    assert known[["R", "S"]].any()
    assert not known[["none", "and", "or", "pair"]].any()


def test_the_columns_are_the_same_without_any_racemate(chain_model):
    table = predict(["CCO", "C("], chain_model)
    target = chain_model.task.columns[0]
    assert [*table][3:] == ["forms", target, f"{target}_sd", f"{target}_low", f"{target}_high"]
    assert table["forms"][0] == 1
    assert np.isnan(table[f"{target}_low"][0])
