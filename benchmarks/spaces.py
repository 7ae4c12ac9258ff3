"""Measure make-on-demand spaces: exactness, speed, memory, the list. Writes spaces.json.

The space is made here: synthons by cutting bonds of MoleculeNet's molecules (``--data``). Sizes are options,
and stand in the file. Rates are CPU seconds of one thread.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import HERE, ONE_THREAD, Results, cpu_seconds, serve, worker
from spaces_made import COLUMN, PLAIN, amide_space, bundle, chains, write_space

FIRST = (
    "max_rel_diff",
    "products_per_second_128",
    "products_per_second_300",
    "vs_enumeration_128",
    "vs_chemprop_300",
    "minutes_per_billion_two_cores",
    "rss_mb",
    "rss_mb_ten_times_the_products",
    "top1000_equal",
    "thompson_recall",
)
TOP = 1000


def speed(data, most, width, members, share, folder):
    """Products per second of one thread, tables included, over a share of the units; and of enumerating."""
    import numpy as np

    from riboswitch.data.model import Model
    from riboswitch.modalities.molecule.encode import encode
    from riboswitch.spaces.exact.junction import Machine
    from riboswitch.spaces.hits import candidates
    from riboswitch.spaces.judge import Judge
    from riboswitch.spaces.plan import Plan
    from riboswitch.spaces.stream import stream
    from riboswitch.spaces.worker import Wanted

    space = amide_space(data, most, folder)
    model = Model.load(bundle(width, members, folder, data))
    judge = Judge(model, COLUMN)
    machine = Machine.of(judge.networks)
    start = time.process_time()
    plan = Plan.of(space, machine.reach, tagged=False, most_enumerated=10**9)
    planning = time.process_time() - start
    wanted = Wanted(model, COLUMN, False, False, (), 2 * TOP + 100, 10**9)
    least = min(plan.units, key=lambda unit: len(unit.rows))
    stream(Plan(space, [least], plan.junctions), wanted, 1)  # compiles
    units = [unit for number, unit in enumerate(plan.units) if number % share == 0]
    found = []
    scoring = cpu_seconds(lambda: found.append(stream(Plan(space, units, plan.junctions), wanted, 1)))
    scored = found[0].counts["products"]
    some = np.linspace(0, space.products - 1, 2000).astype(np.int64)

    def enumerate_them():
        texts = candidates(space, np.zeros(len(some)), some, 1)["smiles"].tolist()
        judge.plain(encode({"molecule": texts}, [str(i) for i in range(len(texts))], PLAIN))

    enumerating = cpu_seconds(enumerate_them) / len(some)
    return {
        "products": space.products,
        "scored": scored,
        "planning_seconds": planning,
        "scoring_seconds": scoring,
        "members": members,
        "per_second": scored / scoring,
        "enumerated_per_second": 1 / enumerating,
        "vs_enumeration": enumerating * scored / scoring,
        "synthons_a_side": most,
        "units": len(units),
    }


def command(space, model, output, top=TOP, processes=2):
    """The command that a user gives."""
    return [
        sys.executable, "-m", "riboswitch", "screen", str(space), str(model), "--top", str(top),
        "--processes", str(processes), "--most-enumerated", "1000000000", "--output", str(output),
    ]  # fmt: skip


def memory(data, most, folder, members):
    """Peak memory (MB) and wall seconds of the command on two processes."""
    space = amide_space(data, most, folder)
    path = bundle(128, members, folder, data)
    with tempfile.TemporaryDirectory() as place:
        found = worker("peak.py", "peak", command=command(f"{folder}/space", path, f"{place}/best.parquet"))
    return {
        "mb": found["mb"],
        "wall": found["wall"],
        "cpu": found["cpu"],
        "products": space.products,
        "synthons_a_side": most,
        "members": members,
    }


def vast(data, most, middle, folder, large, units):
    """Three components, of the synthons of the large space: planned whole, a few units of it scored."""
    from riboswitch.data.model import Model
    from riboswitch.spaces.exact.junction import Machine
    from riboswitch.spaces.judge import Judge
    from riboswitch.spaces.plan import Plan
    from riboswitch.spaces.stream import stream
    from riboswitch.spaces.worker import Wanted

    def components():
        (reaction,) = amide_space(data, most, large).reactions
        return chains(*([row.synthon.smiles for row in rows] for rows in reaction.components), middle)

    space = write_space(folder, components)
    model = Model.load(bundle(128, 1, folder, data))
    machine = Machine.of(Judge(model, COLUMN).networks)
    start = time.monotonic()
    plan = Plan.of(space, machine.reach, tagged=False, most_enumerated=10**9)
    planning = time.monotonic() - start
    step = max(1, len(plan.units) // units)
    some = Plan(space, plan.units[step // 2 :: step][:units], plan.junctions, plan.chained)
    start, found = time.process_time(), stream(
        some, Wanted(model, COLUMN, False, False, (), 2 * TOP + 100, 10**12), 1
    )  # fmt: skip
    taken = time.process_time() - start
    return {
        "products": space.products,
        "units": len(plan.units),
        "plan_seconds": planning,
        "units_run": len(some.units),
        "scored": found.counts["products"],
        "enumerated": found.counts["enumerated"],
        "per_second": found.counts["products"] / taken,
        "audit_difference": found.worst,
    }


def killed(data, most, folder):
    """Kill a run with SIGKILL while it works, and run it again: whether the bytes are those of one run."""
    amide_space(data, most, folder)
    path, whole, twice = (
        bundle(128, 3, folder, data),
        Path(folder, "whole.parquet"),
        Path(folder, "twice.parquet"),
    )
    environment = {**os.environ, **ONE_THREAD}
    start = time.monotonic()
    subprocess.run(command(f"{folder}/space", path, whole), check=True, env=environment, capture_output=True)
    taken, kills = time.monotonic() - start, 0
    for part in (0.4, 0.6, 0.8):
        run = subprocess.Popen(
            command(f"{folder}/space", path, twice), env=environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            run.wait(part * taken)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            kills += 1
    resumed = Path(f"{twice}.checkpoint").exists()
    subprocess.run(command(f"{folder}/space", path, twice), check=True, env=environment, capture_output=True)
    return {
        "kills": kills,
        "resumed_from_checkpoint": resumed,
        "same_bytes": whole.read_bytes() == twice.read_bytes(),
    }


def chemprop_rate(data, program, folder):
    """Molecules a CPU second of ``chemprop predict`` at its default width of 300."""
    from molecules import PREDICT_ROWS, Bench

    bench = Bench(Path(data), Path(folder), Path(program))
    few, many = (bench.predict("regression", rows)[1] for rows in PREDICT_ROWS)
    return {"per_second": (PREDICT_ROWS[1] - PREDICT_ROWS[0]) / (many - few)}


JOBS = {"speed": speed, "memory": memory, "vast": vast, "killed": killed, "chemprop_rate": chemprop_rate}


def options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--chemprop", type=Path, help="the program, in an environment of its own")
    parser.add_argument("--work", type=Path, help="folder for the spaces, kept; what is in it is used")
    names = ["exactness", "speed", "memory", "vast", "killed", "listing", "thompson"]
    parser.add_argument("--only", nargs="*", choices=names, default=names)
    parser.add_argument("--exact-side", type=int, default=100)
    parser.add_argument("--sampled", type=int, default=100_000)
    parser.add_argument("--share", type=int, default=5, help="every so many units are timed")
    parser.add_argument("--list-side", type=int, default=2300)
    parser.add_argument("--large-side", type=int, default=32_000)
    parser.add_argument("--middle", type=int, default=98)
    parser.add_argument("--output", type=Path, default=HERE / "spaces.json")
    return parser.parse_args()


def main():
    given = options()
    with tempfile.TemporaryDirectory() as temporary:
        measure(given, given.work or Path(temporary), Results(given.output, FIRST))


def measure(given, work, results):
    """Run all jobs, each in a process of its own."""
    data, only = given.data, given.only
    large = {"data": data, "most": given.large_side, "folder": str(work / "large")}
    small = {"data": data, "most": int(given.large_side / 10**0.5), "folder": str(work / "small")}
    if "exactness" in only:
        found = worker(
            "spaces_exact.py", "exactness", data=data, most=given.exact_side, sampled=given.sampled
        )
        results.add(max_rel_diff=found.pop("max_rel_diff"), exactness=found)
    if "speed" in only:
        for width in (128, 300):
            found = worker("spaces.py", "speed", width=width, members=1, share=given.share, **large)
            extra = {"vs_enumeration_128": found["vs_enumeration"]} if width == 128 else {}
            if width == 300 and given.chemprop:
                theirs = worker("spaces.py", "chemprop_rate", data=data, program=str(given.chemprop),
                                folder=str(work / "chemprop"))["per_second"]  # fmt: skip
                extra = {"vs_chemprop_300": found["per_second"] / theirs}
            results.add(
                **{f"products_per_second_{width}": found["per_second"], f"speed_{width}": found}, **extra
            )
    if "memory" in only:
        # Ten times the products of the first: a third of the synthons a side.
        few, many = (worker("spaces.py", "memory", members=3, **each) for each in (small, large))
        results.add(
            rss_mb=few["mb"],
            rss_mb_ten_times_the_products=many["mb"],
            memory=[few, many],
            minutes_per_billion_two_cores=many["wall"] / 60 * 1e9 / many["products"],
        )
    if "vast" in only:
        folder = str(work / "vast")
        results.add(vast=worker("spaces.py", "vast", **{**large, "folder": folder}, large=large["folder"],
                                middle=given.middle, units=3))  # fmt: skip
    if "killed" in only:
        results.add(killed=worker("spaces.py", "killed", **small))
    if "listing" in only:
        found = worker("spaces_exact.py", "listing", data=data, most=given.list_side, top=TOP)
        results.add(top1000_equal=found["equal"], listing=found)
    if "thompson" in only:
        found = worker("spaces_exact.py", "sampled", data=data, most=given.list_side, top=TOP)
        results.add(thompson_recall=found["recall"], thompson=found)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in JOBS:
        serve(JOBS)
    else:
        main()
