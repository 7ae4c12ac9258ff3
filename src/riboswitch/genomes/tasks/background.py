"""Proteins for the class "none": those of a genome that do not resemble the genes of the other classes.

There are three kinds, since a scan meets all of them: annotated proteins, reading frames that are no genes,
and decoys (reversed or shuffled positives, which have the composition but no homology).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from riboswitch.bio.annotation.left_out import rejections, require_features
from riboswitch.bio.codons import translate
from riboswitch.bio.genome import Genome, extract, read_genome
from riboswitch.bio.kmers import LONGEST_K, KmerIndex
from riboswitch.config.settings import build, check_settings, number, whole
from riboswitch.data.records import Record, Records, Rejection
from riboswitch.genomes.frames import stop_site
from riboswitch.genomes.orfs import find_orfs


@dataclass(frozen=True)
class BackgroundSettings:
    """How many proteins of each kind.

    Attributes
    ----------
    cds, orfs, decoys : int
        Most annotated proteins, reading frames, and reversed or shuffled positives.
    min_aa : int
        Shortest protein, in residues.
    k, resembles : int, float
        A protein that shares at least this fraction of its k-mers with a positive is left out.
    seed : int
        Of the random draws.
    """

    cds: int = whole(2000, at_least=0)
    orfs: int = whole(2000, at_least=0)
    decoys: int = whole(1000, at_least=0)
    min_aa: int = whole(60)
    k: int = whole(5, at_most=LONGEST_K)
    resembles: float = number(0.1, at_least=0, at_most=1)
    seed: int = whole(0, at_least=0)

    def __post_init__(self) -> None:
        check_settings(self)


def background(
    genome: str | Path, positives: Sequence[str], label: Mapping[str, Any], settings: Mapping[str, Any]
) -> Records:
    """Proteins of no class from an annotated genome, and decoys of the positives.

    Parameters
    ----------
    genome : path
        Annotated (GenBank, EMBL), or FASTA for reading frames only.
    positives : sequence of str
        Proteins of the classes.
    label : mapping
        Field of every record, as ``{"drug_class": "none"}``.
    settings : mapping
        Fields of `BackgroundSettings`.

    Returns
    -------
    Records
        Rejections have the codes ``RESEMBLES_POSITIVE`` and, if they were not drawn, ``NOT_SAMPLED``.
        Annotated proteins that were not taken are by id in ``meta["homologues"]``: they are of no class, and
        a scan must know them, also those that resemble a positive only from afar.
    """
    chosen = build(BackgroundSettings, settings, "background")
    rng = np.random.default_rng(chosen.seed)
    index = KmerIndex.build(positives, chosen.k)
    read = read_genome(genome)
    require_features(len(read.cds), read.ignored, str(genome), "Repair the annotation.")
    left_out = rejections([f for f in read.ignored if f.used], read.rejected, Path(genome).name)
    proteins = _proteins(read, chosen)
    parts = [
        _drawn(of_kind, most, rng, index, chosen.resembles, f"{Path(genome).name}:{kind}", label)
        for kind, of_kind, most in zip(("cds", "orfs"), proteins, (chosen.cds, chosen.orfs), strict=True)
    ]
    taken = {*parts[0].ids}
    homologues = {name: protein for name, protein in proteins[0].items() if name not in taken}
    decoys = _decoys(positives, chosen.decoys, rng)
    items = [Record(i, f"decoy-{i}", {"sequence": p}, dict(label), "decoys") for i, p in enumerate(decoys, 1)]
    parts += [Records.collect(items, ["sequence"]), Records.collect(left_out, ["sequence"])]
    return Records.concat(parts, components=["sequence"], homologues=homologues)


def _proteins(read: Genome, settings: BackgroundSettings) -> tuple[dict[str, str], dict[str, str]]:
    """Annotated proteins, and proteins of reading frames that are no annotated gene, by id."""
    cds, taken = {}, set()
    for gene in read.cds:
        protein = translate(extract(read, gene)[gene.phase :]).rstrip("*")
        if gene.kind == "CDS" and len(protein) >= settings.min_aa and "*" not in protein:
            position = f"{gene.contig}:{gene.start}-{gene.end}"
            name = gene.locus_tag or position
            cds[name if name not in cds else f"{name} {position}"] = "M" + protein[1:]
        taken.add(stop_site(gene))
    orfs = {}
    for contig, sequence in read.contigs.items():
        for orf in find_orfs(sequence, settings.min_aa, contig=contig):
            if stop_site(orf) not in taken:
                orfs[f"{contig}:{orf.start}-{orf.end}({orf.strand})"] = orf.protein
    return cds, orfs


def _drawn(
    proteins: Mapping[str, str],
    most: int,
    rng: np.random.Generator,
    index: KmerIndex,
    resembles: float,
    source: str,
    label: Mapping[str, Any],
) -> Records:
    fractions = [_shared_fraction(protein, index) for protein in proteins.values()]
    unlike = np.flatnonzero(np.array(fractions) < resembles)
    drawn = set(rng.permutation(unlike)[:most].tolist())
    items: list[Record | Rejection] = []
    for i, (name, protein) in enumerate(proteins.items()):
        if i in drawn:
            items.append(Record(i + 1, name, {"sequence": protein}, dict(label), source))
            continue
        code, reason = "NOT_SAMPLED", f"only {most} of {len(unlike)} were drawn"
        if fractions[i] >= resembles:
            code = "RESEMBLES_POSITIVE"
            reason = f"shares {fractions[i]:.0%} of its {index.k}-mers with a gene of a class"
        items.append(Rejection(i + 1, name, protein, code, reason, "", "background", source))
    return Records.collect(items, ["sequence"])


def _shared_fraction(protein: str, index: KmerIndex) -> float:
    """Largest fraction of a protein's k-mers that it shares with one indexed sequence."""
    counts, size = index.shared(protein)
    return float(counts.max(initial=0) / size) if size else 0.0


def _decoys(positives: Sequence[str], number: int, rng: np.random.Generator) -> list[str]:
    """Positives, shuffled and reversed by turns; all different."""
    chosen = rng.permutation(len(positives))[:number]
    made = []
    for i, position in enumerate(chosen):
        protein = positives[position]
        made.append(protein[::-1] if i % 2 else "".join(rng.permutation(list(protein))))
    return list(dict.fromkeys(made))
