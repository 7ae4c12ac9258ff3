"""A file of ours that was changed is the same object for its reader, or one line that names it."""

from __future__ import annotations

import json
import pickle
import random
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from values import TABLE_CHANGES

from drugs import DRUGS
from mutations import each_change, each_damage, each_resealed, unsealed
from riboswitch.data.bundles.sealed_arrays import write_sealed_arrays
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Record, Records
from riboswitch.data.splits import Split
from riboswitch.errors import BundleError, InputError, RiboswitchError
from riboswitch.io.parquet import META_KEY, read_parquet
from riboswitch.learning.stacking import Stack
from riboswitch.modalities import find
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.predict import held_out, predict
from riboswitch.steps.split import split
from riboswitch.steps.stack import stack
from riboswitch.steps.train import train


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One file of each kind, of a small task of molecules."""
    folder = tmp_path_factory.mktemp("own")
    rows = [
        Record(i, f"m{i}", {"molecule": s}, {"y": float(len(s))}, "drugs.smi")
        for i, s in enumerate(DRUGS[:24], 1)
    ]
    records = Records.collect(rows, ["molecule"], modality="molecule", reading={"standardize": False})
    records.save(folder / "records.parquet")
    arrays, halves = featurize(records), split(records, "random", repeats=2)
    halves.save(folder / "split.parquet")
    how = {"kind": "regression", "targets": ["y"], "settings": {"epochs": 1}}
    sizes = {"hidden": 4, "ffn_hidden": 4}
    networks = [train(records, arrays, halves, **how, repeat=r, network=sizes) for r in (0, 1)]
    networks[0].save(folder / "network.safetensors")
    predictions = held_out(records, arrays, halves, networks)
    predictions.save(folder / "predictions.parquet")
    _, base_learners = stack(records, arrays, halves, predictions)
    base_learners.header["stack"]["weights"] = {"network": 0.5, "forest": 0.5}
    base_learners.tensors = forest_of(records, arrays, halves)
    base_learners.save(folder / "base_learners.safetensors")
    ensemble([*networks, base_learners], records).save(folder / "model.safetensors")
    return folder


def forest_of(records, arrays, halves):
    """The arrays of a forest of three trees."""
    from riboswitch.data.task import Task
    from riboswitch.learning.base_learners.forest import Forest, ForestSettings
    from riboswitch.modalities.molecule.base_learners.counts import describe

    task = Task("regression", ("y",))
    labels = task.labels(records.table)
    forest = Forest.grow(describe(arrays), labels, task, ForestSettings(trees=3), seed=0)
    return forest.tensors("stack.forest.")


def tried(read, path):
    """Nothing if the file is read, else the line; any other exception fails the test."""
    try:
        read(path)
    except RiboswitchError as error:
        assert "\n" not in str(error)
        return str(error)
    return ""


def use(path):
    """All that is done with a bundle: it is loaded, tests itself and predicts."""
    model = Model.load(path, base_learners=True)
    if model.members:
        predict(["CCO"], model)
        model.inputs("training.inputs")
    else:
        Stack.of(model, find(model.modality))
    return model


@pytest.mark.parametrize("name", ["network", "model", "base_learners"])
def test_a_bundle_with_any_flipped_bit_or_cut_is_refused(folder, tmp_path, name):
    data, path = (folder / f"{name}.safetensors").read_bytes(), tmp_path / "m.safetensors"
    for what, damaged in each_damage(data, random.Random(name), flips=150, cuts=30):
        path.write_bytes(damaged)
        said = tried(use, path)
        assert said.startswith(f"{path}: "), what


def test_every_byte_of_the_names_and_shapes_is_sealed(folder, tmp_path):
    """The part before the arrays is JSON within JSON; what its escapes mean is sealed with it."""
    data, path = (folder / "network.safetensors").read_bytes(), tmp_path / "m.safetensors"
    size = 8 + int.from_bytes(data[:8], "little")
    for at in range(0, size, 7):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :])
        assert tried(use, path), at


@pytest.mark.parametrize("name", ["network", "model", "base_learners"])
def test_a_bundle_of_other_content_under_a_right_seal_is_used_or_refused(folder, tmp_path, name):
    path, refused = tmp_path / "m.safetensors", {}
    for what in each_resealed(folder / f"{name}.safetensors", path, random.Random(name), some=2):
        refused[what] = tried(use, path)
        if what.startswith("arrays:") and not what.endswith(("shorter", "largest")):  # these may be used
            assert refused[what].startswith(f"{path}: "), what
    for key in ("format", "modality", "components", "task", "encoder", "training", "members"):
        assert refused[f"header: {key} left out"], key
    if name != "base_learners":
        for key in ("golden", "network", "reading"):
            assert refused[f"header: {key} left out"], key


def test_a_network_of_a_billion_units_takes_no_memory(folder, tmp_path):
    header, arrays = unsealed(folder / "network.safetensors")
    path = tmp_path / "m.safetensors"
    for name in ("hidden", "depth", "ffn_hidden", "ffn_layers"):
        for value in (10**9, 10**18, 16384, 100):
            write_sealed_arrays({**header, "network": header["network"] | {name: value}}, arrays, path)
            if (name, value) != ("depth", 100):  # the number of steps shows in no parameter
                assert "m.safetensors: " in tried(use, path), (name, value)


def test_files_of_base_learners_are_told_from_bundles(folder):
    with pytest.raises(BundleError, match=r"no networks\. riboswitch ensemble"):
        Model.load(folder / "base_learners.safetensors")


@pytest.mark.parametrize("name", ["records.parquet", "split.parquet", "predictions.parquet", "m.safetensors"])
def test_what_is_no_such_file_at_all_is_one_line(folder, tmp_path, name):
    read = READERS.get(name, use)
    path = tmp_path / name
    (tmp_path / "rejected.tsv").write_bytes((folder / "rejected.tsv").read_bytes())
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("a", "b")
    contents = [b"", b"text\n", pickle.dumps({"a": 1}), (tmp_path / "z").read_bytes(), b"\0" * 100,
                b"\xff" * 100, b"PAR1", b"PAR1" * 2, json.dumps({"a": 1}).encode()]  # fmt: skip
    for content in contents:
        path.write_bytes(content)
        assert tried(read, path).startswith(f"{path}: ")
    path.unlink()
    assert "no such file" in tried(read, path)
    path.mkdir()
    assert tried(read, path).startswith(f"{path}: ")


READERS = {
    "records.parquet": lambda path: Records.load(path).inputs,
    "split.parquet": lambda path: Split.load(path).weights(),
    "predictions.parquet": lambda path: Predictions.load(path).trials(),
}


@pytest.mark.parametrize("name", READERS)
def test_a_table_with_a_changed_column_is_read_or_refused(folder, tmp_path, name):
    rng, path, table = random.Random(name), tmp_path / name, pq.read_table(folder / name)
    (tmp_path / "rejected.tsv").write_bytes((folder / "rejected.tsv").read_bytes())
    for number in range(300):
        pq.write_table(TABLE_CHANGES[number % len(TABLE_CHANGES)](table, rng), path)
        tried(READERS[name], path)
    key = {"records.parquet": "molecule", "split.parquet": "part_1", "predictions.parquet": "method"}[name]
    lists = pa.array([[1, 2]] * len(table))
    for column in ("id", key):
        pq.write_table(table.drop_columns(column), path)
        assert str(path) in tried(READERS[name], path), column
        for other in (lists, pa.array([b"\xff"] * len(table)), pa.array([None] * len(table))):
            pq.write_table(table.set_column(table.schema.get_field_index(column), column, other), path)
            said = tried(READERS[name], path)
            assert str(path) in said or (column, other) == ("molecule", lists), (column, other.type)


@pytest.mark.parametrize("name", READERS)
def test_a_table_with_a_changed_header_is_read_or_refused(folder, tmp_path, name):
    path, table = tmp_path / name, pq.read_table(folder / name)
    (tmp_path / "rejected.tsv").write_bytes((folder / "rejected.tsv").read_bytes())
    header = json.loads(table.schema.metadata[META_KEY])
    for what, changed in each_change(header, random.Random(name)):
        pq.write_table(table.replace_schema_metadata({META_KEY: json.dumps(changed).encode()}), path)
        said = tried(READERS[name], path)
        if what in ("read left out", "components left out", "digest left out", "task left out"):
            assert str(path) in said, what
    for text in (b"", b"{", b"[]", b"null", b"\xff", b"[" * 10**5, b'{"a": NaN}', b'{"task": 1, "task": 2}'):
        pq.write_table(table.replace_schema_metadata({META_KEY: text}), path)
        assert str(path) in tried(READERS[name], path), text


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_table_is_read_or_refused(folder, tmp_path, name):
    data, path = (folder / name).read_bytes(), tmp_path / name
    (tmp_path / "rejected.tsv").write_bytes((folder / "rejected.tsv").read_bytes())
    lines = [
        tried(READERS[name], path)
        for _, damaged in each_damage(data, random.Random(name), flips=300, cuts=60)
        if path.write_bytes(damaged) is not None
    ]
    assert sum(map(bool, lines)) >= 60


def test_a_damaged_list_of_rejected_rows_is_read_or_refused(folder, tmp_path):
    (tmp_path / "records.parquet").write_bytes((folder / "records.parquet").read_bytes())
    path = tmp_path / "rejected.tsv"
    header = (folder / "rejected.tsv").read_bytes()
    for rows in (
        b"a\t1\tb\tc\td\te\tf\tg\n",
        b"a\tx\n",
        b"\xff\n",
        b"a\t99999999999999999999999\n",
        b'"',
        b"\0",
    ):
        path.write_bytes(header + rows)
        assert str(path) in tried(lambda _: Records.load(tmp_path / "records.parquet"), path), rows
    path.unlink()
    path.mkdir()
    assert str(path) in tried(lambda _: Records.load(tmp_path / "records.parquet"), path)


def test_a_folder_named_as_a_partition_gives_no_column(tmp_path, folder):
    (tmp_path / "id=7").mkdir()
    (tmp_path / "id=7/split.parquet").write_bytes((folder / "split.parquet").read_bytes())
    np.testing.assert_array_equal(
        Split.load(tmp_path / "id=7/split.parquet").table, Split.load(folder / "split.parquet").table
    )


def test_two_columns_of_one_name_are_refused(tmp_path):
    table = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"t\.parquet: two columns have one name; found 'a'"):
        read_parquet(tmp_path / "t.parquet")
