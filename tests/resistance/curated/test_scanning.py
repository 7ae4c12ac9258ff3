"""Scanning with the curated database: planted genes are found where and as they are."""

import random

import pandas as pd
import pytest
from Bio.Align import PairwiseAligner, substitution_matrices
from Bio.Seq import Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from resistance.curated.invented import (
    FUSED,
    GYRASE,
    LOW,
    MUTATIONS,
    OTHER,
    PORIN,
    RESIDUES,
    RRNA,
    RRNA_MUTATIONS,
    SLASHED,
    SYNONYM,
    TAXON,
    TEM,
    TEM_2,
    dna,
    mutated,
    spacer,
    write_database,
)  # fmt: skip
from riboswitch.errors import InputError
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.protein_mutations import SYMBOL
from riboswitch.resistance.curated.scanning import scan
from riboswitch.resistance.curated.search.alignments import (
    DNA_EXTEND,
    DNA_OPEN,
    EXTEND,
    MATCH,
    MISMATCH,
    OPEN,
    align,
    align_dna,
)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return Database.load(write_database(tmp_path_factory.mktemp("database")))


def planted(gene, seed=1, before=300, after=300, strand="+"):
    """A contig with a gene after ``before`` bases of its strand."""
    rng = random.Random(seed)
    contig = spacer(rng, before) + gene + spacer(rng, after)
    return contig if strand == "+" else str(Seq(contig).reverse_complement())


def found(contig, database, **how):
    return [(g.symbol, g.method, g.found.place) for g in scan({"c": contig}, database, **how).genes]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 700), st.integers(0, 700), st.sampled_from("+-"))
def test_an_exact_gene_is_found_at_its_place(database, seed, before, after, strand):
    contig = planted(dna(TEM), seed, before, after, strand)
    start = before + 1 if strand == "+" else after + 4
    assert found(contig, database) == [("blaTEM-1", "ALLELE", (start, start + 3 * len(TEM) - 1))]


def test_a_family_may_have_a_slash_in_its_name(database):
    """It is no fusion; and an exact protein has the class of its reference, which its family may not have."""
    (gene,) = scan({"c": planted(dna(SLASHED))}, database).genes
    assert (gene.symbol, gene.drug_class, gene.subclass) == ("van2/3", "GLYCOPEPTIDE", "VANCOMYCIN")
    (gene,) = scan({"c": planted(dna(mutated(random.Random(1), SLASHED, 5)))}, database).genes
    assert (gene.symbol, gene.method) == ("van2/3", "BLAST")


@pytest.mark.parametrize(("text", "symbol", "method"), [
    (TEM_2, "blaTEM-2", "ALLELE"), (OTHER, "other", "EXACT"), (FUSED, "front/back", "EXACT"),
])  # fmt: skip
def test_a_gene_has_the_name_of_its_reference(database, text, symbol, method):
    assert [f[:2] for f in found(planted(dna(text)), database)] == [(symbol, method)]


def test_another_start_codon_is_a_start(database):
    assert [f[:2] for f in found(planted("GTG" + dna(TEM)[3:]), database)] == [("blaTEM-1", "ALLELE")]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 60))
def test_cut_offs_decide(database, seed, changes):
    """Families without cut-offs of their own need 90 %, this one 70 %."""
    rng = random.Random(seed)
    for text, symbol, least in ((OTHER, "other", 90), (LOW, "low", 70)):
        here = mutated(rng, text, changes)
        names = [f[0] for f in found(planted(dna(here), seed), database)]
        identity = 100 * (len(text) - changes) / len(text)
        assert names == [symbol] * (identity >= least), (symbol, identity)


def test_an_inexact_allele_has_the_name_of_its_family(database):
    text = mutated(random.Random(3), TEM, 3)
    assert [f[:2] for f in found(planted(dna(text)), database)] == [("blaTEM", "BLAST")]


GENE = dna(OTHER)
BROKEN = {
    "INTERNAL_STOP": GENE[:300] + "TAA" + GENE[303:],
    "FRAMESHIFT": GENE[:361] + GENE[362:],
    "INSERTION": GENE[:360] + spacer(random.Random(8), 1300) + GENE[360:],
    "DELETION": GENE[:240] + GENE[450:],
    "START_LOST": "ACG" + GENE[3:],
    "PARTIAL": GENE[: 3 * 150] + spacer(random.Random(9), 3 * 40),
}  # fmt: skip


@pytest.mark.parametrize("method", BROKEN)
@pytest.mark.parametrize("strand", "+-")
def test_a_broken_gene_has_its_flag(database, method, strand):
    genes = found(planted(BROKEN[method], before=320, strand=strand), database)
    assert [g[:2] for g in genes] == [("other", method)]


def test_a_long_insertion_in_frame_is_seen(database):
    longer = GENE[:300] + dna(mutated(random.Random(5), LOW, 150)[20:80], "") + GENE[300:]
    assert [f[:2] for f in found(planted(longer), database)] == [("other", "INSERTION")]


@settings(deadline=None)
@given(st.integers(1, len(OTHER) - 2))
def test_a_stop_is_seen_wherever_it_is(database, residue):
    broken = GENE[: 3 * residue] + "TAA" + GENE[3 * residue + 3 :]
    assert [f[:2] for f in found(planted(broken), database)] == [("other", "INTERNAL_STOP")]


@settings(deadline=None)
@given(st.integers(15, 100), st.integers(20, 100))
def test_a_missing_piece_is_seen_however_short(database, residues, at):
    broken = GENE[: 3 * at] + GENE[3 * (at + residues) :]
    assert [f[:2] for f in found(planted(broken), database)] == [("other", "DELETION")]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([1, 2, 4, 5, -1, -2, -4]), st.integers(75, 3 * len(OTHER) - 75))
def test_every_shift_of_the_frame_is_seen(database, extra, at):
    broken = GENE[:at] + ("ACGTC"[:extra] if extra > 0 else "") + GENE[at + max(-extra, 0) :]
    assert [f[:2] for f in found(planted(broken), database)] == [("other", "FRAMESHIFT")]


@pytest.mark.parametrize("begun", ["GTC", "ATG", ""])
def test_a_gene_that_begins_later_than_a_relative_is_whole(database, begun):
    """``begun``: the codon at the relative's start; without it the relative's head is in another frame."""
    rng = random.Random(8)
    own, head = OTHER[:1] + mutated(rng, OTHER[1:], 2), "M" + "".join(rng.choices(RESIDUES, k=17))
    records = pd.DataFrame({"id": ["longer"], "sequence": [head + OTHER], "drug_class": ["tetracycline"]})
    both = database.with_records(records, "none")
    before = begun + dna(head[1:], stop="") if begun else ""
    (gene,) = found(planted(before + dna(own)), both)
    assert gene[:2] == (("longer" if begun == "ATG" else "other"), "BLAST")


def test_the_halves_of_a_gene_on_two_contigs(database):
    rng = random.Random(4)
    contigs = {"a": spacer(rng, 500) + GENE[:350], "b": GENE[350:] + spacer(rng, 500)}
    genes = scan(contigs, database).genes
    assert [(g.match.frame.contig, g.symbol, g.method) for g in genes] == [
        ("a", "other", "PARTIAL_CONTIG_END"), ("b", "other", "PARTIAL_CONTIG_END")]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2000), st.sampled_from("+-"))
def test_a_gene_over_the_origin_is_found_once(database, turn, strand):
    contig = planted(GENE, 6, 500, 500, strand)
    turn %= len(contig)
    turned = contig[turn:] + contig[:turn]
    genes = found(turned, database, circular=["c"])
    assert [g[:2] for g in genes] == [("other", "EXACT")]
    start, end = genes[0][2]
    assert end - start + 1 == 3 * len(OTHER)
    (whole,) = found(contig, database)
    assert (start - 1 + turn) % len(contig) == whole[2][0] - 1


def test_nothing_is_found_in_random_dna(database):
    rng = random.Random(11)
    assert found(spacer(rng, 200_000), database, taxon=TAXON) == []


def changed_gyrase(symbol):
    parts = SYMBOL.fullmatch(symbol)
    at, length = int(parts["at"]) - 1, len(parts["ref"])
    assert GYRASE[at : at + length] == parts["ref"]
    if "fs" in parts["alt"]:  # six residues of another frame, and a stop
        return f"{dna(GYRASE[:at] + parts['alt'][0] + TEM[5:10])}A{dna(GYRASE[at + 1 :])}"
    after = {"del": "", "Ter": "*"}.get(parts["alt"], parts["alt"])
    return (
        "".join("TAA" if a == "*" else dna(a, "") for a in GYRASE[:at] + after + GYRASE[at + length :])
        + "TAA"
    )


@pytest.mark.parametrize("symbol", [symbol for _, symbol in MUTATIONS])
@pytest.mark.parametrize("strand", "+-")
def test_every_known_mutation_is_seen_and_no_other(database, symbol, strand):
    result = scan({"c": planted(changed_gyrase(symbol), strand=strand)}, database, taxon=TAXON)
    assert [m.symbol for x in result.loci for m in x.seen] == [symbol]
    assert result.genes == []


@pytest.mark.parametrize("at", [at for at, _ in MUTATIONS])
def test_silent_and_neighbouring_changes_are_no_mutations(database, at):
    codons = [dna(a, "") for a in GYRASE]
    codons[at] = SYNONYM.get(GYRASE[at], codons[at])
    neighbour = at + 1 if at + 1 < len(GYRASE) else at - 1
    known = {m for _, m in MUTATIONS}
    other = next(a for a in RESIDUES if a != GYRASE[neighbour]
                 and f"gyrA_{GYRASE[neighbour]}{neighbour + 1}{a}" not in known)  # fmt: skip
    codons[neighbour] = dna(other, "")
    result = scan({"c": planted("".join(codons) + "TAA")}, database, taxon=TAXON)
    (locus,) = result.loci
    assert locus.seen == () and len(locus.looked_at) == len(MUTATIONS)


def test_a_locus_that_is_not_there_is_not_called_wild_type(database):
    result = scan({"c": planted(GENE)}, database, taxon=TAXON)
    assert result.loci == [] and result.not_found == ("16S", "gyrA")


@pytest.mark.parametrize(("at", "symbol"), RRNA_MUTATIONS)
def test_mutations_of_dna(database, at, symbol):
    gene = RRNA[:at] + symbol[-1] + RRNA[at + 1 :]
    result = scan({"c": planted(gene) + planted(RRNA, 2)}, database, taxon=TAXON)
    assert sorted([m.symbol for m in x.seen] for x in result.dna_loci) == [[], [symbol]]


@pytest.mark.parametrize(("gene", "symbol"), [
    (dna(PORIN), None),
    (dna(PORIN)[:300] + "TAA" + dna(PORIN)[303:], f"porin_{PORIN[100]}101Ter"),
    (dna(PORIN)[:300] + dna(PORIN)[301:], "porin_"),
])  # fmt: skip
def test_a_broken_protein_whose_loss_matters(database, gene, symbol):
    result = scan({"c": planted(gene)}, database, taxon=TAXON)
    if symbol is None:
        assert result.lost == [] and result.intact == ("porin",)
    else:
        assert [x.symbol.startswith(symbol) for x in result.lost] == [True]


def test_a_suppressed_reference_is_no_news(database):
    contig = planted(dna(LOW))
    assert [f[0] for f in found(contig, database)] == ["low"]
    assert found(contig, database, taxon=TAXON) == []


def test_an_unknown_taxon_is_refused(database):
    with pytest.raises(InputError, match=r"Did you mean .Bacterium.\?"):
        scan({"c": "ACGT" * 50}, database, taxon="Bacterum")


def test_a_missing_file_is_named(tmp_path):
    folder = write_database(tmp_path / "database")
    (folder / "fam.tsv").unlink()
    with pytest.raises(InputError, match=r"no fam\.tsv"):
        Database.load(folder)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_alignments_have_the_score_of_another_implementation(data):
    rng = random.Random(data.draw(st.integers(0, 10**6)))
    reference = mutated(rng, TEM, 40)[20:220]
    cut = data.draw(st.integers(0, 150))
    stretch = TEM[:cut] + TEM[cut + data.draw(st.integers(0, 12)) :]
    (alignment,) = align(stretch, [reference], 0)
    aligner = PairwiseAligner(mode="local", substitution_matrix=substitution_matrices.load("BLOSUM62"))
    aligner.open_gap_score, aligner.extend_gap_score = -OPEN, -EXTEND
    assert alignment.score == aligner.score(stretch, reference)
    frame, ref = alignment.pairs()
    same = sum(stretch[a] == reference[b] for a, b in zip(frame, ref, strict=True) if min(a, b) >= 0)
    assert same == alignment.identities


BASES = st.text("ACGTN", min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(BASES, st.lists(BASES, min_size=1, max_size=4), st.integers(0, 9))
def test_alignments_of_dna_have_the_score_of_another_implementation(reference, stretches, offset):
    aligner = PairwiseAligner(mode="local", match_score=MATCH, mismatch_score=MISMATCH, wildcard="N")
    aligner.open_gap_score, aligner.extend_gap_score = -DNA_OPEN, -DNA_EXTEND
    found = align_dna(stretches, reference, [offset] * len(stretches))
    for stretch, alignment in zip(stretches, found, strict=True):
        best = aligner.score(stretch, reference)
        if alignment is None:
            assert best == 0
            continue
        pairs = [
            (a - offset * (a >= 0), b) for a, b in zip(*(x.tolist() for x in alignment.pairs()), strict=True)
        ]
        assert alignment.score == best
        assert alignment.score == scored(pairs, stretch, reference)


def scored(pairs, stretch, reference):
    """The score of the columns of an alignment."""
    total, before = 0, None
    for a, b in pairs:
        gap = (a < 0) - (b < 0)
        if gap:
            total -= DNA_EXTEND if gap == before else DNA_OPEN
        elif "N" not in (stretch[a], reference[b]):
            total += MATCH if stretch[a] == reference[b] else MISMATCH
        before = gap
    return total
