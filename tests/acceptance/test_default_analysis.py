"""The default analysis in full on real data: twenty minutes and the package registry (`make acceptance`)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from riboswitch import Calls
from riboswitch.modalities import find

REPOSITORY = Path(__file__).parents[2]
TASKS = ("gene_class", "activity", "solubility")


def run(folder: Path, *arguments: str) -> Path:
    """The default analysis in a folder of its own."""
    for name in ("config", "examples", "workflow", "profiles", "Snakefile"):
        (folder / name).symlink_to(REPOSITORY / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder / "results"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return run(tmp_path_factory.mktemp("first"))


def test_the_genes_of_the_mrsa_are_called(first):
    calls = Calls.load(first / "genomes/usa300/calls.parquet").confident
    genes = " ".join(calls["nearest_gene"])
    for gene in ("mecA", "blaZ", "aph(3')-IIIa", "msr(A)", "mph(C)"):
        assert gene in genes, gene
    assert "tet(38)" not in genes  # every strain of the species has it


def test_a_genome_without_acquired_genes_has_mutations_of_ncbi_alone(first):
    """The three mutations are changes of its lineage; NCBI's table lists them for fosfomycin."""
    calls = Calls.load(first / "genomes/o11/calls.parquet").confident
    assert calls["nearest_gene"].tolist() == ["glpT_A100V", "murA_E291D", "murA_T396N"]
    assert set(calls["kind"]) == {"mutation"} and set(calls["drug_class"]) == {"fosfomycin"}


DEFEATED = ["BENZYLPENICILLIN", "AMPICILLIN", "CEFAZOLIN", "MEROPENEM", "ERYTHROMYCIN", "AZITHROMYCIN"]
WORKING = ["CEFTAROLINE FOSAMIL", "CEFTOBIPROLE", "VANCOMYCIN", "LINEZOLID", "DAPTOMYCIN", "RIFAMPIN",
           "TIGECYCLINE", "TETRACYCLINE", "DOXYCYCLINE", "MINOCYCLINE"]  # fmt: skip


def test_the_mrsa_defeats_beta_lactams_and_macrolides_and_spares_the_rest(first):
    compounds = pd.read_parquet(first / "compounds.parquet").drop_duplicates("name").set_index("name")
    for name in DEFEATED:
        assert compounds.loc[name, "compromised"], name
    present = [name for name in WORKING if name in compounds.index]
    assert len(present) >= 7
    for name in present:
        assert not compounds.loc[name, "compromised"], name


def test_the_check_compares_drugs_that_training_did_not_see(first):
    facts = json.loads((first / "check.json").read_text())
    counts = facts["counts"]
    assert counts["in_training"] == 0 and counts["compared"] > 900
    assert all(row["positives"] > 2 * row["by_chance"] for row in facts["first"]["ranking"])
    assert set(facts["first"]) == {"ranking", "forest", "nearest"}


def test_metrics_hold_three_seeds_and_baselines(first):
    metrics = json.loads((first / "metrics.json").read_text())
    assert set(metrics) == set(TASKS)
    modality = {"gene_class": "sequence", "activity": "molecule", "solubility": "molecule"}
    for name, task in metrics.items():
        assert len(task["methods"]["network"][task["headline"]]["per_repeat"]) == 3
        baselines = find(modality[name]).baselines.BASELINES
        assert set(task["methods"]) == {"network", "stack", "mean_of_all", *baselines}


def test_a_second_run_and_eight_shards_give_the_same_bytes(first, tmp_path):
    config = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
    config["screen"]["shards"] = 8
    (tmp_path / "eight.yaml").write_text(yaml.safe_dump(config))
    again = run(tmp_path, "--configfile", "eight.yaml")
    for name in ["hits.csv", "metrics.json", *(f"{task}/model.safetensors" for task in TASKS)]:
        assert (first / name).read_bytes() == (again / name).read_bytes(), name
