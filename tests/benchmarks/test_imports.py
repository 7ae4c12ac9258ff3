"""What benchmarks take from the package is there: they are run seldom, and nothing else would notice."""

from __future__ import annotations

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FILES = sorted(BENCHMARKS.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(BENCHMARKS)) for path in FILES])
def test_names_that_a_benchmark_imports_exist(path):
    taken = [
        node for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("riboswitch")
    ]  # fmt: skip
    missing = [
        f"{node.module}.{name.name}" for node in taken for name in node.names
        if not hasattr(import_module(node.module), name.name) and not find_spec(f"{node.module}.{name.name}")
    ]  # fmt: skip
    assert not missing
