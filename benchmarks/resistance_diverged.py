"""Genes that no rule knows any more: known ones mutated to 80 to 40 % identity, and whole families held out.

Genes are planted into annotated genomes. All methods have the same references, and call what scores at
least as high as a threshold. It is set on two genomes, so that each has one false call, or none in both, and
applied to others. A gene counts as found if it is called with one of its drug classes. Test families decide
nothing else: the form of each method, and what a combination of scores weighs, come from other families.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from diverged_families import Known
from diverged_hosts import FIRST, OTHERS, Gene, housekeeping_proteins
from diverged_judged import called, drawn, macro, summary, threshold, verdict
from diverged_rivals import OURS, RIVALS, Methods, Question
from diverged_runs import IDENTITIES, SEEDS, Runs
from diverged_scan import with_default_threshold

from riboswitch.bio.letter_codes import letter_codes
from riboswitch.bio.search import Search

if TYPE_CHECKING:
    from resistance import Bench

RATES = (1.0, 0.1)
"""False calls a genome."""

ORTHOLOGUES = ("MGH 78578", "ATCC 11775")
LIKE = 0.5
"""Least share of a housekeeping protein's own score that makes a frame that protein."""


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    runs = Runs(bench, bench.work / "diverged")
    methods = Methods.chosen(runs)
    mutated, unseen = Question("test", False), Question("test", True)
    genes, held = methods.genes(mutated), methods.genes(unseen)
    references = runs.references(unseen.configuration)
    nameable = np.array([has_relatives_in_class(g.known, references) for g in held])
    rates = {}
    for rate in RATES:
        found, false = judged(methods, mutated, rate)
        found_unseen, false_unseen = judged(methods, unseen, rate)
        rates[f"{rate:g}"] = {
            "mutated": by_identity(found, genes), "false_calls": false,
            "held_out": held_out(
                {name: values[nameable] for name, values in found_unseen.items()},
                [g for g, n in zip(held, nameable, strict=True) if n],
            ),
            "false_calls_held_out": false_unseen,
        }  # fmt: skip
    margin = min(level["margin"] for level in rates["1"]["mutated"].values())
    details = described(runs, methods, len(held)) | {"rates": rates}
    details |= {"scan": with_default_threshold(methods, nameable)}
    return {"diverged_margin": round(margin, 4)}, details | {"housekeeping": housekeeping(methods, mutated)}


def described(runs: Runs, methods: Methods, held: int) -> dict[str, Any]:
    """What was tested, on what, and what other families chose."""
    genomes = {
        name: {"species": entry[0], "frames": len(runs.host(name).frames), "sets_thresholds": name in FIRST}
        for name, entry in (FIRST | OTHERS).items()
    }
    return {
        "references": len(runs.known), "families": len({k.family for k in runs.known}),
        "background": len(runs.background), "tested_families": held, "seeds": len(SEEDS),
        "genomes": genomes, "chosen": methods.choices,
    }  # fmt: skip


def has_relatives_in_class(known: Known, references: Sequence[Known]) -> bool:
    """Whether a class of a protein has references: only then can anything name it."""
    return bool(set(known.classes) & {c for r in references for c in r.classes})


def judged(
    methods: Methods, question: Question, rate: float
) -> tuple[dict[str, np.ndarray], dict[str, dict[str, int]]]:
    """For each method, which genes it finds, and its calls in the other genomes."""
    first = [methods.of_host(question, host) for host in FIRST]
    others = {host: methods.of_host(question, host) for host in OTHERS}
    found, false = {}, {}
    for name, answers in methods.answers(question).items():
        least = threshold([scores[name] for scores in first], rate)
        found[name] = called(answers, least)
        false[name] = {host: int((scores[name] >= least).sum()) for host, scores in others.items()}
    return found, false


def housekeeping(methods: Methods, question: Question) -> dict[str, dict[str, list[str]]]:
    """Housekeeping proteins that resemble resistance proteins, in genomes without them in the background.

    For each method the genes that it calls at one false call a genome, and ``seen``, all that were found.
    """
    named = housekeeping_proteins(methods.runs.bench)
    search = Search.of([*named.values()])
    first = [methods.of_host(question, host) for host in FIRST]
    called_genes: dict[str, dict[str, list[str]]] = {}
    for host in ORTHOLOGUES:
        numbers, points = search(*letter_codes(methods.runs.host(host).frames, "protein"))
        best = np.arange(len(points)), points.argmax(1)
        near = np.flatnonzero((numbers[best] >= 0) & (points[best] >= LIKE * search.own[numbers[best]]))
        genes = {i: [*named][numbers[best][i]] for i in near.tolist()}
        scores = methods.of_host(question, host)
        called_genes[host] = {"seen": sorted(set(genes.values()))} | {
            name: sorted(genes[i] for i in genes if values[i] >= threshold([f[name] for f in first], 1.0))
            for name, values in scores.items()
        }
    return called_genes


def by_identity(found: Mapping[str, np.ndarray], genes: Sequence[Gene]) -> dict[str, dict[str, Any]]:
    """Recall of each method at each identity, and ours minus each rival's, with intervals."""
    levels = {}
    for identity in IDENTITIES:
        rows = np.array([g.identity == identity for g in genes])
        draws = drawn([g.known.family for g, r in zip(genes, rows, strict=True) if r])
        levels[str(identity)] = compared({name: values[rows] for name, values in found.items()}, draws)
    return levels


def compared(found: Mapping[str, np.ndarray], draws: np.ndarray) -> dict[str, Any]:
    """Recall of each method, ours minus each rival's, and minus the best rival's."""
    minus = {}
    for rival in RIVALS:
        difference = summary(found[OURS] - found[rival], draws)
        minus[rival] = difference | {"verdict": verdict(difference)}
    return {
        "recall": {name: summary(values, draws) for name, values in found.items()},
        "ours_minus": minus,
        "margin": round(min(float(d["mean"]) for d in minus.values()), 4),
    }


def held_out(found: Mapping[str, np.ndarray], genes: Sequence[Gene]) -> dict[str, Any]:
    """Recall of families that references and training leave out, and its mean over the drug classes."""
    draws = drawn([g.known.family for g in genes])
    labels = [g.known.label for g in genes]
    return compared(found, draws) | {
        "macro_over_classes": {name: round(macro(values, labels), 4) for name, values in found.items()}
    }
