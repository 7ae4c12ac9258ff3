"""What every page shares: templates that escape and forbid unknown names, and one style."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def environment() -> Environment:
    """The templates of this package."""
    return Environment(
        loader=PackageLoader("riboswitch.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def style() -> Markup:
    """The style sheet, to stand within a page."""
    return Markup((files("riboswitch.reporting") / "style.css").read_text("utf-8"))
