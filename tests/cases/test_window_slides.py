"""effects with a model of windows: the window stays at its site, so a site has one ref_score."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from riboswitch.cli import main
from untrained import bundle

CASE = Path(__file__).parents[1] / "data/cases/window_slides"
FILES = [str(CASE / "window_slides.vcf"), str(CASE / "window_slides.fa")]
LENGTH = 81


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "promoters.safetensors"
    bundle(window=LENGTH, head="aligned").save(path)
    return str(path)


def test_without_sites_it_is_refused(model, tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["effects", *FILES, model, "--output", str(tmp_path / "x.tsv")])
    assert left.value.code == 2 and not (tmp_path / "x.tsv").exists()
    assert "Give sites: BED or GFF3 with the 81 bases of each window" in capsys.readouterr().err


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_site_has_one_reference_score(model, tmp_path, strand, capsys):
    (tmp_path / "sites.bed").write_text(f"chr1\t200\t281\tprom\t0\t{strand}\n")
    main(
        [
            "effects",
            *FILES,
            model,
            "--sites",
            str(tmp_path / "sites.bed"),
            "--output",
            str(tmp_path / "x.tsv"),
        ]
    )
    table = pd.read_csv(tmp_path / "x.tsv", sep="\t")
    good = table[table["status"] == "ok"]
    assert good["ref_score"].nunique() == 1 and set(good["window"]) == {"201-281"}
    status = dict(zip(table["id"], table["status"], strict=True))
    assert status.items() >= {
        "edge": "OUTSIDE_SITES", "past": "PAST_END", "noctg": "NO_CONTIG", "mismatch": "REF_MISMATCH",
        "sym": "SYMBOLIC_ALLELE", "bad": "BREAKEND", "del1": "ok", "ins1": "ok", "lower": "ok",
    }.items()  # fmt: skip
    assert table["status"].iloc[-1] == "RAGGED_ROW"
    assert (table["status"] == "ok").sum() == 18 + 2 + 3 + 1
    assert "read 31, ok 24, rejected 7" in capsys.readouterr().err
