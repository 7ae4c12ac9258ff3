"""Maps of called genes in the report: drawn if they can be trusted, else with the reason."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.results import EVIL, gene
from riboswitch.errors import InputError, UsageError
from riboswitch.reporting.genome.residues import HALF, MOST_BARS, residue_map, strongest, strongest_of
from riboswitch.steps.report import report

PLACE = "ctg1:100-2000(+)"
SHARES = st.lists(st.floats(-1, 1).map(lambda value: round(value, 4)), min_size=1, max_size=700)


def write_maps(path, **changes):
    rows = [{"number": n, "part": part, "score": score}
            for n, (part, score) in enumerate((("M", 0.2), ("K", 2.0), ("W", -1.0)), 1)]  # fmt: skip
    shared = {"id": PLACE, "status": "ok", "reason": "", "input": "MKW", "of": "tetracycline",
              "prediction": 0.93, "stability": 0.61, "control": 0.07}  # fmt: skip
    pd.DataFrame(rows).assign(**(shared | changes)).to_csv(path, index=False)
    return [f"alpha={path}"]


def page_with(folder, path, genes=None, **changes):
    results, data = folder(genes=[gene(kind="gene", nearest_gene=f"tet{EVIL}")] if genes is None else genes)
    return report(results, data, title="", genome="alpha", call_maps=write_maps(path, **changes))[0]


def test_the_residues_of_a_call_stand_under_it(folder, tmp_path):
    page = page_with(folder, tmp_path / "maps.csv")
    assert page.count('class="residues" style') == 1 and EVIL not in page
    assert "give tetracycline a probability of 0.93" in page and "correlation of 0.61" in page
    assert "What raises it most: M1 and K2." in page


@pytest.mark.parametrize("status", ["unstable", "NOT_PREDICTED", "TOO_LONG", "BROKEN_GENE"])
def test_a_call_without_a_map_has_a_reason(folder, tmp_path, status):
    gaps = {"score": "", "number": "", "stability": "", "control": "", "prediction": "", "of": ""}
    page = page_with(folder, tmp_path / "maps.csv", status=status, reason="they disagree", **gaps)
    assert "No map is shown: they disagree." in page and 'class="residues" style' not in page


def test_maps_of_no_call_and_of_no_genome_are_refused(folder, tmp_path):
    with pytest.raises(InputError, match="of no call"):
        page_with(folder, tmp_path / "maps.csv", genes=[])
    results, data = folder()
    with pytest.raises(InputError, match="not reported"):
        report(results, data, title="", genome="alpha", call_maps=[f"gamma={tmp_path / 'maps.csv'}"])


@given(SHARES)
def test_bars_are_as_high_as_the_strongest_residue_under_them(shares):
    svg = residue_map(shares, "gene <b>")
    ElementTree.fromstring(svg)
    heights = [-float(h) / HALF for h in re.findall(r"v(-?[\d.]+)", svg)]
    assert len(heights) <= MOST_BARS
    strong = max(map(abs, shares))
    assert max(map(abs, heights), default=0) == pytest.approx(strong, abs=0.05 / HALF + 1e-9)
    assert np.sign(heights).tolist().count(1) <= sum(share > 0 for share in shares)


@given(SHARES, st.integers(1, 9))
def test_each_run_has_its_strongest_value(shares, each):
    found = strongest_of(np.array(shares), each)
    runs = [shares[i : i + each] for i in range(0, len(shares), each)]
    assert [abs(value) for value in found] == [max(map(abs, run)) for run in runs]


@given(SHARES)
def test_the_named_residues_raise_the_prediction_most(shares):
    names = strongest("A" * len(shares), shares)
    places = [int(name[1:]) - 1 for name in names]
    assert places == sorted(places) and len(places) == min(8, sum(share > 0 for share in shares))
    others = [share for i, share in enumerate(shares) if i not in places]
    assert all(shares[i] > 0 and shares[i] >= max(others, default=-1) for i in places)


@pytest.mark.parametrize("words", [["alpha"], ["alpha="], ["=maps.csv"], ["alpha=a.csv", "alpha=b.csv"]])
def test_maps_without_the_name_of_their_genome_are_refused(folder, words):
    results, data = folder()
    with pytest.raises(UsageError, match="each genome with maps has a name"):
        report(results, data, title="", genome="alpha", call_maps=words)
