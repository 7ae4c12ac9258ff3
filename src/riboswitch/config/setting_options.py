"""Options of the command line from settings: fields of a dataclass, or keywords of a function.

Names, types and defaults come from the code, and help texts from its docstring.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from riboswitch.config.settings import limits_of
from riboswitch.errors import UsageError
from riboswitch.io.strict_json import parse_json

Json = Mapping[str, Any]
"""The value of an argument with `Options`: the settings that the user gave, by name."""

NO_SETTINGS: Json = MappingProxyType({})

SCALARS = (int, float, str, bool)


class Setting(NamedTuple):
    """One setting.

    Attributes
    ----------
    name : str
    type : type
        int, float, str, bool, bool | str, a Literal or a union with it, list[str], or dict for a JSON object.
    default : str
        Default as the help shows it; empty if there is none.
    help : str
        One sentence.
    owner : str
        The only modality with this setting; empty if it belongs to all or to none.
    """

    name: str
    type: Any
    default: str = ""
    help: str = ""
    owner: str = ""


@dataclasses.dataclass(frozen=True)
class Options:
    """Marks an argument of a command: ``settings: Annotated[Json, Options("Training", TrainSettings)]``.

    Each setting becomes an option of its own, and the argument itself an option that takes a JSON object.

    Attributes
    ----------
    panel : str
        The panel of the verb's help that lists the options.
    source : type or function, optional
        The dataclass or function with the settings.
    by_modality : function, optional
        Imports the modalities and returns the settings of each. It is called only if a user asks for help or
        uses an option of a modality.
    changed : tuple of Setting
        Settings that have another form for this verb.
    only : tuple of str
        The settings of ``source`` to take; empty: all.
    json_help : str
        What the JSON object is.
    """

    panel: str
    source: Callable[..., Any] | None = None
    by_modality: Callable[[], Mapping[str, list[Setting]]] | None = None
    changed: tuple[Setting, ...] = ()
    only: tuple[str, ...] = ()
    json_help: str = "A JSON object of these settings."

    def settings(self, complete: bool) -> list[Setting]:
        """The settings; those of the modalities only if ``complete``."""
        own = [] if self.source is None else settings_of(self.source)
        found = {s.name: s for s in own if not self.only or s.name in self.only}
        if complete and self.by_modality is not None:
            found |= {s.name: s for s in merge(self.by_modality())}
        found |= {s.name: s._replace(default=found[s.name].default) for s in self.changed}
        return list(found.values())


def settings_of(source: Callable[..., Any], defaults: Mapping[str, Any] | None = None) -> list[Setting]:
    """The settings of a dataclass, or of a function with keyword-only arguments.

    Parameters
    ----------
    source : dataclass or function
    defaults : mapping, optional
        Defaults that differ from those of the source.
    """
    types, texts = get_type_hints(source), described(inspect.getdoc(source) or "")
    limits = limits_of(source) if dataclasses.is_dataclass(source) else {}
    found = []
    for name, default in _defaults(source):
        choices = limits[name].choices if name in limits else ()
        type_ = Literal[choices] if choices else option_type(types[name])
        text, listed = texts.get(name, ("", ""))
        if listed and get_origin(type_) is not Literal:  # else the help shows the choices of the type
            text = f"{text} One of {listed}.".lstrip()
        if name in limits and not choices:
            text = f"{text} Must {limits[name]}.".lstrip()
        found.append(Setting(name, type_, shown((defaults or {}).get(name, default)), text))
    return found


def _defaults(source: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    keyword_only = inspect.Parameter.KEYWORD_ONLY
    for parameter in inspect.signature(source).parameters.values():
        if dataclasses.is_dataclass(source) or parameter.kind is keyword_only:
            yield parameter.name, parameter.default


def shown(default: Any) -> str:
    """A default as the help shows it."""
    if isinstance(default, bool):
        return str(default).lower()
    return str(default) if isinstance(default, int | float | str) else ""


def option_type(annotation: Any) -> Any:
    """The type of an option for a setting with this annotation."""
    if get_origin(annotation) is Literal:
        return annotation
    parts = [part for part in get_args(annotation) or (annotation,) if part is not type(None)]
    is_union = isinstance(annotation, type(int | str)) or get_origin(annotation) is Union
    if not is_union and get_origin(annotation) is not None:
        return dict if issubclass(get_origin(annotation), Mapping) else list[str]
    if len(parts) == 1:
        return parts[0] if parts[0] in SCALARS else option_type(parts[0])
    return bool | str if set(parts) == {bool, str} else str if str in parts else float


SECTION = re.compile(r"^(?:Attributes|Parameters)\n-+\n(.*?)(?=^\w+\n-+$|\Z)", re.M | re.S)
ENTRY = re.compile(r"^(\w[^\n:]*?)(?: : ([^\n]*))?\n((?:    .*\n?|\n)*)", re.M)


def described(docstring: str) -> dict[str, tuple[str, str]]:
    """First sentence and choices of each name in the sections Attributes and Parameters."""
    return {
        name: (_first_sentence(text), _choices(kind))
        for section in SECTION.findall(docstring)
        for names, kind, text in ENTRY.findall(section)
        for name in names.split(", ")
    }


def _first_sentence(text: str) -> str:
    plain = " ".join(text.replace("`", "").split())
    return re.split(r"(?<=[.])\s(?=[A-Z0-9])", plain)[0]


def _choices(kind: str) -> str:
    listed = re.match(r"\{(.*?)\}", kind)
    return listed[1].replace('"', "") if listed else ""


def merge(settings: Mapping[str, list[Setting]]) -> list[Setting]:
    """Join the settings of several modalities, those of the same name into one."""
    grouped: dict[str, dict[str, Setting]] = {}
    for modality, own in settings.items():
        for setting in own:
            grouped.setdefault(setting.name, {})[modality] = setting
    return [_merged(found, len(settings)) for found in grouped.values()]


def _merged(found: Mapping[str, Setting], modalities: int) -> Setting:
    first = next(iter(found.values()))
    if len(found) == 1 < modalities:
        return first._replace(owner=next(iter(found)))
    default, text = ({m: getattr(s, field) for m, s in found.items()} for field in ("default", "help"))
    kind = first.type if len({s.type for s in found.values()}) == 1 else str
    return Setting(first.name, kind, _agreed(default, ", "), _agreed(text, " "))


def _agreed(values: Mapping[str, str], between: str) -> str:
    """The value if all are equal, or each value after its modality."""
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    return between.join(f"{name}: {value}" for name, value in values.items() if value)


def json_object(option: str, text: str) -> dict[str, Any]:
    """The value of an option that takes a JSON object.

    Raises
    ------
    UsageError
    """
    try:
        value = parse_json(text)
    except ValueError as error:
        raise UsageError(f"--{option} is not valid JSON ({error})", found=text) from error
    if not isinstance(value, dict):
        raise UsageError(f"--{option} must be a JSON object", found=text, hint='As {"key": 1}.')
    return value


def combined(option: str, text: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a JSON option, and those that were given as single options.

    Parameters
    ----------
    option : str
        Name of the JSON option, without dashes.
    text : str
        Its value.
    given : mapping
        Values of the single options by the name of the setting; None if an option was not given.

    Raises
    ------
    UsageError
        If a setting is given twice.
    """
    settings = json_object(option, text)
    for name, value in given.items():
        if value is None:
            continue
        if name in settings:
            raise UsageError(f"the setting {name!r} is given twice", where=f"--{option}",
                             hint="Give it in the JSON or as an option of its own.")  # fmt: skip
        settings[name] = value
    return settings
