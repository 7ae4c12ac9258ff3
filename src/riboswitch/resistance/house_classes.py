"""Drug classes of the reference database in the words of this project, which are ResFinder's."""

from __future__ import annotations

from functools import cache

from riboswitch.resistance.drugs.rules import shipped_rules


def house_classes(classes: str) -> str:
    """The classes of a gene, ``LINCOSAMIDE/OXAZOLIDINONE``, in our words: ``macrolide/oxazolidinone``.

    A class that we have no word for stays, in lower case. Classes of records are our own already.
    """
    words = [word.replace("_", " ") for word in classes.split("/") if word]
    return "/".join(
        dict.fromkeys(house for word in words for house in known_classes().get(word, [word.lower()]))
    )


@cache
def known_classes() -> dict[str, list[str]]:
    """Our words for each class of the database, from `drugs/drug_groups.tsv`."""
    found: dict[str, list[str]] = {}
    for group in shipped_rules().book.groups.values():
        for word in group.database_classes:
            found.setdefault(word, []).append(group.drug_class)
    return found
