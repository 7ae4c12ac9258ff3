"""Score a prepared library, or raw compounds, with one or several models; or find the best of a space.

Compounds are scored block by block, so memory does not depend on their number. Of a space only the best
products are listed (`--top`), and none of the others are enumerated.
"""

from __future__ import annotations

__all__ = ["screen"]
__verb__ = ("Screen", 210)

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from cyclopts import Parameter

from riboswitch.config.setting_options import NO_SETTINGS, Json
from riboswitch.data.library import Library
from riboswitch.data.model import Model, named_models
from riboswitch.errors import InputError, UsageError
from riboswitch.io.opening import open_text
from riboswitch.io.summary import codes_text, write_note, write_summary
from riboswitch.io.table_writer import check_suffix
from riboswitch.learning.device import settled_precision
from riboswitch.modalities import find
from riboswitch.screening.crossing.screen_crossed import AGAINST, CrossSettings, screen_crossed
from riboswitch.screening.origin import Origin
from riboswitch.screening.scorefile import open_scores
from riboswitch.screening.screen_library import memory_batch, screen_any, screen_library
from riboswitch.screening.screeners import ScreenSettings, score_rows
from riboswitch.screening.top_rows import Best, BestOfEach
from riboswitch.spaces.screen_space import Search, origin_of, remove_checkpoint, search_space, without
from riboswitch.spaces.synthons.space import Space, is_space
from riboswitch.steps.arguments import Device, Models, Precision, Processes, Summary, TableOutput
from riboswitch.steps.modality_settings import LAYOUT


def screen(
    compounds: Sequence[str] | pd.DataFrame | Library,
    model: Model | str | Path | Mapping[str, Model],
    *,
    shard: int = 0,
    shards: int = 1,
    nearest: bool | None = None,
    processes: int = 1,
    precision: str = "float32",
    device: str = "cpu",
    columns: Sequence[str] = (),
    cross: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Score compounds.

    Parameters
    ----------
    compounds : list of SMILES, DataFrame, or Library
        A table needs a column of SMILES that its name tells (``smiles``, ``SMILES``), and may have ``id``.
    model : Model, path, or mapping of name to Model
        With a mapping the columns of each are prefixed by its name and a dot.
    shard, shards : int
        Of a Library: score only this one of so many runs of blocks.
    nearest : bool, optional
        Whether to find the nearest training compound; by default for lists and tables. For a Library it takes
        longer than scoring; `rank` does it for the short-list.
    processes : int
        Of a Library: processes that work side by side; a script that uses several needs the usual
        ``if __name__ == "__main__"``. Scores do not depend on it.
    precision : {"float32", "bfloat16", "auto"}
        ``auto`` is bfloat16 where the processor has units for it.
    device : {"cpu", "cuda", "auto"}
    columns : sequence of str
        Of a table: columns to carry to the result, as for `predict`.
    cross : mapping, optional
        Of a model of pairs: the inputs of one side that a Library of the other is screened against, as
        ``{"cross": "left", "left_file": "proteins.faa"}``.

    Returns
    -------
    DataFrame
        One row for each compound, in input order: ``row``, ``id``, the carried columns, ``status`` and
        ``reason`` (lists and tables), the predictions (float32, rounded to six decimals). If the bundle has
        its training inputs, also ``in_training`` and ``training_label``, and with ``nearest``
        ``nearest_training`` and ``similarity`` (Tanimoto, Morgan radius 2). Of a model of pairs one row for
        each pair, with its predictions and ``against``, the id of the given input.

    Examples
    --------
    >>> riboswitch.screen(["CCO", "c1ccccc1O"], "solubility.safetensors")  # doctest: +SKIP
    """
    if not isinstance(model, Mapping):
        model = {"": Model.of(model)}
    if _crosses(model):
        folder = compounds.folder if isinstance(compounds, Library) else "compounds"
        settled = CrossSettings(_only(model), cross or {}, settled_precision(precision, device), device)
        tables = screen_crossed(folder, settled, settled.given(), shard, shards, processes)
        return pd.concat(tables, ignore_index=True)
    if cross:
        raise UsageError("only a model of pairs has sides to cross", found=", ".join(cross))
    near = not isinstance(compounds, Library) if nearest is None else nearest
    settings = ScreenSettings(model, near, settled_precision(precision, device), device)
    if isinstance(compounds, Library):
        return pd.concat(screen_library(compounds, settings, shard, shards, processes), ignore_index=True)
    batch, carried = memory_batch(compounds, settings, columns), {name: name for name in columns}
    return score_rows(*batch, settings.screeners(settings.key), carried)


def _crosses(models: Mapping[str, Model]) -> bool:
    """Whether the models are of pairs."""
    return any(find(model.modality).offers("crossing") for model in models.values())


def _only(models: Mapping[str, Model]) -> Model:
    """The one model of pairs; `UsageError` if there are several."""
    if len(models) > 1:
        raise UsageError("one model of pairs is screened with at a time", found=", ".join(models))
    return next(iter(models.values()))


def _write(
    tables: Iterable[pd.DataFrame], output: str, origin: Origin, best: Best | BestOfEach | None
) -> dict[str, Any]:
    """Write the tables of scores one by one, and keep the best rows; returns the counts."""
    read, states = 0, Counter[str]()
    with open_scores(output, origin) as file:
        for table in tables:
            file.write(table)
            read += len(table)
            states.update(table["status"] if "status" in table else {"ok": len(table)})
            if best is not None:
                best.add(table)
        scored = states.pop("ok", 0)
        if read and not scored:
            raise InputError("none of the rows could be used", found=f"{read} rows: {codes_text(states)}")
    return {
        "read": read,
        "scored": scored,
        "rejected": read - scored,
        "by_code": dict(sorted(states.items())),
    }


RANGES = Parameter(
    help="Of a space: keep products inside a range, as weight=200..450 or donors=..3. Repeat it for several. "
    "There are weight, heavy_atoms, donors, acceptors, rotatable_bonds, rings, charge and tpsa."
)
OF_SPACES = ("--limit", "--per-synthon", "--exclude", "--networks-only")


def _require_compounds(library: str, only: Sequence[Any], top: int, output: str) -> None:
    """Raise `UsageError` for options that a library or a file of compounds does not have."""
    if given := [name for name, value in zip(OF_SPACES, only, strict=True) if value]:
        raise UsageError("an option of spaces", where=library, found=given[0],
                         hint="riboswitch space makes a space.")  # fmt: skip
    if top and output == "-":
        raise UsageError("--top is written beside the output, which needs a file", hint="Give --output.")


def _require_whole(space: str, shards: int, reading: Json) -> None:
    if shards > 1 or reading:
        raise UsageError("a space is screened as a whole", where=space,
                         hint="Leave out --shard, --shards and options of files of compounds.")  # fmt: skip


def _settled(precision: str, device: str) -> str:
    """The precision to compute with, said if it was chosen here."""
    settled = settled_precision(precision, device)
    if settled != precision:
        write_note(f"precision {settled}: what the processor has units for")
    return settled


def _search(
    folder: str,
    settings: ScreenSettings,
    best: Best | None,
    how: tuple[list[str] | None, int, int, bool],
    exclude: Path | None,
    output: str,
    processes: int,
) -> dict[str, Any]:
    """Write the best products of a space; returns the counts. ``how``: the last four fields of `Search`."""
    space = Space.open(folder)
    if best is None:
        raise UsageError("the scores of all products would be too many", where=folder,
                         found=f"{space.products:,} products",
                         hint="--top 1000 lists the best, exactly.")  # fmt: skip
    limits, per_synthon, enumerated, networks_only = how
    search = Search(best.k, best.by, best.lowest, tuple(limits or ()), per_synthon, enumerated, networks_only)
    if exclude is not None:
        with open_text(exclude) as lines:
            space = without(space, [name for line in lines if (name := line.strip())])
    file = None if output == "-" else Path(output)
    table, counts = search_space(space, settings, search, processes, file)
    with open_scores(output, origin_of(space, settings, search.top)) as scores:
        scores.write(table)
    if file is not None:
        remove_checkpoint(file)
    return counts


def _only_score(models: Mapping[str, Model]) -> str:
    """The column that orders the best rows; `UsageError` if there are several."""
    columns = [f"{name}." * bool(name) + c for name, model in models.items() for c in model.task.columns]
    if len(columns) > 1:
        raise UsageError("there are several scores to be the best by", found=", ".join(columns),
                         hint="Choose one with --by.")  # fmt: skip
    return columns[0]


def command(
    library: str,
    models: Models,
    /,
    *,
    output: TableOutput = "-",
    shard: int = 0,
    shards: int = 1,
    top: int = 0,
    by: str | None = None,
    lowest: bool = False,
    nearest: bool = False,
    processes: Processes = 0,
    precision: Precision = "float32",
    device: Device = "cpu",
    limit: Annotated[list[str] | None, RANGES] = None,
    per_synthon: int = 0,
    exclude: Path | None = None,
    most_enumerated: int = 1_000_000,
    networks_only: bool = False,
    reading: Annotated[Json, LAYOUT] = NO_SETTINGS,
    summary: Summary = None,
) -> None:
    """Screen the compounds in a file or folder.

    Parameters
    ----------
    library : str
        Folder of a prepared library or of a space; or a file of compounds, or - for standard input. A model
        of pairs needs a library, and --cross left --left-file FILE for the inputs of the other side.
    shard : int
        Score only this shard of a prepared library, counted from 0.
    shards : int
        Number of shards that the library is cut into.
    top : int
        Write the best rows, too (scores.top.parquet): of pairs for each given input; of a space only these.
    by : str
        The column that orders the best rows; needed if there are several scores.
    lowest : bool
        The best are the lowest, not the highest.
    nearest : bool
        Find the nearest training compound of each, which takes long. rank does it for the short-list.
    per_synthon : int
        Of a space: list at most this many products of one synthon. 0: any number.
    exclude : Path
        Of a space: a file with the ids of synthons or reactions to leave out, one a line.
    most_enumerated : int
        Of a space: most products that may be enumerated because they cannot be decomposed.
    networks_only : bool
        Of a space: rank by the networks of a stack alone. Its base learners cannot be decomposed.
    """
    check_suffix(output)
    given, exact = named_models(models), _settled(precision, device)
    best = Best(top, by or _only_score(given), lowest) if top else None
    if is_space(library) and not _crosses(given):
        _require_whole(library, shards, reading)
        how = (limit, per_synthon, most_enumerated, networks_only)
        settings = ScreenSettings(given, nearest, exact, device)
        write_summary(_search(library, settings, best, how, exclude, output, processes), summary)
        return
    _require_compounds(library, [limit, per_synthon, exclude, networks_only], top, output)
    if _crosses(given):
        crossed = CrossSettings(_only(given), reading, exact, device)
        _screen_pairs(library, given, crossed, (shard, shards), best, processes, output, summary)
    else:
        settings = ScreenSettings(given, nearest, exact, device)
        tables = screen_any(library, reading, settings, shard, shards, processes)
        _finish(tables, output, Origin.of(library, given, exact, shard, shards), best, summary)


def _screen_pairs(
    library: str,
    given: Mapping[str, Model],
    crossed: CrossSettings,
    part: tuple[int, int],
    best: Best | None,
    processes: int,
    output: str,
    summary: Path | None,
) -> None:
    """Write the scores of a library with each given input of the other side; ``part``: shard and shards."""
    each = None if best is None else BestOfEach(best.k, best.by, AGAINST, best.lowest)
    tables = screen_crossed(library, crossed, crossed.given(), *part, processes)
    origin = Origin.of(library, given, crossed.precision, *part)
    _finish(tables, output, replace(origin, against=crossed.digest), each, summary)


def _finish(
    tables: Iterable[pd.DataFrame],
    output: str,
    origin: Origin,
    best: Best | BestOfEach | None,
    summary: Path | None,
) -> None:
    counts = _write(tables, output, origin, best)
    if best is not None:
        with open_scores(Path(output).with_suffix(f".top{Path(output).suffix}"),
                         replace(origin, top=best.k)) as file:  # fmt: skip
            file.write(best.table)
    write_summary(counts, summary)
