"""Checklist: what DOME and REFORMS ask of a study, answered from the run; blanks are for the author.

DOME: Walsh et al., Nature Methods 2021, 18:1122. REFORMS: Kapoor et al., Science Advances 2024, 10:eadk3452.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from riboswitch.drawing.numbers import number
from riboswitch.reporting.findings import TaskResult
from riboswitch.reporting.phrases import listed
from riboswitch.reporting.verdicts import in_short, metric_name, noise_sentences

BLANK = "**To be filled in by the author.**"
UNITS = {"regression": "a number", "binary": "the probability of each target", "multiclass": "a probability for each class"}


class Item(NamedTuple):
    """One question, with what the run says; an author has to answer ``open`` items."""

    name: str
    question: str
    answer: str = ""
    left: str = ""  # what the run cannot know

    @property
    def text(self) -> str:
        """The item as Markdown."""
        parts = [self.answer, f"{BLANK}{' ' + self.left if self.left else ''}" if self.is_open else ""]
        words = "\n".join(f"  - {line}" for part in parts for line in part.splitlines() if line)
        return f"- [{' ' if self.is_open else 'x'}] **{self.name}** {self.question}\n{words}"

    @property
    def is_open(self) -> bool:
        """Whether the author has something to add."""
        return bool(self.left) or not self.answer


def checklist(run: Mapping[str, Any], tasks: Mapping[str, TaskResult], title: str) -> str:
    """The checklist as Markdown; equal runs give equal text."""
    facts = _Facts(run, tasks)
    parts = {"DOME (Walsh et al. 2021)": _dome(facts), "REFORMS (Kapoor et al. 2024)": _reforms(facts)}
    items = [item for part in parts.values() for section in part.values() for item in section]
    blanks = sum(item.is_open for item in items)
    lines = [f"# Checklist: {_plain(title)}", "",
             f"{len(items) - blanks} of {len(items)} items are answered from the run; {blanks} have a blank for the "
             "author. Numbers are those of `metrics.json`, `counts.json` and `run.json`.", ""]  # fmt: skip
    for name, part in parts.items():
        lines += [f"## {name}", ""]
        for section, entries in part.items():
            lines += [f"### {section}", "", *(item.text for item in entries), ""]
    return "\n".join(lines).rstrip() + "\n"


def _dome(facts: _Facts) -> dict[str, list[Item]]:
    return {
        "Data": [
            Item("Provenance", "Where do the data come from?", facts.sources, "How were they measured or curated?"),
            Item("Splits", "How were training, validation and test rows chosen?", facts.splits),
            Item("Redundancy", "What do test rows have in common with training rows?", facts.audits),
            Item("Availability", "Are data and splits public?", "Splits are `split.parquet` of each task.",
                 "Where are the data to be found?"),
        ],
        "Optimization": [
            Item("Algorithm", "Which learner?", facts.learners),
            Item("Meta-predictions", "Do other predictors' outputs go in?", facts.stacks),
            Item("Encoding", "How are the inputs encoded?", facts.encodings),
            Item("Parameters", "How many, and how chosen?", facts.settings),
            Item("Features", "How many, and were they selected?", "All features of the encoder; none is selected."),
            Item("Fitting", "What speaks against over- and underfitting?", facts.scores),
            Item("Regularization", "Which?", facts.regularization),
            Item("Configuration", "Is it available?", facts.configuration),
        ],
        "Model": [
            Item("Interpretability", "Black box or transparent?",
                 "Networks and forests are black boxes; `riboswitch explain` scores what each atom or letter adds."),
            Item("Output", "Class, probability or number?", facts.outputs),
            Item("Execution time", "How long does it take?", facts.machine, "Times are in `logs/`."),
            Item("Software", "Is it available?", facts.software, "Where is this version to be found?"),
        ],
        "Evaluation": [
            Item("Method", "Which rows was it evaluated on?", facts.tested, "Is there an independent set?"),
            Item("Measures", "Which?", facts.measures),
            Item("Comparison", "With which simple methods?", facts.comparisons),
            Item("Confidence", "Are there intervals and tests?", facts.intervals),
            Item("Availability", "Can the evaluation be checked?",
                 "Predictions of test rows are `heldout.parquet`, `baseline.parquet` and `stack.parquet` of each task."),
        ],
    }  # fmt: skip


def _reforms(facts: _Facts) -> dict[str, list[Item]]:
    return {
        "1 Study goals": [
            Item("1a", "The population that the claim is about."),
            Item("1b", "Why this population."),
            Item("1c", "Why machine learning."),
        ],
        "2 Computational reproducibility": [
            Item("2a", "The data, with a link.", facts.sources, "A DOI, where the source has one."),
            Item("2b", "The code, with its version.", facts.software, "A link to this version."),
            Item("2c", "The computing infrastructure.", facts.machine, "Of a cluster: its nodes."),
            Item("2d", "Instructions.", "README of riboswitch; the configuration is in `run.json`."),
            Item("2e", "A script that makes all results again.",
                 "`snakemake` with the configuration in `run.json` makes every file of `results/` again."),
        ],
        "3 Data quality": [
            Item("3a", "Sources, dates and annotation of the data.", facts.sources, "When and how were labels measured?"),
            Item("3b", "The set that the data were sampled from."),
            Item("3c", "Why the data suit the task."),
            Item("3d", "The outcome and its statistics.", facts.outcomes),
            Item("3e", "The number of samples.", facts.rows),
            Item("3f", "Missing data.", facts.gaps),
            Item("3g", "Why the data represent the population of 1a."),
        ],
        "4 Data preprocessing": [
            Item("4a", "Samples that were excluded, and why.", facts.rejections),
            Item("4b", "Impossible or corrupt samples.", "Each is in `rejected.tsv` with a code, a reason and a hint."),
            Item("4c", "All transformations.", facts.curations),
        ],
        "5 Modeling": [
            Item("5a", "All models.", facts.learners),
            Item("5b", "Why these kinds of model."),
            Item("5c", "How they are evaluated.", facts.tested),
            Item("5d", "How the reported model was selected.", facts.stacks),
            Item("5e", "Hyperparameters.", facts.settings, "How were they tuned, and on which rows?"),
            Item("5f", "Baselines.", facts.comparisons),
        ],
        "6 Data leakage": [
            Item("6a", "Test rows are apart in every step.",
                 "Splits are made before training; scaling, stopping, cut-offs and weights use training and validation "
                 "rows only."),
            Item("6b", "Dependencies and duplicates.", facts.audits),
            Item("6c", "Each feature may be used.", "Features come from the structure or sequence alone.",
                 "Is either a consequence of the label?"),
        ],
        "7 Metrics and uncertainty": [
            Item("7a", "Metrics.", facts.measures, "Why do these fit the purpose?"),
            Item("7b", "Uncertainty.", facts.intervals),
            Item("7c", "Tests.", "Differences of methods have paired intervals of the same resamples."),
        ],
        "8 Generalizability and limitations": [
            Item("8a", "Evidence beyond these data.", facts.noise),
            Item("8b", "Where the findings are not expected to hold.",
                 "Compounds with `in_domain` False, and inputs unlike the training data; a gene is no phenotype.",
                 "Further limits of this study."),
        ],
    }  # fmt: skip


class _Facts:
    """Answers: a line for each task or source, from what the run has recorded."""

    def __init__(self, run: Mapping[str, Any], tasks: Mapping[str, TaskResult]):
        self.run, self.tasks = run, tasks

    def _lines(self, say: Callable[[TaskResult], str]) -> str:
        return "\n".join(f"{name}: {words}" for name, task in self.tasks.items() if (words := say(task)))

    def _runs(self, say: Callable[[dict[str, Any]], str]) -> str:
        return "\n".join(f"{name}: {words}" for name, facts in self.run["tasks"].items() if (words := say(facts)))

    @property
    def sources(self) -> str:
        return "\n".join(
            f"{name}: {source['source']}, licence {source.get('licence') or 'not stated'}"
            + (f", {_plain(source['citation'])}" if source.get("citation") else "")
            for name, source in self.run["inputs"].items()
        )

    @property
    def splits(self) -> str:
        return self._runs(lambda facts: f"{facts['split']['name'] or 'not stated'}; whole groups are held out")

    @property
    def audits(self) -> str:
        return self._lines(
            lambda task: "no audit" if task.audit is None else
            f"{task.audit.light}: {task.audit.facts['leaked']:,} of {task.audit.facts['test']['rows']:,} test rows "
            "were seen in training"
        )  # fmt: skip

    @property
    def learners(self) -> str:
        return self._lines(lambda task: listed([*task.metrics["methods"]], 20))

    @property
    def stacks(self) -> str:
        return self._runs(lambda facts: "weights from validation rows: " + ", ".join(
            f"{name} {weight:g}" for name, weight in sorted(facts["base_learners"].items())
        ) if facts["base_learners"] else "the network alone")  # fmt: skip

    @property
    def encodings(self) -> str:
        return self._runs(lambda facts: _pairs({"modality": facts["modality"]} | {
            key: value for key, value in facts["settings"]["encoder"].items() if isinstance(value, str | int | float)
        }))  # fmt: skip

    @property
    def settings(self) -> str:
        return self._runs(lambda facts: _pairs(facts["settings"]["network"] | facts["settings"]["train"]))

    @property
    def regularization(self) -> str:
        kept = ("weight_decay", "dropout", "label_smoothing", "clip", "epochs")
        return self._runs(lambda facts: _pairs({
            key: value for key, value in (facts["settings"]["network"] | facts["settings"]["train"]).items() if key in kept
        }))  # fmt: skip

    @property
    def configuration(self) -> str:
        return "It is in `run.json`." if self.run["configuration"] else ""

    @property
    def outputs(self) -> str:
        return self._lines(lambda task: UNITS[task.metrics["task"]["kind"]])

    @property
    def machine(self) -> str:
        found = self.run["hardware"]
        memory = f", {found['memory_bytes'] / 2**30:.0f} GiB memory" if found["memory_bytes"] else ""
        gpus = f", {listed(found['gpus'])}" if found["gpus"] else ", no GPU"
        return f"{found['system']}, {found['processors']} processors ({found['processor']}){memory}{gpus}"

    @property
    def software(self) -> str:
        found = self.run["software"]
        return f"riboswitch {found['riboswitch']} (MIT), Python {found['python']}; packages are in `run.json`."

    @property
    def tested(self) -> str:
        return self._lines(lambda task: "; ".join(
            f"repeat {repeat}: {n['rows']:,} rows of {n['groups']:,} groups" for repeat, n in task.metrics["counts"].items()
        ))  # fmt: skip

    @property
    def measures(self) -> str:
        return self._lines(lambda task: f"{metric_name(task.metrics['headline'])} first; also " + listed(
            sorted({metric_name(m) for found in task.metrics["methods"].values() for m in found}), 30
        ))  # fmt: skip

    @property
    def scores(self) -> str:
        return self._lines(lambda task: _score(task.metrics))

    @property
    def comparisons(self) -> str:
        return self._lines(lambda task: in_short(task.metrics))

    @property
    def intervals(self) -> str:
        return self._lines(lambda task: f"95 % intervals of {task.metrics['settings'].get('bootstrap', 0):,} resamples of "
                                        "whole groups, and the standard deviation over the repeats")  # fmt: skip

    @property
    def noise(self) -> str:
        return self._lines(lambda task: " ".join(noise_sentences(task.metrics)))

    @property
    def outcomes(self) -> str:
        return self._lines(lambda task: _outcome(task))

    @property
    def rows(self) -> str:
        return self._runs(lambda facts: ", ".join(f"{facts['rows'][key]:,} {key}" for key in facts["rows"]))

    @property
    def gaps(self) -> str:
        return self._lines(lambda task: f"{task.rows.counts.get('by_code', {}).get('MISSING_LABEL', 0):,} rows without a "
                                        "label are rejected; gaps of one target among several do not count")  # fmt: skip

    @property
    def rejections(self) -> str:
        return self._lines(lambda task: ", ".join(
            f"{n:,} {code}" for code, n in sorted(task.rows.counts.get("by_code", {}).items())
        ) or "none")  # fmt: skip

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


def _outcome(task: TaskResult) -> str:
    kind, ledger = task.metrics["task"]["kind"], task.rows.counts.get("ledger", {})
    counts = [
        f"{target} {n['labels_after']:,} labels" + (f" ({n['positives']:,} of {n['labels']:,} positive before merging)"
                                                    if "positives" in n else "")
        for target, n in ledger.get("labels", {}).items()
    ]  # fmt: skip
    return "; ".join([kind, *counts])


def _curation(ledger: Mapping[str, Any]) -> str:
    if not ledger:
        return "no labels were merged"
    policy = ledger["policy"]
    return (f"{ledger['repeated_identities']:,} inputs with several rows, {ledger['conflicting_identities']:,} with "
            f"conflicting labels; duplicates: {policy['duplicates']}, conflicts: {policy['conflicts']}, tolerance "
            f"{policy['tolerance']:g}; each label is in `curation.tsv`")  # fmt: skip


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(values.items()))


def _plain(text: str) -> str:
    """A text of the user on one line, without Markdown's or HTML's tags."""
    return " ".join(text.replace("<", "‹").replace(">", "›").split())
