"""Verdicts: whether the model wins, loses or ties against the other methods, in words."""

from __future__ import annotations

from typing import Any

from riboswitch.drawing.numbers import number
from riboswitch.evaluation.scoring import LOWER_IS_BETTER

METRICS = {
    "macro_f1": "macro-F1", "balanced_accuracy": "balanced accuracy", "mcc": "Matthews correlation",
    "ap": "average precision", "macro_ap": "macro average precision", "auroc": "AUROC",
    "macro_auroc": "macro AUROC", "brier": "Brier score", "ece": "calibration error",
    "c_index": "C-index",
    "rmse": "RMSE", "mae": "mean absolute error", "r2": "R²", "pearson": "Pearson correlation",
    "spearman": "Spearman correlation", "accuracy": "accuracy",
    "ef1": "enrichment in the first 1 %", "ef1_max": "highest attainable enrichment, first 1 %",
    "bedroc": "BEDROC", "prevalence": "prevalence", "wss95": "work saved at 95 % recall",
}  # fmt: skip
VERBS = {"wins": "wins against", "loses": "loses to", "ties": "ties with"}


def metric_name(metric: str) -> str:
    """A metric's name for readers."""
    base = metric.removeprefix("pooled_")
    name = METRICS.get(base, base.replace("_", " "))
    return f"{name}, any class against none" if metric.startswith("pooled_") else name


def verdicts(metrics: dict[str, Any]) -> list[str]:
    """One sentence for each other method: does the model win, lose or tie on the headline metric?"""
    name, model = metrics["headline"], metrics["model"]
    sentences = [
        _verdict(metric_name(name), model, other, compared[name])
        for other, compared in metrics["comparisons"].items()
        if name in compared
    ]
    return sentences or [f"{metric_name(name)} could not be computed, so no method wins."]


def _verdict(metric: str, model: str, other: str, compared: dict[str, Any]) -> str:
    difference = compared["difference"]
    if "verdict" not in compared:
        return f"On {metric} the {model} differs from {other} by {difference:+.3f}; there is no interval."
    low, high, verb = compared["low"], compared["high"], VERBS[compared["verdict"]]
    if compared["verdict"] == "ties":
        interval = f"{difference:+.3f} ({low:+.3f} to {high:+.3f})"
        return f"On {metric} the {model} {verb} {other}: difference {interval}."
    near, far = sorted((abs(low), abs(high)))
    return f"On {metric} the {model} {verb} {other} by {abs(difference):.3f} ({near:.3f} to {far:.3f})."


def in_short(metrics: dict[str, Any]) -> str:
    """The headline metric of the model and its verdicts, in one clause."""
    name, model = metrics["headline"], metrics["model"]
    mean = metrics["methods"][model].get(name, {}).get("mean")
    if mean is None:
        return f"{metric_name(name)} could not be computed"
    by_verdict: dict[str, list[str]] = {}
    for other, compared in metrics["comparisons"].items():
        if "verdict" in compared.get(name, {}):
            by_verdict.setdefault(compared[name]["verdict"], []).append(other)
    clauses = [f"{verb} {', '.join(by_verdict[v])}" for v, verb in VERBS.items() if v in by_verdict]
    return "; ".join([f"{metric_name(name)} {number(mean)}", *clauses])


def noise_sentences(metrics: dict[str, Any]) -> list[str]:
    """What repeated measurements say of the labels, and how near the model comes to what they allow."""
    noise = metrics.get("noise", {})
    sentences = [_noise(target, found) for target, found in noise.get("targets", {}).items()]
    ceiling, name = noise.get("ceiling", {}), metrics["headline"]
    if best := ceiling.get(name):
        span = f"{number(best['best'])} ({number(best['low'])} to {number(best['high'])})"
        sentences.append(f"With such labels the best {metric_name(name)} to expect of any model is {span}.")
        mean = metrics["methods"][metrics["model"]].get(name, {}).get("mean")
        lower = name in LOWER_IS_BETTER
        if mean is not None and (mean < best["low"] if lower else mean > best["high"]):
            sentences.append(
                f"The {metrics['model']} is better than that ({number(mean)}): its test labels are less "
                "noisy than the repeated ones, or it has seen them."
            )
    return sentences


def _noise(target: str, found: dict[str, Any]) -> str:
    if "reason" in found:
        return f"The noise of {target} is not known: {found['reason']}."
    of = f"{found['repeated_inputs']:,} inputs with several labels"
    same = found["identical_inputs"]
    if "sd" in found:
        words = f"{target} has a standard deviation of {number(found['sd'])} within {of}"
        if same and "sd_without_identical" in found:
            words += f"; in {same:,} of them all labels are equal, perhaps copies of one measurement; "
            words += f"without these it is {number(found['sd_without_identical'])}"
        return f"{words}."
    share = found["disagreement"]
    return f"{target}: in {of}, {share:.1%} of the pairs of labels differ (kappa {found['kappa']:.2f})."
