"""The page of the Python functions and classes, from their docstrings."""

from __future__ import annotations

import inspect

import riboswitch
from riboswitch import cli

HEAD = """# Python

`import riboswitch` offers a function for each verb and the objects that they take and give. Each is imported
when it is first used. All errors that the package raises for faulty data or settings are `RiboswitchError`.
"""
DIRECTIVE = "```{{eval-rst}}\n.. {kind}:: riboswitch.{name}{members}\n```\n"


def api_page() -> str:
    """The page in Markdown; Sphinx reads the docstrings."""
    parts, told = [HEAD], set()
    for panel in dict.fromkeys(verb.panel for verb in cli.VERBS.values()):
        names = [n for verb in cli.VERBS.values() if verb.panel == panel for n in verb.public]
        parts += [f"## {panel}\n", *map(_entry, names)]
        told |= {*names}
    parts += ["## Objects\n", *(_entry(name) for name in riboswitch.__all__ if name not in told)]
    return "\n".join(parts)


def _entry(name: str) -> str:
    value = getattr(riboswitch, name)
    if inspect.isclass(value):
        return DIRECTIVE.format(kind="autoclass", name=name, members="\n   :members:")
    return DIRECTIVE.format(kind="autofunction", name=name, members="")
