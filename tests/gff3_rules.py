"""What validators check in a GFF3 file, written from the specification."""

from __future__ import annotations

import re
from urllib.parse import unquote


def assert_valid(text):
    """Check a file, and return its features as (seqid, kind, start, end, attributes)."""
    lines = text.split("\n")
    assert lines[0] == "##gff-version 3" and lines[-1] == ""
    regions, found, ids, circular = {}, [], set(), set()
    for line in lines[1:-1]:
        if line.startswith("##sequence-region "):
            _, seqid, first, last = line.split(" ")
            assert seqid not in regions and first == "1"
            regions[seqid] = int(last)
            continue
        assert not line.startswith("#")
        seqid, source, kind, start, end, score, strand, phase, attributes = line.split("\t")
        assert re.fullmatch(r"(?:[a-zA-Z0-9.:^*$@!+_?|-]|%[0-9A-F]{2})+", seqid) and source and kind
        assert 1 <= int(start) <= int(end) and strand in "+-.?" and phase in "012."
        assert (phase == ".") == (kind != "CDS")
        assert score == "." or float(score) is not None
        assert not re.search(r"[\x00-\x1f\x7f]", attributes)
        pairs = [item.split("=") for item in attributes.split(";")]
        assert all(len(pair) == 2 and pair[0] for pair in pairs)
        values = {unquote(name): unquote(value) for name, value in pairs}
        assert len(values) == len(pairs)
        if "ID" in values:
            assert values["ID"] not in ids, f"the ID {values['ID']!r} stands twice"
            ids.add(values["ID"])
        if values.get("Is_circular") == "true":
            circular.add(seqid)
        found.append((seqid, kind, int(start), int(end), values))
    for seqid, _, _, end, values in found:
        assert set(values.get("Parent", "").split(",")) <= ids | {""}
        assert not regions or end <= regions[seqid] * (2 if seqid in circular else 1)
    return [(unquote(seqid), *rest) for seqid, *rest in found]
