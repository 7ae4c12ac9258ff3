"""Components of a graph of pairs: against sets that are merged one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.numeric.components import components, first_members

PAIRS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=9)


@given(PAIRS)
def test_two_nodes_are_together_if_a_path_joins_them(pairs):
    sets = [{node} for node in range(8)]
    for one, other in pairs:
        joined = sets[one] | sets[other]
        for node in joined:
            sets[node] = joined
    one, other = np.array(pairs, np.int64).reshape(-1, 2).T
    numbers = components(one, other, 8)
    assert all((numbers[a] == numbers[b]) == (b in sets[a]) for a in range(8) for b in range(8))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_a_component_is_called_as_its_first_member(numbers):
    names = [f"n{i}" for i in range(len(numbers))]
    assert first_members(names, np.array(numbers)) == {
        name: names[numbers.index(number)] for name, number in zip(names, numbers, strict=True)
    }
