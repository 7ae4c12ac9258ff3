"""baseline: the same test rows for every method, and clear words for what cannot be trained."""

from __future__ import annotations

import numpy as np
import pytest

from riboswitch.data.records import Record, Records
from riboswitch.errors import InputError, UsageError
from riboswitch.steps.baseline import baseline
from riboswitch.steps.split import split


def test_every_method_predicts_the_test_rows_of_every_repeat(learned):
    records, _, halves, _ = learned
    made = baseline(records, halves, kind="multiclass", targets=["drug_class"])
    assert made.methods == ["best_hit", "kmer_linear", "neighbours"]
    for (repeat, _), rows in made.table.groupby(["repeat", "method"]):
        assert rows["id"].tolist() == [records.ids[i] for i in halves.rows("test", repeat)]


def test_an_unknown_method_is_refused_with_the_choices(learned):
    records, _, halves, _ = learned
    with pytest.raises(UsageError, match=r"no such method; found 'forest'\. Choose of best_hit, kmer_linear"):
        baseline(records, halves, kind="multiclass", targets=["drug_class"], methods=["best_hit", "forest"])


@pytest.mark.parametrize("some", [True, False])
def test_a_target_without_labels_in_training_is_named(learned, some):
    records, _, halves, _ = learned
    labels = np.full(len(records), np.nan)
    labels[halves.rows("test", 1)] = 1.0 if some else np.nan
    table = records.table.assign(y=np.arange(len(records)), z=labels)
    two = Records(table, records.rejected, records.read, records.meta)
    with pytest.raises(
        InputError, match=r"no training row of repeat \d has a label of this target; found 'z'"
    ):
        baseline(two, halves, kind="regression", targets=["y", "z"])


def test_positions_are_answered_one_by_one():
    """The label of a position says whether the letter before it is G."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(1, 31):
        text = "".join(rng.choice([*"ACGT"], 20))
        labels = "." + "".join("y" if letter == "G" else "n" for letter in text[:-1])
        rows.append(Record(number, f"r{number}", {"sequence": text}, {"after": labels}))
    records = Records.collect(rows, ["sequence"], modality="sequence")
    parts = split(records, "random", repeats=2)
    made = baseline(records, parts, kind="per_position", targets=["after"])
    assert made.methods == ["window_linear"]
    rows = made.table[made.table["repeat"] == 0]
    held = [records.ids[i] for i in parts.rows("test", 0)]
    assert rows["id"].tolist() == [f"{i}:{n}" for i in held for n in range(1, 21)]
    told = rows[rows["y_after"].notna()]
    assert (told[made.task.columns].idxmax(axis=1).str[-1] == told["y_after"]).all()
