"""HTML: templates that escape all values and refuse unknown names, and the one style sheet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from riboswitch.drawing.numbers import digits, percent, rate, thousands

HERE = Path(__file__).parent


def environment(folders: Iterable[str] = ()) -> Environment:
    """The templates of this package, and those in further folders."""
    made = Environment(
        loader=FileSystemLoader([HERE / "templates", *folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"digits": digits, "percent": percent, "rate": rate, "setting": setting,
                     "thousands": thousands}  # fmt: skip
    return made


def style() -> Markup:
    """The style sheet, to be put into a page."""
    return Markup((HERE / "style.css").read_text("utf-8"))


def setting(value: Any) -> str:
    """A setting, or several by name, as text."""
    return ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
