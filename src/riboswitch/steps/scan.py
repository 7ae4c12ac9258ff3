"""Call resistance genes and mutations in a genome.

Known genes are called by the families and cut-offs of NCBI's curated database, known mutations by its tables.
What only resembles a known gene is a candidate: references with the class none, proteins that do not resist,
are needed to look for it. A model adds a probability, and decides nothing: on gene families that it has not
seen, the network adds nothing to alignments with known genes (docs/benchmarks.md). Gene presence is not
phenotype: a call does not say that the organism is resistant. An assembly is read, its proteins, or both.
"""

from __future__ import annotations

__all__ = ["ScanSettings", "scan"]
__verb__ = ("Genomes", 160)

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from riboswitch.bio.genome import Genome
from riboswitch.bio.proteins import Proteins
from riboswitch.bio.scanned import TWICE, Scanned, read_scanned
from riboswitch.config.samples import Sample, chosen, read_samples
from riboswitch.config.setting_options import NO_SETTINGS, Json, Options
from riboswitch.data.calls import Calls
from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.errors import UsageError
from riboswitch.io.log.progress import tracked
from riboswitch.io.summary import write_note, write_summary
from riboswitch.resistance.calling import ScanSettings
from riboswitch.resistance.cohort.folders import CALLS, OK, write_samples
from riboswitch.resistance.cohort.scanning import check_taxa, scan_samples
from riboswitch.resistance.curated.database import Database
from riboswitch.resistance.curated.taxon import AUTO
from riboswitch.resistance.scanner import Scanner
from riboswitch.steps.arguments import GENOME_HELP, GenomeFormat
from riboswitch.steps.left_out import LEFT_OUT, list_left_out, report_left_out
from riboswitch.tracks.call_files import CALL_FILES, write_call_files


def scan(
    genome: Genome | Proteins,
    model: Model | None = None,
    references: Records | None = None,
    settings: ScanSettings | Mapping[str, Any] | None = None,
    *,
    curated: Database | None = None,
    taxon: str | None = None,
    proteins: Proteins | None = None,
    none: str = "none",
) -> Calls:
    """Call resistance genes and mutations in a genome; see `riboswitch.resistance.genome_calls`.

    Parameters
    ----------
    genome : Genome or Proteins
        Contigs, and coding sequences where it is annotated; or only its proteins. Proteins may also belong to
        a family by its hidden Markov model; mutations of DNA and broken genes are not seen in them.
    model : Model, optional
        A multi-class model of proteins with the class ``none``. It says how probable the class of a frame is
        that only resembles a known gene.
    references : Records, optional
        Known genes: proteins with their class and annotation. A model needs those that it was trained on;
        without one their classes are the column ``drug_class``, and ``curated`` may stand alone. Frames that
        only resemble a known gene are looked for if some have the class ``none``.
    settings : ScanSettings or mapping, optional
    curated : Database, optional
        NCBI's database. Without it each known gene is a family of its own, and no mutations are looked for.
    taxon : str, optional
        The genome's taxon in the database, as ``Escherichia``: decides which mutations matter. By default
        (``auto``) it is found from the genome; ``none``: no mutations are looked for.
    proteins : Proteins, optional
        The proteins of the genome. What they show is joined with what its DNA shows; see
        `riboswitch.resistance.protein_calls`.
    none : str
        The class of genes without a drug class.

    Returns
    -------
    Calls

    Raises
    ------
    UsageError
        If the model is not one of proteins or has no references, there is nothing to look for, or proteins
        are given twice.
    InputError
        If the model has no class ``none``, or the references do not have the model's classes.
    """
    if isinstance(genome, Proteins) and proteins is not None:
        raise UsageError("proteins are given twice", found=f"{genome.source}, {proteins.source}", hint=TWICE)
    scanner = Scanner.of(model, references, settings, curated=curated, none=none)
    return scanner(Scanned(genome, proteins), taxon)


def command(
    genome: Annotated[Path | None, Parameter(help=GENOME_HELP)] = None,
    model: Path | None = None,
    /,
    *,
    references: Path | None = None,
    output: Path,
    settings: Annotated[Json, Options("Calling", ScanSettings)] = NO_SETTINGS,
    curated: Path | None = None,
    samples: Path | None = None,
    rows: str = "",
    taxon: str = AUTO,
    annotation: Path | None = None,
    proteins: Path | None = None,
    topology: Literal["circular", "linear"] | None = None,
    format: GenomeFormat = None,
    database: str = "ResFinder",
    database_version: str = "unknown",
) -> None:
    """Scan the genome in a file, or its proteins (FASTA), or both; or all genomes of a sample sheet.

    Parameters
    ----------
    model : Path
        Bundle of the gene model (.safetensors): it adds probabilities and decides nothing. With --samples it
        is the only word.
    references : Path
        Known genes: records (.parquet), those of the model. With some of class none, similar genes are found.
    output : Path
        Folder for calls.parquet, calls.tsv, calls.gff3, calls.bed, and rejected.tsv: the contigs and features
        that cannot be used. With --samples a folder of these for each genome, and samples.tsv.
    curated : Path
        Folder of NCBI's database of resistance genes and mutations (a release of AMRFinderPlus).
    samples : Path
        Sample sheet (.tsv, .csv): one row a genome, with the columns name, genome, and if needed proteins,
        gff, taxon, topology. Paths are relative to its folder.
    rows : str
        With --samples: only these rows of the sheet, as 1-50.
    taxon : str
        The genome's taxon in that database, as Escherichia or Staphylococcus_aureus: decides which mutations
        are looked for, and which genes are intrinsic. By default (auto) it is found from the genome; none: no
        mutations are looked for.
    annotation : Path
        GFF3 of the genome, if it is FASTA. Its features say where proteins lie.
    proteins : Path
        Proteins of the genome (FASTA), beside its DNA. Without DNA, give the proteins as the genome.
    topology : str
        Of all contigs; by default what the file says of each.
    database : str
        Source of the known genes, for calls.tsv.
    database_version : str
        Its version, or the date it was made.
    """
    source = {"database": database, "database_version": database_version}
    if samples is None:
        if genome is None or rows:
            raise UsageError("there is no genome" if genome is None else "--rows has no use here",
                             hint="Give its file, or a sample sheet (--samples).")  # fmt: skip
        scanned = read_scanned(genome, annotation, proteins, format=format, topology=topology)
        _one(scanned, _scanner(model, references, settings, curated), taxon, output, source)
        return
    given = {"--taxon": taxon != AUTO, "--annotation": annotation, "--proteins": proteins,
             "--topology": topology, "--format": format, "a second word": model}  # fmt: skip
    if found := [name for name, value in given.items() if value]:
        raise UsageError("this has no use with --samples", found=", ".join(found),
                         hint="The sheet names the files of each genome.")  # fmt: skip
    picked = chosen(read_samples(samples), rows)
    scanner = _scanner(genome, references, settings, curated)
    check_taxa(scanner, picked, str(samples))
    _many(picked, scanner, output, source)


_PRINTED = ("contigs", "bases", "proteins", "proteins_without_place", "orfs", "calls", "candidates")


def _scanner(model: Path | None, references: Path | None, settings: Any, curated: Path | None) -> Scanner:
    """What is loaded once for all genomes."""
    gene_model = None if model is None else Model.load(model)
    records = None if references is None else Records.load(references)
    database = None if curated is None else Database.load(curated)
    return Scanner.of(gene_model, records, settings, curated=database)


def _write(calls: Calls, folder: Path, source: dict[str, str]) -> None:
    calls.save(folder / CALLS)
    write_call_files(calls.table, folder, contigs=calls.meta["contigs"], **source)


def _one(scanned: Scanned, scanner: Scanner, taxon: str, output: Path, source: dict[str, str]) -> None:
    calls = scanner(scanned, taxon)
    _write(calls, output, source)
    if reason := calls.meta.get("no_hmms"):
        write_note(f"hidden Markov models were not used: {reason}")
    printed = {name: calls.meta["counts"][name] for name in _PRINTED if name in calls.meta["counts"]}
    if not calls.looked_for_similar:
        printed["similar_genes"] = "not looked for: no references of class none"
    if scanner.database.folder is not None:
        printed["taxon"] = calls.meta["taxon"] or "none"
        write_note(calls.meta["species"]["says"])
        write_note(calls.meta["species"]["contradiction"])
    write_summary(printed | report_left_out(scanned.genome, output, scanned.proteins), None)


def _many(samples: list[Sample], scanner: Scanner, output: Path, source: dict[str, str]) -> None:
    """Scan the genomes of a sheet. One that cannot be read is a row of samples.tsv, and stops nothing."""
    lines = []
    for result in tracked(scan_samples(scanner, samples), "scan", "genomes", len(samples)):
        folder = output / result.sample.name
        if result.calls is None or result.scanned is None:
            for name in (CALLS, *CALL_FILES, LEFT_OUT):  # those of an earlier scan
                (folder / name).unlink(missing_ok=True)
            write_note(f"{result.sample.name} is rejected: {result.problem}")
        else:
            _write(result.calls, folder, source)
            list_left_out(result.scanned.genome, folder, result.scanned.proteins)
        lines.append(result.row)
    table = write_samples(lines, output)
    scanned = int((table["status"] == OK).sum())
    counts = {"genomes": len(table), "scanned": scanned, "rejected": len(table) - scanned}
    calls = {name: int(sum(n for n in table[name] if n != "")) for name in ("calls", "candidates")}
    write_summary(counts | calls, None)
