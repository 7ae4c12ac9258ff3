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
TASKS = ("gene_class", "drug_class", "solubility")


def run(folder: Path, *arguments: str) -> Path:
    """The default analysis in a folder of its own."""
    for name in ("config", "workflow", "profiles", "Snakefile"):
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


def test_tetq_is_called_at_the_annotated_place_and_not_drowned(first):
    calls = Calls.load(first / "genomes/jmh43/calls.parquet")
    tetq = calls.confident[calls.confident["nearest_gene"] == "tet(Q)"]
    assert len(tetq) == 1
    place = tetq.iloc[0][["contig", "start", "end", "strand", "drug_class"]].tolist()
    assert place == ["NZ_JAGURL010000081.1", 1185, 3110, "-", "tetracycline"]
    assert len(calls.confident) <= 3


def test_a_genome_without_acquired_genes_has_mutations_of_ncbi_alone(first):
    """The three mutations are changes of its lineage; NCBI's table lists them for fosfomycin."""
    calls = Calls.load(first / "genomes/o11/calls.parquet").confident
    assert calls["nearest_gene"].tolist() == ["glpT_A100V", "murA_E291D", "murA_T396N"]
    assert set(calls["kind"]) == {"mutation"} and set(calls["drug_class"]) == {"fosfomycin"}


def test_the_old_tetracyclines_and_no_unsupported_class_are_compromised(first):
    """Tet(Q) protects the ribosome from the old tetracyclines, not from the glycylcyclines and their like."""
    compounds = pd.read_parquet(first / "compounds.parquet")
    supported = set(Calls.load(first / "genomes/jmh43/calls.parquet").confident["drug_class"])
    tetracyclines = compounds[compounds["known_class"] == "tetracycline"]
    newer = tetracyclines["name"].str.contains("TIGECYCLINE|ERAVACYCLINE|OMADACYCLINE")
    assert (~newer).sum() > 20 and newer.sum() >= 3
    assert tetracyclines.loc[~newer, "compromised"].all()
    assert not tetracyclines.loc[newer, "compromised"].any()
    assert set(compounds.loc[compounds["compromised"], "join_class"]) <= supported


def test_metrics_hold_three_seeds_and_baselines(first):
    metrics = json.loads((first / "metrics.json").read_text())
    assert set(metrics) == set(TASKS)
    modality = {"gene_class": "sequence", "drug_class": "molecule", "solubility": "molecule"}
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
