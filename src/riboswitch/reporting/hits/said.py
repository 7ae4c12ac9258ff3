"""Sentences of the evidence: a template that many lines share, and the values of one line."""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    """One sentence about a hit.

    Attributes
    ----------
    about : str
        What it is about, in a word or two; sentences of one subject stand together.
    template : str
        With ``{0}``, ``{1}`` where the values belong.
    values : tuple of str
    """

    about: str
    template: str
    values: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The sentence."""
        return self.template.format(*self.values)
