"""The acceptance run on a real cluster: Slurm is started on this machine, disturbed, and taken down again.

    python tests/slurm/acceptance.py                      # all of it: an hour and a half on two cores
    python tests/slurm/acceptance.py --only faults        # one scenario again; the others' results stay

Needs root, Debian or Ubuntu, and the extra `cluster` of this package. Each scenario ends up in the output
with its checks, its figures and, for each fault, the lines that a user saw.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Any

from packages import SetupError
from record import Failed, Record
from scenarios import default, faults, full_disk, overhead, ten_million, time_limit
from stage import Stage
from workplace import REPOSITORY, TooLong

sys.path.append(str(REPOSITORY / "benchmarks"))
from common import machine

SCENARIOS = {
    "default": default.run,
    "faults": faults.run,
    "full-disk": full_disk.run,
    "time-limit": time_limit.run,
    "overhead": overhead.run,
    "ten-million": ten_million.run,
}


def tools() -> dict[str, str]:
    """Versions of what runs the workflow."""
    slurm = subprocess.run(["slurmd", "-V"], capture_output=True, text=True, check=False).stdout.split()
    names = ("snakemake", "snakemake-executor-plugin-slurm")
    return {"slurm": slurm[-1] if slurm else "", **{name: version(name) for name in names}}


def play(name: str, stage: Stage) -> dict[str, Any]:
    """Run one scenario; whatever happens ends as a result."""
    record = Record(name)
    try:
        SCENARIOS[name](stage, record)
    except (Failed, TooLong, SetupError) as error:
        record.error = str(error)
    except (OSError, subprocess.SubprocessError, ValueError, LookupError) as error:
        traceback.print_exc()
        record.error = f"{type(error).__name__}: {error}"
    summary = record.summary()
    record.say(f"{'passed' if summary['passed'] else 'FAILED'} {record.error}".rstrip())
    return summary


def save(results: dict[str, Any], path: Path) -> None:
    """Write the results so far beside those of scenarios that were not run."""
    kept = json.loads(path.read_text())["scenarios"] if path.exists() else {}
    value = {"machine": machine(), "tools": tools(), "scenarios": {**kept, **results}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, default=list(SCENARIOS), metavar="NAME")
    parser.add_argument(
        "--work", type=Path, help="folder for everything, kept; what is in it already is used"
    )
    parser.add_argument("--output", type=Path, help="by default benchmarks/cluster.json")
    parser.add_argument(
        "--laptop", type=Path, help="folder of a finished run of the default analysis by this code"
    )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, no verdict on times: to try the scenarios"
    )
    return parser.parse_args()


def main() -> int:
    """Run the scenarios; 0 if all passed."""
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the cluster is taken down
    work = (chosen.work or Path(tempfile.mkdtemp(prefix="riboswitch-acceptance-"))).resolve()
    work.mkdir(parents=True, exist_ok=True)
    print(f"everything is in {work}", flush=True)
    # What was made small is not kept beside what was measured.
    output = chosen.output or (work if chosen.quick else REPOSITORY / "benchmarks") / "cluster.json"
    stage = Stage(work, chosen.laptop and chosen.laptop.resolve(), chosen.quick)
    results: dict[str, Any] = {}
    try:
        stage.check()
        for name in chosen.only:
            results[name] = play(name, stage)
            save(results, output)
    except SetupError as error:
        print(f"acceptance: {error}", file=sys.stderr)
        return 2
    finally:
        stage.clean_up()
    failed = [name for name, result in results.items() if not result["passed"]]
    print(f"FAILED: {', '.join(failed)}" if failed else "all passed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
