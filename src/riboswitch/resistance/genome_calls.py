"""Calls of a genome: known genes by the curated rules, and what only resembles one.

The curated rules decide what a known gene is. A frame that resembles a known gene but fits no family is a
candidate. Only whole genes of the database's core are calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.codons import translate
from riboswitch.bio.genome import Genome
from riboswitch.data.calls import CALL_COLUMNS, MODEL_COLUMNS, Calls
from riboswitch.genomes.frames import stop_site
from riboswitch.genomes.intervals import Interval
from riboswitch.resistance.curated.dna_mutations import DnaLocus
from riboswitch.resistance.curated.joined import RECORD
from riboswitch.resistance.curated.protein_mutations import Locus, Mutation
from riboswitch.resistance.curated.references import Known, Reference
from riboswitch.resistance.curated.rules import WHOLE, Gene, same_place
from riboswitch.resistance.curated.scanning import Found, Lost
from riboswitch.resistance.curated.taxon import Taxon
from riboswitch.resistance.drugs.intrinsic import INTRINSIC, nature
from riboswitch.resistance.house_classes import house_classes

CORE = 2
DNA = "DNA"
"""What a call was read from: the genome, or a protein."""

PLACE = ("start", "end")
MEANING = {
    "ALLELE": "a named allele, residue for residue",
    "EXACT": "a known protein, residue for residue",
    "BLAST": "complete, above the cut-offs of its family",
    "HMM": "above the trusted cut-off of its family's hidden Markov model",
    "PARTIAL": "a part of the gene",
    "PARTIAL_CONTIG_END": "runs over the end of its contig",
    "INTERNAL_STOP": "a stop codon within the gene",
    "FRAMESHIFT": "a shift of the reading frame",
    "INSERTION": "interrupted by an insertion",
    "DELETION": "a piece is missing",
    "START_LOST": "the start codon is lost",
}
"""What each method says of a gene."""


@dataclass(frozen=True)
class Sample:
    """A genome that is read, and what is known of its species.

    Attributes
    ----------
    genome : Genome
    taxon : str or None
        Decides which genes are intrinsic, see `drugs.intrinsic`.
    database : str
        Name and version of the curated database.
    table : int
        Genetic code (NCBI number).
    """

    genome: Genome
    taxon: str | None = None
    database: str = ""
    table: int = 11

    def intrinsic(self, gene: Gene) -> str:
        """Where it is written that every strain of the species has a gene; empty if it is news."""
        family = gene.families[0]
        return nature().source(self.taxon, (family.name, family.symbol), gene.subclass)

    @cached_property
    def _tags(self) -> dict[tuple[str, str, int], str]:
        return {stop_site(gene, self.genome): gene.locus_tag for gene in self.genome.cds}

    def spot(self, contig: str, start: int, end: int, strand: str) -> dict[str, Any]:
        """The columns that say where a row of calls lies."""
        place = Interval(contig, start, end, strand)
        return place._asdict() | {"orf_id": str(place), "locus_tag": self.tag(place), "input": DNA}

    def over_origin(self, contig: str, end: int) -> bool:
        """Whether a place that ends there goes over the origin of its contig."""
        return end > len(self.genome.contigs[contig])

    def tag(self, place: Interval) -> str:
        """Locus tag of the annotated gene with the same stop codon."""
        return self._tags.get(stop_site(place, self.genome), "")

    def with_stop(self, contig: str, start: int, end: int, strand: str) -> tuple[int, int]:
        """A place lengthened by the stop codon, if one follows."""
        first = end + 1 if strand == "+" else start - 3
        codon = self._letters(contig, first, first + 2)
        if translate(codon if strand == "+" else reverse_complement(codon), self.table) != "*":
            return start, end
        return (start, end + 3) if strand == "+" else (start - 3, end)

    def _letters(self, contig: str, start: int, end: int) -> str:
        """Letters of a contig: over the origin of a circular one, none beyond the ends of another."""
        sequence = self.genome.contigs[contig]
        if contig in self.genome.circular:
            return "".join(sequence[(i - 1) % len(sequence)] for i in range(start, end + 1))
        return sequence[max(start - 1, 0) : end]


def curated_rows(found: Found, sample: Sample) -> list[dict[str, Any]]:
    """A row of `CALL_COLUMNS` for each resistance gene, mutation and lost protein; calls first."""
    genes = [_of_gene(gene, sample) for gene in found.genes if gene.type == "AMR"]
    _name_other_halves(genes)
    mutations = [_of_mutation(x, m, sample) for x in found.loci for m in x.seen]
    dna = [_of_dna_mutation(x, m, sample) for x in found.dna_loci for m in x.seen]
    lost = [_of_loss(x, sample) for x in found.lost]
    rows = [*genes, *mutations, *dna, *lost]
    return sorted(rows, key=by_place)


def by_place(row: Mapping[str, Any]) -> tuple:
    """Orders calls: before candidates, then along the contigs; those without a place by their protein."""
    return row["status"] != "call", row["contig"], row["start"] or 0, row["nearest_gene"], row["protein_id"]


def joined_calls(
    rows: Sequence[Mapping[str, Any]],
    loci: Mapping[str, list[str]],
    similar: Calls,
    taxon: Taxon,
    database: str,
) -> Calls:
    """Curated calls, then what resembles a known gene; with the counts of both."""
    frames = similar.table.to_dict("records")
    curated = pd.DataFrame([_with_model(row, frames) for row in rows], columns=CALL_COLUMNS)
    table = pd.concat([curated, _beside(similar, rows)], ignore_index=True)
    table = table.sort_values("status", kind="stable", ignore_index=True)
    table = table.astype(dict.fromkeys((*MODEL_COLUMNS, "identity", "coverage"), float) | {"novelty": bool})
    table = table.astype(dict.fromkeys(PLACE, "Int64" if table["start"].isna().any() else "int64"))
    counts = similar.meta["counts"] | {
        "calls": int((table["status"] == "call").sum()),
        "candidates": int((table["status"] == "candidate").sum()),
        "genes": sum(r["kind"] == "gene" for r in rows),
        "mutations": sum(r["kind"] == "mutation" for r in rows),
        "losses": sum(r["kind"] == "loss" for r in rows),
    }
    meta = similar.meta | {"counts": counts, "taxon": taxon.name, "species": taxon.about(),
                           "database": database, "loci": dict(loci)}  # fmt: skip
    return Calls(table, meta)


def _with_model(row: Mapping[str, Any], frames: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A gene with the scores of the frame at its place."""
    if row["kind"] != "gene":
        return dict(row)
    here = [f for f in frames if f["contig"] == row["contig"] and f["strand"] == row["strand"]]
    near = [f for f in here if at_one_place(f, row)]
    return dict(row) | ({name: near[0][name] for name in MODEL_COLUMNS} if near else {})


def _beside(calls: Calls, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """What resembles a known gene beside the curated genes; a frame at the place of one says nothing new."""
    taken: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        taken.setdefault(row["contig"], []).append(row)
    table = calls.table
    free = [
        not any(at_one_place(frame, row) for row in taken.get(frame["contig"], []))
        for frame in table.to_dict("records")
    ]
    return table[pd.Series(free, table.index, dtype=bool)].reindex(columns=CALL_COLUMNS)


def at_one_place(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rows of calls are of one place, or of one protein if they have none."""
    if one["contig"] and other["contig"]:
        places = (one["start"], one["end"]), (other["start"], other["end"])
        return one["contig"] == other["contig"] and same_place(*places)
    return bool(one["protein_id"]) and one["protein_id"] == other["protein_id"]


def loci(found: Found) -> dict[str, list[str]]:
    """What became of the loci in which mutations matter: seen, none seen, not found, not looked at."""
    places: Sequence[Locus | DnaLocus] = [*found.loci, *found.dna_loci]
    mutated = {m.gene for x in places for m in x.seen}
    looked_at = {m.gene for x in places for m in x.looked_at}
    return {
        "mutation": sorted(mutated),
        "none": sorted(looked_at - mutated),
        "not_found": list(found.not_found),
        "intact": list(found.intact),
        "lost": sorted({x.loss.gene for x in found.lost}),
        "not_looked_at": list(found.not_looked_at),
    }


def _row(sample: Sample, contig: str, place: tuple[int, int], strand: str, **values: Any) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(CALL_COLUMNS, "")
    blank |= dict.fromkeys(MODEL_COLUMNS) | {"novelty": False}
    return blank | {
        "genome": sample.genome.source, "database": sample.database, **sample.spot(contig, *place, strand),
        **values,
    }  # fmt: skip


def _of_gene(gene: Gene, sample: Sample) -> dict[str, Any]:
    match, reference = gene.match, gene.match.reference
    contig, strand = match.frame.contig, match.frame.strand
    whole = gene.method in WHOLE
    place = gene.found.place
    if whole or gene.method in ("INTERNAL_STOP", "START_LOST"):
        place = sample.with_stop(contig, *place, strand)
    intrinsic = sample.intrinsic(gene)
    flags = _flags(gene, sample, place) | ({INTRINSIC} if intrinsic else set())
    why = MEANING[gene.method] + (f" ({gene.model})" if gene.model else "")
    if intrinsic:
        why += f"; every strain of the species has it ({intrinsic})"
    if "NOT_CORE" in flags:
        why += "; not in the core of the database"
    known = _known(gene)
    return _row(
        sample, contig, place, strand, kind="gene", status="call" if not flags - HARMLESS else "candidate",
        method=gene.method, flags=",".join(sorted(flags)), why=why, partial=_partial(gene),
        drug_class=house_classes(gene.drug_class), nearest_class=house_classes(gene.drug_class),
        amr_class=gene.drug_class, subclass=gene.subclass, family=gene.node, nearest_gene=gene.symbol,
        nearest_accession=reference.accession, also=", ".join(_also(gene)), mechanism=reference.mechanism,
        database="" if reference.node.startswith(RECORD) else sample.database,
        identity=round(gene.found.identity / 100, 4), coverage=round(gene.found.coverage / 100, 4),
        antibiotics=", ".join(dict.fromkeys(d for k in known for d in k.drugs)),
        pmid=", ".join(dict.fromkeys(k.pmid for k in known if k.pmid)),
        phenotype_classes=", ".join(dict.fromkeys(c for k in known for c in k.classes)),
        gene_length_aa=sum(p.alignment.end - p.alignment.start for p in gene.found.pieces),
        reference_length_aa=len(reference.sequence), **reference.term.columns,
    )  # fmt: skip


HARMLESS = {"OVER_ORIGIN"}
"""Flags of genes that work."""


def _flags(gene: Gene, sample: Sample, place: tuple[int, int]) -> set[str]:
    flags = set() if gene.method in WHOLE else {gene.method}
    if gene.reportable < CORE:
        flags.add("NOT_CORE")
    if sample.over_origin(gene.match.frame.contig, place[1]):
        flags.add("OVER_ORIGIN")
    return flags


def _partial(gene: Gene) -> str:
    """The ends that are missing."""
    if gene.method not in ("PARTIAL", "PARTIAL_CONTIG_END"):
        return ""
    first, last = gene.found.pieces[0].alignment, gene.found.pieces[-1].alignment
    missing = ["5'"] * (first.ref_start > 0)
    missing += ["3'"] * (last.ref_end < len(gene.match.reference.sequence))
    return ",".join(missing)


def _known(gene: Gene) -> tuple[Known, ...]:
    """What other databases know of the very protein, or of a gene that they alone have."""
    reference: Reference = gene.match.reference
    return reference.known if gene.exact or reference.node.startswith(RECORD) else ()


def _also(gene: Gene) -> list[str]:
    names = [f"{k.gene} ({k.accession})" for k in _known(gene)]
    return [n for n in dict.fromkeys(names) if not n.startswith(f"{gene.symbol} (")]


def _name_other_halves(rows: Iterable[dict[str, Any]]) -> None:
    """Say of the two ends of one gene at ends of contigs that they may belong together."""
    ends = [r for r in rows if r["method"] == "PARTIAL_CONTIG_END"]
    for one in ends:
        others = [
            o
            for o in ends
            if o is not one and o["nearest_gene"] == one["nearest_gene"] and o["partial"] != one["partial"]
        ]
        if others and one["partial"] in ("5'", "3'"):
            other = others[0]
            one["flags"] = ",".join(sorted({*one["flags"].split(","), "SPLIT"}))
            one["why"] += f"; the rest may be at {other['orf_id']}"


def _of_mutation(locus: Locus, mutation: Mutation, sample: Sample) -> dict[str, Any]:
    frame, alignment = locus.match.frame, locus.match.alignment
    place = sample.with_stop(frame.contig, *locus.place_of(mutation), frame.strand)
    reference = locus.match.reference
    return _row(
        sample, frame.contig, place, frame.strand, method="MUTATION", **_mutated(mutation),
        nearest_accession=reference.accession, identity=round(alignment.identity / 100, 4),
        coverage=round(locus.match.coverage / 100, 4), gene_length_aa=alignment.end - alignment.start,
        reference_length_aa=len(reference.sequence),
    )  # fmt: skip


def _of_dna_mutation(locus: DnaLocus, mutation: Mutation, sample: Sample) -> dict[str, Any]:
    return _row(
        sample, locus.contig, (locus.start, locus.end), locus.strand, method="MUTATION_DNA",
        **_mutated(mutation), nearest_accession=locus.reference.partition("@")[0],
        identity=round(locus.identity / 100, 4),
        coverage=round(locus.coverage / 100, 4), gene_length_aa=0, reference_length_aa=0,
    )  # fmt: skip


def _mutated(mutation: Mutation) -> dict[str, Any]:
    return {
        "kind": "mutation", "status": "call", "why": mutation.description, "family": mutation.gene,
        "drug_class": house_classes(mutation.drug_class), "nearest_class": house_classes(mutation.drug_class),
        "amr_class": mutation.drug_class, "subclass": mutation.subclass, "nearest_gene": mutation.symbol,
        "mechanism": "mutation",
    }  # fmt: skip


def _of_loss(lost: Lost, sample: Sample) -> dict[str, Any]:
    first = lost.found.first
    loss = lost.loss
    return _row(
        sample, first.frame.contig, lost.found.place, first.frame.strand, kind="loss", status="call",
        method="DISRUPTED", flags=",".join(lost.found.kinds), why=loss.description, family=loss.gene,
        drug_class=house_classes(loss.drug_class), nearest_class=house_classes(loss.drug_class),
        amr_class=loss.drug_class, subclass=loss.subclass, nearest_gene=lost.symbol,
        nearest_accession=loss.accession, mechanism="loss", identity=round(lost.found.identity / 100, 4),
        coverage=round(lost.found.coverage / 100, 4),
        gene_length_aa=sum(p.alignment.end - p.alignment.start for p in lost.found.pieces),
        reference_length_aa=len(first.reference.sequence),
    )  # fmt: skip
