"""Kind and sizes of a sequence network."""

from __future__ import annotations

from dataclasses import dataclass

from riboswitch.config.settings import check_settings, choice, number, whole

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
    """Settings of a sequence network.

    Attributes
    ----------
    embedding : int
        Channels of a letter.
    hidden : int
        Channels of the convolution and of each direction of the recurrent layer.
    kernel : int
        Width of the first convolution, in letters.
    pool : int
        Letters that become one step of the recurrent layer.
    dropout : float, optional
        Dropout before the head; by default 0.5 for the head ``aligned``, which has many weights, else 0.1.
    hide : float, optional
        Fraction of the letters that are hidden in training, so that no output depends on a single one; by
        default 0.1 for the head ``aligned``, else 0.
    recurrent : {"lstm", "gru", "mingru"}
        Kind of recurrent layer.
    head : {"pooled", "aligned", "per_position"}
        ``pooled``: mean and maximum over the steps; ``aligned``: weights for each step, for windows of one
        length; ``per_position``: an output for each letter. If the arrays have a window, the default in
        training is ``aligned``.
    strands : {"one", "augment", "average"}
        Strands of DNA or RNA; ``augment``: half of the training rows are reverse-complemented; ``average``:
        outputs of both strands are averaged, which takes twice as long.
    normalization : {"layer", "batch"}
        Kind of normalisation.
    """

    embedding: int = whole(16, at_most=4096)
    hidden: int = whole(64, at_most=4096)
    kernel: int = whole(7, at_most=1000)
    pool: int = whole(4, at_most=1000)
    dropout: float | None = number(None, at_least=0, below=1)
    hide: float | None = number(None, at_least=0, below=1)
    recurrent: str = choice("lstm", RECURRENT)
    head: str = choice("pooled", HEADS)
    strands: str = choice("one", STRANDS)
    normalization: str = choice("layer", NORMALIZATIONS)

    def __post_init__(self) -> None:
        check_settings(self)
        for name, value in DEFAULTS[self.head].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
