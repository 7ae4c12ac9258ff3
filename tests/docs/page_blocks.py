"""Code blocks of the pages, and the commands in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATTERNS = (
    "*.md", "config/*.md", "docs/**/*.md", "benchmarks/*.md", "examples/*.md", "tests/*/README.md",
)  # fmt: skip
PAGES = sorted({path.relative_to(ROOT).as_posix() for pattern in PATTERNS for path in ROOT.glob(pattern)})
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
ASSIGNED = re.compile(r"[A-Z_]+=\S*")


@dataclass(frozen=True)
class Command:
    """A program with its words, as a shell would call it."""

    page: str
    words: tuple[str, ...]

    @property
    def program(self) -> str:
        return self.words[0].rsplit("/", 1)[-1]

    def __str__(self) -> str:
        return f"{self.page}: {shlex.join(self.words)}"


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(name: str) -> list[tuple[str, str]]:
    """Language and text of each fenced block of a page."""
    return FENCE.findall(page(name))


def shell_blocks(name: str) -> list[str]:
    return [text for language, text in blocks(name) if language in ("sh", "bash")]


def lines(block: str) -> list[str]:
    """The command lines of a shell block, each whole, without comments."""
    joined = block.replace("\\\n", " ")
    return [line for line in map(str.strip, joined.splitlines()) if line and not line.startswith("#")]


def commands(name: str) -> list[Command]:
    """Every call of a program in the shell blocks of a page; a script (``#!``) is none of them."""
    found = []
    for block in shell_blocks(name):
        if not block.startswith("#!"):
            found += [Command(name, words) for line in lines(block) for words in simple_commands(line)]
    return found


def simple_commands(line: str) -> list[tuple[str, ...]]:
    """The commands of a line, without pipes, redirections and assignments before the program."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    parts: list[list[str]] = [[]]
    target = False  # whether the next word is the file of a redirection
    for word in lexer:
        if set(word) <= set("|&;"):
            parts.append([])
        elif set(word) <= set("<>"):
            target = True
            if parts[-1] and parts[-1][-1] == "2":
                parts[-1].pop()
        elif target:
            target = False
        elif parts[-1] or not ASSIGNED.fullmatch(word):
            parts[-1].append(word)
    return [tuple(part) for part in parts if part]
