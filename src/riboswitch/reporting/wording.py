"""Wording: the summary in sentences, and what nobody may conclude from it."""

from __future__ import annotations

from collections.abc import Sequence

from riboswitch.data.calls import Calls
from riboswitch.reporting.gather import Findings, Study
from riboswitch.reporting.judgement import in_short

ALWAYS = (
    ("Research use only.", "Not for diagnosis, not for treatment, not for a decision about a patient."),
)
OF_CALLS = (
    *ALWAYS,
    ("A gene that is present is not a phenotype.",
     "A call says that a reading frame resembles a known resistance gene. It does not say that the gene is "
     "expressed or that the bacterium is resistant; a genome without calls is not said to be susceptible. "
     "Point mutations, efflux and permeability are not looked at."),
)  # fmt: skip
CAUTIONS = (
    *OF_CALLS,
    ("The drug class of a compound is knowledge read from its name, or a prediction of that.",
     "It is no measured activity against any bacterium, and no dose, safety or efficacy."),
    ("The join of genes and compounds is curated knowledge.",
     "“Compromised” means that gene and compound belong to one class; a gene seldom defeats every compound "
     "of its class. That a compound is not flagged does not mean that it evades resistance: many bacteria "
     "lack the target of a drug, or resist it otherwise."),
    ("A compound that was in training is recalled, not discovered.",
     "Its prediction repeats a label that the model was shown, and is no evidence. They are marked."),
    ("Other properties, such as solubility, are predicted.",
     "They come from a model with the error told below, and nobody measured them here."),
)  # fmt: skip


def count(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def summary(found: Findings) -> list[str]:
    """The result in a few sentences, each with its numbers."""
    return [_called(found), _compromised(found), _listed(found), _recalled(found), *judged(found)]


def _called(found: Findings) -> str:
    calls = found.calls[found.genome]
    seen = calls.meta["counts"]
    frames, contigs = count(seen["orfs"], "open reading frame"), count(seen["contigs"], "contig")
    looked = f"In {found.genome}, {frames} on {contigs} were examined"
    unused = f"{count(seen['candidates'], 'candidate')} not used"
    if not seen["calls"]:
        return f"{looked}; no resistance gene was called ({unused})."
    genes = [f"{c['nearest_gene']} ({c['drug_class']})" for c in calls.confident.to_dict("records")]
    return f"{looked}; {count(seen['calls'], 'gene')} called: {listed(genes)} ({unused})."


def _compromised(found: Findings) -> str:
    gone, rows = found.compromised, found.library.counts
    usable = f"{rows['accepted']:,} could be used, {count(len(found.distinct), 'distinct compound')}"
    read = f"Of {count(rows['read'], 'library row')} {usable}"
    if gone.empty:
        return f"{read}; no compound is of a class that these genes are known to defeat."
    classes = listed([f"{number} {name}" for name, number in gone["join_class"].value_counts().items()])
    by_name = int((gone["known_class"] != "").sum())
    basis = f"{by_name} by name and {len(gone) - by_name} by predicted class only"
    flagged = f"{len(gone)} of them are of a class that a called gene is known to defeat"
    return f"{read}; {flagged} ({classes}), {basis}."


def _listed(found: Findings) -> str:
    hits = found.hits
    if hits.empty:
        return "The short-list is empty."
    best = [name or id_ for name, id_ in zip(hits["name"].head(3), hits["id"].head(3), strict=True)]
    flagged = int(hits["compromised"].sum()) or "none"
    told = f"{count(len(hits), 'compound')} on the short-list, {flagged} of them compromised by this genome"
    return f"{told}; the first: {listed(best)}."


def _recalled(found: Findings) -> str:
    hits, column = found.hits, f"{found.class_task}.in_training"
    known = int((hits["known_class"] != "").sum())
    if column not in hits:
        return f"{known} of them have a class known by name."
    seen = int(hits[column].sum())
    return (
        f"{seen} of the {len(hits)} were in the training data of the class model, so their scores are recall "
        f"and not evidence; {known} have a class known by name{_others(len(hits) - known)}."
    )


def _others(number: int) -> str:
    return f", the other {number} have none and should be checked first" if number else ""


def judged(found: Study) -> list[str]:
    """How the models did against plain methods, in one sentence a task."""
    if not found.tasks:
        return []
    told = [f"{name}: {in_short(learned.metrics)}" for name, learned in found.tasks.items()]
    return [f"The models against plain methods on held-out rows. {'. '.join(told)}."]


def examined(calls: Calls) -> list[str]:
    """What was looked at in a genome."""
    seen = calls.meta["counts"]
    return [
        f"{seen['bases']:,} bases on {count(seen['contigs'], 'contig')}; "
        f"{seen['orfs']:,} open reading frames, {seen['annotated_cds']:,} annotated coding sequences.",
        f"{seen['with_homology']:,} reading frames share enough with a known gene to be aligned; "
        f"of {seen['decoys']:,} decoys (the same frames reversed) {seen['decoys_with_homology']:,} do.",
        *_alone(seen["network_alone_above"], seen["decoys_network_alone_above"]),
    ]


def _alone(alone: dict[str, int], chance: dict[str, int]) -> list[str]:
    """What the network would have called; nothing if it was asked only about frames with homology."""
    if not alone:
        return []
    return [
        "The network alone would have called "
        + listed([f"{count(alone[level], 'frame')} at a probability of {level} or more "
                  f"({chance[level]:,} of the decoys)" for level in alone])
        + "; hence the demand that homology agrees.",
    ]  # fmt: skip


def listed(items: Sequence[str], most: int = 8) -> str:
    """Items as running text; what is beyond ``most`` is counted."""
    told = list(items[:most])
    if len(items) > most:
        told.append(f"{len(items) - most} more")
    if len(told) < 2:
        return "".join(told)
    return f"{', '.join(told[:-1])} and {told[-1]}"
