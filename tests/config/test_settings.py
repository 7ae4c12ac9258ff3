"""Settings are strict, and a misspelt name is answered with the right one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from riboswitch.config import settings
from riboswitch.errors import UsageError

NAN, INF = float("nan"), float("inf")


@dataclass
class Shape:
    hidden: int = 8
    depth: int = 3


def test_settings_are_built_by_name():
    assert settings.build(Shape, {"depth": 4}) == Shape(8, 4)
    with pytest.raises(UsageError, match=r"net: unknown setting 'hiden'. Did you mean 'hidden'\?"):
        settings.build(Shape, {"hiden": 4}, "net")
    with pytest.raises(UsageError, match="Known: hidden, depth"):
        settings.build(Shape, {"qqq": 4})


def test_keywords_are_those_the_function_takes():
    def read(path, *, columns=None, format="csv"):
        return path, columns, format

    assert settings.keywords(read, {"format": "smi"}, "reading") == {"format": "smi"}
    assert settings.keywords(read, None, "reading") == {}
    with pytest.raises(UsageError, match="Did you mean 'columns'"):
        settings.keywords(read, {"column": 1}, "reading")
    with pytest.raises(UsageError, match="unknown setting 'path'"):
        settings.keywords(read, {"path": 1}, "reading")


def refused(check, values):
    """Those of the values that a check does not accept."""
    found = []
    for value in values:
        try:
            check(value)
        except UsageError:
            found.append(value)
    return found


@pytest.mark.parametrize("wrong", ["name", [False], ["a", 1], [["a"]], 5, {"a": "b"}, None])
def test_a_list_of_names_holds_names(wrong):
    def read(*, columns: Sequence[str] = (), others: Sequence[str] | None = None):
        pass

    assert settings.keywords(read, {"columns": ["a"], "others": None}, "x") == {
        "columns": ["a"],
        "others": None,
    }
    assert settings.keywords(read, {"columns": ("a", "b"), "others": []}, "x")
    with pytest.raises(UsageError, match="columns has a value of another type"):
        settings.keywords(read, {"columns": wrong}, "x")


def test_whole_numbers():
    wrong = [0, -1, 1.0, 1.5, True, "1", None, NAN]
    assert refused(lambda value: settings.positive_int("n", value), [1, *wrong, 7]) == wrong
    assert refused(lambda value: settings.positive_int("n", value, least=0), [0, -1]) == [-1]
    with pytest.raises(UsageError, match="n must be a whole number of at least 1; found '0'"):
        settings.positive_int("n", 0)


def test_fractions():
    for value in (0, 0.0, 0.5):
        settings.fraction("s", value)
    settings.fraction("s", 1, below_one=False)
    for value in (1, 1.0, -0.1, True, "0.5", None, NAN, INF):
        with pytest.raises(UsageError, match="between 0 and 1"):
            settings.fraction("s", value)


def test_positive_numbers():
    settings.positive("x", 0.1)
    settings.positive("x", 0, zero=True)
    for value in (0, -1, True, "1", None, NAN, INF):
        with pytest.raises(UsageError, match="above 0"):
            settings.positive("x", value)


def test_choices():
    settings.one_of("way", "a", ("a", "b"))
    for value in ("c", None, ["a"]):
        with pytest.raises(UsageError, match="Choose of a, b"):
            settings.one_of("way", value, ("a", "b"))
