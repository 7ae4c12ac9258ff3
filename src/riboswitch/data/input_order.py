"""Tables of accepted and rejected inputs, in the order of the inputs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from riboswitch.data.records import Records

POSITION = ["source", "row"]


def in_input_order(records: Records, accepted: pd.DataFrame, rejected: Sequence[str]) -> pd.DataFrame:
    """Join rows of accepted records with the rejections, source after source, rows in order.

    Parameters
    ----------
    records : Records
    accepted : DataFrame
        Rows of the accepted records, with the columns ``source`` and ``row``.
    rejected : sequence of str
        Columns of the rejections to take: of ``id``, ``status`` (the code), ``reason``, ``input``.

    Returns
    -------
    DataFrame
        Still with the columns ``source`` (as a number) and ``row``.
    """
    bad = records.rejected.rename(columns={"code": "status"})[[*POSITION, *rejected]]
    table = pd.concat([accepted, bad], ignore_index=True)
    table["source"] = table["source"].map(_source_numbers(records))
    return table.sort_values(POSITION, kind="stable", ignore_index=True)


def _source_numbers(records: Records) -> dict[str, int]:
    """Number of each source: in the order of the records' meta, else as they first occur."""
    named = [source["file"] for source in records.meta.get("sources", ())]
    seen = [*named, *records.table["source"], *records.rejected["source"]]
    return {source: i for i, source in enumerate(dict.fromkeys(seen))}
