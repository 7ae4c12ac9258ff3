"""Kind and sizes of a sequence network."""

from __future__ import annotations

from dataclasses import dataclass

from riboswitch.config.settings import fraction, one_of, positive_int

HEADS = ("pooled", "aligned", "per_position")
RECURRENT = ("lstm", "gru", "mingru")
STRANDS = ("one", "augment", "average")
NORMALIZATIONS = ("layer", "batch")
DEFAULTS = {
    "pooled": {"dropout": 0.1, "hide": 0.0},
    "aligned": {"dropout": 0.5, "hide": 0.1},
    "per_position": {"dropout": 0.1, "hide": 0.0},
}


@dataclass(frozen=True)
class NetworkSettings:
    """Sizes and kinds.

    Attributes
    ----------
    embedding, hidden : int
        Channels of a letter, and of the stem and each direction of the recurrent layer.
    kernel : int
        Width of the first convolution, in letters.
    pool : int
        Letters that become one step of the recurrent layer.
    dropout : float, optional
        On the features before the head: 0.5 for the head ``aligned``, which has many weights, else 0.1.
    hide : float, optional
        Share of the letters that are hidden in training, so that no answer hangs on one of them: 0.1 for
        ``aligned``, else 0.
    recurrent : {"lstm", "gru", "mingru"}
    head : {"pooled", "aligned", "per_position"}
        ``pooled``: mean and maximum over the steps, for sequences of any length. ``aligned``: every step has
        weights of its own, for windows of one length that are cut around the same thing. ``per_position``: an
        output for each letter. In training ``aligned`` is taken where the features have a window and no head
        is told.
    strands : {"one", "augment", "average"}
        Of DNA or RNA. ``augment``: in training a half of the rows is reverse-complemented. ``average``: the
        outputs for both strands are averaged, at twice the cost.
    normalization : {"layer", "batch"}
    """

    embedding: int = 16
    hidden: int = 64
    kernel: int = 7
    pool: int = 4
    dropout: float | None = None
    hide: float | None = None
    recurrent: str = "lstm"
    head: str = "pooled"
    strands: str = "one"
    normalization: str = "layer"

    def __post_init__(self) -> None:
        for name in ("embedding", "hidden", "kernel", "pool"):
            positive_int(name, getattr(self, name))
        one_of("head", self.head, HEADS)
        for name, value in DEFAULTS[self.head].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
            fraction(name, getattr(self, name))
        named = {"recurrent": RECURRENT, "strands": STRANDS, "normalization": NORMALIZATIONS}
        for name, choices in named.items():
            one_of(name, getattr(self, name), choices)
