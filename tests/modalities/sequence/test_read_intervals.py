"""Every place read from an annotated file is the one that Biopython extracts."""

from __future__ import annotations

import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import (
    AfterPosition,
    BeforePosition,
    CompoundLocation,
    SeqFeature,
    SimpleLocation,
    WithinPosition,
)
from Bio.SeqRecord import SeqRecord
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.genome import extract, read_genome
from riboswitch.data.records import Records, Rejection
from riboswitch.errors import InputError
from riboswitch.genomes.tasks.records import annotated_records
from riboswitch.modalities.sequence.read import read

quick = settings(max_examples=40, deadline=None)
contigs = st.text("ACGTN", min_size=12, max_size=60)


@st.composite
def simple(draw, length, strand=None):
    start = draw(st.integers(0, length - 1))
    end = draw(st.integers(start + 1, length))
    strand = draw(st.sampled_from([1, -1])) if strand is None else strand
    first = draw(st.sampled_from([int, BeforePosition, within]))
    last = draw(st.sampled_from([int, AfterPosition]))
    return SimpleLocation(first(start), last(end), strand)


def within(position):
    return WithinPosition(position, position, position + 1)


@st.composite
def locations(draw, length, circular):
    kind = draw(st.sampled_from(["simple", "join", "mixed", "origin" if circular else "simple"]))
    if kind == "simple":
        return draw(simple(length))
    strand = draw(st.sampled_from([1, -1]))
    if kind == "origin":
        pieces = [
            SimpleLocation(draw(st.integers(length // 2 + 1, length - 1)), length, strand),
            SimpleLocation(0, draw(st.integers(1, length // 2)), strand),
        ]
        return CompoundLocation(pieces[::strand])
    own = None if kind == "mixed" else strand
    return CompoundLocation(draw(st.lists(simple(length, own), min_size=2, max_size=4)))


@st.composite
def entries(draw):
    """An entry with features of every shape, and one that holds all bases."""
    letters, circular = draw(contigs), draw(st.booleans())
    places = draw(st.lists(locations(len(letters), circular), min_size=1, max_size=6))
    kinds = [draw(st.sampled_from(["CDS", "misc_feature"])) for _ in places]
    features = [
        SeqFeature(place, kind, qualifiers={"locus_tag": [f"L{i}"]})
        for i, (place, kind) in enumerate(zip(places, kinds, strict=True))
    ]
    topology = "circular" if circular else "linear"
    about = {"molecule_type": "DNA", "topology": topology}
    return SeqRecord(Seq(letters), "C1.1", "C1", "made up", features=features, annotations=about)


def written(folder, entry, format="genbank"):
    path = folder / {"genbank": "x.gb", "embl": "x.embl"}[format]
    SeqIO.write(entry, path, format)
    return path, SeqIO.read(path, format)


@quick
@given(entries(), st.sampled_from(["genbank", "embl"]), st.sampled_from(["CDS", "misc_feature"]))
def test_features_are_read_as_biopython_extracts_them(tmp_path_factory, entry, format, kind):
    path, entry = written(tmp_path_factory.mktemp("g"), entry, format)
    wanted = {
        f.qualifiers["locus_tag"][0]: str(f.extract(entry.seq)) for f in entry.features if f.type == kind
    }
    if not wanted:
        return
    items = list(read(path, features=kind))
    assert [i.id for i in items] == list(wanted)
    for item in items:
        if isinstance(item, Rejection):
            assert item.code == "PROTEIN_IN_DNA" or not item.input
        else:
            assert item.components["sequence"] == wanted[item.id]


@quick
@given(entries())
def test_a_genome_extracts_as_biopython_does(tmp_path_factory, entry):
    path, entry = written(tmp_path_factory.mktemp("g"), entry)
    genome = read_genome(path, kinds=["misc_feature"])
    genes = {g.locus_tag: g for g in (*genome.cds, *genome.others)}
    assert len(genes) == len(entry.features) and not genome.ignored
    for feature in entry.features:
        gene = genes[feature.qualifiers["locus_tag"][0]]
        assert extract(genome, gene) == str(feature.extract(entry.seq))
        pieces = gene.parts[:: -1 if gene.strand == "-" else 1]
        over = gene.end > len(entry.seq) and (pieces[0][1], pieces[1][0]) == (len(entry.seq), 1)
        if len(pieces) == 1 or (over and len(pieces) == 2):
            around = (entry.seq + entry.seq)[gene.start - 1 : gene.end]
            assert extract(genome, gene) == str(around if gene.strand == "+" else around.reverse_complement())
        assert 1 <= gene.start <= len(entry.seq) and gene.start <= gene.end <= 2 * len(entry.seq)


@quick
@given(contigs, st.booleans(), st.data())
def test_lines_of_gff3_are_read_as_biopython_extracts_them(tmp_path_factory, letters, circular, data):
    length, folder = len(letters), tmp_path_factory.mktemp("gff")
    lines, wanted = ["##gff-version 3"], {}
    if circular:
        lines.append(f"c\t.\tregion\t1\t{length}\t.\t+\t.\tIs_circular=true")
    for i in range(data.draw(st.integers(1, 4))):
        strand = data.draw(st.sampled_from([1, -1]))
        place_of = lambda p: (int(p.start), int(p.end))  # noqa: E731 - one ID twice at a place is a fault
        pieces = data.draw(st.lists(simple(length, strand), min_size=1, max_size=3, unique_by=place_of))
        spans = [(int(p.start), int(p.end)) for p in pieces]
        if circular and len(spans) == 1:
            spans = [(spans[0][0], spans[0][1] + data.draw(st.integers(0, spans[0][0])))]
        for start, end in spans:
            lines.append(f"c\t.\tCDS\t{start + 1}\t{end}\t.\t{'+' if strand == 1 else '-'}\t0\tID=f{i}")
        ordered = sorted(spans, key=lambda span: span[0], reverse=strand == -1)
        place = sum(
            (SimpleLocation(a, b, strand) for a, b in ordered[1:]), SimpleLocation(*ordered[0], strand)
        )
        wanted[f"f{i}"] = str(place.extract(Seq(letters + letters)))
    (folder / "g.gff").write_text("\n".join(lines) + "\n")
    (folder / "g.fna").write_text(f">c\n{letters}\n")
    beside = list(read(folder / "g.fna", features="CDS", annotation="g.gff"))
    assert {item.id: item.components["sequence"] for item in beside} == wanted
    genome = read_genome(folder / "g.fna", folder / "g.gff")
    assert [extract(genome, gene) for gene in genome.cds] == list(wanted.values())
    (folder / "whole.gff3").write_text("\n".join(lines) + f"\n##FASTA\n>c\n{letters}\n")
    whole = read(folder / "whole.gff3", features="CDS")
    assert [item.components["sequence"] for item in whole] == list(wanted.values())


@quick
@given(entries(), st.sampled_from(["start", "end"]), st.integers(0, 8), st.integers(1, 8), st.integers(0, 9))
def test_windows_around_an_end_are_what_biopython_extracts(tmp_path_factory, entry, at, up, down, seed):
    path, entry = written(tmp_path_factory.mktemp("g"), entry)
    genes = [f for f in entry.features if f.type == "CDS"]
    if not genes:
        return
    how = {"task": "around", "at": at, "up": up, "down": down, "away": 1, "max_ambiguous": 1.0, "seed": seed}
    made = annotated_records(path, how)
    found = made.table[made.table["label"] != "none"]
    wanted = {w for f in genes if (w := window(f, entry, at, up, down)) is not None}
    crossing = set(made.rejected["input"][made.rejected["code"].isin(["CROSSES_BLOCK", "PROTEIN_IN_DNA"])])
    assert set(found["sequence"]) | crossing == wanted
    points = {(int(point(f, at)) % len(entry), f.location.strand) for f in genes if f.location.strand}
    for row in made.table[made.table["label"] == "none"].itertuples():
        strand = 1 if row.strand == "+" else -1
        before = row.start - 1 + (up if strand == 1 else down)
        assert (before % len(entry), strand) not in points
        place = SimpleLocation(row.start - 1, row.end, strand)
        assert row.sequence == str(place.extract(entry.seq))


def point(feature, at):
    """Bases before one end of a feature, and the position as Biopython has it."""
    part = feature.location.parts[0 if at == "start" else -1]
    return part.start if (feature.location.strand == 1) == (at == "start") else part.end


def window(feature, entry, at, up, down):
    strand, length = feature.location.strand, len(entry)
    if strand is None or isinstance(position := point(feature, at), BeforePosition | AfterPosition):
        return None
    middle = int(position)
    circular = entry.annotations["topology"] == "circular"
    low, high = (middle - up, middle + down) if strand == 1 else (middle - down, middle + up)
    if up + down > length or (not circular and (low < 0 or high > length)):
        return None
    thrice = Seq(str(entry.seq) * 3)
    return str(SimpleLocation(low + length, high + length, strand).extract(thrice))


def test_a_genbank_file_and_its_gff3_give_the_same_records(tmp_path):
    letters = "ATGGCTAAATAACCGGTTACGTTAGCCATTTACGTACGTACGTAAATTTGGG"
    spots = [("L1", 0, 12, 1), ("L2", 19, 31, -1)]
    features = [
        SeqFeature(
            SimpleLocation(a, b, s),
            "CDS",
            qualifiers={"locus_tag": [n], "product": ["p,q"], "gene": ["g"]},
        )
        for n, a, b, s in spots
    ]
    entry = SeqRecord(Seq(letters), "C1.1", features=features, annotations={"molecule_type": "DNA"})
    path, _ = written(tmp_path, entry)
    (tmp_path / "x.fna").write_text(f">C1.1 whatever\n{letters.lower()}\n")
    (tmp_path / "x.gff").write_text("##gff-version 3\n" + "".join(
        f"C1.1\tme\tCDS\t{a + 1}\t{b}\t.\t{'+' if s == 1 else '-'}\t0\tlocus_tag={n};product=p%2Cq;gene=g\n"
        for n, a, b, s in spots
    ))  # fmt: skip
    first = Records.collect(read(path, features="CDS", translate=True), ["sequence"]).table
    second = Records.collect(
        read(tmp_path / "x.fna", features="CDS", annotation="x.gff", translate=True), ["sequence"]
    ).table
    same = [c for c in first.columns if c not in ("source", "lower")]
    assert list(first.columns) == list(second.columns) and len(first) == 2
    assert first[same].equals(second[same])
    assert second["lower"].tolist() == [12, 12]


@pytest.mark.parametrize("name", ["x.fna", "x.gff3"])
def test_an_annotation_of_other_contigs_is_refused(tmp_path, name):
    line = "c2\t.\tCDS\t1\t9\t.\t+\t0\tID=f\n"
    (tmp_path / "x.gff").write_text(line)
    (tmp_path / "x.fna").write_text(">c1\nACGTACGTACGT\n")
    (tmp_path / "x.gff3").write_text(line + "##FASTA\n>c1\nACGTACGTACGT\n")
    options = {"annotation": "x.gff"} if name == "x.fna" else {}
    with pytest.raises(InputError, match=r"no contig is in both\. It names c2; the genome has c1"):
        list(read(tmp_path / name, features="CDS", **options))
    (tmp_path / "x.gff").write_text(line + line.replace("c2", "c1").replace("=f", "=g"))
    if options:
        items = list(read(tmp_path / name, features="CDS", **options))
        assert [getattr(i, "code", "ok") for i in items] == ["NO_CONTIG", "ok"]
