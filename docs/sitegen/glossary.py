"""The glossary of the site, and the links to it where a page uses a term first."""

from __future__ import annotations

import re
from collections import Counter

ROW = re.compile(r"^\| \*\*(.+?)\*\* \| (.+?) \|$", re.MULTILINE)
# Terms that are everyday words, too, or mean something else elsewhere: a link at each would mislead.
EVERYDAY = {
    "activity", "background", "call", "check", "checkpoint", "class", "component", "conflict", "feature",
    "fold", "form", "frame", "gap", "group", "head", "hit", "interval", "job", "label", "left out", "margin",
    "pool", "profile", "promise", "record", "reduced", "relatives", "repeat", "score", "segment", "set",
    "space", "split", "target", "task", "track", "unit", "verb",
}  # fmt: skip
# What no link belongs into: code, headings, tables, links, pictures, comments.
KEPT = re.compile(r"^```.*?^```$|`[^`\n]+`|^#.*?$|^\|.*?$|!?\[[^\]]*\]\([^)]*\)|<!--.*?-->", re.M | re.S)


def terms(glossary: str) -> dict[str, str]:
    """Each term of docs/glossary.md with its meaning."""
    return dict(ROW.findall(glossary))


def names(term: str) -> list[str]:
    """How a term is written in a text: without what stands in brackets, or as that alone if it is short."""
    name, _, rest = term.partition(" (")
    short = rest.rstrip(")")
    return [name, *([short] if short.isupper() else [])]


def as_list(glossary: str) -> str:
    """The page with Sphinx's list of terms in place of the table."""
    rows = ROW.findall(glossary)
    entries = "\n".join(f"{_title(term)}\n  {meaning}\n" for term, meaning in rows)
    head = glossary.partition("| Term |")[0]
    return f"{head}```{{glossary}}\n{entries}```\n"


def _title(term: str) -> str:
    return term.replace("*", "")


def forms(glossary: str) -> dict[str, str]:
    """Each word that is linked, in lower case, with its term; words of several terms are left out."""
    pairs = [(name.lower(), term) for term in terms(glossary) for name in names(term)]
    times = Counter(name for name, _ in pairs)
    once = {name: term for name, term in pairs if times[name] == 1 and name not in EVERYDAY}
    plural = {f"{name[:-1]}ies" if name.endswith("y") else f"{name}s": term for name, term in once.items()}
    return plural | once


def linked(text: str, glossary: str) -> str:
    """The text with a link at the first use of each term that is no everyday word."""
    title_of = forms(glossary)
    longest_first = "|".join(map(re.escape, sorted(title_of, key=len, reverse=True)))
    word = re.compile(rf"(?<![\w/.-])(?:{longest_first})(?![\w-])", re.IGNORECASE)
    used: set[str] = set()

    def link(found: re.Match[str]) -> str:
        term = title_of[found[0].lower()]
        if term in used:
            return found[0]
        used.add(term)
        return f"{{term}}`{found[0]} <{_title(term)}>`"

    parts, end = [], 0
    for kept in KEPT.finditer(text):
        parts += [word.sub(link, text[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*parts, word.sub(link, text[end:])])
