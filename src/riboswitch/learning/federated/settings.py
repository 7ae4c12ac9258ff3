"""Settings of a federated training, with their defaults and limits."""

from __future__ import annotations

from dataclasses import dataclass

from riboswitch.config.settings import check_settings, choice, number, whole

WEIGHTINGS = ("rows", "equal")
SERVERS = ("average", "adam")
SECURE = ("none", "shared", "keys")
RATES = {"average": 1.0, "adam": 0.01}
"""Default of ``server_rate`` for each ``server``."""


@dataclass(frozen=True)
class FederationSettings:
    """Settings of a federated training.

    Attributes
    ----------
    rounds : int
        Times that every owner learns on from the common weights.
    local_epochs : int
        Passes over an owner's training rows in each round.
    weighting : {"rows", "equal"}
        How much an owner counts in the mean: as its training rows, or as each other owner.
    prox : float
        Strength of the pull of FedProx towards the common weights; 0: FedAvg.
    server : {"average", "adam"}
        How the common weights move: by the mean of the owners' changes, or by a step of Adam along it.
    server_rate : float, optional
        Factor of this move; by default 1 for the mean, 0.01 for Adam.
    secure : {"none", "shared", "keys"}
        Hide each owner's numbers behind masks that cancel in the sum: with one secret that all owners share,
        or with keys that they agree on (needs the package cryptography).
    epsilon : float, optional
        Budget of differential privacy of each owner for the whole training; by default there is none.
    delta : float
        Probability with which the guarantee of ``epsilon`` may fail. It must be below 1 / rows of an owner.
    example_clip : float
        With ``epsilon``: largest norm of the gradient of one row.
    """

    rounds: int = whole(10, at_most=100_000)
    local_epochs: int = whole(1, at_most=100_000)
    weighting: str = choice("rows", WEIGHTINGS)
    prox: float = number(0.0, at_least=0)
    server: str = choice("average", SERVERS)
    server_rate: float | None = number(None, above=0)
    secure: str = choice("none", SECURE)
    epsilon: float | None = number(None, above=0)
    delta: float = number(1e-5, above=0, below=1)
    example_clip: float = number(1.0, above=0)

    def __post_init__(self) -> None:
        check_settings(self)

    @property
    def rate(self) -> float:
        """The factor of the server's move."""
        return RATES[self.server] if self.server_rate is None else self.server_rate

    @property
    def private(self) -> bool:
        """Whether owners add the noise of differential privacy."""
        return self.epsilon is not None

    @property
    def masked(self) -> bool:
        """Whether each owner's numbers are hidden behind masks."""
        return self.secure != "none"
