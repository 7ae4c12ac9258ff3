"""Plain methods on profiles find what is linear, and see nothing of new rows."""

from __future__ import annotations

import numpy as np
import pytest

from riboswitch.data.task import Task
from riboswitch.learning.base_learners.baselines import offered_baselines
from riboswitch.modalities.profile import baselines as part
from riboswitch.modalities.profile.group import group

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 5)).astype(np.float32)
SCORE = 2 * X[:, 0] - X[:, 1]


def inputs(rows, batch=np.nan):
    return {"profile": [np.append(row, np.float32(batch)) for row in rows]}


@pytest.mark.parametrize("name", ["ridge", "elastic_net"])
def test_linear_models_find_a_linear_rule(name):
    method, train, new = part.BASELINES[name], inputs(X[:60]), inputs(X[60:])
    task = Task("regression", ("y",))
    found = method(train, SCORE[:60, None], new, task, seed=0)[:, 0]
    assert np.corrcoef(found, SCORE[60:])[0, 1] > 0.99
    task = Task("multiclass", ("y",), ("low", "high"))
    found = method(train, (SCORE[:60, None] > 0) * 1.0, new, task, seed=0)
    assert ((found[:, 1] > 0.5) == (SCORE[60:] > 0)).mean() >= 0.8


def test_cox_finds_who_is_at_risk():
    time = np.exp(-SCORE)
    labels = np.stack([time, (np.arange(80) % 4 > 0) * 1.0], 1)
    task = Task("survival", ("t", "e"))
    found = part.SURVIVAL_BASELINES["cox"](inputs(X[:60]), labels[:60], inputs(X[60:]), task, seed=0)[:, 0]
    assert np.corrcoef(found, SCORE[60:])[0, 1] > 0.9
    methods = offered_baselines(part, task)
    assert [*methods] == ["cox", "mean", "nearest", "ridge", "elastic_net", "forest"]
    found = methods["ridge"](inputs(X[:60]), labels[:60], inputs(X[60:]), task, seed=0)[:, 0]
    assert np.corrcoef(found, SCORE[60:])[0, 1] > 0.7


def test_batches_are_centred_and_gaps_are_means():
    shifted = {"profile": inputs(X[:40], 0)["profile"] + inputs(X[:40] + 9, 1)["profile"]}
    train, _ = part.scaled(shifted, shifted)
    np.testing.assert_allclose(train[:40], train[40:], atol=1e-4)
    gap = X[:1].copy()
    gap[0, 2] = np.nan
    assert part.scaled(inputs(X), inputs(gap))[1][0, 2] == 0


def test_profiles_that_rise_and_fall_alike_are_together():
    base = RNG.normal(size=(3, 50))
    rows = np.concatenate([base + 0.05 * RNG.normal(size=(3, 50)) for _ in range(3)]).astype(np.float32)
    labels = group(inputs(rows), "correlation", cutoff=0.9)
    assert len({*labels}) == 3 and labels[:3] == labels[3:6] == labels[6:]
    assert len({*group(inputs(rows), "random")}) == 9
