"""Model performance: the metrics of each task as charts, tables and verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from riboswitch.drawing.charts import Bar, calibration_chart, dot_chart
from riboswitch.drawing.learning import learning_chart
from riboswitch.drawing.numbers import number
from riboswitch.evaluation.scoring import LOWER_IS_BETTER
from riboswitch.reporting.findings import Findings, TaskResult
from riboswitch.reporting.sections import Section
from riboswitch.reporting.verdicts import metric_name, noise_sentences, verdicts

CEILING = "noise ceiling"
CHARTED = {
    "multiclass": ("macro_f1", "mcc", "pooled_ap"),
    "binary": ("ap", "mcc", "auroc"),
    "regression": ("rmse", "spearman", "r2"),
    "survival": ("c_index",),
}
MERGED = ("accuracy", "macro_f1", "mcc")  # metrics of coarser classes that are shown

Metrics = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """One method's value of one metric, and the model's verdict against it."""

    value: str
    spread: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class Performance:
    """What the template prints of one task.

    Attributes
    ----------
    name, kind, headline : str
        Task, its kind, and the name of its headline metric.
    verdicts, noise : list of str
        One sentence for each other method; what noise of the labels allows.
    charts, calibration : list of Markup
    methods : list of str
        The model first; last the noise ceiling, if there is one.
    rows : list of (str, list of Cell)
        One a metric, one cell a method.
    classes : list of dict
        Support and metrics by class.
    repeats : list of str
    skipped : dict of str to list of str
        Classes or targets that are not evaluable, with the reasons.
    learning : Markup
        Losses by epoch; empty if no network says them.
    bins, precision : dict of str to list of dict
        Calibration and expected precision by question.
    counts : dict of str to dict
        Held-out rows and groups by repeat.
    given : list of str
        Methods that were not trained here.
    merged : list of (str, list of Cell)
        One a metric of the coarser classes, one cell a method; empty if none are merged.
    coarse : str
        Which classes count as one.
    spans, boxes : list of (str, list of Cell)
        One a metric of exact spans, and of boxes, one cell a method; empty if positions make none.
    """

    name: str
    kind: str
    headline: str
    verdicts: list[str]
    noise: list[str]
    charts: list[Markup]
    methods: list[str]
    rows: list[tuple[str, list[Cell]]]
    classes: list[dict[str, Any]]
    repeats: list[str]
    skipped: dict[str, list[str]]
    calibration: list[Markup]
    learning: Markup
    bins: dict[str, list[dict[str, Any]]]
    precision: dict[str, list[dict[str, Any]]]
    counts: dict[str, dict[str, int]]
    given: list[str]
    merged: list[tuple[str, list[Cell]]]
    coarse: str
    spans: list[tuple[str, list[Cell]]]
    boxes: list[tuple[str, list[Cell]]]


def contents(findings: Findings) -> dict[str, Any]:
    """The performance of each task."""
    return {"tasks": [_performance(task) for task in findings.tasks.values()]}


SECTION = Section("Model performance", 60, contents)


def _performance(task: TaskResult) -> Performance:
    metrics = task.metrics
    kind, methods, counts = metrics["task"]["kind"], _methods(metrics), metrics["counts"]
    bins = metrics.get("calibration", {})
    return Performance(
        name=task.name,
        kind=kind,
        headline=metric_name(metrics["headline"]),
        verdicts=[*verdicts(metrics), *_of_sample(task.header)],
        noise=noise_sentences(metrics),
        charts=[_chart(metrics, m, methods) for m in CHARTED[kind] if m in _metrics(metrics)],
        methods=[*methods, *([CEILING] if _ceiling(metrics) else [])],
        rows=[(_directed(m), _cells(metrics, m, methods)) for m in _metrics(metrics)],
        classes=[row | {"evaluated": _evaluated(row, len(counts))} for row in metrics.get("classes", [])],
        repeats=sorted(counts, key=int),
        skipped=_skipped(metrics["not_evaluable"]),
        calibration=[calibration_chart(question, rows) for question, rows in bins.items()],
        learning=learning_chart("loss by epoch", task.learned) if task.learned else Markup(""),
        bins=bins,
        precision=metrics.get("expected_precision", {}),
        counts=counts,
        given=sorted(metrics.get("given", {})),
        merged=_merged(metrics, methods),
        coarse=_coarse(metrics.get("merged", {}).get("merge", {})),
        spans=_wholes(metrics, methods, "spans", ("precision", "recall", "f1")),
        boxes=_wholes(metrics, methods, "boxes", ("ap50",)),
    )


def _of_sample(header: dict[str, Any]) -> list[str]:
    """That a sample of a label was drawn, which average precision and calibration depend on."""
    sample = header.get("calibration", {}).get("sample")
    if not sample:
        return []
    return [
        f"Of the {sample['of']:,} rows with the label {sample['label']} {sample['rows']:,} were drawn. "
        "Average precision, calibration and confusion below are of this mixture; the probabilities, the "
        "expected precision and the promise of the short-list are of all rows."
    ]


def _merged(metrics: Metrics, methods: list[str]) -> list[tuple[str, list[Cell]]]:
    """The metrics of the coarser classes."""
    if "merged" not in metrics:
        return []
    coarse = metrics | metrics["merged"] | {"noise": {}}
    return [
        (_directed(metric), _cells(coarse, metric, methods))
        for metric in MERGED
        if metric in _metrics(coarse)
    ]


def _wholes(
    metrics: Metrics, methods: list[str], kind: str, measures: tuple[str, ...]
) -> list[tuple[str, list[Cell]]]:
    """Measures of what positions make, such as spans: of all types together, then of each."""
    if kind not in metrics:
        return []
    found = metrics | metrics[kind] | {"noise": {}}
    return [
        (" of ".join(metric.split("_", 1)), _cells(found, metric, methods))
        for end in ("", *(f"_{name}" for name in metrics[kind][kind]))
        for metric in (f"{measure}{end}" for measure in measures)
        if metric in _metrics(found)
    ]


def _coarse(merge: dict[str, str]) -> str:
    """Which classes count as one, in words."""
    members: dict[str, list[str]] = {}
    for name, coarse in sorted(merge.items()):
        members.setdefault(coarse, []).append(name)
    return "; ".join(f"{coarse} is {', '.join(names)}" for coarse, names in sorted(members.items()))


def _methods(metrics: Metrics) -> list[str]:
    """The model first, the mean of all methods last."""
    others = [m for m in metrics["methods"] if m not in (metrics["model"], "mean_of_all")]
    last = ["mean_of_all"] if "mean_of_all" in metrics["methods"] else []
    return [metrics["model"], *others, *last]


def _metrics(metrics: Metrics) -> list[str]:
    """Names of all metrics: those with a chart first, pooled ones last."""
    names = sorted({metric for values in metrics["methods"].values() for metric in values})
    charted = CHARTED[metrics["task"]["kind"]]
    return sorted(names, key=lambda m: (m not in charted, m.startswith("pooled_"), names.index(m)))


def _directed(metric: str) -> str:
    return f"{metric_name(metric)}{' (lower is better)' if metric in LOWER_IS_BETTER else ''}"


def _chart(metrics: Metrics, metric: str, methods: list[str]) -> Markup:
    values = {method: metrics["methods"][method].get(metric) for method in methods}
    bars = [_bar(method, found, metrics["model"]) for method, found in values.items() if found]
    if best := _ceiling(metrics).get(metric):
        bars.append(Bar(CEILING, best["best"], best["low"], best["high"]))
    return dot_chart(_directed(metric), bars)


def _bar(method: str, found: dict[str, Any], model: str) -> Bar:
    each = tuple(v for v in found["per_repeat"].values() if v is not None)
    return Bar(method, found["mean"], found.get("low"), found.get("high"), each, main=method == model)


def _ceiling(metrics: Metrics) -> dict[str, dict[str, float]]:
    """The best value of each metric that the noise of the labels allows; empty if it is not known."""
    return metrics.get("noise", {}).get("ceiling", {})


def _cells(metrics: Metrics, metric: str, methods: list[str]) -> list[Cell]:
    cells, ceiling = [_cell(metrics, metric, name) for name in methods], _ceiling(metrics)
    if not ceiling:
        return cells
    best = ceiling.get(metric)
    spread = f"{number(best['low'])} to {number(best['high'])}" if best else ""
    return [*cells, Cell(number(best["best"]), spread) if best else Cell("–")]


def _cell(metrics: Metrics, metric: str, method: str) -> Cell:
    found = metrics["methods"][method].get(metric)
    if found is None:
        return Cell("–")
    spread = [f"sd {number(found['sd'])}"] if "sd" in found else []
    spread += [f"{number(found['low'])} to {number(found['high'])}"] if "low" in found else []
    compared = metrics["comparisons"].get(method, {}).get(metric, {})
    return Cell(number(found["mean"]), "; ".join(spread), compared.get("verdict", ""))


def _evaluated(row: dict[str, Any], repeats: int) -> str:
    """Whether a class could be evaluated; if not, why. A reason that several repeats share is given once."""
    if not row["reasons"]:
        return "yes"
    by_reason: dict[str, list[str]] = {}
    for repeat, reason in sorted(row["reasons"].items(), key=lambda pair: int(pair[0])):
        by_reason.setdefault(reason, []).append(repeat)
    reasons = [
        reason if len(where) == repeats else f"repeat {', '.join(where)}: {reason}"
        for reason, where in by_reason.items()
    ]
    return f"{'in part' if row['status'] == 'evaluable' else 'not evaluable'}: {'; '.join(reasons)}"


def _skipped(by_repeat: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Classes or targets that are not evaluable, with the reason in each repeat concerned."""
    skipped: dict[str, list[str]] = {}
    for repeat, reasons in sorted(by_repeat.items(), key=lambda pair: int(pair[0])):
        for name, reason in reasons.items():
            skipped.setdefault(name, []).append(f"repeat {repeat}: {reason}")
    return dict(sorted(skipped.items()))
