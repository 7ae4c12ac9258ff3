"""Every folder of tests/data/cases has its tests."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDERS = sorted(p.name for p in (HERE.parent / "data" / "cases").iterdir() if p.is_dir())


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_case_has_its_test(folder):
    assert (HERE / f"test_{folder}.py").is_file(), f"write tests/cases/test_{folder}.py"
