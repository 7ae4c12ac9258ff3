"""Diverged genes: laws of what is planted, of who knows what, and of the thresholds."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from diverged_evidence import Profiles
from diverged_families import Known, is_whole, parts, sample
from diverged_hosts import plant
from diverged_judged import Answers, drawn, macro, summary, threshold, verdict
from diverged_runs import CONFIGURATIONS, HELD, Runs
from hypothesis import given, settings
from hypothesis import strategies as st
from resistance_diverged import judged
from sequence_planted import RESIDUES, mutated, planted

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.codons import translate
from riboswitch.bio.genome import Gene, Genome
from riboswitch.resistance.curated.families import Families, Family

PROTEIN = st.text(RESIDUES, min_size=20, max_size=200).map(lambda s: f"M{s}")
SCORES = st.lists(st.floats(-5, 5), min_size=3, max_size=40).map(np.array)


def invented_host(seed: int = 0, genes: int = 12) -> Genome:
    """A genome of short genes with gaps of 90 bases between them."""
    rng = np.random.default_rng(seed)
    sequence, cds, at = "", [], 0
    for number in range(genes):
        gap = "".join(rng.choice([*"ACGT"], 90))
        protein = "M" + "".join(rng.choice([*RESIDUES], 40))
        dna = "".join({"M": "ATG"}.get(r, _CODON[r]) for r in protein) + "TAA"
        sequence += gap + dna
        at = len(sequence)
        cds.append(Gene("c", at - len(dna) + 1, at, "+", f"g{number}"))
    return Genome({"c": sequence + "ACGT" * 30}, cds, "invented")


_CODON = {translate(a + b + c): a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"}


@settings(max_examples=25, deadline=None)
@given(PROTEIN, st.sampled_from((0.8, 0.7, 0.6, 0.5, 0.4)), st.integers(0, 99))
def test_a_mutated_protein_has_the_identity_that_was_asked_for(protein, identity, seed):
    changed = mutated(protein, identity, np.random.default_rng(seed))
    same = sum(a == b for a, b in zip(protein, changed, strict=True))
    assert abs(same - identity * len(protein)) <= 0.5
    assert changed[0] == "M"


@settings(max_examples=25, deadline=None)
@given(st.lists(PROTEIN, min_size=1, max_size=8), st.integers(0, 99))
def test_planted_genes_are_in_frame_and_the_host_is_the_same_elsewhere(proteins, seed):
    host = invented_host()
    changed, genes = planted(host, proteins, seed)
    rest, last = "", 0
    for gene in sorted(genes, key=lambda g: g.start):
        dna = changed.contigs["c"][gene.start - 1 : gene.end]
        read = dna if gene.strand == "+" else reverse_complement(dna)
        assert translate(read) == proteins[gene.gene] + "*"
        rest += changed.contigs["c"][last : gene.start - 1]
        last = gene.end
    assert rest + changed.contigs["c"][last:] == host.contigs["c"]
    assert len(genes) == len(proteins)


def test_the_frame_of_a_planted_gene_holds_it():
    rng = np.random.default_rng(1)
    known = [Known("M" + "".join(rng.choice([*RESIDUES], 150)), ("a",), (), f"f{i}") for i in range(3)]
    for gene in plant(invented_host(), known, (100, 60), 0):
        assert len(gene.frame) >= 151
        last = gene.frame[-150:]
        same = sum(a == b for a, b in zip(last, gene.known.sequence[1:], strict=True))
        assert abs(same / 150 - gene.identity / 100) < 0.02


def known_families(classes: int = 3, families: int = 11) -> list[Known]:
    rng = np.random.default_rng(0)
    found = []
    for c in range(classes):
        for f in range(families):
            for _ in range(2):
                sequence = "M" + "".join(rng.choice([*RESIDUES], 120))
                found.append(Known(sequence, (f"class{c}",), (f"n{c}.{f}",), f"family{c}.{f}"))
    part = parts(found)
    return [Known(k.sequence, k.classes, k.nodes, k.family, part[k.family]) for k in found]


def test_a_family_has_one_part_and_every_class_gets_test_families():
    known = known_families()
    assert all(len({k.part for k in known if k.family == f}) == 1 for f in {k.family for k in known})
    for label in {k.label for k in known}:
        assert {"test", "fit", "choose"} <= {k.part for k in known if k.label == label}


def test_a_sample_has_at_most_one_protein_of_a_family_and_classes_take_turns():
    chosen = sample(known_families(), "test", 6)
    assert len({k.family for k in chosen}) == len(chosen) == 6
    assert all(is_whole(k) and k.part == "test" for k in chosen)
    assert [sum(k.label == f"class{c}" for k in chosen) for c in range(3)] == [2, 2, 2]


@pytest.mark.parametrize("part", HELD)
def test_nothing_of_a_family_that_is_held_out_is_a_reference_or_learned(part, tmp_path):
    runs = Runs(None, tmp_path)
    runs.__dict__["known"] = known_families()
    runs.__dict__["background"] = ["M" + "A" * 100 for _ in range(3)]
    configuration = HELD[part]
    assert part in CONFIGURATIONS[configuration] and "test" in CONFIGURATIONS[configuration]
    held = {k.family for k in runs.known if k.part in (part, "test")}
    assert held and not held & {k.family for k in runs.references(configuration)}
    for copies in (False, True):
        assert not held & set(runs.records(configuration, copies).table["family"])


def family(name: str, parent: str) -> Family:
    return Family(
        name, parent, name, (90, 90), (90, 50), 2, "AMR", "AMR", "X", "X", "", f"hmm.{name}", (1, 1)
    )


def test_the_models_of_a_held_out_family_and_of_those_below_it_are_left_out():
    tree = [family("all", ""), family("a", "all"), family("a1", "a"), family("b", "all"), family("b1", "b")]
    profiles = Profiles(None, Families({f.name: f for f in tree}))
    remain = dict(zip(profiles.names, profiles.without({"a"}, {"b1"}), strict=True))
    assert remain == {"all": True, "a": False, "a1": False, "b": True, "b1": True}


@settings(max_examples=25, deadline=None)
@given(st.lists(SCORES, min_size=1, max_size=4), st.sampled_from((0.1, 1.0, 2.0)))
def test_a_threshold_allows_so_many_calls_in_the_first_genomes_and_no_lower_one_does(first, rate):
    least = threshold(first, rate)
    pooled = np.concatenate(first)
    assert (pooled >= least).sum() <= rate * len(first)
    below = pooled[pooled < least]
    if len(below):
        assert (pooled >= below.max()).sum() > rate * len(first)


@dataclass
class InventedMethods:
    """One method; frames of the other genomes have the scores that are given."""

    others: float
    seen: list[str] = field(default_factory=list)

    def of_host(self, question, host):
        self.seen.append(host)
        return {"one": np.linspace(0, 1, 50) if host in ("O11", "MGH 78578") else np.full(50, self.others)}

    def answers(self, question):
        return {"one": Answers(np.linspace(0, 2, 20), np.ones(20, bool))}


def test_thresholds_come_from_the_first_genomes_alone():
    (low, none), (high, many) = (judged(InventedMethods(others), None, 1.0) for others in (0.0, 5.0))
    assert (low["one"] == high["one"]).all() and 0 < low["one"].mean() < 1
    assert set(none["one"].values()) == {0} and set(many["one"].values()) == {50}


def test_a_paired_difference_of_equal_methods_is_zero_and_ties():
    families = [f"f{i // 3}" for i in range(60)]
    draws = drawn(families)
    difference = summary(np.zeros(60), draws)
    assert difference == {"mean": 0.0, "low": 0.0, "high": 0.0} and verdict(difference) == "ties"
    better = summary(np.ones(60), draws)
    assert better["low"] == better["high"] == 1.0 and verdict(better) == "wins"
    assert (draws[:, 0] == draws[:, 1]).all()  # relatives are drawn together


def test_the_macro_mean_weighs_groups_alike():
    assert macro(np.array([1.0, 1.0, 1.0, 0.0]), ["a", "a", "a", "b"]) == 0.5
