"""The table of hAMRonization: a law of its form, and the program itself, which takes and summarises it."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.data.calls import CALL_COLUMNS
from riboswitch.tracks import COLUMNS, HAMRONIZATION, OUR_OWN, write_hamronization
from riboswitch.tracks.call_files import write_call_files

REQUIRED = ("analysis_software_name", "analysis_software_version", "gene_name", "gene_symbol",
            "genetic_variation_type", "input_file_name", "reference_accession", "reference_database_name",
            "reference_database_version")  # fmt: skip
"""Fields of its result class that must not be empty."""

WHOLE = ("input_gene_length", "input_gene_start", "input_gene_stop", "input_protein_length",
         "reference_protein_length")  # fmt: skip
SHARES = ("coverage_percentage", "sequence_identity")
VARIATIONS = {"gene_presence_detected", "protein_variant_detected", "nucleotide_variant_detected",
              "inactivating_mutation_detected"}  # fmt: skip

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
share = st.floats(0, 1)
call = st.fixed_dictionaries({
    "genome": st.sampled_from(["a.fna.gz", "dir/b.gbk", "c"]), "contig": texts, "start": st.integers(1, 9999),
    "strand": st.sampled_from("+-"), "orf_id": texts, "locus_tag": texts, "drug_class": texts,
    "probability": st.none() | share, "q_value": st.none() | share, "status": st.just("call"),
    "novelty": st.booleans(), "nearest_gene": texts, "nearest_accession": texts, "identity": share,
    "coverage": share, "antibiotics": texts, "gene_length_aa": st.integers(0, 3000),
    "reference_length_aa": st.integers(0, 3000), "mechanism": texts, "kind": st.just("gene"),
    "method": st.sampled_from(["BLAST", "MUTATION", "MUTATION_DNA", "DISRUPTED", "HMM"]), "flags": texts,
    "subclass": texts, "database": st.sampled_from(["", "AMRFinderPlus database 2026-05-15.1"]),
    "input": st.sampled_from(["DNA", "protein"]), "protein_id": texts,
})  # fmt: skip


def frame(rows):
    return pd.DataFrame([row | {"end": row["start"] + 99} for row in rows])


@settings(max_examples=60, deadline=None)
@given(st.lists(call, max_size=4))
def test_any_calls_make_a_valid_table(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("hamr") / "calls.tsv"
    table = frame(rows) if rows else pd.DataFrame(columns=[*COLUMNS])
    write_hamronization(table, path)
    read = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    assert [*read] == [*HAMRONIZATION, *OUR_OWN] and len(read) == len(rows)
    for name in REQUIRED:
        assert (read[name] != "").all(), name
    assert set(read["genetic_variation_type"]) <= VARIATIONS
    for name in WHOLE:
        assert all(int(cell) >= 0 for cell in read[name] if cell), name
    for name in SHARES:
        assert all(0 <= float(cell) <= 100 for cell in read[name] if cell), name
    assert set(read["strand_orientation"]) <= {"+", "-"}
    mutated = (read["amino_acid_mutation"] != "") | (read["nucleotide_mutation"] != "")
    assert (mutated <= (read["genetic_variation_type"] != "gene_presence_detected")).all()


CHECK = """
import csv, dataclasses, sys
from hAMRonization.hAMRonizedResult import hAMRonizedResult
names = [field.name for field in dataclasses.fields(hAMRonizedResult)]
for path in sys.argv[1:]:
    rows = list(csv.DictReader(open(path, encoding="utf-8"), delimiter="\\t"))
    print(*names, *(hAMRonizedResult(**{n: row[n] for n in names}).gene_symbol for row in rows), sep="\\n")
"""
PLACES = """
import sys, gffutils
from urllib.parse import unquote
made = gffutils.create_db(sys.argv[1], ":memory:", merge_strategy="error", keep_order=True)
print(*(f"{f.id} {unquote(f.seqid)} {f.start} {f.end} {f.strand}" for f in made.all_features()), sep="\\n")
"""
BLANK = dict.fromkeys(CALL_COLUMNS, "") | {
    "genome": "a.fna", "contig": "c,1", "start": 10, "end": 99, "strand": "-", "orf_id": "c,1:10-99(-)",
    "status": "call", "drug_class": "quinolone", "probability": None, "q_value": None, "novelty": False,
    "nearest_gene": "gyrA_S83L", "nearest_accession": "G1", "identity": 0.991, "coverage": 1.0,
    "gene_length_aa": 30, "reference_length_aa": 31, "kind": "mutation", "method": "MUTATION",
    "database": "D 1",
}  # fmt: skip
ROWS = [
    BLANK, BLANK | {"nearest_gene": "gyrA_S83W"},
    BLANK | {"method": "MUTATION_DNA", "nearest_gene": "23S_A2075G", "start": 900, "end": 1100,
             "orf_id": "c,1:900-1100(-)"},
    BLANK | {"kind": "loss", "method": "DISRUPTED", "nearest_gene": "ompC_Q5Ter", "contig": "d",
             "orf_id": "d:10-99(-)"},
    BLANK | {"kind": "gene", "method": "BLAST", "nearest_gene": "aac(6')-Ib;cr", "status": "candidate"},
    BLANK | {"kind": "gene", "method": "HMM", "nearest_gene": "far", "contig": "", "start": None, "end": None,
             "strand": "", "orf_id": "p1", "protein_id": "p1"},
]  # fmt: skip


@pytest.mark.fetch
def test_the_program_takes_and_summarises_every_file_and_another_reads_the_gff3(tmp_path):
    """hAMRonization and gffutils from PyPI, in an environment of their own."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    programs = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    python = str(programs / "python")
    packages = ["hAMRonization==1.3.1", "gffutils==0.14"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)

    def said(*words):
        return subprocess.run(
            words, check=True, capture_output=True, text=True, cwd=tmp_path
        ).stdout.splitlines()

    tables = []
    for name, rows in {"some": ROWS, "none": []}.items():
        table = pd.DataFrame(rows, columns=CALL_COLUMNS).astype({"start": "Int64", "end": "Int64"})
        (tmp_path / name).mkdir()
        lengths = {"c,1": 1000, "d": 100}
        write_call_files(table, tmp_path / name, database="x", database_version="1", contigs=lengths)
        tables.append(str(tmp_path / name / "calls.tsv"))
    called = [row["nearest_gene"] for row in ROWS if row["status"] == "call"]
    assert said(python, "-c", CHECK, *tables) == [*HAMRONIZATION, *called, *HAMRONIZATION]
    for kind in ("tsv", "json", "interactive"):
        said(str(programs / "hamronize"), "summarize", "-t", kind, "-o", f"all.{kind}", *tables)
    assert len(pd.read_csv(tmp_path / "all.tsv", sep="\t")) == len(called)
    features = said(python, "-c", PLACES, str(tmp_path / "some/calls.gff3"))
    placed = [row for row in ROWS if row["contig"]]
    assert len({feature.split()[0] for feature in features}) == len(features)
    assert sorted(feature.split()[1:] for feature in features if ":region" not in feature) == sorted(
        [row["contig"], str(row["start"]), str(row["end"]), row["strand"]] for row in placed
    )
