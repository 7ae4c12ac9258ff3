"""Mol blocks and SD records for tests."""

from __future__ import annotations

from collections.abc import Sequence

from riboswitch.chem import sdf
from riboswitch.chem.ctfile.mol_block import Options
from riboswitch.io.opening import open_lines

CHAIN = [(1, 2, 1), (2, 3, 1)]
# One carbon with four different neighbours; the first bond is a wedge.
CENTRE = [("F", -1.2, -0.7), ("C", 0, 0), ("Cl", 1.2, -0.7), ("Br", 0, 1.4)]
WEDGED = [(2, 1, 1, 1), (2, 3, 1), (2, 4, 1)]


def placed(atoms: Sequence) -> list[tuple]:
    return [a if isinstance(a, tuple) else (a, 1.4 * i, 0.7 * (i % 2)) for i, a in enumerate(atoms)]


def v2000(
    atoms: Sequence = ("C", "C", "O"),
    bonds: Sequence = CHAIN,
    properties: Sequence[str] = (),
    *,
    flag: int = 0,
    program: str = "test",
) -> str:
    lines = [
        "name",
        f"  {program:>8}",
        "",
        f"{len(atoms):3}{len(bonds):3}  0  0{flag:3}  0  0  0  0  0999 V2000",
    ]
    lines += [f"{x:10.4f}{y:10.4f}    0.0000 {symbol:3} 0  0  0  0  0  0  0  0  0  0  0  0"
              for symbol, x, y in placed(atoms)]  # fmt: skip
    lines += ["".join(f"{number:3}" for number in (*bond, 0)[:4]) for bond in bonds]
    return "\n".join([*lines, *properties, "M  END"]) + "\n"


def v3000(
    atoms: Sequence = ("C", "C", "O"),
    bonds: Sequence = CHAIN,
    collections: Sequence[str] = (),
    groups: Sequence[str] = (),
    *,
    counts: tuple[int, int] | None = None,
    flag: int = 0,
    program: str = "test",
) -> str:
    stated = counts or (len(atoms), len(bonds))
    lines = [f"COUNTS {stated[0]} {stated[1]} {len(groups)} 0 {flag}", "BEGIN ATOM"]
    lines += [f"{i} {symbol} {x} {y} 0 0" for i, (symbol, x, y) in enumerate(placed(atoms), 1)]
    lines += ["END ATOM", "BEGIN BOND"]
    for i, (begin, end, order, *stereo) in enumerate(bonds, 1):
        lines.append(f"{i} {order} {begin} {end}" + (" CFG=1" if any(stereo) else ""))
    lines += ["END BOND"]
    for block, content in (("SGROUP", groups), ("COLLECTION", collections)):
        lines += [f"BEGIN {block}", *content, f"END {block}"] if content else []
    text = "\n".join(f"M  V30 {line}" for line in ["BEGIN CTAB", *lines, "END CTAB"])
    return f"name\n  {program:>8}\n\n  0  0  0     0  0            999 V3000\n{text}\nM  END\n"


def rows(path, text: str | bytes, **options) -> list:
    """The rows of an SD file with this text."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with open_lines(path) as lines:
        return list(sdf.molecules(lines, Options(**options)))
