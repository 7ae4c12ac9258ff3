"""Genes that cannot work: each is found, says what is wrong with it, and is no call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from resistance_planted import STOPS, Planter, genome_of

if TYPE_CHECKING:
    from resistance import Bench

GENES = (
    "blaKPC-2",
    "blaCTX-M-15",
    "blaNDM-1",
    "mecA",
    "tet(M)",
    "erm(B)",
    "vanA",
    "armA",
    "catA1",
    "dfrA12",
)
ELEMENT = 1300  # bases of an insertion sequence
Contigs = dict[str, str]


def _stop(share: float) -> Callable[[str, Planter], Contigs]:
    def broken(dna: str, planter: Planter) -> Contigs:
        at = 3 * int(share * len(dna) / 3)
        return {"c": planter.between(f"{dna[:at]}TAA{dna[at + 3 :]}")}

    return broken


def _longer_frame(dna: str, planter: Planter) -> Contigs:
    at = len(dna) // 2
    return {"c": planter.between(f"{dna[:at]}A{dna[at:]}")}


def _shorter_frame(dna: str, planter: Planter) -> Contigs:
    at = len(dna) // 2
    return {"c": planter.between(dna[:at] + dna[at + 1 :])}


def _without(share: float) -> Callable[[str, Planter], Contigs]:
    def broken(dna: str, planter: Planter) -> Contigs:
        at, length = len(dna) // 9 * 3, 3 * int(share * len(dna) / 3)
        return {"c": planter.between(dna[:at] + dna[at + length :])}

    return broken


def _with_element(dna: str, planter: Planter) -> Contigs:
    at = len(dna) // 2
    return {"c": planter.between(dna[:at] + planter.spacer(ELEMENT) + dna[at:])}


def _doubled(dna: str, planter: Planter) -> Contigs:
    at, length = len(dna) // 9 * 3, len(dna) // 15 * 3
    return {"c": planter.between(dna[: at + length] + dna[at:])}


def _at_start(dna: str, planter: Planter) -> Contigs:
    return {"c": dna[len(dna) * 2 // 5 :] + STOPS + planter.spacer(800)}


def _at_end(dna: str, planter: Planter) -> Contigs:
    return {"c": planter.spacer(800) + dna[: len(dna) * 3 // 5]}


def _split(dna: str, planter: Planter) -> Contigs:
    at = len(dna) // 2
    return {"a": planter.spacer(800) + dna[:at], "b": dna[at:] + STOPS + planter.spacer(800)}


def _over_origin(dna: str, planter: Planter) -> Contigs:
    at = len(dna) // 2
    return {"o": dna[at:] + STOPS + planter.spacer(3000) + dna[:at]}


def _without_start(dna: str, planter: Planter) -> Contigs:
    return {"c": planter.between(f"ACG{dna[3:]}")}


WHOLE = "OVER_ORIGIN"
KINDS: dict[str, tuple[Callable[[str, Planter], Contigs], frozenset[str]]] = {  # and the flags that are right
    "stop after a tenth": (_stop(0.1), frozenset({"INTERNAL_STOP"})),
    "stop after half": (_stop(0.5), frozenset({"INTERNAL_STOP"})),
    "stop after nine tenths": (_stop(0.9), frozenset({"INTERNAL_STOP"})),
    "a base more": (_longer_frame, frozenset({"FRAMESHIFT"})),
    "a base less": (_shorter_frame, frozenset({"FRAMESHIFT"})),
    "a tenth missing, in frame": (_without(0.1), frozenset({"DELETION"})),
    "two fifths missing, in frame": (_without(0.4), frozenset({"DELETION", "PARTIAL"})),
    "insertion sequence": (_with_element, frozenset({"INSERTION"})),
    "a fifth doubled, in frame": (_doubled, frozenset({"INSERTION"})),
    "cut by the start of a contig": (_at_start, frozenset({"PARTIAL_CONTIG_END"})),
    "cut by the end of a contig": (_at_end, frozenset({"PARTIAL_CONTIG_END"})),
    "on two contigs": (_split, frozenset({"SPLIT"})),
    "start lost": (_without_start, frozenset({"START_LOST"})),
    "over the origin": (_over_origin, frozenset({WHOLE})),
}


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    proteins = {r.exact_node: r.sequence for r in reversed(bench.database.references)}
    kinds, wrong = {}, []
    for kind, (broken, flags) in KINDS.items():
        right = 0
        for gene in GENES:
            planter = Planter(f"{kind} {gene}")
            contigs = broken(planter.coding(proteins[gene]), planter)
            verdict = _verdict(bench, contigs, flags)
            right += verdict == "right"
            wrong += [] if verdict == "right" else [{"kind": kind, "gene": gene, "verdict": verdict}]
        kinds[kind] = right
    share = sum(kinds.values()) / (len(KINDS) * len(GENES))
    return {"broken_genes_flagged": round(share, 4)}, {"genes": len(GENES), "right": kinds, "wrong": wrong}


def _verdict(bench: Bench, contigs: Contigs, flags: frozenset[str]) -> str:
    circular = {"o"} & contigs.keys()
    table = bench.scanner.scan(genome_of(contigs, frozenset(circular))).table
    if table.empty:
        return "silent"
    found = {flag for text in table["flags"] for flag in text.split(",") if flag}
    if (table["status"] == "call").any() != (WHOLE in flags):
        return "called as whole" if WHOLE not in flags else f"not called: {sorted(found)}"
    if len(set(table["contig"])) < len(contigs):
        return "one half is silent"
    return "right" if found & flags else f"another flag: {sorted(found)}"
