"""The panel of isolates in the report: every hit, every isolate, the evidence, and the size of the page."""

from __future__ import annotations

import itertools
import re

import pandas as pd
import pytest

from reporting.results import EVIL, Reader, called, compound, gene
from riboswitch.errors import InputError, UsageError
from riboswitch.io.parquet import read_parquet, write_parquet
from riboswitch.reporting.sections.panel import COLUMNS
from riboswitch.resistance.cohort.isolates import EVIDENCE_COLUMNS
from riboswitch.steps.report import report

CELLS = {
    "defeated": "defeated by tet(Q)", "reduced": "reduced by qnrS1", "not_seen": "not seen",
    "not_looked_at": "not looked at",
}  # fmt: skip


def paneled(folder, isolates, hits=4):
    """Results of a ranking for a panel: states go round."""
    results, data = folder(compounds=[compound(i) for i in range(1, hits + 1)], genes=[gene()])
    compounds = read_parquet(results / "compounds.parquet")[0]
    rows, states = [], itertools.cycle(CELLS)
    for hit in compounds.head(50).to_dict("records"):
        for isolate in isolates:
            state = next(states)
            evidence = (
                ("tetracycline", "c1:1-9(+)", "BLAST") if state in ("defeated", "reduced") else ("",) * 3
            )
            known = {name: hit[name] for name in ("rank", "id", "name")} | {"isolate": isolate, "by": ""}
            known |= {"state": state, "cell": CELLS[state], "basis": ""}
            rows.append(known | dict(zip(("gene_class", "locus", "recognised"), evidence, strict=True)))
    pd.DataFrame(rows, columns=EVIDENCE_COLUMNS).to_csv(results / "panel.tsv", sep="\t", index=False)
    for isolate in isolates:
        called([gene()]).save(results / "genomes" / isolate / "calls.parquet")
    write_parquet(compounds.assign(compromised_by="", compromise_locus=""), results / "compounds.parquet")
    return results, data


def section(html):
    return html.split('<section id="panel">')[1].split("</section>")[0]


@pytest.mark.parametrize("number", [1, COLUMNS, COLUMNS + 1, 2 * COLUMNS + 3])
def test_every_hit_has_a_cell_for_each_isolate(folder, number):
    isolates = [f"i{n}" for n in range(number)]
    html = report(*paneled(folder, isolates), title="", isolates=isolates)[0]
    panel = section(html)
    cells = re.findall(r'<td class="(defeated|reduced|not_seen|not_looked_at)">([^<]*)', panel)
    assert len(cells) == 4 * number and all(CELLS[state] == text for state, text in cells)
    assert [
        text for text in re.findall(r'<th scope="col">([^<]*)</th>', panel) if text != "Compound"
    ] == isolates
    assert panel.count("<table") == -(-number // COLUMNS) == panel.count("<caption>")
    widest = max(row.count("<td") for row in panel.split("<tr>"))
    assert widest <= COLUMNS + 2  # a page of paper holds it
    assert "tetracycline; c1:1-9(+); BLAST" in Reader(panel).said
    read = Reader(html)
    assert "panel" in read.links and "compromised" not in read.links and not read.loaded
    assert f"Panel of {number} isolate" in read.said and "an isolate of the panel" in read.said


def test_a_genome_beside_the_panel_keeps_its_sections(folder):
    results, data = paneled(folder, ["beta"])
    links = Reader(report(results, data, title="", genome="alpha", isolates=["beta"])[0]).links
    assert {"panel", "compromised"} <= {*links}
    assert "panel" not in Reader(report(results, data, title="", genome="alpha")[0]).links


def test_the_page_keeps_its_size_and_says_what_it_leaves_out(folder):
    results, data = paneled(folder, ["alpha", "beta", "gamma"], hits=40)
    numbers, isolates = [], ["alpha", "beta", "gamma"]
    for kilobytes in range(200, 20, -15):
        try:
            html = report(results, data, title="", isolates=isolates, max_mb=kilobytes / 1000)[0]
        except UsageError:
            break
        assert len(html.encode()) <= kilobytes * 1000
        shown = section(html).count('<th scope="row">')
        numbers.append(shown)
        assert (f"The matrix shows the first {shown} of 40 hits" in Reader(html).said) == (shown < 40)
    assert numbers == sorted(numbers, reverse=True) and numbers[0] > numbers[-1]


def test_a_panel_of_another_ranking_is_refused(folder):
    results, data = paneled(folder, ["alpha"])
    for isolates in (["alpha", "beta"], ["beta"]):
        with pytest.raises(InputError, match=r"panel.tsv: the panel is not of this short-list"):
            report(results, data, title="", isolates=isolates)
    text = (results / "panel.tsv").read_text()
    (results / "panel.tsv").write_text(text.replace("C1\t", "C9\t"))
    with pytest.raises(InputError, match=r"panel.tsv: the panel is not of this short-list"):
        report(results, data, title="", isolates=["alpha"])
    (results / "panel.tsv").write_text("rank\n1\n")
    with pytest.raises(InputError, match=r"panel.tsv: not a panel"):
        report(results, data, title="", isolates=["alpha"])
    (results / "panel.tsv").unlink()
    with pytest.raises(InputError, match=r"panel.tsv: no such file"):
        report(results, data, title="", isolates=["alpha"])


def test_names_are_escaped(folder):
    results, data = paneled(folder, ["alpha"])
    table = pd.read_csv(results / "panel.tsv", sep="\t", keep_default_na=False)
    table.assign(cell=EVIL, gene_class=EVIL).to_csv(results / "panel.tsv", sep="\t", index=False)
    assert EVIL not in section(report(results, data, title="", isolates=["alpha"])[0])


def test_calls_may_lie_elsewhere(folder, tmp_path):
    results, data = paneled(folder, ["alpha"])
    moved = tmp_path / "results/batches/0001/x.1/calls.parquet"
    called([gene(nearest_gene="vanA")]).save(moved)
    html = report(results, data, title="", genome="alpha", genomes=["alpha", f"x.1={moved}"])[0]
    assert "vanA" in html and "x.1" in html and "beta" not in Reader(html).said
