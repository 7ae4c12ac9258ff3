"""Noise of labels, and the best score that it allows: known worlds, and oracles for the statistics."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from riboswitch.data.curation import curate
from riboswitch.data.merging import CURATION_COLUMNS, read_curation
from riboswitch.data.predictions import Predictions
from riboswitch.data.records import Record, Records
from riboswitch.data.task import Task
from riboswitch.errors import InputError
from riboswitch.evaluation.metrics_schema import metrics_problem
from riboswitch.evaluation.noise import Replicates, class_noise, number_noise, replicates
from riboswitch.io.table_writer import write_text_table
from riboswitch.steps import evaluate as step
from riboswitch.steps.evaluate import evaluate

RANDOM = np.random.default_rng(7)
START = RANDOM.bit_generator.state
INPUTS = 600


@pytest.fixture(autouse=True)
def same_numbers_in_every_test() -> None:
    RANDOM.bit_generator.state = START


def near(made: dict[str, Any], metric: str, most: float) -> bool:
    """Whether the model reached the ceiling of a metric, whose interval is narrow."""
    best, reached = made["noise"]["ceiling"][metric], made["methods"]["network"][metric]["mean"]
    width = best["high"] - best["low"]
    return abs(reached - best["best"]) < width < most and best["low"] < best["best"] < best["high"]


def curated(labels: dict[str, list[Any]], kind: str, **options: Any) -> Records:
    """Records of inputs that have these labels, in the column y."""
    rows = [(name, label) for name, several in labels.items() for label in several]
    stream = [Record(i, f"r{i}", {"molecule": name}, {"y": y}, "f") for i, (name, y) in enumerate(rows, 1)]
    return curate(Records.collect(stream, ["molecule"]), lambda c: str(c["molecule"]), targets=["y"],
                  kind=kind, **options)  # type: ignore[arg-type]  # fmt: skip


def found(
    records: Records, task: Task, best: dict[str, Any], repeats: int = 1, **options: Any
) -> dict[str, Any]:
    """The metrics of a model that gives the best answer to each input."""
    outputs = np.array([best[name] for name in records.table["molecule"]], dtype=float)
    labels, groups = task.labels(records.table), np.arange(len(records)) // 3
    parts = [Predictions.build(task, records.ids, groups, repeat, "test", "network", labels,
                               outputs.reshape(len(outputs), -1)) for repeat in range(repeats)]  # fmt: skip
    return evaluate(Predictions.concat(parts), bootstrap=0, curation=records.curation, **options)


def measured(values: Any, make: Any, again: float = 0.3) -> dict[str, list[Any]]:
    """Each input once, and some of them two or three times."""
    times = 1 + (RANDOM.random(len(values)) < again) * RANDOM.integers(1, 3, len(values))
    return {
        f"m{i}": [make(value) for _ in range(n)]
        for i, (value, n) in enumerate(zip(values, times, strict=True))
    }


@pytest.mark.parametrize("conflicts", ["mean", "first"])
def test_the_truth_scores_what_the_ceiling_of_numbers_says(conflicts: str) -> None:
    truth = RANDOM.normal(size=INPUTS)
    records = curated(measured(truth, lambda t: t + RANDOM.normal(0, 0.5)), "regression", conflicts=conflicts)
    made = found(records, Task("regression", ("y",)), {f"m{i}": t for i, t in enumerate(truth)})
    noise = made["noise"]["targets"]["y"]
    assert noise["sd_low"] < 0.5 < noise["sd_high"] and noise["sd_high"] < 0.6
    for metric in ("rmse", "mae", "r2", "spearman"):
        assert near(made, metric, 0.15), metric
    assert metrics_problem(json.loads(json.dumps(made))) == ""


@pytest.mark.parametrize("conflicts", ["reject", "first"])
def test_the_truth_scores_what_the_ceiling_of_two_classes_says(conflicts: str) -> None:
    p = RANDOM.beta(0.3, 0.7, INPUTS * 2)
    records = curated(measured(p, lambda q: float(RANDOM.random() < q)), "binary", conflicts=conflicts)
    made = found(records, Task("binary", ("y",)), {f"m{i}": q for i, q in enumerate(p)})
    for metric in ("auroc", "ap", "brier"):
        assert near(made, metric, 0.2), metric
    assert made["noise"]["ceiling"]["auroc"]["high"] < 0.98
    kept = records.table["y"].to_numpy()
    hits = np.mean((p[records.table["molecule"].str[1:].astype(int)] >= 0.5) == kept)
    accuracy = made["noise"]["ceiling"]["accuracy"]
    assert accuracy["low"] < hits < accuracy["high"]


def test_the_truth_scores_what_the_ceiling_of_several_classes_says() -> None:
    p = RANDOM.dirichlet([0.2, 0.3, 0.5], INPUTS)
    records = curated(measured(p, lambda q: "abc"[RANDOM.choice(3, p=q)]), "multiclass")
    task = Task("multiclass", ("y",), ("a", "b", "c"))
    made = found(records, task, {f"m{i}": q for i, q in enumerate(p)}, repeats=2)
    for metric in ("accuracy", "macro_auroc", "brier"):
        assert near(made, metric, 0.2), metric


def test_labels_without_noise_allow_everything() -> None:
    truth = RANDOM.normal(size=100)
    records = curated({f"m{i}": [t, t] for i, t in enumerate(truth)}, "regression")
    made = found(records, Task("regression", ("y",)), {f"m{i}": 0.0 for i in range(100)})
    noise = made["noise"]["targets"]["y"]
    assert (noise["sd"], noise["identical_inputs"]) == (0.0, 100) and "sd_without_identical" not in noise
    assert {m: v["best"] for m, v in made["noise"]["ceiling"].items()} == {
        "mae": 0.0, "pearson": 1.0, "r2": 1.0, "rmse": 0.0, "spearman": 1.0,
    }  # fmt: skip


def test_labels_of_noise_alone_allow_nothing() -> None:
    noise = RANDOM.normal(size=(300, 2))
    records = curated({f"m{i}": list(pair) for i, pair in enumerate(noise)}, "regression", conflicts="first")
    made = found(records, Task("regression", ("y",)), {f"m{i}": 0.0 for i in range(300)})
    assert made["noise"]["ceiling"]["r2"]["best"] < 0.1


def test_few_replicates_are_refused_with_the_reason() -> None:
    task = Task("binary", ("y",))
    few = curated({f"m{i}": [i % 2] * (1 + (i < 9)) for i in range(40)}, "binary")
    of_one = curated({f"m{i}": [1, 1] if i < 20 else [i % 2] for i in range(60)}, "binary")
    for records, reason in ((few, "9 inputs have several labels, fewer than 10"), (of_one, "of one class")):
        made = found(records, task, {f"m{i}": 0.5 for i in range(60)})
        assert reason in made["noise"]["targets"]["y"]["reason"] and "ceiling" not in made["noise"]
        assert metrics_problem(json.loads(json.dumps(made))) == ""


def test_no_disagreement_among_few_does_not_mean_none() -> None:
    records = curated({f"m{i}": [i % 2] * 2 for i in range(30)}, "binary")
    made = found(records, Task("binary", ("y",)), {f"m{i}": i % 2 for i in range(30)})
    noise = made["noise"]["targets"]["y"]
    assert noise["disagreement"] == 0 and 0.02 < noise["disagreement_high"] < 0.2
    assert 0.9 < made["noise"]["ceiling"]["auroc"]["low"] < 1.0


pairs = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=30)


@given(pairs)
def test_the_deviation_of_pairs_is_that_of_their_differences(rows: list[tuple[int, int]]) -> None:
    both = Replicates(np.repeat(np.arange(len(rows)), 2), np.array(rows, float).ravel())
    noise = number_noise(both, 50, np.random.default_rng(0))
    assert noise.sd == pytest.approx(np.sqrt(np.mean([(a - b) ** 2 for a, b in rows]) / 2))
    assert (noise.residuals**2).mean() == pytest.approx(1.0 if noise.sd else 0.0)
    assert both.identical().sum() == sum(a == b for a, b in rows)
    assert noise.draws.min() >= 0 and len(noise.draws) == 50


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=30))
def test_agreement_beyond_chance_of_pairs_is_that_of_scikit_learn(rows: list[tuple[int, int]]) -> None:
    a, b = np.array(rows).T
    noise = class_noise(Replicates(np.repeat(np.arange(len(rows)), 2), np.array(rows, float).ravel()), 50,
                        np.random.default_rng(0))  # fmt: skip
    assert noise.disagreement == pytest.approx(np.mean(a != b))
    if noise.by_chance > 0:
        pi = cohen_kappa_score([*a, *b], [*b, *a])  # of both orders: Scott's pi
        assert noise.beyond_chance(noise.disagreement) == pytest.approx(max(pi, 0.0), abs=1e-9)


def test_each_target_is_on_its_own() -> None:
    rows = [
        (f"m{i}", RANDOM.normal(), RANDOM.normal() if i < 3 else None) for i in range(20) for _ in range(2)
    ]
    stream = [Record(i, f"r{i}", {"molecule": m}, {"y": y, "z": z}, "f") for i, (m, y, z) in enumerate(rows)]
    records = curate(Records.collect(stream, ["molecule"]), lambda c: str(c["molecule"]), targets=["y", "z"],
                     kind="regression")  # fmt: skip
    task = Task("regression", ("y", "z"))
    made = found(records, task, {f"m{i}": [0.0, 0.0] for i in range(20)})["noise"]
    assert "ceiling" in made["targets"]["y"] and "fewer" in made["targets"]["z"]["reason"]
    assert "ceiling" not in made  # a mean over both targets is not known


def test_a_class_that_no_record_has_any_more_still_counts() -> None:
    records = curated({"m1": ["a", "odd"], "m2": ["a", "a"], "m3": ["b"]}, "multiclass")
    assert records.curation is not None
    known = replicates(records.curation, Task("multiclass", ("y",), ("a", "b")), "y")
    assert known.labels.tolist() == [0, 2, 0, 0] and known.sizes == {"r3": 2} and known.must_agree


def test_the_command_reads_what_parse_wrote(tmp_path: Any) -> None:
    truth = RANDOM.normal(size=60)
    records = curated({f"=m{i}": [t, t + 0.1] for i, t in enumerate(truth)}, "regression")
    assert records.curation is not None
    write_text_table(records.curation, tmp_path / "curation.tsv", "\t")
    pd.testing.assert_frame_equal(read_curation(tmp_path / "curation.tsv"), records.curation)
    task = Task("regression", ("y",))
    Predictions.build(task, records.ids, range(60), 0, "test", "network", task.labels(records.table),
                      truth[:, None]).save(tmp_path / "p.parquet")  # fmt: skip
    for name in ("one.json", "two.json"):
        step.command(
            [tmp_path / "p.parquet"], output=tmp_path / name, bootstrap=0, curation=tmp_path / "curation.tsv"
        )
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert json.loads((tmp_path / "one.json").read_text())["noise"]["targets"]["y"]["sd"] == pytest.approx(
        0.0707, 1e-2
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\tb\n1\t2\n", "not a table of curation"),
        (
            "\t".join(CURATION_COLUMNS) + "\ny\tr1\tf\tone\tr1\t1.0\tyes\tkept\t1.0\n",
            "not a table of curation",
        ),
        (
            "\t".join(CURATION_COLUMNS) + "\ny\tr1\tf\t1\tr1\t1.0\tyes\tlost\t1.0\n",
            "row 1: fate is none of kept",
        ),
    ],
)
def test_other_tables_are_refused(tmp_path: Any, text: str, told: str) -> None:
    (tmp_path / "c.tsv").write_text(text)
    with pytest.raises(InputError, match=told):
        read_curation(tmp_path / "c.tsv")
    with pytest.raises(InputError, match="no such file"):
        read_curation(tmp_path / "none.tsv")
