"""Thompson sampling of synthons (Klarich et al. 2024, J. Chem. Inf. Model. 64:1158): the rival."""

from __future__ import annotations

from collections import defaultdict

WARM_UP = 3  # partners of each synthon that are scored at first
AT_ONCE = 200
SHARES = (0.003, 0.005, 0.01)  # of the products


class Search:
    """What is believed of the mean score of each synthon of one reaction: normal, of known variance.

    Attributes
    ----------
    sizes : list of int
        Synthons of each component.
    means, variances : list of array
        One array for each component, from `warm_up` on.
    noise : float
        Variance of one score about the mean of its synthon, from `warm_up` on.
    """

    def __init__(self, sizes):
        self.sizes, self._taken = sizes, defaultdict(set)

    def warm_up(self, scored):
        """Set the prior to the mean and variance of the first scores, and learn from them."""
        import numpy as np

        scores = [score for _, score in scored]
        self.noise = max(float(np.var(scores)), 1e-6)
        self.means = [np.full(size, float(np.mean(scores))) for size in self.sizes]
        self.variances = [np.full(size, self.noise) for size in self.sizes]
        self.learn(scored)

    def learn(self, scored):
        """Take in the scores of products: pairs of places and score."""
        for places, score in scored:
            for means, variances, place in zip(self.means, self.variances, places, strict=True):
                variance = variances[place]
                means[place] = (self.noise * means[place] + variance * score) / (self.noise + variance)
                variances[place] = self.noise * variance / (self.noise + variance)

    def take(self, places):
        """Remember a product: it is not drawn again. Whether it is new."""
        new = places[0] not in self._taken[0, tuple(places[1:])]
        for side, place in enumerate(places):
            self._taken[side, (*places[:side], *places[side + 1 :])].add(place)
        return new

    def draw(self, rng):
        """The places of the synthons with the highest sampled means, a product that is new."""
        import numpy as np

        sampled = [
            means + np.sqrt(variances) * rng.standard_normal(len(means))
            for means, variances in zip(self.means, self.variances, strict=True)
        ]
        places = [int(each.argmax()) for each in sampled]
        side = int(rng.integers(len(sampled)))  # chosen last, among those that are left
        sampled[side][[*self._taken[side, (*places[:side], *places[side + 1 :])]]] = -np.inf
        places[side] = int(sampled[side].argmax())
        self.take(places)
        return places


def thompson(space, judge, best):
    """Recall of the best by sampling over 1 % of the space, and over less.

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
        ``recall``; ``recall_by_share`` of the space; ``scored``: different products, those of the warm-up
        (``warm_up``) included.

    Notes
    -----
    Beliefs are of log-odds, which are closer to normal than probabilities. Each synthon is scored with three
    random partners first; the prior of all is the mean and variance of these scores. No product is drawn
    twice.
    """
    import numpy as np

    rng, seen, score = np.random.default_rng(0), set(), _scorer(space, judge)
    searches = [Search([len(rows) for rows in reaction.components]) for reaction in space.reactions]
    for which, search in enumerate(searches):
        rows = [row for side in range(len(search.sizes)) for row in _partners(rng, search.sizes, side)]
        places = [row for row in rows if search.take(row)]
        search.warm_up(score(which, places, seen))
    shares, recalls = [*SHARES], {}
    warm_up, share = len(seen), np.array([each.products for each in space.reactions]) / space.products
    while shares:
        for which, count in enumerate(rng.multinomial(AT_ONCE, share)):
            search = searches[which]
            search.learn(score(which, [search.draw(rng) for _ in range(count)], seen))
        while shares and len(seen) >= shares[0] * space.products:
            recalls[f"{shares.pop(0):g}"] = len(best & seen) / max(len(best), 1)
    return {
        "recall": recalls[f"{SHARES[-1]:g}"],
        "recall_by_share": recalls,
        "scored": len(seen),
        "warm_up": warm_up,
    }


def _partners(rng, sizes, side):
    """Products of every synthon of a side with random partners, WARM_UP of each."""
    import numpy as np

    columns = [rng.integers(n, size=WARM_UP * sizes[side]) for n in sizes]
    columns[side] = np.repeat(np.arange(sizes[side]), WARM_UP)
    return np.stack(columns, axis=1).tolist()


def _scorer(space, judge):
    """A function that scores products of a reaction: pairs of places and log-odds. It adds their ids."""
    import numpy as np
    from spaces_made import PLAIN

    from riboswitch.modalities.molecule.encode import encode
    from riboswitch.spaces.hits import candidates
    from riboswitch.spaces.plan import Numbering

    numbering = Numbering(space)

    def score(which, places, seen):
        scored = []
        for start in range(0, len(places), AT_ONCE):
            some = places[start : start + AT_ONCE]
            numbers = numbering.numbers(which, [np.array(column) for column in zip(*some, strict=True)])
            part = candidates(space, np.zeros(len(some)), numbers, 1).assign(places=some)
            seen.update(part["id"])
            part = part[part["smiles"] != ""]
            arrays = encode({"molecule": part["smiles"].tolist()}, part["id"].tolist(), PLAIN)
            chances = np.clip(judge.plain(arrays), 1e-6, 1 - 1e-6)
            scored += zip(part["places"], np.log(chances / (1 - chances)), strict=True)
        return scored

    return score
