"""JSON within limits: what `json.dumps` writes comes back, and nothing else than a ValueError comes out."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.errors import InputError
from riboswitch.io.strict_json import DEEPEST, LARGEST, parse_json, read_json

numbers = st.integers(-(2**127), 2**127) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text(st.characters(codec="utf-8"))
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner)
)


@given(values)
def test_all_json_of_ours_comes_back(value):
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


def assert_json_or_refused(text):
    """What is read can be written again, as JSON that any reader takes."""
    try:
        value = parse_json(text)
    except ValueError:
        return
    assert parse_json(json.dumps(value, allow_nan=False)) == value


@given(st.binary() | st.text(alphabet='[]{}",:0123456789eE.+-\\u nultrfasNI'))
def test_any_other_text_is_a_value_error(text):
    assert_json_or_refused(text)


@given(values, st.integers(0, 2**32))
def test_a_changed_byte_is_read_or_a_value_error(value, seed):
    text, rng = bytearray(json.dumps(value).encode()), random.Random(seed)
    text[rng.randrange(len(text))] ^= 1 << rng.randrange(8)
    assert_json_or_refused(bytes(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2), "deep"),
        ("[" * 100_000, "deep"),
        ('{"a":' * 100_000, "deep"),
        ('{"a": 1, "b": 2, "a": 3}', "the key 'a' stands twice"),
        ("NaN", "NaN is no number"),
        ('{"a": [-Infinity]}', "-Infinity is no number"),
        ("1e999", "too large"),
        ("1" * 100, "too large"),
        ("1" * 10_000, "4300 digits"),
        ('"\\ud800"', "surrogates"),
        ('{"\\udfff": 1}', "surrogates"),
        (b'"\xff"', "utf-8"),
        ("", "Expecting value"),
        ("{}x", "Extra data"),
    ],
)
def test_what_json_does_not_know_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        parse_json(text)


def test_the_deepest_that_is_allowed_is_read():
    value = parse_json("[" * DEEPEST + "]" * DEEPEST)
    for _ in range(DEEPEST - 1):
        (value,) = value
    assert value == []


def test_a_file_that_is_no_json_is_named(tmp_path):
    path = tmp_path / "a.json"
    with pytest.raises(InputError, match=r"a\.json: no such file"):
        read_json(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_json(tmp_path)
    for content in (b"", b"{", b"\xff\xfe", b"NaN", b"[" * 10**5):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"a\.json: not valid JSON"):
            read_json(path)
    with open(path, "wb") as file:
        file.truncate(LARGEST + 1)  # takes no room on the disk
    with pytest.raises(InputError, match="MB of JSON"):
        read_json(path)
