"""Messages on standard error: for people, for programs, or errors alone."""

import json
import sys

import numpy as np
import pytest

from riboswitch.io.log import messages
from riboswitch.io.summary import write_note, write_summary

KINDS = ("error", "note", "summary", "progress", "line")


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.delenv(messages.VARIABLE, raising=False)


class Terminal:
    """Standard error with a person before it."""

    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_by_default_people_read_a_prefix_and_a_text(capsys):
    for kind in KINDS:
        messages.say(kind, "a text", "riboswitch: ", rows=3)
    assert capsys.readouterr() == ("", "riboswitch: a text\n" * len(KINDS))


def test_quiet_leaves_errors_alone(capsys, monkeypatch):
    monkeypatch.setenv(messages.VARIABLE, "quiet")
    for kind in KINDS:
        messages.say(kind, kind)
    assert capsys.readouterr() == ("", "error\n")


def test_json_is_one_object_a_line_with_the_facts(capsys, monkeypatch):
    monkeypatch.setenv(messages.VARIABLE, "json")
    for kind in KINDS:
        messages.say(kind, 'a "text"\né', "riboswitch: ", rows=np.int64(3), share=np.float32(0.5), path=sys)
    lines = capsys.readouterr().err.splitlines()
    for kind, line in zip(KINDS, lines, strict=True):
        told = json.loads(line)
        assert (told["kind"], told["message"], told["rows"], told["share"]) == (kind, 'a "text"\né', 3, 0.5)


def test_summary_and_notes_are_messages(capsys, monkeypatch):
    monkeypatch.setenv(messages.VARIABLE, "json")
    write_note("reads  SMILES")
    write_summary({"read": 3, "by_code": {"BAD": 1}}, None)
    note, summary, rejected = map(json.loads, capsys.readouterr().err.splitlines())
    assert note == {"kind": "note", "message": "reads SMILES"}
    assert summary["counts"] == {"read": 3, "by_code": {"BAD": 1}}
    assert rejected["message"] == "rejected 1: 1 BAD"


def test_an_unknown_mode_is_the_default(monkeypatch):
    monkeypatch.setenv(messages.VARIABLE, "loud")
    assert messages.mode() == "plain"


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({messages.VARIABLE: "json"}, False)],
)
def test_only_a_terminal_that_wants_colours_gets_them(monkeypatch, variables, coloured):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    messages.say("error", "a text", "riboswitch: error: ")
    messages.say("note", "a text")
    assert ("\033[" in terminal.text) == coloured and "a text" in terminal.text


def test_a_log_gets_no_colours(capsys):
    messages.say("error", "a text", "riboswitch: error: ")
    assert "\033" not in capsys.readouterr().err
