"""Which drugs a gene or mutation defeats, from the database's words for it: the rules of `gene_effects.tsv`.

A row of that table says what a word of the subclass (``term``) means for some genes (``gene``; empty: all
others). The first list of genes that fits decides, with all of its rows. A row with the term ``*`` goes
before all others, one with ``+`` is added to them. A word without a row that is the name of a drug defeats
that drug; the name of a combination defeats only the combination.

| column    | meaning                                                                                  |
|-----------|------------------------------------------------------------------------------------------|
| `gene`    | patterns as ``erm(*``; ``@AmpC`` stands for the genes of that group in `gene_groups.tsv` |
| `kind`    | ``gene``, ``mutation`` (losses too) or ``*``                                             |
| `effect`  | ``defeats``; ``reduces`` (shown, but the drug may still work); ``spares``; ``nothing``   |
| `drugs`   | drugs and groups; ``-`` before one leaves it out; ``=``: what the words mean otherwise   |
| `despite` | inhibitors of beta-lactamases that do not save the drug, or ``all``                      |
| `source`  | where that is written                                                                    |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from riboswitch.errors import InputError
from riboswitch.resistance.drugs.effects import ALL, DEFEATS, EFFECTS, REDUCES, Effect, GeneEffects
from riboswitch.resistance.drugs.names import TABLES, DrugBook, rows, split

RULE_COLUMNS = ["term", "gene", "kind", "effect", "drugs", "despite", "source"]
GENE_COLUMNS = ["group", "gene", "source"]
GENE, MUTATION = "gene", "mutation"
KINDS = (GENE, MUTATION, "*")
ANY, ADDED, SAME = "*", "+", "="
NOTHING = "nothing"

_ALLELE = re.compile(r"-\d+[A-Za-z]?$")


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table."""

    term: str
    genes: tuple[str, ...]
    kind: str
    effect: str
    drugs: tuple[str, ...]
    despite: frozenset[str]


@dataclass(frozen=True)
class GeneRules:
    """All rules.

    Attributes
    ----------
    book : DrugBook
    rules : dict of str to list of Rule
        By term, in the order of the table.
    members : dict of str to frozenset of str
        Families of each group of genes.
    """

    book: DrugBook
    rules: dict[str, list[Rule]]
    members: dict[str, frozenset[str]]
    _known: dict[tuple[tuple[str, ...], frozenset[str], str], GeneEffects] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def load(cls, folder: str | Path = TABLES) -> GeneRules:
        """Read `gene_effects.tsv`, `gene_groups.tsv` and the tables of drugs of a folder.

        Raises
        ------
        InputError
            If a table is missing, or a row names an unknown drug, group, kind or effect.
        """
        members: dict[str, set[str]] = {}
        for _, row in rows(Path(folder) / "gene_groups.tsv", GENE_COLUMNS):
            members.setdefault(row["group"], set()).add(row["gene"])
        made = cls(DrugBook.load(folder), {}, {k: frozenset(v) for k, v in members.items()})
        for where, row in rows(Path(folder) / "gene_effects.tsv", RULE_COLUMNS):
            made._check(where, row)
            made.rules.setdefault(row["term"], []).append(_rule(row))
        return made

    def _check(self, where: str, row: dict[str, str]) -> None:
        drugs = {name.removeprefix("-") for name in split(row["drugs"], ";")}
        unknown = drugs - self.book.groups.keys() - self.book.drugs.keys() - {SAME}
        groups = {gene[1:] for gene in row["gene"].split() if gene.startswith("@")}
        for found, hint in (
            (unknown, "It is in neither drugs.tsv nor drug_groups.tsv."),
            (groups - self.members.keys(), "There is no such group in gene_groups.tsv."),
            ({row["kind"]} - {*KINDS}, f"One of {KINDS}."),
            ({row["effect"]} - {*EFFECTS, NOTHING}, f"One of {(*EFFECTS, NOTHING)}."),
        ):
            if found:
                raise InputError("a rule that cannot be read", where=where, found=sorted(found), hint=hint)

    def effects(self, terms: Sequence[str], genes: Sequence[str], kind: str = GENE) -> GeneEffects:
        """What a gene or mutation does.

        Parameters
        ----------
        terms : sequence of str
            Words of the subclass; where there is none, those of the class.
        genes : sequence of str
            Its symbol and its family, any of which may fit a rule.
        kind : str
            ``gene``, ``mutation`` or ``loss``.
        """
        words = tuple(term.replace("_", " ").strip() for term in terms if term.strip())
        names = frozenset(name for gene in genes for name in spellings(gene))
        key = words, names, GENE if kind == GENE else MUTATION
        if key not in self._known:
            found = self._effects(*key)
            silent = not found and self._says_nothing(*key)
            self._known[key] = GeneEffects.of(found, self._unhindered(words), self.book, silent)
        return self._known[key]

    def _says_nothing(self, terms: Sequence[str], names: frozenset[str], kind: str) -> bool:
        fired = (rule for term in (ANY, *terms) for rule in self._first(term, names, kind))
        return any(rule.effect == NOTHING for rule in fired)

    def _effects(self, terms: Sequence[str], names: frozenset[str], kind: str) -> list[Effect]:
        usual = [e for term in terms for e in self._of_term(term, names, kind)]
        if whole := self._first(ANY, names, kind):
            graded = [replace(e, effect=REDUCES) if e.effect == DEFEATS else e for e in usual]
            return [e for r in whole for e in (graded if r.drugs == (SAME,) else self._effect(r))]
        more = [r for r in self.rules.get(ADDED, []) if self._fits(r, names, kind)]
        return usual + [e for r in more for e in self._effect(r)]

    def knows(self, term: str) -> bool:
        """Whether a word of the database has a rule, or is the name of a drug or an inhibitor."""
        term = term.replace("_", " ").strip()
        return term in self.rules or self.book.read(term) is not None

    def _of_term(self, term: str, names: frozenset[str], kind: str) -> Iterator[Effect]:
        if rules := self._first(term, names, kind):
            for rule in rules:
                yield from self._effect(rule)
        elif (named := self.book.read(term)) is not None and (named.drugs or len(named.inhibitors) > 1):
            single = len(named.drugs) == 1 and not named.inhibitors
            drugs = frozenset({named.drugs[0].name}) if single else frozenset()
            yield Effect(DEFEATS, drugs, despite=frozenset({ALL}), combination=None if single else named.key)

    def _unhindered(self, terms: Sequence[str]) -> frozenset[str]:
        """Inhibitors that the gene's words name alone: they save no drug."""
        read = [self.book.read(term) for term in terms if term not in self.rules]
        alone = [n.inhibitors for n in read if n and not n.drugs]
        return frozenset(name for inhibitors in alone if len(inhibitors) == 1 for name in inhibitors)

    def _first(self, term: str, names: frozenset[str], kind: str) -> list[Rule]:
        """The rules of the first list of genes that fits; those for all genes come last."""
        fit = [rule for rule in self.rules.get(term, []) if self._fits(rule, names, kind)]
        fit.sort(key=lambda rule: not rule.genes)
        return [rule for rule in fit if rule.genes == fit[0].genes]

    def _fits(self, rule: Rule, names: frozenset[str], kind: str) -> bool:
        if rule.kind not in (ANY, kind):
            return False
        return not rule.genes or any(self._is(name, pattern) for pattern in rule.genes for name in names)

    def _is(self, name: str, pattern: str) -> bool:
        if pattern.startswith("@"):
            return name in self.members[pattern[1:]]
        return fnmatchcase(name, pattern)

    def _effect(self, rule: Rule) -> Iterator[Effect]:
        if rule.effect != NOTHING:
            left_out = frozenset(d[1:] for d in rule.drugs if d.startswith("-"))
            drugs = frozenset(d for d in rule.drugs if not d.startswith("-"))
            yield Effect(rule.effect, drugs, left_out, rule.despite)


def spellings(gene: str) -> set[str]:
    """A gene's symbol, its parts if it is a fusion, its family, and the symbol without a mutation."""
    parts = {gene, *re.split(r"/(?![^()]*\))", gene)} - {""}
    families = {_ALLELE.sub("", part) for part in parts if part.startswith("bla")}
    return parts | families | {part.split("_")[0] for part in parts if re.search(r"_[A-Z-][\w-]*\d", part)}


def _rule(row: dict[str, str]) -> Rule:
    despite = frozenset(split(row["despite"], ";"))
    return Rule(row["term"], tuple(row["gene"].split()), row["kind"], row["effect"],
                tuple(split(row["drugs"], ";")), despite)  # fmt: skip


@cache
def shipped_rules() -> GeneRules:
    """The rules that are shipped."""
    return GeneRules.load()
