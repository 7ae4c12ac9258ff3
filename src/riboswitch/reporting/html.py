"""HTML: templates that escape all values and refuse unknown names, the one style sheet, and the scripts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from riboswitch.drawing.numbers import digits, percent, rate, thousands

HERE = Path(__file__).parent
SCRIPTS = ("sketch", "space", "hits", "scroll")
"""In the order in which they stand in a page; each uses what those before it define."""


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


def script() -> Markup:
    """The scripts, to be put into a page as one element: nothing of them is visible from outside."""
    texts = [(HERE / "scripts" / f"{name}.js").read_text("utf-8") for name in SCRIPTS]
    return Markup('\n(() => {\n"use strict";\n' + "\n".join(texts) + "})();\n")


def policy() -> str:
    """What a browser may do with the page: load nothing, and run only the scripts of this package."""
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def setting(value: Any) -> str:
    """A setting, or several by name, as text."""
    return ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
