"""The list of licences: what is taken for one, and what makes it fail."""

from __future__ import annotations

import importlib.util
from email.message import Message
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools/licences.py"
SPEC = importlib.util.spec_from_file_location("licences", SCRIPT)
licences = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(licences)


class File:
    def __init__(self, name: str, text: str):
        self.name, self.text = name, text

    def read_text(self, encoding: str) -> str:
        return self.text


class Stated:
    def __init__(self, *headers: tuple[str, str], files: list[File] | None = None):
        self.metadata, self.files = Message(), files
        for key, value in headers:
            self.metadata[key] = value


OSI = "License :: OSI Approved"


@pytest.mark.parametrize(
    ("found", "licence"),
    [
        (Stated(("License-Expression", "MIT"), ("License", "x")), "MIT"),
        (Stated(("Classifier", f"{OSI} :: BSD License"), ("License", "x")), "BSD License"),
        (Stated(("Classifier", OSI), ("License", "Apache 2.0\n\n the whole text")), "Apache 2.0"),
        (Stated(("License", "UNKNOWN"), files=[File("LICENSE", "MIT License\n\nCopyright")]), "MIT License"),
        (Stated(files=[File("LICENSE", "Copyright by somebody"), File("README", "MIT License")]), ""),
        (Stated(), ""),
    ],
)
def test_a_licence_is_found_where_it_is_stated(found, licence):
    assert licences.licence_of(found) == licence


@pytest.mark.parametrize(
    ("part", "licence", "trouble"),
    [
        ("core", "MIT", ""),
        ("core", "GPL-3.0-or-later", "is under the GPL alone"),
        ("core", "GNU General Public License v3 (GPLv3)", "is under the GPL alone"),
        ("core", "AGPL-3.0-only", "is under the GPL alone"),
        ("core", "GPL-2.0-only OR MIT", ""),
        ("core", "LGPL-2.1-or-later", ""),
        ("core", "GNU Lesser General Public License v3 (LGPLv3)", ""),
        ("core", "GPL-3.0-only WITH GCC-exception-3.1", ""),
        ("extra", "GPL-3.0-or-later", ""),
        ("other", "", "states no licence"),
    ],
)
def test_what_is_unknown_or_copyleft_in_the_core_is_trouble(part, licence, trouble):
    assert licences.Entry("x", "1", part, licence).trouble == trouble


def test_the_installed_distributions_are_listed_with_their_parts():
    parts = {entry.name: entry.part for entry in licences.table()}
    assert parts["numpy"] == parts["torch"] == "core" and parts["pytest"] == "extra"
    assert not [e for e in licences.table() if e.part == "core" and e.trouble]
