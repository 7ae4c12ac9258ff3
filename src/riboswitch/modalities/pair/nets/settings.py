"""Settings of a network of pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from riboswitch.config.settings import build, check_settings, choice, number, whole
from riboswitch.modalities.pair.sides import Pair, own_settings

SIDES = ("both", "left", "right")
INTERACTIONS = ("both", "bilinear", "concatenated")


@dataclass(frozen=True)
class PairSettings:
    """Settings of a network of pairs.

    Attributes
    ----------
    left : mapping, optional
        Settings of the network of the left side.
    right : mapping, optional
        Settings of the network of the right side.
    sides : {"both", "left", "right"}
        Sides that the network sees. One alone shows what the pairs add (ablation).
    interaction : {"both", "bilinear", "concatenated"}
        How the vectors of the sides meet: by products of their numbers, side by side, or both.
    hidden : int
        Numbers of a side's vector; the rank of the bilinear form.
    ffn_hidden : int
        Width of the hidden layer of the head.
    dropout : float
        Dropout before the layers of the head.
    """

    pair: ClassVar[Pair | None] = None

    left: Mapping[str, Any] | None = None
    right: Mapping[str, Any] | None = None
    sides: str = choice("both", SIDES)
    interaction: str = choice("both", INTERACTIONS)
    hidden: int = whole(256, at_most=16384)
    ffn_hidden: int = whole(256, at_most=16384)
    dropout: float = number(0.1, at_least=0, below=1)

    def __post_init__(self) -> None:
        check_settings(self)
        given = {"left": self.left, "right": self.right}
        for side in self.pair.sides if self.pair is not None else ():
            own = own_settings(given, side, "network")
            where = f"network of the {side.name} side ({side.modality.name})"
            part = side.modality.network
            built: Any = build(part.NetworkSettings, {**part.IN_PAIRS, **own}, where)
            # Stored with all defaults, so that a bundle does not change when these do.
            object.__setattr__(self, side.name, asdict(built))


def settings_class(pair: Pair) -> type[PairSettings]:
    """Make the class of settings of the networks of these pairs: it knows the settings of their sides."""

    class OfPair(PairSettings):
        """Settings of the networks of some pairs."""

    OfPair.pair, OfPair.__doc__ = pair, PairSettings.__doc__
    return OfPair
