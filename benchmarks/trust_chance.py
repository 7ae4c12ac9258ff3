"""Networks that learned shuffled labels, on every task, as a scorecard judges them: they must be at chance.

A network that knows nothing of the test rows scores the same with their labels in any order. More would show
that labels of test rows reach the training somewhere in the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trust_tasks import EPOCHS, GROUP, METHOD, TASKS, Trial, trial

import riboswitch

if TYPE_CHECKING:
    from trust import Bench

DESIGN = {"folds": 5, "repeats": 1, "bootstrap": 100}


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    """How many of the splits have shuffled labels above chance, and the gain over chance on each."""
    found = {name: _chances(trial(name, bench.data, bench.work / "chance")) for name in TASKS}
    above = [case for of in found.values() for case in of.values() if case["verdict"] == "above chance"]
    judged = [case for of in found.values() for case in of.values() if case["verdict"] != "not evaluable"]
    return {"shuffled_splits": len(judged), "shuffled_above_chance": len(above)}, found


def _chances(one: Trial) -> dict[str, Any]:
    """The verdict on shuffled labels by split: rows by chance, and whole groups."""
    records = one.labelled()
    grouping = "column" if GROUP in records.table else METHOD[one.modality]
    how = {"encoding": one.window(records), "network": one.head}
    card = riboswitch.scorecard(
        records, kind=one.kind, targets=["y"], split_by=["random", grouping],
        column=[GROUP] if grouping == "column" else [], rivals=["shuffled"], design=DESIGN,
        settings={"epochs": EPOCHS}, **how,
    )  # fmt: skip
    return {name: about["chance"] for name, about in card.facts["splits"].items()}
