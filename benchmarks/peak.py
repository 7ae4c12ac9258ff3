"""Run a program and report its peak memory and wall seconds, in a process without any other peak."""

from __future__ import annotations

import resource
import sys
from typing import Any

from common import run, serve


def peak(command: list[str]) -> dict[str, Any]:
    """MB (10^6 bytes) of the largest process, and seconds, of CPU also those of all processes."""
    _, taken = run(command)
    unit = 1 if sys.platform == "darwin" else 1024
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    return {"mb": round(largest / 1e6, 1), "wall": taken["wall"], "cpu": taken["cpu"]}


if __name__ == "__main__":
    serve({"peak": peak})
