"""Turn checkpoints of chemprop 2 into a bundle that gives the same predictions."""

from __future__ import annotations

__all__ = ["import_chemprop"]
__verb__ = ("Learn", 110)

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from riboswitch.data.model import Model
from riboswitch.errors import UsageError
from riboswitch.modalities.molecule.chemprop_bundle import chemprop_bundle

READING: dict[str, bool | str] = {"none": "none", "canonical": False, "full": True}
"""Ways to read molecules: the name on the command line, and the value for `molecule.read`."""


def import_chemprop(
    paths: str | Path | Sequence[str | Path],
    *,
    targets: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    standardize: bool | str = "none",
) -> Model:
    """Turn checkpoints of chemprop 2.x into one bundle.

    Parameters
    ----------
    paths : path or sequence of path
        Checkpoints (.pt, .ckpt) of networks for molecules; several become an ensemble, which predicts the
        mean of theirs, as in chemprop.
    targets : sequence of str, optional
        Names of the targets; by default those in the checkpoint, else target_0, target_1, ...
    classes : sequence of str, optional
        Names of the classes of a multi-class task, from class 0 on; by default their numbers.
    standardize : {"none", False, True}
        The setting of `molecule.read` for inputs of the bundle. ``"none"``: molecules as they are written, as
        in chemprop; features of stereochemistry then depend on the order of the atoms.

    Returns
    -------
    Model
        Directed message passing over bonds, with a head for regression, binary or multi-class tasks.

    Raises
    ------
    BundleError
        If a file is not such a checkpoint, names code that is not chemprop's, has a part that our network
        lacks (the message names it), or if the files do not belong together.
    UsageError
        If there are more or fewer names than targets or classes.

    Notes
    -----
    A checkpoint does not say whether its network was trained with hydrogens kept or added (``--keep-h``,
    ``--add-h``), or with other features of the usual widths. Such a network predicts wrong values here.
    """
    files = [Path(p) for p in ([paths] if isinstance(paths, str | Path) else paths)]
    if not files:
        raise UsageError("no checkpoint to import")
    _check_reading(standardize)
    return chemprop_bundle(files, targets, classes, standardize)


def _check_reading(standardize: bool | str) -> None:
    if standardize not in READING.values():
        raise UsageError(
            "no such way to standardise", found=standardize, hint="Choose 'none', False or True."
        )


def command(
    checkpoints: list[Path],
    /,
    *,
    output: Path,
    target: list[str] | None = None,
    class_name: list[str] | None = None,
    standardize: Literal["none", "canonical", "full"] = "none",
) -> None:
    """Import checkpoints from files.

    Parameters
    ----------
    checkpoints : list of Path
        Networks for molecules (.pt, .ckpt); several become an ensemble.
    output : Path
        Where the bundle goes (.safetensors).
    target : list of str
        Name of a target, if it differs from the checkpoint's. Repeat the option for several.
    class_name : list of str
        Name of a class, if it is not its number. Repeat the option, from class 0 on.
    standardize : str
        How molecules will be read: none (as they are written, as chemprop does), canonical, or full.
    """
    model = import_chemprop(checkpoints, targets=target, classes=class_name, standardize=READING[standardize])
    model.save(output)
