"""Kind and sizes of a text network."""

from __future__ import annotations

from dataclasses import dataclass

from riboswitch.config.settings import check_settings, choice, number, whole

HEADS = ("pooled", "per_position")
DEFAULTS = {"pooled": {"pool": 4, "bag": 16}, "per_position": {"pool": 1, "bag": 0}}


@dataclass(frozen=True)
class NetworkSettings:
    """Settings of a text network.

    Attributes
    ----------
    slots : int
        Rows of the table of words. A word is the sum of two rows, so that few words share both.
    least : int
        A word that fewer training texts have is unknown: only its characters are read.
    words : int
        Channels of a word.
    affixes : int
        Channels of its beginning, end and shape.
    spelling : int
        Channels of the convolution over its characters.
    hidden : int
        Channels of the convolution over tokens and of each direction of the recurrent layer.
    kernel : int
        Width of the first convolution over tokens.
    pool : int, optional
        Tokens that become one step of the recurrent layer; by default 4, and 1 for the head ``per_position``.
    bag : int, optional
        Channels of a linear projection of the known words of a text, whatever their order (TF-IDF); 0: none.
        By default 16, and 0 for the head ``per_position``.
    dropout : float
        Fraction of the channels of tokens, and of those before the head, that are left out in training.
    hide : float
        Fraction of the tokens whose word is hidden in training, and of half of them the characters, too.
    recurrent : {"lstm", "gru", "mingru"}
        Kind of recurrent layer.
    head : {"pooled", "per_position"}
        ``pooled``: mean and maximum over the steps, and the bag; ``per_position``: an output for each token.
    normalization : {"layer", "batch"}
        Kind of normalisation.
    """

    slots: int = whole(16384, at_least=2, at_most=2**22)
    least: int = whole(2, at_least=1)
    words: int = whole(64, at_most=4096)
    affixes: int = whole(32, at_most=4096)
    spelling: int = whole(32, at_most=4096)
    hidden: int = whole(64, at_most=4096)
    kernel: int = whole(5, at_most=1000)
    pool: int | None = whole(None, at_most=1000)
    bag: int | None = whole(None, at_least=0, at_most=4096)
    dropout: float = number(0.3, at_least=0, below=1)
    hide: float = number(0.1, at_least=0, below=1)
    recurrent: str = choice("lstm", ("lstm", "gru", "mingru"))
    head: str = choice("pooled", HEADS)
    normalization: str = choice("layer", ("layer", "batch"))

    def __post_init__(self) -> None:
        check_settings(self)
        for name, value in DEFAULTS[self.head].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
