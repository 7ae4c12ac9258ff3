"""How far long work is: nothing when quick, a rate and the time left when not. Time is invented here."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from riboswitch.chem.descriptors.rdkit import descriptors
from riboswitch.io.log import messages, progress
from riboswitch.io.log.progress import INPUTS, Progress, duration, tick, tracked


class Clock:
    """A clock that goes on by ``step`` seconds whenever it is read."""

    def __init__(self, step):
        self.now, self.step = 0.0, step

    def monotonic(self):
        self.now += self.step
        return self.now


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.delenv(messages.VARIABLE, raising=False)

    def set_to(step):
        monkeypatch.setattr(progress, "time", Clock(step))
        monkeypatch.setattr(progress, "SECONDS", 5.0)

    return set_to


def test_quick_work_says_nothing(clock, capsys):
    clock(0.001)
    assert list(tracked(range(100), "screen", "rows", 100)) == [*range(100)]
    assert capsys.readouterr() == ("", "")


def test_long_work_says_rate_and_time_left_and_ends_with_a_line(clock, capsys):
    clock(2)
    list(tracked(range(10), "screen", "rows", 10))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "screen: 3 of 10 rows, 0.5 a second, 14 s left"
    assert lines[-1].startswith("screen: 10 of 10 rows") and lines[-1].endswith("0 s left")


def test_a_tick_with_a_unit_counts_only_where_that_unit_is_counted():
    with Progress("scan", "residues") as outer:
        tick(3, "residues")
        tick(1, "predictions")
        with Progress("predict", "predictions") as inner:
            tick(2, "residues")
            tick(5, "predictions")
    assert (outer.done, inner.done) == (3, 5)


@pytest.mark.parametrize(("unit", "counted"), [("rows", 0), (INPUTS, 2)])
def test_descriptors_count_inputs_and_nothing_else(unit, counted):
    with Progress("prepare", unit) as told:
        descriptors([Chem.MolFromSmiles("CCO"), Chem.MolFromSmiles("CC")])
    assert told.done == counted


def test_without_a_total_there_is_no_time_left(clock, capsys):
    clock(2)
    list(tracked(range(10), "reading a.csv", "rows"))
    err = capsys.readouterr().err
    assert "reading a.csv: 3 rows, 0.5 a second\n" in err and "left" not in err


@given(st.integers(1, 3000))
def test_the_longer_it_takes_the_fewer_lines_a_minute(items):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(messages.VARIABLE, raising=False)
        patch.setattr(progress, "time", Clock(60))
        patch.setattr(progress, "SECONDS", 5.0)
        said = []
        patch.setattr(progress.messages, "say", lambda *words, **facts: said.append(facts["done"]))
        list(tracked(range(items), "x", "rows", items))
    assert said == sorted(said) and len(said) <= 120 and (not said or said[-1] == items)


def test_json_has_the_numbers(clock, capsys, monkeypatch):
    clock(2)
    monkeypatch.setenv(messages.VARIABLE, "json")
    list(tracked(range(4), "screen", "rows", 4))
    first = json.loads(capsys.readouterr().err.splitlines()[0])
    assert (first["kind"], first["name"], first["done"], first["total"]) == ("progress", "screen", 3, 4)
    assert first["seconds_left"] == 2


def test_quiet_says_nothing_however_long(clock, capsys, monkeypatch):
    clock(100)
    monkeypatch.setenv(messages.VARIABLE, "quiet")
    list(tracked(range(10), "screen", "rows"))
    assert capsys.readouterr().err == ""


def test_deep_code_counts_for_the_innermost_that_is_open(clock):
    clock(0.001)
    tick(1, "rows")  # nobody counts: nothing happens
    with Progress("outer", "rows") as outer:
        tick(2, "rows")
        with Progress("inner", "rows") as inner:
            tick(5, "rows")
        tick(1, "rows")
    tick(1, "rows")
    assert (outer.done, inner.done) == (3, 5)


def test_what_was_done_before_is_not_part_of_the_rate(clock, capsys):
    clock(2)
    told = Progress("screen", "rows", 1000, before=900)
    for _ in range(4):
        told.add(10)
    assert "screen: 930 of 1,000 rows, 5 a second, 14 s left" in capsys.readouterr().err


def test_work_that_fails_ends_without_a_line(clock, capsys):
    clock(2)
    with pytest.raises(KeyError):
        for item in tracked(range(9), "x", "rows"):
            if item == 5:
                raise KeyError
    err = capsys.readouterr().err
    assert err.count("\n") == 1


def test_a_terminal_gets_a_bar(clock, monkeypatch):
    clock(2)

    class Terminal:
        text = ""

        def isatty(self):
            return True

        def write(self, text):
            Terminal.text += text

        def flush(self):
            pass

    monkeypatch.setattr(sys, "stderr", Terminal())
    list(tracked(range(10), "screen", "rows", 10))
    assert "screen" in Terminal.text and "\r" in Terminal.text


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (99, "99 s"), (120, "2 min"), (5999, "100 min"), (7200, "2.0 h")]
)
def test_times_in_words(seconds, words):
    assert duration(seconds) == words
