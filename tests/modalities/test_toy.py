"""A modality whose input is not text, and one of two components: from a file to a report."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup

import riboswitch
from modalities import toy, toy_pair
from riboswitch import modalities
from riboswitch.config.found_columns import Stream
from riboswitch.data.model import Model
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError, UsageError
from riboswitch.evaluation.maps import Rules
from riboswitch.io.atomic_files import write_json
from riboswitch.modalities.base import MISSING
from riboswitch.modalities.optional_parts import Changes, RowBatch
from riboswitch.modalities.reading import read_file
from riboswitch.steps.explain import command as explain_file

READING = {"largest": 100.0}
TARGETS = ["sum"]
FRACTIONS = {"train": 0.6, "valid": 0.2, "test": 0.2}
BAD = "1 2"


def text(vector):
    return " ".join(f"{x:.3f}" for x in vector)


def vectors(many, rng):
    """Vectors of which two each have the same first number."""
    found = rng.normal(size=(many, 3)).round(3)
    found[:, 0] = np.arange(many) % (many // 2)
    return found


@pytest.fixture
def file(tmp_path):
    """A CSV of 60 vectors and two rows that are none."""
    rows = [{"id": f"v{i}", "vector": text(v), "sum": round(v[1] + v[2], 3)}
            for i, v in enumerate(vectors(60, np.random.default_rng(0)))]  # fmt: skip
    rows[7:7] = [{"id": "short", "vector": BAD, "sum": 3}, {"id": "large", "vector": "1 2 300", "sum": 3}]
    pd.DataFrame(rows).to_csv(tmp_path / "vectors.csv", index=False)
    return tmp_path / "vectors.csv"


def again(noun, path):
    """A noun that was saved and loaded."""
    noun.save(path)
    return type(noun).load(path)


def parsed(file, modality):
    source = {"paths": [str(file)], "reading": READING}
    records = riboswitch.parse([source], modality, kind="regression", targets=TARGETS)
    return again(records, file.with_name("records.parquet"))


@pytest.mark.parametrize("module", [toy, toy_pair])
def test_a_modality_fits_on_a_page(module):
    tree = ast.parse(inspect.getsource(module))
    body = [n for n in tree.body[1:] if not isinstance(n, ast.Import | ast.ImportFrom)]
    lines = [line for node in body for line in ast.unparse(node).splitlines() if line.strip()]
    assert len(lines) <= 72


def test_the_folder_of_the_guide_is_a_modality(file, tmp_path, monkeypatch):
    page = Path(__file__).parents[2].joinpath("docs/extending.md").read_text("utf-8")
    shown = page.split("<!-- modalities/spectrum/__init__.py -->")[1].split("```")[1].removeprefix("python\n")
    folder = tmp_path / "guide" / "spectrum"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(shown, "utf-8")
    for part in re.findall(r'": "\.(\w+)"', shown):
        (folder / f"{part}.py").write_text("from modalities.toy import *\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    made = modalities.register(importlib.import_module("guide.spectrum").MODALITY)
    assert (made.name, made.component, {*made.parts}) == ("spectrum", "spectrum", {*toy.PARTS})
    assert made is modalities.find("spectrum") and made.reader.__name__ == "guide.spectrum.read"
    assert made.network.Network is toy.Network and made.library is None


def test_records_keep_numbers_through_a_file(file):
    records = parsed(file, "vector")
    assert (records.read, len(records)) == (62, 60)
    assert records.rejected[["row", "id", "input", "code"]].values.tolist() == [
        [8, "short", BAD, "BAD_VECTOR"], [9, "large", "1 2 300", "BAD_VECTOR"]
    ]  # fmt: skip
    assert records.meta["reading"] == READING
    value = records.inputs["vector"][1]
    assert value.dtype == np.float32 and value.shape == (3,)
    assert records.rejection(0, "CODE", "a reason", stage="test").input == "array of (3,)"


def test_vectors_go_from_a_file_to_a_report(file, tmp_path):
    records = parsed(file, "vector")
    split = again(riboswitch.split(records, "first", repeats=2), tmp_path / "split.parquet")
    features = again(riboswitch.featurize(records), tmp_path / "features.npz")
    plain = riboswitch.baseline(records, split, kind="regression", targets=TARGETS)
    models = [
        again(riboswitch.train(records, features, split, kind="regression", targets=TARGETS, repeat=repeat),
              tmp_path / f"{repeat}.safetensors")
        for repeat in range(2)
    ]  # fmt: skip
    networks = riboswitch.held_out(records, features, split, models)
    metrics = riboswitch.evaluate(Predictions.concat([plain, networks]), bootstrap=50)
    assert metrics["comparisons"]["average"]["rmse"]["verdict"] == "wins"

    final = [riboswitch.refit(records, features, split, models, seed=seed) for seed in range(2)]
    folder = tmp_path / "results" / "sums"
    folder.mkdir(parents=True)
    bundle = again(riboswitch.ensemble(final, records), folder / "model.safetensors")
    kept = bundle.inputs("training.inputs")["vector"]
    np.testing.assert_array_equal(kept, records.inputs["vector"])
    assert len(bundle.header["golden"]) == len(bundle.inputs("golden")["vector"]) == 8

    new = read_file(str(file), bundle, toy.MODALITY)
    found = riboswitch.predict(new, bundle)
    assert found["status"].tolist() == ["ok"] * 7 + ["BAD_VECTOR"] * 2 + ["ok"] * 53
    truth = pd.read_csv(file)["sum"][found["status"] == "ok"]
    assert np.corrcoef(truth, found["sum"].dropna())[0, 1] > 0.9
    check_answers_in_memory(file, bundle, found)

    write_json(metrics, folder / "metrics.json")
    write_json(records.counts(), folder / "counts.json")
    records.rejected.to_csv(folder / "rejected.tsv", sep="\t", index=False)
    html, collated = riboswitch.report(tmp_path / "results", tmp_path / "data", title="Sums of vectors")
    assert collated == {"sums": metrics}
    assert "BAD_VECTOR" in html and "Sums of vectors" in html


def check_answers_in_memory(file, bundle, expected):
    """Texts, arrays and tables get the answers of the file."""
    table = pd.read_csv(file)
    texts = table["vector"].tolist()
    arrays = [np.array(value.split(), np.float64) for value in texts]
    named = table[["id"]].assign(vector=pd.Series(arrays))
    pd.testing.assert_frame_equal(riboswitch.predict(named, bundle), expected)
    pd.testing.assert_frame_equal(riboswitch.predict(table.rename(columns={"vector": "numbers"}), bundle),
                                  expected)  # fmt: skip
    for values in (texts, arrays):
        found = riboswitch.predict(values, bundle)
        assert found["id"].tolist() == [f"row-{n}" for n in range(1, 63)]
        pd.testing.assert_frame_equal(found.drop(columns="id"), expected.drop(columns="id"))
    with pytest.raises(UsageError, match="needs the column 'vector'"):
        riboswitch.predict(table[["id"]], bundle)


def test_arrays_of_several_dimensions_keep_their_shape_through_a_file(tmp_path):
    images = [np.arange(2 * n, dtype=np.uint8).reshape(2, n) for n in (1, 3, 0)]
    rows = [Record(n, f"i{n}", {"image": image}) for n, image in enumerate(images, 1)]
    records = Records.collect(rows, ["image"], modality="image")
    loaded = again(records, tmp_path / "records.parquet")
    assert list(loaded.table) == list(records.table)
    for found, image in zip(loaded.inputs["image"], images, strict=True):
        assert found.dtype == image.dtype
        np.testing.assert_array_equal(found, image)
    model = Model({"components": ["image"]}, {})
    model.pack_inputs("training.inputs", loaded.inputs)
    for found, image in zip(model.inputs("training.inputs")["image"], images, strict=True):
        np.testing.assert_array_equal(found, image)


def test_a_file_without_one_good_row_can_stand_beside_another(file, tmp_path):
    (tmp_path / "none.csv").write_text("id,vector,sum\na,nothing,1\n")
    paths = [str(tmp_path / "none.csv"), str(file)]
    records = riboswitch.parse([{"paths": paths}], "vector", kind="regression", targets=TARGETS)
    assert (records.read, len(records)) == (63, 61)
    assert riboswitch.featurize(records).only.values["x"].shape == (61, 3)


def test_duplicates_are_found_by_their_numbers(tmp_path):
    (tmp_path / "twice.csv").write_text("id,vector,sum\na,1 2 3,5\nb,1.0 2.0 3.0,5\nc,1 2 4,6\n")
    records = parsed(tmp_path / "twice.csv", "vector")
    assert records.ids == ["a", "c"]
    assert records.rejected["code"].tolist() == ["DUPLICATE"]


def test_a_bundle_knows_its_records_by_their_numbers(file, tmp_path):
    records = parsed(file, "vector")
    features, split = riboswitch.featurize(records), riboswitch.split(records, repeats=1)
    model = riboswitch.train(records, features, split, kind="regression", targets=TARGETS,
                             settings={"epochs": 1})  # fmt: skip
    records.table.at[3, "vector"] = records.table.at[3, "vector"] + np.float32(1e-3)
    with pytest.raises(InputError, match="not trained on these records"):
        riboswitch.ensemble([model], records)


@pytest.fixture
def pairs(tmp_path):
    """A CSV of all pairs of 20 left and 20 right vectors; the label adds a number of each."""
    rng = np.random.default_rng(0)
    left, right = vectors(20, rng), vectors(20, rng)
    rows = [{"id": f"{i}-{j}", "left": text(a), "right": text(b), "sum": round(a[1] + b[2], 3)}
            for i, a in enumerate(left) for j, b in enumerate(right)]  # fmt: skip
    pd.DataFrame([*rows, {"id": "bad", "left": rows[0]["left"], "right": BAD}]).to_csv(
        tmp_path / "pairs.csv", index=False
    )
    return tmp_path / "pairs.csv"


@pytest.mark.parametrize("side", toy_pair.SIDES)
def test_pairs_go_from_a_file_to_predictions_of_new_components(pairs, tmp_path, side):
    records = parsed(pairs, "pair")
    assert (len(records), records.rejected["id"].tolist()) == (400, ["bad"])
    features = again(riboswitch.featurize(records), tmp_path / "features.npz")
    assert {name: len(items) for name, items in features.components.items()} == {"left": 20, "right": 20}
    split = again(riboswitch.split(records, side, repeats=1, fractions=FRACTIONS), tmp_path / "split.parquet")
    first = np.array([vector[0] for vector in records.inputs[side]])
    train, test = (set(first[split.rows(part, 0)]) for part in ("train", "test"))
    assert train and test and not train & test
    model = riboswitch.train(records, features, split, kind="regression", targets=TARGETS)
    plain = riboswitch.baseline(records, split, kind="regression", targets=TARGETS)
    networks = riboswitch.held_out(records, features, split, [model])
    metrics = riboswitch.evaluate(Predictions.concat([plain, networks]), bootstrap=0)["methods"]
    assert metrics["network"]["rmse"]["mean"] < metrics["average"]["rmse"]["mean"]
    bundle = again(riboswitch.ensemble([model], records), tmp_path / "model.safetensors")
    table = pd.read_csv(pairs)
    found = riboswitch.predict(table, bundle)
    assert found["status"].tolist() == ["ok"] * 400 + ["BAD_VECTOR"]
    records = read_file(str(pairs), bundle, toy_pair.MODALITY)
    pd.testing.assert_frame_equal(found, riboswitch.predict(records, bundle))
    with pytest.raises(UsageError, match="needs the column 'right'"):
        riboswitch.predict(table.drop(columns="right"), bundle)


def test_pairs_are_split_so_that_both_components_are_new(pairs):
    records = parsed(pairs, "pair")
    split = riboswitch.split(records, toy_pair.SIDES, repeats=1, fractions=FRACTIONS)
    parts = {part: split.rows(part, 0) for part in ("train", "valid", "test")}
    assert 0 < sum(map(len, parts.values())) < len(records)
    for side in toy_pair.SIDES:
        first = np.array([vector[0] for vector in records.inputs[side]])
        train, valid, test = (set(first[rows]) for rows in parts.values())
        assert not train & valid and not train & test and not valid & test
    features = riboswitch.featurize(records)
    model = riboswitch.train(records, features, split, kind="regression", targets=TARGETS)
    held = riboswitch.held_out(records, features, split, [model])
    assert len(held) == len(parts["valid"]) + len(parts["test"])


@pytest.fixture
def explained(monkeypatch):
    """Vectors with an explainer: each number in turn is set to 0."""

    def without_each(arrays, row):
        values = np.repeat(arrays.item(row)["x"], 1 + toy.LENGTH, axis=0)
        values[np.arange(1, 1 + toy.LENGTH), np.arange(toy.LENGTH)] = 0
        return toy.encode({"vector": [*values]}, [str(n) for n in range(1 + toy.LENGTH)])

    def draw(value, scores, largest, name):
        return Markup(f"<svg>{value.tolist()}</svg>")

    part = SimpleNamespace(
        PART="number", COLOURS=(), rules=Rules(), parts=lambda arrays, row: ["x", "y", "z"],
        changes=lambda arrays, row: Changes(np.arange(toy.LENGTH), ["0"] * toy.LENGTH),
        without_each=without_each, draw=draw, answers=None,
    )  # fmt: skip
    parts = {**toy.MODALITY.parts, "explainer": part}
    return modalities.register(replace(toy.MODALITY, parts=parts))


def test_answers_for_inputs_that_are_no_text_are_explained_and_drawn(file, tmp_path, explained):
    records = parsed(file, "vector")
    features, split = riboswitch.featurize(records), riboswitch.split(records, repeats=2)
    models = [riboswitch.train(records, features, split, kind="regression", targets=TARGETS, repeat=repeat)
              for repeat in range(2)]  # fmt: skip
    path = tmp_path / "model.safetensors"
    riboswitch.ensemble(models, records).save(path)
    explain_file(str(file), path, output=str(tmp_path / "maps.csv"), page=tmp_path / "maps.html")
    maps = pd.read_csv(tmp_path / "maps.csv")
    scores = maps.dropna(subset="score").groupby("part")["score"].agg(lambda s: s.abs().mean())
    assert scores["y"] > 2 * scores["x"] and scores["z"] > 2 * scores["x"]  # the label is y + z
    assert set(maps["input"]) == {"array of (3,)", BAD, "1 2 300"}
    page = (tmp_path / "maps.html").read_text("utf-8")
    assert str(records.inputs["vector"][0].tolist()) in page and page.count("<svg>") == len(records)


@pytest.fixture
def screened():
    """Vectors with libraries, and no similarity."""

    def batch_reader(path, reading, encoder, key):
        def made(items):
            good = [item for item in items if isinstance(item, Record)]
            inputs = {"vector": [item.components["vector"] for item in good]}
            return RowBatch(items, keys(inputs, key), toy.encode(inputs, [item.id for item in good], encoder))

        return made

    def keys(inputs, by):
        return ["" if by == "none" else toy.identity({"vector": vector}) for vector in inputs["vector"]]

    part = SimpleNamespace(
        KEYS=("numbers",), rows=lambda path, reading: Stream(toy.read(path, **reading)),
        BatchReader=batch_reader, keys=keys, sample_rows=None,
        count=lambda path, **layout: SimpleNamespace(rows=None),
    )  # fmt: skip
    return modalities.register(replace(toy.MODALITY, parts={**toy.MODALITY.parts, "library": part}))


def test_a_library_of_inputs_that_are_no_text_is_prepared_and_screened(file, tmp_path, screened):
    records = parsed(file, "vector")
    features, split = riboswitch.featurize(records), riboswitch.split(records, repeats=1)
    model = riboswitch.train(records, features, split, kind="regression", targets=TARGETS)
    bundle = riboswitch.ensemble([model], records)
    new = pd.read_csv(file)
    new = pd.concat([new, new.iloc[:1].assign(id="twin"), new.iloc[:1].assign(id="new", vector="7 7 7")])
    new.to_csv(tmp_path / "library.csv", index=False)
    library = riboswitch.prepare(tmp_path / "library.csv", tmp_path / "library", modality="vector",
                                 reading=READING, part_rows=25)  # fmt: skip
    found = riboswitch.screen(library, bundle)
    expected = riboswitch.predict(read_file(str(tmp_path / "library.csv"), bundle, toy.MODALITY), bundle)
    expected = expected[expected["status"] == "ok"].reset_index(drop=True)
    assert found["id"].tolist() == expected["id"].tolist()
    np.testing.assert_allclose(found["sum"], expected["sum"], atol=1e-5)
    assert found["in_training"].tolist() == [True] * 61 + [False]
    assert library.header["counts"]["rejected"] == 2
    with pytest.raises(UsageError, match=re.escape(MISSING["similarity"][0])):
        riboswitch.screen(library, bundle, nearest=True)
    listed = riboswitch.screen(new["vector"].tolist(), bundle, nearest=False)
    assert listed["status"].value_counts().to_dict() == {"ok": 62, "BAD_VECTOR": 2}
    np.testing.assert_allclose(listed["sum"].dropna(), found["sum"], atol=1e-5)
