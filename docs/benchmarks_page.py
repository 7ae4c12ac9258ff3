"""Write docs/benchmarks.md from docs/benchmarks.md.in and the figures in benchmarks/*.json.

Run it in the clone: ``python docs/benchmarks_page.py``. The template holds the text. Every measured figure in
it is an expression such as ``{{ molecules.two_core_speedup | fixed(2) }}``, so none is copied by hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

DOCS = Path(__file__).resolve().parent
PAGE, TEMPLATE = DOCS / "benchmarks.md", DOCS / "benchmarks.md.in"
RESULTS = (
    "molecules", "accuracy", "spaces", "sequences", "resistance", "trust", "cluster", "default_run",
    "saureus_run", "robustness", "explain", "modalities",
)  # fmt: skip


def rendered(template: str) -> str:
    """The page: the template with each expression replaced by its figure."""
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    environment.filters |= {"fixed": fixed, "percent": percent, "power": power, "thousands": thousands}
    return environment.from_string(template).render(results())


def results() -> dict[str, dict[str, Any]]:
    """Every file of results, by its name without suffix."""
    files = {name: DOCS.parent / f"benchmarks/{name}.json" for name in RESULTS}
    return {name: json.loads(path.read_text("utf-8")) for name, path in files.items()}


def fixed(value: float, digits: int = 0) -> str:
    """A number with this many decimals: 0.613."""
    return f"{value:.{digits}f}"


def percent(value: float, digits: int = 0) -> str:
    """A share as per cent, without the sign: 99.4."""
    return f"{100 * value:.{digits}f}"


def power(value: float, digits: int = 0) -> str:
    """A small number as a power of ten: 8e-7."""
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def thousands(value: float) -> str:
    """A whole number with commas: 262,144."""
    return f"{value:,.0f}"


if __name__ == "__main__":
    PAGE.write_text(rendered(TEMPLATE.read_text("utf-8")), "utf-8")
