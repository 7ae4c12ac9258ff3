"""Whether a space gives the answers of its full enumeration: scores, and the list of the best."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor

from common import cpu_seconds, serve, worker
from spaces_made import COLUMN, CUTS, PLAIN, bundle, chains, cut, write_space
from spaces_thompson import thompson

PARTS = 2  # processes that enumerate
LISTED = ("amide", "amine")  # reactions of the space whose list is compared


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
        space = write_space(folder, lambda: every_kind(data, most))
        model = Model.load(bundle(128, 3, folder, data))
    judge = Judge(model, COLUMN)
    machine = Machine.of(judge.networks)
    plan = Plan.of(space, machine.reach, tagged=False, most_enumerated=10**12)
    share, rng = min(1.0, sampled / space.products), np.random.default_rng(0)
    worst, compared, enumerated, changed, stereo = 0.0, 0, 0, 0, 0
    work = Worker(plan, Wanted(model, COLUMN, False, False, (), 1, 0))

    def check(junction, block):
        nonlocal worst, compared, changed, stereo, enumerated
        if isinstance(block, np.ndarray):
            enumerated += len(block)
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
        "must_be_enumerated": enumerated,
        "changed_by_standardising": changed / max(compared, 1),
        "synthons_a_side": most,
    }


def every_kind(data, most):
    """Components of all cuts, and of one reaction of three components."""
    made = cut(data, CUTS, most)
    return made | chains(*made["amide"], middle=12)


def listing(data, most, top):
    """Whether the list equals that of the full enumeration."""
    import numpy as np

    from riboswitch.data.model import Model
    from riboswitch.screening.screeners import ScreenSettings
    from riboswitch.spaces.judge import Judge
    from riboswitch.spaces.screen_space import Search, search_space

    with tempfile.TemporaryDirectory() as folder:
        space = write_space(folder, lambda: cut(data, LISTED, most))
        path = bundle(128, 3, folder, data)
        model = Model.load(path)
        table, counts = search_space(space, ScreenSettings({"": model}), Search(top, COLUMN), 1)
        with ThreadPoolExecutor(PARTS) as pool:
            runs = [pool.submit(worker, "spaces_enumerated.py", "enumerated", folder=f"{folder}/space",
                                model=str(path), part=part, parts=PARTS, most=4 * top,
                                output=f"{folder}/{part}.npz") for part in range(PARTS)]  # fmt: skip
        scored = sum(run.result()["scored"] for run in runs)
        found = [np.load(f"{folder}/{part}.npz") for part in range(PARTS)]
    judge = Judge(model, COLUMN)
    numbers, unread = (np.concatenate([part[name] for part in found]) for name in ("numbers", "unread"))
    best = as_screened(space, judge, np.sort(np.concatenate([numbers, unread])))
    ids = best["id"].head(top).tolist()
    return {
        "equal": int(ids == table["id"].tolist()),
        "shared": len(set(ids) & set(table["id"])),
        "score_difference": float(
            np.abs(best["score"].head(top).to_numpy() - table[COLUMN].to_numpy()).max()
        ),
        "top": top,
        "products": space.products,
        "enumerated": scored,
        "written_alike": written_alike(space),
        "counts": counts,
    }


def sampled(data, most, top):
    """Recall of the list by Thompson sampling in the space of `listing`, whose list is the true one."""
    from riboswitch.data.model import Model
    from riboswitch.screening.screeners import ScreenSettings
    from riboswitch.spaces.judge import Judge
    from riboswitch.spaces.screen_space import Search, search_space

    with tempfile.TemporaryDirectory() as folder:
        space = write_space(folder, lambda: cut(data, LISTED, most))
        model = Model.load(bundle(128, 3, folder, data))
    tables, found = [], {}
    seconds = cpu_seconds(
        lambda: tables.append(search_space(space, ScreenSettings({"": model}), Search(top, COLUMN), 1)[0])
    )
    best, judge = set(tables[0]["id"]), Judge(model, COLUMN)
    theirs = cpu_seconds(lambda: found.update(thompson(space, judge, best)))
    return {"top": top, "products": space.products, **found, "seconds": theirs, "exact_seconds": seconds}


def as_screened(space, judge, numbers):
    """Products standardised and scored as those of a file, the best first; each compound once."""
    import numpy as np

    from riboswitch.chem.standardize import Standardized, standardize
    from riboswitch.modalities.molecule.encode import encode
    from riboswitch.spaces.hits import candidates

    found = candidates(space, np.zeros(len(numbers)), numbers, 1)
    forms = [standardize(text) for text in found["smiles"]]
    found["smiles"] = [each.smiles if isinstance(each, Standardized) else "" for each in forms]
    found = found[found["smiles"] != ""].drop_duplicates("smiles")
    found["score"] = judge.plain(encode({"molecule": found["smiles"].tolist()}, found["id"].tolist(), PLAIN))
    return found.sort_values("score", ascending=False, kind="stable")


def written_alike(space, sampled=2000):
    """Share of products whose SMILES for the enumeration is the same compound as the joined molecule."""
    import numpy as np
    from rdkit import Chem
    from spaces_enumerated import texts_of

    from riboswitch.spaces.hits import candidates

    chosen = np.random.default_rng(0).choice(space.products, min(sampled, space.products), replace=False)
    chosen.sort()
    joined = candidates(space, np.zeros(len(chosen)), chosen, 1)["smiles"]
    place, same = 0, 0
    for start, texts in texts_of(space):
        while place < len(chosen) and chosen[place] < start + len(texts):
            mol = Chem.MolFromSmiles(texts[chosen[place] - start])
            same += mol is not None and Chem.MolToSmiles(mol) == joined[place]
            place += 1
    return same / len(chosen)


if __name__ == "__main__":
    serve({"exactness": exactness, "listing": listing, "sampled": sampled})
