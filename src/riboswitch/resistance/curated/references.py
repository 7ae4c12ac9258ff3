"""The reference proteins of the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from riboswitch.bio.fasta import fasta_entries
from riboswitch.errors import InputError
from riboswitch.resistance.curated.families import Families
from riboswitch.resistance.ontology.aro import Term, term_of

FIELDS = 10


@dataclass(frozen=True, slots=True)
class Known:
    """What another database knows of a protein: its gene there, accession, drugs, classes and literature."""

    gene: str
    accession: str
    drugs: tuple[str, ...]
    classes: tuple[str, ...]
    pmid: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference protein.

    Attributes
    ----------
    accession : str
    part, parts : int
        Which part of a fusion protein it is; 1 and 1 for all others.
    exact_node, node : str
        Families of an identical protein (an allele, where it has a name of its own) and of a similar one.
    mechanism : str
        ``hydrolase``, ``efflux``, ...; ``mutation`` for proteins that resist by a mutation only.
    reportable : int
        As of a family, for an identical protein.
    subclass, drug_class, description : str
    sequence : str
    known : tuple of Known
        What other databases know of the same protein.
    of_record : bool
        Whether the curated database does not have it.
    """

    accession: str
    part: int
    parts: int
    exact_node: str
    node: str
    mechanism: str
    reportable: int
    subclass: str
    drug_class: str
    description: str
    sequence: str
    known: tuple[Known, ...] = ()
    of_record: bool = False

    @property
    def nodes(self) -> tuple[str, ...]:
        """Families of a similar protein, one for each part of a fusion; vanC2/3 is one family."""
        return tuple(self.node.split("/")) if self.parts > 1 else (self.node,)

    @property
    def term(self) -> Term:
        """Its term in CARD's ontology, or that of the gene of ResFinder that it equals."""
        names = [(k.accession, k.gene) for k in self.known]
        found = (term_of(*name) for name in ([] if self.of_record else [(self.accession,)]) + names)
        return next((term for term in found if term.aro), Term())

    @property
    def is_mutation(self) -> bool:
        """Whether only mutations of the protein matter."""
        return self.mechanism == "mutation"

    @property
    def susceptible(self) -> bool:
        """Whether it is the protein of a susceptible strain, whose loss matters."""
        return self.mechanism == "susceptible"

    @property
    def matters_by_presence(self) -> bool:
        """Whether a genome that has the protein resists, and not only one in which it is changed."""
        return not (self.is_mutation or self.susceptible)


def read_references(path: Path, families: Families) -> list[Reference]:
    """Read AMRProt.fa or AMRProt-susceptible.fa.

    Raises
    ------
    InputError
        If a title does not have its ten fields, or names an unknown family.
    """
    with path.open(encoding="ascii") as file:
        found = [_reference(title, sequence, path) for title, sequence in fasta_entries(file)]
    for reference in found:
        if reference.matters_by_presence and reference.node not in families.by_name:
            raise InputError("a reference of an unknown family", where=str(path), found=reference.node)
    return _joined(found)


def _reference(title: str, sequence: str, path: Path) -> Reference:
    fields = title.split("|")
    if len(fields) != FIELDS or not (fields[1].isdigit() and fields[2].isdigit()):
        raise InputError("a title without the fields of the database", where=str(path), found=title)
    accession, part, parts, exact, node, mechanism, reportable, subclass, drug_class, description = fields
    return Reference(
        accession, int(part), int(parts), exact, node, mechanism, int(reportable), subclass, drug_class,
        description.replace("_", " "), sequence.upper().rstrip("*"),
    )  # fmt: skip


def _joined(references: list[Reference]) -> list[Reference]:
    """Each fusion protein once: its parts have the same sequence, and their names are joined."""
    parts: dict[str, list[Reference]] = {}
    for reference in references:
        parts.setdefault(reference.accession if reference.parts > 1 else "", []).append(reference)
    single = parts.pop("", [])
    return single + [_fusion(sorted(group, key=lambda r: r.part)) for group in parts.values()]


def _fusion(group: list[Reference]) -> Reference:
    exact_node, node = (
        "/".join(names) for names in zip(*((r.exact_node, r.node) for r in group), strict=True)
    )
    drug_class, subclass = (
        "/".join(dict.fromkeys(w for word in words for w in word.split("/")))
        for words in zip(*((r.drug_class, r.subclass) for r in group), strict=True)
    )
    return replace(group[0], exact_node=exact_node, node=node, drug_class=drug_class, subclass=subclass)
