"""A scan without a model: the same known genes, no candidates, and no torch."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from resistance.curated.invented import OTHER, TEM, dna, spacer, write_database
from riboswitch.bio.genome import Genome
from riboswitch.cli import main
from riboswitch.data.calls import MODEL_COLUMNS, Calls
from riboswitch.errors import UsageError
from riboswitch.resistance.curated.database import Database
from riboswitch.steps.scan import scan


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_database(tmp_path_factory.mktemp("database"))


@pytest.fixture(scope="module")
def genome(proteins):
    """Two genes of the database, and one that only the records have."""
    rng = random.Random(3)
    (own, *_) = proteins.table[proteins.table["drug_class"] == "tetracycline"]["sequence"]
    genes = [spacer(rng, 300) + dna(text) for text in (TEM, OTHER, own)]
    return Genome({"c": "".join(genes) + spacer(rng, 300)}, source="made.fna")


def test_the_curated_database_alone(genome, folder, tmp_path):
    calls = scan(genome, curated=Database.load(folder))
    assert sorted(calls.confident["nearest_gene"]) == ["blaTEM-1", "other"] and calls.candidates.empty
    assert not calls.looked_for_similar and calls.table[list(MODEL_COLUMNS)].isna().all(axis=None)
    calls.save(tmp_path / "calls.parquet")
    assert Calls.load(tmp_path / "calls.parquet").meta["counts"] == calls.meta["counts"]


def test_known_genes_are_the_same_with_and_without_a_model(genome, folder, gene_model, proteins):
    database = Database.load(folder)
    with_model = scan(genome, gene_model, proteins, curated=database)
    without = scan(genome, None, proteins, curated=database)
    assert len(without.confident) == 3 and with_model.looked_for_similar
    for column in ("nearest_gene", "start", "end", "method", "drug_class"):
        assert without.confident[column].tolist() == with_model.confident[column].tolist()


@pytest.mark.parametrize("turn", [0, 400, 700, 1300, 1700])
def test_a_gene_over_the_origin_is_one_row(genome, folder, proteins, turn):
    contig = genome.contigs["c"]
    turned = Genome({"c": contig[turn:] + contig[:turn]}, source="made.gb", circular={"c"})
    calls = scan(turned, None, proteins, curated=Database.load(folder))
    assert len(calls.table) == len(calls.confident) == 3


def test_something_must_be_looked_for(genome, gene_model):
    with pytest.raises(UsageError, match="nothing to look for"):
        scan(genome)
    with pytest.raises(UsageError, match="needs the known genes"):
        scan(genome, gene_model)


def test_the_command_says_what_was_not_looked_for(genome, folder, tmp_path, capsys):
    (tmp_path / "g.fna").write_text(f">c\n{genome.contigs['c']}\n")
    main(["scan", str(tmp_path / "g.fna"), "--curated", str(folder), "--output", str(tmp_path / "out")])
    said = capsys.readouterr().err
    assert "similar_genes not looked for: no references of class none" in said and "orfs" not in said
    assert "calls 2" in said and (tmp_path / "out/calls.tsv").is_file()


def test_what_a_model_needs_is_not_loaded():
    """Torch takes 200 MB and more than a second, numba 60 MB."""
    heavy = {"torch", "rdkit", "sklearn", "numba"}
    code = f"import sys, riboswitch.steps.scan; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
