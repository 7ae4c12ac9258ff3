"""Methods: a text to paste into a manuscript, with versions and citations."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from riboswitch.reporting.findings import Findings, Ranking, TaskResult
from riboswitch.reporting.phrases import count, listed, without_folders
from riboswitch.reporting.sections import Section
from riboswitch.reporting.verdicts import in_short

KINDS = {"multiclass": "classification", "binary": "binary classification", "regression": "regression",
         "survival": "survival"}  # fmt: skip
NETWORKS = {
    "dmpnn": ("a directed message-passing network", "Yang et al. 2019, J. Chem. Inf. Model. 59:3370"),
    "gine": ("a graph isomorphism network with edge features", "Hu et al. 2020, ICLR"),
    "attentivefp": ("an attentive graph network", "Xiong et al. 2020, J. Med. Chem. 63:8749"),
    "lstm": (
        "a convolutional and recurrent network",
        "Hochreiter and Schmidhuber 1997, Neural Comput. 9:1735",
    ),
}
"""What a network is called, by a word of its settings, and its source."""
OTHER_NETWORK = ("a neural network", "")
OF = {
    "scaffold": "Bemis and Murcko 1996, J. Med. Chem. 39:2887",
    "optimiser": "Loshchilov and Hutter 2019, ICLR (AdamW)",
    "calibration": "Lee, Barber and Willett 2023, arXiv:2306.06342 (hierarchical conformal prediction)",
    "selection": "Jin and Candès 2023, J. Mach. Learn. Res. 24:244 (selection by conformal p-values)",
}


def contents(findings: Findings) -> dict[str, Any] | None:
    """Paragraphs, and the citations in the order in which the text refers to them."""
    if not findings.tasks and not findings.calls:
        return None
    cited: dict[str, int] = {}

    def cite(source: str) -> str:
        return f" [{cited.setdefault(source, len(cited) + 1)}]" if source else ""

    paragraphs = [_data(findings, cite), *(_task(name, task, cite) for name, task in findings.tasks.items())]
    if findings.calls:
        paragraphs.append(_genomes(findings))
    if findings.ranking is not None:
        paragraphs.append(_ranking(findings.ranking, cite))
    paragraphs.append(_software(findings))
    return {"paragraphs": [text for text in paragraphs if text], "cited": [*cited]}


SECTION = Section("Methods, ready to paste", 85, contents)


def _data(findings: Findings, cite: Any) -> str:
    named = [f"{without_folders(source['source']).removeprefix('file:')}{cite(source.get('citation') or '')}"
             for source in findings.sources.values()]  # fmt: skip
    return (
        f"Data were taken from {listed(named, len(named))}; each file was checked by SHA-256."
        if named
        else ""
    )


def _task(name: str, task: TaskResult, cite: Any) -> str:
    header, rows = task.header, task.rows.counts
    words = {str(value) for value in header["network"].values()}
    network, source = next((NETWORKS[word] for word in NETWORKS if word in words), OTHER_NETWORK)
    settings, members = header["training"]["settings"], header["members"]
    split = header["training"]["split_name"] or "an unnamed split"
    repeats = count(len(task.metrics["counts"]), "repeat")
    seeds = listed([str(member["seed"]) for member in members], len(members))
    text = (
        f"{name} ({KINDS[task.metrics['task']['kind']]} of {listed(task.metrics['task']['targets'])}): of "
        f"{rows['read']:,} rows {rows['accepted']:,} were accepted. The model is {network}{cite(source)}, "
        f"{count(len(members), 'network')} with seeds {seeds}, trained for at most "
        f"{settings.get('epochs', '?')} epochs with AdamW{cite(OF['optimiser'])}"
    )
    if "stack" in header:
        weights = [f"{key} {value:.2f}" for key, value in header["stack"]["weights"].items()]
        text += f" and blended with base learners (weights: {', '.join(weights)})"
    scaffolds = split.startswith("scaffold")
    held = f"by Bemis-Murcko scaffolds{cite(OF['scaffold'])}" if scaffolds else f"split {split}"
    text += f". It was evaluated on rows that were held out ({held}), in {repeats}: {in_short(task.metrics)}."
    if header.get("calibration"):
        text += f" Sets and intervals hold for new groups{cite(OF['calibration'])}."
    return text


def _genomes(findings: Findings) -> str:
    first = next(iter(findings.calls.values())).meta
    database = first.get("database") or "the records of the task alone"
    settings = first.get("settings", {})
    limits = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in sorted(settings.items()))
    named = listed([*findings.calls], 12)
    return (f"Resistance genes were called in {named} with {database}"
            f"{f' ({limits})' if limits else ''}. A call needs a whole gene, a known mutation or a known "
            "loss; the network decides nothing.")  # fmt: skip


def _ranking(ranking: Ranking, cite: Any) -> str:
    counts, settings = ranking.counts, ranking.counts.get("settings", {})
    against = (
        f"the genome {ranking.genome}" if ranking.genome else f"the isolates {listed(ranking.isolates, 12)}"
    )
    text = (
        f"Of {ranking.library.counts['read']:,} rows of the library {counts['ranked']:,} were scored and "
        f"ranked for {against} by {settings.get('score_by') or ranking.shown_task or 'the class model'}"
    )
    if filters := settings.get("filters"):
        limits = [
            f"{task} {end} {limit}" for task, ends in filters.items() for end, limit in dict(ends).items()
        ]
        text += f"; compounds outside a limit ({', '.join(limits)}) follow the others"
    text += f". {counts['compromised']:,} rows were marked: called genes or the species defeat them. "
    if settings.get("fdr"):
        rate = f"at a false-discovery rate of {settings['fdr']}"
        text += f"Conformal selection{cite(OF['selection'])} {rate} chose the list. "
    return f"{text}{counts['kept']:,} compounds are on the list."


def _software(findings: Findings) -> str:
    used: dict[str, str] = {}
    for task in findings.tasks.values():
        used |= task.header["training"]["versions"]
    others = [f"{name} {found}" for name, found in sorted(used.items()) if name != "riboswitch"]
    text = f"The report was made with riboswitch {version('riboswitch')}"
    return f"{text}; models were trained with {listed(others, len(others))}." if others else f"{text}."
