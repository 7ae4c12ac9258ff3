"""Measure make-on-demand spaces: exactness, speed, memory, the list. Writes spaces.json.

The space is made here: synthons by cutting bonds of MoleculeNet's molecules (``--data``). Sizes are options,
and stand in the file. Rates are CPU seconds of one thread.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from common import HERE, Results, cpu_seconds, serve, worker

PLAIN = {"descriptors": "none"}  # networks read no descriptors
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
CUTS = {
    "amide": "[CX3;!R](=O)-[NX3]",
    "amine": "[NX3]-[CH2;!$(C-[!#6;!#1;!N])]",
    "biaryl": "c-!@c",
    "ether": "[OX2]-!@[#6X4]",
    "sulfonamide": "[SX4](=O)(=O)-[NX3]",
    "benzyl": "c-!@[CX4]",
    "ester": "[CX3;!R](=O)-[OX2]",
    "aniline": "[NX3]-!@c",
    "aryl ether": "[OX2]-!@c",
    "thioether": "[SX2]-!@[#6]",
}


@cache
def made_of_tests():
    """The module of the tests that cuts molecules and makes networks; its folder has this script's name."""
    tests = HERE.parent / "tests"
    sys.path.insert(0, str(tests))
    spec = importlib.util.spec_from_file_location("made_space", tests / "spaces/made.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def synthons(data, pattern, most, seed=0):
    """Synthons of both sides of a bond of MoleculeNet's molecules."""
    texts = molecules(data)
    random.Random(seed).shuffle(texts)
    sides = {}, {}
    for text in texts:
        if min(map(len, sides)) >= most:
            break
        for pair in made_of_tests().halves(text, pattern):
            for side, part in zip(sides, pair, strict=True):
                if len(side) < most and part.count("*") == 1 and len(part) < 60:
                    side.setdefault(part)
    return [sorted(side) for side in sides]


def molecules(data):
    """SMILES of the sets in ``data``, canonical, without salts, each once."""
    import gzip

    import pandas as pd
    from rdkit import Chem, rdBase

    found = {}
    for path in sorted(Path(data, "moleculenet").glob("*.csv*")):
        with gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8") as handle:
            table = pd.read_csv(handle)
        column = next((c for c in ("smiles", "mol", "SMILES") if c in table), None)
        for text in table[column] if column else ():
            if "." not in str(text):
                found.setdefault(str(text))
    made = {}
    with rdBase.BlockLogs():
        for text in found:
            mol = Chem.MolFromSmiles(text)
            if mol is not None:
                made.setdefault(Chem.MolToSmiles(mol))
    return sorted(made)


def write_space(data, reactions, most, folder, middle=0):
    """A space of so many synthons a side for each reaction; with a middle, one of three components, too."""
    from riboswitch.steps.space import space

    lines = ["SMILES\tsynton_id\tsynton#\treaction_id"]
    for name in reactions:
        for number, side in enumerate(synthons(data, CUTS[name], most), 1):
            lines += [f"{text}\t{name}-{number}-{i}\t{number}\t{name}" for i, text in enumerate(side)]
    if middle:
        a, b = synthons(data, CUTS["amide"], 40)
        links = [f"[1*]N{'C' * n}[2*]" for n in range(1, 9)] + ["[1*]N[C@H](C)C[2*]", "[1*]Nc1ccc([2*])cc1"]
        b = [text.replace("[1*]", "[2*]") for text in b]
        for number, side in enumerate((a, links[:middle], b), 1):
            lines += [f"{text}\tchain-{number}-{i}\t{number}\tchain" for i, text in enumerate(side)]
    path = Path(folder) / "synthons.txt"
    path.write_text("\n".join(lines) + "\n")
    return space(path, output=Path(folder) / "space")


def bundle(width, members, folder):
    """Networks of this width that learned nothing: as fast and as exact as others."""
    path = Path(folder) / f"{width}-{members}.safetensors"
    made_of_tests().model("binary", members, hidden=width, ffn_hidden=width).save(path)
    return path


def exactness(data, most, sampled):
    """Largest relative difference of outputs to enumeration, over sampled products of all reactions."""
    import numpy as np

    from riboswitch.chem.standardize import Standardized, standardize
    from riboswitch.data.model import Model
    from riboswitch.modalities.molecule.encode import encode
    from riboswitch.spaces.exact.joining import product_smiles
    from riboswitch.spaces.exact.junction import Machine
    from riboswitch.spaces.judge import Judge
    from riboswitch.spaces.plan import Plan
    from riboswitch.spaces.worker import Wanted, Worker

    with tempfile.TemporaryDirectory() as folder:
        space = write_space(data, list(CUTS), most, folder, middle=10)
        model = Model.load(bundle(128, 3, folder))
    judge = Judge(model, "p_y")
    machine = Machine.of(judge.networks)
    plan = Plan.of(space, machine.reach, tagged=False, most_enumerated=10**12)
    share, rng = min(1.0, sampled / space.products), np.random.default_rng(0)
    worst, compared, enumerated, changed, stereo = 0.0, 0, 0, 0, 0
    work = Worker(plan, Wanted(model, "p_y", False, False, (), 1, 0))

    def check(junction, block):
        nonlocal worst, compared, changed, stereo
        if isinstance(block, np.ndarray):
            return
        i, j = block.inside()
        chosen = np.flatnonzero(rng.random(len(i)) < share)
        i, j = i[chosen], j[chosen]
        if not len(i):
            return
        texts = [
            product_smiles((junction.a.side.smiles[a], junction.b.side.smiles[b]))
            for a, b in zip(block.a.rows[i], block.b.rows[j], strict=True)
        ]
        arrays = encode({"molecule": texts}, [str(k) for k in range(len(texts))], PLAIN)
        raw = block.outputs(i, j)
        found = np.stack([judge.predictor.finish(n, each) for n, each in enumerate(raw)])
        plain = judge.predictor.members(arrays)
        worst = max(worst, float((np.abs(found - plain) / np.maximum(np.abs(plain), 1e-3)).max()))
        compared += len(texts)
        stereo += sum("@" in text or "/" in text for text in texts)
        forms = [standardize(text) for text in texts]
        changed += sum(
            not isinstance(f, Standardized) or f.smiles != t for f, t in zip(forms, texts, strict=True)
        )

    work.counts = dict.fromkeys(("products", "no_product"), 0)
    work._blocks = lambda junction, rows, *_: [
        check(junction, block) for block in junction.blocks(rows, machine, [])
    ]  # the pieces of a run, compared instead of ranked
    for unit in plan.units:
        if unit.kind == "enumerated":
            enumerated += int(unit.rows[1] - unit.rows[0])
        else:
            {"tables": work._tables, "virtual": work._virtual}[unit.kind](unit)
    return {
        "max_rel_diff": worst,
        "compared": compared,
        "with_stereo": stereo,
        "reactions": len(space.reactions),
        "products": space.products,
        "changed_by_standardising": changed / max(compared, 1),
        "synthons_a_side": most,
    }


def speed(data, most, width, members):
    """Products per second of one thread: preparing apart, tables and scores together; and enumerating."""
    import numpy as np

    from riboswitch.data.model import Model
    from riboswitch.modalities.molecule.encode import encode
    from riboswitch.spaces.exact.junction import Machine
    from riboswitch.spaces.exact.properties import read_limits
    from riboswitch.spaces.hits import candidates
    from riboswitch.spaces.judge import Judge
    from riboswitch.spaces.plan import Plan
    from riboswitch.spaces.stream import stream
    from riboswitch.spaces.worker import Wanted

    with tempfile.TemporaryDirectory() as folder:
        space = write_space(data, ["amide"], most, folder)
        model = Model.load(bundle(width, members, folder))
    judge = Judge(model, "p_y")
    machine = Machine.of(judge.networks)
    start = time.process_time()
    plan = Plan.of(space, machine.reach, tagged=False, most_enumerated=10**9)
    preparing = time.process_time() - start
    wanted = Wanted(model, "p_y", False, False, tuple(read_limits([])), 2100, 10**9)
    stream(Plan(space, plan.units[:1], plan.junctions), wanted, 1)  # compiles
    scoring = cpu_seconds(lambda: stream(plan, wanted, 1))
    some = np.arange(0, space.products, max(1, space.products // 2000))

    def enumerate_them():
        texts = candidates(space, np.zeros(len(some)), some, 1)["smiles"].tolist()
        judge.plain(encode({"molecule": texts}, [str(i) for i in range(len(texts))], PLAIN))

    enumerating = cpu_seconds(enumerate_them) / len(some)
    return {
        "products": space.products,
        "preparing_seconds": preparing,
        "scoring_seconds": scoring,
        "members": members,
        "per_second": space.products / scoring,
        "vs_enumeration": enumerating * space.products / scoring,
        "synthons_a_side": most,
        "units": len(plan.units),
    }


def listing(data, most, top):
    """Whether the list equals that of the full enumeration."""
    import numpy as np

    from riboswitch.data.model import Model
    from riboswitch.modalities.molecule.encode import encode
    from riboswitch.screening.screeners import ScreenSettings
    from riboswitch.spaces.hits import candidates
    from riboswitch.spaces.judge import Judge
    from riboswitch.spaces.screen_space import Search, search_space

    with tempfile.TemporaryDirectory() as folder:
        space = write_space(data, ["amide", "amine"], most, folder)
        model = Model.load(bundle(128, 3, folder))
    table, counts = search_space(space, ScreenSettings({"": model}), Search(top, "p_y"), 1)
    found, judge, scores = None, Judge(model, "p_y"), []
    import pandas as pd

    parts = []
    for start in range(0, space.products, 20_000):
        numbers = np.arange(start, min(start + 20_000, space.products))
        part = candidates(space, np.zeros(len(numbers)), numbers, 1)
        part = part[part["smiles"] != ""]
        scores.append(judge.plain(encode({"molecule": part["smiles"].tolist()}, part["id"].tolist(), PLAIN)))
        parts.append(part[["id", "smiles"]])
    found = pd.concat(parts, ignore_index=True).assign(score=np.concatenate(scores)).drop_duplicates("smiles")
    ids = found.sort_values("score", ascending=False, kind="stable")["id"].head(top).tolist()
    return {
        "equal": int(ids == table["id"].tolist()),
        "shared": len(set(ids) & set(table["id"])),
        "top": top,
        "products": space.products,
        "thompson": thompson(space, judge, set(ids)),
        "counts": counts,
    }


def thompson(space, judge, best):
    """Recall of the best by Thompson sampling of synthons over 1 % of the space (Klarich et al. 2024)."""
    import numpy as np

    from riboswitch.modalities.molecule.encode import encode
    from riboswitch.spaces.hits import candidates
    from riboswitch.spaces.plan import Numbering

    rng, numbering, seen = np.random.default_rng(0), Numbering(space), {}
    budget = space.products // 100
    sizes = [[len(rows) for rows in r.components] for r in space.reactions]
    sums = [[np.zeros(n) for n in each] for each in sizes]
    counts = [[np.zeros(n) for n in each] for each in sizes]
    share = np.array([r.products for r in space.reactions]) / space.products
    while len(seen) < budget:
        asked = []
        for _ in range(min(200, budget)):
            which = int(rng.choice(len(sizes), p=share))
            places = []
            for total, count in zip(sums[which], counts[which], strict=True):
                mean, sd = total / np.maximum(count, 1), 0.3 / np.sqrt(count + 1)
                places.append(int(np.argmax(rng.normal(mean + (count == 0), sd))))
            asked.append((which, places))
        numbers = np.array([numbering.numbers(w, [np.array([p]) for p in places])[0] for w, places in asked])
        part = candidates(space, np.zeros(len(numbers)), numbers, 1)
        good = (part["smiles"] != "").to_numpy()
        scores = judge.plain(
            encode({"molecule": part["smiles"][good].tolist()}, part["id"][good].tolist(), PLAIN)
        )
        for (which, places), name, score in zip(
            (a for a, g in zip(asked, good, strict=True) if g), part["id"][good], scores, strict=True
        ):
            seen[name] = score
            for side, place in enumerate(places):
                sums[which][side][place] += score
                counts[which][side][place] += 1
        budget -= sum(1 for name in part["id"] if name in seen) // 50  # repeats cost, too
    return len(best & seen.keys()) / max(len(best), 1)


def memory(data, most, reactions, top):
    """Peak memory (MB) and wall seconds of the command on two processes."""
    with tempfile.TemporaryDirectory() as folder:
        space = write_space(data, reactions, most, folder)
        path = bundle(128, 3, folder)
        command = [
            sys.executable,
            "-m",
            "riboswitch",
            "screen",
            f"{folder}/space",
            str(path),
            "--top",
            str(top),
            "--processes",
            "2",
            "--most-enumerated",
            "1000000000",
            "--output",
            f"{folder}/best.parquet",
        ]
        found = worker("peak.py", "peak", command=command)
    return {"mb": found["mb"], "wall": found["wall"], "products": space.products, "synthons_a_side": most}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--only", nargs="*", default=["exactness", "speed", "listing", "memory"])
    parser.add_argument(
        "--chemprop-per-second",
        type=float,
        default=0.0,
        help="molecules a second and core of chemprop predict at width 300, from molecules.json's run",
    )
    parser.add_argument("--exact-side", type=int, default=100)
    parser.add_argument("--sampled", type=int, default=100_000)
    parser.add_argument("--speed-side", type=int, default=4000)
    parser.add_argument("--list-side", type=int, default=2300)
    parser.add_argument("--large-side", type=int, default=32_000)
    parser.add_argument("--output", type=Path, default=HERE / "spaces.json")
    options = parser.parse_args()
    results, data = Results(options.output, FIRST), options.data

    def job(name, **arguments):
        return worker("spaces.py", name, data=data, **arguments)

    if "exactness" in options.only:
        found = job("exactness", most=options.exact_side, sampled=options.sampled)
        results.add(max_rel_diff=found.pop("max_rel_diff"), exactness=found)
    if "speed" in options.only:
        for width in (128, 300):
            found = job("speed", most=options.speed_side, width=width, members=1)
            extra = {"vs_enumeration_128": found["vs_enumeration"]} if width == 128 else {}
            if width == 300 and options.chemprop_per_second:
                extra["vs_chemprop_300"] = found["per_second"] / options.chemprop_per_second
            results.add(
                **{f"products_per_second_{width}": found["per_second"], f"speed_{width}": found}, **extra
            )
    if "listing" in options.only:
        found = job("listing", most=options.list_side, top=1000)
        results.add(top1000_equal=found["equal"], thompson_recall=found["thompson"], listing=found)
    if "memory" in options.only:
        # Ten times the products of the second: a third of the synthons a side.
        small = job("memory", most=int(options.large_side / 10**0.5), reactions=["amide"], top=1000)
        large = job("memory", most=options.large_side, reactions=["amide"], top=1000)
        results.add(
            rss_mb=small["mb"],
            rss_mb_ten_times_the_products=large["mb"],
            memory=[small, large],
            minutes_per_billion_two_cores=large["wall"] / 60 * 1e9 / large["products"],
        )


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in ("exactness", "speed", "listing", "memory"):
        serve({"exactness": exactness, "speed": speed, "listing": listing, "memory": memory})
    else:
        main()
