"""A page for each verb, from the step itself: the same words and options as ``riboswitch VERB --help``."""

from __future__ import annotations

import re

from riboswitch import cli
from riboswitch.steps.verbs import Verb

EVERY = (
    "Every verb also takes `--quiet` and `--log-json`, see [the command line](../commands.md#verbs). "
    "Results are the same."
)


def verb_page(name: str) -> str:
    """The page of a verb, in Markdown."""
    verb = cli.VERBS[name]
    made = cli.app([name, "--help"])[name].generate_docs(output_format="markdown")
    body = made.partition("\n")[2]
    body = re.sub(r"\ncommand\b", f"\nriboswitch {name}", body, count=1).replace("```console", "```text", 1)
    body = re.sub(r", --empty-[a-z0-9.-]+(?=`)", "", body)  # the program switches these off
    body = re.sub(r"^\*\*(.+)\*\*:$", r"## \1", body, flags=re.MULTILINE)
    body = body.replace("## Parameters", "## Options")
    parts = [f"# {name}", _unbroken(body).strip(), _in_python(verb), EVERY]
    return "\n\n".join(part for part in parts if part) + "\n"


def _unbroken(text: str) -> str:
    """Each option on one line: lines that go on are indented as code would be."""
    return re.sub(r"\n    (?=\S)", " ", text)


def _in_python(verb: Verb) -> str:
    names = ", ".join(f"{{py:obj}}`riboswitch.{name}`" for name in verb.public)
    return f"## In Python\n\n{names}"


def overview() -> str:
    """The page that leads to the pages of all verbs, by panel."""
    lines, panel = ["# All verbs and options", ""], ""
    for verb in cli.VERBS.values():
        if verb.panel != panel:
            panel = verb.panel
            lines += ["", f"## {panel}", ""]
        lines.append(f"- [`{verb.name}`]({verb.name}.md): {verb.help.splitlines()[0]}")
    return "\n".join(lines) + "\n"
