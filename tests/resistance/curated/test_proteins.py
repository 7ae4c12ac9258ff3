"""Proteins against the curated database: as their genes in DNA, and by the models of families."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistance.curated.invented import (
    FUSED,
    GYRASE,
    LOW,
    MODEL,
    MUTATIONS,
    OTHER,
    PORIN,
    TAXON,
    TEM,
    TEM_2,
    dna,
    mutated,
    protein,
    spacer,
    write_database,
    write_models,
)
from riboswitch.errors import InputError
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.families import Families, Family
from riboswitch.resistance.curated.hmms import Hit
from riboswitch.resistance.curated.proteins import lowest, scan_proteins
from riboswitch.resistance.curated.scanning import scan
from riboswitch.resistance.curated.search.frames import ProteinFrame


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """Without models."""
    return Database.load(write_database(tmp_path_factory.mktemp("database")))


@pytest.fixture(scope="module")
def with_models(tmp_path_factory):
    pytest.importorskip("pyhmmer", reason="models need pyhmmer")
    folder = write_database(tmp_path_factory.mktemp("models"))
    write_models(folder)
    return Database.load(folder)


def found(proteins, database, taxon=None, open=""):
    """Name of the protein, symbol, method, identity and coverage of each gene."""
    frames = [ProteinFrame.of(name, text, open) for name, text in proteins.items()]
    genes = scan_proteins(frames, database, taxon).genes
    return [(g.match.frame.contig, g.symbol, g.method, g.found.identity, g.found.coverage) for g in genes]


SPACE = "TAA" * 100  # only stops around a gene: nothing there is alike by chance
GENES = st.sampled_from([TEM, TEM_2, OTHER, LOW, FUSED])
SEEDS = st.integers(0, 10**6)


def of_dna(text, database):
    genes = scan({"c": SPACE + dna(text) + SPACE}, database).genes
    return [(g.symbol, g.method, g.found.identity, g.found.coverage) for g in genes]


@settings(max_examples=60, deadline=None)
@given(SEEDS, GENES, st.integers(0, 40), st.sampled_from([0, 30]))
def test_a_protein_and_its_gene_get_the_same_call(database, seed, text, changes, more):
    """Identical or changed, with or without foreign residues at its end."""
    rng = random.Random(seed)
    text = mutated(rng, text, changes) + protein(rng, more + 1)[1:]
    assert [f[1:] for f in found({"p": text}, database)] == of_dna(text, database)


@settings(max_examples=40, deadline=None)
@given(SEEDS, GENES, st.integers(0, 3), st.integers(20, 80))
def test_so_does_a_part_of_it(database, seed, text, changes, missing):
    part = "M" + mutated(random.Random(seed), text, changes)[missing + 1 :]
    assert [f[1:] for f in found({"p": part}, database)] == of_dna(part, database)


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(7)))
def test_the_order_of_proteins_does_not_matter(database, order):
    rng = random.Random(5)
    texts = [TEM, TEM_2, OTHER, mutated(rng, OTHER, 9), LOW[:150], FUSED, protein(rng, 200)]
    names = [f"p{i}" for i in range(len(texts))]
    shuffled = found({names[i]: texts[i] for i in order}, database)
    assert shuffled == found(dict(zip(names, texts, strict=True)), database)
    assert len(shuffled) == 6


def test_a_part_is_at_a_contigs_end_only_where_its_gene_is(database):
    """The end of the protein is missing, so only the 3' end can lie beyond the contig."""
    half = {"p": OTHER[:150]}
    for open, method in (("", "PARTIAL"), ("5'", "PARTIAL"), ("3'", "PARTIAL_CONTIG_END")):
        assert [f[2] for f in found(half, database, open=open)] == [method]


def test_a_stop_within_a_protein_breaks_it(database):
    assert [f[2] for f in found({"p": TEM[:90] + "*" + TEM[91:]}, database)] == ["INTERNAL_STOP"]


def test_mutations_are_seen_in_proteins_and_the_rest_is_not_looked_at(database):
    at, symbol = MUTATIONS[1]
    changed = GYRASE[:at] + symbol[-1] + GYRASE[at + 1 :]
    frames = [ProteinFrame.of("g", changed), ProteinFrame.of("p", PORIN)]
    here = scan_proteins(frames, database, TAXON)
    assert [m.symbol for x in here.loci for m in x.seen] == [symbol]
    assert (here.intact, here.not_found, here.not_looked_at) == (("porin",), (), ("16S",))
    none = scan_proteins([ProteinFrame.of("p", PORIN[:200])], database, TAXON)
    assert (none.intact, none.not_found, none.not_looked_at) == ((), ("gyrA",), ("16S", "porin"))


def test_a_suppressed_reference_is_no_news(database):
    assert [f[1] for f in found({"p": LOW}, database)] == ["low"]
    assert found({"p": LOW}, database, TAXON) == []


def test_without_models_it_says_why(database, with_models, tmp_path):
    assert database.profiles is None and "has no AMR.LIB" in database.no_profiles
    assert with_models.profiles is not None and with_models.no_profiles == ""
    assert "no curated database" in Database.empty().no_profiles


@pytest.mark.parametrize(("change", "match"), [
    (lambda text: "nonsense\n", r"AMR\.LIB: not a file of hidden Markov models"),
    (lambda text: text[: len(text) // 3], r"AMR\.LIB: (not a file of|2 of 2) .*models"),
    (lambda text: text.replace(MODEL, "NF9"), rf"1 of 2 models .*found 'no {MODEL}'\. Fetch it again"),
])  # fmt: skip
def test_a_file_that_holds_no_models_is_named(with_models, tmp_path, change, match):
    folder = write_database(tmp_path / "database")
    (folder / "AMR.LIB").write_text(change((with_models.folder / "AMR.LIB").read_text()))
    with pytest.raises(InputError, match=match):
        found({"p": OTHER[:200]}, Database.load(folder))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 110))
def test_a_model_finds_what_references_do_not(with_models, seed, changes):
    """`OTHER` needs 90 %; its model, of another family, decides below."""
    text = mutated(random.Random(seed), OTHER, changes)
    calls = [f[1:3] for f in found({"p": text}, with_models)]
    if 10 * changes <= len(OTHER):
        assert calls == [("other", "EXACT" if changes == 0 else "BLAST")]
    else:
        model = next(with_models.profiles.hits({"p": text}), None)
        assert calls == ([("far", "HMM")] if model else [])
        assert model or changes > 60


def test_a_model_of_a_lower_family_wins(with_models):
    text = mutated(random.Random(1), LOW, 20)
    assert [f[1:3] for f in found({"p": text}, with_models)] == [("lowest", "HMM")]
    assert [f[1:3] for f in found({"p": LOW}, with_models)] == [("low", "EXACT")]


def test_models_read_no_dna(with_models):
    """What only a model finds is no call in a genome."""
    text = mutated(random.Random(2), OTHER, 40)
    assert found({"p": text}, with_models)[0][2] == "HMM"
    assert scan({"c": spacer(random.Random(1), 200) + dna(text)}, with_models).genes == []


def _tree():
    parents = {"root": "", "a": "root", "a1": "a", "b": "root"}
    cut = (90.0, 90.0)
    return Families({
        n: Family(n, p, n, cut, cut, 2, "AMR", "AMR", "X", "X", "") for n, p in parents.items()
    })  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "a1", "b"]), st.integers(50, 900), st.sampled_from([0, 500])),
                min_size=1, unique_by=lambda h: h[0::2]), st.randoms())  # fmt: skip
def test_of_the_models_at_one_place_one_is_left(hits, rng):
    """The lowest of its line, else the best score; in any order."""
    tree = _tree()
    made = [Hit("p", tree.by_name[n], float(s) + i / 1000, at, at + 200) for i, (n, s, at) in enumerate(hits)]
    kept = lowest(made, tree)
    rng.shuffle(made)
    assert {id(h) for h in lowest(made, tree)} == {id(h) for h in kept}
    assert sorted(h.start for h in kept) == sorted({at for *_, at in hits})
    for hit in kept:
        here = [h for h in made if h.start == hit.start]
        assert not (hit.family.name == "a" and any(h.family.name == "a1" for h in here))
