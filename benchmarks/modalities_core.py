"""What each modality, other tasks of sequences and federated training changed outside their own folders.

Counted from the history of this clone: ``git diff --numstat FROM...TO`` for the branch of each, and for the
commits that mended it later. Left out are its own folder, tests, docs, benchmarks and the schema of the
configuration. What a kind of task needs everywhere (survival) counts as a change of the modality that it came
with. Code that was only tidied later (f1aa9f0, ebf5f3d) does not count.
"""

from __future__ import annotations

import subprocess
from typing import Any

from common import HERE

BRANCHES: dict[str, dict[str, Any]] = {  # own folders; the merge of the branch; commits that mended it later
    "pair": {
        "own": ["src/riboswitch/modalities/pair/"], "merge": "2c7ebb2",
        "later": ["e286b0e", "f440c91", "71c4928", "b9109cf", "d9086cd", "a10f9d2", "b824155"],
    },
    "profile": {
        "own": ["src/riboswitch/modalities/profile/"], "merge": "b353f05", "later": ["27edb54", "0fec518"],
    },
    "sequence_tasks": {
        "own": ["src/riboswitch/modalities/sequence/"], "merge": "3f3967b", "later": ["fe2c8b4"],
    },
    "federated": {
        "own": ["src/riboswitch/learning/federated/", "src/riboswitch/steps/federate"],
        "merge": "016644b", "later": [],
    },
    "series": {
        "own": ["src/riboswitch/modalities/series/"], "merge": "1a13247", "later": ["aeb3615"],
    },
    "text": {
        "own": ["src/riboswitch/modalities/text/"], "merge": "04ce9f1",
        "later": ["770c2cc", "fc1bf37", "49e89a0"],
    },
    "image": {
        "own": ["src/riboswitch/modalities/image/"], "merge": "96dbe0f",
        "later": ["3eae40f", "e95df39", "9dc2a44", "67e63da"],
    },
}  # fmt: skip
LEFT_OUT = ("tests/", "docs/", "benchmarks/", "workflow/schemas/", "config/", "CHANGELOG.md", "README.md",
            "CITATION.cff", "Makefile")  # fmt: skip
"""Tests, texts, benchmarks, the schema, and the configurations of the new analyses."""
CONTRACT = ("base.py", "parts.py", "optional_parts.py", "stack_part.py", "__init__.py", "reading.py",
            "features.py", "kept_out.py")  # fmt: skip
"""Files of `riboswitch.modalities` itself: the contract and its tools."""


def measure(bench: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """How many files each changed outside its folder, and the list of them with their lines."""
    changed = {name: _changed(**about) for name, about in BRANCHES.items()}
    every = {path for files in changed.values() for path in files}
    figure = {"value": len(every), **{name: len(files) for name, files in changed.items()},
              "plain": None, "published": None}  # fmt: skip
    rooms = {name: _rooms(files) for name, files in changed.items()}
    return {"core_files_changed": figure}, {"files": changed, "by_room": rooms, "left_out": list(LEFT_OUT)}


def _changed(own: list[str], merge: str, later: list[str]) -> dict[str, dict[str, Any]]:
    """The files outside, with lines that were added and removed, and whether the file is new."""
    found: dict[str, dict[str, Any]] = {}
    for one, other in ((f"{merge}^1...{merge}^2",) * 2, *((f"{c}^", c) for c in later)):
        span = [one] if one == other else [one, other]
        new = set(_git("diff", "--name-only", "--diff-filter=A", *span))
        for line in _git("diff", "--numstat", "--no-renames", *span):
            added, removed, path = line.split("\t")
            if not path.startswith((*own, *LEFT_OUT)):
                before = found.setdefault(path, {"added": 0, "removed": 0, "new": path in new})
                before["added"] += int(added)
                before["removed"] += int(removed)
    return dict(sorted(found.items()))


def _rooms(files: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Number of these files in each room of the package; the contract is one of its own."""
    counts: dict[str, int] = {}
    for path in files:
        room, *inner = path.removeprefix("src/riboswitch/").split("/")
        if room == "modalities":
            room = "contract" if len(inner) == 1 and inner[0] in CONTRACT else "other modalities"
        counts[room] = counts.get(room, 0) + 1
    return dict(sorted(counts.items()))


def _git(*words: str) -> list[str]:
    done = subprocess.run(["git", "-C", str(HERE.parent), *words], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()
