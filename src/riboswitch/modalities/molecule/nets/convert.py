"""Converts encoded molecules to PyTorch Geometric and back, to try other networks on the same molecules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Data

from riboswitch.chem.packing import ATOM_FIELDS, BOND_FIELDS, Field, pack, unpack
from riboswitch.data.arrays import RaggedArrays
from riboswitch.errors import InputError

DESCRIBED = "descriptors"  # there only if the encoding has them


def to_pyg(arrays: RaggedArrays) -> list[Data]:
    """Convert encoded molecules to PyTorch Geometric graphs.

    Returns
    -------
    list of Data
        ``x`` (atoms, 9) and ``edge_attr`` (2 bonds, 4), int64: one column for each of `packing.ATOM_FIELDS`
        and `packing.BOND_FIELDS`; ``edge_index`` (2, 2 bonds): all bonds from begin to end, then all bonds
        from end to begin; ``globals`` (1, properties) float32; ``descriptors`` if there are any; ``id``.
    """
    return [_graph(arrays.item(i), name) for i, name in enumerate(arrays.ids)]


def _graph(item: dict[str, np.ndarray], name: str) -> Data:
    there = torch.from_numpy(item["ends"].T.astype(np.int64))
    bonds = _columns(item["bonds"], BOND_FIELDS)
    described = {name: torch.from_numpy(item[name].copy()) for name in (DESCRIBED,) if name in item}
    return Data(
        x=_columns(item["atoms"], ATOM_FIELDS),
        edge_index=torch.cat([there, there.flip(0)], dim=1),
        edge_attr=torch.cat([bonds, bonds]),
        globals=torch.from_numpy(item["globals"].copy()),
        id=name,
        **described,
    )


def _columns(codes: np.ndarray, fields: dict[str, Field]) -> torch.Tensor:
    return torch.from_numpy(np.stack([*unpack(codes, fields).values()], axis=1))


def from_pyg(graphs: Sequence[Data], ids: Sequence[str], meta: dict[str, Any]) -> RaggedArrays:
    """Convert graphs from `to_pyg` back to arrays.

    Parameters
    ----------
    graphs : sequence of Data
    ids : sequence of str
    meta : dict
        The meta of the arrays.

    Raises
    ------
    InputError
        If the second half of a graph's edges is not the first half reversed, or a column is missing.
    """
    return RaggedArrays.pack(
        "molecule", ids, [_item(g, name) for g, name in zip(graphs, ids, strict=True)], **meta
    )


def _item(graph: Data, name: str) -> dict[str, np.ndarray]:
    bonds = graph.edge_index.shape[1] // 2
    there, back = graph.edge_index[:, :bonds], graph.edge_index[:, bonds:]
    columns, reversed_columns = graph.edge_attr[:bonds], graph.edge_attr[bonds:]
    if not torch.equal(there.flip(0), back) or not torch.equal(columns, reversed_columns):
        raise InputError("the edges are not bonds followed by the same bonds reversed", where=name,
                         hint="Convert the graphs before other transforms reorder their edges.")  # fmt: skip
    return {
        "atoms": _codes(graph.x, ATOM_FIELDS, np.int64, name),
        "bonds": _codes(columns, BOND_FIELDS, np.int16, name),
        "ends": there.numpy().T.astype(np.uint16),
        "globals": graph.globals.numpy(),
        **{table: graph[table].numpy() for table in (DESCRIBED,) if table in graph},
    }


def _codes(table: torch.Tensor, fields: dict[str, Field], dtype: type, name: str) -> np.ndarray:
    if table.ndim != 2 or table.shape[1] != len(fields):
        raise InputError(f"a table of {len(fields)} columns was expected", where=name,
                         found=tuple(table.shape), hint=f"They are: {', '.join(fields)}.")  # fmt: skip
    return pack(dict(zip(fields, table.numpy().T, strict=True)), fields, dtype)
