"""The contract of a modality: what a folder in `riboswitch.modalities` offers to all other code.

A modality is one `Modality` object. Its parts are modules with the members of the protocols in `parts`
(reader, grouper, encoder, network, baselines), `optional_parts`, `pair_parts` and `stack_part`. An optional
part is None if a modality does not have it; `Modality.required` raises the error for it.

Parts are given as names of modules and imported when they are first used, so importing a modality is fast.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from riboswitch.errors import UsageError
from riboswitch.modalities.optional_parts import (
    AblationsPart,
    Assessor,
    Auditor,
    Drawer,
    Explainer,
    FormsPart,
    GenomeSource,
    Inventor,
    LibraryPart,
    Pretext,
    ReusePart,
    Similarity,
    StartFiles,
)
from riboswitch.modalities.pair_parts import AmountsPart, CrossingPart, VectorsPart
from riboswitch.modalities.parts import Baselines, Encoder, Grouper, NetworkPart, Reader
from riboswitch.modalities.stack_part import StackPart

Part = TypeVar("Part")

MISSING = {
    "stack": ("there are no base learners for networks of this modality", "Train without a stack."),
    "explainer": ("answers of this modality cannot be explained", "riboswitch predict gives no maps."),
    "library": ("there are no libraries of this modality", "riboswitch predict reads any file."),
    "similarity": ("inputs of this modality cannot be compared", "Leave the nearest training row out."),
    "pretext": ("networks of this modality cannot be pre-trained", "Train without a pre-trained network."),
    "starts": ("networks of this modality start from bundles only", "Give one of riboswitch train."),
    "genome": ("records of this modality cannot be made from a genome", "Give files of records as sources."),
    "forms": ("inputs of this modality have one form each", "Leave the forms out."),
    "inventor": ("inputs of this modality cannot be made up", "Give inputs of your own as --examples."),
    "drawer": ("inputs of this modality cannot be drawn", "Leave the drawing out."),
    "assessor": ("there are no rules for inputs of this modality", "Leave --exclude out."),
    "further_baselines": ("there are no further baselines of this modality", "Name those that it has."),
    "reuse": ("baselines of this modality use no encoded arrays", "Leave the features out."),
    "auditor": ("an audit finds only equal inputs of this modality", "Leave its settings out."),
    "ablations": ("networks of this modality lack nothing that could be left out", "Use its baselines."),
    "amounts": ("parts of inputs of this modality are not counted", "Compare them by their vectors."),
    "crossing": ("inputs of this modality have no sides to cross", "Leave --cross out."),
    "vectors": ("inputs of this modality are not described by numbers", "Use its own baselines."),
}
"""For each optional part: the message if a modality does not have it, and what to do instead."""


@dataclass(frozen=True)
class Made:
    """A part that a function makes when it is first used, as that of a pair is made of two modalities.

    Attributes
    ----------
    module : str
        As in `Modality.parts`. Its function ``make`` makes the part.
    arguments : tuple
        Of the function.
    """

    module: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Modality:
    """One kind of input, and the parts that work on it.

    Parameters
    ----------
    name : str
        Its name in records, arrays and bundles.
    package : str
        Package to which relative part names refer.
    components : tuple of str
        Names of the components of a record; most modalities have one.
    parts : mapping of str to str, Made or object
        Module of each part: relative to ``package`` with a leading dot, absolute, or the object itself.
    packages : tuple of str
        Distributions that the modality needs and whose versions its arrays depend on.
    optional : mapping of str to str
        Distributions that only some of its files need, and which, as ``EDF files (riboswitch[signals])``.
    """

    name: str
    package: str
    components: tuple[str, ...]
    parts: Mapping[str, Any]
    packages: tuple[str, ...] = ()
    optional: Mapping[str, str] = field(default_factory=dict)
    _loaded: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = {"reader", "grouper", "encoder", "network", "baselines", *MISSING}
        unknown = sorted(set(self.parts) - known)
        missing = sorted(known - set(MISSING) - set(self.parts))
        if unknown or missing:
            raise ValueError(f"modality {self.name}: unknown parts {unknown}, missing parts {missing}")

    def offers(self, part: str) -> bool:
        """Whether the modality has an optional part; imports nothing."""
        return part in self.parts

    def _part(self, name: str) -> Any:
        if name not in self._loaded:
            given = self.parts.get(name)
            if isinstance(given, Made):
                given = importlib.import_module(given.module, self.package).make(*given.arguments)
            elif isinstance(given, str):
                given = importlib.import_module(given, self.package)
            self._loaded[name] = given
        return self._loaded[name]

    @property
    def reader(self) -> Reader:
        """Reads files."""
        return cast(Reader, self._part("reader"))

    @property
    def grouper(self) -> Grouper:
        """Finds groups for splits."""
        return cast(Grouper, self._part("grouper"))

    @property
    def encoder(self) -> Encoder:
        """Makes arrays."""
        return cast(Encoder, self._part("encoder"))

    @property
    def network(self) -> NetworkPart:
        """Makes networks."""
        return cast(NetworkPart, self._part("network"))

    @property
    def baselines(self) -> Baselines:
        """Holds the baselines."""
        return cast(Baselines, self._part("baselines"))

    @property
    def stack(self) -> StackPart | None:
        """Holds the base learners of the stack."""
        return cast("StackPart | None", self._part("stack"))

    @property
    def explainer(self) -> Explainer | None:
        """Explains answers."""
        return cast("Explainer | None", self._part("explainer"))

    @property
    def library(self) -> LibraryPart | None:
        """Reads libraries."""
        return cast("LibraryPart | None", self._part("library"))

    @property
    def similarity(self) -> Similarity | None:
        """Compares inputs."""
        return cast("Similarity | None", self._part("similarity"))

    @property
    def pretext(self) -> Pretext | None:
        """Makes a pre-training task."""
        return cast("Pretext | None", self._part("pretext"))

    @property
    def starts(self) -> StartFiles | None:
        """Reads files of other programs that networks start from."""
        return cast("StartFiles | None", self._part("starts"))

    @property
    def genome(self) -> GenomeSource | None:
        """Makes records from genomes."""
        return cast("GenomeSource | None", self._part("genome"))

    @property
    def forms(self) -> FormsPart | None:
        """Lists the forms of inputs that stand for several."""
        return cast("FormsPart | None", self._part("forms"))

    @property
    def inventor(self) -> Inventor | None:
        """Makes up inputs."""
        return cast("Inventor | None", self._part("inventor"))

    @property
    def drawer(self) -> Drawer | None:
        """Draws inputs."""
        return cast("Drawer | None", self._part("drawer"))

    @property
    def assessor(self) -> Assessor | None:
        """Knows the rules that inputs should keep."""
        return cast("Assessor | None", self._part("assessor"))

    @property
    def reuse(self) -> ReusePart | None:
        """Lets baselines use encoded arrays."""
        return cast("ReusePart | None", self._part("reuse"))

    @property
    def auditor(self) -> Auditor | None:
        """Finds what training and test rows have in common."""
        return cast("Auditor | None", self._part("auditor"))

    @property
    def ablations(self) -> AblationsPart | None:
        """Names networks that lack something."""
        return cast("AblationsPart | None", self._part("ablations"))

    @property
    def vectors(self) -> VectorsPart | None:
        """Describes inputs by numbers."""
        return cast("VectorsPart | None", self._part("vectors"))

    @property
    def amounts(self) -> AmountsPart | None:
        """Counts what inputs are made of."""
        return cast("AmountsPart | None", self._part("amounts"))

    @property
    def crossing(self) -> CrossingPart | None:
        """Joins a library of one side with given inputs of the other."""
        return cast("CrossingPart | None", self._part("crossing"))

    @property
    def further_baselines(self) -> Baselines | None:
        """Holds baselines that are trained only if they are named."""
        return cast("Baselines | None", self._part("further_baselines"))

    def required(self, part: str, offered: Part | None) -> Part:
        """Return an optional part, as ``modality.required("library", modality.library)``.

        Raises
        ------
        UsageError
            If the modality does not have it.
        """
        if offered is None:
            problem, hint = MISSING[part]
            raise UsageError(problem, found=self.name, hint=hint)
        return offered

    def encoding(
        self, reading: Mapping[str, Any] | None, settings: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Return settings of the encoder: those that the reading of records sets, and those given."""
        return {**self.encoder.of_reading(reading or {}), **(settings or {})}

    def network_meta(
        self, reading: Mapping[str, Any] | None, settings: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Return the meta of arrays that hold only what networks read; arguments as of `encoding`."""
        nothing: dict[str, list[Any]] = {name: [] for name in self.components}
        empty = self.encoder.encode(nothing, [], self.encoding(reading, settings))
        return self.encoder.for_networks(empty.meta)

    @property
    def component(self) -> str:
        """The name of the only component.

        Raises
        ------
        UsageError
            If records of the modality have several.
        """
        if len(self.components) > 1:
            raise UsageError("inputs of this modality have several components", found=self.name,
                             hint=f"Give a table with the columns {', '.join(self.components)}.")  # fmt: skip
        return self.components[0]
