"""A package index and a network that answer as a test says, or not at all."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from riboswitch.io import download
from steps.archives import CONTENT, WHEEL, zipped


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A package index that has one wheel."""
    content = zipped(CONTENT)

    def wheel_of(requirement: str, folder: Path) -> Path:
        assert requirement == "gene-data==1.2.0"
        (folder / WHEEL).write_bytes(content)
        return folder / WHEEL

    monkeypatch.setattr(download, "_pip_download", wheel_of)
    return content


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(download, "_pip_download", refuse)
    monkeypatch.setattr(download, "_open_url", refuse)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Let every address answer with these bytes, or raise this error."""

    def answer(value: Any) -> None:
        def open_url(url: str) -> Any:
            if isinstance(value, Exception):
                raise value
            return io.BytesIO(value)

        monkeypatch.setattr(download, "_open_url", open_url)

    return answer
