"""Genomes: genes called in each, with maps, candidates and what was examined; then genes and tracks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riboswitch.data.calls import Calls
from riboswitch.reporting.findings import Findings
from riboswitch.reporting.genome.annotated import genes_and_tracks
from riboswitch.reporting.genome.circular import Mark, circular_map
from riboswitch.reporting.genome.linear import genome_map
from riboswitch.reporting.genome.residues import residue_map, strongest
from riboswitch.reporting.hits.maps import Explained
from riboswitch.reporting.phrases import count, listed
from riboswitch.reporting.sections import Section

MOST_RINGS = 6


def contents(findings: Findings) -> dict[str, Any] | None:
    """The genomes, those of the ranking first; None if none was scanned or annotated."""
    if not findings.calls and not findings.annotated:
        return None
    return {
        "annotated": [genes_and_tracks(*named) for named in findings.annotated.items()],
        "genomes": [
            _genome(name, calls)
            | {
                "role": _role(name, findings),
                "explained": _explained(calls, findings.call_maps.get(name, {})),
            }
            for name, calls in findings.calls.items()
        ],
    }


SECTION = Section("Genomes", 50, contents)


def _role(name: str, findings: Findings) -> str:
    """What a genome was for; empty without a ranking."""
    if (ranking := findings.ranking) is None:
        return ""
    if name == ranking.genome:
        return "the genome that the compounds were ranked for"
    return "an isolate of the panel" if name in ranking.isolates else "also scanned, not used in the ranking"


def _genome(name: str, calls: Calls) -> dict[str, Any]:
    return {
        "name": name,
        "meta": calls.meta,
        "map": genome_map(calls),
        "rings": [
            circular_map(contig, calls.meta["contigs"][contig], _marks(calls, contig))
            for contig in _circular(calls)
        ],
        "calls": calls.confident.to_dict("records"),
        "candidates": calls.candidates.to_dict("records"),
        "examined": [*_examined(calls.meta["counts"]), *_models(calls.meta), *_mutations(calls.meta)],
    }


def _circular(calls: Calls) -> list[str]:
    """The circular contigs with a call, longest first."""
    marked, lengths = {*calls.confident["contig"]}, calls.meta["contigs"]
    found = [name for name in calls.meta.get("circular", ()) if name in marked]
    return sorted(found, key=lambda name: (-lengths[name], name))[:MOST_RINGS]


def _marks(calls: Calls, contig: str) -> list[Mark]:
    """Calls and candidates on a contig; candidates have no label."""
    rows = calls.table[calls.table["contig"] == contig].sort_values("start").to_dict("records")
    return [_mark(row) for row in rows]


def _mark(row: Mapping[str, Any]) -> Mark:
    called = row["status"] == "call"
    kind = "mutation" if called and row["kind"] in ("mutation", "loss") else row["status"]
    title = f"{row['status']}: {row['orf_id']}, {row['nearest_gene'] or row['drug_class']}, {row['why']}"
    return Mark(row["start"], row["end"], row["strand"], kind, row["nearest_gene"] if called else "", title)


def _explained(calls: Calls, maps: Mapping[str, Explained]) -> list[dict[str, Any]]:
    """What the networks' answer for each called gene rests on: a drawing, or why there is none."""
    genes = calls.confident[calls.confident["kind"] == "gene"].to_dict("records")
    return [_residues(gene, maps[gene["orf_id"]]) for gene in genes if gene["orf_id"] in maps]


def _residues(gene: Mapping[str, Any], found: Explained) -> dict[str, Any]:
    name = gene["nearest_gene"]
    shown = {"gene": name, "drug_class": gene["drug_class"], "place": gene["orf_id"], "reason": found.reason}
    if not found.scores:
        return shown | {"drawing": None, "reason": found.reason or "all its scores are zero"}
    most = listed(strongest(found.input, found.scores)) or "none"
    return shown | {
        "drawing": residue_map(found.scores, name),
        "says": f"The networks give {found.of} a probability of {found.prediction:.2f}. {found.agreement} "
        f"What raises it most: {most}.",
    }


def _examined(counts: dict[str, Any]) -> list[str]:
    """What was examined in a genome, in sentences."""
    if "orfs" not in counts:
        alone = "Only known genes and mutations were looked for: no reference was of the class none."
        return [*_proteins(counts), *_bases(counts), alone]
    return [
        *_proteins(counts),
        *_bases(counts),
        f"{counts['with_homology']:,} reading frames resemble a known gene; "
        f"of {counts['decoys']:,} decoys (frames reversed) {counts['decoys_with_homology']:,} do.",
        *_homologues(counts.get("homologues", 0)),
        *_network_alone(counts["network_alone_above"], counts["decoys_network_alone_above"]),
    ]


def _homologues(number: int) -> list[str]:
    """Frames that are left out since they are about as near to a protein that is no resistance gene."""
    if not number:
        return []
    return [
        f"{count(number, 'frame')} about as near to a housekeeping protein as to a known gene: no candidates."
    ]


def _bases(counts: dict[str, Any]) -> list[str]:
    """The DNA that was examined; empty if there was none."""
    if not counts["bases"]:
        return []
    frames = f"{counts['orfs']:,} open reading frames, " if "orfs" in counts else ""
    return [
        f"{counts['bases']:,} bases on {count(counts['contigs'], 'contig')}; "
        f"{frames}{counts['annotated_cds']:,} annotated coding sequences."
    ]


def _proteins(counts: dict[str, Any]) -> list[str]:
    """The proteins that were examined; empty if there were none."""
    if "proteins" not in counts:
        return []
    return [f"{count(counts['proteins'], 'protein')}, {counts['proteins_without_place']:,} without a place."]


def _models(meta: dict[str, Any]) -> list[str]:
    """Why families were not looked for by their hidden Markov models, if so."""
    reason = meta.get("no_hmms")
    return [f"Hidden Markov models of families were not used: {reason}."] if reason else []


def _mutations(meta: dict[str, Any]) -> list[str]:
    """Where mutations were looked for."""
    loci, species = meta.get("loci"), meta.get("species") or {}
    if not meta.get("database"):
        return ["Mutations were not looked for: there was no curated database."]
    said = [species.get(key, "").replace("_", " ") for key in ("says", "contradiction")]
    shown = [f"{text[0].upper()}{text[1:]}." for text in said if text]
    if not meta.get("taxon") or loci is None:
        return [*shown, "Mutations were not looked for: the genome has no clear taxon, and none was given."]
    none, missing, unseen = loci["none"], loci["not_found"], loci.get("not_looked_at")
    return [
        *shown,
        f"As {meta['taxon'].replace('_', ' ')}: mutations seen in {listed(loci['mutation']) or 'no gene'}; "
        f"none seen in {count(len(none), 'gene')} that the genome has; "
        f"not found, and so not looked at: {listed(missing) or 'none'}.",
        f"Proteins whose loss matters: broken {listed(loci['lost']) or 'none'}; "
        f"whole {listed(loci['intact']) or 'none'}.",
        *([f"Not looked at, for only DNA shows them: {listed(unseen)}."] if unseen else []),
    ]


def _network_alone(frames: dict[str, int], decoys: dict[str, int]) -> list[str]:
    """What the network would have called. Empty if it saw only frames with homology."""
    if not frames:
        return []
    above = [
        f"{count(frames[p], 'frame')} at a probability of {p} or more ({decoys[p]:,} of the decoys)"
        for p in frames
    ]
    return [f"The network alone would have called {listed(above)}. Therefore it decides nothing."]
