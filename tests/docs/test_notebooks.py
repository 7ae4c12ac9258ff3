"""The notebooks run from the first cell to the last, and are kept without outputs."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from docs.page_blocks import ROOT
from resistance.curated.invented import OTHER, TEM, dna, spacer, write_database
from sitegen.notebook_pages import cells, notebook_page

NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))


def run(path):
    """The names that the code of a notebook leaves behind."""
    names = {}
    for number, (kind, text) in enumerate(cells(path)):
        if kind == "code":
            exec(compile(text, f"{path.name} cell {number}", "exec"), names)
    return names


def genbank(path, letters):
    rows = [f"{i + 1:>9} {letters[i : i + 60].lower()}" for i in range(0, len(letters), 60)]
    path.write_text(
        f"LOCUS       G1  {len(letters)} bp    DNA     linear   BCT 01-JAN-2026\nDEFINITION  Made.\n"
        "ACCESSION   G1\nVERSION     G1.1\nFEATURES             Location/Qualifiers\nORIGIN\n"
        + "\n".join(rows) + "\n//\n"
    )  # fmt: skip


def test_there_are_two():
    assert [path.stem for path in NOTEBOOKS] == ["genome", "molecules"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path):
    notebook = json.loads(path.read_text("utf-8"))
    names = [cell["id"] for cell in notebook["cells"]]
    assert notebook["nbformat"] == 4 and len(set(names)) == len(names)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code and all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    made = notebook_page(path)
    assert made.startswith("# ") and made.count("```python\n") == len(code)


def test_the_notebook_on_molecules_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run(ROOT / "docs/notebooks/molecules.ipynb")
    assert names["records"].rejected["code"].tolist() == ["BAD_SMILES"]
    assert names["answers"]["status"].tolist()[:2] == ["ok", "ok"] and len(names["ranked"]) == 3
    assert list(tmp_path.iterdir()) == []


def test_the_notebook_on_a_genome_runs(tmp_path, monkeypatch):
    (tmp_path / "docs/notebooks").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "docs/notebooks")
    rng = random.Random(11)
    genes = "".join(spacer(rng, 300) + dna(protein) for protein in (TEM, OTHER))
    genbank(Path("genome.gbk"), genes + spacer(rng, 300))
    write_database(tmp_path / "data/ncbi_amr")
    names = run(ROOT / "docs/notebooks/genome.ipynb")
    assert sorted(names["calls"].confident["nearest_gene"]) == ["blaTEM-1", "other"]
    assert len(names["found"]) > 0
