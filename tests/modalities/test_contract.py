"""The laws of `riboswitch.modalities.base` and its parts: every modality keeps all of them."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import riboswitch
from modalities.examples import EXAMPLES
from riboswitch import modalities
from riboswitch.bio.genome import read_genome
from riboswitch.config.settings import build
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records, Rejection
from riboswitch.data.splits import Split
from riboswitch.data.task import Task
from riboswitch.errors import BundleError, UsageError
from riboswitch.evaluation.maps import Rules
from riboswitch.learning.device import deterministic
from riboswitch.learning.inference import Predictor
from riboswitch.learning.settings import TrainSettings
from riboswitch.modalities import base, optional_parts, pair_parts, parts, stack_part

SOURCE = Path(riboswitch.__file__).parent
GENOME = Path(__file__).parents[1] / "data/sequences/genes.gb"
PROTOCOLS = {
    "reader": parts.Reader, "grouper": parts.Grouper, "encoder": parts.Encoder, "network": parts.NetworkPart,
    "baselines": parts.Baselines, "stack": stack_part.StackPart, "explainer": optional_parts.Explainer,
    "library": optional_parts.LibraryPart, "similarity": optional_parts.Similarity,
    "reuse": optional_parts.ReusePart,
    "pretext": optional_parts.Pretext, "genome": optional_parts.GenomeSource, "drawer": optional_parts.Drawer,
    "assessor": optional_parts.Assessor,
    "forms": optional_parts.FormsPart, "auditor": optional_parts.Auditor,
    "further_baselines": parts.Baselines,
    "inventor": optional_parts.Inventor, "starts": optional_parts.StartFiles,
    "vectors": pair_parts.VectorsPart, "crossing": pair_parts.CrossingPart,
    "amounts": pair_parts.AmountsPart,
    "ablations": optional_parts.AblationsPart,
}  # fmt: skip
TASKS = {
    "regression": Task("regression", ("a", "b")),
    "binary": Task("binary", ("a",)),
    "multiclass": Task("multiclass", ("a",), ("x", "y", "z")),
}
ROWS = np.array([3, 0, 5, 1, 2, 4])
PROGRAMS = {"mmseqs": "mmseqs"}  # a way of grouping -> the program it needs


def each(part=None):
    """Parametrize a test by the examples of all modalities, or of those that have a part."""
    chosen = {n: e for n, e in EXAMPLES.items() if part is None or e.modality.offers(part)}
    return pytest.mark.parametrize("examples", chosen.values(), ids=chosen)


def records_of(examples, values=None):
    stream = examples.modality.reader.read_list(examples.values if values is None else values,
                                                **examples.reading)  # fmt: skip
    return Records.collect(stream, examples.modality.components, modality=examples.modality.name,
                           reading=examples.reading)  # fmt: skip


def encoded(examples, values=None):
    records = records_of(examples, values)
    return examples.modality.encoder.encode(records.inputs, records.ids, examples.encoder)


def network_of(examples, arrays, level="record", outputs=3):
    part = examples.modality.network
    settings = build(part.NetworkSettings, dict(part.suited(level, arrays.meta)))
    with deterministic(0):
        return part.Network(settings, outputs, arrays.meta).eval()


def labels_of(task, rows):
    """Labels of all three kinds: whole numbers of which each occurs."""
    most = {"regression": 5, "binary": 2, "multiclass": 3}[task.kind]
    return np.stack([(np.arange(rows) + t) % most for t in range(len(task.targets))], 1).astype(float)


def check_outputs(task, outputs, rows):
    assert outputs.shape == (rows, len(task.outputs)) and np.isfinite(outputs).all()
    if task.kind != "regression":
        assert (outputs >= 0).all() and (outputs <= 1 + 1e-9).all()
    if task.kind == "multiclass":
        np.testing.assert_allclose(outputs.sum(1), 1, atol=1e-6)


def equal_arrays(one, other):
    assert (one.ids, one.meta) == (other.ids, other.meta)
    for name, items in one.components.items():
        np.testing.assert_array_equal(one.index[name], other.index[name])
        for key, value in items.values.items():
            np.testing.assert_array_equal(value, other.components[name].values[key])
            np.testing.assert_array_equal(items.offsets[key], other.components[name].offsets[key])


def test_every_modality_has_examples():
    assert set(modalities.names()) <= {e.modality.name for e in EXAMPLES.values()}
    assert modalities.find(modalities.DEFAULT).name == modalities.DEFAULT
    with pytest.raises(
        UsageError, match=r"no such modality; found 'smell'. Choose one of: image, molecule, "
    ):
        modalities.find("smell")


# The parts


def members(protocol):
    return {n: m for n, m in vars(protocol).items() if not n.startswith("_")}


def test_every_part_has_a_protocol():
    properties = {n for n, m in vars(base.Modality).items() if isinstance(m, property)}
    assert set(PROTOCOLS) == properties - {"component"}


@pytest.mark.parametrize("part", PROTOCOLS)
@each()
def test_a_part_has_the_members_of_its_protocol(examples, part):
    found = vars(base.Modality)[part].fget(examples.modality)
    assert (found is not None) == examples.modality.offers(part)
    for name, member in members(PROTOCOLS[part]).items() if found is not None else ():
        offered = inspect.getattr_static(found, name)
        if inspect.isfunction(member):
            if not inspect.ismodule(found) and inspect.isfunction(offered):
                offered = offered.__get__(found)  # a method of an object
            asked = [p for p in inspect.signature(member).parameters.values() if p.name != "self"]
            given = list(inspect.signature(offered).parameters.values())
            for one, other in zip(given, asked, strict=False):
                if other.kind is not other.POSITIONAL_ONLY:
                    assert (one.name, one.kind) == (other.name, other.kind)
                assert other.default in (other.empty, one.default)
            assert all(p.default is not p.empty for p in given[len(asked) :]) and len(given) >= len(asked)


@each()
def test_names_of_parts_components_and_packages_are_tuples_of_text(examples):
    modality = examples.modality
    assert modality.components and len(set(modality.components)) == len(modality.components)
    reader = modality.reader
    for names in (modality.components, modality.packages, reader.FILE_OPTIONS, reader.INPUT_COLUMNS,
                  modality.grouper.METHODS, modality.network.TRUNK):  # fmt: skip
        assert isinstance(names, tuple) and all(isinstance(name, str) for name in names)
    reserved = {"source", "row", "id"}
    assert not reserved & {*modality.components}


@each("auditor")
def test_an_auditor_sketches_rows_one_by_one(examples):
    """Rows may be sketched in parts, and each key and array has a value for each row."""
    auditor, inputs = examples.modality.auditor, records_of(examples).inputs
    whole = auditor.sketch(inputs, examples.reading)
    parts = [auditor.sketch({n: v[i : i + 1] for n, v in inputs.items()}, examples.reading) for i in range(6)]
    for name, keys in whole.keys.items():
        assert keys[:6] == [part.keys[name][0] for part in parts] and len(keys) == len(examples.values)
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(array[:6], np.concatenate([part.arrays[name] for part in parts]))


@each("auditor")
def test_an_auditor_describes_its_kinds_and_measures(examples):
    auditor, inputs = examples.modality.auditor, records_of(examples).inputs
    sketch = auditor.sketch(inputs, examples.reading)
    compared = auditor.compare(sketch, sketch, auditor.AuditSettings(), 1)
    assert {*sketch.keys, *compared.kinds} <= auditor.KINDS.keys() and {*auditor.SAME} <= auditor.KINDS.keys()
    assert compared.nearest.keys() <= auditor.MEASURES.keys()
    assert all(kind.level in ("red", "amber") and kind.meaning for kind in auditor.KINDS.values())
    assert all(auditor.KINDS[name].level == "red" for name in auditor.SAME)
    for partners in (*compared.kinds.values(), *compared.nearest.values()):
        assert len(partners.train) == len(partners.value) == len(examples.values)
        assert partners.train.max(initial=-1) < len(examples.values)


# Reader


def keyword_only(function):
    return {n for n, p in inspect.signature(function).parameters.items() if p.kind is p.KEYWORD_ONLY}


@each()
def test_options_that_are_not_of_a_file_are_those_of_a_list(examples):
    reader = examples.modality.reader
    assert {"format"} <= {*reader.FILE_OPTIONS} <= keyword_only(reader.read)
    assert keyword_only(reader.read) - {*reader.FILE_OPTIONS} <= keyword_only(reader.read_list)


@each()
def test_a_file_gives_the_records_of_a_list(examples, tmp_path):
    reader, path = examples.modality.reader, tmp_path / f"file{examples.suffix}"
    path.write_text("\n".join(examples.lines) + "\n")
    found = list(reader.read(path, **examples.file, **examples.reading))
    ids = [f"row-{n}" for n in range(1, len(found) + 1)]
    expected = list(reader.read_list([*examples.values, examples.bad], ids, **examples.reading))
    assert [item.row for item in found] == [item.row for item in expected] == list(range(1, len(found) + 1))
    assert [item.source for item in found] == [path.name] * len(found)
    for one, other in zip(found[:-1], expected[:-1], strict=True):
        assert isinstance(one, Record) and isinstance(other, Record)
        assert one.id == other.id and tuple(one.components) == examples.modality.components
        assert reader.identity(one.components) == reader.identity(other.components)
    assert_rejected(found[-1])
    assert (found[-1].code, found[-1].reason) == (expected[-1].code, expected[-1].reason)


def assert_rejected(item):
    assert isinstance(item, Rejection)
    assert item.input and item.reason and re.fullmatch("[A-Z]+(_[A-Z]+)*", item.code)


@each()
def test_records_in_memory_have_numbers_for_ids_unless_they_have_names(examples):
    read = examples.modality.reader.read_list
    values = examples.values[:3]
    assert [r.id for r in read(values, **examples.reading)] == ["row-1", "row-2", "row-3"]
    assert [r.id for r in read(values, ["c", "a", "b"], **examples.reading)] == ["c", "a", "b"]


@each()
def test_records_come_back_from_a_file(examples, tmp_path):
    records = records_of(examples, [*examples.values, examples.bad])
    records.save(tmp_path / "records.parquet")
    loaded = Records.load(tmp_path / "records.parquet")
    assert (loaded.read, len(loaded), loaded.ids) == (records.read, len(examples.values), records.ids)
    equal_arrays(examples.modality.encoder.encode(loaded.inputs, loaded.ids, examples.encoder),
                 encoded(examples))  # fmt: skip


@each()
def test_twins_have_one_identity_and_others_have_their_own(examples):
    identity = examples.modality.reader.identity
    one, other = (identity(c) for c in records_of(examples, [*examples.twins]).each_input())
    assert one == other and isinstance(one, str) and one
    assert len({identity(c) for c in records_of(examples).each_input()}) == len(examples.values)


@each()
def test_an_unknown_option_of_reading_is_refused_by_name(examples):
    with pytest.raises(UsageError, match="unknown setting 'colour'"):
        riboswitch.parse([{"paths": ["a"], "reading": {"colour": 1}}], examples.modality.name)


# Grouper


def methods():
    return [
        pytest.param(examples, method, id=f"{name}-{method}")
        for name, examples in EXAMPLES.items()
        for method in examples.modality.grouper.METHODS
        if (needed := PROGRAMS.get(method.split("_")[-1])) is None or shutil.which(needed)
    ]


@pytest.mark.parametrize(("examples", "method"), methods())
def test_groups_do_not_depend_on_the_order(examples, method):
    group, inputs = examples.modality.grouper.group, records_of(examples).inputs
    twice = {name: [*values, *values] for name, values in inputs.items()}
    labels = group(inputs, method)
    assert len(labels) == len(examples.values) and all(isinstance(label, str) and label for label in labels)
    assert group(twice, method) == [*labels, *labels]
    moved = np.random.default_rng(0).permutation(len(labels))
    shuffled = {name: [values[i] for i in moved] for name, values in inputs.items()}
    assert group(shuffled, method) == [labels[i] for i in moved]
    settled = examples.modality.grouper.settle(inputs, method)
    assert json.loads(json.dumps(settled)) == settled


@each()
def test_relatives_are_found_by_a_method_and_an_unknown_one_is_refused(examples):
    grouper, inputs = examples.modality.grouper, records_of(examples).inputs
    assert grouper.RELATIVES is None or grouper.RELATIVES in grouper.METHODS
    assert grouper.size(inputs) > 0
    assert grouper.size({name: values * 2 for name, values in inputs.items()}) == 2 * grouper.size(inputs)
    with pytest.raises(UsageError, match="no such way to group"):
        grouper.group(inputs, "by hand")


# Encoder


@each()
def test_arrays_hold_each_distinct_item_once(examples):
    records = records_of(examples, [*examples.values, *reversed(examples.values)])
    arrays = encoded(examples, [*examples.values, *reversed(examples.values)])
    assert arrays.ids == records.ids and tuple(arrays.components) == examples.modality.components
    assert arrays.meta["modality"] == examples.modality.name
    assert json.loads(json.dumps(arrays.meta)) == arrays.meta
    for name, values in records.inputs.items():
        assert len(arrays.components[name]) == len({str(value) for value in values})
        index = arrays.index[name]
        assert index.shape == (len(records),) and index.max() < len(arrays.components[name])
        np.testing.assert_array_equal(index, index[::-1])


@each()
def test_the_meta_of_arrays_is_accepted_as_settings(examples):
    inputs, arrays = records_of(examples).inputs, encoded(examples)
    encode = examples.modality.encoder.encode
    equal_arrays(encode(inputs, arrays.ids, arrays.meta), arrays)
    equal_arrays(encode(inputs, arrays.ids, json.loads(json.dumps(arrays.meta))), arrays)
    with pytest.raises(UsageError, match="colour"):
        encode(inputs, arrays.ids, {"colour": 1})
    named = {f.name for f in fields(examples.modality.encoder.EncoderSettings)}
    assert {*examples.encoder} <= named


@each()
def test_arrays_do_not_depend_on_other_records_and_come_back_from_a_file(examples, tmp_path):
    arrays = encoded(examples)
    for row, value in enumerate(examples.values):
        alone, taken = encoded(examples, [value]), arrays.take([row])
        taken.ids = alone.ids
        equal_arrays(taken, alone)
    arrays.save(tmp_path / "features.npz")
    equal_arrays(RaggedArrays.load(tmp_path / "features.npz"), arrays)


@each()
def test_no_records_are_no_rows(examples):
    inputs = {name: [] for name in examples.modality.components}
    arrays = examples.modality.encoder.encode(inputs, [], examples.encoder)
    assert len(arrays) == 0 and arrays.meta == encoded(examples).meta


# Network


@each()
def test_settings_of_the_network_and_of_training_are_dataclasses(examples):
    part = examples.modality.network
    assert is_dataclass(part.NetworkSettings) and is_dataclass(examples.modality.encoder.EncoderSettings)
    build(TrainSettings, part.TRAINING)
    assert isinstance(part.INFERENCE_ROWS, int) and part.INFERENCE_ROWS > 0
    build(part.NetworkSettings, part.PER_POSITION)
    names = {name.split(".")[0] for name in network_of(examples, encoded(examples)).state_dict()}
    assert {*part.TRUNK} <= names and "head" not in part.TRUNK


@each()
def test_batches_have_every_row_once(examples):
    arrays, batches = encoded(examples), examples.modality.network.batches
    for rows in (ROWS, ROWS[:1], ROWS[:0]):
        for size in (1, 2, 4, 100):
            for rng in (None, np.random.default_rng(size)):
                found = list(batches(arrays, rows, size, rng))
                assert sorted(np.concatenate([*found, rows[:0]]).tolist()) == sorted(rows.tolist())
                assert all(len(batch) <= size + 1 for batch in found)
    again = [[b.tolist() for b in batches(arrays, ROWS, 2, np.random.default_rng(7))] for _ in range(2)]
    assert again[0] == again[1]


@each()
def test_outputs_do_not_depend_on_the_batch(examples):
    arrays, part = encoded(examples), examples.modality.network
    net = network_of(examples, arrays)
    net.fit_scalers(arrays, ROWS)
    with torch.inference_mode():
        together = net(part.collate(arrays, ROWS))
        assert together.shape == (len(ROWS), 3) and together.dtype == torch.float32
        alone = torch.cat([net(part.collate(arrays, ROWS[i : i + 1])) for i in range(len(ROWS))])
        backwards = net(part.collate(arrays, ROWS[::-1].copy())).flip(0)
        twice = net(part.collate(arrays, np.concatenate([ROWS, ROWS])))
    for other in (alone, backwards, twice[: len(ROWS)], twice[len(ROWS) :]):
        torch.testing.assert_close(other, together, atol=1e-5, rtol=1e-4)


@each()
def test_forward_is_the_head_of_the_embedding(examples):
    arrays, part = encoded(examples), examples.modality.network
    net = network_of(examples, arrays)
    assert net.precision is None or net.precision == torch.float32
    with torch.inference_mode():
        batch = part.collate(arrays, ROWS)
        embedding = net.embed(batch)
        assert embedding.shape == (len(ROWS), net.width)
        torch.testing.assert_close(net.head(embedding), net(batch), atol=1e-6, rtol=1e-5)
    many = network_of(examples, arrays, outputs=7)
    assert many.width == net.width and many(batch).shape == (len(ROWS), 7)


@each()
def test_scalers_come_from_the_given_rows_alone(examples):
    arrays, part = encoded(examples), examples.modality.network
    one, other = (network_of(examples, arrays) for _ in range(2))
    one.fit_scalers(arrays, ROWS[:3])
    other.fit_scalers(arrays.take(ROWS[:3]), np.arange(3))
    for name, value in one.state_dict().items():
        torch.testing.assert_close(value, other.state_dict()[name])
    with torch.inference_mode():
        assert torch.isfinite(one(part.collate(arrays, ROWS))).all()


@each()
def test_positions_are_those_that_may_have_labels(examples):
    arrays, part = encoded(examples), examples.modality.network
    lengths = [examples.modality.reader.label_lengths(c) for c in records_of(examples).each_input()]
    offsets = part.positions(arrays)
    if offsets is None:
        assert set(lengths) == {()} and not part.PER_POSITION
        assert not examples.modality.baselines.POSITION_BASELINES
        return
    assert offsets[0] == 0 and len(offsets) == len(arrays) + 1
    assert all(n in allowed for n, allowed in zip(np.diff(offsets).tolist(), lengths, strict=True))
    suited = part.suited("position", arrays.meta)
    assert part.PER_POSITION.items() <= suited.items()
    net = network_of(examples, arrays, "position")
    with torch.inference_mode():
        assert net(part.collate(arrays, ROWS)).shape == (np.diff(offsets)[ROWS].sum(), 3)


# Baselines and base learners


def offered(modality, level):
    """The baselines of one level of labels, also those that are trained only if they are named."""
    return [baseline for part in (modality.baselines, modality.further_baselines) if part
            for baseline in getattr(part, level).values()]  # fmt: skip


@each("further_baselines")
def test_further_baselines_have_names_of_their_own(examples):
    usual, further = examples.modality.baselines, examples.modality.further_baselines
    assert further.BASELINES or further.POSITION_BASELINES
    assert not {*usual.BASELINES} & {*further.BASELINES}
    assert not {*usual.POSITION_BASELINES} & {*further.POSITION_BASELINES}


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@each()
def test_baselines_answer_in_the_shape_of_the_task(examples, task):
    inputs, labels = records_of(examples).inputs, labels_of(task, len(examples.values))
    if len(task.targets) > 1:
        labels[1, 1] = np.nan  # a gap
    new = {name: values[:4] for name, values in inputs.items()}
    assert examples.modality.baselines.BASELINES
    for baseline in offered(examples.modality, "BASELINES"):
        options = {"seed": 0, "weights": np.ones(len(labels))}
        one, other = (baseline(inputs, labels, new, task, **options, threads=n) for n in (1, 2))
        check_outputs(task, one, 4)
        np.testing.assert_array_equal(one, other)
        check_outputs(task, baseline(inputs, labels, new, task, seed=0), 4)


@each()
def test_baselines_of_positions_answer_for_each_letter(examples):
    inputs = records_of(examples).inputs
    task = Task("multiclass", ("a",), ("x", "y", "z"), "position")
    lengths = [max(examples.modality.reader.label_lengths(c), default=0)
               for c in records_of(examples).each_input()]  # fmt: skip
    new = {name: values[:4] for name, values in inputs.items()}
    for baseline in offered(examples.modality, "POSITION_BASELINES"):
        labels = (np.arange(sum(lengths)) % 3).astype(float)[:, None]
        outputs = baseline(inputs, labels, new, task, seed=0, weights=np.ones(len(labels)), threads=1)
        check_outputs(task, outputs, sum(lengths[:4]))


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@each("stack")
def test_base_learners_come_back_from_their_tensors(examples, task):
    arrays, rows = encoded(examples), np.arange(len(examples.values))
    labels = labels_of(task, len(rows))
    learners = examples.modality.stack.base_learners(arrays.meta)
    assert learners and "network" not in learners
    for kind in learners.values():
        made = kind.fit(arrays, rows, labels, np.ones(len(rows)), task, seed=0)
        answers = made.predict(arrays, ROWS)
        check_outputs(task, answers, len(ROWS))
        assert made.outputs == len(task.outputs)
        tensors = made.tensors()
        assert all(isinstance(value, np.ndarray) for value in tensors.values())
        again = kind.from_tensors(tensors, task).predict(arrays, ROWS)
        np.testing.assert_allclose(again, answers, atol=1e-6)
        for name in tensors:
            with pytest.raises((KeyError, BundleError)):
                kind.from_tensors({n: v for n, v in tensors.items() if n != name}, task)


# Other optional parts


@each("explainer")
def test_parts_and_changes_of_an_explainer_agree(examples):
    arrays, part = encoded(examples), examples.modality.explainer
    assert part.PART.isalpha() and len(part.COLOURS) in (0, 3) and isinstance(part.rules, Rules)
    net = network_of(examples, arrays)
    for row, value in enumerate(records_of(examples).inputs[examples.modality.component][:3]):
        names, changes = part.parts(arrays, row), part.changes(arrays, row)
        changed = part.without_each(arrays, row)
        assert len(changes.part) == len(changes.to) == len(changed) - 1
        assert set(changes.part.tolist()) == set(range(len(names)))
        equal_arrays(changed.take([0]), RaggedArrays.of_items(
            examples.modality.component, ["0"], arrays.take([row]).only, arrays.meta))  # fmt: skip
        if part.answers is not None:
            collate = examples.modality.network.collate
            with torch.inference_mode():
                spelled = net(collate(changed, np.arange(len(changed)))).numpy()
            np.testing.assert_allclose(part.answers(net, arrays, row), spelled, atol=1e-4)
        for scores in (None, np.linspace(-1, 1, len(names)).tolist()):
            drawn = str(part.draw(value, scores, 1.0, "<name>"))
            assert drawn.startswith("<svg") and "<name>" not in drawn


@each("library")
def test_a_library_is_read_as_a_file_is(examples, tmp_path):
    modality, path = examples.modality, tmp_path / f"file{examples.suffix}"
    path.write_text("\n".join(examples.lines) + "\n")
    library, reading = modality.library, {**examples.file, **examples.reading}
    stream = library.rows(path, reading)
    raw, settled = list(stream), reading | stream.found.options
    expected = Records.collect(modality.reader.read(path, **reading), modality.components)
    assert library.count(path, examples.file.get("format")) == (expected.read, True) == (len(raw), True)
    assert "none" not in library.KEYS
    for key in library.KEYS:
        batch = library.BatchReader(path, settled, examples.encoder, key)(raw)
        assert [type(item) for item in batch.items] == [Record] * len(expected) + [Rejection]
        found = Records.collect(batch.items, modality.components)
        assert found.table.equals(expected.table) and found.rejected.equals(expected.rejected)
        assert batch.keys == library.keys(expected.inputs, key)
        encoded_later = modality.encoder.encode(expected.inputs, expected.ids, examples.encoder)
        assert (batch.arrays.ids, batch.arrays.meta) == (encoded_later.ids, encoded_later.meta)
        for name in modality.components:
            assert len(batch.arrays.components[name]) == len(encoded_later.components[name])
    assert library.keys(expected.inputs, library.KEYS[0]) == [
        modality.reader.identity(c) for c in expected.each_input()
    ]
    assert set(library.BatchReader(path, settled, examples.encoder, "none")(raw).keys) == {""}


@each("library")
def test_a_sample_has_the_rows_that_were_asked_for(examples, tmp_path):
    modality, path, to = examples.modality, tmp_path / f"file{examples.suffix}", tmp_path / "sample"
    path.write_text("\n".join(examples.lines) + "\n")
    library = modality.library
    counted = library.count(path)
    format = library.sample_rows(path, to, [range(1, 3), range(4, 5)], counted)
    found = list(modality.reader.read(to, **{**examples.file, "format": format}, **examples.reading))
    whole = list(modality.reader.read(path, **examples.file, **examples.reading))
    assert [item.components for item in found] == [whole[n].components for n in (1, 2, 4)]


@each("similarity")
def test_an_input_is_most_similar_to_itself(examples):
    part, inputs = examples.modality.similarity, records_of(examples).inputs
    prints = part.fingerprints(inputs)
    assert prints.dtype == np.uint8 and prints.shape[0] == len(examples.values) and part.NAME
    similarity, nearest = part.nearest(prints, prints[::-1].copy())
    np.testing.assert_allclose(similarity, 1)
    np.testing.assert_array_equal(nearest, np.arange(len(prints))[::-1])
    similarity, _ = part.nearest(prints[:1], prints[1:])
    assert similarity.shape == (1,) and 0 <= similarity[0] < 1


@each("pretext")
def test_an_exercise_is_about_hidden_parts_of_copies(examples):
    part, records = examples.modality.pretext, records_of(examples)
    options = {"copies": 2, "hidden": 0.3, "seed": 0}
    options |= {"alphabet": examples.encoder["alphabet"]} if "alphabet" in examples.encoder else {}
    if options.get("alphabet") == "codon":
        with pytest.raises(UsageError, match="alphabet"):
            part.exercise(records.inputs, records.ids, **options)
        return
    made = part.exercise(records.inputs, records.ids, **options)
    ids = [f"{i}#{n}" for i in records.ids for n in range(2)]
    assert made.arrays.ids == ids and {*made.inputs} == {*examples.modality.components}
    assert all(len(column) == len(ids) for column in (*made.labels.values(), *made.inputs.values()))
    again = part.exercise(records.inputs, records.ids, **options)
    other = part.exercise(records.inputs, records.ids, **options | {"seed": 1})
    fields = made.arrays.only.values
    same = [
        all(np.array_equal(fields[name], each.arrays.only.values[name]) for name in fields)
        for each in (again, other)
    ]
    assert same == [True, False]


@each("vectors")
def test_vectors_are_numbers_of_each_input_alone(examples):
    part, inputs = examples.modality.vectors, records_of(examples).inputs
    whole = part.vectors(inputs)
    assert whole.dtype == np.float32 and len(whole) == len(examples.values) and whole.shape[1] > 0
    for row in (0, 5):
        alone = part.vectors({name: [values[row]] for name, values in inputs.items()})
        np.testing.assert_array_equal(alone, whole[[row]])
    meta = encoded(examples).meta
    assert part.vectors({name: [] for name in inputs}, meta).shape == (0, whole.shape[1])


@each("ablations")
def test_an_ablation_is_a_network_of_other_settings(examples):
    arrays, part = encoded(examples), examples.modality.network
    for settings in examples.modality.ablations.ABLATIONS.values():
        net = part.Network(build(part.NetworkSettings, dict(settings)), 1, arrays.meta).eval()
        net.fit_scalers(arrays, ROWS)
        with torch.inference_mode():
            assert net(part.collate(arrays, ROWS)).shape == (len(ROWS), 1)


@each("genome")
def test_records_of_a_genome_are_records_of_the_modality(examples):
    part = examples.modality.genome
    made = part.annotated_records(GENOME, {"task": "features"}, target="gene")
    assert len(made) and tuple(made.components) == examples.modality.components and "gene" in made.table
    component = made.inputs[examples.modality.component]
    others = part.background(GENOME, component, {"gene": "none"}, {"min_aa": 1, "cds": 2})
    assert tuple(others.components) == examples.modality.components
    assert set(others.table["gene"]) <= {"none"}


@each("inventor")
@pytest.mark.parametrize("seed", [0, 1])
def test_invented_inputs_are_good_and_follow_from_the_seed(examples, seed):
    modality, how = examples.modality, (examples.reading, examples.encoder)
    values = modality.inventor.invent(40, seed, *how)
    assert values == modality.inventor.invent(40, seed, *how) != modality.inventor.invent(40, seed + 1, *how)
    records = Records.collect(
        modality.reader.read_list(values, None, **examples.reading), modality.components
    )
    assert len(records) == 40 and len({modality.reader.identity(c) for c in records.each_input()}) > 38
    assert not any(modality.encoder.problem(c, examples.encoder) for c in records.each_input())


@each("drawer")
def test_a_sketch_is_markup_that_names_its_input_as_text(examples):
    for value in records_of(examples).inputs[examples.modality.component]:
        drawn = examples.modality.drawer.sketch(value).svg("<name>", 0.5, 180, 130)
        assert drawn.__html__().startswith("<svg") and "<name>" not in drawn


# What is missing


def lacking(part):
    """Parametrize a test by one example set of each modality without a part."""
    chosen = {n: e for n, e in EXAMPLES.items() if not e.modality.offers(part) and " " not in n}
    assert chosen
    return pytest.mark.parametrize("examples", chosen.values(), ids=chosen)


def refused(part, examples):
    """The one message for a part that the modality does not have."""
    problem, hint = base.MISSING[part]
    return pytest.raises(UsageError, match=re.escape(f"{problem}; found {examples.modality.name!r}. {hint}"))


@pytest.mark.parametrize("part", base.MISSING)
@each()
def test_a_part_that_is_missing_is_none_and_has_one_message(examples, part):
    modality = examples.modality
    offered = vars(base.Modality)[part].fget(modality)
    assert (offered is not None) == modality.offers(part)
    if offered is not None:
        assert modality.required(part, offered) is offered
        return
    with refused(part, examples):
        modality.required(part, offered)


def test_only_a_modality_of_several_components_has_no_component():
    for examples in EXAMPLES.values():
        if len(examples.modality.components) == 1:
            assert (examples.modality.component,) == examples.modality.components
        else:
            names = ", ".join(examples.modality.components)
            with pytest.raises(UsageError, match=f"several components.*columns {names}"):
                _ = examples.modality.component


def labelled(examples, **labels):
    """Records with labels, their arrays and a split with rows in each part."""
    records = records_of(examples)
    for name, values in ({"y": [float(n % 3) for n in range(len(records))]} | labels).items():
        records.table[name] = values
    table = records.table[["id"]].assign(group=records.ids, part_0="train")
    table.loc[[0, 1], "part_0"] = "valid"
    table.loc[[2, 3], "part_0"] = "test"
    return records, riboswitch.featurize(records, examples.encoder), Split(table, {"name": "tiny"})


def bundle_of(examples):
    """A bundle of one network that was trained for one epoch."""
    records, features, split = labelled(examples)
    model = riboswitch.train(records, features, split, kind="regression", targets=["y"],
                             settings={"epochs": 1})  # fmt: skip
    return riboswitch.ensemble([model], records)


@each()
def test_every_modality_can_be_trained_joined_and_asked(examples, tmp_path):
    records, _, split = labelled(examples)
    plain = riboswitch.baseline(records, split, kind="regression", targets=["y"])
    assert set(plain.methods) == set(examples.modality.baselines.BASELINES)
    bundle_of(examples).save(tmp_path / "model.safetensors")
    model = Model.load(tmp_path / "model.safetensors")
    found = riboswitch.predict(raw_inputs(examples), model)
    assert found["status"].eq("ok").tolist() == [True] * len(examples.values) + [False]
    assert found["y"].notna().tolist() == [True] * len(examples.values) + [False]


def raw_inputs(examples):
    """Inputs as `predict` takes them, the last of them bad: a list, or a table of several components."""
    values = [*examples.values, examples.bad]
    return pd.DataFrame(values) if isinstance(values[0], Mapping) else values


@lacking("stack")
def test_a_modality_without_base_learners_cannot_stack(examples):
    records, features, split = labelled(examples)
    model = riboswitch.train(records, features, split, kind="regression", targets=["y"],
                             settings={"epochs": 1})  # fmt: skip
    networks = riboswitch.held_out(records, features, split, [model])
    with refused("stack", examples):
        riboswitch.stack(records, features, split, networks)


@lacking("explainer")
def test_a_modality_without_an_explainer_cannot_explain(examples):
    with refused("explainer", examples):
        riboswitch.explain(raw_inputs(examples), bundle_of(examples))


@lacking("library")
def test_a_modality_without_libraries_cannot_prepare_estimate_or_screen(examples, tmp_path):
    path = tmp_path / f"file{examples.suffix}"
    path.write_text("\n".join(examples.lines) + "\n")
    with refused("library", examples):
        riboswitch.prepare(path, tmp_path / "library", modality=examples.modality.name)
    molecules = EXAMPLES["molecule"]
    other = tmp_path / f"molecules{molecules.suffix}"
    other.write_text("\n".join(molecules.lines) + "\n")
    library = riboswitch.prepare(other, tmp_path / "molecules")
    model = bundle_of(examples)
    with refused("library", examples):
        riboswitch.estimate(library, model)
    if examples.modality.offers("crossing"):  # a library of one of its sides can be screened
        with pytest.raises(UsageError, match="a library of one side, and nothing given of the other"):
            riboswitch.screen(library, model)
    else:
        with refused("library", examples):
            riboswitch.screen(library, model)


@lacking("pretext")
def test_a_modality_without_a_pretext_cannot_be_pretrained(examples):
    with refused("pretext", examples):
        riboswitch.pretrain(records_of(examples))


@lacking("genome")
def test_a_modality_without_genomes_cannot_be_read_from_one(examples, tmp_path):
    path = tmp_path / f"file{examples.suffix}"
    path.write_text("\n".join(examples.lines) + "\n")
    name = examples.modality.name
    with refused("genome", examples):
        riboswitch.parse([{"paths": [GENOME], "annotated": {"task": "features"}}], name)
    source = {"paths": [path], "reading": {**examples.file, **examples.reading}, "fields": {"y": "some"}}
    with refused("genome", examples):
        riboswitch.parse([source], name, kind="multiclass", targets=["y"], background={"genome": GENOME})


@pytest.mark.parametrize("name", [n for n, e in EXAMPLES.items() if e.encoder.get("alphabet") != "protein"])
def test_only_a_model_of_proteins_scans_a_genome(name):
    genome, records = read_genome(GENOME), records_of(EXAMPLES[name])
    with pytest.raises(UsageError, match="only a model of proteins can scan a genome"):
        riboswitch.scan(genome, bundle_of(EXAMPLES[name]), records)


@pytest.mark.parametrize("name", [n for n, e in EXAMPLES.items() if not e.modality.network.PER_POSITION])
def test_labels_of_positions_need_positions(name, tmp_path):
    examples, modality = EXAMPLES[name], EXAMPLES[name].modality
    records, features, split = labelled(examples, y=["+-"] * len(examples.values))
    path = tmp_path / f"file{examples.suffix}"
    path.write_text("\n".join(examples.lines) + "\n")
    source = {"paths": [path], "reading": {**examples.file, **examples.reading}, "fields": {"y": "+-"}}
    task = {"kind": "per_position", "targets": ["y"]}
    for ask in (
        lambda: riboswitch.parse([source], modality.name, **task),
        lambda: riboswitch.baseline(records, split, **task),
        lambda: riboswitch.train(records, features, split, **task),
    ):
        with pytest.raises(UsageError, match="inputs of this modality have no positions to label"):
            ask()


@each()
def test_a_network_starts_from_another_or_says_that_it_cannot(examples):
    records, features, split = labelled(examples)
    task = {"kind": "regression", "targets": ["y"], "settings": {"epochs": 1}}
    first = riboswitch.train(records, features, split, **task)
    if examples.modality.network.TRUNK:
        second = riboswitch.train(records, features, split, **task, init=first)
        assert second.header["training"]["pretrained"] == first.header["training"]["records"]
        return
    with pytest.raises(UsageError, match="networks of this modality cannot start from another"):
        riboswitch.train(records, features, split, **task, init=first)


@each()
def test_a_network_computes_in_another_precision_or_says_that_it_cannot(examples):
    model, arrays = bundle_of(examples), encoded(examples)
    exact = Predictor(model, examples.modality)
    if exact.networks[0].precision is None:
        with pytest.raises(UsageError, match="computes in float32 only"):
            Predictor(model, examples.modality, precision="bfloat16")
        return
    fast = Predictor(model, examples.modality, precision="bfloat16")
    np.testing.assert_allclose(fast(arrays)[0], exact(arrays)[0], atol=0.1)


# Nothing stands in for the contract

PROBES = {
    "__init__: getattr(importlib.import_module)": "public names of the package are loaded when first used",
    "bigwig: except ModuleNotFoundError": "the package pybigtools is optional",
    "chemprop: getattr(part.get)": "names a part of a foreign file in a message",
    "chemprop_trunk: getattr(hyper.get)": "names a part of a foreign file in a message",
    "checklist: getattr(facts)": "fields of our own dataclass",
    "command_options: getattr(annotation)": "marks of an annotation, which may have none",
    "cpu_kernels: hasattr(torch.ops.mkldnn)": "this build of torch may lack the kernel",
    "curation: getattr(how)": "fields of our own dataclass",
    "disk_faults: getattr(error)": "an OSError may have no file",
    "disk_faults: hasattr(os)": "not on every system",
    "doctor: except ImportError": "says which package is broken",
    "download: getattr(error)": "an error of urllib may have no reason",
    "estimating: getattr(errors)": "the error that the pilot process sent by the name of its class",
    "forest: getattr(self)": "its own fields, by name",
    "hmms: except ImportError": "says that proteins are scanned without models",
    "inference: getattr(func)": "functions of torch, some of which have no module",
    "chemprop_bundle: getattr(c)": "fields of our own dataclass",
    "lock_owner: except ImportError": "not on every system",
    "lock_owner: hasattr(os)": "not on every system",
    "setting_options: getattr(s)": "fields of our own dataclass",
    "masks: except ModuleNotFoundError": "the package cryptography is optional",
    "merging: getattr(self)": "its own fields, by name",
    "origin: getattr(like)": "fields of our own dataclass",
    "origin: getattr(origin)": "fields of our own dataclass",
    "pilot: getattr(error)": "fields of our own error",
    "starting: getattr(settings)": "fields of our own dataclass",
    "study: except ModuleNotFoundError": "the package Optuna is optional",
    "word_hints: hasattr(annotation)": "marks of an annotation, which may have none",
    "process_pool: hasattr(os)": "not on every system",
    "records: getattr(r)": "fields of our own dataclass",
    "rdkit: getattr(Fragments)": "functions of RDKit by the names of its descriptors",
    "rdkit: getattr(rdMolDescriptors)": "functions of RDKit by their names",
    "kernel: getattr(self)": "its own fields, by name",
    "signals: except ModuleNotFoundError": "the packages of some files are optional",
    "plan: getattr(self)": "its own fields, by name",
    "state: getattr(self)": "its own fields, by name",
    "calibration: getattr(self)": "its own fields, by name",
    "samples: getattr(sample)": "fields of our own tuple",
    "settings: getattr(self)": "its own fields, by name",
    "settings: getattr(settings)": "fields of a dataclass of settings",
    "variant_effects: getattr(variant)": "fields of our own tuple",
}
"""What may ask for an attribute by name, or catch a failed import, and why. None of it asks a modality."""


def probes(path):
    """Calls of hasattr and getattr by what they ask, and handlers of failed imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("hasattr", "getattr"):
            asked = ast.unparse(node.args[0].func if isinstance(node.args[0], ast.Call) else node.args[0])
            yield f"{path.stem}: {ast.unparse(node.func)}({asked})"
        if isinstance(node, ast.ExceptHandler) and node.type:
            caught = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
            yield from (
                f"{path.stem}: except {name}" for name in caught & {"ImportError", "ModuleNotFoundError"}
            )


def test_nothing_asks_a_modality_which_attributes_it_has():
    assert {probe for path in SOURCE.rglob("*.py") for probe in probes(path)} == set(PROBES)
