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

from riboswitch import modalities
from riboswitch.errors import DataError

NEEDED = {
    "biopython": "Bio", "numba": "numba", "numpy": "numpy", "pandas": "pandas", "pyarrow": "pyarrow",
    "pyhmmer": "pyhmmer", "pyopal": "pyopal", "rdkit": "rdkit.Chem.Draw", "safetensors": "safetensors",
    "scikit-learn": "sklearn", "torch": "torch", "torch-geometric": "torch_geometric",
}  # fmt: skip
WANTED = {"snakemake": "snakemake", "pybigtools": "pybigtools", "optuna": "optuna",
          "cryptography": "cryptography", "tifffile": "tifffile"}  # fmt: skip
FOR = {
    "snakemake": "the workflow (riboswitch[workflow])",
    "pybigtools": "bigWig files (riboswitch[tracks])",
    "optuna": "riboswitch tune (riboswitch[tune])",
    "cryptography": "keys of owners in federated training (riboswitch[federated])",
    "tifffile": "TIFF files that Pillow cannot read (riboswitch[images])",
}
"""What alone needs a package of `WANTED`, and the extra that installs it."""


def doctor() -> list[tuple[str, str, bool]]:
    """What is installed.

    Returns
    -------
    list of (name, version or problem, whether it can be used)
        Of packages, then of modalities.
    """
    wanted = {**NEEDED, **WANTED, **{name: name for name in _of_some_files()}}
    packages = [(name, *_state(name, module)) for name, module in wanted.items()]
    return packages + [(f"modality {name}", *_of_modality(name)) for name in modalities.names()]


def _of_some_files() -> dict[str, str]:
    """The packages that only some files of a modality need, and what for."""
    return {package: what for name in modalities.names()
            for package, what in modalities.find(name).optional.items()}  # fmt: skip


def _of_modality(name: str) -> tuple[str, bool]:
    """The packages that a modality needs; those that are missing, if some are."""
    wanted = modalities.find(name).packages
    missing = [package for package in wanted if not _installed(package)]
    if missing:
        return f"lacks {', '.join(missing)}: pip install {' '.join(missing)}", False
    return f"has all that it needs ({', '.join(wanted) or 'no package of its own'})", True


def _installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


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
    broken, needs = [], FOR | _of_some_files()
    for name, state, good in doctor():
        only = f" (only {needs[name]} needs it)" if not good and name in needs else ""
        print(f"{'ok     ' if good else 'MISSING'} {name} {state}{only}")
        if not good and name in NEEDED:
            broken.append(name)
    if broken:
        raise DataError(
            "the installation is incomplete",
            found=", ".join(broken),
            hint="Run make venv again; a lib*.so that is missing comes with the system (on Debian for rdkit: "
            "apt-get install libxext6 libxrender1).",
        )
