"""Measure how much each residue of a called gene's protein contributes to the answer of the networks.

Networks alone are explained, and only calls that they speak for. Alignments decide what is called.
"""

from __future__ import annotations

__all__ = ["explain_calls"]
__verb__ = ("Genomes", 167)

from collections import Counter
from pathlib import Path
from typing import Annotated

import pandas as pd

from riboswitch.bio.genome import Genome
from riboswitch.bio.proteins import Proteins
from riboswitch.bio.scanned import Scanned, read_scanned
from riboswitch.data.calls import Calls
from riboswitch.data.model import Model
from riboswitch.errors import UsageError
from riboswitch.io.summary import write_summary
from riboswitch.io.table_writer import check_suffix, write_table
from riboswitch.learning.explaining import MapMaker
from riboswitch.modalities import find
from riboswitch.resistance.called_maps import as_records, called_proteins, maps_of_calls
from riboswitch.steps.arguments import GenomeFile, GenomeFormat, Summary, TableOutput
from riboswitch.steps.explain import FIRST, INPUTS, PARTS, map_table

OF_CALL = ("gene", "drug_class")
COLUMNS = [*INPUTS[:4], *OF_CALL, *INPUTS[4:], *PARTS]


def explain_calls(
    genome: Genome | Proteins | Scanned,
    calls: Calls,
    model: Model | str | Path,
    *,
    control: Model | str | Path | None = None,
    first: int | None = None,
) -> pd.DataFrame:
    """Score each residue of the proteins of called genes by its effect on the probability of their class.

    Parameters
    ----------
    genome : Genome, Proteins or Scanned
        What was scanned.
    calls : Calls
        From `scan`.
    model : Model or path
        A multi-class model of proteins: a bundle of several networks, best of those that were trained on
        different rows. Its base learners are left out.
    control : Model or path, optional
        As for `explain`.
    first : int, optional
        Explain only the first so many called genes.

    Returns
    -------
    DataFrame
        As from `explain`, with ``gene`` and ``drug_class`` of the call; ``id`` is its place. The status
        ``NOT_PREDICTED`` stands for a call that the networks do not speak for: they give its class a
        probability below 0.5. ``BROKEN_GENE``: it encodes no whole protein.

    Raises
    ------
    UsageError
        If the model is not one of proteins.
    InputError
        If the calls are of another genome.
    """
    model = Model.of(model)
    alphabet = model.header["encoder"].get("alphabet")
    if alphabet != "protein" or model.task.kind != "multiclass":
        raise UsageError("only a multi-class model of proteins can explain calls",
                         found=alphabet or model.modality, hint="Give the model of the scan.")  # fmt: skip
    scanned = genome if isinstance(genome, Scanned) else Scanned(genome)
    modality = find(model.modality)
    records = as_records(called_proteins(calls, scanned)[:first], modality)
    maker = MapMaker(model, modality, None, None if control is None else Model.of(control))
    carried = {name: name for name in OF_CALL if len(records)}  # without a row there are no fields
    table = map_table(records, maps_of_calls(maker, records), carried)
    return table.reindex(columns=COLUMNS)


def command(
    genome: GenomeFile,
    calls: Path,
    model: Path,
    /,
    *,
    output: TableOutput = "-",
    control: Path | None = None,
    first: Annotated[int | None, FIRST] = None,
    annotation: Path | None = None,
    proteins: Path | None = None,
    format: GenomeFormat = None,
    summary: Summary = None,
) -> None:
    """Explain the called genes of a genome.

    Parameters
    ----------
    calls : Path
        Calls of this genome (calls.parquet of riboswitch scan).
    model : Path
        A bundle of several networks (.safetensors): a multi-class model of proteins.
    control : Path
        A bundle of the same networks, trained on shuffled labels. Without it their weights are shuffled.
    annotation : Path
        GFF3 of the genome, if it was scanned with one.
    proteins : Path
        Proteins of the genome (FASTA), if they were scanned beside its DNA.
    """
    check_suffix(output)
    scanned = read_scanned(genome, annotation, proteins, format=format)
    table = explain_calls(scanned, Calls.load(calls), model, control=control, first=first)
    write_table(table, output)
    statuses = Counter(table.drop_duplicates("id")["status"])
    counts = {"calls": sum(statuses.values()), "ok": statuses["ok"]}
    write_summary(counts | {s.lower(): n for s, n in sorted(statuses.items()) if s != "ok"}, summary)
