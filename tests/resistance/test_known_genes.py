"""Known genes: which references frames are compared with, and which proteins stand against them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistance.curated.invented import OTHER, TEM, mutated, protein, write_database
from riboswitch.data.records import Record, Records
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.joined import known_table
from riboswitch.resistance.curated.references import Reference
from riboswitch.resistance.known_genes import KnownGenes, that_do_not_resist, unlike

RNG = random.Random(17)
GENE = protein(RNG, 180)
NONE = [protein(RNG, 150), protein(RNG, 160)]


def records(genes=(GENE,), none=NONE, source="g.gb:cds", **meta):
    rows = [Record(i, f"gene{i}", {"sequence": p}, {"drug_class": "tetracycline"}, "made.fsa")
            for i, p in enumerate(genes)]  # fmt: skip
    rows += [
        Record(i, f"n{i}", {"sequence": p}, {"drug_class": "none"}, source) for i, p in enumerate(none, 9)
    ]
    return Records.collect(rows, ["sequence"], modality="sequence", **meta)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return Database.load(write_database(tmp_path_factory.mktemp("database")))


def joined(database, some):
    return database.with_records(known_table(some, "drug_class", "none"), "none")


def test_proteins_of_no_class_and_homologues_stand_against_the_genes():
    some = records(homologues={"gpt": GENE[:90]})
    assert that_do_not_resist(some, "drug_class", "none") == [*NONE, GENE[:90]]
    assert that_do_not_resist(records(source="decoys"), "drug_class", "none") == []
    assert that_do_not_resist(None, "drug_class", "none") == that_do_not_resist(some, "other", "none") == []


def test_a_record_and_a_curated_gene_are_described(database):
    known = KnownGenes.of(joined(database, records()), NONE)
    by_name = {known.describe(p, n)["nearest_gene"]: n for p in (GENE,) for n in range(len(known.references))}
    assert {"gene0", "other"} <= {*by_name}
    own = known.describe(GENE, by_name["gene0"])
    assert (own["identity"], own["coverage"], own["nearest_class"]) == (1, 1, "tetracycline")
    curated = known.describe(OTHER, by_name["other"])
    assert curated["identity"] == 1 and curated["reference_length_aa"] == len(OTHER)
    nothing = known.describe(GENE, -1)
    assert {*nothing} == {*own} and nothing["nearest_gene"] == "" and nothing["identity"] == 0


def test_only_genes_of_the_core_that_resist_by_their_presence(database):
    known = KnownGenes.of(database, [])
    sequences = {r.sequence for r in known.references}
    assert TEM in sequences or any(r.node == "blaTEM" for r in known.references)
    assert not sequences & {*database.housekeeping}
    assert all(r.reportable == 2 for r in known.references)


@pytest.mark.parametrize(("changes", "kept"), [(4, 1), (90, 2)])
def test_one_of_near_equal_alleles_stands_for_all(database, changes, kept):
    alleles = [GENE, mutated(random.Random(3), GENE, changes)]
    found = joined(database, records(alleles)).references
    same = [r.__class__(**{f: getattr(r, f) for f in r.__slots__} | {"node": "one"})
            for r in found if r.sequence in alleles]  # fmt: skip
    assert len(same) == 2 and len(unlike(same)) == kept


def test_alleles_of_other_families_are_kept_in_order(database):
    alleles = [GENE, mutated(random.Random(3), GENE, 2)]
    found = [r for r in joined(database, records(alleles)).references if r.sequence in alleles]
    assert unlike(found) == found and len(found) == 2


def allele(node, protein):
    return Reference("", 1, 1, "", node, "", 2, "", "", "", protein)


def by_sets(proteins, word=4, alike=0.4):
    """The proteins that `unlike` keeps of one family, by counting with sets."""
    kept = []
    for number in sorted(range(len(proteins)), key=lambda n: -len(proteins[n])):
        protein = proteins[number]
        own = {protein[i : i + word] for i in range(max(len(protein) - word + 1, 1))}
        if all(len(own & other) < alike * min(len(own), len(other)) for _, other in kept):
            kept.append((number, own))
    return [proteins[number] for number in sorted(number for number, _ in kept)]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.text("ACX*", min_size=1, max_size=24)), max_size=14))
def test_near_equal_alleles_are_those_that_share_words(alleles):
    found = unlike([allele(node, protein) for node, protein in alleles])
    for family in "ab":
        proteins = [protein for node, protein in alleles if node == family]
        assert [r.sequence for r in found if r.node == family] == by_sets(proteins)
    assert [(r.node, r.sequence) for r in found] == [*dict.fromkeys(in_order(found, alleles))]


def in_order(found, alleles):
    """What was found, in the order of all."""
    kept = {(r.node, r.sequence) for r in found}
    return [one for one in alleles if one in kept]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 40), st.integers(0, 10**6))
def test_alleles_cut_at_either_end_are_judged_as_all_others(left, right, changes, seed):
    changed = mutated(random.Random(seed), GENE, changes) if changes else GENE
    proteins = [GENE, changed[left:], changed[: len(GENE) - right], changed[left : len(GENE) - right]]
    assert [r.sequence for r in unlike([allele("a", p) for p in proteins])] == by_sets(proteins)


@given(st.integers(1, 80), st.integers(0, 10**6))
def test_alleles_of_one_length_with_a_few_changes_are_judged_as_all_others(changes, seed):
    rng = random.Random(seed)
    proteins = [GENE, *(mutated(rng, GENE, changes) for _ in range(3))]
    assert [r.sequence for r in unlike([allele("a", p) for p in proteins])] == by_sets(proteins)
