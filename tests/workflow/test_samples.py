"""A sample sheet in the workflow: batches, tables of the cohort, a panel; no model is trained."""

import random
import re
import shlex

import pandas as pd
import pytest
import yaml

from resistance.curated.invented import OTHER, TEM, dna, spacer, write_database
from riboswitch.io.atomic_files import sha256

from .conftest import make_analysis, snakemake

GENES = {"a": [TEM], "b.1": [TEM, OTHER], "c": [], "bad": None, "d": [OTHER]}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """A folder with a sheet of five genomes, one of them not readable, and its configuration."""
    folder = tmp_path_factory.mktemp("cohort")
    database = write_database(folder / "database")
    rng = random.Random(7)
    (folder / "sheets").mkdir()
    lines = ["name\tgenome"]
    for name, genes in GENES.items():
        text = "@read" if genes is None else "".join(spacer(rng, 300) + dna(g) for g in genes)
        (folder / f"sheets/{name}.fna").write_text(
            f">{name}\n{text}{spacer(rng, 300)}\n" if genes is not None else text
        )
        lines.append(f"{name}\t{name}.fna")
    (folder / "sheets/samples.tsv").write_text("\n".join(lines) + "\n")
    files = sorted(path.name for path in database.iterdir())
    digests = {name: sha256(database / name) for name in files}
    source = {"source": f"file:{database}", "sha256": digests, "members": files}
    config = {"data": {"db": source}, "genomes": "sheets/samples.tsv", "scan": {"curated": "db", "batch": 2}}
    return folder, config


def table(path):
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def batches(done):
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return sorted(set(re.findall(r"^    output: results/batches/([0-9]+)$", done.stdout + done.stderr, re.M)))


def test_a_cohort_is_scanned_without_a_model_and_only_changed_rows_again(cohort):
    folder, config = cohort
    assert batches(snakemake(folder, config)) == ["0001", "0002", "0003"]
    assert (folder / "results/batches/0001/b.1/calls.tsv").is_file()
    samples = table(folder / "results/cohort/samples.tsv")
    assert samples["sample"].tolist() == [*GENES]
    assert samples["status"].tolist() == ["ok", "ok", "ok", "rejected", "ok"]
    genes = table(folder / "results/cohort/genes.tsv").set_index("sample")
    assert genes["blaTEM-1"].to_dict() == {"a": "1", "b.1": "1", "c": "0", "bad": "", "d": "0"}
    assert "No task was evaluated" in (folder / "results/report.html").read_text()
    assert batches(snakemake(folder, config, "--dry-run")) == []
    sheet = folder / "sheets/samples.tsv"
    sheet.write_text(sheet.read_text() + "e\ta.fna\n")
    assert batches(snakemake(folder, config, "--dry-run")) == ["0003"]


def test_a_panel_of_the_sheet_is_ranked_for_and_reported(cohort, tmp_path):
    folder, _ = cohort
    made = make_analysis(tmp_path)
    made["genomes"] = str(folder / "sheets/samples.tsv")
    made["scan"]["batch"] = 2
    del made["rank"]["genome"]
    made["rank"]["genomes"] = ["d", "b.1"]
    done = snakemake(tmp_path, made, "--dry-run", "--printshellcmds")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    lines = re.findall(r"^Shell command: (riboswitch .*)$", done.stdout + done.stderr, re.MULTILINE)
    words = {line.split()[1]: shlex.split(line) for line in lines}
    assert [w for w in words["rank"] if w.startswith(("--genomes", "--calls", "--panel"))] == [
        "--genomes=d=results/batches/0003/d/calls.parquet",
        "--genomes=b.1=results/batches/0001/b.1/calls.parquet", "--panel=results/panel.tsv",
    ]  # fmt: skip
    assert [w for w in words["report"] if w.startswith(("--genome", "--isolates"))] == [
        "--isolates=d", "--isolates=b.1", "--genomes=d=results/batches/0003/d/calls.parquet",
        "--genomes=b.1=results/batches/0001/b.1/calls.parquet",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f, c: (f / "s.tsv").write_text("name\tgenome\na\tnone.fna\n"), "s.tsv row 1: no such file"),
        (lambda f, c: c.update(genomes="none.tsv"), "none.tsv"),
        (lambda f, c: c.update(genomes={"a": {"data": "db", "sequence": "fam.tsv", "topology": "round"}}),
         "circular"),
        (lambda f, c: c["scan"].update(batch=0), "batch"),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_refused_in_one_line(cohort, tmp_path, change, message):
    config = yaml.safe_load(yaml.safe_dump(cohort[1])) | {"genomes": "s.tsv"}
    (tmp_path / "x.fna").write_text(">x\nACGT\n")
    (tmp_path / "s.tsv").write_text("name\tgenome\nx\tx.fna\n")
    change(tmp_path, config)
    done = snakemake(tmp_path, config, "--dry-run")
    assert done.returncode == 1 and message in done.stdout + done.stderr
