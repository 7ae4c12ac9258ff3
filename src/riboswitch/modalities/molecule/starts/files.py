"""Files of other programs that networks of molecules start from: those of chemprop 2."""

from __future__ import annotations

from pathlib import Path

from riboswitch.data.model import FORMAT, Model
from riboswitch.modalities.molecule.chemprop_bundle import chemprop_bundle, masses, origin_of
from riboswitch.modalities.molecule.encode import encode
from riboswitch.modalities.molecule.nets.chemprop_trunk import load_trunk

SUFFIXES = (".pt", ".ckpt")


def read_start(path: str | Path) -> Model:
    """Read a whole network of chemprop 2, or message passing that was saved alone, as that of CheMeleon.

    Returns
    -------
    Model
        For ``init`` of `train`. If the file has no head, the model has none: it has no task, and predicts
        nothing. Settings that the file does not decide, such as the aggregation, are not in its header.

    Raises
    ------
    BundleError
        See `import_chemprop`.
    """
    file = Path(path)
    trunk = load_trunk(file)
    if trunk is None:
        return chemprop_bundle([file], None, None, "none")
    header = {
        "format": FORMAT,
        "modality": "molecule",
        "encoder": encode({"molecule": []}, [], {"descriptors": "none"}).meta,
        "network": trunk.network,
        "training": origin_of([file]),
        "members": [],
    }
    tensors = trunk.parameters | {"masses": masses()}
    return Model(header, {f"0.{name}": values for name, values in tensors.items()}, str(file))
