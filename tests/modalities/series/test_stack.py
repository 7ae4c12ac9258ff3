"""The kernel of series: scale and shift of a channel do not matter, gaps are means, arrays go round."""

from __future__ import annotations

import numpy as np
import pytest

from riboswitch.data.task import Task
from riboswitch.errors import BundleError
from riboswitch.modalities.series.summary_kernel import SummaryKernel

from .test_network import arrays_of, many

NUMBER = Task("regression", ("y",))


def levels(series):
    return np.array([[np.nanmean(one[:, 1])] for one in series])


def fitted(series, labels, task=NUMBER):
    rows = np.arange(len(series))
    return SummaryKernel.fit(arrays_of(series), rows, labels, np.ones(len(rows)), task, seed=0)


def said(kernel, series):
    return kernel.predict(arrays_of(series), np.arange(len(series)))


def test_the_level_of_a_channel_is_learned():
    series = many(80)
    found = said(fitted(series[:60], levels(series[:60])), series[60:])
    assert np.corrcoef(found[:, 0], levels(series[60:])[:, 0])[0, 1] > 0.9


def test_scale_and_shift_of_a_channel_do_not_matter():
    series = many(40)
    moved = [one * np.float32([1, 4, 8]) + np.float32([0, 16, -32]) for one in series]
    found = [said(fitted(each, levels(series)), each) for each in (series, moved)]
    np.testing.assert_allclose(*found, atol=1e-3)


def test_the_order_of_the_asked_does_not_matter():
    series = many(30)
    kernel = fitted(series, levels(series))
    np.testing.assert_allclose(said(kernel, series[::-1])[::-1], said(kernel, series), atol=1e-9)


def test_a_channel_that_is_never_measured_is_answered():
    series = many(30)
    gone = series[0].copy()
    gone[:, 2] = np.nan
    assert np.isfinite(said(fitted(series, levels(series)), [gone])).all()


def test_arrays_go_round_and_damaged_ones_are_refused():
    series = many(30)
    classes = Task("multiclass", ("y",), ("low", "high"))
    kernel = fitted(series, (levels(series) > 3).astype(float), classes)
    again = SummaryKernel.from_tensors(kernel.tensors(), classes)
    np.testing.assert_array_equal(said(again, series), said(kernel, series))
    np.testing.assert_allclose(said(kernel, series).sum(1), 1)
    for name, value in {"scale": kernel.scale * 0, "centre": kernel.centre[:3],
                        "width": kernel.kernel.width * np.nan}.items():  # fmt: skip
        with pytest.raises(BundleError, match="arrays of the kernel do not fit together"):
            SummaryKernel.from_tensors(kernel.tensors() | {name: value}, classes)
