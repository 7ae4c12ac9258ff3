"""The origin of a table of scores: the library, the models and the settings that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from riboswitch.data.bundles.sealed_arrays import seal
from riboswitch.data.library import Library
from riboswitch.data.model import Model
from riboswitch.data.task import Task
from riboswitch.errors import InputError, RiboswitchError
from riboswitch.io.atomic_files import sha256

FORMAT = 1
AGAIN = "Screen again (riboswitch screen)."
_ALIKE = {
    "precision": "Screen all shards alike. Where processors differ, the precision auto does, too: name one.",
    "shards": "Screen all shards alike.",
    "library": "Screen all shards alike.",
}
"""What must be the same in all files of a screen, and what to do."""


@dataclass(frozen=True)
class Origin:
    """What made a table of scores.

    Attributes
    ----------
    library : str
        Digest of the prepared library; empty for raw rows.
    source : str
        SHA-256 of the raw file; empty for a library, a stream or values in memory.
    models : dict of str to dict
        By the name of each model: ``digest`` of the bundle, and ``task`` (see `Task.to_dict`).
    precision : str
    shard, shards : int
    top : int
        If only the best rows are in the table: how many were asked for. Else 0.
    against : str
        Of pairs: SHA-256 of the file of given inputs, against which the library was screened.
    """

    library: str
    source: str
    models: dict[str, dict[str, Any]]
    precision: str
    shard: int = 0
    shards: int = 1
    top: int = 0
    against: str = ""

    @classmethod
    def of(
        cls,
        source: str,
        models: Mapping[str, Model],
        precision: str,
        shard: int = 0,
        shards: int = 1,
    ) -> Origin:
        """The origin of a screen of ``source``: the folder of a library, a file, or ``-``."""
        path = Path(source)
        return cls(
            library=Library.open(path).digest if path.is_dir() else "",
            source=sha256(path) if path.is_file() else "",  # a stream can be read only once
            models={n: {"digest": model_digest(m), "task": m.task.to_dict()} for n, m in models.items()},
            precision=precision,
            shard=shard,
            shards=shards,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        values = asdict(self)
        return {"format": FORMAT, **{n: v for n, v in values.items() if n != "against" or v}}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], where: str) -> Origin:
        """Make an origin from the values of `to_dict`; `InputError` if they are others."""
        if values.get("format", FORMAT) != FORMAT:
            raise InputError("scores written by another version", where=where, found=values["format"],
                             hint=AGAIN)  # fmt: skip
        try:
            made = cls(**{name: value for name, value in values.items() if name != "format"})
            made.tasks()
            digests = [model["digest"] for model in made.models.values()]
            texts = [made.library, made.source, made.precision, made.against, *digests]
            sound = all(isinstance(text, str) for text in texts) and made.models and made.top >= 0
            sound = sound and 0 <= made.shard < made.shards
        except (KeyError, TypeError, ValueError, AttributeError, RiboswitchError) as error:
            raise _unknown(where) from error
        if not sound:
            raise _unknown(where)
        return made

    def tasks(self) -> dict[str, Task]:
        """The task of each model, by the model's name."""
        return {name: Task.from_dict(model["task"]) for name, model in self.models.items()}


def _unknown(where: str) -> InputError:
    problem = "the scores do not say which library and models made them"
    return InputError(problem, where=where, hint=f"riboswitch screen writes that into .parquet. {AGAIN}")


def model_digest(model: Model) -> str:
    """SHA-256 of a bundle's header and arrays: the seal of its file."""
    return seal(model.header, model.tensors)


def one_screen(
    origins: Sequence[tuple[str, Origin]], library: Library, models: Mapping[str, Model]
) -> list[int]:
    """Check that files of scores are the shards of one screen of a library; returns their order.

    Parameters
    ----------
    origins : sequence of (str, Origin)
        The name of each file, and its origin.
    library : Library
    models : mapping of str to Model
        Models that must be among those that screened.

    Raises
    ------
    InputError
        If a file is of another library, other models or settings than the others, or holds only the best
        rows; or a shard is missing or stands twice.
    """
    first, like = origins[0]
    for where, origin in origins:
        _require_library(origin, library, where)
        _require_same(origin, where, like, first)
    _require_models(models, like, first)
    return _order(origins)


def _require_library(origin: Origin, library: Library, where: str) -> None:
    of_file = not origin.library and origin.source and origin.source == library.header["sha256"]
    if origin.library != library.digest and not of_file:
        raise InputError("the scores are of another library", where=where,
                         hint="Give the library that was screened, or screen this one.")  # fmt: skip
    if origin.top:
        raise InputError(f"only the best {origin.top} rows of a screen", where=where,
                         hint="Give the file of all scores.")  # fmt: skip


def _require_same(origin: Origin, where: str, like: Origin, first: str) -> None:
    """Raise unless two files are of one screen, whatever the shards."""
    for name in sorted(origin.models.keys() | like.models.keys()):
        if origin.models.get(name) != like.models.get(name):
            raise InputError(f"screened with other models than {first}", where=where, found=name,
                             hint="Screen all shards with the same models.")  # fmt: skip
    for name in _ALIKE:
        found, expected = getattr(origin, name), getattr(like, name)
        if found != expected:
            raise InputError(f"{name}: another than in {first}, which has {expected!r}", where=where,
                             found=found, hint=_ALIKE[name])  # fmt: skip


def _require_models(models: Mapping[str, Model], origin: Origin, where: str) -> None:
    for name, model in models.items():
        if name not in origin.models:
            raise InputError("no such model screened", where=where, found=name,
                             hint=f"There are: {', '.join(origin.models)}.")  # fmt: skip
        if origin.models[name]["digest"] != model_digest(model):
            raise InputError("another model screened than the one given", where=where, found=name,
                             hint="Give the bundle that screened, or screen again.")  # fmt: skip


def _order(origins: Sequence[tuple[str, Origin]]) -> list[int]:
    places: dict[int, int] = {}
    for place, (where, origin) in enumerate(origins):
        if origin.shard in places:
            raise InputError(f"shard {origin.shard} of {origin.shards} stands in two files", where=where,
                             found=origins[places[origin.shard]][0], hint="Give each once.")  # fmt: skip
        places[origin.shard] = place
    shards = origins[0][1].shards
    if missing := [str(shard) for shard in range(shards) if shard not in places]:
        raise InputError(f"shards of the screen are missing: there are {shards}",
                         where=", ".join(where for where, _ in origins), found=", ".join(missing),
                         hint="Give the scores of all shards.")  # fmt: skip
    return [places[shard] for shard in range(shards)]
