"""Build the docs site: ``python docs/build_site.py`` writes build/site, which opens without network.

The pages are those of docs/ and the README files they lead to. A page for each verb, the page of the Python
functions and the pages of the notebooks are made from the program and added. It needs the packages of
docs/requirements.lock.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from sitegen.offline import outside
from sitegen.staging import ROOT, stage

ENTRY = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=docs/index.html">\n'


def build(output: Path, strict: bool = True) -> int:
    """Write the site into a folder; the exit code of Sphinx."""
    from sphinx.cmd.build import main

    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")  # the site holds no date of a machine
    source = output.parent / f"{output.name}-source"
    for folder in (source, output):
        shutil.rmtree(folder, ignore_errors=True)
    stage(source)
    configuration = str(Path(__file__).parent / "sitegen")
    words = f"-q -b html -c {configuration} -d {source / '.doctrees'}".split()
    words = [*words, str(source), str(output)]
    code = main([*(["-W", "--keep-going"] if strict else []), *words])
    (output / "index.html").write_text(ENTRY, "utf-8")
    return code


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "build/site")
    given = parser.parse_args()
    code = build(given.output.resolve())
    asked = outside(given.output)
    for line in asked:
        print(f"the site would ask another host: {line}", file=sys.stderr)
    print(f"The site: {given.output / 'index.html'}")
    sys.exit(code or bool(asked))
