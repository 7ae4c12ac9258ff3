"""Draw the rule graphs of docs/workflow.md anew, from what Snakemake says of the workflow as it is.

Run it in the clone: ``python docs/rulegraph.py``. A graph stands behind a comment with the name of its
configuration; an arrow that follows from others is left out.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/workflow.md"
BLOCK = re.compile(r"(?<=<!-- )(config/\w+\.yaml)( -->\n\n```mermaid\n).*?(?=```\n)", re.DOTALL)

Arrows = set[tuple[str, str]]


def redrawn(text: str) -> str:
    """The page with all its graphs made anew."""
    return BLOCK.sub(lambda found: found[1] + found[2] + mermaid(arrows(found[1])), text)


def arrows(config: str) -> Arrows:
    """Pairs of rules, each the one before and the one after, for a configuration.

    The rules of the data sources, one each, are drawn as one.
    """
    with tempfile.TemporaryDirectory() as folder:
        words = f"--snakefile {ROOT}/workflow/Snakefile --configfile {ROOT / config} --directory {folder}"
        command = [sys.executable, "-m", "snakemake", "--rulegraph", "mermaid-js", *words.split()]
        run = subprocess.run(
            [*command, "--workflow-profile", "none"], capture_output=True, text=True, check=False
        )
    if run.returncode:
        sys.exit(run.stderr)
    found = re.findall(r"^\s*(id\d+)\[(\w+)\]$", run.stdout, re.MULTILINE)
    names = {node: re.sub("^fetch_.*", "fetch_NAME", rule) for node, rule in found}
    pairs = re.findall(r"^\s*(id\d+) --> (id\d+)$", run.stdout, re.MULTILINE)
    return {(names[before], names[after]) for before, after in pairs}


def mermaid(pairs: Arrows) -> str:
    """A flow chart without the arrows that follow from others."""
    needed = [pair for pair in sorted(pairs) if not _leads(pairs - {pair}, *pair)]
    return "".join(f"{line}\n" for line in ("flowchart TB", *(f"    {a} --> {b}" for a, b in needed)))


def _leads(pairs: Arrows, start: str, end: str) -> bool:
    reached, todo = set(), {start}
    while todo:
        reached |= todo
        todo = {after for before, after in pairs if before in todo} - reached
    return end in reached


if __name__ == "__main__":
    PAGE.write_text(redrawn(PAGE.read_text("utf-8")), "utf-8")
