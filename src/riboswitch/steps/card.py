"""Print the model card of a bundle, as Markdown.

It says what the model predicts, what it was trained on, how good it is on held-out groups, and its limits.
"""

from __future__ import annotations

__all__ = ["card"]
__verb__ = ("Predict and test", 145)

import sys
from pathlib import Path

from riboswitch.data.model import Model
from riboswitch.io.atomic_files import atomic_path
from riboswitch.learning.sharing import card as model_card


def card(model: Model | str | Path) -> str:
    """Return the model card of a bundle.

    Parameters
    ----------
    model : Model or path

    Returns
    -------
    str
        Markdown. Metrics are there if the bundle was joined with held-out predictions.

    Raises
    ------
    BundleError
        If the file is no bundle.

    Examples
    --------
    >>> print(riboswitch.card("model.safetensors"))  # doctest: +SKIP
    """
    return model_card.card(Model.of(model))


def command(model: Path, /, *, output: str = "-") -> None:
    """Print the card of a bundle.

    Parameters
    ----------
    model : Path
        The bundle (.safetensors).
    output : str
        A file (.md), or - for standard output.
    """
    text = card(model)
    if output == "-":
        sys.stdout.write(text)
        return
    with atomic_path(output) as temporary:
        temporary.write_text(text, "utf-8")
