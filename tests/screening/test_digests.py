"""Keys and first rows are kept as a dictionary would keep them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.screening.digests import FirstRows, FirstSeen


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=3), max_size=200))
def test_first_seen_is_a_dictionary(texts):
    seen, expected = FirstSeen(), {}
    for number, text in enumerate(texts):
        assert seen.get(text) == expected.get(text) == seen.claim(text, number)
        expected.setdefault(text, number)
    assert len(seen) == len(expected)


def test_first_seen_and_first_rows_grow(monkeypatch):
    monkeypatch.setattr(FirstRows, "PAGE", 7)
    seen, firsts = FirstSeen(), FirstRows()
    for number in range(20_000):
        seen.claim(f"key {number}", number)
        firsts.append(2 * number, f"id {number}")
    assert len(seen) == len(firsts) == 20_000
    for number in range(0, 20_000, 997):
        assert seen.get(f"key {number}") == number and firsts[number] == (2 * number, f"id {number}")
