"""One text in the place of a list is refused, by every public function."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import riboswitch
from riboswitch.config.list_arguments import lists_checked, needs_list
from riboswitch.errors import UsageError

FUNCTIONS = [name for name in riboswitch.__all__ if inspect.isfunction(getattr(riboswitch, name))]
LISTS = [
    (name, parameter.name)
    for name in FUNCTIONS
    for parameter in inspect.signature(getattr(riboswitch, name)).parameters.values()
    if needs_list(parameter.annotation)
]


@pytest.mark.parametrize(("function", "name"), LISTS)
@pytest.mark.parametrize("value", ["SOL", Path("SOL")])
def test_a_text_is_no_list(function, name, value):
    with pytest.raises(UsageError, match=f"{name} must be a list.*Write {name}="):
        getattr(riboswitch, function)(**{name: value})


def test_the_functions_with_lists_are_known():
    assert {
        ("train", "targets"),
        ("parse", "sources"),
        ("screen", "compounds"),
        ("ensemble", "models"),
    } <= set(LISTS)


@pytest.mark.parametrize(
    ("annotation", "needed"),
    [
        ("Sequence[str]", True),
        ("list[str] | None", True),
        ("Sequence[Mapping[str, Any]]", True),
        ("Sequence[str] | pd.DataFrame | Library", True),
        ("str | Sequence[str]", False),
        ("Mapping[str, Sequence[str]]", False),
        ("str | Path", False),
        ("int", False),
    ],
)
def test_annotations_are_understood(annotation, needed):
    assert needs_list(annotation) is needed


def test_all_else_is_the_function_itself():
    def joined(names: Sequence[str], word: str = "-") -> str:  # noqa: F821
        """What it does."""
        return word.join(names)

    checked = lists_checked(joined)
    assert checked(["a", "b"]) == "a-b" and checked.__doc__ == joined.__doc__
    assert inspect.signature(checked) == inspect.signature(joined)
    with pytest.raises(TypeError, match="unexpected keyword"):
        checked(["a"], other=1)
