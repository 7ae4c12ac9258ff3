"""Options of the command line come from the settings in the code."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_type_hints

import pytest

from riboswitch import cli
from riboswitch.config.command_options import with_settings
from riboswitch.config.setting_options import (
    Json,
    Options,
    Setting,
    combined,
    described,
    merge,
    option_type,
    settings_of,
)
from riboswitch.config.settings import limits_of
from riboswitch.errors import UsageError
from riboswitch.learning.settings import TrainSettings
from riboswitch.resistance.ranking.settings import RankSettings


@dataclass
class Shape:
    """A shape.

    Attributes
    ----------
    hidden, depth : int
        Sizes of the network. They are whole numbers.
    kind : {"round", "square"}
        How it looks, in
        ``words``.
    """

    hidden: int = 8
    depth: int | None = None
    kind: str = "round"
    filters: Mapping[str, Any] = field(default_factory=dict)


def read(path: str, *, columns: Sequence[str] | None = None, hidden: float = 0.5, checked: bool | str = True):
    """Read a file.

    Parameters
    ----------
    path : str
        The file.
    columns
        Columns to keep.

    Returns
    -------
    str
    """
    return path, columns, hidden, checked


def test_settings_have_the_names_types_defaults_and_texts_of_the_code():
    assert settings_of(Shape) == [
        Setting("hidden", int, "8", "Sizes of the network."),
        Setting("depth", int, "", "Sizes of the network."),
        Setting("kind", str, "round", "How it looks, in words. One of round, square."),
        Setting("filters", dict),
    ]
    assert settings_of(read) == [
        Setting("columns", list[str], "", "Columns to keep."),
        Setting("hidden", float, "0.5"),
        Setting("checked", bool | str, "true"),
    ]
    assert settings_of(Shape, {"hidden": 9})[0].default == "9"


@pytest.mark.parametrize(
    ("annotation", "type_"),
    [
        (int, int), (float | None, float), (int | float, float), (bool, bool),
        (Literal["a", "b"], Literal["a", "b"]),
        (Literal["a"] | None, Literal["a"]), (tuple[str, ...], list[str]), (dict[str, int] | None, dict),
    ],
)  # fmt: skip
def test_the_type_of_an_option(annotation, type_):
    assert option_type(annotation) == type_


def test_a_text_ends_with_its_first_sentence_and_its_section():
    found = described(inspect.getdoc(read))
    assert found == {"path": ("The file.", ""), "columns": ("Columns to keep.", "")}


def test_a_setting_of_several_modalities_is_one_option():
    merged = {s.name: s for s in merge({"one": settings_of(Shape), "two": settings_of(read)})}
    assert merged["hidden"] == Setting("hidden", str, "one: 8, two: 0.5", "one: Sizes of the network.")
    assert (merged["depth"].owner, merged["columns"].owner) == ("one", "two")
    assert merge({"one": settings_of(Shape), "two": settings_of(Shape)}) == settings_of(Shape)


def test_a_setting_is_given_once():
    assert combined("net", '{"hidden": 4}', {"depth": 3, "kind": None}) == {"hidden": 4, "depth": 3}
    with pytest.raises(UsageError, match="--net: the setting 'hidden' is given twice"):
        combined("net", '{"hidden": 4}', {"hidden": 4})


def command(
    source: str,
    kind: str,
    /,
    *,
    settings: Annotated[Json, Options("Shape", Shape, changed=(Setting("depth", int | Literal["all"]),))],
    reading: Annotated[Json, Options("Reading", by_modality=lambda: {"text": settings_of(read)})],
) -> None:
    """A command."""
    GIVEN.update(source=source, kind=kind, settings=settings, reading=reading)


GIVEN: dict[str, Any] = {}


@pytest.fixture
def call(monkeypatch, capsys):
    """Run `command` with words; returns what it was given, or the line of the error."""
    verb = cli.VERBS["train"]._replace(name="toy", help="Toy.")
    monkeypatch.setattr(cli, "VERBS", {"toy": verb})
    monkeypatch.setattr(importlib.import_module("riboswitch.steps.train"), "command", command)

    def call(*words):
        GIVEN.clear()
        try:
            cli.main(["toy", "a", "b", *words])
        except SystemExit as leaving:
            assert leaving.code == 2
            return capsys.readouterr().err
        return {k: v for k, v in GIVEN.items() if v and k in ("settings", "reading")}

    return call


def test_each_setting_has_an_option_and_json_remains(call):
    assert call() == {}
    assert call("--hidden", "4", "--settings", '{"depth": 2}') == {"settings": {"hidden": 4, "depth": 2}}
    assert call("--filters", '{"a": 1}', "--depth", "all") == {
        "settings": {"filters": {"a": 1}, "depth": "all"}
    }
    assert call("--depth", "3") == {"settings": {"depth": 3}}
    assert call("--reading", '{"hidden": 1}') == {"reading": {"hidden": 1}}


def test_a_name_that_is_taken_gets_the_argument_in_front(call):
    assert call("--settings.kind", "square") == {"settings": {"kind": "square"}}  # KIND is an argument
    assert call("--reading.hidden", "1.5") == {"reading": {"hidden": 1.5}}


def test_values_may_begin_with_a_dash(call):
    assert call("--columns=-x", "--columns", "y", "--hidden=-1") == {
        "settings": {"hidden": -1},
        "reading": {"columns": ["-x", "y"]},
    }


@pytest.mark.parametrize(("word", "value"), [("true", True), ("false", False), ("none", "none")])
def test_words_that_stand_for_truth(call, word, value):
    assert call("--checked", word) == {"reading": {"checked": value}}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--hiden", "4"], "Unknown option: --hiden. Did you mean --hidden?"),
        (["--column", "4"], "Did you mean --columns?"),
        (["--hidden", "1.5"], 'unable to convert "1.5" into int'),
        (["--depth", "some"], 'unable to convert "some" into int|Literal[all]'),
        (["--filters", "[1]"], "--filters must be a JSON object"),
        (["--hidden", "4", "--settings", '{"hidden": 4}'], "the setting 'hidden' is given twice"),
    ],
)
def test_a_wrong_option_is_refused_in_one_line(call, words, told):
    assert told in call(*words)


def test_modalities_are_imported_only_for_what_needs_them():
    asked = []

    def by_modality():
        asked.append(1)
        return {"text": settings_of(read)}

    def command(*, reading: Annotated[Json, Options("Reading", by_modality=by_modality)], output: str = "-"):
        pass

    command.__annotations__ = get_type_hints(
        command, globalns=globals(), localns=locals(), include_extras=True
    )
    for words in ([], ["--output", "x"], ["--output=x", "--reading", "{}"], ["-"]):
        with_settings(command, words)
    assert not asked
    for words in (["--help"], ["-h"], ["--columns", "a"], ["--no-checked"]):
        with_settings(command, words)
    assert len(asked) == 4


def marked(verb):
    command = importlib.import_module(f"riboswitch.steps.{cli.VERBS[verb].module}").command
    hints = get_type_hints(command, include_extras=True)
    return [
        (f"{verb} --{name}", mark)
        for name, hint in hints.items()
        for mark in getattr(hint, "__metadata__", ())
        if isinstance(mark, Options)
    ]


MARKED = [found for verb in cli.VERBS for found in marked(verb)]


@pytest.mark.parametrize(("option", "mark"), MARKED, ids=[option for option, _ in MARKED])
def test_each_setting_of_a_verb_has_a_text_of_its_own(option, mark):
    texts = [setting.help for setting in mark.settings(complete=True)]
    of_any_name = mark.source is None and mark.by_modality is None
    assert (texts or of_any_name) and all(texts) and len(set(texts)) == len(texts)
    assert mark.json_help.endswith(".")
    assert not [text for text in texts if re.search(r"[`<>]", text)]


@pytest.mark.parametrize(
    "mark", [mark for _, mark in MARKED if dataclasses.is_dataclass(mark.source)], ids=lambda m: m.panel
)
def test_the_defaults_of_the_help_are_those_of_the_code(mark):
    made = mark.source()
    for setting in mark.settings(complete=False):
        value = getattr(made, setting.name)
        shown = "" if value is None or isinstance(value, Mapping | list) else str(value).lower()
        assert setting.default == shown


@pytest.mark.parametrize("settings", [TrainSettings, RankSettings])
def test_the_help_of_a_number_states_its_limits(settings):
    helps = {setting.name: setting.help for setting in settings_of(settings)}
    numbers = {name: limits for name, limits in limits_of(settings).items() if not limits.choices}
    assert numbers
    assert all(helps[name].endswith(f"Must {limits}.") for name, limits in numbers.items())
