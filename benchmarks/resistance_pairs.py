"""Which gene defeats which drug: a table from the database and the literature, tried from the DNA on.

The table is tests/resistance/gene_drug_pairs.tsv; each line has its source. The tests ask the rules; here
each gene is planted, scanned and joined with the drug.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from common import HERE
from resistance_peers import rows
from resistance_planted import Planter, genome_of

from riboswitch.resistance.curated.references import Reference
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.resistance.drugs.effects import DEFEATS
from riboswitch.resistance.drugs.genes import DefeatingGene, compound, defeating_genes, verdict
from riboswitch.resistance.drugs.rules import shipped_rules

if TYPE_CHECKING:
    from resistance import Bench

PAIRS = HERE / "../tests/resistance/gene_drug_pairs.tsv"
CLASSES = HERE / "../config/drug_classes.tsv"


def measure(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    rules, knowledge = shipped_rules(), DrugClasses.load(CLASSES)

    @cache
    def called(symbol: str) -> tuple[DefeatingGene, ...]:
        return tuple(defeating_genes(_scanned(bench, symbol), rules))

    pairs, wrong = list(rows(PAIRS)), []
    for pair in pairs:
        known = knowledge.drug_class(pair["drug"])
        words = (known.drug_class, known.phenotype_class) if known else ("", "")
        named = compound(pair["drug"], *words, rules.book)
        found = called(pair["gene"])
        effect = verdict(named, found).effect if named is not None else "an unknown drug"
        if (effect == DEFEATS) != (pair["defeated"] == "yes"):
            wrong.append(pair | {"effect": effect, "called": [gene.symbol for gene in found]})
    share = 1 - len(wrong) / len(pairs)
    return {"gene_drug_pairs_right": round(share, 4)}, {
        "pairs": len(pairs), "genes": len({p["gene"] for p in pairs}), "wrong": wrong,
    }  # fmt: skip


def _scanned(bench: Bench, symbol: str) -> Any:
    """The calls of a genome that has the gene, or the gene with the mutation."""
    planter, taxon = Planter(symbol), None
    protein = _protein(bench, symbol)
    if protein is None:
        taxon, protein = _mutated(bench, symbol)
    genome = genome_of({"c": planter.between(planter.coding(protein))})
    return bench.scanner.scan(genome, taxon).confident


def _protein(bench: Bench, symbol: str) -> str | None:
    """The first protein of that name, or of the family of that name."""

    def names(reference: Reference) -> set[str]:
        line = bench.database.families.line(reference.nodes[0])
        return {reference.exact_node, *(family.symbol for family in line)}

    found = [r for r in bench.database.references if r.matters_by_presence and symbol in names(r)]
    exact = [r for r in found if r.exact_node == symbol]
    return min(exact or found, key=lambda r: r.exact_node).sequence if found else None


def _mutated(bench: Bench, symbol: str) -> tuple[str, str]:
    """A taxon that has the mutation, and the protein with it."""
    sequences = {r.accession: r.sequence for r in bench.database.references}
    for taxon in bench.database.taxa:
        for accession, mutations in bench.database.mutations(taxon).items():
            for mutation in mutations:
                if mutation.symbol == symbol:
                    text, end = sequences[accession], mutation.at + len(mutation.ref)
                    return taxon, text[: mutation.at] + mutation.alt + text[end:]
    raise SystemExit(f"{PAIRS.name}: the database has neither gene nor mutation {symbol}")
