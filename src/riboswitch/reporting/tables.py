"""Tables: compounds and rejected rows in the shape the template prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from riboswitch.chem.drawing import draw
from riboswitch.reporting.gather import Findings, Reading

EXAMPLES = 3
Line = dict[str, Any]


@dataclass(frozen=True)
class Hit:
    """One line of the short-list."""

    line: Line
    drawing: Markup
    class_sd: float | None
    estimates: list[str]
    in_training: bool | None
    similarity: float | None
    flags: list[str]


@dataclass(frozen=True)
class Group:
    """The compounds that one gene compromises."""

    gene: str
    locus: str
    compounds: list[Line]
    classes: str
    call: Line


def short_list(found: Findings) -> list[Hit]:
    """Every kept compound with its drawing and its flags, best first."""
    return [_hit(line, found) for line in found.hits.to_dict("records")]


def _hit(line: Line, found: Findings) -> Hit:
    task = found.class_task
    seen = line.get(f"{task}.in_training")
    flags = []
    if line["compromised"]:
        flags.append(f"compromised by {line['compromised_by']} at {line['compromise_locus']}")
    flags += [f"outside filter: {told}" for told in line["outside_filter"].split(";") if told]
    if line["known_class"] and line["predicted_class"] != line["known_class"]:
        flags.append("prediction differs from the name")
    if not line["known_class"]:
        flags.append("its name is of no known class: check before you trust the prediction")
    return Hit(
        line=line,
        drawing=draw(line["input"], line["name"] or line["id"]),
        class_sd=line.get(f"{task}.p_{line['predicted_class']}_sd"),
        estimates=[e for name in found.screened if name != task for e in _estimates(line, name)],
        in_training=None if seen is None else bool(seen),
        similarity=line.get(f"{task}.similarity"),
        flags=flags,
    )


def _estimates(line: Line, task: str) -> list[str]:
    """Other predictions, as ``SOL -3.21 ± 0.40``; one that was in training says so."""
    told = []
    for column, value in line.items():
        if column.startswith(f"{task}.") and f"{column}_sd" in line:
            told.append(f"{column.removeprefix(f'{task}.')} {value:.2f} ± {line[f'{column}_sd']:.2f}")
    if told and line.get(f"{task}.in_training"):
        told.append("(in training)")
    return told


def estimated(found: Findings) -> list[str]:
    """The tasks whose predictions stand beside the class."""
    return [name for name in found.screened if name != found.class_task]


def compromised(found: Findings) -> list[Group]:
    """The flagged compounds by gene, each group with the call that is its evidence."""
    calls = found.calls[found.genome].confident.to_dict("records")
    by_locus = {f"{c['contig']}:{c['start']}-{c['end']}({c['strand']})": c for c in calls}
    groups = []
    for (gene, locus), table in found.compromised.groupby(["compromised_by", "compromise_locus"], sort=True):
        classes = ", ".join(sorted(set(table["join_class"])))
        groups.append(Group(gene, locus, table.to_dict("records"), classes, by_locus.get(locus, {})))
    return groups


def rejections(reading: Reading) -> list[Line]:
    """Rejected rows by code, commonest first, with the reason, the hint and a few examples."""
    rows = []
    for code, table in reading.rejected.groupby("code", sort=True):
        first = table.iloc[0]
        examples = [
            f"{r['id']} ({r['source']} row {r['row']}): {r['reason']}"
            for r in table.head(EXAMPLES).to_dict("records")
        ]
        stages = ", ".join(sorted(set(table["stage"])))
        rows.append(
            {"code": code, "count": len(table), "stage": stages, "hint": first["hint"], "examples": examples}
        )
    return sorted(rows, key=lambda row: (-row["count"], row["code"]))


def chain(found: Findings) -> list[tuple[str, int, str]]:
    """From the rows of the library down to the list: what, how many, and how it is made up."""
    distinct, read = found.distinct, found.library.counts
    gone, hits = found.compromised, found.hits
    free = len(distinct) - len(gone)
    flagged = int(hits["compromised"].sum())
    return [
        ("rows read", read["read"], f"{read['accepted']:,} accepted + {read['rejected']:,} rejected"),
        ("compounds ranked", len(found.compounds),
         f"{len(distinct):,} distinct + {len(found.compounds) - len(distinct):,} repeats of one of them"),
        ("distinct compounds", len(distinct), f"{free:,} not compromised + {len(gone):,} compromised"),
        ("outside a filter", int((distinct["outside_filter"] != "").sum()), "ranked behind the others"),
        ("on the short-list", len(hits),
         f"{len(hits) - flagged:,} not compromised + {flagged:,} compromised"),
    ]  # fmt: skip


def reconciled(found: Findings) -> bool:
    """Whether every number of `chain` follows from the one before it."""
    counts = found.counts
    return (
        found.library.agrees
        and found.library.counts["accepted"] == len(found.compounds) == counts["ranked"]
        and len(found.compounds) - len(found.distinct) == counts["duplicates"]
        and int(found.compounds["compromised"].sum()) == counts["compromised"]
        and len(found.hits) == counts["kept"]
    )
