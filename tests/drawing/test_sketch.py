"""Sketches: paths hold each line once, letters stay text, and a page draws what was packed."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from riboswitch.drawing.sketch import Label, Sketch, filled, joined, shrunk, stroked

POINTS = st.tuples(st.integers(-50, 50), st.integers(-50, 50))
LINES = st.lists(st.tuples(POINTS, POINTS).filter(lambda line: line[0] != line[1]), max_size=12)
NUMBER = re.compile(r"-?\d+")


def drawn(path):
    """The lines of a path of relative moves."""
    found, here = [], (0, 0)
    for stroke in filter(None, path.split("m")):
        steps = list(map(int, NUMBER.findall(stroke)))
        first = True
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            point = here[0] + dx, here[1] + dy
            if not first:
                found.append(frozenset((here, point)))
            here, first = point, False
    return found


@given(LINES)
def test_a_path_holds_each_line_once(lines):
    wanted = dict.fromkeys(lines)
    assert sorted(map(sorted, drawn(stroked(lines)))) == sorted(sorted(frozenset(line)) for line in wanted)


@given(st.lists(st.integers(-(10**6), 10**6)))
def test_numbers_can_be_told_apart(numbers):
    assert list(map(int, NUMBER.findall(joined(numbers)))) == numbers


def test_a_chain_is_one_stroke():
    assert stroked([((0, 0), (5, 5)), ((10, 0), (5, 5)), ((10, 0), (15, 5))]).count("m") == 1
    assert filled([(1, 2), (3, 4), (5, -6)]) == "M1 2 3 4 5-6z"


def test_letters_are_raised_and_lowered():
    sketch = Sketch(40, 20, "m0 0 5 5", "M0 0 1 1 2 0z", (Label(3, 9, True, "N", "NH_3^+"),))
    text = ET.fromstring(sketch.svg("x", 1, 90, 90)).find("text")
    assert "".join(text.itertext()) == "NH3+" and text.get("text-anchor") == "end"
    heights = [int(part.get("dy", 0)) for part in text.iter("tspan")]
    assert heights[0] > 0 > sum(heights)
    assert sketch.packed() == [40, 20, "m0 0 5 5", "M0 0 1 1 2 0z", "3 9 1N NH_3^+"]


@given(st.integers(1, 900), st.integers(1, 900), st.floats(0.1, 2))
def test_a_sketch_fits_where_it_should(width, height, scale):
    shown = shrunk(Sketch(width, height, "", "", ()), scale, 180, 130)
    assert shown <= scale and width * shown <= 180 + 1e-6 and height * shown <= 130 + 1e-6
