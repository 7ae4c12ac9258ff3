"""Drug classes of the reference database in the words of this project."""

from __future__ import annotations

CLASSES = {
    "AMINOGLYCOSIDE": "aminoglycoside",
    "BETA-LACTAM": "beta-lactam",
    "COLISTIN": "colistin",
    "FOSFOMYCIN": "fosfomycin",
    "FUSIDIC ACID": "fusidicacid",
    "GLYCOPEPTIDE": "glycopeptide",
    "LINCOSAMIDE": "macrolide",
    "MACROLIDE": "macrolide",
    "MUPIROCIN": "pseudomonicacid",
    "NITROIMIDAZOLE": "nitroimidazole",
    "OXAZOLIDINONE": "oxazolidinone",
    "PHENICOL": "phenicol",
    "PLEUROMUTILIN": "macrolide",
    "QUINOLONE": "quinolone",
    "RIFAMYCIN": "rifampicin",
    "STREPTOGRAMIN": "macrolide",
    "SULFONAMIDE": "sulphonamide",
    "TETRACYCLINE": "tetracycline",
    "TRIMETHOPRIM": "trimethoprim",
}
"""Class of the database to class of this project, whose names are those of ResFinder's files."""


def house_classes(classes: str) -> str:
    """The classes of a gene, ``LINCOSAMIDE/OXAZOLIDINONE``, in our words: ``macrolide/oxazolidinone``.

    A class that we have no word for stays, in lower case. Classes of records are our own already.
    """
    return "/".join(dict.fromkeys(CLASSES.get(c, c.lower()) for c in classes.split("/") if c))
