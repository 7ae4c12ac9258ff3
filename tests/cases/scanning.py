"""Runs `riboswitch scan` with a model of invented genes; the genes it finds do not matter here."""

from __future__ import annotations

import pandas as pd
import pytest

from riboswitch.cli import main
from riboswitch.data.calls import Calls


@pytest.fixture(scope="session")
def bench(gene_model, proteins, tmp_path_factory):
    """A folder with the bundle and the known genes."""
    folder = tmp_path_factory.mktemp("scan")
    gene_model.save(folder / "model.safetensors")
    proteins.save(folder / "records.parquet")
    return folder


def scanned(bench, genome, out, *options):
    """Scan a file: the calls, and the table of what was left out."""
    files = [genome, bench / "model.safetensors", "--references", bench / "records.parquet"]
    main(["scan", *map(str, (*files, "--output", out, *options))])
    assert all((out / f"calls.{suffix}").is_file() for suffix in ("parquet", "tsv", "gff3", "bed"))
    return Calls.load(out / "calls.parquet"), pd.read_csv(
        out / "rejected.tsv", sep="\t", keep_default_na=False
    )


def refused(bench, genome, out, *options, capsys):
    """The line with which a scan fails."""
    with pytest.raises(SystemExit) as left:
        scanned(bench, genome, out, *options)
    assert left.value.code == 1 and not (out / "calls.parquet").exists()
    (line,) = capsys.readouterr().err.splitlines()
    return line


__all__ = ["bench", "refused", "scanned"]
