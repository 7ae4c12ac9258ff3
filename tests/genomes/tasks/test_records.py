"""An annotated genome as a data set: what becomes a record, with which label, and what does not."""

from __future__ import annotations

import numpy as np
import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import BeforePosition, SeqFeature, SimpleLocation
from Bio.SeqRecord import SeqRecord

from riboswitch.errors import InputError, UsageError
from riboswitch.genomes.orfs import find_orfs
from riboswitch.genomes.tasks.records import annotated_records

CODONS = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT" if a + b + c not in ("TAA", "TAG", "TGA")]
GENES = 40


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    """40 genes of 303 bases, 200 bases between them, one a pseudogene, one a tRNA; circular."""
    rng = np.random.default_rng(1)
    letters, features = "", []
    for i in range(GENES):
        letters += "".join(rng.choice(list("ACGT"), 200))
        gene = "ATG" + "".join(rng.choice(CODONS, 99)) + "TAA"
        strand = 1 if i % 3 else -1
        place = SimpleLocation(len(letters), len(letters) + len(gene), strand)
        told = {"locus_tag": [f"L{i:02}"]} | ({"pseudo": [""]} if i == 7 else {})
        kind = "tRNA" if i == 11 else "CDS"
        features += [SeqFeature(place, "gene", qualifiers=told), SeqFeature(place, kind, qualifiers=told)]
        letters += gene if strand == 1 else str(Seq(gene).reverse_complement())
    about = {"molecule_type": "DNA", "topology": "circular"}
    path = tmp_path_factory.mktemp("genome") / "made.gb"
    SeqIO.write(SeqRecord(Seq(letters), "C1.1", features=features, annotations=about), path, "genbank")
    return path


def made(path, task, **settings):
    records = annotated_records(path, {"task": task, **settings})
    contig = str(SeqIO.read(path, "genbank").seq)
    for row in records.table.itertuples():
        if task != "frames":
            piece = Seq((contig * 2)[row.start - 1 : row.end])
            assert row.sequence == str(piece if row.strand == "+" else piece.reverse_complement())
        assert row.id == f"{row.contig}:{row.start}-{row.end}({row.strand})"
    assert records.table["id"].is_unique
    apart(records.table)
    return records


def apart(table):
    """No two records of different blocks overlap."""
    spans = table.groupby("block")[["start", "end"]].agg({"start": "min", "end": "max"}).sort_values("start")
    assert (spans["end"].to_numpy()[:-1] < spans["start"].to_numpy()[1:]).all()


def genes(path, kind="CDS"):
    entry = SeqIO.read(path, "genbank")
    found = [f for f in entry.features if f.type == kind and "pseudo" not in f.qualifiers]
    return [(int(f.location.start), int(f.location.end), f.location.strand) for f in found]


@pytest.mark.parametrize("background", ["elsewhere", "intergenic"])
def test_features_against_background(genome, background):
    records = made(genome, "features", background=background, block=5000, ratio=0.5, seed=3)
    counts = records.table["label"].value_counts()
    positives = records.table[records.table["label"] == "CDS"]
    assert positives["locus_tag"].str.startswith("L").all() and (positives["sequence"].str[:3] == "ATG").all()
    assert records.counts()["by_code"]["PSEUDOGENE"] == 1
    assert counts["CDS"] + sum(records.rejected["id"].str.startswith("L")) == GENES - 1
    if background == "intergenic":  # 200 bases between genes do not hold one of 303
        assert "none" not in counts and records.meta["left_out"]["background_without_room"] == 19
        return
    assert records.table["block"].nunique() > 2
    for row in records.table[records.table["label"] == "none"].itertuples():
        assert len(row.sequence) == 303
        for start, end, strand in genes(genome):
            same = (strand == 1) == (row.strand == "+")
            assert not same or end < row.start or row.end <= start


def test_features_have_lengths_kinds_and_names(genome):
    records = made(genome, "features", feature="tRNA", label="t", otherwise="rest", background="elsewhere")
    assert records.table["label"].tolist() == ["t", "rest"]
    short = annotated_records(genome, {"task": "features", "max_length": 302})
    assert len(short) == 0 and short.counts()["by_code"] == {"PSEUDOGENE": 1, "TOO_LONG": GENES - 2}
    assert "label" in short.table and "block" in short.table
    with pytest.raises(InputError, match=r"made\.gb: no rRNA feature"):
        annotated_records(genome, {"task": "features", "feature": "rRNA"})


@pytest.mark.parametrize("strand", ["gene", "random", "both"])
def test_coding_windows_against_intergenic_ones(genome, strand):
    records = made(genome, "coding", window=60, strand=strand, block=10_000)
    inside, coding, every = {"coding": [], "intergenic": []}, genes(genome), genes(genome, "gene")
    for row in records.table.itertuples():
        hits = [s for a, b, s in coding if a < row.start and row.end <= b]
        near = [s for a, b, s in coding + every if a < row.end and row.start <= b]
        inside[row.label].append(bool(hits) if row.label == "coding" else bool(near))
        if row.label == "coding" and strand == "gene":
            assert row.strand == ("+" if hits[0] == 1 else "-")
    assert all(inside["coding"]) and not any(inside["intergenic"])
    both = 1 + (strand == "both")
    lost = records.counts()["by_code"].get("CROSSES_BLOCK", 0)
    assert len(records) + lost == 2 * both * 40 * 3
    assert records.meta["left_out"] == {"coding_windows_not_drawn": 38 * 5 - 40 * 3}


def test_windows_around_starts_and_a_background_with_start_codons(genome):
    records = made(genome, "around", up=20, down=10, same=3, ratio=2)
    positives = records.table[records.table["label"] == "CDS_start"]
    others = records.table[records.table["label"] == "none"]
    assert len(positives) == GENES - 2 and len(others) == 2 * len(positives)
    assert (records.table["sequence"].str[20:23] == "ATG").all()
    ends = made(genome, "around", at="end", up=3, down=40, background="intergenic", label="stop")
    assert (ends.table[ends.table["label"] == "stop"]["sequence"].str[:3] == "TAA").all()


def test_an_unknown_end_is_no_example(tmp_path):
    features = [SeqFeature(SimpleLocation(BeforePosition(0), 30, 1), "CDS"),
                SeqFeature(SimpleLocation(2, 33, 1), "CDS"),
                SeqFeature(SimpleLocation(40, 70, 1) + SimpleLocation(80, 90, -1), "CDS"),
                SeqFeature(SimpleLocation(40, 400, 1), "CDS", qualifiers={"locus_tag": ["far"]})]  # fmt: skip
    entry = SeqRecord(Seq("ACGT" * 30), "C", features=features, annotations={"molecule_type": "DNA"})
    SeqIO.write(entry, tmp_path / "x.gb", "genbank")
    records = annotated_records(tmp_path / "x.gb", {"task": "around", "up": 5, "down": 5})
    assert records.rejected["code"].tolist() == ["PAST_END", "OPEN_END", "PAST_END", "NO_STRAND"]
    assert records.rejected["id"].iloc[0] == "far" and records.read == 4


def test_every_base_has_its_label(genome):
    records = made(genome, "per_position", window=1000)
    truth = ["i"] * 20_120
    for start, end, _ in genes(genome, "gene"):
        truth[start:end] = "." * (end - start)
    entry = SeqIO.read(genome, "genbank")
    for start, end, strand in genes(genome):
        truth[start:end] = ("+" if strand == 1 else "-") * (end - start)
    pseudo = [f.location for f in entry.features if "pseudo" in f.qualifiers]
    truth[pseudo[0].start : pseudo[0].end] = "." * 303
    assert "".join(records.table["label"]) == "".join(truth)
    assert records.table["sequence"].str.len().tolist() == records.table["label"].str.len().tolist()
    assert records.table["sequence"].str.len().tolist() == [1000] * 20 + [120]
    rest = annotated_records(genome, {"task": "per_position", "window": 1000, "min_length": 121})
    assert rest.counts()["by_code"] == {"TOO_SHORT": 1}


def test_frames_are_genes_if_they_end_as_one(genome):
    records = made(genome, "frames", min_aa=40)
    contig = str(SeqIO.read(genome, "genbank").seq)
    orfs = {f"{o.contig}:{o.start}-{o.end}({o.strand})": o
            for o in find_orfs(contig, 40, contig="C1.1", circular=True)}  # fmt: skip
    stops = {(s, b if s == 1 else a) for a, b, s in genes(genome)}
    for row in records.table.itertuples():
        strand = 1 if row.strand == "+" else -1
        assert row.label == (
            "gene" if (strand, row.end if strand == 1 else row.start - 1) in stops else "none"
        )
        protein = str(Seq(row.sequence).translate(table=11))
        assert len(row.sequence) % 3 == 0 and "*" not in protein
        assert protein[1:] == orfs[row.id].protein[1:]
    assert (records.table["label"] == "gene").sum() == GENES - 2
    assert records.counts()["by_code"]["PSEUDOGENE"] >= 1


@pytest.mark.parametrize("before", [9, 120, 294])  # the frame may begin before or behind the origin
def test_a_gene_over_the_origin_is_found_by_its_stop_codon(tmp_path, before):
    rng = np.random.default_rng(2)
    gene = "ATG" + "".join(rng.choice(CODONS, 99)) + "TAA"
    rest = "".join(rng.choice(list("ACGT"), 400)) + "TTATAATAATAA"
    letters = gene[before:] + rest + gene[:before]
    place = SimpleLocation(len(letters) - before, len(letters), 1) + SimpleLocation(0, len(gene) - before, 1)
    told = {"locus_tag": ["L1"]}
    features = [SeqFeature(place, kind, qualifiers=told) for kind in ("gene", "CDS")]
    about = {"molecule_type": "DNA", "topology": "circular"}
    path = tmp_path / "turned.gb"
    SeqIO.write(SeqRecord(Seq(letters), "C1.1", features=features, annotations=about), path, "genbank")
    table = annotated_records(path, {"task": "frames", "min_aa": 90}).table
    assert table.loc[table["locus_tag"] == "L1", "label"].tolist() == ["gene"]


def test_a_region_leaves_the_rest_out_and_counts_it(genome):
    region = "C1.1:1-10000"
    for task in ("features", "coding", "around", "per_position", "frames"):
        records = made(genome, task, region=region)
        assert records.table["end"].max() <= 10_000
        assert task != "frames" or records.meta["left_out"]["frames_outside_region"] > 0
        if task in ("features", "coding", "around"):
            # The last gene of the region begins in it and ends outside.
            assert records.counts()["by_code"]["OUTSIDE_REGION"] == 21 - (task == "around")


def test_chance_follows_the_seed(genome):
    for task in ("features", "coding", "around"):
        first, again, other = (made(genome, task, seed=s).table for s in (0, 0, 1))
        assert first.equals(again) and not first.equals(other)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "no such task"),
        ({"task": "genes"}, "no such task; found 'genes'"),
        ({"task": "coding", "windw": 3}, "unknown setting 'windw'. Did you mean 'window'"),
        ({"task": "frames", "feature": "tRNA"}, "unknown setting 'feature'"),
        ({"task": "around", "at": "middle"}, "no such at"),
        ({"task": "around", "same": 60}, "same counts bases"),
        ({"task": "around", "up": 0, "down": 0}, "down must be"),
        ({"task": "features", "region": "X"}, "region lies on no contig"),
        ({"task": "features", "min_length": 5, "max_length": 4}, "max_length must be"),
        ({"task": "frames", "table": 99}, "no genetic code"),
        ({"task": "coding", "max_ambiguous": 2}, "max_ambiguous must lie"),
    ],
)
def test_settings_that_make_no_sense_are_refused(genome, settings, words):
    with pytest.raises(UsageError, match=words):
        annotated_records(genome, settings)
