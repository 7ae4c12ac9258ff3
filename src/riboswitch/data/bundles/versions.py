"""Versions of the packages that answers depend on, and which of them differ here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

PACKAGES = ("riboswitch", "torch", "rdkit", "biopython", "numpy")


def versions() -> dict[str, str]:
    """Releases of the packages that a result depends on.

    It depends neither on Python's version nor on the label of a build (``+cpu``): the bundles are equal.
    """
    return {name: version(name).partition("+")[0] for name in PACKAGES}


def differing(stated: Mapping[str, str]) -> str:
    """The packages whose version is another one here, as a sentence; or that there is none.

    Parameters
    ----------
    stated : mapping of str to str
        The versions in a bundle.
    """
    here = versions()
    others = [
        f"{name} {stated.get(name, 'of an unknown version')} (here {own})"
        for name, own in here.items()
        if stated.get(name) != own
    ]
    if not others:
        return "All versions are the same here: another kind of processor, or the file was changed."
    return f"It was made with {', '.join(others)}; install that, or train again."
