"""A search: the best of all trials, the same when it goes on, and never worse than where it began."""

from __future__ import annotations

import sys

import pytest

from riboswitch.errors import InputError, UsageError
from riboswitch.learning.tuning.study import search

SPACE = {
    "settings.learning_rate": {"low": 1e-4, "high": 1.0, "log": True},
    "network.hidden": {"choices": [4, 8]},
}
FIRST = {"settings.learning_rate": 0.9, "network.hidden": 4}


class State:
    """A training that has finished some epochs, each with the same loss."""

    def __init__(self, loss):
        self.history, self.best = [], self
        self.loss = loss


def objective(tried, fails=()):
    def loss(chosen, watcher):
        rate, hidden = chosen["settings"]["learning_rate"], chosen["network"]["hidden"]
        tried.append((rate, hidden))
        if len(tried) in fails:
            raise InputError("training diverged")
        value = abs(rate - 0.01) + (0.1 if hidden == 4 else 0.0)
        state = State(value)
        with watcher.keep(state) as hook:
            for _ in range(6):
                state.history.append({"valid_loss": value})
                hook()
        return value

    return loss


def run(tried, journal=None, trials=15, fails=(), **more):
    how = {"trials": trials, "minutes": None, "journal": journal, "seed": 0} | more
    return search(objective(tried, fails), SPACE, FIRST, {"data": "x"}, **how)


def test_the_best_is_found_and_the_first_is_where_it_began():
    tried = []
    found = run(tried)
    assert tried[0] == (0.9, 4) and found.first_loss == pytest.approx(0.99)
    assert found.loss < 0.1 and found.chosen["network"]["hidden"] == 8
    counts = dict(found.counts)
    assert counts.pop("asked") == 15 == sum(counts.values()) and counts["pruned"] > 0


def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path):
    whole, parts = [], []
    expected = run(whole)
    for trials in (1, 4, 9, 15, 15):
        found = run(parts, tmp_path / "journal", trials)
    assert parts == whole and found == expected


def test_another_search_in_the_same_journal_is_another(tmp_path):
    tried = []
    run(tried, tmp_path / "journal", 3)
    search(objective(tried), SPACE, FIRST, {"data": "y"}, trials=3, minutes=None,
           journal=tmp_path / "journal", seed=0)  # fmt: skip
    assert len(tried) == 6


def test_trials_that_diverge_are_counted_and_if_all_do_it_is_said():
    found = run([], trials=6, fails=(2, 3))
    assert found.counts["failed"] == 2
    with pytest.raises(InputError, match="diverged with all settings"):
        run([], trials=3, fails=(1, 2, 3))


def test_no_trial_begins_after_the_time():
    found = run([], trials=50, minutes=0.0)
    assert sum(found.counts[n] for n in ("complete", "pruned", "failed")) == 1


def test_without_optuna_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match="Optuna, which is not installed"):
        run([])
