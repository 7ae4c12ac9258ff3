"""What a verb says on standard error: lines for people, lines of JSON for programs, or errors alone.

The environment variable ``RIBOSWITCH_LOG`` chooses: ``plain`` (the default), ``json`` or ``quiet``. Processes
that a verb starts inherit it. ``riboswitch VERB --log-json`` and ``--quiet`` set it.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any, Literal

VARIABLE = "RIBOSWITCH_LOG"
MODES = ("plain", "json", "quiet")

Kind = Literal["error", "note", "summary", "progress", "line"]

RED, BOLD, RESET = "\033[31m", "\033[1m", "\033[0m"


def mode() -> str:
    """How messages are written; an unknown value of the variable is ``plain``."""
    chosen = os.environ.get(VARIABLE, "")
    return chosen if chosen in MODES else MODES[0]


def on_terminal() -> bool:
    """Whether a person reads standard error as it is written."""
    return mode() == "plain" and sys.stderr is not None and sys.stderr.isatty()


def in_colours() -> bool:
    """Whether colours are wanted: on a terminal, unless ``NO_COLOR`` is set (no-color.org)."""
    return on_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(kind: Kind, text: str, prefix: str = "", **facts: Any) -> None:
    """Write one message.

    Parameters
    ----------
    kind : {"error", "note", "summary", "progress", "line"}
        Errors are always written.
    text : str
        One line.
    prefix : str
        What stands before it for people, as ``riboswitch: note: ``.
    **facts
        Numbers and names in the message, as JSON values: fields of a line of JSON.
    """
    how = mode()
    if sys.stderr is None or (how == "quiet" and kind != "error"):
        return
    line = f"{prefix}{text}"
    if how == "json":
        line = json.dumps({"kind": kind, "message": text, **facts}, ensure_ascii=False, default=_plain)
    elif kind == "error" and in_colours():
        line = f"{BOLD}{RED}{prefix}{RESET}{text}"
    with suppress(OSError):  # the work goes on if the log cannot be written
        print(line, file=sys.stderr, flush=True)


def _plain(value: Any) -> Any:
    """A number of numpy as one of Python; of anything else its text."""
    try:
        return value.item()
    except AttributeError:
        return str(value)
