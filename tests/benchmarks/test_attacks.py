"""The attacks on shared bundles find what is there: a benchmark that finds nothing would be worth nothing."""

from __future__ import annotations

import copy
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st
from trust_attacks import attack

from riboswitch.data.records import Record, Records
from riboswitch.learning.inference import bundled_networks
from riboswitch.modalities import find
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.share import share
from riboswitch.steps.split import split
from riboswitch.steps.train import train


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """Records, labels, a shared bundle of them, and the private one in a file."""
    rng = np.random.default_rng(0)
    values = [*dict.fromkeys(find("molecule").inventor.invent(40, 3, {}, {}))][:30]
    rows = [
        Record(i, f"SECRET-{i:04d}", {"molecule": s}, {"y": rng.normal()}) for i, s in enumerate(values, 1)
    ]
    records = Records.collect(rows, ["molecule"], modality="molecule", reading={})
    arrays, parts = featurize(records), split(records, repeats=1)
    made = train(records, arrays, parts, kind="regression", targets=["y"], settings={"epochs": 1},
                 network={"hidden": 8, "ffn_hidden": 8})  # fmt: skip
    private = ensemble([made], records)
    path = tmp_path_factory.mktemp("bundles") / "private.safetensors"
    private.save(path)
    return records, made.task.labels(records.table), share(private), path


def planted(public, name, value):
    model = copy.deepcopy(public)
    model.tensors[f"shared.{name}"] = value
    return model


def attacked(model, records, labels, folder):
    model.save(folder / "m.safetensors")
    return attack(folder / "m.safetensors", records, labels)


def test_all_of_a_private_bundle_is_found_and_nothing_of_a_shared_one(target, tmp_path):
    records, labels, public, path = target
    assert len(attack(path, records, labels)["texts"]) == len(records)
    assert set().union(*attacked(public, records, labels, tmp_path).values()) == set()


@runs(max_examples=12)
@given(st.integers(0, 29), st.sampled_from(["plain", "wide", "packed", "header"]))
def test_a_text_is_found_wherever_it_hides(target, tmp_path_factory, row, where):
    records, labels, public, _ = target
    text = records.inputs["molecule"][row]
    raw = {"wide": text.encode("utf-16-le"), "packed": b"..." + zlib.compress(text.encode() * 3)}
    model = planted(public, "x", np.frombuffer(raw.get(where, text.encode()), np.uint8))
    if where == "header":
        model = copy.deepcopy(public)
        model.header["shared"]["changes"].append(f"as for {text}")
    folder = tmp_path_factory.mktemp("planted")
    found = attacked(model, records, labels, folder)["texts"]
    assert row in found and len(found) <= 2


@pytest.mark.parametrize("form", [np.float32, np.float64])
def test_labels_are_found_in_any_array(target, tmp_path, form):
    records, labels, public, _ = target
    mixed = np.random.default_rng(1).permutation(labels[:10, 0]).astype(form).reshape(2, 5)
    assert attacked(planted(public, "x", mixed), records, labels, tmp_path)["labels"] == [*range(10)]


def test_fingerprints_and_what_is_like_them_are_found(target, tmp_path):
    records, labels, public, _ = target
    prints = find("molecule").similarity.fingerprints(records.inputs)
    changed = prints.copy()
    changed[:, 0] ^= 1
    for form in (prints, changed, prints.view(np.int64)):
        found = attacked(planted(public, "x", np.ascontiguousarray(form)), records, labels, tmp_path)
        assert found["fingerprints"] == [*range(len(records))]


def test_embeddings_are_found(target, tmp_path):
    records, labels, public, _ = target
    modality = find("molecule")
    arrays = modality.encoder.encode(records.inputs, records.ids, public.header["encoder"])
    (network,) = bundled_networks(public, modality)
    with torch.inference_mode():
        rows = network.eval().embed(modality.network.collate(arrays, np.arange(3))).numpy()
    found = attacked(planted(public, "x", rows * np.float32(1.001)), records, labels, tmp_path)
    assert {0, 1, 2} <= {*found["embeddings"]}
