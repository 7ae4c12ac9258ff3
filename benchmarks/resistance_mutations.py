"""Every known mutation of six taxa, planted into its gene, with changes beside it that mean nothing.

The genes are the references of the database, in codons drawn anew each time: so every contig is full of
silent changes. Beside each mutation two controls are planted: a change of the next residue or base, and a
change of the same one to another letter than the known ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from resistance_planted import Planter, genome_of

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.resistance.curated.protein_mutations import FRAMESHIFT, Mutation

if TYPE_CHECKING:
    from resistance import Bench

TAXA = ("Escherichia", "Klebsiella_pneumoniae", "Salmonella", "Staphylococcus_aureus", "Enterococcus_faecium",
        "Neisseria_gonorrhoeae")  # fmt: skip
RESIDUES, BASES = "ACDEFGHIKLMNPQRSTVWY", "ACGT"
TOGETHER = 200  # contigs of one scan
AROUND = 15  # letters that make the place of a change plain
WILD_TYPES = 3  # of each reference, in other codons


@dataclass(frozen=True)
class Variant:
    """A contig with a gene, and the mutations that must and may be seen in it."""

    name: str
    dna: str
    must: frozenset[str]
    may: frozenset[str]


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    taxa = {taxon: _of_taxon(bench, taxon) for taxon in TAXA}
    planted = sum(t["planted"] for t in taxa.values())
    figures = {
        "mutation_recall": round(sum(t["seen"] for t in taxa.values()) / planted, 5),
        "mutation_false_calls": sum(len(t["false"]) for t in taxa.values()),
    }
    return figures, {"taxa": taxa, "planted": planted, "controls": sum(t["controls"] for t in taxa.values())}


def _of_taxon(bench: Bench, taxon: str) -> dict[str, Any]:
    planter, skipped = Planter(taxon), []
    variants = [*_proteins(bench, taxon, planter, skipped), *_dna(bench, taxon, planter, skipped)]
    missed, false = [], []
    waiting = iter(variants)
    while group := list(islice(waiting, TOGETHER)):
        seen = _seen(bench, taxon, group)
        for variant in group:
            found = seen.get(variant.name, set())
            missed += [f"{variant.name}: {symbol}" for symbol in sorted(variant.must - found)]
            false += [f"{variant.name}: {symbol}" for symbol in sorted(found - variant.must - variant.may)]
    planted = sum(len(v.must) for v in variants)
    return {
        "planted": planted, "seen": planted - len(missed), "controls": sum(not v.must for v in variants),
        "missed": missed, "false": false, "skipped": skipped,
    }  # fmt: skip


def _seen(bench: Bench, taxon: str, group: Sequence[Variant]) -> dict[str, set[str]]:
    """Symbols of the mutations that are called, by contig."""
    table = bench.scanner.scan(genome_of({v.name: v.dna for v in group}), taxon).table
    table = table[table["kind"] == "mutation"]
    return {str(c): set(symbols) for c, symbols in table.groupby("contig")["nearest_gene"]}


def _proteins(bench: Bench, taxon: str, planter: Planter, skipped: list[str]) -> Iterator[Variant]:
    sequences = {r.accession: r.sequence for r in bench.database.references}
    for accession, mutations in sorted(bench.database.mutations(taxon).items()):
        reference = sequences[accession]

        def placed(protein: str) -> str:
            return planter.between(planter.coding(protein))

        yield from _variants(accession, reference, mutations, RESIDUES, placed, planter, skipped)


def _dna(bench: Bench, taxon: str, planter: Planter, skipped: list[str]) -> Iterator[Variant]:
    finder = bench.database.dna(taxon)
    if finder is None:
        return
    windows = [_window(m, finder.references[t]) for t, group in finder.mutations.items() for m in group]
    for title, mutations in sorted(finder.mutations.items()):
        reference = finder.references[title]
        for variant in _variants(title, reference, mutations, BASES, planter.between, planter, skipped):
            both = f"{variant.dna} {reverse_complement(variant.dna)}"
            shown = {symbol for symbol, window in windows if window in both}
            yield replace(variant, may=variant.may | shown) if variant.must else variant


def _window(mutation: Mutation, reference: str) -> tuple[str, str]:
    """A mutation with what is around it: references overlap, so that one change may have two names."""
    after = {"del": ""}.get(mutation.alt, mutation.alt)
    first, last = max(mutation.at - AROUND, 0), mutation.at + len(mutation.ref)
    return mutation.symbol, reference[first : mutation.at] + after + reference[last : last + AROUND]


def _variants(
    name: str,
    reference: str,
    mutations: Sequence[Mutation],
    letters: str,
    placed: Any,
    planter: Planter,
    skipped: list[str],
) -> Iterator[Variant]:
    """Wild types, each mutation, and its controls."""
    own = name.replace("@", "_").replace(":", "_")
    for number in range(WILD_TYPES):
        yield Variant(f"{own}_wild_type_{number}", placed(reference), frozenset(), frozenset())
    changed = {m.symbol: text for m in mutations if (text := _changed(m, reference, planter)) is not None}
    skipped += [
        f"{m.symbol}: the reference has other letters there" for m in mutations if m.symbol not in changed
    ]
    for number, mutation in enumerate(m for m in mutations if m.symbol in changed):
        text = changed[mutation.symbol]
        also = frozenset(m.symbol for m in mutations if m is not mutation and _shows(m, text, changed))
        equal = frozenset(s for s in also if changed[s] == text)
        yield Variant(
            f"{own}_{number}", _shifted(mutation, placed, text), frozenset({mutation.symbol}), also | equal
        )
        for kind, at in (("next", mutation.at + len(mutation.ref)), ("other", mutation.at)):
            control = _control(reference, at, mutations, letters, planter)
            if control is not None:
                yield Variant(f"{own}_{number}_{kind}", placed(control), frozenset(), frozenset())


def _changed(mutation: Mutation, reference: str, planter: Planter) -> str | None:
    """The reference with the mutation; None if it does not have the letters that change."""
    at, ref = mutation.at, mutation.ref
    if reference[at : at + len(ref)] != ref:
        return None
    shift = FRAMESHIFT.match(mutation.alt)
    if shift:
        tail = "".join(planter.random.choices("ADEGKNQST", k=int(shift["length"]) - 1))
        return f"{reference[:at]}{shift['first']}{tail}*>{reference[at + len(ref) :]}"
    after = {"del": "", "Ter": "*"}.get(mutation.alt, mutation.alt)
    text = reference[:at] + after + reference[at + len(ref) :]
    return None if text == reference else text


def _shifted(mutation: Mutation, placed: Any, text: str) -> str:
    """The planted gene; after a shift of the frame (``>``) one base more."""
    if ">" not in text:
        return str(placed(text))
    before, after = text.split(">")
    planter = Planter(mutation.symbol)
    return planter.between(f"{planter.coding(before, '')}A{planter.coding(after)}")


def _shows(mutation: Mutation, text: str, changed: Mapping[str, str]) -> bool:
    """Whether a gene with one mutation also has another: an equal one, or a part of it."""
    if mutation.symbol not in changed:
        return False
    same = changed[mutation.symbol] == text
    simple = len(mutation.alt) == len(mutation.ref) and mutation.alt.isalpha()
    return same or (simple and text[mutation.at : mutation.at + len(mutation.ref)] == mutation.alt)


def _control(
    reference: str, at: int, mutations: Sequence[Mutation], letters: str, planter: Planter
) -> str | None:
    """The reference with a letter that is none of the known changes."""
    if not 0 < at < len(reference):
        return None
    known = {m.alt[at - m.at] for m in mutations if m.at <= at < m.at + min(len(m.ref), len(m.alt))}
    free = [x for x in letters if x not in known and x != reference[at]]
    return reference[:at] + planter.random.choice(free) + reference[at + 1 :] if free else None
