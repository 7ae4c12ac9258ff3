"""Running the command line on the files of the cases."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from riboswitch import cli

CASES = Path(__file__).parents[1] / "data" / "cases"


def run(words, capsys, monkeypatch, stdin=b""):
    """Run a command in this process; returns exit code, standard output and standard error."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
    capsys.readouterr()
    try:
        cli.main([str(word) for word in words])
        code = 0
    except SystemExit as leaving:
        code = leaving.code or 0
    told = capsys.readouterr()
    return code, told.out, told.err
