"""Damage done to a file: seeded changes of bytes, lines and cells, as real files show them."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable

WORDS = [
    b"",
    b" ",
    b"\t",
    b",",
    b";",
    b"\r",
    b"\n",
    b"\r\n",
    b"\0",
    b'"',
    b"'",
    b"\\",
    b"|",
    b">",
    b"@",
    b"=1+1",
    b"-",
    b"--x",
    b"NA",
    b"nan",
    b"NaN",
    b"null",
    b"inf",
    b"-inf",
    b"1e999",
    b"1_000",
    b"0x10",
    b"-1",
    b"0",
    b"99999999999999999999",
    b"1.5",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc3\xa9",
    b"\xe2\x80\xa8",
    b"\xef\xbc\x91",
    b"\xd9\xa3",
    b"$$$$",
    b"M  END",
    b"> <x>",
    b"> <>",
    b"V3000",
    b"*",
    b"%99",
    b"((((((((",
    b")",
    b"[",
    b"]",
    b"[Fe+9]",
    b"[13CH3]",
    b".",
    b"|&1:1|",
    b"|Sg:n:0,1:n:ht|",
    b"/",
    b"//",
    b"LOCUS",
    b"ORIGIN",
    b"complement(",
    b"join(1..2,5..9)",
    b"order(",
    b"<1..>9",
    b"##gff-version 3",
    b"##FASTA",
    b"#",
    b"N",
    b"ACGT" * 50,
    b"%09",
    b"%zz",
    b"{",
    b"}",
    b"[[",
    b":",
    b"true",
    b"<b>",
    b"C" * 600,
]
"""Pieces that readers trip over."""


def damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Return ``data`` after one to four changes; ``others`` are files from which pieces may come."""
    unpacked = _unpacked(data) if rng.random() < 0.7 else None
    packed, data = unpacked is not None, data if unpacked is None else unpacked
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        data = rng.choice(CHANGES)(data, others, rng)
    return gzip.compress(data, mtime=0) if packed else data


def _unpacked(data: bytes) -> bytes | None:
    """The contents of a whole gzip file."""
    try:
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else None
    except (OSError, EOFError, zlib.error):
        return None


def _place(data: bytes, rng: random.Random) -> int:
    return rng.randint(0, len(data))


def flip_bit(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """One bit is turned."""
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def cut_short(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """The end is missing."""
    return data[: _place(data, rng)]


def leave_out(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A short piece is missing."""
    at = _place(data, rng)
    return data[:at] + data[at + rng.randint(1, 40) :]


def insert_word(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A piece that readers trip over is put in."""
    at = _place(data, rng)
    return data[:at] + rng.choice(WORDS) + data[at:]


def repeat_piece(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A piece stands twice."""
    at = _place(data, rng)
    return data[:at] + data[at : at + rng.randint(1, 60)] + data[at:]


def insert_foreign(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A piece of another file is put in."""
    other = rng.choice(others) if others else b""
    at, start = _place(data, rng), _place(other, rng)
    return data[:at] + other[start : start + rng.randint(1, 200)] + data[at:]


def _lines(change: Callable[[list[bytes], random.Random], None]) -> Callable[..., bytes]:
    def changed(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
        lines = data.splitlines(keepends=True)
        if lines:
            change(lines, rng)
        return b"".join(lines)

    return changed


def _drop_line(lines: list[bytes], rng: random.Random) -> None:
    del lines[rng.randrange(len(lines))]


def _double_line(lines: list[bytes], rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    lines.insert(rng.randint(0, len(lines)), lines[at])


def _swap_lines(lines: list[bytes], rng: random.Random) -> None:
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]


def _change_cell(lines: list[bytes], rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    separator = max((b"\t", b",", b" ", b":", b"="), key=lines[at].count)
    cells = lines[at].split(separator)
    cells[rng.randrange(len(cells))] = rng.choice(WORDS)
    lines[at] = separator.join(cells)


def _blank_line(lines: list[bytes], rng: random.Random) -> None:
    lines.insert(rng.randint(0, len(lines)), rng.choice((b"\n", b" \n", b"\t\n", b"\r\n")))


def other_line_ends(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """All lines end in another way."""
    return data.replace(b"\r\n", b"\n").replace(b"\n", rng.choice((b"\r", b"\r\n", b"\n\n")))


CHANGES = [
    flip_bit,
    cut_short,
    leave_out,
    insert_word,
    insert_word,
    repeat_piece,
    insert_foreign,
    other_line_ends,
    _lines(_drop_line),
    _lines(_double_line),
    _lines(_swap_lines),
    _lines(_change_cell),
    _lines(_change_cell),
    _lines(_blank_line),
]
