"""Check that this installation is complete.

The exit code is 1 if a needed part is missing.
"""

from __future__ import annotations

__all__ = ["doctor"]
__verb__ = ("Report and check", 240)

import importlib
import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version

from riboswitch.errors import DataError

NEEDED = {
    "biopython": "Bio", "numba": "numba", "numpy": "numpy", "pandas": "pandas", "pyarrow": "pyarrow",
    "pyhmmer": "pyhmmer", "pyopal": "pyopal", "rdkit": "rdkit.Chem.Draw", "safetensors": "safetensors",
    "scikit-learn": "sklearn", "torch": "torch", "torch-geometric": "torch_geometric",
}  # fmt: skip
WANTED = {"snakemake": "snakemake", "pybigtools": "pybigtools", "optuna": "optuna",
          "cryptography": "cryptography"}  # fmt: skip


def doctor() -> list[tuple[str, str, bool]]:
    """What is installed.

    Returns
    -------
    list of (name, version or problem, whether it can be used)
    """
    return [(name, *_state(name, module)) for name, module in {**NEEDED, **WANTED}.items()]


def _state(name: str, module: str) -> tuple[str, bool]:
    try:
        importlib.import_module(module)
        return version(name), True
    except (ImportError, PackageNotFoundError, OSError) as error:
        return f"cannot be imported: {error}", False


def command() -> None:
    """Print the state of the installation."""
    print(f"riboswitch {version('riboswitch')}, Python {platform.python_version()} on {platform.platform()}")
    print(f"{os.cpu_count()} processors; mirror: {os.environ.get('RIBOSWITCH_MIRROR', 'none set')}")
    print(f"MMseqs2: {shutil.which('mmseqs') or 'none on the PATH (only the split method mmseqs needs it)'}")
    broken = []
    for name, state, good in doctor():
        print(f"{'ok     ' if good else 'MISSING'} {name} {state}")
        if not good and name in NEEDED:
            broken.append(name)
    if broken:
        raise DataError(
            "the installation is incomplete",
            found=", ".join(broken),
            hint="Run make venv again; a lib*.so that is missing comes with the system (on Debian for rdkit: "
            "apt-get install libxext6 libxrender1).",
        )
