from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from Bio.Seq import Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.genome import Gene, Genome, read_genome
from riboswitch.data.model import Model
from riboswitch.data.records import Record, Records
from riboswitch.data.splits import Split
from riboswitch.errors import InputError, UsageError
from riboswitch.genomes.frames import labelled_frames, stop_site
from riboswitch.genomes.genes.called_genes import Genes
from riboswitch.genomes.genes.calling import call_genes
from riboswitch.genomes.genes.chain import Overlap, best_chain
from riboswitch.genomes.genes.choice import candidates, choose_genes
from riboswitch.genomes.genes.frame_table import FrameTable
from riboswitch.modalities.sequence.encode import encode
from riboswitch.steps import genes as step
from riboswitch.steps.train import train

CODONS = np.array([a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"])
STOPS = ["TAA", "TAG", "TGA"]
SENSE = np.array([c for c in CODONS if c not in STOPS])
USAGE = np.random.default_rng(5).dirichlet(np.full(61, 0.4))


def synthetic(number: int, seed: int, strands: str = "+-") -> Genome:
    """Genes with a codon usage of their own, and a ribosome binding site, between random DNA."""
    rng = np.random.default_rng(seed)
    pieces, genes, at = [], [], 0
    for i in range(number):
        between = "".join(rng.choice(list("ACGT"), rng.integers(30, 90))) + "AGGAGGTAACAT"
        codons = rng.choice(SENSE, rng.integers(60, 160), p=USAGE)
        gene = f"ATG{''.join(codons)}{rng.choice(STOPS)}"
        strand = strands[i % len(strands)]
        piece = between + gene
        start = at + len(between) + 1 if strand == "+" else at + 1
        genes.append(Gene("c", start, start + len(gene) - 1, strand))
        pieces.append(piece if strand == "+" else reverse_complement(piece))
        at += len(piece)
    return Genome({"c": "".join(pieces)}, genes, "synthetic.fasta")


@pytest.fixture(scope="module")
def gene_model() -> Model:
    frames = labelled_frames(synthetic(100, 0))
    records = Records.collect(
        (Record(n, f"f{n}", {"sequence": dna}, {"gene": int(yes)}) for n, (_, dna, yes) in enumerate(frames)),
        ["sequence"],
        modality="sequence",
    )
    parts = ["valid" if n % 8 == 0 else "train" for n in range(len(records))]
    split = Split(pd.DataFrame({"id": records.ids, "group": records.ids, "part_0": parts}))
    features = encode({"sequence": records.inputs["sequence"]}, records.ids, {"alphabet": "codon"})
    return train(
        records, features, split, kind="binary", targets=["gene"], network={"hidden": 16, "embedding": 8},
        settings={"epochs": 5, "learning_rate": 0.01, "batch_size": 16, "class_power": 0.0},
    )  # fmt: skip


@pytest.fixture(scope="module")
def called(gene_model) -> Genes:
    return step.genes(synthetic(80, 1), gene_model)


def stops(table: pd.DataFrame) -> set[tuple[str, str, int]]:
    return {stop_site(Gene(r.contig, r.start, r.end, r.strand)) for r in table.itertuples()}


def test_most_genes_are_found_where_they_begin_and_end(called):
    truth = synthetic(80, 1).cds
    found = stops(called.table)
    right = found & {stop_site(g) for g in truth}
    assert called.meta["found_by"] == "the network and this genome"
    assert 2 * len(right) / (len(found) + len(truth)) > 0.9
    whole = {(g.start, g.end) for g in truth}
    exact = sum((r.start, r.end) in whole for r in called.table.itertuples())
    assert exact / len(right) > 0.8


def test_every_place_holds_its_gene(called):
    contig = synthetic(80, 1).contigs["c"]
    for row in called.rows():
        dna = Seq(contig[row["start"] - 1 : row["end"]])
        dna = str(dna if row["strand"] == "+" else dna.reverse_complement())
        assert dna == row["dna"]
        protein = str(Seq(dna).translate(table=11))
        if not row["partial"]:
            assert protein.endswith("*") and row["start_codon"] == dna[:3]
            assert row["protein"] == "M" + protein[1:-1]
        assert "*" not in row["protein"]


def test_the_other_strand_has_the_same_genes_mirrored(called, gene_model):
    genome = synthetic(80, 1)
    length = len(genome)
    turned = step.genes(Genome({"c": reverse_complement(genome.contigs["c"])}), gene_model).table
    mirrored = {(length - r.end + 1, length - r.start + 1, r.protein) for r in turned.itertuples()}
    assert mirrored == {(r.start, r.end, r.protein) for r in called.table.itertuples()}


def test_a_circular_contig_may_begin_anywhere(called, gene_model):
    genome = synthetic(80, 1)
    contig, length = genome.contigs["c"], len(genome)
    place = called.table.iloc[20]
    turn = int(place["start"]) + 30  # the origin comes to lie in this gene
    around = Genome({"c": contig}, circular={"c"})
    turned = Genome({"c": contig[turn:] + contig[:turn]}, circular={"c"})
    first, second = (step.genes(g, gene_model).table for g in (around, turned))
    assert (second["end"] > length).any()
    back = {((r.start + turn - 1) % length, r.strand, r.protein) for r in second.itertuples()}
    assert back == {((r.start - 1) % length, r.strand, r.protein) for r in first.itertuples()}


def test_over_the_origin_no_two_genes_lie_on_top_of_each_other():
    contig = synthetic(20, 1).contigs["c"]
    length, overs = len(contig), 0
    for cut in range(0, length, 97):
        genome = Genome({"c": contig[cut:] + contig[:cut]}, circular={"c"})
        any_may_be_a_gene = call_genes(genome, lambda frames: np.full(len(frames), 0.8))
        genes = [*any_may_be_a_gene.table.itertuples()]
        for over in (gene for gene in genes if gene.end > length):
            overs += 1
            others = [gene for gene in genes if gene.id != over.id]
            assert all(over.end - length - other.start + 1 <= 60 for other in others)
    assert overs


def test_contigs_are_called_each_for_itself(called, gene_model):
    contig = synthetic(80, 1).contigs["c"]
    both = step.genes(Genome({"a": contig, "b": contig}), gene_model).table
    sides = [both[both["contig"] == name] for name in "ab"]
    assert sides[0]["protein"].tolist() == sides[1]["protein"].tolist()
    assert both["id"].is_unique


def test_the_command_writes_what_the_function_finds(called, gene_model, tmp_path, capsys):
    (tmp_path / "genome.fasta").write_text(f">c\n{synthetic(80, 1).contigs['c']}\n")
    gene_model.save(tmp_path / "model.safetensors")
    step.command(tmp_path / "genome.fasta", tmp_path / "model.safetensors", output=tmp_path / "out")
    assert f"genes {len(called)}" in capsys.readouterr().err
    called.save(tmp_path / "again")
    for path in sorted((tmp_path / "again").iterdir()):
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()


def test_a_small_contig_is_left_to_the_network(gene_model):
    assert step.genes(synthetic(5, 3), gene_model).meta["found_by"] == "the network"


def test_a_genome_without_frames_has_no_genes(gene_model, tmp_path):
    none = step.genes(Genome({"c": "N" * 500}), gene_model)
    assert len(none) == 0
    none.save(tmp_path)
    assert (tmp_path / "genes.faa").read_text() == ""


def test_another_model_is_refused(gene_model):
    other = Model(gene_model.header | {"encoder": {"alphabet": "protein"}}, gene_model.tensors)
    with pytest.raises(InputError, match="no model of genes"):
        step.genes(synthetic(5, 3), other)


def test_the_files_agree(called, tmp_path):
    genome = synthetic(80, 1)
    called.save(tmp_path)
    (tmp_path / "genome.fasta").write_text(f">c\n{genome.contigs['c']}\n")
    read = read_genome(tmp_path / "genome.fasta", tmp_path / "genes.gff3")
    assert [(g.start, g.end, g.strand) for g in read.cds] == [
        (r.start, r.end, r.strand) for r in called.table.itertuples()
    ]
    bed = [line.split("\t") for line in (tmp_path / "genes.bed").read_text().splitlines()]
    assert [(int(b[1]) + 1, int(b[2]), b[5]) for b in bed] == [(g.start, g.end, g.strand) for g in read.cds]
    tsv = pd.read_csv(tmp_path / "genes.tsv", sep="\t", keep_default_na=False)
    assert tsv["id"].tolist() == called.table["id"].tolist()
    proteins = (tmp_path / "genes.faa").read_text().split(">")[1:]
    assert [p.split("\n", 1)[1].replace("\n", "") for p in proteins] == called.table["protein"].tolist()


def test_over_the_origin_bed_has_two_lines_and_gff3_says_circular(tmp_path):
    row = {"id": "c_1", "contig": "c", "start": 95, "end": 106, "strand": "+", "partial": "",
           "start_codon": "ATG", "network": 0.9, "score": 3.0, "length_aa": 3, "protein": "MAA",
           "dna": "ATGGCTGCTTAA"}  # fmt: skip
    Genes(pd.DataFrame([row]), {"c": 100}, {"c"}).save(tmp_path)
    bed = [line.split("\t")[:3] for line in (tmp_path / "genes.bed").read_text().splitlines()]
    assert bed == [["c", "94", "100"], ["c", "0", "6"]]
    (tmp_path / "genome.fasta").write_text(">c\n" + "A" * 100 + "\n")
    read = read_genome(tmp_path / "genome.fasta", tmp_path / "genes.gff3")
    assert [(g.start, g.end) for g in read.cds] == [(95, 106)]


intervals = st.lists(
    st.tuples(st.integers(0, 60), st.integers(3, 40), st.integers(0, 1), st.integers(-5, 9)), max_size=9
)


@settings(max_examples=80, deadline=None)
@given(intervals, st.tuples(st.integers(0, 12), st.integers(12, 20), st.integers(0, 5)))
def test_the_chain_is_the_best_of_all(drawn, most):
    overlap = Overlap(most[0], most[1], min(most[2], most[0]))
    left, size, strand, score = np.array(drawn, int).reshape(-1, 4).T
    right = left + size

    def fits(i: int, j: int) -> bool:
        allowed = overlap.same if strand[i] == strand[j] else overlap[1 if strand[i] < strand[j] else 2]
        return left[i] < left[j] and right[i] < right[j] and right[i] - left[j] <= allowed

    def good(chain: tuple[int, ...]) -> bool:
        return all(fits(a, b) for a, b in itertools.combinations(chain, 2))

    chosen = best_chain(left, right, strand, score.astype(float), overlap)
    order = sorted(range(len(left)), key=lambda i: (right[i], left[i]))
    chains = (c for n in range(len(order) + 1) for c in itertools.combinations(order, n) if good(c))
    assert score[chosen].sum() == max(score[list(c)].sum() for c in chains)
    assert all(fits(a, b) for a, b in itertools.pairwise(chosen))


def test_frames_lie_on_the_strip_where_they_lie_on_the_contigs():
    contigs = {name: synthetic(4, seed).contigs["c"] for name, seed in (("a", 1), ("b", 2))}
    genome = Genome(contigs, circular={"b"})
    orfs = [o for name in contigs for o in candidates(genome, name)]
    frames = FrameTable.of(genome, orfs)
    for i, orf in enumerate(orfs):
        codes = frames.bases[frames.strand[i], frames.starts[frames.likeliest[i]] : frames.stop[i]]
        contig = contigs[orf.contig] * 2
        dna = Seq(contig[orf.start - 1 : orf.end])
        dna = str(dna if orf.strand == "+" else dna.reverse_complement())
        dna = dna if "3'" in orf.partial else dna[:-3]
        assert "".join("ACGTN"[c] for c in codes) == dna


def test_no_gene_is_chosen_when_no_frame_scores_like_one():
    genome = synthetic(5, 4)
    frames = FrameTable.of(genome, candidates(genome, "c"))
    assert len(choose_genes(frames, np.full(len(frames.stop), -1.0)).frames) == 0


def test_labels_follow_the_stop_codon():
    genome = synthetic(10, 6)
    genome.cds[0] = Gene("c", genome.cds[0].start, genome.cds[0].end, "+", kind="pseudogene")
    later = genome.cds[2]
    genome.cds[2] = Gene("c", later.start + 30, later.end, "+")
    labelled = labelled_frames(genome)
    genes = {stop_site(orf) for orf, _, yes in labelled if yes}
    assert genes == {stop_site(g) for g in genome.cds[1:]}
    assert stop_site(genome.cds[0]) not in {stop_site(orf) for orf, _, _ in labelled}
    assert all(len(dna) % 3 == 0 and len(dna) >= 87 for _, dna, _ in labelled)


def test_a_gene_over_the_origin_is_labelled_whatever_its_start():
    genome = synthetic(6, 8, "+")
    contig, gene = genome.contigs["c"], genome.cds[3]
    for into in (30, gene.end - gene.start - 8):  # the frame may begin before or behind the origin
        cut = gene.start + into
        turned = Genome({"c": contig[cut:] + contig[:cut]}, circular={"c"})
        start = gene.start - cut + len(contig)
        turned.cds = [Gene("c", start, start + gene.end - gene.start, "+")]
        assert sum(yes for *_, yes in labelled_frames(turned)) == 1


def test_a_region_keeps_what_lies_in_it():
    genome = synthetic(10, 7)
    every = labelled_frames(genome)
    assert labelled_frames(genome, region="c") == every
    inside = [f for f in every if f[0].start >= 500 and f[0].end <= 2500]
    assert labelled_frames(genome, region="c:500-2500") == inside
    with pytest.raises(UsageError, match="region"):
        labelled_frames(genome, region="d:1-5")
