"""Read sequences or molecules. Every row becomes a record or a rejection with a reason code."""

from __future__ import annotations

__all__ = ["parse"]
__verb__ = ("Data", 30)

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from riboswitch.config.found_columns import Found
from riboswitch.config.setting_options import NO_SETTINGS, Json, Options
from riboswitch.config.settings import FRACTION, build, check_values, known_names
from riboswitch.data.bounds.agreement import Duplicates, Policy
from riboswitch.data.curation import curate, label_lines
from riboswitch.data.ids import add_columns, reject_repeated_ids, with_free_ids
from riboswitch.data.labels import Censored
from riboswitch.data.records import Records
from riboswitch.data.task import Kind
from riboswitch.errors import UsageError
from riboswitch.io.summary import write_note, write_summary
from riboswitch.io.table_writer import write_text_table
from riboswitch.modalities import DEFAULT, find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.kept_out import SampleSettings, draw, keep_out
from riboswitch.modalities.reading import check_new_columns, check_sources, read_source, with_background
from riboswitch.resistance.drug_classes import label_by_name
from riboswitch.steps.arguments import KIND, TARGETS, Summary
from riboswitch.steps.modality_settings import READING

# Keys of the mappings for a label or columns from elsewhere: needed, then optional.
NESTED = {
    "classes": (("table", "name_column"), ("otherwise",)),
    "annotate": (("table", "key", "columns"), ()),
}

LIMITS = {"max_rejected": FRACTION}
SPEC_KEYS = ("classes", "annotate", "background", "held_out", "sample",
             "duplicates", "conflicts", "tolerance", "censored", "relation", "max_rejected")  # fmt: skip


def parse(
    sources: Sequence[Mapping[str, Any]],
    modality: str,
    *,
    kind: Kind | None = None,
    targets: Sequence[str] = (),
    classes: Mapping[str, Any] | None = None,
    annotate: Mapping[str, Any] | None = None,
    background: Mapping[str, Any] | None = None,
    held_out: Mapping[str, Any] | None = None,
    sample: Mapping[str, Any] | None = None,
    duplicates: Duplicates | None = None,
    conflicts: Policy | None = None,
    tolerance: float = 0.0,
    censored: Censored = "reject",
    relation: str | None = None,
    max_rejected: float = 1.0,
) -> Records:
    """Read, label and curate records from one or several files.

    Parameters
    ----------
    sources : sequence of mapping
        Each with ``paths``, and optionally ``reading`` (options of the modality's `read`), ``fields``
        (constant columns; ``{stem}`` is the file's name without suffix), ``keep`` (texts that columns must
        hold; other rows are rejected), ``rename`` (columns), ``labels`` (meanings of texts), ``id_pattern``
        (a regular expression; its named groups in the id, of a cassette's gene in that of the entry, become
        columns), ``annotated`` (see `genomes.tasks.records`).
    modality : str
    kind, targets
        As for `train`; with targets, rows are curated (duplicates, conflicting or missing labels).
    classes : mapping, optional
        Label the target by the compound's name: ``{"table", "name_column", "otherwise"}``.
    annotate : mapping, optional
        Add columns of a tab-separated table by its key, the id: ``{"table", "key", "columns"}``.
    background : mapping, optional
        Add proteins of no class: ``{"genome", "label", ...}``; see `genomes.tasks.background`.
    held_out : mapping, optional
        A library that must not be in training: ``{"paths", "reading"}``. It and its kin are ``KEPT_OUT``.
    sample : mapping, optional
        Keep a sample of the rows of one label of the only target: ``{"label", "rows", "seed"}``.
    duplicates : {"first", "mean", "reject", "keep"}, optional
        What to keep of equal inputs with equal labels (numbers: mean, else first; keep: all). See `curate`.
    conflicts : {"first", "mean", "reject"}, optional
        What to keep of equal inputs with different labels of a target (numbers: mean, else reject).
    tolerance : float
        Largest difference between numbers that count as equal labels.
    censored : {"reject", "bounds"}
        Numbers with a sign of inequality: they are rejected, or taken as bounds. See `curate`.
    relation : str, optional
        Column with the sign of each label, as standard_relation of ChEMBL; an empty cell stands for =.
    max_rejected : float
        Fail if more than this fraction is rejected, held-out rows and those not drawn apart.

    Returns
    -------
    Records
    """
    check_values(LIMITS, max_rejected=max_rejected)
    of_records = find(modality)
    check_sources(sources, of_records)
    _check_labels(of_records, targets, classes, annotate, background)
    drawn = _sample(sample, targets)
    records, names = _read_all(sources, of_records, targets)
    records = _labelled(records, of_records, targets, classes, annotate, background)
    policy = {"duplicates": duplicates, "conflicts": conflicts, "tolerance": tolerance,
              "censored": censored, "relation": relation}  # fmt: skip
    if targets:
        records = _curate(records, of_records, targets, kind, policy)
    return _for_training(records.require(max_rejected, names), of_records, targets, held_out, drawn)


def _labelled(
    records: Records,
    modality: Modality,
    targets: Sequence[str],
    classes: Mapping[str, Any] | None,
    annotate: Mapping[str, Any] | None,
    background: Mapping[str, Any] | None,
) -> Records:
    """The records with columns and labels from elsewhere, and with proteins of no class."""
    if annotate:
        add_columns(records, **annotate)
    if classes:
        label_by_name(records, targets, **classes)
    return with_background(records, background, modality, targets[0]) if background else records


def _read_all(
    sources: Sequence[Mapping[str, Any]], modality: Modality, targets: Sequence[str]
) -> tuple[Records, str]:
    """The records of all files, and the names of these."""
    files = [(Path(path), source) for source in sources for path in source.get("paths", ())]
    names = ", ".join(path.name for path, _ in files)
    learned: dict[str, Any] = {}
    parts = []
    for path, source in files:  # the others are read as the first
        reading = _as_the_first(learned, source)
        parts.append(read_source(path, {**source, "reading": reading}, modality, targets))
        learned |= {name: value for name, value in parts[-1].meta.pop("learned", {}).items()
                    if name not in learned}  # fmt: skip
    parts = with_free_ids(parts)
    meta = _about(modality, _as_the_first(learned, sources[0]))
    meta["sources"] = [_described(path, part) for (path, _), part in zip(files, parts, strict=True)]
    return reject_repeated_ids(Records.concat(parts, **meta)).require(1.0, names), names


def _as_the_first(learned: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    """How a source is read: as it says, else by what was learned; options of a side of pairs are joined."""
    reading = dict(source.get("reading") or {})
    for name, value in learned.items():
        given = reading.get(name)
        reading[name] = {**value, **given} if isinstance(value, dict) and given else reading.get(name, value)
    return reading


def _sample(sample: Mapping[str, Any] | None, targets: Sequence[str]) -> SampleSettings | None:
    if not sample:
        return None
    if len(targets) != 1:
        raise UsageError("a sample is drawn of the labels of one target", where="sample", found=list(targets))
    if missing := [key for key in ("label",) if key not in sample]:
        raise UsageError(f"missing key {missing[0]!r}", where="sample", hint="Needed: label.")
    return build(SampleSettings, sample, "sample")


def _for_training(
    records: Records,
    modality: Modality,
    targets: Sequence[str],
    held_out: Mapping[str, Any] | None,
    drawn: SampleSettings | None,
) -> Records:
    """The rows that training may see: none that is held out, and a sample of a label."""
    kept_out, curation = None, records.curation
    if held_out:
        records, kept_out = keep_out(records, _held_out(held_out, modality), modality.reader)
    if drawn:
        records = draw(records, targets[0], drawn, modality.reader.identity)
    records.kept_out, records.curation = kept_out, curation
    return records.require(where="the rows that training may see")


def _held_out(spec: Mapping[str, Any], modality: Modality) -> Records:
    """The inputs that must not be in training."""
    known_names(spec, ["paths", "reading"], "held_out")
    if not spec.get("paths"):
        raise UsageError("missing key 'paths'", where="held_out", hint="Needed: paths.")
    parts = [read_source(Path(path), spec, modality, ()) for path in spec["paths"]]
    return Records.concat(parts).require(where=", ".join(Path(path).name for path in spec["paths"]))


def _about(modality: Modality, reading: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the meta that models take over."""
    kept = {k: v for k, v in reading.items() if k not in modality.reader.FILE_OPTIONS}
    return {"modality": modality.name, "components": [*modality.components], "reading": kept}


def _described(path: Path, part: Records) -> dict[str, Any]:
    """The entry of one file in ``meta["sources"]``."""
    about = {name: value for name, value in part.meta.items() if name != "components"}
    return {"file": path.name, **part.counts(), **about}


def _found(source: Mapping[str, Any]) -> str:
    """What was found out about a file, for people; empty if its columns were named."""
    sentence = Found.of(source).sentence
    numbered = source.get("numbered", 0)
    more = f"; numbered, without an id of their own: {numbered}" if numbered else ""
    return f"{source['file']}: {sentence}{more}" if sentence else ""


def _curate(
    records: Records, modality: Modality, targets: Sequence[str], kind: Kind | None, policy: Mapping[str, Any]
) -> Records:
    if kind is None:
        raise UsageError(
            "labels need a kind: regression, binary, multiclass or survival", found=list(targets)
        )
    reader = modality.reader
    return curate(records, reader.identity, targets=targets, kind=kind, same=reader.SAME,
                  label_lengths=reader.label_lengths, **policy)  # fmt: skip


def _check_labels(
    modality: Modality,
    targets: Sequence[str],
    classes: Mapping[str, Any] | None,
    annotate: Mapping[str, Any] | None,
    background: Mapping[str, Any] | None,
) -> None:
    """Raise `UsageError` if the arguments for labels and added columns do not fit."""
    _check_keys("classes", classes)
    _check_keys("annotate", annotate)
    if background and ("genome" not in background or len(targets) != 1):
        raise UsageError("background needs the key 'genome', and one target", found=dict(background))
    check_new_columns("annotate", (annotate or {}).get("columns", ()), modality)
    check_new_columns("targets", targets, modality)


def _check_keys(name: str, spec: Mapping[str, Any] | None) -> None:
    if not spec:
        return
    needed, optional = NESTED[name]
    known_names(spec, [*needed, *optional], name)
    missing = [key for key in needed if key not in spec]
    if missing:
        raise UsageError(f"missing key {missing[0]!r}", where=name, hint=f"Needed: {', '.join(needed)}.")
    if name == "annotate" and not isinstance(spec["columns"], Mapping):
        raise UsageError("columns must map a new name to a column", where=name, found=spec["columns"])


def command(
    sources: list[str] | None = None,
    /,
    *,
    output: Path,
    reading: Annotated[Json, READING] = NO_SETTINGS,
    modality: str = DEFAULT,
    rejected: Path | None = None,
    kept_out: Path | None = None,
    curation: Path | None = None,
    spec: Annotated[Json, Options("Curation and labels", parse, only=SPEC_KEYS)] = NO_SETTINGS,
    kind: Annotated[Kind | None, KIND] = None,
    target: Annotated[list[str] | None, TARGETS] = None,
    summary: Summary = None,
) -> None:
    """Parse files.

    Parameters
    ----------
    sources : list of str
        Files to read, or - for standard input; or see --spec.
    output : Path
        Where the records go (.parquet); rejected rows go beside it, into rejected.tsv.
    modality : str
        Modality of the records: sequence, molecule or profile.
    rejected : Path
        Where the rejected rows go instead.
    kept_out : Path
        Where the labelled rows go that --held-out keeps out of training (.parquet).
    curation : Path
        Where the labels of inputs with several rows go, and what became of each (.tsv).
    """
    known_names(spec, ["sources", *SPEC_KEYS], "--spec")
    options = dict(spec)
    described = options.pop("sources", None) or [{"paths": sources or [], "reading": reading}]
    records = parse(described, modality, kind=kind, targets=target or (), **options)
    records.save(output, rejected)
    if kept_out:
        _save_kept_out(records, kept_out)
    if curation:
        write_text_table(_curated(records), curation, "\t")
    for source in records.meta["sources"]:
        write_note(_found(source))
    ledger = records.meta.get("ledger", {})
    counts = {**records.counts(), "ledger": ledger}
    counts |= {name: records.meta[name] for name in ("kept_out", "sample") if name in records.meta}
    for name in ("left_out", "split"):
        if of_files := {s["file"]: s[name] for s in records.meta["sources"] if s.get(name)}:
            counts[name] = of_files
    write_summary(counts, summary, [*_split_lines(counts.get("split", {})), *label_lines(ledger)])


def _save_kept_out(records: Records, path: Path) -> None:
    if records.kept_out is None:
        raise UsageError("nothing is kept out", where="--kept-out", hint="Give --held-out, too.")
    records.kept_out.save(path, path.with_name(f"{path.stem}-rejected.tsv"))


def _curated(records: Records) -> pd.DataFrame:
    if records.curation is None:
        raise UsageError(
            "labels are not curated without targets", where="--curation", hint="Give --target, too."
        )
    return records.curation


def _split_lines(split: Mapping[str, Mapping[str, int]]) -> list[str]:
    """How many rows of each file were split, for people."""
    return [
        f"{file}: {n['rows']} rows hold several genes, and count as {n['parts']}" for file, n in split.items()
    ]
