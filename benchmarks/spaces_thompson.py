"""Thompson sampling of synthons (Klarich et al. 2024, J. Chem. Inf. Model. 64:1158): the rival."""

from __future__ import annotations

WARM_UP = 3  # partners of each synthon that are scored at first
AT_ONCE = 200
MOST_DRAWS = 5  # for each product of the budget; a search that repeats itself ends


class Beliefs:
    """What is believed of the mean score of each synthon of one reaction: normal, of known variance.

    Attributes
    ----------
    means, variances : list of array
        One array for each component.
    noise : float
        Variance of one score about the mean of its synthon.
    """

    def __init__(self, sizes, scores):
        import numpy as np

        self.noise = max(float(np.var(scores)), 1e-6)
        self.means = [np.full(n, float(np.mean(scores))) for n in sizes]
        self.variances = [np.full(n, self.noise) for n in sizes]

    def update(self, places, score):
        """Take in the score of a product."""
        for means, variances, place in zip(self.means, self.variances, places, strict=True):
            variance = variances[place]
            means[place] = (self.noise * means[place] + variance * score) / (self.noise + variance)
            variances[place] = self.noise * variance / (self.noise + variance)

    def draw(self, rng, count):
        """Products whose synthons have the highest sampled means: an array of count by components."""
        import numpy as np

        columns = []
        for means, variances in zip(self.means, self.variances, strict=True):
            sd = np.sqrt(variances)
            columns.append(
                [int(np.argmax(means + sd * rng.standard_normal(len(means)))) for _ in range(count)]
            )
        return np.stack(columns, axis=1)


def thompson(space, judge, best):
    """Recall of the best by sampling over 1 % of the space.

    Parameters
    ----------
    space : Space
    judge : Judge
        Scores products.
    best : set of str
        Ids of the best products.

    Returns
    -------
    dict
        ``recall``, ``scored``: different products, ``draws``.

    Notes
    -----
    Each synthon is scored with three random partners first; the prior of all is the mean and variance of
    these scores. A product that is drawn again is not scored again and does not count, up to five draws for
    each product of the budget.
    """
    import numpy as np

    rng, seen = np.random.default_rng(0), {}
    score = _scorer(space, judge, seen)
    sizes = [[len(rows) for rows in reaction.components] for reaction in space.reactions]
    budget, draws, beliefs = space.products // 100, 0, []
    for which, each in enumerate(sizes):
        places = np.concatenate([_partners(rng, each, side) for side in range(len(each))])
        scores = np.concatenate(
            [score(which, places[start : start + AT_ONCE]) for start in range(0, len(places), AT_ONCE)]
        )
        good = np.isfinite(scores)
        beliefs.append(Beliefs(each, scores[good]))
        for place, value in zip(places[good], scores[good], strict=True):
            beliefs[-1].update(place, value)
    share = np.array([reaction.products for reaction in space.reactions]) / space.products
    while len(seen) < budget and draws < MOST_DRAWS * budget:
        for which, count in enumerate(rng.multinomial(AT_ONCE, share)):
            places = beliefs[which].draw(rng, count)
            draws += count
            for place, value in zip(places, score(which, places), strict=True):
                if np.isfinite(value):
                    beliefs[which].update(place, value)
    found = {name for name, value in seen.items() if np.isfinite(value)}
    return {"recall": len(best & found) / max(len(best), 1), "scored": len(seen), "draws": int(draws)}


def _partners(rng, sizes, side):
    """Products of every synthon of a side with random partners, WARM_UP of each."""
    import numpy as np

    count = WARM_UP * sizes[side]
    columns = [rng.integers(n, size=count) for n in sizes]
    columns[side] = np.repeat(np.arange(sizes[side]), WARM_UP)
    return np.stack(columns, axis=1)


def _scorer(space, judge, seen):
    """A function that scores products of a reaction and remembers them; NaN where there is none."""
    import numpy as np
    from spaces_made import PLAIN

    from riboswitch.modalities.molecule.encode import encode
    from riboswitch.spaces.hits import candidates
    from riboswitch.spaces.plan import Numbering

    numbering, ids = Numbering(space), {}

    def score(which, places):
        numbers = [int(numbering.numbers(which, [np.array([place]) for place in row])[0]) for row in places]
        new = np.array(sorted({number for number in numbers if number not in ids}), np.int64)
        part = candidates(space, np.zeros(len(new)), new, 1)
        ids.update(zip(new.tolist(), part["id"], strict=True))
        seen.update(dict.fromkeys(part["id"], np.nan))
        good = part[part["smiles"] != ""]
        if len(good):
            arrays = encode({"molecule": good["smiles"].tolist()}, good["id"].tolist(), PLAIN)
            seen.update(zip(good["id"], judge.plain(arrays).tolist(), strict=True))
        return np.array([seen[ids[number]] for number in numbers])

    return score
