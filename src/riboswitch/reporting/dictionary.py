"""The dictionary: what each column of the short-list means."""

from __future__ import annotations

from dataclasses import dataclass

from riboswitch.reporting.gather import Findings, Learned


@dataclass(frozen=True)
class Column:
    """One column of ``hits.csv``."""

    name: str
    unit: str
    span: str
    meaning: str


TEXT, YES = "text", "true or false"
OWN = (
    Column("rank", "–", "1, 2, …", "Place in the list. Compounds outside a filter follow the others, compromised ones follow those, and repeats come last."),
    Column("id", TEXT, "–", "The compound's own id in the library."),
    Column("name", TEXT, "may be empty", "The compound's name in the library."),
    Column("smiles", TEXT, "–", "The structure as it was standardised and scored: largest organic part, neutral."),
    Column("score", "–", "0 to 1, or the task's unit", "What the list is sorted by. With a class model: the summed probability of all classes that this genome does not defeat, “none” left out. Otherwise the first target's prediction. It compares compounds of one list, not of two."),
    Column("known_class", TEXT, "may be empty", "Drug class read from the name: knowledge, not a measurement."),
    Column("predicted_class", TEXT, "–", "The likeliest class by the structure."),
    Column("class_probability", "probability", "0 to 1", "Of the predicted class. How far to trust it is told by the calibration above."),
    Column("compromised", YES, "–", "Whether a called gene of this genome and the compound belong to one class."),
    Column("compromised_by", TEXT, "may be empty", "The known gene that the call is nearest to."),
    Column("compromise_locus", TEXT, "contig:start-end(strand)", "Where the call lies; bases count from 1, the stop codon is inside."),
    Column("compromise_basis", TEXT, "may be empty", "Which knowledge joins gene and compound."),
    Column("outside_filter", TEXT, "empty: passes all", "Which filters the compound fails, with their limits."),
    Column("evidence", TEXT, "–", "Everything that speaks for the line in one sentence."),
)  # fmt: skip


def dictionary(found: Findings) -> list[Column]:
    """Every column of the short-list, in its order as far as it is fixed."""
    predicted = [c for name in found.screened for c in _of_task(name, found)]
    return [*OWN[:-1], *predicted, OWN[-1]]


def _of_task(name: str, found: Findings) -> list[Column]:
    task = found.tasks.get(name)
    present = [c.removeprefix(f"{name}.") for c in found.compounds if c.startswith(f"{name}.")]
    multiclass = "class" in present
    told = []
    for column in present:
        if multiclass and column.startswith("p_"):
            continue
        told.append(_described(name, column, task))
    return told


def _described(name: str, column: str, task: Learned | None) -> Column:
    full = f"{name}.{column}"
    fixed = {
        "class": Column(full, TEXT, "–", "The likeliest class."),
        "probability": Column(full, "probability", "0 to 1", "Of the likeliest class."),
        "in_training": Column(full, YES, "–", "The compound was shown to this model with its label. The prediction is recall then, not evidence."),
        "nearest_training": Column(full, TEXT, "–", "Id of the most similar compound that the model was trained on."),
        "similarity": Column(full, "Tanimoto", "0 to 1", "To that compound (Morgan fingerprints, radius 2). Low: the model was never shown anything like it."),
    }  # fmt: skip
    if column in fixed:
        return fixed[column]
    if column.endswith("_sd"):
        base = column.removesuffix("_sd")
        return Column(
            full,
            f"as {base}",
            "0 or more",
            "Standard deviation over the networks of the ensemble: how much they disagree. It does not hold errors that they share.",
        )
    if column.startswith("p_"):
        return Column(full, "probability", "0 to 1", f"That {column[2:]} is 1.")
    return Column(
        full,
        "as in the data",
        "–",
        f"Predicted {column} of the task {name}{_error(task)}. The label's unit is that of the source.",
    )


def _error(task: Learned | None) -> str:
    found = task.metrics["methods"][task.metrics["model"]].get("rmse") if task else None
    return f", with a root mean square error of {found['mean']:.2f} on held-out rows" if found else ""
