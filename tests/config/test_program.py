"""Shells find the program beside the Python that runs."""

import os
import shutil
import sys
from pathlib import Path

from riboswitch.config.program import put_on_path


def test_the_folder_of_this_python_is_searched_last(monkeypatch):
    monkeypatch.setenv("PATH", "/somewhere")
    put_on_path()
    assert os.environ["PATH"].split(os.pathsep) == ["/somewhere", str(Path(sys.executable).parent)]
    assert shutil.which(Path(sys.executable).name)
