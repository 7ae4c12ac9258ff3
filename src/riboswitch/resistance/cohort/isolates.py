"""A ranked library against a panel of isolates: columns of the compounds, and the evidence of the hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from riboswitch.data.calls import Calls
from riboswitch.resistance.defeats import NOT_COMPROMISED, defeated_classes
from riboswitch.resistance.drugs.intrinsic import by_nature
from riboswitch.resistance.drugs.panel import STATES, Panel, panel

ISOLATE = "isolate:"
"""Begins the name of the column of an isolate."""
COUNTED = {state: f"{state}_in" for state in STATES}
"""Columns with the number of isolates in each state."""
FEWEST_DEFEATED, MOST_WORKING = "fewest_defeated", "most_working"
ORDERS = (FEWEST_DEFEATED, MOST_WORKING)
EVERYWHERE = "every isolate of the panel defeats it"
UNFIT = "unfit"
"""Column that a panel sorts by, ascending."""
EVIDENCE_COLUMNS = ["rank", "id", "name", "isolate", "state", "cell", "by", "gene_class", "locus",
                    "recognised", "basis"]  # fmt: skip


@dataclass(frozen=True)
class Isolates:
    """What a panel does to the compounds of a table.

    Attributes
    ----------
    found : Panel
    index : Index
        Of the table.
    """

    found: Panel
    index: pd.Index

    @classmethod
    def of(cls, table: pd.DataFrame, isolates: Mapping[str, Calls]) -> Isolates:
        """Of compounds with the columns of `compound_classes.classify`."""
        return cls(panel(table, isolates), table.index)

    @property
    def columns(self) -> pd.DataFrame:
        """The counts, and a column for each isolate; texts that repeat are kept once."""
        counts = self.found.counts.rename(columns=COUNTED).set_axis(self.index)
        cells = self.found.cells.set_axis(self.index).astype("category")
        return pd.concat([counts, cells.add_prefix(ISOLATE)], axis=1)

    @property
    def everywhere(self) -> pd.DataFrame:
        """The columns of `defeats.compromised`: a compound is compromised if every isolate defeats it."""
        lines = [
            NOT_COMPROMISED
            if any(cell.state != "defeated" for cell in line)
            else NOT_COMPROMISED
            | {
                "compromised": True,
                "compromised_by": ", ".join(dict.fromkeys(cell.found.symbols for cell in line)),
                "compromise_basis": EVERYWHERE,
            }
            for line in self.found.lines
        ]
        return pd.DataFrame(lines, index=self.index, columns=[*NOT_COMPROMISED])

    def evidence(self, hits: pd.DataFrame) -> pd.DataFrame:
        """One row a cell of the hits: `EVIDENCE_COLUMNS`. ``hits`` has ``rank``, ``id``, ``name``, and as its
        index the rows of the table."""
        rows = []
        places = {row: place for place, row in enumerate(self.index)}
        for row in hits[["rank", "id", "name"]].itertuples():
            line = self.found.lines[places[row.Index]]
            for isolate, cell in zip(self.found.isolates, line, strict=True):
                known = {"rank": row.rank, "id": row.id, "name": row.name, "isolate": isolate}
                rows.append(known | {"state": cell.state, "cell": cell.text} | cell.evidence)
        return pd.DataFrame(rows, columns=EVIDENCE_COLUMNS)


def unfit(columns: pd.DataFrame, order: str) -> pd.Series:
    """What a panel sorts by: the isolates that defeat a compound, or all on which it is not said to work."""
    if order == FEWEST_DEFEATED:
        return columns[COUNTED["defeated"]]
    return columns[[*COUNTED.values()]].sum(axis=1) - columns[COUNTED["not_seen"]]


def defeated_everywhere(isolates: Sequence[Calls]) -> list[str]:
    """Drug classes that each of some genomes defeats as a whole."""
    of_each = [set(defeated_classes(c.confident, nature=by_nature(c))) for c in isolates]
    return sorted(set.intersection(*of_each)) if of_each else []
