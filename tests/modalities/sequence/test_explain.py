"""explain on sequences: what is asked, what is found where it is known, and how it is drawn."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.logo import A_ROW, HALF, draw
from riboswitch.data.records import Record, Records
from riboswitch.drawing.glyphs import GLYPHS
from riboswitch.errors import UsageError
from riboswitch.modalities.sequence import explain as sequences
from riboswitch.modalities.sequence.encode import encode
from riboswitch.reporting.explained import render
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.explain import CHANGES, INPUTS, command, explain
from riboswitch.steps.featurize import featurize
from riboswitch.steps.split import split
from riboswitch.steps.train import train

OWN = {"dna": "ACGT", "rna": "ACGU", "codon": "ACGT", "protein": "ACDEFGHIKLMNPQRSTVWY"}
MOTIF = "TATAAT"


def encoded(text, alphabet):
    return encode({"sequence": [text]}, ["a"], {"alphabet": alphabet})


@pytest.mark.parametrize("alphabet", OWN)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_map_asks_for_all_single_substitutions(alphabet, data):
    """By the oracle of edited texts, encoded like any other."""
    text = data.draw(st.text(OWN[alphabet], min_size=3, max_size=14))
    text = text[: len(text) // 3 * 3] if alphabet == "codon" else text
    arrays = encoded(text, alphabet)
    assert "".join(sequences.parts(arrays, 0)) == text
    asked = sequences.changes(arrays, 0)
    wanted = [(i, to) for i, own in enumerate(text) for to in OWN[alphabet] if to != own]
    assert list(zip(asked.part.tolist(), asked.to, strict=True)) == wanted
    texts = [text, *(text[:i] + to + text[i + 1 :] for i, to in wanted)]
    expected = encode({"sequence": texts}, [str(i) for i in range(len(texts))], {"alphabet": alphabet})
    items = sequences.without_each(arrays, 0)
    np.testing.assert_array_equal(items.only.values["letters"], expected.only.values["letters"])
    np.testing.assert_array_equal(items.only.offsets["letters"], expected.only.offsets["letters"])


@pytest.mark.parametrize(("alphabet", "text", "shown"), [
    ("dna", "ANR", "ANN"), ("protein", "MBX", "MXX"), ("codon", "ATGANC", "ATGNNN"),
])  # fmt: skip
def test_letters_that_are_not_in_the_alphabet(alphabet, text, shown):
    arrays = encoded(text, alphabet)
    assert "".join(sequences.parts(arrays, 0)) == shown
    asked, mutants = sequences.changes(arrays, 0), sequences.substitutions(arrays, 0)
    unknown = np.array([shown[part] in "NX" for part in asked.part])
    assert np.bincount(asked.part)[[shown.index("N" if "N" in shown else "X")]] == len(OWN[alphabet])
    assert alphabet != "codon" or (mutants.code[unknown] == 1).all()


@pytest.fixture(scope="module")
def motif_records():
    """DNA of 36 letters; every other one has a motif in its middle."""
    rng, rows = np.random.default_rng(0), []
    for number in range(1, 241):
        text = "".join(rng.choice(list("ACGT"), 36))
        if number % 2:
            text = text[:15] + MOTIF + text[21:]
        rows.append(Record(number, f"s{number}", {"sequence": text}, {"promoter": number % 2}))
    return Records.collect(rows, ["sequence"], modality="sequence", reading={"alphabet": "dna"})


def bundle(records, **network):
    arrays = featurize(records, {"alphabet": "dna", "window": 36})
    parts = split(records, "random", repeats=2, fractions={"train": 0.7, "valid": 0.2, "test": 0.1})
    how = {"epochs": 12, "batch_size": 16, "learning_rate": 0.01}
    small = {"embedding": 4, "hidden": 8, "head": "aligned"} | network
    made = [
        train(records, arrays, parts, kind="binary", targets=["promoter"], repeat=repeat, settings=how,
              network=small)
        for repeat in range(2)
    ]  # fmt: skip
    return ensemble(made, records)


@pytest.fixture(scope="module")
def model(motif_records):
    return bundle(motif_records)


def test_a_motif_is_found_where_it_is(model, motif_records):
    some = Records.collect(
        [
            Record(i, f"s{i}", {"sequence": t}, {})
            for i, t in enumerate(motif_records.inputs["sequence"][0:12:2], 1)
        ],
        ["sequence"],
        modality="sequence",
    )
    table = explain(some, model)
    assert list(table.columns) == [*INPUTS, "number", "part", "score", "sd"]
    fraction = []
    for _, rows in table.groupby("id"):
        assert "".join(rows["part"]) == rows["input"].iloc[0]
        size = rows["score"].abs().to_numpy()
        fraction.append(size[15:21].sum() / size.sum())
        assert rows["prediction"].iloc[0] > 0.9
    assert np.mean(fraction) > 0.6
    assert table["status"].isin(["ok", "unstable"]).all()


def test_a_letters_score_is_the_mean_of_its_substitutions(model, motif_records):
    inputs = motif_records.inputs["sequence"][:2]
    parts, changes = explain(inputs, model), explain(inputs, model, changes=True)
    assert list(changes.columns) == [*INPUTS, *CHANGES]
    assert len(changes) == 3 * len(parts)
    mean = changes.groupby(["id", "number"], sort=False)["score"].mean()
    np.testing.assert_allclose(mean, parts["score"], atol=2e-6)
    assert (changes["part"] != changes["to"]).all()


def test_every_input_ends_as_a_map_or_as_a_rejection(model, motif_records, monkeypatch):
    good = motif_records.inputs["sequence"][0]
    table = explain([good, "ACG-T", good], model)
    assert table.groupby("id", sort=False)["status"].nunique().eq(1).all()
    assert (table["id"] == "row-2").sum() == 1 and table["score"].isna().sum() == 1
    monkeypatch.setattr(sequences, "rules", replace(sequences.rules, most_parts=30))
    long = explain([good], model)
    assert long["status"].tolist() == ["TOO_LONG"] and "36 parts" in long["reason"][0]
    assert long["score"].isna().all()


def test_networks_that_learned_shuffled_labels_are_the_control(model, motif_records):
    shuffled = motif_records.table.assign(
        promoter=np.random.default_rng(1).permutation(motif_records.table["promoter"])
    )
    control = bundle(Records(shuffled, motif_records.rejected, motif_records.read, motif_records.meta))
    table = explain(motif_records.inputs["sequence"][0:16:2], model, control=control).drop_duplicates("id")
    assert (table["stability"] > table["control"]).mean() > 0.7


def test_a_model_with_an_output_for_each_letter_has_no_map(model, motif_records):
    fine = bundle_header(model, head="per_position")
    with pytest.raises(UsageError, match="each letter"):
        explain(motif_records.inputs["sequence"][:1], fine)


def bundle_header(model, **network):
    """The same bundle with networks that nothing was taught, of other settings."""
    from riboswitch.data.model import Model
    from riboswitch.modalities.sequence.network import Network, NetworkSettings

    how = model.header["network"] | network
    made = Network(NetworkSettings(**how), 1, model.header["encoder"])
    tensors = {f"{i}.{k}": v.numpy() for i in range(2) for k, v in made.state_dict().items()}
    header = {k: v for k, v in model.header.items() if k != "golden"}
    return Model(header | {"network": how}, tensors)


scores = st.lists(st.floats(-3, 3), min_size=1, max_size=150)


@settings(max_examples=30, deadline=None)
@given(scores, st.sampled_from(["ACGT", OWN["protein"], "ACGTN"]), st.text(max_size=12))
def test_a_logo_is_drawn_to_scale(values, alphabet, name):
    sequence = "".join(alphabet[i % len(alphabet)] for i in range(len(values)))
    largest = max(map(abs, values))
    svg = draw(sequence, values, largest, name)
    assert draw(sequence, values, largest, name) == svg
    if name.isprintable():
        ET.fromstring(svg)
    drawn = re.findall(r"translate\([\d.]+ ([\d.]+)\) scale\([\d.]+ ([\d.]+)\)", svg)
    heights = [100 * float(height) for _, height in drawn]
    assert all(h <= HALF + 0.01 for h in heights)
    seen = [v for v in values if largest and HALF * abs(v) / largest >= 0.36]
    assert len(drawn) >= len(seen)
    rows = -(-len(values) // A_ROW)
    assert svg.count(">0</text>") == rows
    ticks = set(re.findall(r">(\d+)</text>", svg)) - {"0"}
    expected = {str(i) for i in range(1, len(values) + 1) if i % 10 == 0 or i % A_ROW == 1}
    assert ticks == expected


def test_without_scores_the_letters_stand_alone():
    svg = draw("ACGT" * 20, None, 1.0, "<b>x")
    assert "scale(" not in svg and svg.count(">A</text>") == 20 and "<b>" not in svg


def test_there_is_an_outline_of_every_letter():
    """Each fills its box, so that heights are honest."""
    for letter in map(chr, range(ord("A"), ord("Z") + 1)):
        commands = re.findall(r"[A-Z][^A-Z]*", GLYPHS[letter])
        x, y = zip(*_points(commands), strict=True)
        assert (min(y), max(y)) == (0, 100), letter
        assert min(x) >= 0 and max(x) <= 100


def _points(commands):
    x = y = 0.0
    for command_ in commands:
        numbers = [float(n) for n in command_[1:].split()]
        # A pair in "M0 100L38 0": letters part the pairs, and a curve has two of them.
        if command_[0] == "H":
            x = numbers[0]
        elif command_[0] == "V":
            y = numbers[0]
        elif numbers:
            x, y = numbers[-2:]
        yield x, y


def test_the_page_shows_logos_and_says_what_a_height_means(model, motif_records):
    table = explain(motif_records.inputs["sequence"][:4], model)
    inputs = dict(zip(table["id"], table["input"], strict=True))
    page = render(table, model, sequences, inputs)
    assert page.count("<svg") == 4 == page.count("<figure")
    assert "Its height is how much, in log odds" in page and "Blue:" not in page
    assert not re.search(r"(src|href)=", page)
    assert render(table, model, sequences, inputs) == page


def test_from_file_to_file(model, motif_records, tmp_path):
    model.save(tmp_path / "model.safetensors")
    lines = [f">s{i}\n{text}" for i, text in enumerate(motif_records.inputs["sequence"][:2])]
    (tmp_path / "some.fasta").write_text("\n".join(lines) + "\n")
    out = {name: tmp_path / name for name in ("maps.tsv", "changes.parquet", "maps.html", "counts.json")}
    command(str(tmp_path / "some.fasta"), tmp_path / "model.safetensors", output=str(out["maps.tsv"]),
            changes=out["changes.parquet"], page=out["maps.html"], summary=out["counts.json"])  # fmt: skip
    assert len(pd.read_csv(out["maps.tsv"], sep="\t")) == 72
    assert len(pd.read_parquet(out["changes.parquet"])) == 216
    assert "<svg" in out["maps.html"].read_text() and '"too_long": 0' in out["counts.json"].read_text()
