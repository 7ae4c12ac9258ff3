"""Drawings of the report: whatever the numbers and names are, something sound is drawn."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import riboswitch
from riboswitch.chem.sketch import sketch
from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.drawing.charts import Bar, dot_chart, histogram
from riboswitch.drawing.numbers import bases, ticks
from riboswitch.drawing.svg import drawing, text
from riboswitch.reporting.genome.linear import genome_map
from riboswitch.reporting.phrases import listed

SOURCE = Path(riboswitch.__file__).parent
SHAPES = {"path", "text", "tspan"}


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)


def on_map(genes, contigs):
    blank = dict.fromkeys(CALL_COLUMNS, "") | {"strand": "+", "status": "call", "probability": 0.9,
                                          "nearest_gene": "tet(Q)", "drug_class": "tetracycline"}  # fmt: skip
    table = pd.DataFrame([blank | g for g in genes], columns=CALL_COLUMNS)
    return genome_map(Calls(table, {"genome": "g.fna", "contigs": contigs}))


def test_svg_elements_are_written_in_one_file():
    markup = re.compile(r"<(svg|g|text|line|circle|ellipse|rect|path|polygon)\b")
    writers = {p.relative_to(SOURCE) for p in SOURCE.rglob("*.py") if markup.search(p.read_text("utf-8"))}
    assert not writers
    assert drawing(10, 5, "a label", [text(1, 2, "words", kind="k", text_anchor="end")]) == (
        '<svg viewBox="0 0 10 5" role="img" aria-label="a label">'
        '<text x="1.0" y="2.0" class="k" text-anchor="end">words</text></svg>'
    )


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"], max_codepoint=0xD7FF)))
def test_words_and_values_cannot_become_markup(words):
    found = ET.fromstring(text(1, 2, words, fill=words))
    assert len(found) == 0 and (found.text or "") == words
    assert found.get("fill", "") == words


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=40))
def test_a_drawing_keeps_any_name_within_its_label(name):
    assert [t for t in Tags(sketch("CCO").svg(name, 1, 90, 90)).found if t not in SHAPES] == ["svg"]


def test_inputs_that_cannot_be_drawn_have_no_sketch():
    assert sketch("not a molecule") is None and sketch("") is None


def test_labels_on_a_map_do_not_cover_each_other():
    near = [{"contig": "c", "start": 100 + 10 * i, "end": 900 + 10 * i} for i in range(4)]
    places = re.findall(r'<text x="[\d.]+" y="([\d.]+)" class="gene"', on_map(near, {"c": 8000}))
    assert len(set(places)) == 4


def test_genes_stay_on_the_map():
    ends = [
        {"contig": "c", "start": 1, "end": 30},
        {"contig": "c", "start": 7970, "end": 8000, "strand": "-"},
    ]
    drawn = on_map(ends, {"c": 8000})
    width = float(re.search(r'viewBox="0 0 (\d+)', drawn).group(1))
    corners = [float(x) for points in re.findall(r'points="([^"]+)"', drawn)
               for x in re.findall(r"([\d.]+),", points)]  # fmt: skip
    assert min(corners) >= 0 and max(corners) <= width


def test_contigs_without_genes_are_summed_up():
    gene = {"contig": "a", "start": 5, "end": 300}
    assert "Not drawn: 2 other contigs, 2 kb in all" in on_map([gene], {"a": 5000, "b": 1500, "c": 500})
    assert "No call and no candidate on 1 contig, 900 bp in all." in on_map([], {"a": 900})


def test_many_contigs_with_candidates_are_not_all_drawn():
    genes = [{"contig": f"c{i:02}", "start": 5, "end": 300, "status": "candidate"} for i in range(30)]
    assert "22 of them with candidates" in on_map(genes, {f"c{i:02}": 1000 for i in range(30)})


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_lie_within_and_are_few(low, span):
    found = ticks(low, low + span)
    assert all(low - 1e-6 * span <= t <= low + span * (1 + 1e-6) for t in found)
    assert len(found) <= 6


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5))
@example([-5e-324])
@example([1.0000000000000002, 1.0])
def test_a_chart_of_any_values_can_be_drawn(values):
    drawn = dot_chart("x", [Bar(f"m{i}", v, None, None) for i, v in enumerate(values)])
    assert drawn.count("<circle") == len(values) and "nan" not in drawn


@pytest.mark.parametrize(
    ("items", "told"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and 1 more")]
)
def test_listed(items, told):
    assert listed(items, most=2) == told


@pytest.mark.parametrize(
    ("length", "told"), [(0, "0 bp"), (999, "999 bp"), (1500, "1.5 kb"), (2.77e6, "2.77 Mb")]
)
def test_bases(length, told):
    assert bases(length) == told


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_a_histogram_has_a_bar_for_each_bin_with_its_number(counts):
    drawn = histogram("<similarity>", counts)
    bars = [e for e in ET.fromstring(drawn) if e.get("class") == "bar"]
    told = [e[0].text.split(": ")[1] for e in bars]
    assert told == [f"{count:,} rows" for count in counts]
    heights = [
        max(ys) - min(ys) for ys in ([float(p.split(",")[1]) for p in e.get("points").split()] for e in bars)
    ]
    most = max([*counts, 1])
    assert all(abs(h - 110 * c / most) <= 0.2 for h, c in zip(heights, counts, strict=True))
