"""The program of the installation that runs Snakemake."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def put_on_path() -> None:
    """Let shells find the programs beside this Python, also where no environment is activated.

    They come last: what an active environment has is found first.
    """
    program = str(Path(sys.executable).parent)
    os.environ.update(PATH=os.pathsep.join([os.environ.get("PATH", os.defpath), program]))
