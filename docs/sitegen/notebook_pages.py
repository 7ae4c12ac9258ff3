"""A notebook as a page: its texts, and its code as blocks. Outputs are not kept in the notebooks."""

from __future__ import annotations

import json
from pathlib import Path


def cells(path: Path) -> list[tuple[str, str]]:
    """Kind (``markdown`` or ``code``) and text of each cell."""
    notebook = json.loads(path.read_text("utf-8"))
    return [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]


def notebook_page(path: Path) -> str:
    """The page in Markdown."""
    link = f"[The notebook as a file]({path.name}) runs from its own folder.\n"
    blocks = [text if kind == "markdown" else f"```python\n{text}\n```" for kind, text in cells(path)]
    return "\n\n".join([*blocks, link])
