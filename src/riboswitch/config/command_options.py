"""The command of a verb on the command line, with an option for each setting."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, get_type_hints

from cyclopts import Group, Parameter

from riboswitch.config.setting_options import Options, Setting, combined, json_object

WORDS = {"true": True, "false": False}
SHOWN_AS = {
    dict: (str, "JSON"),
    bool | str: (str, "STR"),
}  # types that cyclopts reads as text, and their name in the help


class _Own(NamedTuple):
    """The option of one setting."""

    argument: str  # argument of the command that holds the setting
    setting: Setting
    option: str

    @property
    def name(self) -> str:
        return f"{self.argument}__{self.setting.name}"

    def value(self, given: Any) -> Any:
        if given is not None and self.setting.type is dict:
            return json_object(self.option.removeprefix("--"), given)
        return WORDS.get(given, given) if self.setting.type == bool | str else given

    def parameter(self, panels: Mapping[str, Group]) -> inspect.Parameter:
        kind, metavar = SHOWN_AS.get(self.setting.type, (self.setting.type, None))
        shown = Parameter(
            name=self.option, help=self.setting.help, metavar=metavar, group=panels[self.setting.owner],
            show_default=(lambda _: self.setting.default) if self.setting.default else False,
            negative_iterable=(),
        )  # fmt: skip
        return inspect.Parameter(self.name, inspect.Parameter.KEYWORD_ONLY, default=None,
                                 annotation=Annotated[kind | None, shown])  # fmt: skip


def with_settings(command: Callable[..., None], words: Sequence[str]) -> Callable[..., None]:
    """The command with an option for each setting of the arguments that are marked with `Options`.

    If the name of a setting is taken, the option starts with the name of the argument: ``--network.kind``.

    Parameters
    ----------
    command : function
    words : sequence of str
        The command line. Modalities are imported only if it asks for help or has an option of a modality.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters
    marked = {name: mark for name in parameters for mark in _marks(hints[name])}
    if not marked:
        return command
    taken = [name for name in parameters if name not in marked]
    own = _own_options(marked, taken, complete=False)
    if _unknown(words, [*parameters, *(option.option for option in own)]):
        own = _own_options(marked, taken, complete=True)

    def run(*positional: Any, **named: Any) -> None:
        given: dict[str, dict[str, Any]] = {argument: {} for argument in marked}
        for option in own:
            given[option.argument][option.setting.name] = option.value(named.pop(option.name, None))
        settings = {name: combined(name, named.pop(name, "{}"), values) for name, values in given.items()}
        command(*positional, **named, **settings)

    run.__doc__, run.__name__, run.__annotations__ = command.__doc__, command.__name__, {}
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(annotation=hints[n]) for n, p in parameters.items() if n not in marked]
        + [p for argument, mark in marked.items() for p in _panel(argument, mark, own)]
    )
    return run


def option_names(command: Callable[..., None]) -> set[str]:
    """All options of a command, with those of every modality."""
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters
    marked = {name: mark for name in parameters for mark in _marks(hints[name])}
    taken = [name for name in parameters if name not in marked]
    return {*map(_dashed, parameters), *(own.option for own in _own_options(marked, taken, complete=True))}


def _marks(annotation: Any) -> list[Options]:
    return [mark for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, Options)]


def _own_options(marked: Mapping[str, Options], taken: Iterable[str], complete: bool) -> list[_Own]:
    taken, found = set(taken), []
    for argument, mark in marked.items():
        for setting in mark.settings(complete):
            name = f"{argument}.{setting.name}" if setting.name in taken else setting.name
            taken.add(setting.name)
            found.append(_Own(argument, setting, _dashed(name)))
    return found


def _dashed(name: str) -> str:
    return "--" + name.removeprefix("--").replace("_", "-")


def _unknown(words: Sequence[str], known: Iterable[str]) -> bool:
    """Whether there is an option that is not known, such as ``--help``."""
    options = {word.partition("=")[0] for word in words if word.startswith("-")}
    return "-h" in options or any(
        option.startswith("--") and "--" + option[2:].removeprefix("no-") not in {*map(_dashed, known)}
        for option in options
    )


def _panel(argument: str, mark: Options, own: Iterable[_Own]) -> list[inspect.Parameter]:
    """The option for JSON, and one for each setting. Settings of one modality have their own panel."""
    mine = [option for option in own if option.argument == argument]
    owners = dict.fromkeys(["", *(option.setting.owner for option in mine)])
    panels = {o: Group.create_ordered(f"{mark.panel} ({o})" if o else mark.panel) for o in owners}
    text = Parameter(help=mark.json_help, metavar="JSON", group=panels[""], show_default=False)
    json = inspect.Parameter(
        argument, inspect.Parameter.KEYWORD_ONLY, default="{}", annotation=Annotated[str, text]
    )
    return [json, *(option.parameter(panels) for option in mine)]
