"""What stands beside the network of a bundle, where validation rows say that it helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riboswitch.modalities.sequence.composition import Composition
from riboswitch.modalities.sequence.neighbours import Neighbours


def base_learners(encoder: Mapping[str, Any]) -> dict[str, type]:
    """The method that suits sequences encoded so: for proteins the neighbours, for others the composition.

    Beside the neighbours the composition of a protein finds nothing more, and the few families of a
    validation part now and then gave it so much weight that it outvoted them.
    """
    return {"neighbours": Neighbours} if encoder["alphabet"] == "protein" else {"composition": Composition}
