"""Names in archives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from riboswitch.io.archives import choose

NAME = st.text("abc", min_size=1, max_size=2)


PATHS = st.lists(NAME, min_size=1, max_size=3).map("/".join)


@given(names=st.lists(PATHS, unique=True, max_size=6))
def test_names_choose_themselves(names: list[str]) -> None:
    assert choose(names, names, "") == names
