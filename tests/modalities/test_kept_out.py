"""Rows kept out of training: none that training may see is kin of a held-out input, and no row is lost."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modalities.examples import EXAMPLES
from riboswitch import parse
from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError, UsageError
from riboswitch.modalities import find
from riboswitch.modalities.kept_out import SampleSettings, draw, keep_out

READER = find("molecule").reader
SMILES = ["CCO", "CCCO", "CCN", "CC(=O)O", "c1ccccc1O", "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "Oc1ccccn1"]


def records(smiles, labels=None):
    labels = [n % 2 for n in range(len(smiles))] if labels is None else labels
    rows = [
        Record(n, f"m{n}", {"molecule": s}, {"y": float(label)})
        for n, (s, label) in enumerate(zip(smiles, labels, strict=True), 1)
    ]
    return Records.collect(rows, ["molecule"], modality="molecule", reading={})


@pytest.mark.parametrize("examples", EXAMPLES.values(), ids=EXAMPLES)
def test_inputs_of_equal_identity_are_kin(examples):
    reader = examples.modality.reader
    one, other = (row.components for row in reader.read_list(list(examples.twins), **examples.reading))
    assert reader.identity(one) == reader.identity(other)
    assert reader.kin(one) & reader.kin(other)


def test_the_strands_of_a_sequence_are_kin():
    kin = find("sequence").reader.kin
    assert kin({"sequence": "ATGAAACC"}) == kin({"sequence": "GGTTTCAT"}) == kin({"sequence": "ggtttcau"})
    assert not kin({"sequence": "MKV"}) & kin({"sequence": "VKM"})


@given(st.permutations(SMILES), st.sets(st.sampled_from(SMILES)))
def test_what_is_kept_is_not_kin_and_all_rows_are_counted(smiles, held):
    made = records(smiles)
    kept, parted = keep_out(made, records(sorted(held)), READER)
    keys = {key for s in held for key in READER.kin({"molecule": s})}
    assert all(keys.isdisjoint(READER.kin(c)) for c in kept.each_input())
    assert not any(keys.isdisjoint(READER.kin(c)) for c in parted.each_input())
    assert sorted(kept.ids + parted.ids) == sorted(made.ids)
    assert set(kept.rejected["code"]) <= {"KEPT_OUT"} and len(kept.rejected) == len(parted)
    assert held <= set(parted.inputs["molecule"])


@given(st.permutations(range(40)), st.integers(1, 30), st.integers(0, 5))
def test_a_sample_depends_on_inputs_and_seed_alone(order, rows, seed):
    smiles = ["C" * (n + 1) + "O" for n in order]
    made = draw(
        records(smiles, [n % 4 == 0 for n in order]), "y", SampleSettings(0, rows, seed), READER.identity
    )
    again = draw(records(sorted(smiles), [len(s) % 4 == 2 for s in sorted(smiles)]), "y",
                 SampleSettings("0", rows, seed), READER.identity)  # fmt: skip
    assert set(made.inputs["molecule"]) == set(again.inputs["molecule"])
    kept = made.table["y"]
    assert (kept == 1).sum() == 10 and (kept == 0).sum() == min(rows, 30)
    assert len(made) + len(made.rejected) == 40 and set(made.rejected["code"]) <= {"NOT_DRAWN"}
    fewer = draw(
        records(smiles, [n % 4 == 0 for n in order]), "y", SampleSettings(0, 1, seed), READER.identity
    )
    assert set(fewer.ids) <= set(made.ids)


def test_a_label_that_is_not_there_is_named():
    with pytest.raises(InputError, match=r"no row has this label of y; found '7'. Labels: 0.0, 1.0"):
        draw(records(SMILES), "y", SampleSettings(7), READER.identity)
    with pytest.raises(UsageError, match="rows must"):
        SampleSettings(0, 0)


@pytest.fixture
def files(tmp_path):
    pd.DataFrame({"smiles": [*SMILES, "C("], "y": [0, 0, 0, 0, 0, 1, 1, 1, 0]}).to_csv(tmp_path / "a.csv")
    pd.DataFrame({"smiles": ["O=c1cccc[nH]1", "NC(C)C(=O)O.Cl"]}).to_csv(tmp_path / "library.csv")
    return tmp_path


def test_parse_keeps_a_library_out(files):
    made = parse([{"paths": [files / "a.csv"]}], "molecule", kind="binary", targets=["y"],
                 held_out={"paths": [files / "library.csv"]}, sample={"label": 0, "rows": 3},
                 max_rejected=0.2)  # fmt: skip
    assert made.counts() == {"read": 9, "accepted": 3, "rejected": 6,
                             "by_code": {"BAD_SMILES": 1, "KEPT_OUT": 3, "NOT_DRAWN": 2}}  # fmt: skip
    assert made.kept_out.table["y"].tolist() == [1, 1, 1]
    made.kept_out.save(files / "kept_out.parquet", files / "kept_out-rejected.tsv")
    assert Records.load(files / "kept_out.parquet").ids == made.kept_out.ids


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"held_out": {"reading": {}}}, "held_out: missing key 'paths'"),
        ({"held_out": {"path": ["x"]}}, "unknown setting 'path'"),
        ({"held_out": {"paths": ["nowhere.csv"]}}, "nowhere.csv"),
        ({"sample": {"rows": 3}}, "sample: missing key 'label'"),
        ({"sample": {"label": 0, "row": 3}}, "Did you mean 'rows'"),
        ({"sample": {"label": 0}, "targets": []}, "one target"),
    ],
)
def test_wrong_settings_are_refused(files, options, told):
    arguments = {"kind": "binary", "targets": ["y"]} | options
    with pytest.raises((InputError, UsageError), match=told):
        parse([{"paths": [files / "a.csv"]}], "molecule", **arguments)
