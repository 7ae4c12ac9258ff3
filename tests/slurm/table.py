"""The faults of the acceptance run as a Markdown table, for docs/cluster.md: what happened, what a user saw.

python tests/slurm/table.py benchmarks/cluster.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def table(results: dict) -> str:
    """One row a fault, in the order of the scenarios."""
    rows = [fault for scenario in results["scenarios"].values() for fault in scenario.get("faults", [])]
    lines = ["| Fault | How it was brought about | What Snakemake's output said |", "|---|---|---|"]
    for row in rows:
        seen = "<br>".join(f"`{line}`" for line in row["seen"])
        lines.append(f"| {row['fault']} | {row['injected']} | {seen.replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(json.loads(Path(sys.argv[1]).read_text())))
