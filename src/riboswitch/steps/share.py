"""Write a copy of a bundle without its training rows, to hand out. It gives the same answers.

Training structures, sequences, ids and labels are gone. Who has the copy can still find out whether a
compound that they know was in training, unless --no-membership is given.
"""

from __future__ import annotations

__all__ = ["share"]
__verb__ = ("Learn", 95)

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from riboswitch.data.model import Model
from riboswitch.data.records import Records
from riboswitch.errors import UsageError
from riboswitch.io.summary import write_note
from riboswitch.learning.inference import Predictor
from riboswitch.learning.sharing import stripping
from riboswitch.learning.sharing.student import learned_from
from riboswitch.modalities import find
from riboswitch.modalities.base import Modality
from riboswitch.modalities.features import network_features
from riboswitch.modalities.kindred import Kindred
from riboswitch.modalities.reading import read_file, read_inputs
from riboswitch.modalities.stored_reading import stored_reading


def share(
    model: Model | str | Path,
    *,
    membership: bool = True,
    networks_only: bool = False,
    library: Sequence[str] | pd.DataFrame | Records | None = None,
    examples: Sequence[str] | pd.DataFrame | Records | None = None,
    notes: str = "",
) -> Model:
    """Make a bundle that gives the same answers and holds no training row.

    Training rows can be read off base learners. So a bundle that has some is refused without ``library`` or
    ``networks_only``, with which its answers change.

    Parameters
    ----------
    model : Model or path
        A bundle, of `ensemble` or of `train`.
    membership : bool
        Keep keyed hashes of the training compounds, so that ``in_training`` is known. Who has the bundle can
        then test any compound that they know of.
    networks_only : bool
        Leave base learners out.
    library : list of str, DataFrame or Records, optional
        Public inputs. One network that learns the answers of the bundle to them stands for its networks and
        base learners; inputs that are training rows, or other forms of one, are left out.
    examples : list of str, DataFrame or Records, optional
        Inputs with which the bundle tests itself when it is loaded, at most eight are kept. They become
        public. By default they are made up.
    notes : str
        Text for the model card, such as what the model is meant for.

    Returns
    -------
    Model
        ``header["shared"]["changes"]`` says in sentences what changed.

    Raises
    ------
    UsageError, InputError
        If the bundle cannot be shared, see above; if it was trained on fewer than 20 rows; if no example, or
        too little of the library, is left that is not a training row.
    BundleError
        If predictions here differ from those where the model was made.

    Examples
    --------
    >>> riboswitch.share("model.safetensors").save("public.safetensors")  # doctest: +SKIP
    """
    model = Model.of(model)
    stripping.require_sharable(model, networks_only, library is not None)
    modality = find(model.modality)
    Predictor(model, modality).check_golden()
    student, said = (None, "") if library is None else _student(model, modality, library)
    made = stripping.stripped(model if student is None else student, stored_reading(model, modality))
    made.header["encoder"] = modality.encoder.for_networks(made.header["encoder"])
    rows = len(model.texts("training.ids"))
    made.header["shared"] = {"rows": rows, "changes": []}
    told = _gone(rows)
    if student is not None:
        told.append(said)
    elif model.network_weight < 1:
        told.append("base learners are gone: answers are those of the networks alone, and differ")
    told.append(stripping.add_calibration(made, model))
    told.append(stripping.add_membership(made, model, modality) if membership else "in_training is missing")
    told.append(stripping.add_domain(made, model, modality))
    made.header["shared"]["changes"] = told
    stripping.add_card(made, model, notes)
    stripping.add_golden(made, model, modality, _examples(examples, made, modality).inputs)
    return made


def _gone(rows: int) -> list[str]:
    """Sentences on what every shared bundle lacks."""
    told = ["golden inputs were training rows; others, with their answers, stand in for them"]
    if rows:
        told.append(f"ids, inputs, keys and labels of {rows} training rows are gone, and with them the "
                    "columns training_label, nearest_training and similarity")  # fmt: skip
    return told


def _examples(
    given: Sequence[str] | pd.DataFrame | Records | None, made: Model, modality: Modality
) -> Records:
    if isinstance(given, Records):
        return given
    return read_inputs(stripping.invented(made, modality) if given is None else given, made, modality)


def _student(
    model: Model, modality: Modality, library: Sequence[str] | pd.DataFrame | Records
) -> tuple[Model, str]:
    """A network that learned the answers to public inputs, and the sentence that says how well."""
    if model.task.kind == "survival":
        raise UsageError("risks of a survival task cannot be distilled", found=model.task.targets,
                         hint="Share the networks themselves.")  # fmt: skip
    read = library if isinstance(library, Records) else read_inputs(library, model, modality)
    rows = list(read.each_input())
    hints = {modality.reader.kin_hint(components) for components in rows}
    own = model.inputs("training.inputs")
    training = [dict(zip(own, values, strict=True)) for values in zip(*own.values(), strict=True)]
    kindred = Kindred(
        (components for components in training if modality.reader.kin_hint(components) in hints),
        modality.reader,
    )
    kept = read.table[[components not in kindred for components in rows]].reset_index(drop=True)
    reading = {"reading": stored_reading(model, modality)}
    public = Records(kept, read.rejected.iloc[:0], len(kept), read.meta | reading)
    made = learned_from(model, modality, public, network_features(public, modality, model.header["encoder"]))
    return made.model, (
        f"one network stands for networks and base learners: it learned their answers to {made.rows} public "
        f"inputs ({len(rows) - len(kept)} training rows and forms of them were left out); answers to "
        f"{made.compared} others differ by {made.difference:.3g} on average, and spread by {made.spread:.3g}"
    )


def command(
    model: Path,
    /,
    *,
    output: Path,
    membership: bool = True,
    networks_only: bool = False,
    library: str | None = None,
    examples: str | None = None,
    notes: Path | None = None,
) -> None:
    """Share a bundle.

    Parameters
    ----------
    model : Path
        The bundle (.safetensors).
    output : Path
        Where the copy goes (.safetensors).
    membership : bool
        Keep keyed hashes of the training compounds, which tell in_training.
    networks_only : bool
        Leave base learners out: answers change, and are not calibrated.
    library : str
        A file of public inputs: one network that learns the answers to them stands for base learners and
        networks. Answers change, and have no intervals.
    examples : str
        A file of at least eight inputs, which become public, for the test of the bundle when it is loaded. By
        default they are made up.
    notes : Path
        A text for the model card (.md), such as what the model is meant for.
    """
    private = Model.load(model)
    read = None
    if examples is not None:
        read = read_file(examples, private, find(private.modality))
    public = None if library is None else read_file(library, private, find(private.modality))
    made = share(private, membership=membership, networks_only=networks_only, library=public, examples=read,
                 notes=notes.read_text("utf-8") if notes else "")  # fmt: skip
    made.save(output)
    for sentence in made.header["shared"]["changes"]:
        write_note(sentence)
