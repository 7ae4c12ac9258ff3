"""evaluate and the Predictions it reads."""

from __future__ import annotations

import json

import cyclopts
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as oracle

from riboswitch.data.predictions import Predictions
from riboswitch.data.task import Task
from riboswitch.errors import InputError, UsageError
from riboswitch.io.parquet import write_parquet
from riboswitch.io.strict_json import read_json
from riboswitch.steps import evaluate as step
from riboswitch.steps.evaluate import evaluate

BINARY = Task("binary", ("active",))
CLASSES = Task("multiclass", ("label",), ("alpha", "beta", "none", "rare"))
LOGS = Task("regression", ("logS",))
ROWS = 120


def ids(repeat=0, rows=ROWS):
    return [f"r{repeat}.{i:03d}" for i in range(rows)]


def groups(rows=ROWS, size=4):
    return [f"g{i // size}" for i in range(rows)]


def binary(method="network", repeat=0, strength=2.0, seed=0, thresholds=None, part="test"):
    truth = (np.arange(ROWS) % 3 == 0).astype(float)
    noise = np.random.default_rng([seed, repeat]).normal(size=ROWS)
    p = 1 / (1 + np.exp(-(strength * (truth - 0.5) + noise)))
    return Predictions.build(
        BINARY, ids(repeat), groups(), repeat, part, method, truth[:, None], p[:, None], thresholds
    )


def regression(method="network", repeat=0, noise=0.1):
    random = np.random.default_rng(repeat)
    truth = random.normal(size=(ROWS, 1))
    guess = truth + noise * random.normal(size=(ROWS, 1))
    return Predictions.build(LOGS, ids(repeat), groups(), repeat, "test", method, truth, guess)


def multiclass(method="network", repeat=0, strength=2.0):
    truth = np.array([*([0, 1, 2] * ROWS)[: ROWS - 2], 3, 3])
    random = np.random.default_rng([repeat, len(method)])
    raw = np.exp(random.normal(size=(ROWS, 4)) + strength * np.eye(4)[truth])
    p = raw / raw.sum(axis=1, keepdims=True)
    return Predictions.build(CLASSES, ids(repeat), groups(), repeat, "test", method, truth[:, None] * 1.0, p)


def several(make, methods, repeats=2):
    return Predictions.concat([make(m, r, **how) for m, how in methods.items() for r in range(repeats)])


def as_text(result):
    return json.dumps(result, sort_keys=True, allow_nan=False)


@pytest.fixture(scope="module")
def three():
    methods = {"network": {"strength": 3.0}, "best_hit": {"strength": 1.0}, "linear": {"strength": 0.2}}
    return several(multiclass, methods)


@pytest.fixture(scope="module")
def judged(three):
    return evaluate(three, bootstrap=200)


# Predictions


def test_build_names_the_classes_and_keeps_gaps():
    labels = np.array([[2.0], [np.nan]])
    made = Predictions.build(CLASSES, ["a", "b"], [1, 2], 0, "new", "network", labels, np.full((2, 4), 0.25))
    assert made.table["y_label"].tolist()[0] == "none"
    assert made.table["y_label"].isna().tolist() == [False, True]
    assert made.labels.tolist()[0] == [2.0]


@pytest.mark.parametrize("make", [binary, regression, multiclass])
def test_saved_predictions_come_back_byte_for_byte(make, tmp_path):
    made = make()
    made.save(tmp_path / "one.parquet")
    back = Predictions.load(tmp_path / "one.parquet")
    back.save(tmp_path / "two.parquet")
    pd.testing.assert_frame_equal(back.table, made.table)
    assert back.task == made.task
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_unknown_labels_come_back_as_gaps(tmp_path):
    for task, width in [(BINARY, 1), (CLASSES, 4)]:
        made = Predictions.build(task, ["a"], ["g"], 0, "new", "m", None, np.full((1, width), 1 / width))
        made.save(tmp_path / "new.parquet")
        assert np.isnan(Predictions.load(tmp_path / "new.parquet").labels).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(p_active=np.nan), "not a finite number"),
        (lambda t: t.assign(p_active=1.5), "not within 0 to 1"),
        (lambda t: t.assign(p_active="high"), "not a number"),
        (lambda t: t.assign(part="holdout"), "part is none of"),
        (lambda t: t.assign(id="same"), "the same id, repeat and method"),
        (lambda t: t.assign(group=None), "is empty"),
        (lambda t: t.assign(repeat=0.5), "not a whole number"),
        (lambda t: t.assign(y_active=0.5), "neither 0 nor 1"),
        (lambda t: t.drop(columns="p_active"), "a column of the predictions is missing"),
    ],
)
def test_broken_tables_are_refused_with_the_file_named(change, message, tmp_path):
    table = change(binary().table)
    write_parquet(table, tmp_path / "bad.parquet", {"task": BINARY.to_dict()})
    with pytest.raises(InputError, match=message) as error:
        Predictions.load(tmp_path / "bad.parquet")
    assert "bad.parquet" in str(error.value)


def test_probabilities_that_do_not_sum_to_one_are_refused():
    with pytest.raises(InputError, match="do not sum to 1"):
        Predictions.build(CLASSES, ["a"], ["g"], 0, "test", "m", None, np.full((1, 4), 0.3))


def test_a_parquet_file_of_something_else_is_refused(tmp_path):
    write_parquet(binary().table, tmp_path / "other.parquet")
    with pytest.raises(InputError, match="not one of predictions"):
        Predictions.load(tmp_path / "other.parquet")


def test_a_target_named_like_a_column_is_refused():
    with pytest.raises(UsageError, match="another column"):
        Predictions.build(Task("regression", ("group",)), ["a"], ["g"], 0, "test", "m", None, np.ones((1, 1)))


def test_concat_merges_thresholds_and_refuses_another_task():
    both = Predictions.concat([binary(repeat=0, thresholds=[0.3]), binary(repeat=1, thresholds=[0.4])])
    assert [both.thresholds("network", r).tolist() for r in (0, 1, 2)] == [[0.3], [0.4], [0.5]]
    with pytest.raises(InputError, match="another task"):
        Predictions.concat([binary(), regression()])


# evaluate


def test_row_order_and_repeated_runs_give_the_same_bytes(three, judged):
    shuffled = Predictions(three.table.sample(frac=1, random_state=1, ignore_index=True), three.task)
    assert as_text(evaluate(shuffled, bootstrap=200)) == as_text(judged)


def test_another_seed_moves_intervals_but_no_values(three, judged):
    other = evaluate(three, bootstrap=200, seed=1)
    one, two = (r["methods"]["network"]["macro_f1"] for r in (judged, other))
    assert one["mean"] == two["mean"]
    assert one["low"] != two["low"]


def test_only_test_rows_count():
    rest = Predictions.concat([binary(), binary("best_hit", strength=0)])
    valid = binary(repeat=5, part="valid")
    assert evaluate(Predictions.concat([rest, valid]), bootstrap=20) == evaluate(rest, bootstrap=20)


def test_values_are_means_over_repeats(three, judged):
    found, each = judged["methods"]["network"]["accuracy"], []
    for repeat in (0, 1):
        rows = three.table[(three.table["method"] == "network") & (three.table["repeat"] == repeat)]
        best = np.array(CLASSES.classes)[rows[CLASSES.columns].to_numpy().argmax(axis=1)]
        each.append(oracle.accuracy_score(rows["y_label"], best))
    assert found["per_repeat"] == pytest.approx(dict(zip("01", each, strict=True)), rel=1e-5)
    assert found["mean"] == pytest.approx(np.mean(each), rel=1e-5)
    assert found["sd"] == pytest.approx(np.std(each, ddof=1), rel=1e-5)
    assert found["low"] <= found["mean"] <= found["high"]


def test_intervals_agree_with_a_bootstrap_that_copies_rows():
    made, random = binary(), np.random.default_rng(3)
    found = evaluate(made, bootstrap=2000)["methods"]["network"]["auroc"]
    truth, p = made.labels[:, 0].reshape(-1, 4), made.outputs[:, 0].reshape(-1, 4)
    drawn = [random.integers(len(truth), size=len(truth)) for _ in range(2000)]
    values = [oracle.roc_auc_score(truth[rows].ravel(), p[rows].ravel()) for rows in drawn]
    assert [found["low"], found["high"]] == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=0.01)


def test_the_same_rows_in_three_repeats_are_not_three_times_the_evidence():
    table = regression().table
    thrice = pd.concat([table.assign(repeat=r) for r in range(3)], ignore_index=True)
    one = evaluate(Predictions(table, LOGS), bootstrap=100)["methods"]["network"]["rmse"]
    three = evaluate(Predictions(thrice, LOGS), bootstrap=100)["methods"]["network"]["rmse"]
    assert (one["low"], one["high"]) == (three["low"], three["high"])


def test_copies_within_a_group_do_not_narrow_the_interval():
    table = regression().table.assign(group=ids())
    copies = pd.concat([table, table.assign(id=table["id"] + "b")], ignore_index=True)
    one = evaluate(Predictions(table, LOGS), bootstrap=100)["methods"]["network"]["mae"]
    two = evaluate(Predictions(copies, LOGS), bootstrap=100)["methods"]["network"]["mae"]
    assert (one["low"], one["high"]) == pytest.approx((two["low"], two["high"]), rel=1e-4)


def test_verdicts_honour_the_direction():
    found = evaluate(several(regression, {"network": {"noise": 0.1}, "mean": {"noise": 2.0}}), bootstrap=200)
    against = found["comparisons"]["mean"]
    assert {against[name]["verdict"] for name in ("rmse", "mae", "r2", "spearman")} == {"wins"}
    assert against["rmse"]["high"] < 0 < against["r2"]["low"]
    found = evaluate(several(regression, {"network": {"noise": 2.0}, "mean": {"noise": 0.1}}), bootstrap=200)
    assert found["comparisons"]["mean"]["rmse"]["verdict"] == "loses"


def test_a_method_ties_with_its_twin():
    twins = Predictions.concat([binary("network"), binary("twin")])
    against = evaluate(twins, bootstrap=50)["comparisons"]["twin"]
    assert {value["verdict"] for name, value in against.items() if name != "ece"} == {"ties"}
    assert {value["difference"] for value in against.values()} == {0.0}


def test_the_mean_of_all_methods_is_a_method():
    methods = {"network": {"noise": 1.0}, "forest": {"noise": 1.0}}
    both = several(regression, methods, repeats=1)
    mean = both.outputs[:ROWS] / 2 + both.outputs[ROWS:] / 2
    found = evaluate(both, bootstrap=0)["methods"]["mean_of_all"]["rmse"]["mean"]
    assert found == pytest.approx(oracle.root_mean_squared_error(both.labels[:ROWS], mean), rel=1e-5)
    assert "mean_of_all" not in evaluate(regression(), bootstrap=0)["methods"]


def test_saved_thresholds_are_used():
    made = binary(thresholds=[0.2])
    expected = oracle.matthews_corrcoef(made.labels[:, 0], made.outputs[:, 0] >= 0.2)
    found = evaluate(made, bootstrap=0)["methods"]["network"]["mcc"]["mean"]
    assert found == pytest.approx(expected, rel=1e-5)


def test_rare_classes_are_listed_but_not_evaluated(judged):
    *_, none, rare = judged["classes"]
    assert rare["status"] == "not evaluable"
    assert rare["reasons"] == {"0": "2 examples, fewer than 5", "1": "2 examples, fewer than 5"}
    assert rare["support"] == {"0": 2, "1": 2}
    assert "f1" not in rare
    assert none["status"] == "evaluable"
    assert {"precision", "recall", "f1"} <= none.keys()
    means = [row["f1"] for row in judged["classes"] if "f1" in row]
    assert judged["methods"]["network"]["macro_f1"]["mean"] == pytest.approx(np.mean(means), rel=1e-4)
    assert np.sum(judged["confusion"]["counts"]) == 2 * ROWS
    assert np.sum(judged["confusion"]["counts"][3]) == 4


def test_calibration_and_expected_precision_account_for_all_rows(judged):
    for bins in judged["calibration"].values():
        assert sum(row["count"] for row in bins) == 2 * ROWS
    assert judged["calibration"].keys() == {"top class", "any class but none"}
    made = binary()
    rows = evaluate(made, bootstrap=0)["expected_precision"]["active"]
    sure = made.outputs[:, 0] >= 0.8
    (found,) = [row for row in rows if row["threshold"] == 0.8]
    assert found["selected"] == sure.sum()
    assert found["precision"] == pytest.approx(made.labels[sure, 0].mean(), rel=1e-5)


def test_counts_tell_rows_without_a_label():
    made = regression()
    made.table.loc[:9, "y_logS"] = np.nan
    counts = evaluate(made, bootstrap=0)["counts"]["0"]
    assert counts == {"rows": ROWS, "labelled": ROWS - 10, "groups": ROWS // 4}


def test_without_resamples_or_with_one_group_there_are_no_intervals():
    lone = Predictions(regression().table.assign(group="all"), LOGS)
    for found in (evaluate(regression(), bootstrap=0), evaluate(lone, bootstrap=20)):
        assert "low" not in found["methods"]["network"]["rmse"]
        assert "mean" in found["methods"]["network"]["rmse"]


def test_nothing_evaluable_is_still_a_result():
    table = binary().table.assign(y_active=0.0)
    found = evaluate(Predictions(table, BINARY), bootstrap=20)
    assert found["methods"] == {"network": {}}
    assert found["not_evaluable"] == {"0": {"active": "0 positives, fewer than 5"}}
    as_text(found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t[~((t["method"] == "best_hit") & (t["id"] == "r0.003"))], "not tried on the same rows"),
        (lambda t: t[~((t["method"] == "best_hit") & (t["repeat"] == 1))], "not tried on the same rows"),
        (
            lambda t: t.assign(group=np.where(t["method"] == "best_hit", "x", "y")),
            "not tried on the same rows",
        ),
        (lambda t: t.assign(part="valid"), "no test rows"),
        (lambda t: t.assign(method="mean_of_all"), "reserved"),
    ],
)
def test_unfair_comparisons_are_refused(change, message):
    table = several(binary, {"network": {}, "best_hit": {}}).table
    changed = change(table).drop_duplicates(["id", "repeat", "method"]).reset_index(drop=True)
    with pytest.raises(InputError, match=message):
        evaluate(Predictions(changed, BINARY))


def test_wrong_use_is_refused():
    with pytest.raises(UsageError, match="Choose one of: network"):
        evaluate(binary(), model="gnn")
    with pytest.raises(UsageError, match="bootstrap must be a whole number of at least 0"):
        evaluate(binary(), bootstrap=-1)


def test_command_reads_several_files_and_writes_json(tmp_path):
    paths = []
    for repeat, method in [(0, "network"), (1, "network"), (0, "best_hit"), (1, "best_hit")]:
        paths.append(tmp_path / f"{method}.{repeat}.parquet")
        binary(method, repeat, strength=2.0 if method == "network" else 0.5).save(paths[-1])
    app = cyclopts.App(result_action="return_value")
    app.command(step.command, name="evaluate")
    output = tmp_path / "metrics.json"
    app(["evaluate", *map(str, paths), "--output", str(output), "--bootstrap", "50"])
    together = Predictions.concat([Predictions.load(path) for path in paths])
    assert read_json(output) == evaluate(together, bootstrap=50)
