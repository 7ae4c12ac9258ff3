"""Look at finished reports in a browser: errors, requests, speed, accessibility, pictures and paper.

``make acceptance-report`` runs this on the results of the default analysis, and on a large list that is
made of them. Figures go to ``benchmarks/report.json``, pictures to a folder.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from chromium import Chromium
from large import large

from riboswitch.io.atomic_files import write_json
from riboswitch.reporting.record.surroundings import hardware, software

HITS = 5000
MOST_MS, MOST_MB = 100, 10.0
"""Limits of a search or a sort, and of the size of the page."""

SPEED = (Path(__file__).parent / "speed.js").read_text("utf-8")
AXE = """axe.run(document).then((found) => ({
  passed: found.passes.length,
  violations: found.violations.map((v) => ({
    id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.length, first: v.nodes[0].html.slice(0, 120)})),
}))"""
FROM_OUTSIDE = ("http:", "https:", "ws:", "wss:", "ftp:")


def look(browser: Chromium, page: Path, pictures: Path, name: str, axe: str) -> dict[str, Any]:
    """What the browser says of one page."""
    browser.events.clear()
    browser.window(1440, 1000)
    browser.open(page)
    found: dict[str, Any] = {"mb": round(page.stat().st_size / 1e6, 2)}
    if browser.run("!!document.getElementById('hits-data')"):
        found |= tidy(browser.run(SPEED))
        browser.open(page)
        browser.run("document.querySelector('#hits .open').click()")
    for width, dark in ((1440, False), (1440, True), (390, False)):
        browser.window(width, 1000 if width > 600 else 844, dark)
        browser.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
        browser.run("(document.getElementById('short_list') || document.body).scrollIntoView()")
        browser.picture(pictures / f"{name}-{width}{'-dark' if dark else ''}.png")
        found[f"wider_than_{width}"] = browser.run("document.documentElement.scrollWidth > innerWidth")
        if axe:
            browser.run(axe)
            checked = browser.run(AXE)
            found["axe_rules_passed"] = min(
                checked["passed"], found.get("axe_rules_passed", checked["passed"])
            )
            found.setdefault("axe", []).extend(checked["violations"])
    browser.window(1440, 1000)
    found["pdf_mb"] = round(browser.paper(pictures / f"{name}.pdf") / 1e6, 2)
    found |= reported(browser)
    return found


def tidy(found: dict[str, Any]) -> dict[str, Any]:
    """Milliseconds with one decimal place."""
    return {key: tidy(value) if isinstance(value, dict) else round(value, 1) for key, value in found.items()}


def reported(browser: Chromium) -> dict[str, Any]:
    """Errors of the console and requests to a host."""
    errors, requests = [], []
    for event in browser.events:
        values = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent" and values["request"]["url"].startswith(
            FROM_OUTSIDE
        ):
            requests.append(values["request"]["url"])
        if event.get("method") == "Runtime.exceptionThrown":
            errors.append(values["exceptionDetails"]["text"])
        if event.get("method") == "Runtime.consoleAPICalled" and values["type"] in ("error", "warning"):
            errors.append(str(values["args"]))
        if event.get("method") == "Log.entryAdded" and values["entry"]["level"] in ("error", "warning"):
            errors.append(values["entry"]["text"])
    return {"errors": errors, "requests": requests}


def faults(name: str, found: dict[str, Any]) -> list[str]:
    """What a page does not keep."""
    slow = {"search": found.get("search", 0), **{f"sort by {k}": v for k, v in found.get("sort", {}).items()}}
    said = [f"{name}: {what} takes {ms:.0f} ms" for what, ms in slow.items() if ms > MOST_MS]
    said += [f"{name}: {kind}: {each}" for kind in ("errors", "requests") for each in found[kind]]
    said += [f"{name}: {v['id']}: {v['help']}: {v['first']}" for v in found.get("axe", [])
             if v["impact"] in ("serious", "critical")]  # fmt: skip
    if found["mb"] > MOST_MB:
        said.append(f"{name}: {found['mb']} MB")
    return said + [f"{name}: {key}" for key, value in found.items() if key.startswith("wider") and value]


def written(results: Path, data: Path, options: list[str], output: Path) -> float:
    """Make a report of results; returns the CPU seconds that it took."""
    command = [sys.executable, "-m", "riboswitch", "report", str(results), str(data), "--output", str(output)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, *options], check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def maps_of(results: Path) -> list[str]:
    """The options of the report for the maps that there are."""
    words = ["--maps", str(path)] if (path := results / "hit_maps.parquet").exists() else []
    for path in sorted(results.glob("genomes/*/call_maps.parquet")):
        words += ["--call-maps", f"{path.parent.name}={path}"]
    return words


def made(given: argparse.Namespace, place: Path) -> tuple[dict[str, Path], dict[str, float]]:
    """The pages, and what those took that were not there already, in CPU seconds."""
    asked = {"default": (given.results, ["--genome", given.genome, *maps_of(given.results)]),
             "tasks": (given.results, [])}  # fmt: skip
    if given.annotation:
        asked["annotation"] = given.annotation, []
    if not (place / "large.html").exists():
        asked["large"] = place / "results", large(given.results, place / "results", given.hits)
    pages = {name: place / f"{name}.html" for name in [*asked, "large"]}
    seconds = {
        name: written(results, given.data, options, pages[name])
        for name, (results, options) in asked.items()
        if not pages[name].exists()
    }
    return pages, seconds


def main() -> int:
    """Measure, write the figures and say what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--genome", default="usa300")
    parser.add_argument("--annotation", type=Path, help="results of the annotation analysis")
    parser.add_argument("--hits", type=int, default=HITS)
    parser.add_argument("--axe", type=Path, help="axe.min.js of axe-core")
    parser.add_argument("--chromium", default=shutil.which("chromium") or "chromium")
    parser.add_argument("--pictures", type=Path, default=Path(".bench/report"))
    parser.add_argument(
        "--pages", type=Path, help="a folder with pages of an earlier run, which are not made again"
    )
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    given.pictures.mkdir(parents=True, exist_ok=True)
    axe = given.axe.read_text("utf-8") if given.axe else ""
    found = {}
    with tempfile.TemporaryDirectory() as folder, Chromium(given.chromium) as browser:
        version = browser.call("Browser.getVersion")["product"]
        pages, seconds = made(given, given.pages or Path(folder))
        for name, page in pages.items():
            found[name] = look(browser, page, given.pictures, name, axe)
            found[name] |= {"made_cpu_s": round(seconds[name], 1)} if name in seconds else {}
    wrong = [fault for name, figures in found.items() for fault in faults(name, figures)]
    if given.output:
        machine = {"software": software(), "hardware": hardware(), "browser": version}
        write_json({"hits": given.hits, "pages": found, "machine": machine}, given.output)
    for name, figures in found.items():
        print(
            name, {key: value for key, value in figures.items() if key not in ("errors", "requests", "axe")}
        )
    print("\n".join(wrong) or "All that is asked for is kept.")
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
