"""Gene families: sequences that belong in the same part of a split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riboswitch.bio import mmseqs
from riboswitch.bio.families import DEFAULT_K, families, kind_of
from riboswitch.bio.kmers import LONGEST_K
from riboswitch.config.settings import FRACTION, Limits, check_values
from riboswitch.errors import UsageError
from riboswitch.modalities.parts import Inputs

METHODS = ("family", "mmseqs", "random")
RELATIVES: str | None = "family"  # the method that finds relatives for splits by other methods
LIMITS = {"k": Limits(True, 1, at_most=LONGEST_K, optional=True)}
LIMITS |= dict.fromkeys(("cutoff", "identity", "coverage"), FRACTION)
_AS_DNA = str.maketrans("Uu", "Tt")


def group(
    inputs: Inputs,
    method: str = "family",
    *,
    k: int | None = None,
    cutoff: float = 0.1,
    identity: float = 0.3,
    coverage: float = 0.8,
) -> list[str]:
    """Label each sequence with its group.

    Parameters
    ----------
    inputs : mapping
        ``{"sequence": letters of each record}``: proteins, DNA or RNA, in one orientation. The other strand
        of a gene is not recognised as a relative.
    method : {"family", "mmseqs", "random"}
        ``family``: connected components of the graph that joins two sequences if the Jaccard index of their
        k-mer sets reaches ``cutoff``. No two sequences of different groups are that similar.
        ``mmseqs``: components of the alignments that MMseqs2 finds; the program must be installed.
        ``random``: each sequence is a group of its own; equal sequences are together.
    k : int, optional
        Length of the k-mers; by default 4 for proteins and 10 for DNA and RNA.
    cutoff : float
        Jaccard index that makes two sequences relatives.
    identity : float
        For ``mmseqs``: least identity of an alignment that makes two sequences relatives.
    coverage : float
        For ``mmseqs``: least fraction of both sequences in such an alignment.

    Returns
    -------
    list of str
        One label for each sequence. It names the group's first member in sorted order, and does not depend
        on the order of the inputs.

    Raises
    ------
    UsageError
        For an option out of range, or for ``mmseqs`` if the program is missing.
    """
    used = settle(inputs, method, k=k, cutoff=cutoff, identity=identity, coverage=coverage)
    sequences = inputs["sequence"]
    unique = sorted(set(sequences))
    component = _components(unique, method, used)
    first: dict[int, int] = {}
    for i, c in enumerate(component.tolist()):
        first.setdefault(c, i)
    label = {s: f"g{first[c]}" for s, c in zip(unique, component.tolist(), strict=True)}
    return [label[s] for s in sequences]


def size(inputs: Inputs) -> int:
    """Letters of all sequences."""
    return sum(map(len, inputs["sequence"]))


def settle(
    inputs: Inputs,
    method: str = "family",
    *,
    k: int | None = None,
    cutoff: float = 0.1,
    identity: float = 0.3,
    coverage: float = 0.8,
) -> dict[str, Any]:
    """The options that `group` uses: those of the method, with the defaults for these inputs.

    Returns
    -------
    dict
        JSON values: ``letters`` (protein or nucleic) with ``k`` and ``cutoff``, or with ``identity``,
        ``coverage`` and the ``version`` of MMseqs2.
    """
    if method not in METHODS:
        raise UsageError("no such way to group sequences", found=method, hint=f"Choose of {METHODS}.")
    check_values(LIMITS, k=k, cutoff=cutoff, identity=identity, coverage=coverage)
    if method == "random":
        return {}
    letters = kind_of(inputs["sequence"])
    if method == "mmseqs":
        return {"letters": letters, "identity": identity, "coverage": coverage, "version": mmseqs.version()}
    return {"letters": letters, "k": k or DEFAULT_K[letters], "cutoff": cutoff}


def _components(unique: list[str], method: str, used: Mapping[str, Any]) -> np.ndarray:
    if method == "random":
        return np.arange(len(unique))
    if method == "mmseqs":
        return mmseqs.clusters(unique, used["identity"], used["coverage"])
    if used["letters"] == "nucleic":
        unique = [s.translate(_AS_DNA) for s in unique]
    return families(unique, used["k"], used["cutoff"])
