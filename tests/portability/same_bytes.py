"""The same analysis with other Pythons, users, folders and locales: are the results the same bytes?

    python tests/portability/same_bytes.py                         # `make portability`: half an hour
    python tests/portability/same_bytes.py --only locales nobody   # some of the settings
    python tests/portability/same_bytes.py --python /opt/python3.12/bin/python3.12

Needs Debian, root and network: Debian 13 is unpacked into the folder of the run, and each other version of
Python gets the packages there (6 GB each). What cannot be had is told, with its reason. The exit code is 1 if
any file differs.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pythons
from pythons import NotHad, Python
from runs import TEMPORARY, Failed, Run, differing

KINDS = {
    "hits.csv": "hits.csv",
    "compounds.parquet": "compounds.parquet",
    "metrics.json": "metrics.json",
    "calls.tsv": "genomes/*/calls.tsv",
    "model bundles": "*/model.safetensors",
    "library parts": "library/part-*",
    "report.html": "report.html",
    "all other results": "*",
}
LOCALES = ("C", "C.ASCII", "tr_TR.UTF-8", "de_DE.UTF-8", "tr_TR.ISO-8859-9")
ODD = "é è $(x) {y}'z"
# A host program may switch the locale on for all that runs in it, numbers with a comma included.
SWITCHED_ON = 'import locale\nlocale.setlocale(locale.LC_ALL, "")\n'
PARTS = ("locales", "nobody", "folder", "pythons", "debian")


class Comparison:
    """The first run, and what was found of the others."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.first = Run(work / "first", pythons.this_one())
        self.settings: dict[str, dict[str, Any]] = {}
        self.not_tried: dict[str, str] = {}

    def start(self) -> None:
        """The run that all are compared with."""
        kept = self.first.folder / "finished.txt"
        if not kept.exists():
            self.first.make()
            kept.write_text(self.first.whole(), "utf-8")
        self.printed, self.digests = kept.read_text("utf-8"), self.first.digests()

    def add(self, name: str, run: Run, *, whole: bool, **facts: Any) -> None:
        """Run and compare; if a whole run made other bundles, run again with those of the first."""
        print(f"{name}: ", end="", flush=True)
        found: dict[str, Any] = {
            "analysis": "whole" if whole else "with the bundles of the first run",
            **facts,
        }
        try:
            run.make(None if whole else self.first.place)
            if whole:
                run.whole()
            else:
                run.repeat(self.printed)
            different = differing(self.digests, run.digests())
            found |= {"equal": by_kind(self.digests, different), "different": different}
        except (Failed, OSError) as error:
            found["error"] = str(error)
        print(
            found.get("error") or f"{len(found['different'])} of {len(self.digests)} files differ", flush=True
        )
        self.settings[name] = found
        if whole and any(n.endswith("model.safetensors") for n in found.get("different", ())):
            again = replace(run, folder=run.folder.with_name(f"{run.folder.name} again"))
            self.add(f"{name}, bundles of the first run", again, whole=False, **facts)

    def tried(self, name: str, what: Callable[[], None]) -> None:
        """Do it, or note why it cannot be done here."""
        try:
            what()
        except NotHad as error:
            print(f"{name}: not tried: {error}", flush=True)
            self.not_tried[name] = str(error)


def by_kind(digests: dict[str, str], different: list[str]) -> dict[str, bool]:
    """For each kind of file whether all are equal; a file counts for the first kind that it matches."""
    kinds: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for name in {*digests, *different}:
        kind = next(k for k, pattern in KINDS.items() if fnmatch.fnmatch(name, pattern))
        kinds[kind].add(name)
    return {kind: bool(names) and names.isdisjoint(different) for kind, names in kinds.items()}


def locales(c: Comparison) -> None:
    """Locales of other letters and numbers, compiled into a folder; one of them knows no Unicode."""
    folder = c.work / "locales"
    switch = c.work / "switch"
    switch.mkdir(exist_ok=True)
    (switch / "sitecustomize.py").write_text(SWITCHED_ON)
    for name in LOCALES:
        environment = {"LC_ALL": name.partition(".ASCII")[0], "LOCPATH": str(folder), "TZ": "Asia/Kathmandu"}
        if name.endswith("ASCII"):
            environment |= {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        if "_" in name:
            _compile(c.work, name, folder)
        python = replace(c.first.python, packages=str(switch))
        c.add(f"locale {name}", Run(c.work / f"locale-{name}", python, environment), whole=False)


def _compile(work: Path, name: str, folder: Path) -> None:
    language, _, letters = name.partition(".")
    if (folder / name).exists():
        return
    folder.mkdir(exist_ok=True)
    texts = pythons.fetched(work, "locales") / "usr/share/i18n"
    compiled = subprocess.run(
        ["localedef", "-i", language, "-f", letters, str(folder / name)],
        env=os.environ | {"I18NPATH": str(texts)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not (folder / name / "LC_CTYPE").exists():
        raise NotHad(f"localedef {name}: {compiled.stderr.strip()[-200:]}")


def nobody(c: Comparison, mirror: str) -> None:
    """A user without a home, who may write nothing but the folder of the analysis."""
    python = _for_nobody(c, mirror)
    cache = str(c.work / "nobody" / TEMPORARY)  # without a home, Snakemake must be told of a place
    run = Run(
        c.work / "nobody",
        python,
        {"HOME": "", "XDG_CACHE_HOME": cache},
        nobody=True,
        shell="umask 077 && ",
    )
    c.add("user nobody, no home, a clone to read only", run, whole=True, **python.facts())
    run = Run(c.work / "nobody-home", python, {"HOME": "/proc"}, nobody=True)
    c.add("user nobody, a home to read only", run, whole=False, **python.facts())


def _for_nobody(c: Comparison, mirror: str) -> Python:
    """This Python, the system's of the same version with this one's packages, or Debian 13's."""
    this = c.first.python
    site = os.pathsep.join(p for p in sys.path if p.endswith("site-packages"))
    system = Python("of this system, /usr/bin/python3", "/usr/bin/python3", packages=site)
    for python in (this, system):
        with suppress(NotHad):
            if (
                python.ask("import torch, sys; print('%d.%d' % sys.version_info[:2])", nobody=True)
                == this.version()
            ):
                return python
    return pythons.debian13(c.work, mirror).with_packages(c.work)


def folder(c: Comparison) -> None:
    """Clone and analysis in a folder whose name has blanks, accents and letters that a shell reads."""
    c.add(f"folder {ODD}", Run(c.work / ODD, c.first.python), whole=True)


def other_pythons(c: Comparison, programs: list[str]) -> None:
    """Pythons of this machine."""
    for program in programs:

        def one(program: str = program) -> None:
            python = pythons.of_this_machine(program).with_packages(c.work)
            run = Run(c.work / f"python-{Path(program).name}", python)
            c.add(f"Python {python.version()} {python.build}", run, whole=True, **python.facts())

        c.tried(f"Python {program}", one)


def debian(c: Comparison, mirror: str) -> None:
    """Python of Debian 13."""
    python = pythons.debian13(c.work, mirror).with_packages(c.work)
    c.add(
        f"Python {python.version()} of Debian 13",
        Run(c.work / "debian13", python),
        whole=True,
        **python.facts(),
    )


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument(
        "--python", nargs="+", default=["python3.12", "python3.13"], help="names or paths of other Pythons"
    )
    parser.add_argument("--mirror", default="http://deb.debian.org/debian", help="of Debian")
    parser.add_argument("--work", type=Path, help="keep everything here; what is in it already is used")
    parser.add_argument("--output", type=Path, help="add the answer to this file (.json) as same_bytes")
    return parser.parse_args()


def main() -> int:
    """Run the settings; 0 if all results are equal."""
    given = options()
    if os.geteuid() != 0:
        sys.exit("same_bytes: run it as root: it changes users and unpacks a Debian")
    work = (given.work or Path(tempfile.mkdtemp(prefix="riboswitch-portability-"))).resolve()
    work.mkdir(parents=True, exist_ok=True)
    work.chmod(0o755)
    print(f"everything is in {work}", flush=True)
    c = Comparison(work)
    c.start()
    parts = {
        "locales": lambda: locales(c),
        "nobody": lambda: nobody(c, given.mirror),
        "folder": lambda: folder(c),
        "pythons": lambda: other_pythons(c, given.python),
        "debian": lambda: debian(c, given.mirror),
    }
    for name in given.only:
        c.tried(name, parts[name])
    answer = {"first": c.first.python.facts(), "settings": c.settings, "not_tried": c.not_tried}
    print(json.dumps(answer, indent=1, ensure_ascii=False))
    if given.output:
        save(given.output, answer)
    return int(any(s.get("error") or s["different"] for s in c.settings.values()))


def save(path: Path, answer: dict[str, Any]) -> None:
    """Add the answer to the file; what others wrote there stays."""
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps(kept | {"same_bytes": answer}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
