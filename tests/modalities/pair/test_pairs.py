"""Pairs of two modalities: reading, bad input, groups, batches, ablations, baselines."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import riboswitch
from riboswitch import modalities
from riboswitch.config.settings import build, parameters_of
from riboswitch.data.arrays import Ragged, RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Record, Records
from riboswitch.data.splits import Split
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.learning.device import deterministic
from riboswitch.modalities.pair import compose
from riboswitch.modalities.pair.nets.batch import SideArrays, by_block
from riboswitch.modalities.pair.sides import Side
from riboswitch.modalities.reading import read_file

NAME = "sequence+molecule"
READING = {"left": {"alphabet": "protein"}}
PROTEINS = {"aaa": "MKVLAARNDCQEGHIL", "bbb": "MWWWPPPKRKRTTYVSS", "ccc": "MSTNPKPQRKTKRNTNR",
            "ddd": "MHHHDDDEEEGAVLIMF"}  # fmt: skip
DRUGS = {"ethanol": "CCO", "aspirin": "CC(=O)Oc1ccccc1C(=O)O", "amine": "CCN", "benzene": "c1ccccc1"}


def modality():
    return modalities.find(NAME)


def written(path, header, *rows):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def pairs(function):
    """All pairs of the proteins and drugs, with a label that is a function of their numbers."""
    rows = [
        {"sequence": protein, "molecule": drug, "y": function(i, j)}
        for i, protein in enumerate(PROTEINS.values())
        for j, drug in enumerate(DRUGS.values())
    ]
    values = [{"sequence": r["sequence"], "molecule": r["molecule"]} for r in rows]
    stream = modality().reader.read_list(values, **READING)
    records = Records.collect(stream, modality().components, modality=NAME, reading=READING)
    records.table["y"] = [r["y"] for r in rows]
    return records


def split_of(records, parts):
    table = records.table[["id"]].assign(group=records.ids, part_0=parts)
    return Split(table, {"name": "given"})


ENCODING = {"left": {"alphabet": "protein"}}
SMALL = {"left": {"hidden": 16, "embedding": 8}, "right": {"hidden": 16}, "hidden": 16, "ffn_hidden": 16}


# Composition


def test_a_pair_is_composed_by_name_and_knows_its_sides():
    pair = modality()
    assert pair.components == ("sequence", "molecule") and pair.packages == ("biopython", "rdkit")
    assert modalities.find(NAME) is pair and NAME not in modalities.names()
    assert modalities.find("molecule+molecule").components == ("left_molecule", "right_molecule")
    assert {"reader", "ablations", "inventor", "stack", "crossing"} <= modalities.offers()[NAME]


def test_a_pair_of_pairs_and_an_unknown_side_are_refused():
    with pytest.raises(UsageError, match=r"no such modality; found 'sequence\+smell'.*with a plus"):
        modalities.find("sequence+smell")
    with pytest.raises(UsageError, match="no such modality"):
        modalities.find("sequence+molecule+molecule")
    with pytest.raises(UsageError, match=r"must have one component; found 'sequence\+molecule'"):
        compose("x", modality(), modalities.find("molecule"))


# Reading


def test_columns_are_found_by_the_names_of_each_side_and_others_are_kept(tmp_path):
    path = written(tmp_path / "a.csv", "drug_id,SMILES,protein_sequence,Kd", "d1,OCC,mkv,5")
    rows = modality().reader.read(path, **READING)
    (record,) = rows
    assert record.components == {"sequence": "MKV", "molecule": "CCO"}
    assert record.fields["drug_id"] == "d1" and record.fields["Kd"] == "5"
    assert record.fields["molecule_raw_smiles"] == "OCC" and "SMILES" not in record.fields
    assert rows.found.columns == {"sequence": "protein_sequence", "molecule": "SMILES", "ids": None}


def test_inputs_of_a_side_come_from_a_file_of_its_own(tmp_path):
    (tmp_path / "proteins.faa").write_text("".join(f">{n}\n{s}\n" for n, s in PROTEINS.items()))
    written(
        tmp_path / "drugs.csv", "name,smiles,approved", *(f"{n},{s},1" for n, s in DRUGS.items()), "bad,C(,1"
    )
    path = written(tmp_path / "pairs.tsv", "target\tdrug\ty", "aaa\taspirin\t1", "bbb\tethanol\t0",
                   "zzz\tethanol\t0", "aaa\tbad\t1", "\tethanol\t1")  # fmt: skip
    options = {"left_column": "target", "right_column": "drug", "left_file": "proteins.faa",
               "right_file": "drugs.csv", "right_layout": {"id_column": "name"}}  # fmt: skip
    good, other, *bad = modality().reader.read(path, **options, **READING)
    assert good.components == {"sequence": PROTEINS["aaa"], "molecule": DRUGS["aspirin"]}
    assert good.fields == {"target": "aaa", "drug": "aspirin", "y": "1"} and isinstance(other, Record)
    assert [item.code for item in bad] == ["NO_SUCH_INPUT", "BAD_SMILES", "MISSING_INPUT"]
    assert bad[0].reason == "sequence: no sequence in its file is called 'zzz'"


def test_a_table_may_be_compressed_and_rows_repeat_their_inputs(tmp_path):
    text = "sequence,molecule\n" + "MKV,CCO\n" * 3
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    found = list(modality().reader.read(tmp_path / "a.csv.gz", **READING))
    assert [(r.id, r.row) for r in found] == [("row-1", 1), ("row-2", 2), ("row-3", 3)]
    assert len({id(r.components["molecule"]) for r in found}) == 1  # it was read once


def test_each_input_of_a_file_is_paired_with_a_library(tmp_path):
    proteins = "".join(f">{n}\n{s}\n" for n, s in {"aaa": "MKV", "bad": "M!", "bbb": "MW"}.items())
    (tmp_path / "proteins.faa").write_text(proteins)
    path = written(tmp_path / "library.smi", "OCC x", "C( y", "CCN z")
    options = {"cross": "left", "left_file": "proteins.faa", "right_layout": {"id_column": "name"}}
    of_side, *found = modality().reader.read(path, **options, **READING)
    assert (of_side.id, of_side.source) == ("bad", "proteins.faa") and of_side.reason.startswith("sequence: ")
    assert [item.id for item in found] == ["aaa|x", "bbb|x", "y", "aaa|z", "bbb|z"]
    assert [item.row for item in found] == [1, 1, 2, 3, 3] and found[2].code == "BAD_SMILES"
    assert found[1].components == {"sequence": "MW", "molecule": "CCO"}
    assert found[1].fields["molecule_raw_smiles"] == "OCC"
    records = Records.collect(found, modality().components, modality=NAME)
    assert records.meta["split"] == {"rows": 2, "parts": 4}


BAD_CROSSINGS = {
    "no file": ({"cross": "left"}, "nothing to cross with.*--left-file"),
    "no side": ({"cross": "top"}, "no such side to cross"),
    "a column": ({"cross": "left", "left_file": "a.faa", "id_column": "x"}, "id_column has no use"),
    "both files": ({"cross": "left", "left_file": "a.faa", "right_file": "b.smi"}, "both sides have a file"),
    "layout": ({"cross": "left", "left_file": "a.faa", "right_layout": {"hue": 1}}, "unknown setting 'hue'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_CROSSINGS)
def test_a_bad_crossing_is_refused(tmp_path, name):
    options, message = BAD_CROSSINGS[name]
    with pytest.raises(UsageError, match=message):
        modality().reader.read(written(tmp_path / "library.smi", "CCO x"), **options)


BAD_ROWS = {
    "MKV,C(": ("BAD_SMILES", "molecule: "),
    "MK!,CCO": (None, "sequence: "),
    ",CCO": (None, "sequence: "),
    "MKV,": (None, "molecule: "),
    "MK!,C(": (None, "; molecule: "),
    "MKV,CCO,1": ("RAGGED_ROW", "3 cells where the header has 2"),
    "MKV": ("RAGGED_ROW", "1 cells where the header has 2"),
    "MKV,C\0O": ("NUL_BYTE", "NUL"),
}


@pytest.mark.parametrize("row", BAD_ROWS)
def test_a_bad_row_is_a_rejection_that_names_its_side(tmp_path, row):
    path = written(tmp_path / "a.csv", "sequence,molecule", "MKV,CCO", row, "MKV,CCO")
    first, bad, last = modality().reader.read(path, **READING)
    code, reason = BAD_ROWS[row]
    assert isinstance(first, Record) and isinstance(last, Record)
    assert bad.row == 2 and reason in bad.reason and bad.input and code in (None, bad.code)


def test_repeated_and_missing_ids_are_rejected_if_the_column_is_named(tmp_path):
    path = written(tmp_path / "a.csv", "id,sequence,molecule", "a,MKV,CCO", "a,MKV,CCN", ",MKV,CCO")
    read = modality().reader.read
    codes = [r.code for r in read(path, id_column="id", **READING) if not isinstance(r, Record)]
    assert codes == ["DUPLICATE_ID", "MISSING_ID"]
    assert [r.id for r in read(path, **READING)] == ["a", "a", "row-3"]


BAD_FILES = {
    "no left column": ("drug,molecule\nx,CCO\n", {}, r"no column of the left side \(sequence\) was found"),
    "no right column": ("sequence,what\nMKV,CCO\n", {}, "no column of the right side.*--right-column names"),
    "misspelt": ("sequence,smiles\nM,C\n", {"right_column": "smile"}, "no such column.*mean 'smiles'"),
    "one for both": ("sequence,molecule\nM,C\n", {"right_column": "sequence"}, "one column for both sides"),
    "no such id column": ("sequence,molecule\nM,C\n", {"id_column": "name"}, "no such column; found 'name'"),
    "no such kept column": ("sequence,molecule\nM,C\n", {"columns": ["Kd"]}, "no such column; found 'Kd'"),
    "empty": ("", {}, "the file is empty"),
    "one name twice": ("sequence,molecule,molecule\nM,C,C\n", {}, "a column name stands twice"),
    "no file of a side": ("sequence,molecule\na,C\n", {"left_file": "none.faa"}, "no such file"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_table_is_an_error_that_says_what_to_do(tmp_path, name):
    text, options, message = BAD_FILES[name]
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        list(modality().reader.read(tmp_path / "a.csv", **options, **READING))


BAD_OPTIONS = {
    "of the side": ({"left": {"alphabat": "protein"}}, r"left side \(sequence\): unknown setting 'alphabat'"),
    "of a file": ({"left": {"format": "csv"}}, "unknown setting 'format'"),
    "value": ({"left": {"alphabet": "klingon"}}, "klingon"),
    "no mapping": ({"left": "protein"}, "settings of the left side must be names with values"),
    "layout": ({"left_layout": {"format": "fasta"}}, "a layout of the left side, and no file.*--left-file"),
    "format": ({"format": "sdf"}, "no such format"),
    "ids": ({"repeated_ids": "merge"}, "no such way with repeated ids"),
    "lines": ({"skip_lines": -1}, "skip_lines must be a whole number"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_a_bad_option_is_refused_before_a_row_is_read(tmp_path, name):
    options, message = BAD_OPTIONS[name]
    path = written(tmp_path / "a.csv", "sequence,molecule", "MKV,CCO")
    with pytest.raises(UsageError, match=message):
        modality().reader.read(path, **options)


@pytest.mark.parametrize("value", ["MKV", {"sequence": "MKV"}, None, 3])
def test_what_is_no_pair_in_memory_is_a_rejection(value):
    (item,) = modality().reader.read_list([value], **READING)
    assert (item.code, item.reason) == ("BAD_PAIR", "not a pair of sequence and molecule")


def test_a_missing_value_of_a_table_is_no_text():
    """A gap in a DataFrame is NaN, which would be the protein Asn-Ala-Asn."""
    values = [{"sequence": float("nan"), "molecule": "CCO"}, {"sequence": None, "molecule": "CCO"}]
    found = list(modality().reader.read_list(values, **READING))
    assert not any(isinstance(item, Record) for item in found)


def test_settings_of_the_sides_are_checked_by_the_sides():
    encode, part, group = modality().encoder.encode, modality().network, modality().grouper.group
    for ask, message in (
        (lambda: encode({"sequence": [], "molecule": []}, [], {"left": {"alphabet": "klingon"}}), "klingon"),
        (lambda: encode({"sequence": [], "molecule": []}, [], {"vectors": 3}), "must be true or false"),
        (lambda: encode({"sequence": [], "molecule": []}, [], {"modality": "x+y"}), "arrays of other pairs"),
        (lambda: build(part.NetworkSettings, {"left": {"hiden": 3}}), "left side.*unknown setting 'hiden'"),
        (lambda: build(part.NetworkSettings, {"right": {"hidden": 0}}), "hidden must"),
        (lambda: build(part.NetworkSettings, {"sides": "middle"}), "no such sides"),
        (lambda: build(part.NetworkSettings, {"interaction": "love"}), "no such interaction"),
        (lambda: group({"sequence": ["M"], "molecule": ["C"]}, "left_family", left={"cutof": 1}), "cutof"),
        (lambda: group({"sequence": ["M"], "molecule": ["C"]}, "top"), "no such way to group pairs"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=message):
            ask()


# Groups


def test_each_side_is_kept_apart_by_its_own_methods():
    records = pairs(lambda i, j: i + j)
    parts = {"train": 0.5, "valid": 0.25, "test": 0.25}
    for methods, cold in ((["left_random"], {"sequence"}), (["right_random"], {"molecule"}),
                          (["left_random", "right_random"], {"sequence", "molecule"})):  # fmt: skip
        made = riboswitch.split(records, methods, repeats=1, fractions=parts)
        train, test = (records.table.iloc[made.rows(part, 0)] for part in ("train", "test"))
        assert len(train) and len(test)
        new = {name for name in ("sequence", "molecule") if not {*train[name]} & {*test[name]}}
        assert new >= cold


# Batches and the network


def side_arrays(lengths, index):
    values = np.zeros(sum(lengths), np.uint8)
    items = Ragged({"x": values}, {"x": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)})
    side = Side("left", modalities.find("molecule"), "c")
    return SideArrays(
        side, RaggedArrays.of_items("molecule", [""] * len(lengths), items, {}), np.array(index)
    )


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=40), st.integers(1, 9))
def test_blocks_hold_every_row_once_and_the_long_inputs_together(found, size):
    left = side_arrays([500] * 5, [a for a, _ in found])
    right = side_arrays([1] * 7, [b for _, b in found])
    rows = np.arange(len(found))[::-1].copy()
    for rng in (None, np.random.default_rng(1)):
        ordered = by_block([left, right], rows, size, rng)
        assert sorted(ordered.tolist()) == sorted(rows.tolist())
        if len(found) > size:
            changes = np.flatnonzero(np.diff(left.index[ordered]))
            assert len(changes) == len(np.unique(left.index)) - 1


def test_an_input_of_many_pairs_is_computed_once_a_batch(monkeypatch):
    records = pairs(lambda i, j: i + j)
    arrays = riboswitch.featurize(records, ENCODING)
    part = modality().network
    net = part.Network(build(part.NetworkSettings, SMALL), 1, arrays.meta).eval()
    batch = part.collate(arrays, np.arange(16))
    assert sum(len(chunk.lengths) for chunk in batch.left.chunks) == 4
    assert sum(chunk.n for chunk in batch.right.chunks) == 4
    embedded = []
    own = net.left.embed
    monkeypatch.setattr(net.left, "embed", lambda chunk: embedded.append(len(chunk.lengths)) or own(chunk))
    with torch.inference_mode():
        assert net(batch).shape == (16, 1)
    assert embedded == [4]


def test_a_bundle_keeps_all_settings_of_the_sides():
    settings = build(modality().network.NetworkSettings, {"left": {"hidden": 8}})
    assert settings.left["hidden"] == 8 and settings.left["recurrent"] == "lstm"
    assert settings.right["kind"] == "dmpnn"


@pytest.mark.parametrize("interaction", ["both", "bilinear", "concatenated"])
def test_eight_pairs_are_learned_by_heart(interaction):
    """The label is that of neither side: it says whether their numbers are both odd or both even."""
    records = pairs(lambda i, j: (i + j) % 2)
    arrays = riboswitch.featurize(records, ENCODING)
    parts = ["train"] * 8 + ["valid"] * 4 + ["test"] * 4
    model = riboswitch.train(
        records, arrays, split_of(records, parts), kind="binary", targets=["y"],
        settings={"epochs": 100, "learning_rate": 0.01, "batch_size": 8, "keep": "last"},
        network=SMALL | {"interaction": interaction, "dropout": 0.0},
    )  # fmt: skip
    found = riboswitch.predict(records, riboswitch.ensemble([model], records))
    assert ((found["p_y"] > 0.5) == (records.table["y"] == 1))[:8].all()


def test_without_features_there_are_no_base_learners():
    records = pairs(lambda i, j: i + j)
    for wanted, names in (
        (True, {"forest", "kernel", "left_kernel", "right_kernel", "answers_kernel"}),
        (False, set()),
    ):
        arrays = riboswitch.featurize(records, {**ENCODING, "vectors": wanted})
        assert set(modality().stack.base_learners(arrays.meta)) == names


def test_a_stack_of_pairs_answers_as_it_was_weighed():
    """The answers of a bundle are the weighted mean of those of its network and its base learners."""
    records = pairs(lambda i, j: i + 10 * j)
    arrays, parts = riboswitch.featurize(records, ENCODING), ["train"] * 10 + ["valid"] * 4 + ["test"] * 2
    split = split_of(records, parts)
    model = riboswitch.train(records, arrays, split, kind="regression", targets=["y"],
                             settings={"epochs": 1}, network=SMALL)  # fmt: skip
    made, learners = riboswitch.stack(
        records, arrays, split, riboswitch.held_out(records, arrays, split, [model])
    )
    weights = learners.header["stack"]["weights"]
    assert made.methods == ["stack"] and sum(weights.values()) == pytest.approx(1) and weights["network"] < 1
    whole = riboswitch.predict(records, riboswitch.ensemble([model, learners], records))["y"]
    kinds, total = modality().stack.base_learners(arrays.meta), 0.0
    for name, weight in weights.items():
        if name == "network":
            total += (
                weight * riboswitch.predict(records, riboswitch.ensemble([model], records))["y"].to_numpy()
            )
            continue
        own = {k.removeprefix(f"stack.{name}."): v for k, v in learners.tensors.items()}
        learner = kinds[name].from_tensors(own, Task("regression", ("y",)))
        total += weight * learner.predict(arrays, np.arange(16))[:, 0]
    np.testing.assert_allclose(whole, total, atol=1e-4)


def test_one_side_alone_gives_all_pairs_of_an_input_one_answer():
    records = pairs(lambda i, j: i + 10 * j)
    arrays, parts = riboswitch.featurize(records, ENCODING), ["train"] * 12 + ["valid"] * 2 + ["test"] * 2
    for sides, component in (("left", "sequence"), ("right", "molecule")):
        model = riboswitch.train(
            records, arrays, split_of(records, parts), kind="regression", targets=["y"],
            settings={"epochs": 2}, network=SMALL | {"sides": sides},
        )  # fmt: skip
        found = riboswitch.predict(records, riboswitch.ensemble([model], records))["y"]
        spread = found.groupby(records.table[component].to_numpy()).agg(np.ptp)
        assert spread.max() < 1e-5 and np.ptp(found) > 1e-4


def test_the_same_seed_gives_the_same_network():
    records = pairs(lambda i, j: i * j)
    arrays, split = (
        riboswitch.featurize(records, ENCODING),
        split_of(records, ["train"] * 14 + ["valid", "test"]),
    )
    one, other = (
        riboswitch.train(records, arrays, split, kind="regression", targets=["y"], seed=1,
                         settings={"epochs": 2, "batch_size": 4}, network=SMALL)
        for _ in range(2)
    )  # fmt: skip
    assert one.parameters(0).keys() == other.parameters(0).keys()
    assert all(np.array_equal(value, other.parameters(0)[n]) for n, value in one.parameters(0).items())


# Baselines


def test_mean_effects_add_the_effects_of_both_sides():
    records = pairs(lambda i, j: float(i + 10 * j))
    train, test = np.arange(1, 16), np.array([0])
    labels = records.table[["y"]].to_numpy(float)
    inputs = {name: [values[i] for i in train] for name, values in records.inputs.items()}
    new = {name: [values[i] for i in test] for name, values in records.inputs.items()}
    method = modality().baselines.BASELINES["mean_effects"]
    (found,) = method(inputs, labels[train], new, Task("regression", ("y",)), seed=0)
    mean = labels[train].mean()
    assert abs(found[0] - labels[0, 0]) < abs(mean - labels[0, 0]) / 2
    unseen = {"sequence": ["MFFFF"], "molecule": ["CCCCC"]}
    (of_new,) = method(inputs, labels[train], unseen, Task("regression", ("y",)), seed=0)
    assert abs(of_new[0] - mean) < 1e-9


def test_only_methods_on_both_sides_learn_what_is_of_neither():
    records = pairs(lambda i, j: float((i + j) % 2))
    labels, task = records.table[["y"]].to_numpy(float), Task("binary", ("y",))
    found = {
        name: method(records.inputs, labels, records.inputs, task, seed=0)[:, 0]
        for name, method in modality().baselines.BASELINES.items()
    }
    assert set(found) == {"mean_effects", "left_only", "right_only", "forest", "nearest", "ridge",
                          "left_ridge", "right_ridge", "answers_ridge"}  # fmt: skip
    right = {name: ((p > 0.5) == (labels[:, 0] == 1)).mean() for name, p in found.items()}
    assert right["nearest"] == right["forest"] == 1
    for name in ("left_only", "right_only"):
        assert np.abs(found[name] - 0.5).max() < 0.2


# From a file to a report


def test_pairs_go_from_a_file_to_answers_and_a_report(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        f"{protein},{drug},{i + j + 0.1 * rng.normal():.3f}"
        for i, protein in enumerate(PROTEINS.values())
        for j, drug in enumerate(DRUGS.values())
    ]
    path = written(tmp_path / "pairs.csv", "protein,smiles,y", *rows, "MKV,C(,1")
    records = riboswitch.parse(
        [{"paths": [path], "reading": READING}], NAME, kind="regression", targets=["y"]
    )
    assert (records.read, len(records)) == (17, 16) and records.rejected["code"].tolist() == ["BAD_SMILES"]
    split = riboswitch.split(
        records, "random", repeats=2, fractions={"train": 0.5, "valid": 0.25, "test": 0.25}
    )
    arrays = riboswitch.featurize(records, ENCODING)
    how = {"kind": "regression", "targets": ["y"]}
    models = [riboswitch.train(records, arrays, split, **how, repeat=r, settings={"epochs": 3}, network=SMALL)
              for r in range(2)]  # fmt: skip
    plain = riboswitch.baseline(records, split, **how, methods=["mean_effects", "nearest"])
    networks = riboswitch.held_out(records, arrays, split, models)
    metrics = riboswitch.evaluate(Predictions.concat([plain, networks]), bootstrap=20)
    assert {"network", "mean_effects", "nearest"} <= set(metrics["methods"])
    folder = tmp_path / "results" / "affinity"
    folder.mkdir(parents=True)
    riboswitch.ensemble(models, records).save(folder / "model.safetensors")
    table = pd.DataFrame({"sequence": ["mkvlaarndc", "M!"], "molecule": ["OCC", "CC"], "id": ["a", "b"]})
    found = riboswitch.predict(table, folder / "model.safetensors")
    assert found["status"].tolist()[0] == "ok" and found["id"].tolist() == ["a", "b"]
    assert found["y"].notna().tolist() == [True, False]
    check_library_against_proteins(tmp_path, Model.load(folder / "model.safetensors"))
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "counts.json").write_text(json.dumps(records.counts()))
    records.rejected.to_csv(folder / "rejected.tsv", sep="\t", index=False)
    html, _ = riboswitch.report(tmp_path / "results", tmp_path / "data", title="Affinity")
    assert "BAD_SMILES" in html and "mean_effects" in html


def check_library_against_proteins(folder, bundle):
    """Each protein of a file with each molecule of a library gets the answer of that pair."""
    (folder / "two.faa").write_text(f">aaa\n{PROTEINS['aaa']}\n>bbb\n{PROTEINS['bbb']}\n")
    library = written(folder / "library.smi", "OCC x", "C( y", "CCN z")
    records = read_file(str(library), bundle, modality(), {"cross": "left", "left_file": "two.faa"})
    found = riboswitch.predict(records, bundle)
    assert found["id"].tolist() == ["aaa|x", "bbb|x", "y", "aaa|z", "bbb|z"]
    alone = pd.DataFrame({"sequence": [PROTEINS["bbb"]], "molecule": ["NCC"]})
    assert abs(found["y"].iloc[4] - riboswitch.predict(alone, bundle)["y"].iloc[0]) < 1e-5


def test_both_sides_may_be_of_one_modality(tmp_path):
    pair = modalities.find("molecule+molecule")
    path = written(tmp_path / "a.csv", "left_molecule,right_molecule", "OCC,CCN", "CCN,OCC", "C(,C")
    first, other, bad = pair.reader.read(path)
    assert first.components == {"left_molecule": "CCO", "right_molecule": "CCN"}
    assert first.fields["left_molecule_raw_smiles"] == "OCC" and bad.code == "BAD_SMILES"
    assert pair.reader.identity(first.components) != pair.reader.identity(other.components)
    records = Records.collect([first, other], pair.components, modality=pair.name)
    arrays = pair.encoder.encode(records.inputs, records.ids, {"vectors": False})
    assert {name: len(items) for name, items in arrays.components.items()} == dict.fromkeys(
        pair.components, 2
    )
    net = pair.network.Network(build(pair.network.NetworkSettings, {}), 1, arrays.meta).eval()
    with torch.inference_mode():
        one, two = net(pair.network.collate(arrays, np.arange(2)))
    assert one != two  # a pair turned round is another


def test_the_batch_does_not_change_an_answer():
    records = pairs(lambda i, j: i + j)
    arrays = riboswitch.featurize(records, ENCODING)
    part = modality().network
    with deterministic(3):
        net = part.Network(build(part.NetworkSettings, SMALL), 2, arrays.meta).eval()
    net.fit_scalers(arrays, np.arange(16))
    with torch.inference_mode():
        whole = net(part.collate(arrays, np.arange(16)))
        for rows in ([5], [15, 0], [3, 3, 9]):
            torch.testing.assert_close(
                net(part.collate(arrays, np.array(rows))), whole[rows], atol=1e-5, rtol=1e-4
            )


def test_every_option_of_reading_is_on_the_page():
    page = (Path(__file__).parents[3] / "docs/pairs.md").read_text("utf-8")
    for name in parameters_of(modality().reader.read):
        assert f"`{name}`" in page, name


def test_a_profile_meets_a_molecule_and_the_names_of_its_features_are_kept(tmp_path):
    """What the reader of a side learned from its file belongs to the model, as that of a table does."""
    cells = ["id,TP53,BRCA1,KRAS", *(f"line{n},{n}.5,{'' if n == 3 else n % 4},{-n}" for n in range(8))]
    written(tmp_path / "cells.csv", *cells)
    rows = [f"line{n},{drug},{n * (1 + k)}" for n in range(8) for k, drug in enumerate(DRUGS.values())]
    table = written(tmp_path / "pairs.csv", "profile,smiles,y", *rows)
    reading = {"left_file": "cells.csv"}
    records = riboswitch.parse([{"paths": [table], "reading": reading}], "profile+molecule",
                               kind="regression", targets=["y"])  # fmt: skip
    assert records.meta["reading"]["left"]["feature_names"] == ["TP53", "BRCA1", "KRAS"]
    features = riboswitch.featurize(records)
    assert features.meta["left"]["features"] == ["TP53", "BRCA1", "KRAS"]
    assert features.meta["vectors"]["left"] == 3
    split = split_of(records, ["train"] * 20 + ["valid"] * 6 + ["test"] * 6)
    model = riboswitch.train(records, features, split, kind="regression", targets=["y"],
                             settings={"epochs": 1}, network={"hidden": 8, "ffn_hidden": 8})  # fmt: skip
    model.save(tmp_path / "model.safetensors")
    turned = [",".join([name, k, b, t]) for name, t, b, k in (line.split(",") for line in cells)]
    written(tmp_path / "cells.csv", *turned)
    again = read_file(table, Model.load(tmp_path / "model.safetensors"), modalities.find("profile+molecule"),
                      reading)  # fmt: skip
    for one, other in zip(records.inputs["profile"], again.inputs["profile"], strict=True):
        np.testing.assert_array_equal(one, other, "features are found by their names")
    made = riboswitch.predict(again, Model.load(tmp_path / "model.safetensors"))
    assert made["y"].notna().all() and len(made) == len(rows)


def test_a_repeated_pair_with_an_array_is_told_like_any_other(tmp_path):
    written(tmp_path / "cells.csv", "id,TP53,KRAS", "a,1,2", "b,2,3")
    table = written(tmp_path / "pairs.csv", "profile,smiles,y", "a,CCO,1", "a,OCC,1", "a,CCO,1", "b,CCO,3")
    sources = [{"paths": [table], "reading": {"left_file": "cells.csv"}}]
    records = riboswitch.parse(
        sources, "profile+molecule", kind="regression", targets=["y"], duplicates="mean"
    )
    assert len(records) == 2 and records.rejected["code"].tolist() == ["DUPLICATE"] * 2
