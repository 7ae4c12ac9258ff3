"""What was understood of a user's files: lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from riboswitch.errors import shorten
from riboswitch.intake.analysis import SHARED_ROWS, Analysis
from riboswitch.intake.assay_file import AssayFile
from riboswitch.intake.compound_file import CompoundFile
from riboswitch.intake.first_bytes import FORMAL
from riboswitch.intake.genome_file import GenomeFile
from riboswitch.io.opening import printable
from riboswitch.io.summary import codes_text

SPECIES = "Staphylococcus aureus"  # of the published measurements


def understood(analysis: Analysis) -> list[str]:
    """What each file holds, what was guessed, and how that is changed."""
    lines: list[str] = []
    for name, genome in analysis.genomes.items():
        lines += [f"genome {name}: {genome.path}", *_indented(_of_genome(name, genome))]
    lines += [f"library: {analysis.library.path}", *_indented(_of_compounds(analysis.library, "library"))]
    if analysis.assay:
        compounds = analysis.assay.compounds
        lines += [f"activity: {compounds.path}", *_indented(_of_compounds(compounds, "activity"))]
        lines += _indented(_of_labels(analysis.assay))
    else:
        lines += ["activity: none of your own", *_indented(_of_growth(analysis))]
    return lines


def _indented(lines: Iterator[str]) -> list[str]:
    return [f"  {' '.join(line.split())}" for line in lines]


def _of_genome(name: str, genome: GenomeFile) -> Iterator[str]:
    genes = f", {genome.genes:,} annotated genes" if genome.genes else ""
    contigs = f"{genome.contigs:,} contig{'s' * (genome.contigs != 1)}"
    bases = f"{genome.bases:,} bases, the longest {genome.longest:,}"
    yield f"{FORMAL[genome.format]}, {contigs}, {bases}{genes}"
    organism = genome.organism or "not named in the file"
    yield f"organism: {organism}; the scan finds it from the genome (genomes.{name}.taxon names it)"
    circles = f"{genome.circular} of {genome.contigs} by the file"
    yield f"circular: {circles} (genomes.{name}.topology says it of all)"
    yield from genome.notes


def _of_compounds(compounds: CompoundFile, name: str) -> Iterator[str]:
    about = "" if compounds.exact else "about "
    columns = f", columns {shorten(', '.join(compounds.columns), 120)}" if compounds.columns else ""
    yield f"{FORMAL[compounds.format]}, {about}{compounds.rows:,} rows{columns}"
    for what, column in compounds.found.items():
        option = f"--{name}-{what.lower()}"
        if column is None:
            yield f"{what}: no column looks like it, so rows are numbered ({option} names one)"
        else:
            yield f"{what}: column {column!r}, guessed by its name ({option} names another)"
    yield f"of the first {compounds.looked_at:,} rows {compounds.readable:,} are compounds"
    for row, name_of_row, smiles in compounds.first:
        yield f"row {row}: {shorten(printable(name_of_row), 30)} {shorten(printable(smiles), 60)}"
    if bad := compounds.first_rejected:
        yield f"rows that are none: {codes_text(compounds.by_code)}; the first, row {bad.row}: {bad.reason}"
        yield "they will be listed in rejected.tsv"
    if compounds.repeated:
        text, first, again = compounds.repeated
        yield f"the id {shorten(text, 30)} stands in rows {first} and {again}: their numbers tell them apart"
    if name == "library":
        if compounds.names:
            found = f"column {compounds.names!r}, guessed by its name"
        else:
            found = "no column looks like it, so antibiotics are known by their structure alone"
        yield f"names of drugs: {found} (rank.name_column names another)"


def _of_labels(assay: AssayFile) -> Iterator[str]:
    if assay.kind == "binary":
        words = ", ".join(
            f"{text!r} is {'active' if value else 'inactive'}" for text, value in assay.labels.items()
        )
        yield (f"labels: column {assay.column!r}, {assay.counts['active']:,} active and "
               f"{assay.counts['inactive']:,} inactive rows")  # fmt: skip
        yield f"{words} (--active and --inactive say otherwise)" if words else "1 is active, 0 is inactive"
    else:
        yield (f"labels: column {assay.column!r}, {assay.counts['rows']:,} rows with a number, "
               f"{assay.counts['different']:,} different")  # fmt: skip
        yield "the highest are ranked first; if low is active, give a column with the negative"
    if assay.unused:
        shown = ", ".join(f"{text} ({many:,})" for text, many in assay.unused.items())
        yield f"rows that are not learned from, with their label: {shorten(shown, 160)}"


def _of_growth(analysis: Analysis) -> Iterator[str]:
    yield ("compounds are ranked by a model of published measurements: growth of S. aureus with 39,312 "
           "compounds (Wong et al. 2023); --activity FILE:COLUMN learns from yours")  # fmt: skip
    others = {g.organism for g in analysis.genomes.values() if g.organism and SPECIES not in g.organism}
    if others:
        yield f"your genome is of {', '.join(sorted(others))}: what inhibits S. aureus need not inhibit it"
    if not analysis.checked:
        yield f"with more than {SHARED_ROWS:,} rows, compounds are not kept out of training"
