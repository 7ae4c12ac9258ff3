"""The taxon of a genome: found from its loci, whatever the order and direction of its contigs."""

import random
from itertools import pairwise

import pytest
from Bio.Seq import Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from resistance.curated.invented import dna, mutated, protein, spacer, write_database
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.scanning import scan
from riboswitch.resistance.curated.taxon import ALIKE, CLEAR, CLEAR_OF_FEW, FOUND, NO_TAXON, UNCLEAR

RNG = random.Random(21)
GENES = ("gyrA", "parC", "rpoB", "folP")
LENGTHS = dict(zip(GENES, (300, 240, 400, 200), strict=True))
FIRST = {gene: protein(RNG, n) for gene, n in LENGTHS.items()}
NEAR = {gene: mutated(RNG, text, round(0.03 * len(text))) for gene, text in FIRST.items()}
FAR = {gene: protein(RNG, n) for gene, n in LENGTHS.items()}
TAXA = {"Prima": FIRST, "Proxima": NEAR, "Remota": FAR, "Sola": {"gyrA": protein(RNG, 300)}}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """The invented database with four taxa more: two of them are alike, and one has a single locus."""
    folder = write_database(tmp_path_factory.mktemp("database"))
    proteins = (folder / "AMRProt.fa").read_text()
    table = (folder / "AMRProt-mutation.tsv").read_text()
    for taxon, genes in TAXA.items():
        for gene, text in genes.items():
            name = f"{taxon[:3]}_{gene}"
            proteins += f">{name}|1|1|{gene}|{gene}|mutation|2|||{gene}\n{text}*\n"
            table += (
                f"{taxon}\t{name}\t5\t{gene}_{text[4]}5del\t{gene}_{text[4]}5del\tQUINOLONE\tQUINOLONE\tx\n"
            )
    (folder / "AMRProt.fa").write_text(proteins)
    (folder / "AMRProt-mutation.tsv").write_text(table)
    return Database.load(folder)


def genome(genes, seed=1, share=0.0):
    """Contigs with genes of which this share of the residues is changed."""
    rng = random.Random(seed)
    texts = {gene: mutated(rng, text, round(share * len(text))) for gene, text in genes.items()}
    return {gene: spacer(rng, 400) + dna(text) + spacer(rng, 400) for gene, text in texts.items()}


def taxon(contigs, database, given=None):
    return scan(contigs, database, given).taxon


@pytest.mark.parametrize("name", TAXA)
def test_each_taxon_is_found_by_its_loci(database, name):
    found = taxon(genome(TAXA[name]), database)
    assert (found.state, found.name) == (FOUND, name)
    assert (len(found.best.loci), found.best.identity) == (len(TAXA[name]), 100)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_order_and_direction_of_the_contigs_change_nothing(database, data):
    """Nor does it matter that a sequence stands twice in the genome."""
    name = data.draw(st.sampled_from(sorted(TAXA)))
    contigs = genome(TAXA[name], data.draw(st.integers(0, 9)), 0.005)
    contigs |= {f"{gene} again": text for gene, text in contigs.items() if data.draw(st.booleans())}
    order = data.draw(st.permutations(sorted(contigs)))
    turned = {key: str(Seq(contigs[key]).reverse_complement()) if data.draw(st.booleans()) else contigs[key]
              for key in order}  # fmt: skip
    assert taxon(turned, database).about() == taxon(contigs, database).about()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(400, 900))
def test_a_genome_in_pieces_keeps_its_taxon(database, seed, piece):
    whole = "".join(genome(FIRST, seed % 7).values())
    start = seed % piece
    cuts = [0, *range(start, len(whole), piece), len(whole)]
    contigs = {f"c{a}": whole[a:b] for a, b in pairwise(cuts) if b > a}
    assert taxon(contigs, database).name == "Prima"


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_random_dna_has_no_taxon(database, seed):
    found = taxon({"c": spacer(random.Random(seed), 20_000)}, database)
    assert (found.state, found.name, found.best) == (NO_TAXON, None, None)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.01, 0.03, 0.05, 0.08, 0.2]))
def test_cut_offs_decide(database, seed, share):
    """A taxon is found only with loci that are identical enough; the answer never is another taxon."""
    for name in ("Remota", "Sola"):
        found = taxon(genome(TAXA[name], seed, share), database)
        few = len(TAXA[name]) < 3
        clear = 100 * (1 - share) >= (CLEAR_OF_FEW if few else CLEAR)
        expected = FOUND if clear else UNCLEAR if 100 * (1 - share) >= ALIKE else NO_TAXON
        assert found.state == expected
        assert found.name == (name if clear else None)


def test_between_two_taxa_it_is_unclear(database):
    """As like to one as to the other: every other changed residue is that of the other taxon."""
    mixed = {gene: half_way(FIRST[gene], NEAR[gene], i % 2) for i, gene in enumerate(GENES)}
    found = taxon(genome(mixed), database)
    assert (found.state, found.name) == (UNCLEAR, None)
    assert {found.best.taxon, found.runner_up.taxon} == {"Prima", "Proxima"}


def half_way(one, other, first):
    differ = [i for i, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    letters = list(one)
    for i in differ[first::2]:
        letters[i] = other[i]
    return "".join(letters)


def test_loci_of_two_taxa_are_unclear(database):
    contigs = genome(FIRST) | {f"{gene} far": text for gene, text in genome(FAR).items()}
    assert taxon(contigs, database).state == UNCLEAR


def test_one_locus_of_many_is_unclear(database):
    """As a plasmid with one gene of the table."""
    found = taxon(genome({"folP": FAR["folP"]}), database)
    assert (found.state, found.name) == (UNCLEAR, None)


@pytest.mark.parametrize(("given", "genes", "says"), [
    ("Prima", FIRST, ""),
    ("Remota", FIRST, "given as Remota, but its loci are nearer to Prima"),
    ("Remota", {}, "given as Remota, but none of its 4 loci is in the genome"),
    ("none", FIRST, ""),
    ("auto", FIRST, ""),
])  # fmt: skip
def test_a_taxon_that_was_given_counts_and_is_questioned(database, given, genes, says):
    found = taxon(genome(genes) | {"c": spacer(random.Random(5), 3000)}, database, given)
    assert found.contradiction == says
    assert found.name == {"none": None, "auto": "Prima"}.get(given, given)
    assert found.found == ("Prima" if genes else None)


def test_mutations_are_read_for_the_taxon_that_was_found(database):
    changed = FIRST | {"gyrA": FIRST["gyrA"][:4] + FIRST["gyrA"][5:]}
    seen = scan(genome(changed), database)
    assert [m.symbol for x in seen.loci for m in x.seen] == [f"gyrA_{FIRST['gyrA'][4]}5del"]
    assert scan(genome(changed), database, "none").loci == []
