"""Facts of synthons: the same whether they are found or read from the folder of the space."""

from dataclasses import replace

import numpy as np
import pytest

from riboswitch.spaces.exact.finding import Sides
from riboswitch.spaces.stored_facts import arrays_of, sides_of, texts_of
from riboswitch.spaces.synthons.space import Space
from riboswitch.steps.space import space
from synthon_spaces import lines


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A space as it was opened, with facts."""
    folder = tmp_path_factory.mktemp("space")
    (folder / "synthons.txt").write_text("\n".join(lines(6)) + "\n")
    space(folder / "synthons.txt", output=folder / "space")
    return Space.open(folder / "space")


def alike(found, other):
    """Whether two sets of sides hold the same facts."""
    for one, two in ((found.a, other.a), (found.b, other.b)):
        same = [(one.side.ends, two.side.ends), (one.side.connector, two.side.connector),
                (one.partners.of, two.partners.of)]  # fmt: skip
        for effect, given in one.by_effect.items():
            same += zip(vars(given).values(), vars(two.by_effect[effect]).values(), strict=True)
        if not all(map(np.array_equal, *zip(*same, strict=True))):
            return False
        if (one.side.smiles, one.varying, one.partners.effect) != (
            two.side.smiles, two.varying, two.partners.effect,
        ):  # fmt: skip
            return False
    return True


def test_what_is_stored_is_what_is_found(made, monkeypatch):
    found = sides_of(replace(made, facts={}))
    assert set(found) == {n for n, each in enumerate(made.reactions) if each.decomposed}
    monkeypatch.setattr(
        Sides, "find", classmethod(lambda cls, texts, processes=1: [] if not texts else 1 / 0)
    )
    stored = sides_of(made)  # nothing is found again
    assert stored.keys() == found.keys()
    assert all(alike(found[number], stored[number]) for number in found)
    assert any(each.b.varying or each.a.varying for each in found.values())


def test_several_processes_find_the_same(made, monkeypatch):
    monkeypatch.setattr("riboswitch.spaces.exact.trials.CHUNK", 2)
    monkeypatch.setattr("riboswitch.spaces.exact.trials.FEW", 1)
    one, two = (Sides.find([texts_of(made.reactions[0])], n)[0] for n in (1, 2))
    assert alike(one, two)


def test_facts_of_other_synthons_are_not_used(made):
    fewer = replace(made.reactions[0], components=tuple(rows[1:] for rows in made.reactions[0].components))
    changed = replace(made, reactions=[fewer, *made.reactions[1:]])
    known = sides_of(changed)
    assert known[0].a.side.smiles == tuple(texts_of(fewer)[0])
    assert alike(known[0], Sides.find([texts_of(fewer)])[0])


def test_facts_are_the_same_bytes_each_time(made):
    first, second = (arrays_of(made, sides_of(replace(made, facts={}))) for _ in range(2))
    assert first.keys() == second.keys() == made.facts.keys()
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)
