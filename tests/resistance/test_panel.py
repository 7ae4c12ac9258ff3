"""A panel of isolates: every cell says what was seen, or that nobody looked."""

from __future__ import annotations

import pandas as pd

from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.resistance.drugs.panel import GENES_ONLY, NOT_LOOKED_AT, NOT_SEEN, STATES, panel


def calls(loci, *genes):
    blank = dict.fromkeys(CALL_COLUMNS, "") | {"contig": "c", "start": 1, "end": 9, "strand": "+"}
    blank |= {"status": "call", "kind": "gene"}
    columns = ("nearest_gene", "amr_class", "subclass")
    rows = [blank | dict(zip(columns, words, strict=True)) | more for *words, more in genes]
    return Calls(pd.DataFrame(rows, columns=CALL_COLUMNS), {"loci": loci} if loci else {})


MRSA = calls(
    {"mutation": ["murA"], "none": ["gyrA", "parC", "rpoB", "23S"], "not_found": ["ileS"]},
    ("mecA", "BETA-LACTAM", "METHICILLIN", {}), ("blaZ", "BETA-LACTAM", "BETA-LACTAM", {}),
    ("msr(A)", "MACROLIDE/STREPTOGRAMIN", "ERYTHROMYCIN/STREPTOGRAMIN_B", {}),
    ("mph(C)", "MACROLIDE", "ERYTHROMYCIN/SPIRAMYCIN/TELITHROMYCIN", {}),
    ("aph(3')-IIIa", "AMINOGLYCOSIDE", "AMIKACIN/KANAMYCIN", {}),
    ("murA_G257D", "FOSFOMYCIN", "FOSFOMYCIN", {"kind": "mutation"}),
    ("tet(38)", "EFFLUX", "EFFLUX", {}), ("vanA", "GLYCOPEPTIDE", "VANCOMYCIN", {"status": "candidate"}),
)  # fmt: skip
COLI = calls(
    None,
    ("blaKPC-2", "BETA-LACTAM", "CARBAPENEM", {}), ("qnrS1", "QUINOLONE", "QUINOLONE", {}),
    ("tet(A)", "TETRACYCLINE", "TETRACYCLINE", {}),
)  # fmt: skip
EXPECTED = {
    "penicillin": ("defeated by mecA", "defeated by blaKPC-2"),
    "meropenem": ("defeated by mecA", "defeated by blaKPC-2"),
    "cefiderocol": ("defeated by mecA", NOT_SEEN),
    "ceftaroline": (NOT_SEEN, "defeated by blaKPC-2"),
    "tetracycline": (NOT_SEEN, "defeated by tet(A)"),
    "tigecycline": (NOT_SEEN, NOT_SEEN),
    "ciprofloxacin": (NOT_SEEN, "reduced by qnrS1"),
    "erythromycin": ("defeated by msr(A)", GENES_ONLY),
    "clindamycin": (NOT_SEEN, GENES_ONLY),
    "linezolid": (NOT_SEEN, GENES_ONLY),
    "vancomycin": (NOT_SEEN, NOT_SEEN),
    "gentamicin": (NOT_SEEN, NOT_SEEN),
    "amikacin": ("defeated by aph(3')-IIIa", NOT_SEEN),
    "mupirocin": (GENES_ONLY, GENES_ONLY),
    "rifampicin": (NOT_SEEN, NOT_LOOKED_AT),
    "fosfomycin": (NOT_SEEN, GENES_ONLY),
    "aspirin": (NOT_LOOKED_AT, NOT_LOOKED_AT),
}


def test_cells_and_counts(tmp_path):
    made = panel(EXPECTED, {"mrsa": MRSA, "coli": COLI})
    assert dict(zip(made.cells.index, map(tuple, made.cells.to_numpy().tolist()), strict=True)) == EXPECTED
    assert list(made.counts) == [*STATES] and (made.counts.sum(axis=1) == 2).all()
    assert made.counts.loc["penicillin", "defeated"] == 2 and made.counts.loc["tigecycline", "not_seen"] == 2
    made.save(tmp_path / "panel.tsv")
    lines = (tmp_path / "panel.tsv").read_text("utf-8").splitlines()
    assert lines[0] == "compound\tmrsa\tcoli\tdefeated\treduced\tnot_seen\tnot_looked_at"
    assert len(lines) == 1 + len(EXPECTED)


def test_compounds_without_a_name_go_by_their_class():
    classes = ["tetracycline", "colistin", "quinolone", ""]
    table = pd.DataFrame({"name": [""] * 4, "join_class": classes})
    cells = panel(table, {"coli": COLI}).cells["coli"].tolist()
    assert cells == ["may be defeated by tet(A)", GENES_ONLY, NOT_LOOKED_AT, NOT_LOOKED_AT]
    assert panel(table, {}).cells.shape == (4, 0) and panel([], {"coli": COLI}).cells.empty


def test_a_locus_that_was_not_found_was_not_looked_at():
    missing = calls({"mutation": [], "none": [], "not_found": ["rpoB"], "intact": [], "lost": []})
    assert panel(["rifampicin"], {"x": missing}).cells.loc["rifampicin", "x"] == NOT_LOOKED_AT
