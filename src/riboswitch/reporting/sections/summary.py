"""The result in a few sentences, each with its numbers."""

from __future__ import annotations

import math
from typing import Any

from riboswitch.reporting.findings import Findings, Ranking
from riboswitch.reporting.phrases import count, listed
from riboswitch.reporting.promised import against_experiment
from riboswitch.reporting.sections import Section
from riboswitch.reporting.verdicts import in_short

OF_RANKING = (
    "Which compounds of a library are worth a test against one bacterium, which of them its genes are known "
    "to defeat, and the evidence for it."
)
OF_PANEL = (
    "Which compounds of a library the genes and mutations of a panel of isolates are known to defeat, in "
    "which isolates nothing was seen that does, where nobody looked, and the evidence for it."
)
OF_TASKS = (
    "What the models learned from these data, how well they predict groups that were held out, and which "
    "rows were accepted and rejected."
)


def contents(findings: Findings) -> dict[str, Any]:
    """Kicker (a line above all), lead, figures (name and number) and sentences."""
    if findings.ranking is None:
        return {"kicker": _scope(findings), "lead": OF_TASKS, "figures": [], "sentences": _models(findings)}
    ranking = findings.ranking
    if not ranking.genome:
        return _of_panel(findings, ranking)
    return {
        "kicker": f"Genome {ranking.genome} · {ranking.library.counts['read']:,} compounds read",
        "lead": OF_RANKING,
        "figures": _figures(findings, ranking),
        "sentences": [*_checked(ranking), _called(findings, ranking), _compromised(ranking),
                      _short_list(ranking), _in_training(ranking), *_promise(ranking), *_models(findings)],
    }  # fmt: skip


SECTION = Section("Summary", 10, contents)


def _of_panel(findings: Findings, ranking: Ranking) -> dict[str, Any]:
    ranked = ranking.ranked
    everywhere, compounds = ranked.defeated.number, count(ranked.distinct, "distinct compound")
    defeated = f"Of {compounds} {everywhere:,} are known to be defeated in every isolate."
    isolates = count(len(ranking.isolates), "isolate")
    return {
        "kicker": f"Panel of {isolates} · {ranking.library.counts['read']:,} compounds read",
        "lead": OF_PANEL,
        "figures": [("isolates", len(ranking.isolates)), *_of_library(ranking)],
        "sentences": [defeated, _short_list(ranking), _in_training(ranking), *_models(findings)],
    }


def _scope(findings: Findings) -> str:
    tasks, genomes = count(len(findings.tasks), "task"), count(len(findings.calls), "genome")
    return f"{tasks} · {genomes} scanned for classes of genes" if findings.calls else tasks


def _figures(findings: Findings, ranking: Ranking) -> list[tuple[str, int]]:
    return [("genes called", len(findings.calls[ranking.genome].confident)), *_of_library(ranking)]


def _of_library(ranking: Ranking) -> list[tuple[str, int]]:
    return [
        ("distinct compounds", ranking.ranked.distinct),
        ("compromised", ranking.ranked.defeated.number),
        ("on the short-list", len(ranking.hits)),
    ]


def _checked(ranking: Ranking) -> list[str]:
    """The check against experiment in one sentence, if there is one."""
    if ranking.check is None:
        return []
    facts = ranking.check.facts
    if facts["refused"]:
        return [f"Not checked against experiment: {facts['refused']}"]
    compared = count(facts["counts"]["compared"], "compound")
    found = [
        f"{row['positives']:g} of the first {row['rows']} (by chance {row['by_chance']:.1f})"
        for row in facts["first"]["ranking"]
    ]
    return [
        f"Checked against experiment: of {compared} that were tested and kept out of training, "
        f"{facts['counts']['positive']} are positive; the ranking has {listed(found)}."
    ]


def _called(findings: Findings, ranking: Ranking) -> str:
    calls = findings.calls[ranking.genome]
    counts = calls.meta["counts"]
    contigs = count(counts["contigs"], "contig")
    frames = f"{count(counts['orfs'], 'open reading frame')} on " if "orfs" in counts else ""
    what = f"{frames}{contigs}" if counts["bases"] else count(counts.get("proteins", 0), "protein")
    examined = f"In {ranking.genome}, {what} were examined"
    unused = f"{count(counts['candidates'], 'candidate')} not used"
    if not counts["calls"]:
        return f"{examined}; no resistance gene was called ({unused})."
    genes = [f"{c['nearest_gene']} ({c['drug_class']})" for c in calls.confident.to_dict("records")]
    return f"{examined}; {count(counts['calls'], 'gene')} called: {listed(genes)} ({unused})."


def _compromised(ranking: Ranking) -> str:
    defeated, rows = ranking.ranked.defeated, ranking.library.counts
    accepted = f"{rows['accepted']:,} were accepted, {count(ranking.ranked.distinct, 'distinct compound')}"
    read = f"Of {count(rows['read'], 'library row')} {accepted}"
    if not defeated.number:
        return f"{read}; these genes are not known to defeat any compound."
    classes = listed([f"{number} {name}" for name, number in defeated.by_class.most_common()])
    by_name, by_nature = defeated.by_name, defeated.by_nature
    basis = f"{by_name} by name and {defeated.number - by_name} by predicted class only"
    who = f"a called gene, or for {by_nature} the nature of the species," if by_nature else "a called gene"
    flagged = f"{who} is known to defeat {defeated.number} of them"
    return f"{read}; {flagged} ({classes}), {basis}."


def _short_list(ranking: Ranking) -> str:
    hits = ranking.hits
    if hits.empty:
        return "The short-list is empty."
    best = [name or id_ for name, id_ in zip(hits["name"].head(3), hits["id"].head(3), strict=True)]
    compromised = int(hits["compromised"].sum()) or "none"
    compounds = f"{count(len(hits), 'compound')} on the short-list"
    by = "by this genome" if ranking.genome else "in every isolate"
    return f"{compounds}, {compromised} of them compromised {by}; the first: {listed(best)}."


def _in_training(ranking: Ranking) -> str:
    hits, column = ranking.hits, f"{ranking.shown_task}.in_training"
    named = int((hits["known_class"] != "").sum())
    if column not in hits:
        return f"{named} of them have a known class."
    unnamed = len(hits) - named
    others = f"; the other {unnamed} have none and should be checked first" if unnamed else ""
    if not hits[column].any():
        seen = f"None of them was in the training data of {ranking.shown_task}."
        return f"{seen} {named} have a known class{others}."
    known, apart = int(hits[column].sum()), f"{ranking.shown_task}.out_of_fold"
    recalled = known - (int(hits[apart].sum()) if apart in hits else 0)
    meaning = "their scores are recall and not evidence"
    if recalled < known:
        meaning = (
            f"networks that did not see them scored {known - recalled}; of the others the scores are recall"
        )
    return (
        f"{known} of the {len(hits)} were in the training data of {ranking.shown_task}: {meaning}. "
        f"{named} have a known class{others}."
    )


def _promise(ranking: Ranking) -> list[str]:
    """How many of the short-list are active, as rank says it, and what experiment says of that."""
    promise = ranking.counts.get("promise", {})
    text: str = promise.get("text", "")
    if not text:
        return []
    said = [f"{text[0].upper()}{text[1:]}."]
    if ranking.check is None or "low" not in promise:
        return said
    values = [ranking.check.values.get(name, math.nan) for name in ranking.hits["id"]]
    return [*said, *filter(None, [against_experiment(promise, values)])]


def _models(findings: Findings) -> list[str]:
    """The models against the baselines, one clause a task."""
    if not findings.tasks:
        return []
    clauses = [f"{name}: {in_short(task.metrics)}" for name, task in findings.tasks.items()]
    return [f"The models against the baselines on held-out rows. {'. '.join(clauses)}."]
