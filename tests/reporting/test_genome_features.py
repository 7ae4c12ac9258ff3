"""Genes and tracks of a genome in the report: what is covered, how it is drawn, and files that are not so."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.results import EVIL, gene
from riboswitch.data.calls import Calls
from riboswitch.errors import InputError
from riboswitch.io.atomic_files import write_json
from riboswitch.reporting.genome.circular import LABEL, Mark, circular_map, spread
from riboswitch.reporting.genome.features import Spans, covered_shares, read_annotated
from riboswitch.steps.report import report

REGION = "##gff-version 3\n##sequence-region c1 1 1000\n##sequence-region c2 1 200\n"
CIRCLE = "c1\triboswitch\tregion\t1\t1000\t.\t+\t.\tID=c1:region;Is_circular=true\n"


def write_genome(folder, name="alpha", genes="", segments=""):
    """A folder as `genes` and `annotate` leave it: two genes, one of them over the origin, and a track."""
    place = folder / "genomes" / name
    (place / "genes").mkdir(parents=True, exist_ok=True)
    (place / "annotation").mkdir(exist_ok=True)
    rows = genes or ("c1\tr\tCDS\t101\t400\t.\t+\t0\tID=g1\nc1\tr\tCDS\t901\t1100\t.\t-\t0\tID=g2\n")
    (place / "genes/genes.gff3").write_text(REGION + CIRCLE + rows)
    found = segments or "c2\tr\tsequence_feature\t1\t50\t0.9\t.\t.\tID=s1;Name=in a gene%3B +\n"
    (place / "annotation/segments.gff3").write_text(REGION + found)
    track = {"label": "in a gene; +", "strand": ".", "bases": 1200, "segments": 1, "segment_bases": 50}
    write_json({"tracks": [track | {"mean": 0.1}], "task": {}}, place / "annotation/summary.json")
    return place


@given(st.integers(1, 60), st.data())
def test_covered_shares_count_each_base_once(length, data):
    """Against one base at a time, over the origin too."""
    bins = data.draw(st.sampled_from([n for n in range(1, length + 1) if length % n == 0]))
    pairs = data.draw(st.lists(st.tuples(st.integers(1, length), st.integers(1, length)), max_size=8))
    table = np.array([(start, start + size - 1) for start, size in pairs], np.int64).reshape(-1, 2)
    bases = np.zeros(length, bool)
    for start, end in table:
        bases[np.arange(start - 1, end) % length] = True
    expected = bases.reshape(bins, -1).mean(axis=1)
    np.testing.assert_allclose(covered_shares(Spans(table[:, 0], table[:, 1]), length, bins), expected)


def test_genes_and_tracks_are_read_as_they_were_written(tmp_path):
    found = read_annotated(write_genome(tmp_path))
    assert found.lengths == {"c1": 1000, "c2": 200} and found.circular == {"c1"}
    assert [(each.name, len(each)) for each in found.features] == [("genes", 2), ("in a gene; +", 1)]
    assert found.features[0].cover("c1", "-", 1000, 10)[[0, 9]] == pytest.approx([1, 1])


def test_the_report_of_an_annotation_shows_genes_and_tracks(folder):
    results, data = folder()
    write_genome(results)
    page = report(results, data, title="")[0]
    assert 'id="annotated"' in page and "linear map of alpha: genes, in a gene; +" in page
    assert "circular map of c1, 1 kb: genes; in a gene; +" in page and "circular map of c2" not in page
    assert "<td>genes</td>" in page and "41.7 %" in page  # 500 of 1,200 bases
    assert 'id="annotated"' not in report(results, data, title="", annotated=[])[0]


@pytest.mark.parametrize(
    "broken", [{"genes": "c1\tr\tCDS\tx\t4\n"}, {"genes": "c1\tr\tCDS\tx\t4\t.\t+\t0\tID=1\n"}]
)
def test_files_that_are_not_so_are_refused(tmp_path, broken):
    with pytest.raises(InputError, match="row 5"):
        read_annotated(write_genome(tmp_path, **broken))
    with pytest.raises(InputError, match="no genes and no tracks"):
        read_annotated(tmp_path / "nowhere")


marks = st.builds(
    Mark, st.integers(1, 5000), st.integers(1, 5000), st.sampled_from("+-."),
    st.sampled_from(["call", "candidate", "mutation"]), st.sampled_from(["", "mecA", "a" * 40]),
    st.just("<b>"),
).map(lambda mark: mark._replace(end=mark.start + mark.end))  # fmt: skip


@given(st.lists(marks, max_size=30), st.integers(1, 10_000))
def test_a_circular_map_is_sound_and_says_all_its_labels(found, length):
    drawn = circular_map("c<1>", length, found)
    tree = ElementTree.fromstring(drawn)
    spoken = tree.get("aria-label") or ""
    assert spoken.count("mecA") == sum(mark.label == "mecA" for mark in found)
    outlines = "".join(path.get("d", "") for path in tree.iter("path"))
    numbers = [float(number) for number in re.findall(r"-?\d+\.\d+", outlines)]
    assert all(-1 <= number <= 2000 for number in numbers)


@given(st.lists(st.floats(-200, 800), max_size=20).map(sorted))
def test_labels_do_not_cover_each_other(wanted):
    placed = spread(wanted, LABEL, 12, 12 + LABEL * 25)
    assert all(b - a >= LABEL - 1e-6 for a, b in pairwise(placed))
    assert all(12 - 1e-6 <= place <= 12 + LABEL * 25 + 1e-6 for place in placed)


def test_circular_contigs_with_a_call_have_a_ring(folder):
    results, data = folder(genes=[gene(kind="gene", nearest_gene=f"tet{EVIL}"),
                                  gene(status="candidate", start=4000, end=4900, orf_id="x")])  # fmt: skip
    path = results / "genomes/alpha/calls.parquet"
    calls = Calls.load(path)
    Calls(calls.table, calls.meta | {"circular": ["ctg1", "ctg2"]}).save(path)
    page = report(results, data, title="", genome="alpha")[0]
    assert page.count('class="ring" style') == 1 and "circular map of ctg1, 8 kb" in page and EVIL not in page
