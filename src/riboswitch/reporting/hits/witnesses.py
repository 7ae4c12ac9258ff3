"""What else is known of a hit, in sentences: genes and mutations, rules it breaks, measurements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from riboswitch.drawing.numbers import percent
from riboswitch.modalities import find
from riboswitch.reporting.findings import Findings, Ranking
from riboswitch.reporting.hits.said import Said
from riboswitch.reporting.ranked import STRUCTURE

GENES, RULES, MEASURED, COMPOUND, MAP = "genes", "alerts", "measured", "compound", "atom map"
Row = dict[str, Any]


@dataclass(frozen=True)
class Witnesses:
    """What the sentences need, looked up once for all hits.

    Attributes
    ----------
    ranking : Ranking
    calls : dict of str to dict
        The calls of the genome of the ranking by their place.
    panel : dict of int to list of dict
        The lines of the panel by rank.
    broken : dict of int to dict, or None
        The rules that each hit breaks, by rank; None if the modality has none.
    rules : tuple of str
    """

    ranking: Ranking
    calls: Mapping[str, Row]
    panel: Mapping[int, list[Row]]
    broken: Mapping[int, Mapping[str, str]] | None
    rules: tuple[str, ...]


def witnesses(findings: Findings, ranking: Ranking, hits: pd.DataFrame) -> Witnesses:
    """Look up what is known of the hits."""
    calls: dict[str, Row] = {}
    if ranking.genome:
        for call in findings.calls[ranking.genome].confident.to_dict("records"):
            calls.setdefault(place(call), call)
    panel: defaultdict[int, list[Row]] = defaultdict(list)
    for line in ranking.panel.to_dict("records"):
        panel[line["rank"]].append(line)
    assessor = find(ranking.modality).assessor
    rules: tuple[str, ...] = ()
    broken = None
    if assessor and len(find(ranking.modality).components) == 1:
        rules = tuple(assessor.RULES)
        inputs = {find(ranking.modality).component: hits[STRUCTURE].tolist()}
        broken = dict(zip(hits["rank"], assessor.broken(inputs, rules), strict=True))
    return Witnesses(ranking, calls, panel, broken, rules)


def place(call: Mapping[str, Any]) -> str:
    """Where a call lies; the protein of one without a place."""
    where = "{contig}:{start}-{end}({strand})".format(**call)
    return where if call["contig"] else str(call["orf_id"])


def said_of(row: Row, known: Witnesses) -> Iterator[Said]:
    """All sentences but those of the models."""
    yield from _panel(row, known) if known.ranking.isolates else _genome(row, known)
    yield from _rules(row, known)
    yield from _measured(row, known.ranking)
    yield from _map(row, known.ranking)
    if row.get("changes"):
        yield Said(COMPOUND, "The standard form changed it: {0}.", (str(row["changes"]),))
    for failed in filter(None, row["outside_filter"].split(";")):
        yield Said(COMPOUND, "It is outside a filter of the list: {0}.", (failed.strip(),))
    if row.get("class_basis"):
        yield Said(COMPOUND, "Its known class is {0} ({1}): knowledge, not a measurement.",
                   (row["known_class"], str(row["class_basis"])))  # fmt: skip


def _genome(row: Row, known: Witnesses) -> Iterator[Said]:
    genome = known.ranking.genome
    if row["compromised"]:
        yield Said(GENES, "{0} in {1} is known to defeat it. What joins them: {2}.",
                   (row["compromised_by"], genome, row["compromise_basis"]))  # fmt: skip
        yield from _call(known.calls.get(row["compromise_locus"]), row["compromise_locus"])
        return
    for column, template in (
        ("reduced_by", "{0} in {1} weakens it; it may still work."),
        ("may_be_compromised_by", "{0} in {1} defeats some drugs of its predicted class, but not all."),
    ):
        if row.get(column):
            yield Said(GENES, template, (row[column], genome))
            return
    if row["join_class"]:
        yield Said(GENES, "In {0} no called gene or mutation is known to defeat the class {1}. That is not a "
                   "measured susceptibility.", (genome, row["join_class"]))  # fmt: skip
    else:
        yield Said(GENES, "Its drug class is not known: no gene of {0} could be looked for that defeats it.",
                   (genome,))  # fmt: skip


def _call(call: Row | None, locus: str) -> Iterator[Said]:
    if call is None:
        if locus:
            yield Said(GENES, "It lies at {0}; the call is not among those of the report.", (locus,))
        return
    identity, coverage = (percent(call[name]) if call[name] == call[name] else "not known"
                          for name in ("identity", "coverage"))  # fmt: skip
    yield Said(GENES, "The call {0} lies at {1}: {2}, {3} identical over {4} of {5}.",
               (call["nearest_gene"], locus, _lower(call["method"]) or "by homology", identity, coverage,
                call["nearest_accession"] or "the known gene"))  # fmt: skip


def _lower(method: str) -> str:
    return str(method).lower().replace("_", " ")


def _panel(row: Row, known: Witnesses) -> Iterator[Said]:
    for line in known.panel.get(row["rank"], []):
        details = "; ".join(line[name] for name in ("gene_class", "locus", "recognised") if line[name])
        yield Said(GENES, "{0}: {1}{2}.", (line["isolate"], line["cell"], f" ({details})" if details else ""))


def _rules(row: Row, known: Witnesses) -> Iterator[Said]:
    if known.broken is None:
        yield Said(RULES, "There are no rules for inputs of this kind.")
        return
    broken = known.broken[row["rank"]]
    for rule, found in broken.items():
        yield Said(RULES, "{0}: {1}.", (rule, found))
    if not broken:
        yield Said(RULES, "It breaks none of these rules: {0}.", (", ".join(known.rules),))


def _measured(row: Row, ranking: Ranking) -> Iterator[Said]:
    if ranking.check is None:
        yield Said(MEASURED, "No measured values were given to compare with.")
        return
    value, basis = ranking.check.values.get(row["id"]), ranking.check.bases.get(row["id"], "")
    target = ranking.check.facts["target"]
    if value is None:
        yield Said(MEASURED, "It was not tested.")
    elif value != value:
        yield Said(MEASURED, "Several forms of it were tested, and they disagree.")
    else:
        yield Said(MEASURED, "Measured: {0} is {1} ({2} was tested). The ranking did not use it.",
                   (target, f"{value:g}", basis or "the compound"))  # fmt: skip


def _map(row: Row, ranking: Ranking) -> Iterator[Said]:
    if not ranking.maps:
        return
    found = ranking.maps.get(row["id"])
    if found is None:
        yield Said(MAP, "No map was made for it.")
    elif found.reason:
        yield Said(MAP, "No map is shown: {0}.", (found.reason,))
    elif not found.scores:
        yield Said(MAP, "No map is shown: all its scores are zero.")
    else:
        yield Said(MAP, "Map of {0}: blue atoms raise the prediction, orange atoms lower it.", (found.of,))
        yield Said(MAP, "The networks agree with a correlation of {0}; networks that learned nothing "
                   "reach {1}.",
                   (f"{found.stability:.2f}", f"{found.control:.2f}"))  # fmt: skip
