"""Laws of screening a library of one side of pairs against given inputs of the other."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

import riboswitch
from riboswitch import modalities
from riboswitch.data.library import Library
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.data.splits import Split
from riboswitch.errors import InputError, UsageError
from riboswitch.io.atomic_files import sha256
from riboswitch.io.sealed import write_sealed
from riboswitch.modalities.reading import read_file
from riboswitch.screening.crossing import screen_crossed as crossed
from riboswitch.screening.scorefile import ScoreTable
from riboswitch.steps.predict import predict
from riboswitch.steps.prepare import prepare
from riboswitch.steps.screen import command, screen

NAME = "sequence+molecule"
READING = {"left": {"alphabet": "protein"}}
PROTEINS = {"aaa": "MKVLAARNDCQEGHIL", "bbb": "MWWWPPPKRKRTTYVSS", "ccc": "MSTNPKPQRKTKRNTNR"}
DRUGS = {f"d{n}{m}": f"{'C' * n}{tail}" for n in (1, 2, 4) for m, tail in enumerate(("O", "N", "c1ccccc1"))}
ENCODINGS = {"plain": {"descriptors": "none"}, "described": {"descriptors": "rdkit"}}


@pytest.fixture(scope="module", params=ENCODINGS)
def encoding(request):
    return ENCODINGS[request.param]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, encoding):
    """A bundle of two networks with base learners, on disk."""
    values = [{"sequence": p, "molecule": d} for p in PROTEINS.values() for d in DRUGS.values()]
    pair = modalities.find(NAME)
    stream = pair.reader.read_list(values, **READING)
    records = Records.collect(stream, pair.components, modality=NAME, reading=READING)
    records.table["y"] = [len(v["sequence"]) * 0.1 + len(v["molecule"]) for v in values]
    arrays = riboswitch.featurize(records, {**READING, "right": encoding})
    parts = [("train", "train", "valid", "test")[i % 4] for i in range(len(values))]
    split = Split(records.table[["id"]].assign(group=records.ids, part_0=parts, part_1=parts), {"name": "a"})
    small = {"left": {"hidden": 8}, "right": {"hidden": 8}, "hidden": 8, "ffn_hidden": 8}
    models = [riboswitch.train(records, arrays, split, kind="regression", targets=["y"], repeat=r,
                               settings={"epochs": 2}, network=small) for r in (0, 1)]  # fmt: skip
    held = riboswitch.held_out(records, arrays, split, models)
    _, stack = riboswitch.stack(records, arrays, split, held)
    path = tmp_path_factory.mktemp("crossed") / "model.safetensors"
    riboswitch.ensemble([*models, stack], records).save(path)
    return path


@pytest.fixture(scope="module")
def library(tmp_path_factory, encoding):
    folder = tmp_path_factory.mktemp("library")
    lines = [
        *(f"{s} {n}" for n, s in DRUGS.items()),
        "C( bad",
        "C[C@H](F)Cl one",
        "C[C@H](N)C(=O)O |&1:1| open",
    ]
    (folder / "library.smi").write_text("\n".join(lines) + "\n")
    return prepare(folder / "library.smi", folder / "made", encoder=encoding,
                   reading={"id_column": "name"})  # fmt: skip


@pytest.fixture
def given(tmp_path):
    path = tmp_path / "proteins.faa"
    path.write_text("".join(f">{n}\n{s}\n" for n, s in {**PROTEINS, "bad": "M!", "ddd": "MHHHDDDE"}.items()))
    return {"cross": "left", "left_file": str(path)}


def test_scores_are_those_of_predict_for_every_pair(bundle, library, given):
    model, raw = Model.load(bundle), library.folder.parent / "library.smi"
    records = read_file(str(raw), model, modalities.find(NAME),
                        {**given, "right_layout": {"id_column": "name"}})  # fmt: skip
    expected = predict(records, model)
    expected = expected[expected["status"] == "ok"].set_index("id")
    found = screen(library, model, cross=given)
    assert found["against"].tolist() == [*PROTEINS, "ddd"] * len(library)
    assert found["row"].tolist() == np.repeat(library.table()["row"], 4).tolist()
    expected = expected.loc[found["id"]].reset_index(drop=True)
    assert {"y", "y_sd", "forms"} <= set(found) and found["forms"].max() > 1
    for name in found.columns.difference(["row", "id", "against"]):
        np.testing.assert_allclose(found[name].to_numpy(float), expected[name].to_numpy(float), atol=2e-5)


@pytest.mark.parametrize(("shards", "rows", "together"), [(1, 4, 8), (3, 4, 2**16), (2, 2, 1), (9, 2, 6)])
def test_shards_blocks_and_parts_do_not_change_a_score(
    bundle, library, given, tmp_path, monkeypatch, shards, rows, together
):
    whole = screen(library, bundle, cross=given).set_index("id")
    shutil.copytree(library.folder, tmp_path / "blocks")
    write_sealed(library.header | {"block_rows": rows}, tmp_path / "blocks/library.json")
    monkeypatch.setattr(crossed, "PAIRS_TOGETHER", together)
    cut = Library.open(tmp_path / "blocks")
    found = pd.concat([screen(cut, bundle, cross=given, shard=i, shards=shards) for i in range(shards)])
    assert sorted(found["id"]) == sorted(whole.index)
    pd.testing.assert_frame_equal(found.set_index("id").loc[whole.index], whole, atol=2e-5)


def test_no_table_holds_more_pairs_than_fit(bundle, library, given, monkeypatch):
    monkeypatch.setattr(crossed, "PAIRS_TOGETHER", 2 * len(library))
    settings = crossed.CrossSettings(Model.load(bundle), given)
    tables = list(crossed.screen_crossed(library.folder, settings, settings.given()))
    assert [len(table) for table in tables] == [2 * len(library)] * 2


def test_the_best_of_each_given_input_are_written(bundle, library, given, tmp_path):
    options = [f"--{name.replace('_', '-')}" for name in given]
    assert options == ["--cross", "--left-file"]
    for processes in (1, 2):
        command(str(library.folder), [str(bundle)], output=str(tmp_path / f"{processes}.parquet"), top=3,
                reading=given, processes=processes)  # fmt: skip
    scores, best = (pd.read_parquet(tmp_path / f"1{end}.parquet") for end in ("", ".top"))
    assert best["against"].tolist() == [name for name in [*PROTEINS, "ddd"] for _ in range(3)]
    for name, rows in best.groupby("against"):
        own = scores[scores["against"] == name].sort_values(["y", "row"], ascending=[False, True])
        assert rows["id"].tolist() == own["id"].tolist()[:3]
    origin = ScoreTable.head(tmp_path / "1.parquet").origin
    assert origin.against == sha256(given["left_file"]) and origin.library == library.digest
    for end in ("", ".top"):
        one, two = (tmp_path / f"{n}{end}.parquet" for n in (1, 2))
        assert one.read_bytes() == two.read_bytes()


def test_what_does_not_fit_is_refused(bundle, library, given, tmp_path):
    for options, message in (
        ({}, "nothing given of the other.*--cross left"),
        ({"cross": "top"}, "no such side to cross"),
        ({"cross": "left"}, "nothing to cross with.*--left-file"),
        ({**given, "right_file": "x.smi"}, "right_file has no use"),
        ({**given, "left_layout": {"hue": 1}}, "unknown setting 'hue'"),
        ({"cross": "right", "right_file": str(library.folder.parent / "library.smi")}, "of another side"),
    ):  # fmt: skip
        with pytest.raises((UsageError, InputError), match=message):
            screen(library, bundle, cross=options)
    with pytest.raises(UsageError, match=r"screens a prepared library of one side.*prepare makes one"):
        command(given["left_file"], [str(bundle)], output=str(tmp_path / "a.csv"), reading=given)
    with pytest.raises(UsageError, match="one model of pairs is screened with at a time"):
        screen(library, {"a": Model.load(bundle), "b": Model.load(bundle)}, cross=given)
    other = "none" if library.header["encoder"].get("descriptors") else "rdkit"
    made = prepare(library.folder.parent / "library.smi", tmp_path / "other",
                   encoder={"descriptors": other}, reading={"id_column": "name"})  # fmt: skip
    if other == "none":
        with pytest.raises(InputError, match="encoded differently than the model expects"):
            screen(made, bundle, cross=given)
    else:
        assert len(screen(made, bundle, cross=given)) == 4 * len(made)
