"""A made-up package, and the digests and contents of files."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

WHEEL = "gene_data-1.2.0-py3-none-any.whl"


CONTENT = {
    "gene_data/__init__.py": b"",
    "gene_data/data/a.fsa": b">a\nACGT\n",
    "gene_data/data/b.fsa": b">b\nTTTT\n",
    "gene_data/data/deep/c.fsa": b">c\nGGGG\n",
    "gene_data/data/notes.txt": b"notes\n",
    "gene_data/other/notes.txt": b"other notes\n",
}


PYPI = "pypi:gene-data==1.2.0"


URL = "https://example.org/data/table.csv"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(content: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in content.items():
            archive.writestr(zipfile.ZipInfo(name), value)
    return buffer.getvalue()


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below, hidden ones too, and every folder (as empty bytes)."""
    found = folder.rglob("*")
    return {p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else b"" for p in found}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
