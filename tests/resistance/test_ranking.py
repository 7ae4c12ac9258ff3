"""rank: a small library, invented scores and calls, and every line of the short-list accounted for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bundles import calibrated_bundle
from riboswitch.data.calls import CALL_COLUMNS, Calls
from riboswitch.data.library import Library
from riboswitch.data.model import Model
from riboswitch.errors import InputError, UsageError
from riboswitch.resistance.drug_classes import DrugClasses
from riboswitch.steps.prepare import prepare
from riboswitch.steps.rank import rank

NAMES = {
    "tetracycline": "C1CCCCC1", "erythromycin": "C1CCCC1", "clindamycin": "C1CCC1", "unheard": "CCO",
    "silent": "CCN", "again": "OCC", "soluble": "CCCO", "murky": "CCCN",
}  # fmt: skip
TABLE = """drug_class\tphenotype_class\tkind\tpattern\tbasis
tetracycline\tTetracycline\tname\ttetracycline\tnamed
macrolide\tMacrolide\tname\terythromycin\tnamed
macrolide\tLincosamide\tname\tclindamycin\tnamed
"""
CLASSES = ["macrolide", "none", "tetracycline"]


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory):
    path = tmp_path_factory.mktemp("classes") / "classes.tsv"
    path.write_text(TABLE)
    return DrugClasses.load(path)


def raw(path):
    path.write_text("\n".join(["smiles,name", *(f"{s},{n}" for n, s in NAMES.items()), "C(,bad"]) + "\n")
    return path


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    return prepare(raw(folder / "raw.csv"), folder / "prepared")


def scores(library, tetracycline=0.05, predicted=None):
    table = library.table()
    n = len(table)
    p = np.tile([0.2, 0.75, 0.05], (n, 1))
    p[:, 0] += np.arange(n) / 100
    p[:, 1] -= np.arange(n) / 100
    if predicted is not None:
        p[table["name"] == predicted] = [0.1, 0.2, 0.7]
    made = table[["row", "id"]].copy()
    made["drug_class.class"] = [CLASSES[i] for i in p.argmax(1)]
    made["drug_class.probability"] = p.max(1)
    for i, name in enumerate(CLASSES):
        made[f"drug_class.p_{name}"], made[f"drug_class.p_{name}_sd"] = p[:, i], 0.01
    made["drug_class.in_training"], made["drug_class.nearest_training"] = False, "x"
    made["drug_class.training_label"] = ""
    made["drug_class.similarity"] = 0.5
    made["solubility.SOL"] = np.where(table["name"] == "murky", -9.0, -1.0)
    made["solubility.SOL_sd"] = 0.1
    made["solubility.in_training"] = False
    return made


def calls(*genes):
    blank = dict.fromkeys(CALL_COLUMNS, "")
    blank |= {"start": 10, "end": 99, "strand": "-", "contig": "c1", "score": 1.0}
    return Calls(pd.DataFrame([blank | {"status": "call"} | gene for gene in genes], columns=CALL_COLUMNS))


BY_CLASS = {"class_task": "drug_class"}
TETQ = {"drug_class": "tetracycline", "nearest_gene": "tet(Q)", "phenotype_classes": "Tetracycline",
        "antibiotics": "Doxycycline, Tetracycline, Minocycline"}  # fmt: skip
TETX = {"drug_class": "tetracycline", "nearest_gene": "tet(X4)", "amr_class": "TETRACYCLINE",
        "subclass": "TIGECYCLINE", "kind": "gene"}  # fmt: skip
LNU = {"drug_class": "macrolide", "nearest_gene": "lnu(A)", "phenotype_classes": "Lincosamide",
       "antibiotics": "Lincomycin"}  # fmt: skip


def by_name(ranking):
    return ranking.compounds.set_index("name")


def test_counts_reconcile_and_ranking_is_deterministic(library, knowledge):
    made = rank(library, [scores(library)], calls(TETQ), knowledge, {"keep": 3})
    again = rank(library, [scores(library)[:5], scores(library)[5:]], calls(TETQ), knowledge, {"keep": 3})
    pd.testing.assert_frame_equal(made.compounds, again.compounds)
    counts = made.counts
    assert counts["read"] == 9 == counts["rejected"] + counts["ranked"]
    assert (counts["duplicates"], counts["kept"], counts["compromised"]) == (1, 3, 1)
    assert counts["compromised_by_class"] == {"tetracycline": 1}
    assert made.hits["id"].tolist() == made.compounds["id"].tolist()[:3]
    assert made.compounds["rank"].tolist() == list(range(1, 9))


def test_order_is_best_then_outside_then_compromised_then_duplicates(library, knowledge):
    how = {"keep": 50, "filters": {"solubility": {"min": -6}}}
    made = rank(library, [scores(library)], calls(TETQ), knowledge, how)
    names = made.compounds["name"].tolist()
    assert names[-3:] == ["murky", "tetracycline", "again"]
    best = made.compounds["score"].tolist()[:-3]
    assert best == sorted(best, reverse=True)
    assert by_name(made).loc["murky", "outside_filter"].startswith("solubility.SOL not in -6")
    assert "again" not in made.hits["name"].tolist() and len(made.hits) == 7


def test_a_compromised_compound_names_its_gene_and_place(library, knowledge):
    made = by_name(rank(library, [scores(library)], calls(LNU, TETQ), knowledge))
    flagged = made[made["compromised"]]
    assert flagged["compromised_by"].to_dict() == {"tetracycline": "tet(Q)", "clindamycin": "lnu(A)"}
    line = made.loc["tetracycline"]
    assert line["compromise_locus"] == "c1:10-99(-)"
    assert line["compromise_basis"] == "the antibiotic is named in the gene's phenotype"
    assert "compromised by tet(Q) at c1:10-99(-)" in line["evidence"]


def test_a_lincosamide_gene_does_not_flag_a_macrolide(library, knowledge):
    made = by_name(rank(library, [scores(library)], calls(LNU), knowledge))
    assert not made.loc["erythromycin", "compromised"]
    assert made.loc["clindamycin", "compromised"]
    broad = LNU | {"phenotype_classes": "Macrolide, Lincosamide", "nearest_gene": "erm(B)"}
    both = by_name(rank(library, [scores(library)], calls(broad), knowledge))
    assert both.loc[["erythromycin", "clindamycin"], "compromised_by"].tolist() == ["erm(B)"] * 2


def test_a_predicted_class_counts_only_with_high_probability_and_without_a_known_class(library, knowledge):
    made = by_name(rank(library, [scores(library, predicted="silent")], calls(TETX), knowledge, BY_CLASS))
    assert made.loc["silent", "compromised"]
    assert made.loc["silent", "compromise_basis"] == "predicted drug class, and class of the gene"
    part = by_name(rank(library, [scores(library, predicted="silent")], calls(TETQ), knowledge, BY_CLASS))
    assert not part.loc["silent", "compromised"] and part.loc["silent", "may_be_compromised_by"] == "tet(Q)"
    assert "may be compromised by tet(Q)" in part.loc["silent", "evidence"]
    strict = BY_CLASS | {"min_class_probability": 0.8}
    made = by_name(rank(library, [scores(library, predicted="silent")], calls(TETX), knowledge, strict))
    assert not made.loc["silent", "compromised"]
    named = by_name(
        rank(library, [scores(library, predicted="erythromycin")], calls(TETX), knowledge, BY_CLASS)
    )
    assert not named.loc["erythromycin", "compromised"]


def test_candidates_compromise_nothing_and_defeated_classes_earn_no_score(library, knowledge):
    candidate = calls(TETX | {"status": "candidate"})
    free = rank(library, [scores(library)], candidate, knowledge)
    assert not free.compounds["compromised"].any() and len(candidate.candidates) == 1
    bound = rank(library, [scores(library)], calls(TETX), knowledge)
    gain = by_name(free)["score"] - by_name(bound)["score"]
    assert gain.to_numpy() == pytest.approx(0.05)


def test_columns_of_the_user_do_not_shadow_ours(tmp_path, knowledge):
    extra = "key,score,compromised,evidence,row,duplicate_of,solubility.SOL"
    names = ["smiles", "name", *extra.split(",")]
    lines = [",".join(names), *(",".join([s, n, *["9"] * 7]) for n, s in NAMES.items())]
    (tmp_path / "raw.csv").write_text("\n".join(lines) + "\n")
    library = prepare(tmp_path / "raw.csv", tmp_path / "prepared")
    assert library.table()["key"].str.fullmatch("[A-Z-]{27}").all()
    assert (library.table()["duplicate_of"] != "").sum() == 1
    made = rank(library, [scores(library)], calls(TETQ), knowledge)
    assert made.compounds.columns.is_unique
    assert (made.compounds["input_score"] == "9").all() and by_name(made).loc["tetracycline", "compromised"]


def test_scores_of_another_library_are_refused(library, knowledge):
    good = scores(library)
    for wrong in (good[:-1], good[::-1], good.assign(id="x"), good.assign(id=good["id"][::-1].tolist())):
        with pytest.raises(InputError, match="not those of this library"):
            rank(library, [wrong], calls(), knowledge)
    with pytest.raises(InputError, match="no such class prediction"):
        rank(library, [good], calls(), knowledge, {"class_task": "solubility"})
    with pytest.raises(InputError, match="no such task"):
        rank(library, [good], calls(), knowledge, {"score_by": "nothing"})


def value(column, found, row=3):
    def change(table):
        table.loc[row, column] = found

    return change


def lost(column):
    return lambda table: table.pop(column)


def typed(column, made):
    def change(table):
        table[column] = made(table[column])

    return change


IMPOSSIBLE = {
    "missing score": value("solubility.SOL", np.nan),
    "infinite score": value("solubility.SOL", np.inf),
    "missing probability": value("drug_class.p_none", np.nan),
    "negative probability": value("drug_class.p_none", -0.1),
    "probability above 1": value("drug_class.p_none", 1.1),
    "infinite probability": value("drug_class.p_tetracycline", -np.inf),
    "sum not 1": value("drug_class.p_none", 0.0),
    "missing best": value("drug_class.probability", np.nan),
    "missing sd": value("drug_class.p_none_sd", np.nan),
    "negative sd": value("solubility.SOL_sd", -1.0),
    "unknown class": value("drug_class.class", "antimony"),
    "missing class": value("drug_class.class", None),
    "lost class": lost("drug_class.p_none"),
    "lost probability": lost("drug_class.probability"),
    "lost row": lost("row"),
    "lost id": lost("id"),
    "twice": value("row", 1),
    "text": typed("drug_class.p_none", lambda column: column.astype(str)),
    "lists": typed("drug_class.p_none", lambda column: [[v] for v in column]),
    "class lists": typed("drug_class.class", lambda column: [[v] for v in column]),
    "training": typed("solubility.in_training", lambda column: column.astype(object).where(column, None)),
    "numbers as labels": typed("drug_class.training_label", lambda column: range(len(column))),
    "one label is a number": typed("drug_class.training_label", lambda column: [5, *column[1:]]),
    "missing label": value("drug_class.training_label", None),
    "unknown label": value("drug_class.training_label", "antimony"),
    "nearest is a number": typed("drug_class.nearest_training", lambda column: [5, *column[1:]]),
    "similarity is text": typed("drug_class.similarity", lambda column: column.astype(str)),
    "forms are text": value("forms", "many"),
    "rows are floats": typed("row", lambda column: column + 0.5),
    "ids are numbers": typed("id", lambda column: range(len(column))),
}


@pytest.mark.parametrize("change", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_scores_that_are_missing_or_impossible_are_refused(library, knowledge, change):
    table = scores(library)
    change(table)
    with pytest.raises(InputError) as told:
        rank(library, [table], calls(), knowledge, {"filters": {"solubility": {"min": -20}}})
    assert "scores" in str(told.value) and "\n" not in str(told.value)


def test_shards_have_the_same_columns(library, knowledge):
    table = scores(library)
    for wrong in (table[4:].drop(columns="solubility.SOL"), table[4:].assign(**{"solubility.more": 1.0})):
        with pytest.raises(InputError, match="columns are not those of"):
            rank(library, [table[:4], wrong], calls(), knowledge)
    more = table.assign(
        **{"solubility.SOL_low": np.nan, "solubility.SOL_high": np.nan, "solubility.forms": 1}
    )
    assert rank(library, [more[:4], more[4:]], calls(), knowledge).counts["scored"] == len(table)
    with pytest.raises(InputError, match="there are no scores"):
        rank(library, [], calls(), knowledge)


def test_rejected_rows_of_raw_scores_are_kept_apart_and_counted(library, knowledge):
    table = scores(library).assign(status="ok", reason="", price="7")
    bad = {"row": 9, "id": "row-9", "status": "BAD_SMILES", "reason": "no", "drug_class.class": None}
    raw = pd.concat([table, pd.DataFrame([bad])], ignore_index=True)
    for told in (raw, raw.sample(frac=1, random_state=0).sort_values("row")):
        made = rank(library, [told], calls(TETQ), knowledge)
        counts = made.counts
        assert (counts["read"], counts["rejected"], counts["scored"], counts["ranked"]) == (9, 1, 8, 8)
        assert counts["scores_rejected"] == 1 and "price" not in made.compounds
    whole = rank(library, [scores(library)], calls(TETQ), knowledge)
    assert made.compounds["score"].tolist() == whole.compounds["score"].tolist()


@pytest.mark.parametrize(
    "bad",
    [{"keep": 0}, {"keep": 1.5}, {"kep": 3}, {"filters": {"solubility": {"mim": 1}}},
     {"filters": {"solubility": {"min": "1"}}}, {"min_class_probability": 2}],
)  # fmt: skip
def test_settings_are_checked(library, knowledge, bad):
    with pytest.raises(UsageError):
        rank(library, [scores(library)], calls(), knowledge, bad)


@pytest.mark.parametrize("task", ["nothing", "drug_class"])
def test_a_filter_needs_a_number_that_was_predicted(library, knowledge, task):
    with pytest.raises(InputError, match="a filter"):
        rank(library, [scores(library)], calls(), knowledge, {"filters": {task: {"min": 0}}})


def test_no_calls_is_no_fault(library, knowledge, tmp_path):
    none = calls()
    none.save(tmp_path / "calls.parquet")
    made = rank(
        Library.open(library.folder), [scores(library)], Calls.load(tmp_path / "calls.parquet"), knowledge
    )
    assert made.counts["compromised"] == 0 and made.counts["compromised_by_class"] == {}


def test_a_compound_trained_as_none_is_neither_found_nor_compromised(library, knowledge):
    """A prediction that contradicts the compound's own training label is the model's fault, not a find."""
    table = scores(library, predicted="silent")
    assert by_name(rank(library, [table], calls(TETX), knowledge, BY_CLASS)).loc["silent", "compromised"]
    table["drug_class.training_label"] = "none"
    compounds = rank(library, [table], calls(TETX), knowledge, BY_CLASS).compounds.set_index("name")
    assert not compounds.loc["silent", "compromised"]
    assert compounds.loc["silent", "contradicted"]


def test_only_hits_name_their_nearest_training_compound(library, knowledge):
    shown = Model({"modality": "molecule", "components": ["molecule"]}, {})
    shown.pack_texts("training.ids", ["butanol", "propanol"])
    shown.pack_inputs("training.inputs", {"molecule": ["CCCCO", "CCCO"]})
    screened = scores(library).drop(columns=["drug_class.nearest_training", "drug_class.similarity"])
    models = {
        "drug_class": shown,
        "solubility": Model({"modality": "molecule", "components": ["molecule"]}, {}),
    }
    made = rank(library, [screened], calls(), knowledge, {"keep": 3}, models=models)
    assert (made.hits["drug_class.nearest_training"] == "propanol").sum() >= 1
    assert made.hits["drug_class.similarity"].between(0, 1).all()
    soluble = by_name(made).loc["soluble"]
    assert soluble["rank"] <= 3 and soluble["drug_class.similarity"] == 1
    assert "nearest propanol (Tanimoto 1.00)" in soluble["evidence"]
    rest = made.compounds[3:]
    assert (rest["drug_class.nearest_training"] == "").all() and rest["drug_class.similarity"].isna().all()
    assert (rest["evidence"] == "").all() and "solubility.similarity" not in made.hits
    assert rank(library, [screened], calls(), knowledge).compounds["score"].equals(made.compounds["score"])


def test_scores_without_training_columns_are_ranked(library, knowledge):
    screened = scores(library)
    told = ("in_training", "training_label", "nearest_training", "similarity")
    screened = screened.drop(columns=[f"drug_class.{c}" for c in told])
    made = rank(library, [screened], calls(TETQ), knowledge, {"keep": 3})
    assert made.hits["evidence"].str.contains("does not say what it was trained on").all()
    assert by_name(made).loc["tetracycline", "compromised"]
    assert made.counts["in_training"] == {"solubility": 0}


def test_single_precision_and_a_lean_table_change_no_place(library, knowledge):
    whole = rank(library, [scores(library)], calls(TETQ), knowledge)
    single = scores(library).astype({"drug_class.p_none": "float32", "drug_class.p_tetracycline": "float32"})
    lean = rank(library, [single], calls(TETQ), knowledge, whole=False)
    pd.testing.assert_frame_equal(lean.hits, whole.hits)
    assert "raw_smiles" in whole.compounds and "raw_smiles" not in lean.compounds


def test_a_calibrated_model_says_how_many_of_the_list_are_active(library, knowledge):
    models, none = {"drug_class": calibrated_bundle(kind="multiclass")}, calls()
    made = rank(library, [scores(library)], none, knowledge, {"keep": 3}, models=models)
    promise = made.counts["promise"]
    assert promise["rows"] == 3 and promise["text"].startswith("among these 3 expect ")
    assert made.hits["fdr"].is_monotonic_increasing
    rate = float(made.compounds["fdr"].min())
    listed = rank(library, [scores(library)], none, knowledge, {"keep": 1, "fdr": rate}, models=models)
    assert (listed.hits["fdr"] <= rate).all() and len(listed.hits) >= 1
    assert listed.counts["kept"] == len(listed.hits)


def test_a_rate_of_false_discoveries_needs_a_calibrated_model(library, knowledge):
    with pytest.raises(InputError, match="false-discovery rate"):
        rank(library, [scores(library)], calls(), knowledge, {"fdr": 0.2})
