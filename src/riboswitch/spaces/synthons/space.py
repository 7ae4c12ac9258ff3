"""Space: synthons and reactions that were read and checked; a folder on disk.

It holds ``synthons.parquet``, ``rejected.tsv``, ``facts.npz`` and ``space.json``, which is written last and
lists the digests of the others.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riboswitch.data.records import Rejection, rejection_table
from riboswitch.errors import InputError
from riboswitch.io.atomic_files import check_folder
from riboswitch.io.formats import source_name
from riboswitch.io.locks import held
from riboswitch.io.parquet import read_parquet, write_parquet
from riboswitch.io.sealed import SEAL, file_digest, is_intact, read_sealed, write_sealed
from riboswitch.io.table_writer import write_text_table
from riboswitch.spaces.synthons.reactions import OF_A_REACTION, Reaction, group_reactions
from riboswitch.spaces.synthons.synthon import Synthon
from riboswitch.spaces.synthons.synthon_file import SynthonRow

FORMAT = 2
HEADER, SYNTHONS, REJECTED, FACTS = "space.json", "synthons.parquet", "rejected.tsv", "facts.npz"
AGAIN = "riboswitch space makes one."


@dataclass
class Space:
    """A space of products, none of them enumerated.

    Attributes
    ----------
    reactions : list of Reaction
    rejected : DataFrame
        Rows that cannot be used, see `data.records`.
    read : int
        Number of rows read.
    source : str
        Name of the file.
    digest : str
        Of the folder; empty before it is saved.
    facts : dict of str to ndarray
        What was found out about the synthons, see `stored_facts`.
    """

    reactions: list[Reaction]
    rejected: pd.DataFrame
    read: int
    source: str = ""
    digest: str = ""
    facts: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @classmethod
    def collect(cls, items: Iterable[SynthonRow | Rejection], source: str) -> Space:
        """Make a space of rows; every row ends as a synthon or as a rejection.

        Raises
        ------
        InputError
            If no reaction is left.
        """
        reactions, rejected, read = group_reactions(items, source_name(source))
        made = cls(reactions, rejection_table(rejected), read, source_name(source))
        if made.synthons + len(rejected) != read:
            raise AssertionError(f"{read} rows, but {made.synthons} synthons and {len(rejected)} rejections")
        if not reactions:
            raise _no_reaction(rejected, source)
        return made

    @property
    def synthons(self) -> int:
        """Number of rows of synthons; one that stands in two reactions counts twice."""
        return sum(len(rows) for reaction in self.reactions for rows in reaction.components)

    @property
    def products(self) -> int:
        """Number of products, those made in several ways included."""
        return sum(reaction.products for reaction in self.reactions)

    def describe(self) -> pd.DataFrame:
        """One row for each reaction: its components, its products, and how they are scored."""
        return pd.DataFrame({
            "reaction": [each.id for each in self.reactions],
            "components": [len(each.components) for each in self.reactions],
            "synthons": [" x ".join(str(len(rows)) for rows in each.components) for each in self.reactions],
            "products": [each.products for each in self.reactions],
            "scored_by": [each.scored_by for each in self.reactions],
        })  # fmt: skip

    def counts(self) -> dict[str, Any]:
        """Counts for people and for the summary."""
        whole = [each.products for each in self.reactions if not each.decomposed]
        return {
            "read": self.read,
            "synthons": self.synthons,
            "rejected": len(self.rejected),
            "by_code": {str(k): int(v) for k, v in sorted(self.rejected["code"].value_counts().items())},
            "reactions": len(self.reactions),
            "products": self.products,
            "products_to_enumerate": sum(whole),
        }

    def save(self, folder: str | Path) -> None:
        """Write the folder; a space that was there is replaced."""
        folder = Path(folder)
        check_folder(folder)
        with held(folder) as lock:
            if folder.exists() and any(folder.iterdir()) and not (folder / HEADER).exists():
                raise InputError("the folder holds other files", where=str(folder), hint="Give a new one.")
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)
            write_parquet(self._table(), folder / SYNTHONS)
            write_text_table(self.rejected, folder / REJECTED, "\t")
            with open(folder / FACTS, "wb") as handle:
                np.savez(handle, **self.facts)  # type: ignore[arg-type]
            files = {name: dict(file_digest(folder / name)) for name in (SYNTHONS, REJECTED, FACTS)}
            lock.check()
            header = {"format": FORMAT, "source": self.source, "counts": self.counts(), "files": files}
            write_sealed(header, folder / HEADER)
        self.digest = read_sealed(folder / HEADER)[0][SEAL]

    def _table(self) -> pd.DataFrame:
        rows = [(r, row) for r in self.reactions for part in r.components for row in part]
        return pd.DataFrame({
            "row": [row.row for _, row in rows],
            "id": [row.id for _, row in rows],
            "reaction": [reaction.id for reaction, _ in rows],
            "number": [row.number for _, row in rows],
            "smiles": [row.synthon.smiles for _, row in rows],
            "ends": [" ".join(f"{n}:{kind}" for n, kind in row.synthon.ends) for _, row in rows],
            "given": [row.given for _, row in rows],
        })  # fmt: skip

    @classmethod
    def open(cls, folder: str | Path) -> Space:
        """Open a space that `save` wrote.

        Raises
        ------
        InputError
            If the folder is not a space, or one of another version, or a file is missing or damaged.
        """
        folder = Path(folder)
        if not (folder / HEADER).exists():
            raise InputError("not a space: it has no space.json", where=str(folder), hint=AGAIN)
        header, whole = read_sealed(folder / HEADER)
        if not whole or header.get("format") != FORMAT:
            raise InputError("damaged, or of another version", where=str(folder / HEADER), hint=AGAIN)
        for name, listed in header["files"].items():
            if not is_intact(folder / name, listed):
                raise InputError("a file of the space is missing or damaged", where=str(folder / name),
                                 hint=AGAIN)  # fmt: skip
        table = read_parquet(folder / SYNTHONS)[0]
        reactions, _, _ = group_reactions(_stored(table), header["source"])
        rejected = pd.read_csv(folder / REJECTED, sep="\t", dtype="str", keep_default_na=False)
        with np.load(folder / FACTS, allow_pickle=False) as stored:
            facts = dict(stored)
        return cls(reactions, rejected, header["counts"]["read"], header["source"], header[SEAL], facts)


def _no_reaction(rejected: Sequence[Rejection], source: str) -> InputError:
    """The error names the first row that is itself at fault: a reaction often fails because of it."""
    codes = Counter(each.code for each in rejected).most_common(3)
    found = ", ".join(f"{many} {code}" for code, many in codes)
    causes = [each for each in rejected if each.code not in OF_A_REACTION] or rejected
    hint = "".join(f"Row {each.row} (id {each.id!r}): {each.reason}. {each.hint}" for each in causes[:1])
    return InputError("no reaction can be made of the synthons", where=source, found=found, hint=hint.strip())


def is_space(path: str | Path) -> bool:
    """Whether a path is the folder of a space."""
    return (Path(path) / HEADER).is_file()


def _stored(table: pd.DataFrame) -> Iterable[SynthonRow]:
    for row in table.itertuples(index=False):
        ends = tuple((int(n), int(k)) for n, k in (each.split(":") for each in str(row.ends).split()))
        synthon = Synthon(str(row.smiles), ends)
        yield SynthonRow(
            int(row.row), str(row.id), str(row.reaction), int(row.number), synthon, str(row.given)
        )
