"""What the proteins and the DNA of a genome show together: one gene, one call, and nothing is lost."""

import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistance.curated.invented import (
    GYRASE,
    LOW,
    MUTATIONS,
    OTHER,
    TAXON,
    TEM,
    TEM_2,
    mutated,
    protein,
    spacer,
    write_database,
)
from resistance.curated.invented import dna as codons
from riboswitch.bio.annotation.protein_places import Place
from riboswitch.bio.genome import Genome
from riboswitch.bio.proteins import Protein, Proteins
from riboswitch.data.calls import Calls
from riboswitch.errors import UsageError
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.proteins import scan_proteins
from riboswitch.resistance.curated.scanning import scan as scan_dna
from riboswitch.resistance.genome_calls import Sample, curated_rows, loci
from riboswitch.resistance.protein_calls import ProteinSample, frames, joined_loci, together
from riboswitch.steps.scan import command, scan
from riboswitch.tracks.call_files import write_call_files


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return Database.load(write_database(tmp_path_factory.mktemp("database")))


def of_dna(contig, database, taxon=None):
    genome = Genome({"c": contig}, [], "g.fna")
    return curated_rows(scan_dna(genome.contigs, database, taxon), Sample(genome))


def of_proteins(proteins, database, taxon=None):
    found = scan_proteins(frames(proteins), database, taxon)
    return curated_rows(found, ProteinSample(Genome({}, [], "g.fna"), by_key=proteins.by_key))


def planted(texts, seed):
    """A contig with genes, and their proteins with places."""
    rng, contig, entries = random.Random(seed), "", []
    for number, text in enumerate(texts):
        contig += spacer(rng, 200)
        start = len(contig) + 1
        contig += codons(text)
        entries.append(Protein(f"p{number}", text, Place("c", start, len(contig), "+", f"t{number}")))
    return contig + spacer(rng, 200), entries


def names(rows):
    return sorted((r["nearest_gene"], r["method"], r["contig"], r["start"], r["end"]) for r in rows)


TEXTS = st.lists(st.sampled_from([TEM, TEM_2, OTHER, LOW, "other, changed", "no gene"]), max_size=4)


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(0, 10**6), st.data())
def test_one_gene_is_one_call_and_none_is_lost(database, texts, seed, data):
    """With all proteins, some, or some without a place, the genes are those of the DNA."""
    rng = random.Random(seed)
    words = {"other, changed": mutated(rng, OTHER, 9), "no gene": protein(rng, 200)}
    contig, entries = planted([words.get(t, t) for t in texts], seed)
    given_ = [e for e in entries if data.draw(st.booleans())]
    unplaced = [Protein(e.id, e.sequence) if data.draw(st.booleans()) else e for e in given_]
    rows = together(of_dna(contig, database), of_proteins(Proteins(unplaced), database))
    assert names(rows) == names(of_dna(contig, database))
    seen = {e.id for e in given_ if e.sequence != words["no gene"]}
    assert {r["protein_id"] for r in rows} - {""} <= seen
    placed = {e.id for e in unplaced if e.place} & seen
    assert placed == {r["protein_id"] for r in rows if r["input"] == "protein"}


@settings(max_examples=20, deadline=None)
@given(TEXTS, st.integers(0, 10**6), st.randoms())
def test_the_order_of_proteins_does_not_matter(database, texts, seed, rng):
    fixed = random.Random(seed)
    words = {"other, changed": mutated(fixed, OTHER, 9), "no gene": protein(fixed, 200)}
    _, entries = planted([words.get(t, t) for t in texts], seed)
    shuffled = rng.sample(entries, len(entries))
    assert of_proteins(Proteins(shuffled), database) == of_proteins(Proteins(entries), database)


def test_a_protein_lies_where_its_gene_is_annotated(database):
    row, other = of_proteins(
        Proteins([Protein("a", TEM, Place("d", 901, 1761, "-", "tag")), Protein("b", OTHER)]), database
    )
    shown = ("contig", "start", "end", "strand", "locus_tag", "protein_id", "orf_id", "input", "nearest_gene")
    place = ["d", 901, 1761, "-", "tag", "a", "d:901-1761(-)"]
    assert [other[c] for c in shown] == [*place, "protein", "blaTEM-1"]
    assert [row[c] for c in shown] == ["", None, None, "", "", "b", "b", "protein", "other"]


@pytest.mark.parametrize(("text", "cut", "method", "input"), [
    (TEM, slice(0, 150), "ALLELE", "DNA"),  # the annotation ends the gene too early
    (TEM[:100] + "*" + TEM[101:], slice(101, 286), "INTERNAL_STOP", "DNA"),
    (TEM, slice(0, 286), "ALLELE", "protein"),
])  # fmt: skip
def test_the_dna_is_preferred_only_where_it_shows_more(database, text, cut, method, input):
    contig = spacer(random.Random(1), 100) + "".join(
        codons(part, "") + "TAA" * more for part, more in zip(text.split("*"), [1, 1], strict=False)
    )
    start = 101 + 3 * cut.start
    entry = Protein("p", text[cut], Place("c", start, start + 3 * len(text[cut]) - 1, "+"))
    (row,) = together(of_dna(contig, database), of_proteins(Proteins([entry]), database))
    assert (row["method"], row["input"], row["protein_id"]) == (method, input, "p")


def test_mutations_that_only_the_dna_shows_remain(database):
    """The annotated protein ends before the second mutation."""
    text = GYRASE
    for at, symbol in (MUTATIONS[1], MUTATIONS[3]):
        text = text[:at] + symbol[-1] + text[at + 1 :]
    contig, (entry,) = planted([text], 3)
    place = entry.place._replace(end=entry.place.start + 3 * 149)
    short = Proteins([Protein("p", text[: MUTATIONS[3][0]], place)])
    rows = together(of_dna(contig, database, TAXON), of_proteins(short, database, TAXON))
    inputs = {r["nearest_gene"]: r["input"] for r in rows}
    assert inputs == {MUTATIONS[1][1]: "protein", MUTATIONS[3][1]: "DNA"}


def test_loci_are_those_of_both(database):
    _, entries = planted([GYRASE], 4)
    dna = loci(scan_dna({"c": spacer(random.Random(1), 500)}, database, TAXON))
    proteins = loci(scan_proteins(frames(Proteins(entries)), database, TAXON))
    assert (dna["not_found"], proteins["not_looked_at"]) == (["16S", "gyrA"], ["16S", "porin"])
    both = joined_loci(dna, proteins)
    assert (both["none"], both["not_found"], both["not_looked_at"]) == (["gyrA"], ["16S"], [])


@pytest.fixture(scope="module")
def some(proteins):
    """Two known proteins, one with a place."""
    rows = proteins.table[proteins.table["drug_class"] == "tetracycline"]["sequence"].tolist()
    place = Place("c", 901, 900 + 3 * len(rows[0]) + 3, "-", "tag")
    return Proteins([Protein("a", rows[0], place), Protein("b", rows[2])], "p.faa", {"c": 5000})


def test_proteins_alone_are_scanned_by_model_and_rules(some, gene_model, proteins, tmp_path):
    calls = scan(some, gene_model, proteins, {"max_fdr": 1.0, "min_aa": 60})
    assert sorted(calls.confident["protein_id"]) == ["a", "b"] and set(calls.table["input"]) == {"protein"}
    counts = calls.meta["counts"]
    assert (counts["proteins"], counts["proteins_without_place"], counts["orfs"]) == (2, 1, 2)
    assert calls.confident["probability"].notna().all() and "curated" in calls.meta["no_hmms"]
    calls.save(tmp_path / "calls.parquet")
    again = Calls.load(tmp_path / "calls.parquet")
    pd.testing.assert_frame_equal(again.table, calls.table, check_dtype=False)
    write_call_files(calls.table, tmp_path, database="x", database_version="1", contigs=calls.meta["contigs"])
    table = pd.read_csv(tmp_path / "calls.tsv", sep="\t", keep_default_na=False, dtype=str)
    assert sorted(table["input_sequence_id"]) == ["b", "c"]
    assert sorted(table["input_gene_start"]) == ["", "901"]
    assert (tmp_path / "calls.bed").read_text().count("\n") == 1
    assert "protein_id=a" in (tmp_path / "calls.gff3").read_text()


def test_proteins_beside_their_genome(some, gene_model, proteins):
    text = some.entries[0].sequence
    contig = spacer(random.Random(2), 100) + "ATG" + codons(text)[3:] + spacer(random.Random(3), 100)
    beside = Proteins([Protein("a", text, Place("c", 101, 103 + 3 * len(text), "+"))], "p.faa")
    calls = scan(
        Genome({"c": contig}, [], "g.fna"),
        gene_model,
        proteins,
        {"max_fdr": 1.0, "min_aa": 60},
        proteins=beside,
    )
    (row,) = calls.confident.to_dict("records")
    assert (row["protein_id"], row["input"], row["start"], row["genome"]) == ("a", "protein", 101, "g.fna")
    assert row["probability"] == row["probability"] and calls.meta["counts"]["proteins"] == 1
    with pytest.raises(UsageError, match="proteins are given twice"):
        scan(some, gene_model, proteins, proteins=beside)


def test_the_command_reads_proteins_by_their_content(some, gene_model, proteins, tmp_path, capsys):
    gene_model.save(tmp_path / "model.safetensors")
    proteins.save(tmp_path / "records.parquet")
    known = {p.id: p.sequence for p in some.entries}
    (tmp_path / "x.fasta").write_text("".join(f">{n}\n{s}\n" for n, s in (*known.items(), ("c", "MKV1"))))
    (tmp_path / "x.gff").write_text("##gff-version 3\nd\tx\tCDS\t7\t219\t.\t+\t0\tID=cds-a;locus_tag=t\n")
    models = {"references": tmp_path / "records.parquet", "output": tmp_path / "out"}
    command(tmp_path / "x.fasta", tmp_path / "model.safetensors", annotation=tmp_path / "x.gff", **models)
    table = Calls.load(tmp_path / "out/calls.parquet").confident.set_index("protein_id")
    assert table.loc["a", ["contig", "start", "end"]].tolist() == ["d", 7, 219]
    assert table.loc["b", "contig"] == "" and pd.isna(table.loc["b", "start"])
    left_out = pd.read_csv(tmp_path / "out/rejected.tsv", sep="\t").set_index("id")
    assert left_out["code"].to_dict() == {"c": "NOT_PROTEIN", "b": "NO_FEATURE"}
    told = capsys.readouterr()
    assert "1 protein rejected (1 NOT_PROTEIN)" in told.err
    assert "1 protein without a feature in the annotation, first b" in told.err
    assert "hidden Markov models were not used: there is no curated database" in told.err
    assert "proteins 2, proteins_without_place 1" in told.out + told.err
    with pytest.raises(UsageError, match=r"the genome is a file of proteins.*--proteins adds"):
        command(tmp_path / "x.fasta", tmp_path / "model.safetensors", proteins=tmp_path / "x.fasta", **models)
