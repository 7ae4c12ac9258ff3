"""Plain words: short sentences on every page, and a link to the glossary where a term is used first."""

from __future__ import annotations

import re

import pytest

from docs.page_blocks import PAGES, ROOT, page
from docs.plain import WORD, mean_length, sentences
from sitegen import glossary
from sitegen.notebook_pages import notebook_page

GLOSSARY = page("docs/glossary.md")
OURS = [name for name in PAGES if not name.startswith("tests/") and name != "CHANGELOG.md"]
TAUGHT = [name for name in OURS if name.startswith(("docs/tutorials/", "docs/concepts/"))]
MEAN, LONGEST = 20, 50
TERM = re.compile(r"\{term\}`([^<`]+) <([^>`]+)>`")


@pytest.mark.parametrize("name", OURS)
def test_sentences_are_short(name):
    assert mean_length(page(name)) < MEAN
    assert [s for s in sentences(page(name)) if len(WORD.findall(s)) > LONGEST] == []


@pytest.mark.parametrize("name", TAUGHT)
def test_those_who_learn_read_shorter_ones(name):
    assert mean_length(page(name)) < 13


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs/notebooks").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_and_so_do_those_of_the_notebooks(path):
    assert 5 < mean_length(notebook_page(path)) < 13


def test_sentences_are_counted_as_a_reader_would():
    text = "# A title\n\nOne two three. Four `a b c` six!\n\n- seven eight ([nine ten](x.md))\n\n| not |\n"
    assert [len(WORD.findall(s)) for s in sentences(text)] == [3, 3, 4]
    assert mean_length(text) == pytest.approx(10 / 3)
    assert mean_length(f"{'word ' * 60}.") == 60


@pytest.mark.parametrize("name", TAUGHT)
def test_terms_are_linked_where_they_are_used_first(name):
    """The site does it, by the glossary: here is what it made of the page."""
    made = glossary.linked(page(name), GLOSSARY)
    links = [(shown, term) for shown, term in TERM.findall(made)]
    known = {term.replace("*", "") for term in glossary.terms(GLOSSARY)}
    assert links and {term for _, term in links} <= known
    assert len({term for _, term in links}) == len(links)
    assert TERM.sub(r"\1", made) == page(name)
    for shown, term in links:
        before = made[: made.index(f"{{term}}`{shown} <{term}>`")]
        plain = glossary.KEPT.sub("", TERM.sub("", before))
        longer = [other for other in known if term.lower() in other.lower() and other != term]
        for other in longer:
            plain = re.sub(re.escape(other.partition(" (")[0]), "", plain, flags=re.IGNORECASE)
        assert not re.search(rf"(?<![\w/.-]){re.escape(shown)}(?![\w-])", plain), (shown, term)


def test_a_link_is_set_once_and_not_into_code_or_headings():
    text = "# A contig\n\nA `contig` of [a contig](x.md). Contigs lie on a contig.\n"
    made = glossary.linked(text, GLOSSARY)
    assert made.count("{term}") == 1 and "{term}`Contigs <contig>` lie on a contig." in made


@pytest.mark.parametrize(
    ("text", "linked"),
    [("Two families.", "families"), ("A block.", ""), ("A call.", ""), ("The contig-end.", "")],
)
def test_plurals_are_linked_and_words_of_several_meanings_are_not(text, linked):
    assert [shown for shown, _ in TERM.findall(glossary.linked(text, GLOSSARY))] == [linked] * bool(linked)


def test_everyday_words_are_terms():
    assert {name for term in glossary.terms(GLOSSARY) for name in glossary.names(term)} >= glossary.EVERYDAY


def test_the_list_of_the_site_has_every_term_with_its_meaning():
    made = glossary.as_list(GLOSSARY)
    assert "| " not in made.partition("```{glossary}")[2].replace("|…|", "")
    for term, meaning in glossary.terms(GLOSSARY).items():
        assert f"\n{term}\n  {meaning}\n" in made
