"""Facts of synthons: the same whether they are found or read from the folder of the space."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riboswitch.spaces.exact.finding import Sides
from riboswitch.spaces.screen_space import without
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
        for effect, facts in one.by_effect.items():
            same += zip(vars(facts).values(), vars(two.by_effect[effect]).values(), strict=True)
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


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_synthons_left_out_leave_the_facts_of_the_others(made, seed):
    rng = np.random.default_rng(seed)
    rows = [row.id for each in made.reactions for part in each.components for row in part[1:]]
    gone = rng.choice(rows, rng.integers(0, len(rows)), replace=False).tolist()
    less = without(made, gone)
    kept, found = sides_of(less), sides_of(replace(less, facts={}))
    assert kept.keys() == found.keys()
    for number, known in kept.items():
        again = found[number]
        # With fewer partners to try, fewer synthons are seen to vary: the others stay on the safe side.
        assert known.a.varying >= again.a.varying and known.b.varying >= again.b.varying
        fixed = [~np.isin(np.arange(len(each.side)), [*each.varying]) for each in (known.a, known.b)]
        if all(each.any() for each in fixed):
            assert bool(alike(known.keep(*fixed), again.keep(*fixed)))


def test_leaving_synthons_out_finds_nothing_again(made, monkeypatch):
    pairs = [n for n, each in enumerate(made.reactions) if each.decomposed and len(each.components) == 2]
    less = without(made, [made.reactions[n].components[0][1].id for n in pairs])
    monkeypatch.setattr(
        Sides, "find", classmethod(lambda cls, texts, processes=1: [] if not texts else 1 / 0)
    )
    assert sides_of(replace(less, reactions=[less.reactions[n] for n in pairs])).keys() == {
        *range(len(pairs))
    }


def test_facts_are_the_same_bytes_each_time(made):
    first, second = (arrays_of(made, sides_of(replace(made, facts={}))) for _ in range(2))
    assert first.keys() == second.keys() == made.facts.keys()
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)
