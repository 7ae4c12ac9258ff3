"""A search for settings: trials that are kept in a file, pruned, and go on where they were."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riboswitch.errors import InputError, UsageError
from riboswitch.learning.training_state import State
from riboswitch.learning.tuning.space import Space, drawn

STARTUP = 5  # trials before pruning and before the sampler learns
WARMUP = 3  # epochs that a trial is left alone

Objective = Callable[[Mapping[str, dict[str, Any]], "Watcher"], float]
"""From settings by part to a validation loss; the watcher is told of each epoch and may end the trial."""


class Watcher:
    """Tells the search the loss of each epoch; in the place of a `Checkpoint`."""

    def __init__(self, trial: Any):
        self.trial, self._told = trial, 0

    @contextmanager
    def keep(self, state: State) -> Iterator[Callable[[], None]]:
        """Yield a hook for the training loop."""

        def hook() -> None:
            if len(state.history) > self._told:
                self._told = len(state.history)
                self.trial.report(state.best.loss, self._told)
                if self.trial.should_prune():
                    raise _optuna().TrialPruned

        yield hook


@dataclass(frozen=True)
class Outcome:
    """What a search found.

    Attributes
    ----------
    chosen : dict
        Settings by part: those with the lowest validation loss.
    loss, first_loss : float
        Their validation loss, and that of the settings before tuning.
    counts : dict
        Trials that were ``complete``, ``pruned`` and ``failed``; ``asked`` for.
    """

    chosen: dict[str, dict[str, Any]]
    loss: float
    first_loss: float
    counts: dict[str, int]


def search(
    objective: Objective,
    space: Space,
    first: Mapping[str, Any],
    identity: Mapping[str, Any],
    *,
    trials: int,
    minutes: float | None,
    journal: Path | None,
    seed: int,
) -> Outcome:
    """Try settings, those before tuning first, and return the best.

    The sampler is the tree-structured Parzen estimator (Bergstra et al., NIPS 2011), with a seed for each
    trial: a search that was stopped goes on as if it had not been. Trials above the median loss of others at
    their epoch are pruned.

    Parameters
    ----------
    objective : callable
    space : Space
    first : mapping
        Values of the space before tuning.
    identity : mapping
        What the search depends on. Another one is another search, also in the same journal.
    trials : int
        Trials in all; those in the journal count.
    minutes : float, optional
        No trial begins after this time.
    journal : path, optional
        A file that keeps the trials. Several processes may share it; their results depend on who was first.
    seed : int

    Raises
    ------
    UsageError
        If Optuna is not installed.
    InputError
        If no trial had a loss.
    """
    study, began = _study(journal, identity), time.monotonic()
    while (finished := len(_finished(study))) < trials:
        if minutes is not None and finished and time.monotonic() - began > 60 * minutes:
            break
        study.sampler = _sampler(seed + finished)
        if not finished and not study.trials:
            study.enqueue_trial(dict(first))
        study.optimize(lambda trial: objective(drawn(space, trial), Watcher(trial)), n_trials=1,
                       catch=(InputError, FloatingPointError))  # fmt: skip
    return _outcome(study, trials)


def _study(journal: Path | None, identity: Mapping[str, Any]) -> Any:
    optuna = _optuna()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    name = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    storage = None
    if journal is not None:
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

        storage = JournalStorage(JournalFileBackend(str(journal), JournalFileOpenLock(str(journal))))
    pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=WARMUP)
    return optuna.create_study(storage=storage, study_name=name, pruner=pruner, load_if_exists=True)


def _sampler(seed: int) -> Any:
    return _optuna().samplers.TPESampler(seed=seed, n_startup_trials=STARTUP)


def _finished(study: Any) -> list[Any]:
    return [trial for trial in study.trials if trial.state.is_finished()]


def _outcome(study: Any, asked: int) -> Outcome:
    states = _optuna().trial.TrialState
    done = [t for t in _finished(study) if t.state == states.COMPLETE]
    if not done:
        raise InputError("no trial had a loss: training diverged with all settings",
                         hint="Allow lower learning rates in --space.")  # fmt: skip
    best = min(done, key=lambda trial: (trial.value, trial.number))
    counts = {name: sum(t.state == state for t in _finished(study))
              for name, state in (("complete", states.COMPLETE), ("pruned", states.PRUNED),
                                  ("failed", states.FAIL))}  # fmt: skip
    chosen: dict[str, dict[str, Any]] = {}
    for name, value in best.params.items():
        part, _, setting = name.partition(".")
        chosen.setdefault(part, {})[setting] = value
    first = min(_finished(study), key=lambda trial: trial.number)
    loss = first.value if first.state == states.COMPLETE else float("nan")
    return Outcome(chosen, float(best.value), float(loss), counts | {"asked": asked})


def _optuna() -> Any:
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise UsageError("tuning needs Optuna, which is not installed",
                         hint="pip install 'riboswitch[tune]'") from error  # fmt: skip
    return optuna
