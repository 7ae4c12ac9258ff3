"""From DNA to protein: the gene of an entry as it is stored, or the genes that are found in it."""

from __future__ import annotations

from typing import Any, NamedTuple

from riboswitch.bio import codons
from riboswitch.bio.alphabet import Policy
from riboswitch.data.ids import PART_COLUMNS
from riboswitch.errors import Problem
from riboswitch.genomes.entry_genes import Gene, find_genes

FOUND_COLUMNS = "changes", "partial", *PART_COLUMNS
"""Fields that every record has whose gene was looked for."""


class Part(NamedTuple):
    """One record of an entry, most often the only one, and its problem if it has one."""

    id: str
    sequence: str
    fields: dict[str, Any]
    problem: Problem | None = None


def stored_protein(
    dna: str, fields: dict[str, Any], table: int, policy: Policy
) -> tuple[str, dict[str, Any], Problem | None]:
    """The protein of a gene that begins with the first base, or with a feature's ``codon_start``."""
    table = fields.get("transl_table") or table
    coding = dna[fields.get("codon_start", 1) - 1 :]
    begins = "5'" not in fields.get("partial", "") and codons.starts_with_start(coding, table)
    protein = _protein(coding, table, begins)
    fields = {**fields, "trailing_bases": len(coding) % 3}
    if policy.stops == "mask":
        fields["stops"] = protein.count("*")
        protein = protein.replace("*", "X")
    if "*" in protein:
        reason = f"stop at codon {protein.index('*') + 1} of {len(coding) // 3}"
        hint = "It is a pseudogene, a selenoprotein, a wrong frame or a wrong genetic code."
        return protein, fields, Problem("INTERNAL_STOP", reason, hint)
    return protein, fields, None if protein else Problem("TOO_SHORT", "no codon to translate")


def found_proteins(name: str, dna: str, fields: dict[str, Any], table: int) -> list[Part]:
    """The proteins of an entry, one for each of its genes; see `riboswitch.genomes.entry_genes`.

    Fields of the file that are named like those that are added become ``file_<name>``.
    """
    fields = {f"file_{key}" if key in FOUND_COLUMNS else key: value for key, value in fields.items()}
    found = find_genes(dna, name, table)
    if found.reason:
        hint = "A pseudogene, or a part or a mixture of genes: give each gene from its start to its stop."
        return [Part(name, dna, fields, Problem("NO_READING_FRAME", found.reason, hint))]
    parts, total = [], len(found.genes)
    for number, gene in enumerate(found.genes, 1):
        own = found.names[number - 1] if found.names else ""
        about = {
            "trailing_bases": len(dna) - gene.end if number == total else 0,
            "changes": _changes(gene, number, total),
            "partial": "5'" * (not gene.begins) + "3'" * (not gene.stops),
            **dict(zip(PART_COLUMNS, (name if total > 1 else "", own, number, total), strict=True)),
        }
        part = f"{name}:{own or number}" if total > 1 else name
        parts.append(Part(part, _protein(gene.cut(dna), table, gene.begins), {**fields, **about}))
    return parts


def _protein(coding: str, table: int, begins: bool) -> str:
    """The translation without the final stop; a start codon is M."""
    protein = codons.translate(coding, table)
    return (f"M{protein[1:]}" if begins else protein).removesuffix("*")


def _changes(gene: Gene, number: int, total: int) -> str:
    """How a gene is read, if not from the first base of the entry to the last."""
    frame = gene.frame if total == 1 else 1
    read = ["on the other strand"] * (gene.strand == "-") + [f"in frame {frame}"] * (frame > 1)
    texts = [f"read {', '.join(read)}"] * bool(read) + [f"gene {number} of {total}"] * (total > 1)
    return "; ".join(texts)
