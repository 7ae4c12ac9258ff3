"""Learning curves: what the networks of the repeats say, drawn to scale."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bundles import small_bundle
from riboswitch.drawing.learning import HEIGHT, LEFT, TOP, WIDTH, Learned, learning_chart
from riboswitch.steps.report import report

LOSSES = st.lists(st.none() | st.floats(-5, 1e6), min_size=1, max_size=12)


@given(
    st.lists(
        st.builds(Learned, st.just("repeat 0"), LOSSES, LOSSES, st.none() | st.integers(1, 12)), max_size=4
    )
)
def test_all_points_lie_in_the_plot(runs):
    tree = ElementTree.fromstring(learning_chart("<a>", runs))
    for curve in tree.iter("polyline"):
        for x, y in (map(float, pair.split(",")) for pair in curve.get("points").split()):
            assert x >= LEFT - 1 and TOP - 1 <= y <= TOP + HEIGHT + 1
    drawn = sum(any(v is not None for v in losses) for run in runs for losses in (run.train, run.valid))
    assert len([*tree.iter("polyline")]) == drawn


def test_the_kept_epoch_is_marked_where_it_is():
    drawn = learning_chart("a", [Learned("repeat 1", [3.0, 2.0, 1.0], [3.0, 1.5, 2.5], 2)])
    (dot,) = re.findall(r'<circle cx="([\d.]+)"', drawn)
    assert float(dot) == LEFT + WIDTH / 2 and "repeat 1: epoch 2 is kept" in drawn


def test_the_curves_of_the_repeats_stand_in_the_report(folder):
    results, data = folder()
    page = report(results, data, title="")[0]
    assert "loss by epoch" not in page
    history = [{"train_loss": 2.0, "valid_loss": 1.0}, {"train_loss": 1.0, "valid_loss": None}]
    network = small_bundle({"0.weight": np.zeros(1, np.float32)})
    network.header["members"][0] |= {"history": history, "epoch": 1}
    network.save(results / "solubility/members/repeat-0.safetensors")
    page = report(results, data, title="")[0]
    assert page.count("loss by epoch, networks: 1") == 1
