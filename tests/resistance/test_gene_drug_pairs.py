"""Which gene defeats which drug: pairs set down from the database and the literature, both ways."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.errors import InputError
from riboswitch.resistance.drug_classes import VOCABULARY, DrugClasses
from riboswitch.resistance.drugs.effects import ALL, DEFEATS, EFFECTS, REDUCES
from riboswitch.resistance.drugs.genes import compound, defeating_gene, verdict
from riboswitch.resistance.drugs.names import TABLES, DrugBook
from riboswitch.resistance.drugs.rules import GeneRules, shipped_rules
from riboswitch.resistance.house_classes import house_classes, known_classes

HERE = Path(__file__).parent
RULES = shipped_rules()
BOOK = RULES.book
KNOWLEDGE = DrugClasses.load(HERE.parents[1] / "config" / "drug_classes.tsv")
PLACE = {"contig": "c", "start": 1, "end": 9, "strand": "+"}


def table(name, folder=HERE):
    with open(folder / name, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


PAIRS = table("gene_drug_pairs.tsv")
TERMS = (HERE / "database_terms.txt").read_text("utf-8").split("\n")[:-1]


def gene(symbol, subclass, amr_class="", **more):
    mutated = "_" in symbol and symbol.rpartition("_")[2][1:-1].isdigit()
    kind = "mutation" if mutated else "gene"
    return PLACE | {"nearest_gene": symbol, "amr_class": amr_class or subclass, "subclass": subclass,
                    "kind": kind, "family": symbol.split("_")[0]} | more  # fmt: skip


def effect(drug, *genes):
    known = KNOWLEDGE.drug_class(drug)
    named = compound(drug, known.drug_class if known else "", known.phenotype_class if known else "", BOOK)
    assert named is not None, drug
    return verdict(named, [defeating_gene(g, RULES) for g in genes]).effect


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: f"{p['gene']} {p['drug']}")
def test_pairs(pair):
    found = effect(pair["drug"], gene(pair["gene"], pair["subclass"], pair["amr_class"]))
    assert (found == DEFEATS) == (pair["defeated"] == "yes"), (found, pair["source"])


def test_there_are_pairs_of_both_kinds():
    kinds = [pair["defeated"] for pair in PAIRS]
    assert min(kinds.count("yes"), kinds.count("no")) >= 20 and len({p["drug"] for p in PAIRS}) >= 30
    assert all(pair["source"] for pair in PAIRS)


@pytest.mark.parametrize("term", TERMS)
def test_every_word_of_the_database_means_something(term):
    assert RULES.knows(term)


def test_every_rule_has_a_source_and_a_class_or_word_of_the_database():
    known = {term.replace("_", " ") for term in TERMS} | {"*", "+", "STRESS"}
    for row in table("gene_effects.tsv", TABLES):
        assert row["source"].strip(), row
        assert row["term"] in known, row["term"]
    for name in ("drugs.tsv", "drug_groups.tsv", "gene_groups.tsv", "mutation_loci.tsv"):
        assert all(row["source"].strip() for row in table(name, TABLES)), name


MATRIX = {
    "benzylpenicillin": [
        "penicillin",
        "Penicillin G potassium",
        "BENZYLPENICILLIN SODIUM",
        "penicillin G benzathine",
    ],
    "meropenem": ["Meropenem trihydrate"],
    "cefiderocol": ["CEFIDEROCOL SULFATE TOSYLATE"],
    "ceftaroline": ["ceftaroline fosamil acetate", "Ceftaroline"],
    "tetracycline": ["TETRACYCLINE HYDROCHLORIDE", "tetracycline phosphate complex"],
    "tigecycline": ["Tigecycline"],
    "ciprofloxacin": ["Ciprofloxacin HCl", "ciprofloxacin (hydrochloride)"],
    "erythromycin": ["Erythromycin ethylsuccinate", "ERYTHROMYCIN STEARATE"],
    "clindamycin": ["clindamycin palmitate hydrochloride", "Clindamycin phosphate"],
    "linezolid": ["LINEZOLID"],
    "vancomycin": ["Vancomycin hydrochloride"],
    "gentamicin": ["Gentamycin", "gentamicin sulfate", "Gentamicin C1a"],
    "amikacin": ["Amikacin sulfate", "amikacin liposome"],
    "chloramphenicol": ["Chloramphenicol sodium succinate", "chloramphenicol palmitate"],
    "trimethoprim": ["trimethoprim lactate"],
    "sulfamethoxazole": ["Sulphamethoxazole", "SULFAMETHOXAZOLE SODIUM"],
    "colistin": ["colistimethate sodium", "Colistin sulphate", "polymyxin E", "Colistimethate"],
    "rifampicin": ["Rifampin", "RIFAMPICIN", "rifampicin (rifampin)"],
}


@pytest.mark.parametrize(("drug", "written"), [(d, w) for d, names in MATRIX.items() for w in [d, *names]])
def test_drugs_are_known_in_other_spellings_and_as_salts(drug, written):
    found = BOOK.read(written)
    assert found is not None and [d.name for d in found.drugs] == [drug]
    assert BOOK.read(f"  {written.upper()}\u2122".removesuffix("\u2122")) == found


@pytest.mark.parametrize(
    ("name", "drugs", "inhibitors"),
    [
        ("amoxicillin / clavulanic acid", {"amoxicillin"}, {"clavulanic acid"}),
        ("Piperacillin-tazobactam", {"piperacillin"}, {"tazobactam"}),
        ("CEFTAZIDIME\u2013AVIBACTAM", {"ceftazidime"}, {"avibactam"}),
        ("co-trimoxazole", {"trimethoprim", "sulfamethoxazole"}, set()),
        ("imipenem + cilastatin + relebactam", {"imipenem"}, {"relebactam"}),
        ("SULFADIAZINE, SILVER", {"sulfadiazine"}, set()),
        ("avibactam", set(), {"avibactam"}),
    ],
)
def test_combinations(name, drugs, inhibitors):
    found = BOOK.read(name)
    assert found is not None
    assert ({d.name for d in found.drugs}, found.inhibitors) == (drugs, inhibitors)


@pytest.mark.parametrize(
    "name", ["", "aspirin", "-", "sodium", "penicillamine", "(rifampicin)", "sulfate", "2,4-dione"]
)
def test_other_names_say_nothing(name):
    assert BOOK.read(name) is None


@given(st.text(max_size=40))
def test_any_text_can_be_read(text):
    found = BOOK.read(text)
    assert found is None or found.drugs or found.inhibitors


def test_the_tables_of_names_agree():
    """A drug has the class that its name has in the table of classes; groups have all classes."""
    for name, drug in BOOK.drugs.items():
        known = KNOWLEDGE.drug_class(name)
        expected = BOOK.groups[drug.groups[-1]].drug_class
        assert known is None or not expected or known.drug_class == expected, name
    classes = {g.drug_class for g in BOOK.groups.values()} - {""}
    assert classes == set(VOCABULARY) == {c for house in known_classes().values() for c in house}


@pytest.mark.parametrize(
    ("classes", "house"),
    [
        ("LINCOSAMIDE/MACROLIDE/OXAZOLIDINONE", "macrolide/oxazolidinone"),
        ("FUSIDIC_ACID", "fusidicacid"), ("FUSIDIC ACID", "fusidicacid"),
        ("GLYCOPEPTIDE/RIFAMPIN", "glycopeptide/rifampicin"),
        ("TRIMETHOPRIM-SULFAMETHOXAZOLE", "sulphonamide/trimethoprim"), ("BLEOMYCIN", "bleomycin"),
        ("beta-lactam", "beta-lactam"), ("", ""),
    ],
)  # fmt: skip
def test_house_classes(classes, house):
    assert house_classes(classes) == house


def test_a_combination_needs_a_gene_for_each_drug():
    sul, dfr = gene("sul1", "SULFONAMIDE"), gene("dfrA1", "TRIMETHOPRIM")
    drug = "sulfamethoxazole/trimethoprim"
    assert [effect(drug, *g) for g in ((), (sul,), (dfr,), (sul, dfr))] == ["", REDUCES, REDUCES, DEFEATS]


def test_a_named_combination_is_defeated_alone():
    lost = gene("baeS_R416C", "AZTREONAM-AVIBACTAM", "BETA-LACTAM")
    assert effect("aztreonam-avibactam", lost) == DEFEATS
    assert effect("aztreonam", lost) == effect("ceftazidime-avibactam", lost) == ""


def test_resfinder_adds_drugs_of_which_the_rules_say_nothing():
    known = {"antibiotics": "Ampicillin, Cefepime, Meropenem, Amoxicillin+Clavulanic acid"}
    tem = gene("blaTEM-1", "BETA-LACTAM", **known)
    assert effect("amoxicillin/clavulanate", tem) == DEFEATS
    assert effect("meropenem", tem) == ""  # spared by a rule
    assert effect("ciprofloxacin", gene("qnrS1", "QUINOLONE", antibiotics="Ciprofloxacin")) == REDUCES


OLD = {
    "cfr": ("phenicol", "Oxazolidinone, Amphenicol, Lincosamide, Streptogramin A, Pleuromutilin",
            "Chloramphenicol, Florfenicol, Clindamycin, Linezolid, Dalfopristin, Tiamulin"),
    "aac(6')-Ib-cr": ("aminoglycoside/quinolone", "Aminoglycoside, Quinolone",
                      "Tobramycin, Amikacin, Fluoroquinolone, Ciprofloxacin"),
    "bleO": ("glycopeptide", "Glycopeptide", "Bleomycin"),
    "VanHAX": ("glycopeptide", "Glycopeptide", "Vancomycin, Teicoplanin"),
    "tet(Q)": ("tetracycline", "Tetracycline", "Doxycycline, Tetracycline, Minocycline"),
    "blaX": ("beta-lactam", "Beta-lactam", "Unknown Beta-lactam"),
    "mine": ("beta-lactam", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("amr_class", ["", "the house class"])
@pytest.mark.parametrize(
    ("symbol", "drug", "expected"),
    [
        *(("cfr", drug, DEFEATS) for drug in ("linezolid", "clindamycin", "dalfopristin", "lefamulin")),
        *(("cfr", drug, "") for drug in ("tedizolid", "erythromycin")),
        ("aac(6')-Ib-cr", "ciprofloxacin", DEFEATS), ("aac(6')-Ib-cr", "levofloxacin", ""),
        ("bleO", "bleomycin", DEFEATS), ("bleO", "vancomycin", ""), ("bleO", "telavancin", ""),
        ("VanHAX", "vancomycin", DEFEATS), ("VanHAX", "oritavancin", ""),
        ("tet(Q)", "lymecycline", DEFEATS), ("tet(Q)", "tigecycline", ""),
        ("blaX", "ampicillin", REDUCES), ("mine", "meropenem", DEFEATS),
    ],
)  # fmt: skip
def test_genes_that_resfinder_alone_knows(symbol, drug, expected, amr_class):
    house, phenotypes, antibiotics = OLD[symbol]
    row = PLACE | {"nearest_gene": symbol, "drug_class": house, "phenotype_classes": phenotypes,
                   "antibiotics": antibiotics, "amr_class": house if amr_class else ""}  # fmt: skip
    assert effect(drug, row) == expected


@given(st.sampled_from(PAIRS), st.sampled_from(sorted(BOOK.drugs)))
def test_covered_groups_hold_defeated_drugs_only(pair, name):
    made = defeating_gene(gene(pair["gene"], pair["subclass"]), RULES)
    drug, found = BOOK.drugs[name], made.effects.on(BOOK.drugs[name])
    defeated = found is not None and found[0] == DEFEATS
    assert made.effects.covered <= made.effects.touched
    if made.effects.covered & set(drug.groups):
        assert defeated
    if defeated:
        assert set(drug.groups) <= made.effects.touched


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("gene_effects.tsv", "X\t\t*\tdefeats\tnothing of the kind\t\ts", "cannot be read"),
        ("gene_effects.tsv", "X\t@nobody\t*\tdefeats\tlinezolid\t\ts", "cannot be read"),
        ("gene_effects.tsv", "X\t\tsome\tdefeats\tlinezolid\t\ts", "cannot be read"),
        ("gene_effects.tsv", "X\t\t*\tkills\tlinezolid\t\ts", "cannot be read"),
        ("drugs.tsv", "x\tdrug\tno group\t\ts", "no such group"),
        ("drugs.tsv", "penicillin\tdrug\tcarbapenem\t\ts", "the name of a group"),
        ("drugs.tsv", "x\tpoison\tpenicillin\t\ts", "no such kind"),
        ("drugs.tsv", "linezolid\tdrug\tpenicillin\t\ts", "stands twice"),
    ],
)
def test_bad_tables_are_refused(tmp_path, file, line, message):
    for path in TABLES.glob("*.tsv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert GeneRules.load(tmp_path).rules == RULES.rules
    with (tmp_path / file).open("a", encoding="utf-8") as handle:
        handle.write(line + "\n")
    with pytest.raises(InputError, match=message):
        GeneRules.load(tmp_path)
    (tmp_path / "drug_groups.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="not the table"):
        DrugBook.load(tmp_path)


def test_effects_are_ordered_and_all_is_no_inhibitor():
    assert EFFECTS[0] == DEFEATS and BOOK.read(ALL) is None


@pytest.mark.parametrize("symbol", ["vanH-A", "vanX-A", "vanR-A", "vanY-B"])
def test_an_accessory_enzyme_defeats_nothing_though_the_entry_of_its_operon_names_the_drug(symbol):
    """ResFinder has one phenotype for an operon; without the ligase the others do nothing."""
    named = {"antibiotics": "Vancomycin, Teicoplanin"}
    alone = gene(symbol, "VANCOMYCIN", "GLYCOPEPTIDE", **named)
    ligase = gene("vanA", "VANCOMYCIN", "GLYCOPEPTIDE", **named)
    assert effect("vancomycin", alone) == ""
    found = verdict(BOOK.read("vancomycin"), [defeating_gene(g, RULES) for g in (alone, ligase)])
    assert (found.effect, found.symbols) == (DEFEATS, "vanA")
