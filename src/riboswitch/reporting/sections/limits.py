"""What must not be concluded from the results."""

from __future__ import annotations

from typing import Any

from riboswitch.reporting.findings import Findings
from riboswitch.reporting.sections import Section

ALWAYS = [
    ("Research use only.", "Not for diagnosis, not for treatment, not for a decision about a patient."),
]
OF_CALLS = [
    ("A gene that is present is not a phenotype.",
     "A call says that a reading frame resembles a known resistance gene. It does not say that the gene is "
     "expressed or that the bacterium is resistant. A genome without calls is not said to be susceptible. "
     "Known mutations are read only where the taxon is known. Efflux and permeability are not "
     "examined beyond the genes that are known for them."),
]  # fmt: skip
OF_RANKING = [
    ("The drug class of a compound is known from its name, or is predicted.",
     "It is not a measured activity against any bacterium. It says nothing of dose, safety or efficacy."),
    ("Genes and compounds are joined by curated knowledge.",
     "“Compromised” means that a called gene is known to defeat the drug, or the whole class of a compound "
     "whose name says nothing. “Reduced” means that the drug may still work. That a compound is not flagged "
     "does not mean that it evades resistance: many bacteria "
     "lack the target of a drug, or resist it in another way."),
    ("A compound that was in the training data is recalled, not discovered.",
     "Its prediction repeats a label that the model has seen. It is no evidence. They are marked."),
    ("Other properties, such as solubility, are predicted.",
     "They come from a model with the error given below. They were not measured here."),
]  # fmt: skip


def contents(findings: Findings) -> dict[str, Any]:
    """The limits that hold for these findings."""
    limits = ALWAYS + (OF_CALLS if findings.calls else []) + (OF_RANKING if findings.ranking else [])
    return {"limits": limits}


SECTION = Section("What must not be concluded", 20, contents)
