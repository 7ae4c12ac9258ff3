"""What is ranked, and by what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from riboswitch.config.settings import check_settings, choice, known_names, number, whole
from riboswitch.errors import UsageError
from riboswitch.resistance.cohort.isolates import FEWEST_DEFEATED, ORDERS

BEST, DIVERSE, PLATE = "best", "diverse", "plate"
PICKS = (BEST, DIVERSE, PLATE)
"""How the short-list is picked."""


@dataclass(frozen=True)
class RankSettings:
    """What is ranked, and by what.

    Attributes
    ----------
    keep : int
        Length of the short-list.
    fdr : float, optional
        Keep the longest list with this false-discovery rate instead. It counts compounds that were not in
        training. Needs a calibrated model.
    score_by : str
        The task whose prediction ranks. Multi-class with the class ``none``: the probability of any class
        that this genome does not defeat as a whole. Otherwise the first target's probability or value.
    class_task : str
        The multi-class task that predicts a compound's drug class; empty: only names give classes.
    min_class_probability : float
        A predicted class counts in the join only with at least this probability.
    name_column : str
        Library column with the compound's name.
    filters : mapping
        Limits of predictions, as ``{"solubility": {"min": -6}}``. Compounds outside are ranked behind the
        others.
    exclude : list of str
        Rules that compounds of the short-list must keep, as ``["lipinski", "pains"]``; see
        `modalities.optional_parts.Assessor`. Those that break one stay in the ranking.
    pick : {"best", "diverse", "plate"}
        How the list is picked: the best ``keep``; the best and those least like those before (MaxMin), of the
        best ``pool``; or those that are worth most on plates of 96, of the same.
    pool : int
        Compounds that ``diverse`` and ``plate`` pick from: the best that keep the rules.
    diversity : float
        For ``plate``: what a compound that is like no other adds, where the whole range of scores adds 1.
    price_weight : float
        For ``plate``: what the dearest compound costs on the same scale. Those without a price are left out.
    price_column : str
        Library column with the price.
    carry : list of str
        Columns of the library that the short-list has, too.
    panel_order : {"fewest_defeated", "most_working"}
        With isolates and no genome: compounds that fewest isolates defeat first, or those that should still
        work on most. Compounds of unknown class are defeated by none, and not known to work on any.
    """

    keep: int = whole(50)
    fdr: float | None = number(None, above=0, below=1)
    score_by: str = "drug_class"
    class_task: str = ""
    min_class_probability: float = number(0.5, at_least=0, at_most=1)
    name_column: str = "name"
    filters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    exclude: list[str] = field(default_factory=list)
    pick: str = choice(BEST, PICKS)
    pool: int = whole(1000)
    diversity: float = number(0.5, at_least=0)
    price_weight: float = number(0.0, at_least=0)
    price_column: str = "price"
    carry: list[str] = field(default_factory=list)
    panel_order: str = choice(FEWEST_DEFEATED, ORDERS)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.fdr is not None and self.pick != BEST:
            raise UsageError("a list with a stated false-discovery rate is not picked from", found=self.pick,
                             hint="Leave --fdr or --pick out.")  # fmt: skip
        for task, limits in self.filters.items():
            known_names(limits, ["min", "max"], f"filter of {task}")
            if not all(isinstance(v, int | float) and v == v for v in limits.values()):
                raise UsageError("a filter needs numbers", where=f"filter of {task}", found=dict(limits))
