"""Drug classes out of names: the shipped table against names that are known."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from riboswitch.errors import InputError
from riboswitch.resistance.drug_classes import COLUMNS, KINDS, VOCABULARY, DrugClasses

TABLE = Path(__file__).parents[2] / "config" / "drug_classes.tsv"
CLASSES = DrugClasses.load(TABLE)

PHENOTYPES = {
    *("Aminoglycoside", "Beta-lactam", "Polymyxin", "Fosfomycin", "Steroid antibacterial", "Glycopeptide"),
    *("Macrolide", "Lincosamide", "Streptogramin A", "Streptogramin B", "Pleuromutilin", "Ionophores"),
    *("Nitroimidazole", "Oxazolidinone", "Amphenicol", "Pseudomonic acid", "Quinolone", "Rifamycin"),
    *("Folate pathway antagonist", "Tetracycline"),
}

MEMBERS = {
    "aminoglycoside": "amikacin arbekacin gentamicin kanamycin neomycin netilmicin paromomycin plazomicin "
    "sisomicin spectinomycin streptomycin tobramycin apramycin",
    "beta-lactam": "amoxicillin benzylpenicillin penicillin piperacillin temocillin aztreonam carumonam "
    "cefepime cefiderocol ceftazidime cephalothin cephalexin loracarbef moxalactam latamoxef ertapenem "
    "imipenem faropenem",
    "colistin": "colistin colistimethate",
    "fosfomycin": "fosfomycin",
    "fusidicacid": "fusidate",
    "glycopeptide": "vancomycin teicoplanin telavancin dalbavancin oritavancin",
    "macrolide": "erythromycin azithromycin telithromycin solithromycin tylosin spiramycin troleandomycin "
    "clindamycin lincomycin quinupristin dalfopristin retapamulin lefamulin tiamulin valnemulin",
    "misc": "narasin salinomycin maduramicin",
    "nitroimidazole": "metronidazole tinidazole secnidazole ornidazole nimorazole",
    "oxazolidinone": "linezolid tedizolid contezolid",
    "phenicol": "chloramphenicol thiamphenicol florfenicol azidamfenicol",
    "pseudomonicacid": "mupirocin",
    "quinolone": "ciprofloxacin moxifloxacin cinoxacin rosoxacin ozenoxacin flumequine",
    "rifampicin": "rifampicin rifampin rifabutin rifapentine rifaximin rifamycin",
    "sulphonamide": "sulfamethoxazole sulfadiazine sulfanilamide sulfisoxazole sulphadimidine",
    "tetracycline": "tetracycline doxycycline minocycline tigecycline eravacycline omadacycline sarecycline "
    "demeclocycline lymecycline",
    "trimethoprim": "trimethoprim iclaprim brodimoprim",
}

NOBODY = """
bleomycin dactinomycin natamycin mitomycin plicamycin daptomycin fidaxomicin capreomycin bacitracin
sulfasalazine sulfinpyrazone sulindac sumatriptan mafenide dapsone sulfoxone sulfate penicillamine
sulbactam tazobactam avibactam clavulanate relebactam vaborbactam cilastatin
albendazole mebendazole thiabendazole metamizole omeprazole fluconazole ketoconazole benznidazole methimazole
furazolidone nitrofurantoin benoxaprofen difenoxin amoxapine oxaprozin
amitriptyline dicyclomine procyclidine cyclizine cyclosporine cycloserine trimipramine primidone primaquine
pyrimethamine isoniazid ethambutol doxorubicin daunorubicin epirubicin colchicine streptozocin aspirin
""".split()  # noqa: SIM905

known = [(name, drug_class) for drug_class, names in MEMBERS.items() for name in names.split()]


def rows() -> list[dict[str, str]]:
    with open(TABLE, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


@pytest.mark.parametrize(("name", "drug_class"), known)
def test_members(name: str, drug_class: str) -> None:
    found = CLASSES.drug_class(name)
    assert found is not None
    assert found.drug_class == drug_class
    assert found.phenotype_class in PHENOTYPES
    for written in (
        name.upper(),
        f"{name.title()} hydrochloride",
        f"sodium {name}",
        f"{name.upper()}, STERILE",
    ):
        assert CLASSES.drug_class(written) == found, written


@pytest.mark.parametrize("name", NOBODY)
def test_other_drugs_have_no_class(name: str) -> None:
    assert CLASSES.drug_class(name) is None
    assert CLASSES.drug_class(f"{name.upper()} SULFATE") is None


def test_every_row_is_used() -> None:
    for row in rows():
        name = {"stem-prefix": row["pattern"] + "xyz", "stem-suffix": "xyz" + row["pattern"]}.get(
            row["kind"], row["pattern"]
        )
        found = CLASSES.drug_class(name)
        if row["kind"] == "not":
            assert found is None, row
        else:
            assert found is not None, row
            assert (found.drug_class, found.pattern) == (row["drug_class"], row["pattern"])


def test_the_table_uses_resfinders_classes() -> None:
    for row in rows():
        assert row["kind"] in KINDS
        assert row["basis"]
        if row["kind"] != "not":
            assert row["drug_class"] in VOCABULARY
            assert row["phenotype_class"] in PHENOTYPES
    assert {row["drug_class"] for row in rows()} - {"-"} == set(VOCABULARY)
    assert len(set(VOCABULARY)) == 17


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Tetracycline phosphate complex", "tetracycline"),
        ("SULFADIAZINE, SILVER", "sulphonamide"),
        ("PENICILLIN G BENZATHINE", "beta-lactam"),
        ("PROCAINE BENZYLPENICILLIN", "beta-lactam"),
        ("Fusidic acid", "fusidicacid"),
        ("fusidic acid hemihydrate", "fusidicacid"),
        ("NALIDIXIC ACID", "quinolone"),
        ("Polymyxin B sulfate", "colistin"),
        ("virginiamycin M1", "macrolide"),
        ("amoxicillin / clavulanic acid", "beta-lactam"),
        ("ampicillin and sulbactam", "beta-lactam"),
        ("quinupristin+dalfopristin", "macrolide"),
        ("sulfamethoxazole/trimethoprim", None),
        ("clavulanic acid", None),
        ("sodium sulfate", None),
        ("STREPTOMYCIN SULFATE", "aminoglycoside"),
        ("", None),
        ("sodium", None),
        (", silver", None),
    ],
)
def test_whole_names(name: str, expected: str | None) -> None:
    found = CLASSES.drug_class(name)
    assert (found and found.drug_class) == expected


def test_finer_classes() -> None:
    finer = {n: CLASSES.drug_class(n).phenotype_class for n in MEMBERS["macrolide"].split()}  # type: ignore[union-attr]
    assert finer["erythromycin"] == "Macrolide"
    assert finer["clindamycin"] == "Lincosamide"
    assert finer["dalfopristin"] == "Streptogramin A"
    assert finer["quinupristin"] == "Streptogramin B"
    assert finer["lefamulin"] == "Pleuromutilin"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("aspirin\tx\tname\ty\tz", "no such drug class"),
        ("quinolone\tx\tregex\ty\tz", "no such kind of pattern"),
        ("quinolone\tx\tname\tYY\tz", "lower case"),
        ("quinolone\tx\tnot\ty\tz", "'-'"),
        ("-\t-\tname\ty\tz", "'-'"),
        ("quinolone\tx\tname\ty", "4 cells where the header has 5"),
        ("quinolone\tx\tname\ty\tz\tw", "6 cells where the header has 5"),
        ("quinolone\tx\tname\t\tz", "the pattern is empty"),
        ("quinolone\tx\tname\ty\tz\nquinolone\tx\tname\ty\tz", "stands twice"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "classes.tsv"
    path.write_text("\t".join(COLUMNS) + "\n" + row + "\n")
    with pytest.raises(InputError, match=message):
        DrugClasses.load(path)


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        DrugClasses.load(tmp_path / "none.tsv")
    (tmp_path / "other.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="not a table of drug classes"):
        DrugClasses.load(tmp_path / "other.tsv")
    (tmp_path / "latin.tsv").write_bytes(b"caf\xe9\n")
    with pytest.raises(InputError, match="not UTF-8"):
        DrugClasses.load(tmp_path / "latin.tsv")
