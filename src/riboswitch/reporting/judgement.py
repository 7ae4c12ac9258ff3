"""Judgement: the metrics of a task -> charts, tables and plain words about who wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from riboswitch.drawing.charts import Bar, calibration_chart, dot_chart
from riboswitch.drawing.numbers import number
from riboswitch.evaluation.scoring import LOWER_IS_BETTER
from riboswitch.reporting.gather import Learned

CHARTED = {
    "multiclass": ("macro_f1", "mcc", "pooled_ap"),
    "binary": ("ap", "mcc", "auroc"),
    "regression": ("rmse", "spearman", "r2"),
}
WORDS = {
    "macro_f1": "macro-F1", "balanced_accuracy": "balanced accuracy", "mcc": "Matthews correlation",
    "ap": "average precision", "macro_ap": "macro average precision", "auroc": "AUROC",
    "macro_auroc": "macro AUROC", "brier": "Brier score", "ece": "calibration error",
    "rmse": "RMSE", "mae": "mean absolute error", "r2": "R²", "spearman": "Spearman correlation",
    "ef1": "enrichment in the first 1 %", "ef1_max": "highest attainable enrichment, first 1 %",
    "bedroc": "BEDROC", "prevalence": "prevalence",
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One method's value of one metric, and how the main method compares with it."""

    value: str
    spread: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class Judgement:
    """What the template prints of one task."""

    name: str
    kind: str
    headline: str
    sentences: list[str]
    charts: list[Markup]
    methods: list[str]
    rows: list[tuple[str, list[Cell]]]
    classes: list[dict[str, Any]]
    repeats: list[str]
    skipped: dict[str, list[str]]
    calibration: list[Markup]
    bins: dict[str, list[dict[str, Any]]]
    precision: dict[str, list[dict[str, Any]]]
    counts: dict[str, dict[str, int]]


def words(metric: str) -> str:
    """A metric's name for readers, with the direction where less is better."""
    pooled = metric.startswith("pooled_")
    base = metric.removeprefix("pooled_")
    told = WORDS.get(base, base.replace("_", " "))
    return f"{told}, any class against none" if pooled else told


def judge(learned: Learned) -> Judgement:
    """All that is told of one task."""
    metrics = learned.metrics
    methods = _ordered(metrics)
    return Judgement(
        name=learned.name,
        kind=learned.kind,
        headline=words(metrics["headline"]),
        sentences=verdicts(metrics),
        charts=[_chart(metrics, m, methods) for m in CHARTED[learned.kind] if _has(metrics, m)],
        methods=methods,
        rows=[(_directed(m), [_cell(metrics, m, name) for name in methods]) for m in _metrics(metrics)],
        classes=[
            row | {"judged": _judged(row, len(metrics["counts"]))} for row in metrics.get("classes", [])
        ],
        repeats=sorted(metrics["counts"], key=int),
        skipped=_skipped(metrics["not_evaluable"]),
        calibration=[calibration_chart(q, bins) for q, bins in metrics.get("calibration", {}).items()],
        bins=metrics.get("calibration", {}),
        precision=metrics.get("expected_precision", {}),
        counts=metrics["counts"],
    )


def verdicts(metrics: dict[str, Any]) -> list[str]:
    """One sentence for each other method: does the model win, lose or tie on the headline metric?"""
    name, model = metrics["headline"], metrics["model"]
    told = [
        _verdict(words(name), model, other, found[name])
        for other, found in metrics["comparisons"].items()
        if name in found
    ]
    return told or [f"{words(name)} could not be judged, so no method wins."]


def _verdict(metric: str, model: str, other: str, found: dict[str, Any]) -> str:
    difference = found["difference"]
    if "verdict" not in found:
        return f"On {metric} the {model} differs from {other} by {difference:+.3f}; there is no interval."
    low, high = found["low"], found["high"]
    if found["verdict"] == "ties":
        span = f"{difference:+.3f} ({low:+.3f} to {high:+.3f})"
        return f"On {metric} the {model} ties with {other}: difference {span}."
    verb = "wins against" if found["verdict"] == "wins" else "loses to"
    near, far = sorted((abs(low), abs(high)))
    return f"On {metric} the {model} {verb} {other} by {abs(difference):.3f} ({near:.3f} to {far:.3f})."


def _ordered(metrics: dict[str, Any]) -> list[str]:
    others = [m for m in metrics["methods"] if m not in (metrics["model"], "mean_of_all")]
    last = ["mean_of_all"] if "mean_of_all" in metrics["methods"] else []
    return [metrics["model"], *others, *last]


def _metrics(metrics: dict[str, Any]) -> list[str]:
    names = sorted({m for found in metrics["methods"].values() for m in found})
    charted = CHARTED[metrics["task"]["kind"]]
    return sorted(names, key=lambda m: (m not in charted, m.startswith("pooled_"), names.index(m)))


def _has(metrics: dict[str, Any], metric: str) -> bool:
    return any(metric in found for found in metrics["methods"].values())


def _directed(metric: str) -> str:
    return f"{words(metric)}{' (lower is better)' if metric in LOWER_IS_BETTER else ''}"


def _chart(metrics: dict[str, Any], metric: str, methods: list[str]) -> Markup:
    bars = []
    for method in methods:
        found = metrics["methods"][method].get(metric)
        if found:
            each = tuple(v for v in found["per_repeat"].values() if v is not None)
            bars.append(
                Bar(
                    method,
                    found["mean"],
                    found.get("low"),
                    found.get("high"),
                    each,
                    method == metrics["model"],
                )
            )
    return dot_chart(_directed(metric), bars)


def _cell(metrics: dict[str, Any], metric: str, method: str) -> Cell:
    found = metrics["methods"][method].get(metric)
    if found is None:
        return Cell("–")
    spread = f"sd {number(found['sd'])}" if "sd" in found else ""
    if "low" in found:
        spread += f"{'; ' if spread else ''}{number(found['low'])} to {number(found['high'])}"
    compared = metrics["comparisons"].get(method, {}).get(metric, {})
    return Cell(number(found["mean"]), spread, compared.get("verdict", ""))


def _judged(row: dict[str, Any], repeats: int) -> str:
    """Whether a class was judged; if not, why, equal reasons told once."""
    if not row["reasons"]:
        return "yes"
    told: dict[str, list[str]] = {}
    for repeat, reason in sorted(row["reasons"].items(), key=lambda pair: int(pair[0])):
        told.setdefault(reason, []).append(repeat)
    reasons = [
        why if len(which) == repeats else f"repeat {', '.join(which)}: {why}" for why, which in told.items()
    ]
    return f"{'in part' if row['status'] == 'evaluable' else 'not evaluable'}: {'; '.join(reasons)}"


def in_short(metrics: dict[str, Any]) -> str:
    """The headline metric and against whom the model wins, loses or ties, in one clause."""
    name, model = metrics["headline"], metrics["model"]
    mean = metrics["methods"][model].get(name, {}).get("mean")
    if mean is None:
        return f"{words(name)} could not be judged"
    by_verdict: dict[str, list[str]] = {}
    for other, found in metrics["comparisons"].items():
        if "verdict" in found.get(name, {}):
            by_verdict.setdefault(found[name]["verdict"], []).append(other)
    verbs = {"wins": "wins against", "loses": "loses to", "ties": "ties with"}
    told = [f"{verb} {', '.join(by_verdict[v])}" for v, verb in verbs.items() if v in by_verdict]
    return "; ".join([f"{words(name)} {number(mean)}", *told])


def _skipped(by_repeat: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Classes or targets that could not be judged: the reason in each repeat where that was so."""
    skipped: dict[str, list[str]] = {}
    for repeat, reasons in sorted(by_repeat.items(), key=lambda pair: int(pair[0])):
        for name, reason in reasons.items():
            skipped.setdefault(name, []).append(f"repeat {repeat}: {reason}")
    return dict(sorted(skipped.items()))
