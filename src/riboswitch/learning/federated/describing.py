"""How a federated training went, in sentences for the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MASKS = {
    "none": "The coordinator saw the numbers of each owner.",
    "shared": "The coordinator saw only sums over all owners: masks from a secret that the owners shared.",
    "keys": "The coordinator saw only sums over all owners: masks from keys that the owners agreed on.",
}


def sentences(facts: Mapping[str, Any]) -> list[str]:
    """Sentences on ``header["training"]["federated"]``."""
    method = f"FedProx (strength {facts['prox']:g})" if facts["prox"] else "FedAvg"
    server = "" if facts["server"] == "average" else f", with a step of {facts['server']} on the server"
    names = ", ".join(facts["owners"])
    lines = [
        f"Federated training of {len(facts['owners'])} owners ({names}): {facts['rounds']} round(s) of "
        f"{facts['local_epochs']} pass(es), {method}{server}, owners weighted by {facts['weighting']}.",
        f"Rows stayed with their owners; weights and sums crossed. {MASKS[facts['secure']]}",
    ]
    if "spent" in facts:
        most = max(facts["spent"].values(), default=0.0)
        lines.append(
            f"Differential privacy for each row of an owner: epsilon {facts['epsilon']:g} at most, spent "
            f"{most:.3g}, delta {facts['delta']:g}. Probabilities are not calibrated."
        )
    else:
        lines.append("Without differential privacy: weights may remember rows.")
    return lines
