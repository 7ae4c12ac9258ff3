"""scan: places are right on both strands and at contig ends; known genes are calls, the rest candidates."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from riboswitch.bio.alignment import score
from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.genome import Gene, Genome
from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError, UsageError
from riboswitch.genomes.frames import reading_frames
from riboswitch.genomes.intervals import Interval
from riboswitch.resistance.calling import ScanSettings
from riboswitch.steps.ensemble import ensemble
from riboswitch.steps.predict import held_out
from riboswitch.steps.scan import scan
from riboswitch.steps.stack import stack

CODON = {
    "A": "GCC",
    "C": "TGC", "D": "GAC", "E": "GAG", "F": "TTC", "G": "GGC", "H": "CAC", "I": "ATC", "K": "AAG",
    "L": "CTC", "M": "ATG", "N": "AAC", "P": "CCC", "Q": "CAG", "R": "CGC", "S": "TCC", "T": "ACC",
    "V": "GTC",
    "W": "TGG", "Y": "TAC",
}  # fmt: skip
SPACE = "TTAGTTAACTAA" * 6  # stops in all six frames


def dna(protein):
    return "".join(CODON[c] for c in protein)


LAX = {"max_fdr": 1.0, "min_aa": 60, "candidate_probability": 1.0}
"""For invented genomes: their proteins are short, and among so few frames chance has many."""


@pytest.fixture(scope="module")
def genes(proteins):
    rows = proteins.table[proteins.table["drug_class"] == "tetracycline"].reset_index(drop=True)
    return rows["id"].tolist(), rows["sequence"].tolist()


@pytest.fixture(scope="module")
def genome(genes):
    """One gene forwards, one backwards, and one that runs off each end of a contig."""
    a, b, c, d = (dna(p) for p in genes[1][::2][:4])
    middle = SPACE + a + "TAA" + SPACE + reverse_complement(b + "TAA") + SPACE
    return Genome(
        {"middle": middle, "right": SPACE + c, "left": reverse_complement(SPACE + d)}, [], "made.fna"
    )


@pytest.fixture(scope="module")
def calls(genome, gene_model, proteins):
    return scan(genome, gene_model, proteins, LAX)


def test_coordinates_on_both_strands_and_at_contig_ends(calls, genome, genes):
    found = calls.table.drop_duplicates("orf_id").set_index("nearest_gene")
    names, length, space = genes[0][::2][:4], 3 * 70, len(SPACE)
    places = {
        names[0]: ("middle", space + 1, space + length + 3, "+"),
        names[1]: ("middle", 2 * space + length + 4, 2 * space + 2 * length + 6, "-"),
        names[2]: ("right", space + 1, space + length, "+"),
        names[3]: ("left", 1, length, "-"),
    }
    for name, (contig, start, end, strand) in places.items():
        line = found.loc[name]
        assert (line["contig"], line["start"], line["end"], line["strand"]) == (contig, start, end, strand)
        assert line["orf_id"] == f"{contig}:{start}-{end}({strand})"
        assert (line["identity"], line["coverage"]) == (1.0, 1.0)
        piece = genome.contigs[contig][start - 1 : end]
        assert (piece if strand == "+" else reverse_complement(piece)).startswith("ATG")


def test_known_genes_are_calls_whatever_the_model_says(calls, genome, gene_model, proteins):
    table = calls.table
    called = table[table["status"] == "call"]
    assert len(called) == len(calls.confident) == calls.meta["counts"]["calls"] == 4
    assert set(table["status"]) <= {"call", "candidate"}
    assert len(calls.candidates) == calls.meta["counts"]["candidates"] == len(table) - len(called)
    strict = scan(genome, gene_model, proteins, LAX | {"min_score": 1.0})
    assert strict.confident.equals(calls.confident)
    assert (called["probability"].between(0, 1)).all() and list(table) == CALL_COLUMNS


def relatives(proteins, least=0.3):
    """Known genes that have become relatives of the genes of the genome: none fits a family any more."""
    rng = np.random.default_rng(3)
    letters = list("ACDEFGHIKLMNPQRSTVWY")

    def other(protein):
        return "M" + "".join(rng.choice(letters) if rng.random() < least else a for a in protein[1:])

    return proteins.table.assign(sequence=[other(p) for p in proteins.inputs["sequence"]])


@pytest.mark.parametrize("by_model", [True, False])
def test_what_only_resembles_a_known_gene_is_a_candidate(genome, gene_model, proteins, by_model):
    far = Records(relatives(proteins), proteins.rejected, proteins.read)
    made = scan(genome, gene_model if by_model else None, far, LAX)
    assert made.confident.empty and len(made.candidates) >= 4
    assert set(made.candidates["kind"]) == {"similar"} and set(made.candidates["method"]) == {"SIMILAR"}
    assert all(why.startswith("resembles a known gene, but reaches") for why in made.candidates["why"])
    assert made.candidates["score"].between(0.2, 1).all()
    assert made.candidates["probability"].notna().all() == by_model
    assert made.candidates["why"].str.contains("the model").all() == by_model


def test_the_model_decides_about_no_candidate(genome, gene_model, proteins):
    far = Records(relatives(proteins), proteins.rejected, proteins.read)
    columns = ["orf_id", "nearest_gene", "drug_class", "score", "q_value"]
    one, other = (scan(genome, model, far, LAX).table[columns] for model in (gene_model, None))
    assert one.equals(other) and len(one)


def test_the_score_is_what_the_gene_has_beyond_any_protein_that_does_not_resist(genome, proteins):
    """Of the alignment scores of Biopython: the same for the frame, the gene and the best other protein."""
    far = relatives(proteins, 0.2)
    made = scan(genome, None, Records(far, proteins.rejected, proteins.read), LAX)
    frames = {str(Interval(f.contig, f.start, f.end, f.strand)): f.protein for f in reading_frames(genome)}
    sequences = dict(zip(far["id"], far["sequence"], strict=True))
    others = far.loc[far["drug_class"] == "none", "sequence"]
    assert len(made.candidates) >= 3
    for row in made.candidates.itertuples():
        frame, gene = frames[row.orf_id], sequences[row.nearest_gene]
        rest = score(frame, gene) - max(score(frame, other) for other in others)
        # others that share fewer than three words are not aligned: their scores are those of chance
        assert rest <= row.score * score(gene, gene) + 0.01 <= score(frame, gene) + 0.02


def test_without_proteins_that_do_not_resist_nothing_similar_is_looked_for(genome, gene_model, proteins):
    table = relatives(proteins)
    table = table[table["drug_class"] != "none"]
    only = Records(table, proteins.rejected, len(table))
    made = scan(genome, None, only, LAX)
    assert made.candidates.empty and not made.looked_for_similar
    assert scan(genome, gene_model, only, LAX).looked_for_similar


def test_homologues_of_known_genes_are_counted_and_no_candidates(genome, gene_model, proteins):
    """The genes of the genome become housekeeping proteins, and the known genes are far relatives of them."""
    far = relatives(proteins)
    own = dict(zip(proteins.ids, proteins.inputs["sequence"], strict=True))
    for homologues in ({}, own):
        records = Records(far, proteins.rejected, proteins.read, proteins.meta | {"homologues": homologues})
        made = scan(genome, gene_model, records, LAX)
        assert (made.table["nearest_gene"] != "").any() == (not homologues)
        assert (made.meta["counts"]["homologues"] > 0) == bool(homologues)


def test_the_network_alone_makes_candidates_only(genome, gene_model, proteins):
    far = Records.collect(
        [Record(1, "far", {"sequence": "MHHHHHHHHHHHHHHHHHHHH"}, {"drug_class": "macrolide"})],
        ["sequence"],
        modality="sequence",
    )
    made = scan(genome, gene_model, far, LAX | {"candidate_probability": 0.2})
    assert made.confident.empty and len(made.candidates) >= 4
    assert set(made.candidates["why"]) == {"network only: no known gene is near"}
    assert (made.candidates["probability"] >= 0.2).all()
    assert (made.candidates["nearest_gene"] == "").all()


def test_a_call_has_the_columns_of_its_gene(genome, gene_model, proteins):
    table = proteins.table.assign(mechanism="efflux", pmid="1")
    made = scan(genome, gene_model, Records(table, proteins.rejected, proteins.read), LAX)
    assert set(made.confident["mechanism"]) == {"efflux"} and set(made.confident["pmid"]) == {"1"}


def test_decoys_are_scored_as_frames_are(genome, gene_model, proteins):
    """References read backwards: now the decoys are the genes, and all that was asked of a call they meet."""
    table = proteins.table.assign(sequence=["M" + p[:0:-1] for p in proteins.inputs["sequence"]])
    backwards = Records(table, proteins.rejected, proteins.read)
    for references, called in ((proteins, False), (backwards, True)):
        assert bool(scan(genome, gene_model, references, LAX).meta["counts"]["decoys_called"]) == called


def test_networks_with_less_than_half_the_weight_make_no_candidates(genome, learned):
    records, arrays, halves, models = learned
    truth = held_out(records, arrays, halves, models)
    wrong = truth.table.copy()
    wrong[truth.task.columns] = 1 / 3
    _, base_learners = stack(records, arrays, halves, Predictions(wrong, truth.task))
    model = ensemble([*models[:1], base_learners], records)
    assert model.header["stack"]["weights"]["network"] <= 0.5
    made = scan(genome, model, records, LAX | {"candidate_probability": 0.01})
    assert len(made.confident) == 4 and (made.table["nearest_gene"] != "").all()
    assert made.meta["counts"]["network_alone_above"] == {}


def test_scanning_twice_is_equal_bytes(calls, genome, gene_model, proteins, tmp_path):
    scan(genome, gene_model, proteins, ScanSettings(**LAX)).save(tmp_path / "a")
    calls.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert Calls.load(tmp_path / "a").meta == calls.meta


def test_scores_do_not_depend_on_the_number_of_threads(calls, genome, gene_model, proteins):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    again = scan(genome, gene_model, proteins, LAX)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)
    assert again.table.equals(calls.table)


def test_a_genome_without_reading_frames_has_no_calls(gene_model, proteins, tmp_path):
    made = scan(Genome({"c": SPACE}, [], "x"), gene_model, proteins)
    assert made.table.empty and made.meta["counts"]["orfs"] == 0
    made.save(tmp_path / "a")
    assert Calls.load(tmp_path / "a").confident.empty


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(("start", "expected"), [(0, 0), (4, 4), (-5, -5), (40, 0)])
def test_an_annotated_start_is_taken_if_enough_is_left(strand, start, expected):
    """The frame begins with ATG; five codons before it there is a TTG that only the annotation knows."""
    before, protein = "TTG" + dna("ACDE"), "M" + "ACDEFGHIKL" * 7
    plus = SPACE + before + dna(protein) + "TAA" + SPACE
    first, last = len(SPACE) + len(before), len(plus) - len(SPACE)
    at = first + 3 * start
    place = (at + 1, last) if strand == "+" else (len(plus) - last + 1, len(plus) - at)
    contig = plus if strand == "+" else reverse_complement(plus)
    gene = Gene("c", *place, strand, "tag")
    (plain,), (told,) = (
        [o for o in reading_frames(Genome({"c": contig}, genes, ""), 60) if protein[9:60] in o.protein]
        for genes in ([], [gene])
    )
    whole = "MACDE" + protein
    assert plain.protein == protein
    assert told.protein == "M" + whole[5 + expected + 1 :]
    moved = 3 * expected
    wanted = (plain.start + moved, plain.end) if strand == "+" else (plain.start, plain.end - moved)
    assert (told.start, told.end, told.partial) == (*wanted, "")


def test_what_does_not_fit_is_refused(genome, gene_model, proteins):
    table = proteins.table
    for column, told in (
        ("other", "no column of classes"),
        ("drug_class", "does not know; found 'phenicol'"),
    ):
        changed = table.rename(columns={"drug_class": column}).assign(
            **({column: "phenicol"} if column != "other" else {})
        )
        with pytest.raises(InputError, match=told):
            scan(genome, gene_model, Records(changed, proteins.rejected, proteins.read), {})
    with pytest.raises(InputError, match="the model has no class 'nothing'"):
        scan(genome, gene_model, proteins, none="nothing")
    for bad in ({"min_a": 3}, {"min_aa": 1.5}, {"max_fdr": 2}, {"table": 99}, {"min_score": 0.05}):
        with pytest.raises(UsageError):
            scan(genome, gene_model, proteins, bad)
