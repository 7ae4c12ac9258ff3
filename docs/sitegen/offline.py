"""Whether a site opens without network: what its pages load, and what the style sheets and scripts name."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

LOADED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}
NAMED = {"canonical", "next", "prev", "search", "index", "genindex", "author"}  # links that load nothing
IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in LOADED and given.get("rel") not in NAMED:
            self.loads.append(given.get(LOADED[tag]) or "")


def outside(folder: Path) -> list[str]:
    """What pages and style sheets of a folder would load from another host, as ``file: address``."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".html":
            reader = _Page()
            reader.feed(path.read_text("utf-8"))
            loads = [address for address in reader.loads if re.match("(?:https?:)?//", address)]
        elif path.suffix == ".css":
            loads = IN_STYLES.findall(path.read_text("utf-8"))
        else:
            continue
        found += [f"{path.relative_to(folder)}: {address}" for address in loads]
    return found
