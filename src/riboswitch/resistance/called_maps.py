"""What the networks' answer for a called gene rests on: a score for each residue of its protein.

Only calls for which the networks speak have a map: those to whose class they give a probability of at least
`SPOKEN`. All others have a row that says so, for alignments decide what is called, not networks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from riboswitch.bio.codons import starts_with_start, translate
from riboswitch.bio.genome import Genome
from riboswitch.bio.proteins import STOP, Proteins
from riboswitch.bio.scanned import Scanned
from riboswitch.data.arrays import RaggedArrays
from riboswitch.data.calls import Calls
from riboswitch.data.records import Record, Records, Rejection
from riboswitch.errors import InputError, Problem
from riboswitch.genomes.intervals import Interval
from riboswitch.io.log.progress import tracked
from riboswitch.learning.explaining import Map, MapMaker, no_map
from riboswitch.modalities.base import Modality

SPOKEN = 0.5
NOT_PREDICTED = "NOT_PREDICTED"
BROKEN = Problem("BROKEN_GENE", "a stop lies within the gene: it encodes no whole protein", "")


class CalledProtein(NamedTuple):
    """The protein of a called gene.

    Attributes
    ----------
    orf_id, gene : str
        As in the calls: the place, and the nearest known gene.
    drug_class : str
        One class, or several with ``/`` between them.
    sequence : str
        Residues, without the stop; empty if the gene does not encode a whole protein.
    """

    orf_id: str
    gene: str
    drug_class: str
    sequence: str


def called_proteins(calls: Calls, scanned: Scanned) -> list[CalledProtein]:
    """The proteins of all called genes, in the order of the calls; mutations and lost genes have none.

    Raises
    ------
    InputError
        If a call lies on a contig, or is a protein, that the genome does not have.
    """
    table = int(calls.meta.get("settings", {}).get("table", 11))
    genes = calls.confident[calls.confident["kind"] == "gene"].to_dict("records")
    return [
        CalledProtein(
            call["orf_id"], call["nearest_gene"], call["drug_class"], _protein(call, scanned, table)
        )
        for call in genes
    ]


def _protein(call: Mapping[str, Any], scanned: Scanned, table: int) -> str:
    """Residues of a call; empty if a stop lies within them."""
    if call["input"] == "protein":
        residues = _given(call, scanned)
    else:
        genome = scanned.genome
        if not isinstance(genome, Genome) or call["contig"] not in genome.contigs:
            raise InputError("the calls are of another genome", where=scanned.genome.source,
                             found=call["contig"], hint="Give the genome that was scanned.")  # fmt: skip
        place = Interval(call["contig"], int(call["start"]), int(call["end"]), call["strand"])
        dna = place.read(genome)
        residues = translate(dna, table).removesuffix(STOP)
        if starts_with_start(dna, table) and not call["partial"]:
            residues = f"M{residues[1:]}"  # GTG and TTG, too, are read as methionine at the start
    return "" if STOP in residues else residues


def _given(call: Mapping[str, Any], scanned: Scanned) -> str:
    """A protein that was read as such."""
    proteins = scanned.genome if isinstance(scanned.genome, Proteins) else scanned.proteins
    for protein in proteins.entries if proteins is not None else ():
        if protein.id == call["protein_id"]:
            return protein.sequence
    raise InputError("the calls are of other proteins", where=scanned.genome.source, found=call["protein_id"],
                     hint="Give the proteins that were scanned.")  # fmt: skip


def as_records(proteins: Sequence[CalledProtein], modality: Modality) -> Records:
    """The proteins as records with ``gene`` and ``drug_class``; those of broken genes are rejections."""
    rows = (_record(number, protein, modality.component) for number, protein in enumerate(proteins, 1))
    return Records.collect(rows, modality.components, modality=modality.name)


def _record(number: int, protein: CalledProtein, component: str) -> Record | Rejection:
    if not protein.sequence:
        return Rejection(number, protein.orf_id, "", *BROKEN, "explain")
    fields = {"gene": protein.gene, "drug_class": protein.drug_class}
    return Record(number, protein.orf_id, {component: protein.sequence}, fields)


def maps_of_calls(maker: MapMaker, records: Records) -> list[Map]:
    """The map of each called protein, for the class of its call, by the networks alone.

    Base learners are left out: they align each of thousands of mutants with all known genes, and their
    answers do not count in the agreement of networks.
    """
    maker.predictor.stack = None
    if not len(records):
        return []
    arrays = maker.encoded(records)
    answers = maker.predictor.members(arrays).mean(0)
    classes = records.table["drug_class"].tolist()
    told = tracked(range(len(arrays)), "explain", "calls", len(arrays))
    return [_map(maker, arrays, row, classes[row], answers[row]) for row in told]


def _map(maker: MapMaker, arrays: RaggedArrays, row: int, classes: str, answers: np.ndarray) -> Map:
    """The map of one call; of several classes that of the likeliest."""
    outputs = list(maker.task.outputs)
    known = [name for name in classes.split("/") if name in outputs]
    if not known:
        return no_map(NOT_PREDICTED, f"the model does not know the class {classes}")
    best = max(known, key=lambda name: answers[outputs.index(name)])
    p = round(float(answers[outputs.index(best)]), 6)
    if p < SPOKEN:
        reason = f"the networks give {best} a probability of {p:.2f}: they do not speak for this call"
        return no_map(NOT_PREDICTED, reason, of=best, prediction=p)
    return maker.map(arrays, row, best)
