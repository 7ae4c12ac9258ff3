from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from Bio import SeqIO
from Bio.Seq import Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from bundles import untested_bundle, with_golden
from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.annotation.gff3 import read_gff3
from riboswitch.bio.genome import Genome
from riboswitch.data.records import Record, Records
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.genomes.chunks import sweep
from riboswitch.genomes.contigs import Contigs
from riboswitch.genomes.positions import AnnotateSettings
from riboswitch.learning.inference import Predictor
from riboswitch.modalities import find
from riboswitch.modalities.sequence.encode import encode
from riboswitch.modalities.sequence.network import Network, NetworkSettings
from riboswitch.steps.annotate import Annotation, annotate, command, position_predictor
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.featurize import featurize
from riboswitch.steps.split import split
from riboswitch.steps.train import train

CLASSES = ("-", "C", "t")


def untrained(head="per_position", classes=CLASSES, alphabet="dna", window=0):
    """A model with the parameters that a network begins with; sharpened, so that its answers vary."""
    torch.manual_seed(1)
    meta = encode({"sequence": []}, [], {"alphabet": alphabet, "window": window}).meta
    how = NetworkSettings(head=head, hidden=12)
    task = Task("multiclass", ("label",), tuple(classes), "position" if head == "per_position" else "record")
    network = Network(how, len(classes), meta)
    facts = {"label_mean": [0.0], "label_sd": [1.0], "temperature": 0.1}
    tensors = {f"0.{name}": value.numpy() for name, value in network.state_dict().items()}
    return untested_bundle(tensors, [facts], modality="sequence", components=["sequence"],
                           task=task.to_dict(), encoder=meta, network=asdict(how))  # fmt: skip


def random_contigs(*lengths, seed=0, letters="ACGTN"):
    rng = np.random.default_rng(seed)
    return {f"c{i}": "".join(rng.choice(list(letters), n)) for i, n in enumerate(lengths)}


def values_along(contigs, model, **how):
    """Shape (bases, columns) for each contig."""
    predictor = Predictor(model, find(model.modality))
    reader = position_predictor(predictor, AnnotateSettings(**how))
    parts = {name: [np.empty((0, len(reader.columns)))] for name in contigs}
    for name, _, values in sweep(Contigs.of(Genome(contigs)), reader.plan, reader, reader.batch_size):
        parts[name].append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}


def columns_of(path, contigs):
    """A bedGraph as one array a contig; fails if lines overlap or leave a base out."""
    found = {name: np.full(len(text), np.nan) for name, text in contigs.items()}
    for line in path.read_text().splitlines():
        name, start, end, value = line.split("\t")
        assert np.isnan(found[name][int(start) : int(end)]).all()
        found[name][int(start) : int(end)] = float(value)
    return found


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.integers(1, 2000), min_size=1, max_size=2),
    st.sampled_from([512, 772, 1600]),
    st.integers(1, 5),
    st.sampled_from(["forward", "apart", "average"]),
)
def test_the_size_of_chunks_does_not_matter(lengths, chunk, batch_size, strands):
    contigs, model = random_contigs(*lengths), untrained()
    whole = values_along(contigs, model, chunk=4096, overlap=384, strands=strands)
    cut = values_along(contigs, model, chunk=chunk, overlap=384, batch_size=batch_size, strands=strands)
    for name, text in contigs.items():
        assert len(cut[name]) == len(text)
        np.testing.assert_allclose(cut[name], whole[name], atol=1e-4)


def test_the_other_strand_is_the_reverse_complement_read_forward():
    contigs, model = random_contigs(901, 700, 3), untrained()
    apart = values_along(contigs, model, strands="apart", chunk=512, overlap=256)
    turned = {name: reverse_complement(text) for name, text in contigs.items()}
    back = values_along(turned, model)
    for name in contigs:
        np.testing.assert_allclose(apart[name][:, 3:], back[name][::-1], atol=1e-4)
        assert np.abs(apart[name][:, :3] - apart[name][:, 3:]).max() > 0.01


def test_classes_are_exchanged_on_the_other_strand_if_asked():
    contigs, model = random_contigs(300), untrained(classes="+-.")
    apart = values_along(contigs, model, strands="apart")["c0"]
    mirror = {"+": "-", "-": "+"}
    mixed = values_along(contigs, model, strands="average", mirror=mirror)["c0"]
    np.testing.assert_allclose(mixed, (apart[:, :3] + apart[:, [4, 3, 5]]) / 2)
    turned = {"c0": reverse_complement(contigs["c0"])}
    again = values_along(turned, model, strands="average", mirror=mirror)["c0"]
    np.testing.assert_allclose(again[::-1, [1, 0, 2]], mixed, atol=1e-5)


@pytest.mark.parametrize("classes", ["+-", "Cc.", ("gene+", "gene-")])
def test_classes_that_look_bound_to_a_strand_are_not_averaged_silently(classes):
    model = untrained(classes=classes)
    with pytest.raises(UsageError, match="may belong to a strand"):
        values_along({"c": "ACGT"}, model, strands="average")
    same = {classes[0]: classes[0]}
    assert len(values_along({"c": "ACGT"}, model, strands="average", mirror=same)["c"]) == 4


def test_the_output_of_a_sliding_window_belongs_to_its_centre():
    contigs, model = random_contigs(200, 30, 5), untrained("aligned", window=30)
    found = values_along(contigs, model, stride=7)
    assert len(found["c2"]) == 0  # shorter than the window: no answer
    text, predictor = contigs["c0"], Predictor(model, find(model.modality))
    for start in (0, 7, 70, 168, 170):
        alone = predictor(encode({"sequence": [text[start : start + 30]]}, ["x"], model.header["encoder"]))[
            0
        ][0]
        np.testing.assert_allclose(found["c0"][start + 15], alone, atol=1e-5)
    assert (found["c0"][0] == found["c0"][15]).all()
    assert (found["c1"] == found["c1"][0]).all()
    pooled = values_along(contigs, untrained("pooled"), window=40)
    assert [len(v) for v in pooled.values()] == [200, 30, 5]


def test_bedgraph_bigwig_and_segments_tell_the_same(tmp_path):
    bigtools = pytest.importorskip("pybigtools")
    contigs = random_contigs(1500, 1, 333)
    contigs = {"z late": contigs["c0"], "a|1": contigs["c1"], "m": contigs["c2"]}
    contigs = {name.split()[0]: text for name, text in contigs.items()}
    done = annotate(Genome(contigs), untrained(), tmp_path / "out", {"strands": "apart", "decimals": 3,
                    "chunk": 512, "batch_size": 2}, tracks=("bedgraph", "bigwig"))  # fmt: skip
    values = values_along(contigs, untrained(), strands="apart")
    assert [t["strand"] for t in done.summary["tracks"]] == ["+"] * 3 + ["-"] * 3
    for number, track in enumerate(done.summary["tracks"]):
        wig, graph = (tmp_path / "out" / name for name in track["files"])
        read = columns_of(graph, contigs)
        with bigtools.open(str(wig)) as reader:
            assert reader.chroms() == {name: len(text) for name, text in contigs.items()}
            for name in contigs:
                np.testing.assert_allclose(read[name], values[name][:, number], atol=6e-4)
                np.testing.assert_allclose(reader.values(name, fillna=None), read[name], atol=1e-6)
        assert track["bases"] == 1834
        assert track["mean"] == pytest.approx(
            np.concatenate([v[:, number] for v in values.values()]).mean(), abs=1e-6
        )
        lines = graph.read_text().splitlines()
        cells = [line.split("\t") for line in lines]
        assert not any(a[0] == b[0] and a[3] == b[3] for a, b in pairwise(cells))
    names = [Path(n).name for t in done.summary["tracks"] for n in t["files"]]
    assert names[:3] == ["1_-.plus.bw", "1_-.plus.bedgraph", "2_C.plus.bw"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "positions", "segments.bed", "segments.gff3", "segments.tsv", "summary.json",
    ]  # fmt: skip


def runs(values, least):
    """Plain oracle of segments: start, end and mean of each run."""
    found, start = [], None
    for i, value in enumerate([*values, -np.inf]):
        if value >= least and start is None:
            start = i
        elif value < least and start is not None:
            found.append((start, i, float(np.mean(values[start:i]))))
            start = None
    return found


@pytest.mark.parametrize("strands", ["forward", "apart"])
def test_segments_are_runs_and_biopython_finds_their_letters(tmp_path, strands):
    contigs = random_contigs(1200, 90, 650, seed=3)
    how = {"strands": strands, "threshold": 0.4, "min_length": 3, "chunk": 512, "batch_size": 1}
    done = annotate(Genome(contigs), untrained(), tmp_path, how)
    values = values_along(contigs, untrained(), strands=strands)
    expected = {
        (name, a, b, "." if strands == "forward" else "+-"[c // 3], CLASSES[c % 3]): mean
        for name, columns in values.items()
        for c, column in enumerate(columns.T)
        for a, b, mean in runs(column, 0.4)
        if b - a >= 3
    }
    table = done.segments
    assert len(table) == len(expected) == sum(t["segments"] for t in done.summary["tracks"]) > 20
    places = table.assign(number=table["contig"].map(list(contigs).index))
    assert places.sort_values(["number", "start", "end"], kind="stable").index.tolist() == [*table.index]
    with open(tmp_path / "segments.gff3", encoding="utf-8") as handle:
        features = read_gff3(handle).features
    beds = [line.split("\t") for line in (tmp_path / "segments.bed").read_text().splitlines()]
    for row, feature, bed in zip(table.itertuples(), features, beds, strict=True):
        key = (row.contig, row.start - 1, row.end, row.strand, table.at[row.Index, "class"])
        assert row.mean == pytest.approx(expected[key], abs=1e-5)
        assert row.length == row.end - row.start + 1
        assert (
            (feature.contig, feature.start - 1, feature.end) == (bed[0], int(bed[1]), int(bed[2])) == key[:3]
        )
        assert feature.strand == bed[5] == row.strand
        assert feature.attributes["Name"] == bed[3] == key[4]
        letters = Seq(contigs[row.contig])[int(bed[1]) : int(bed[2])]
        assert len(letters) == row.length


def marked(text, mark):
    """One-hot of where ``mark`` stands in the text."""
    found = np.zeros(len(text))
    for i in range(len(text) - len(mark) + 1):
        if text[i : i + len(mark)] == mark:
            found[i : i + len(mark)] = 1
    return found


class FindsMark(Predictor):
    """A stand-in for a predictor: sure that ATGCCA is a feature, read along the strand."""

    def __init__(self):
        self.model, self.task = untrained(classes="-F"), Task("multiclass", ("x",), ("-", "F"), "position")
        self.modality = find("sequence")

    def __call__(self, arrays):
        texts = [
            "".join(".?ACGT"[i] for i in item["letters"]) for item in map(arrays.item, range(len(arrays)))
        ]
        found = np.concatenate([marked(text, "ATGCCA") for text in texts])
        return np.stack([1 - found, found], 1), np.zeros((len(found), 2))


@pytest.mark.parametrize("seed", range(3))
def test_biopython_extracts_what_was_found_on_both_strands_and_at_contig_ends(tmp_path, monkeypatch, seed):
    monkeypatch.setattr("riboswitch.steps.annotate.Predictor", lambda *_, **__: FindsMark())
    monkeypatch.setattr(FindsMark, "check_golden", lambda _: None, raising=False)
    rng = np.random.default_rng(seed)
    contigs = {}
    for name in ("one", "two"):
        parts = ["ATGCCA"]
        for mark in rng.choice(["ATGCCA", "TGGCAT"], 12):
            parts += ["".join(rng.choice(list("GT"), rng.integers(1, 90))), str(mark)]
        contigs[name] = "".join([*parts, "GTTG", "TGGCAT"])
    fasta = tmp_path / "x.fna"
    fasta.write_text("".join(f">{name} title\n{text}\n" for name, text in contigs.items()))
    how = {"strands": "apart", "chunk": 128, "overlap": 32}
    table = annotate(fasta, untrained(classes="-F"), tmp_path / "out", how, tracks=()).segments
    table = table[table["class"] == "F"]
    with open(fasta, encoding="utf-8") as handle:
        whole = SeqIO.to_dict(SeqIO.parse(handle, "fasta"))
    for row in table.itertuples():
        letters = whole[row.contig].seq[row.start - 1 : row.end]
        assert (letters if row.strand == "+" else letters.reverse_complement()) == "ATGCCA"
    count = sum(text.count("ATGCCA") + text.count("TGGCAT") for text in contigs.values())
    assert len(table) == count == 28
    assert table["start"].min() == 1 and set(table["strand"]) == {"+", "-"}


def test_without_pybigtools_bigwig_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pybigtools", None)
    contigs = Genome(random_contigs(50))
    with pytest.raises(UsageError, match=r"needs the package pybigtools.*riboswitch\[tracks\]"):
        annotate(contigs, untrained(), tmp_path / "out", tracks=("bigwig",))
    assert annotate(contigs, untrained(), tmp_path / "out").summary["bases"] == 50


@pytest.mark.parametrize(
    ("model", "how", "told"),
    [
        (untrained(alphabet="protein"), {}, "only a model of DNA or RNA"),
        (untrained(alphabet="codon"), {}, "only a model of DNA or RNA"),
        (untrained("pooled"), {}, "Set --window"),
        (untrained("aligned", window=30), {"window": 20}, "reads windows of 30"),
        (untrained(), {"mirror": {"C": "t"}}, "mirror is for"),
        (untrained(), {"mirror": {"X": "t"}, "strands": "average"}, "unknown setting 'X'"),
        (untrained(), {"strands": "both"}, "no such strands"),
        (untrained(), {"chunk": 384}, "multiple of 4"),
        (untrained(), {"threshold": "high"}, "must be a number"),
        (untrained(), {"min_length": 0}, "min_length must be"),
        (untrained(), {"treshold": 1}, "Did you mean 'threshold'"),
    ],
)
def test_settings_that_do_not_suit_the_model_are_refused(tmp_path, model, how, told):
    with pytest.raises(UsageError, match=told):
        annotate(Genome(random_contigs(90)), model, tmp_path, how)


def test_contigs_shorter_than_the_window_are_listed(tmp_path):
    model = untrained("aligned", window=30)
    done = annotate(Genome(random_contigs(90, 29)), model, tmp_path / "out")
    assert done.summary["too_short"] == ["c1"]
    assert {t["bases"] for t in done.summary["tracks"]} == {90}
    with pytest.raises(InputError, match="no contig is as long as the model's window"):
        annotate(Genome(random_contigs(29)), model, tmp_path / "none")


def test_a_model_of_rna_reads_dna():
    contigs = random_contigs(120, letters="ACGT")
    dna, rna = (values_along(contigs, untrained(alphabet=a))["c0"] for a in ("dna", "rna"))
    np.testing.assert_array_equal(dna, rna)


def test_the_command_writes_a_folder_that_opens(tmp_path, capsys):
    model, genome, out = tmp_path / "m.safetensors", tmp_path / "g.fna", tmp_path / "out"
    with_golden(untrained(), {"sequence": ["ACGT" * 5]}).save(model)
    genome.write_text(">c\n" + random_contigs(700)["c0"] + "\n")
    command(genome, model, output=out, settings={"min_length": 5}, tracks=["none"])
    assert "bases 700" in capsys.readouterr().err
    opened = Annotation.open(out)
    assert opened.summary == json.loads((out / "summary.json").read_text())
    assert opened.summary["settings"]["min_length"] == 5
    assert isinstance(opened.segments, pd.DataFrame) and (opened.segments["length"] >= 5).all()
    assert [t["files"] for t in opened.summary["tracks"]] == [[], [], []]
    first = (out / "segments.tsv").read_bytes()
    command(genome, model, output=out, settings={"min_length": 5}, tracks=["bedgraph"])
    assert (out / "segments.tsv").read_bytes() == first
    with pytest.raises(InputError, match="no such file"):
        Annotation.open(tmp_path / "nowhere")


def test_a_trained_model_finds_what_it_was_trained_on(tmp_path):
    rng = np.random.default_rng(0)

    def island(length, inside):
        return rng.choice(list("CG" if inside else "AT"), length).tolist()

    rows = []
    for number in range(24):
        text = [*island(20, False), *island(30, True), *island(25, False)]
        label = "." * 2 + "o" * 18 + "i" * 30 + "o" * 25
        rows.append(Record(number + 1, f"s{number}", {"sequence": "".join(text)}, {"island": label}, "made"))
    records = Records.collect(rows, ["sequence"], modality="sequence", reading={"alphabet": "dna"})
    arrays, parts = featurize(records, {"alphabet": "dna"}), split(records, "random", repeats=1)
    how = {"epochs": 10, "batch_size": 8, "learning_rate": 0.01}
    model = train(records, arrays, parts, kind="per_position", targets=["island"], settings=how,
                  network={"hidden": 12})  # fmt: skip
    bundle = ensemble([model], records)
    bundle.save(tmp_path / "m.safetensors")
    contig = "".join([*island(700, False), *island(60, True), *island(500, False), *island(40, True)])
    (tmp_path / "g.fna").write_text(f">c\n{contig}\n")
    settings = {"chunk": 512, "overlap": 256, "min_length": 10, "strands": "average"}
    done = annotate(tmp_path / "g.fna", tmp_path / "m.safetensors", tmp_path / "out", settings)
    found = done.segments[done.segments["class"] == "i"]
    np.testing.assert_allclose(found[["start", "end"]], [[701, 760], [1261, 1300]], atol=4)
