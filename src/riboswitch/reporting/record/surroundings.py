"""Surroundings of a run: releases of packages, and the machine."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

BESIDE = ("snakemake", "pybigtools")  # used where they are installed


def software() -> dict[str, Any]:
    """Releases of this package, of Python, and of the packages that it needs."""
    own = requires("riboswitch") or []
    names = {re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0] for text in own if "extra ==" not in text}
    return {
        "riboswitch": version("riboswitch"),
        "python": platform.python_version(),
        "packages": {name: found for name in sorted({*names, *BESIDE}) if (found := _version(name))},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def hardware() -> dict[str, Any]:
    """System, processor, number of processors, memory in bytes, and NVIDIA GPUs of this machine.

    On Linux all of it is known. The names of the machine and of its user are left out.
    """
    return {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "processor": _first("/proc/cpuinfo", "model name") or platform.processor(),
        "processors": os.cpu_count() or 0,
        "memory_bytes": _memory(),
        "gpus": sorted(
            filter(
                None,
                (_first(path, "Model") for path in Path("/proc/driver/nvidia/gpus").glob("*/information")),
            )
        ),
    }


def _first(path: str | Path, key: str) -> str:
    """The value of the first line ``key: value`` of a file of the system; empty if there is none."""
    try:
        lines = Path(path).read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next(
        (line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == key), ""
    )


def _memory() -> int:
    """Memory in bytes; 0 if the system does not tell."""
    found = re.fullmatch("([0-9]+) kB", _first("/proc/meminfo", "MemTotal"))
    return 1024 * int(found[1]) if found else 0
