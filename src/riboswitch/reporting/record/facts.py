"""Facts of a run in words, for the checklist: a line for each task or source of data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from riboswitch.drawing.numbers import number
from riboswitch.reporting.findings import TaskResult
from riboswitch.reporting.phrases import listed
from riboswitch.reporting.verdicts import in_short, metric_name, noise_sentences

OUTPUTS = {
    "regression": "a number",
    "binary": "the probability of each target",
    "multiclass": "a probability for each class",
    "survival": "a log hazard, up to a constant",
}
REGULARIZING = ("weight_decay", "dropout", "label_smoothing", "clip", "epochs")


class Facts:
    """Answers: a line for each task or source, from what the run has recorded."""

    def __init__(self, run: Mapping[str, Any], tasks: Mapping[str, TaskResult]):
        self.run, self.tasks = run, tasks

    def _lines(self, say: Callable[[TaskResult], str]) -> str:
        return "\n".join(f"{name}: {words}" for name, task in self.tasks.items() if (words := say(task)))

    def _runs(self, say: Callable[[dict[str, Any]], str]) -> str:
        return "\n".join(
            f"{name}: {words}" for name, facts in self.run["tasks"].items() if (words := say(facts))
        )

    @property
    def sources(self) -> str:
        return "\n".join(
            f"{name}: {source['source']}, licence {source.get('licence') or 'not stated'}"
            + (f", {plain(source['citation'])}" if source.get("citation") else "")
            for name, source in self.run["inputs"].items()
        )

    @property
    def splits(self) -> str:
        return self._runs(lambda facts: f"{facts['split']['name'] or 'not stated'} (method, repeats, seed)")

    @property
    def audits(self) -> str:
        return self._lines(_audit)

    @property
    def learners(self) -> str:
        return self._lines(lambda task: listed([*task.metrics["methods"]], 20))

    @property
    def stacks(self) -> str:
        return self._runs(_stack)

    @property
    def encodings(self) -> str:
        return self._runs(_encoding)

    @property
    def settings(self) -> str:
        return self._runs(lambda facts: _pairs(_chosen(facts)))

    @property
    def regularization(self) -> str:
        return self._runs(lambda facts: _pairs(_chosen(facts, REGULARIZING)))

    @property
    def configuration(self) -> str:
        return "It is in `run.json`." if self.run["configuration"] else ""

    @property
    def outputs(self) -> str:
        return self._lines(lambda task: OUTPUTS[task.metrics["task"]["kind"]])

    @property
    def machine(self) -> str:
        found = self.run["hardware"]
        memory = f", {found['memory_bytes'] / 2**30:.0f} GiB memory" if found["memory_bytes"] else ""
        gpus = f", {listed(found['gpus'])}" if found["gpus"] else ", no GPU"
        return f"{found['system']}, {found['processors']} processors ({found['processor']}){memory}{gpus}"

    @property
    def software(self) -> str:
        found = self.run["software"]
        return (
            f"riboswitch {found['riboswitch']} (MIT), Python {found['python']}; packages are in `run.json`."
        )

    @property
    def tested(self) -> str:
        return self._lines(
            lambda task: "; ".join(
                f"repeat {repeat}: {n['rows']:,} rows of {n['groups']:,} groups"
                for repeat, n in task.metrics["counts"].items()
            )
        )

    @property
    def measures(self) -> str:
        return self._lines(
            lambda task: (
                f"{metric_name(task.metrics['headline'])} first; also "
                + listed(
                    sorted({metric_name(m) for found in task.metrics["methods"].values() for m in found}), 30
                )
            )
        )

    @property
    def scores(self) -> str:
        return self._lines(lambda task: _score(task.metrics))

    @property
    def comparisons(self) -> str:
        return self._lines(lambda task: in_short(task.metrics))

    @property
    def intervals(self) -> str:
        return self._lines(_interval)

    @property
    def outcomes(self) -> str:
        return self._lines(lambda task: _outcome(task))

    @property
    def rows(self) -> str:
        return self._runs(lambda facts: ", ".join(f"{facts['rows'][key]:,} {key}" for key in facts["rows"]))

    @property
    def gaps(self) -> str:
        return self._lines(
            lambda task: f"{_rejected(task).get('MISSING_LABEL', 0):,} rows without any label, rejected"
        )

    @property
    def rejections(self) -> str:
        return self._lines(
            lambda task: ", ".join(f"{n:,} {code}" for code, n in sorted(_rejected(task).items())) or "none"
        )

    @property
    def curations(self) -> str:
        return self._lines(lambda task: "standard form; " + _curation(task.rows.counts.get("ledger", {})))


def _score(metrics: dict[str, Any]) -> str:
    name = metrics["headline"]
    found = metrics["methods"][metrics["model"]].get(name)
    if found is None:
        return ""
    ends = f" ({number(found['low'])} to {number(found['high'])})" if "low" in found else ""
    return f"{metric_name(name)} {number(found['mean'])}{ends} on held-out rows"


def _audit(task: TaskResult) -> str:
    if task.audit is None:
        return "no audit"
    light, facts = task.audit.light, task.audit.facts
    repeats = len(facts.get("split", {}).get("repeats", ()))
    where = f", worst of {repeats} repeats" if repeats > 1 else ""
    return f"{light}: {facts['leaked']:,} of {facts['test']['rows']:,} test rows were seen in training{where}"


def _stack(facts: Mapping[str, Any]) -> str:
    weights = [f"{name} {weight:g}" for name, weight in sorted(facts["base_learners"].items())]
    return f"weights from validation rows: {', '.join(weights)}" if weights else "the network alone"


def _encoding(facts: Mapping[str, Any]) -> str:
    plain_values = {k: v for k, v in facts["settings"]["encoder"].items() if isinstance(v, str | int | float)}
    return _pairs({"modality": facts["modality"], **plain_values})


def _chosen(facts: Mapping[str, Any], names: Collection[str] = ()) -> dict[str, Any]:
    settings = facts["settings"]["network"] | facts["settings"]["train"]
    return {key: value for key, value in settings.items() if not names or key in names}


def _interval(task: TaskResult) -> str:
    resamples = task.metrics["settings"].get("bootstrap", 0)
    if not resamples:
        return "no intervals; the standard deviation over the repeats"
    return (
        f"95 % intervals of {resamples:,} resamples of whole groups; the standard deviation over the repeats"
    )


def _rejected(task: TaskResult) -> dict[str, int]:
    return dict(task.rows.counts.get("by_code", {}))


def _outcome(task: TaskResult) -> str:
    kind, ledger = task.metrics["task"]["kind"], task.rows.counts.get("ledger", {})
    counts = [
        f"{target} {n['labels_after']:,} labels"
        + (f" ({n['positives']:,} of {n['labels']:,} positive before merging)" if "positives" in n else "")
        for target, n in ledger.get("labels", {}).items()
    ]
    return "; ".join([kind, *counts, *noise_sentences(task.metrics)])


def _curation(ledger: Mapping[str, Any]) -> str:
    if not ledger:
        return "no labels were merged"
    policy = ledger["policy"]
    number = sum(of.get("bounds", {}).get("labels", 0) for of in ledger["labels"].values())
    bounds = f", {number:,} labels taken as bounds" if number else ""
    return (
        f"{ledger['repeated_identities']:,} inputs with several rows, {ledger['conflicting_identities']:,} "
        f"with conflicting labels; duplicates: {policy['duplicates']}, conflicts: {policy['conflicts']}, "
        f"tolerance {policy['tolerance']:g}{bounds}; each label is in `curation.tsv`"
    )


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(values.items()))


def plain(text: str) -> str:
    """A text of the user on one line, without Markdown's or HTML's tags."""
    return " ".join(text.replace("<", "‹").replace(">", "›").split())
