"""Flow and scatter: each row and each point is drawn, to scale."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from riboswitch.drawing.flow import HEIGHT, LEAST, Stage, flow
from riboswitch.drawing.scatter import KEY, scatter


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=6))
def test_bars_are_as_high_as_their_numbers_and_stay_in_the_picture(numbers):
    numbers = sorted(numbers, reverse=True)
    drawn = ET.fromstring(flow("rows", [Stage(f"step {i}", n, "lost") for i, n in enumerate(numbers)]))
    room = float(drawn.get("viewBox").split()[3])
    heights = []
    for bar in drawn.iter("polygon"):
        ys = [float(corner.split(",")[1]) for corner in bar.get("points").split()]
        assert min(ys) >= 0 and max(ys) <= room
        if bar.get("class") == "stage":
            heights.append(max(ys) - min(ys))
    for number, height in zip(numbers, heights, strict=True):
        expected = max(HEIGHT * number / numbers[0], LEAST) if number else 0
        assert abs(height - expected) < 0.11
    assert all(f"{number:,}" in "".join(drawn.itertext()) for number in numbers)


def test_what_is_lost_is_named_where_something_is_lost():
    drawn = str(flow("rows", [Stage("read", 9, "2 rejected"), Stage("ranked", 7, "0 <b>"), Stage("kept", 7)]))
    assert drawn.count("2 rejected") == 2 and "0 &lt;b&gt;" not in drawn and "<b>" not in drawn


@given(st.dictionaries(st.sampled_from(["training", "library", "hits"]),
                       st.lists(st.tuples(st.integers(0, 620), st.integers(0, 440)))))  # fmt: skip
def test_every_point_is_a_dot_of_its_group(groups):
    drawn = ET.fromstring(scatter("map", groups))
    for name, points in groups.items():
        paths = [p.get("d") for p in drawn.iter("path") if p.get("class") == f"dots {name}"]
        found = [tuple(map(int, dot)) for path in paths for dot in re.findall(r"M(\d+) (\d+)h0", path)]
        assert found == [(x, y + KEY) for x, y in points]
