"""The short-list that chemists ask for: what is left out has a reason, and the counts reconcile."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resistance.ranking.test_streamed import PLAIN, blocks_of, counts, equal, joined
from resistance.test_ranking import TETX, calls, knowledge, library, scores  # noqa: F401
from riboswitch.errors import InputError, UsageError
from riboswitch.io.large.sorted_runs import SortedRuns
from riboswitch.modalities import find
from riboswitch.resistance.ranking.choosing import TESTED, Chooser, Measured
from riboswitch.resistance.ranking.judging import Judge
from riboswitch.resistance.ranking.plain import rank_compounds
from riboswitch.resistance.ranking.reference import Reference
from riboswitch.resistance.ranking.settings import RankSettings
from riboswitch.resistance.ranking.streamed import StreamedRanking
from riboswitch.steps.rank import rank

RHODANINE, GREASY, PHENOL = "O=C1NC(=S)SC1=Cc1ccccc1", "CCCCCCCCCCCCCCCC", "Oc1ccccc1"
SMILES = [RHODANINE, GREASY, PHENOL, "CCO", "CC(N)=O", "c1ccccc1", "C1CCNCC1"]
PRICES = [None, "10", "90", "50", "free", "-3", "10"]


def table_of(order, repeats=()):
    """Compounds of which the first has the highest score."""
    table = joined([PLAIN | {"tetracycline": 0.7 - i / 100} for i in range(len(order))])
    table["smiles"] = [SMILES[i] for i in order]
    table["price"] = pd.Series([PRICES[i] for i in order], dtype="str")
    table["duplicate_of"] = ["c0" if i and i in repeats else "" for i in range(len(order))]
    return table


def made(table, knowledge, measured=None, **how):  # noqa: F811
    judge = Judge(calls(), knowledge, RankSettings(**how))
    chooser = Chooser(judge.settings, find("molecule"), measured)
    return rank_compounds(table, judge, library_counts=counts(len(table)), training={}, chooser=chooser)


def measured(tmp_path, library, *lines):  # noqa: F811
    (tmp_path / "results.csv").write_text("\n".join(["smiles,inhibits", *lines]) + "\n")
    return Measured.load(tmp_path / "results.csv", library)


def agree(ranking):
    told = ranking.counts["choice"]
    assert told["examined"] == told["pool"] + sum(told["excluded"].values())
    assert len(ranking.excluded) == sum(told["excluded"].values())
    assert told["kept"] == len(ranking.hits) == ranking.counts["kept"] <= told["pool"]
    found = ranking.excluded["reason"].value_counts().to_dict()
    assert found == told["excluded"]
    assert not {*ranking.excluded["id"]} & {*ranking.hits["id"]}
    return told


def test_compounds_that_break_a_rule_are_left_out_and_keep_their_rank(knowledge):  # noqa: F811
    ranking = made(table_of(range(7)), knowledge, exclude=["veber", "pains"], keep=3)
    assert ranking.hits["smiles"].tolist() == [PHENOL, "CCO", "CC(N)=O"]
    assert ranking.hits["rank"].tolist() == [3, 4, 5]
    assert ranking.excluded["reason"].tolist() == ["pains", "veber"]
    assert "rotatable bonds 13 above 10" in ranking.excluded["details"].iloc[1]
    assert agree(ranking)["examined"] == 5  # the last two were not needed
    assert ranking.compounds["rank"].tolist() == list(range(1, 8))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=14),
    st.sets(st.integers(0, 13)),
    st.integers(1, 6),
    st.sampled_from([{}, {"pick": "diverse"}, {"pick": "plate", "price_weight": 0.5}, {"pick": "plate"}]),
    st.sampled_from([[], ["pains"], ["veber", "brenk"]]),
    st.lists(st.integers(0, 14), max_size=3),
)
def test_the_list_is_the_same_in_bounded_memory_and_counts_reconcile(
    tmp_path_factory,
    knowledge,  # noqa: F811
    order,
    repeats,
    keep,
    how,
    rules,
    cuts,
):
    how = how | {"exclude": rules, "keep": keep, "pool": keep + 2}
    table = table_of(order, repeats)
    judge = Judge(calls(), knowledge, RankSettings(**how))
    chooser = Chooser(judge.settings, find("molecule"))
    plain = rank_compounds(table, judge, library_counts=counts(len(table)), training={}, chooser=chooser)
    ranking = StreamedRanking(judge, SortedRuns(tmp_path_factory.mktemp("r"), None, 1, 2, 3), {})
    for block in blocks_of(table, cuts):
        ranking.add(block)
    streamed = ranking.finish({}, counts(len(table)), None, chooser=chooser)
    equal(streamed.hits, plain.hits)
    equal(streamed.excluded, plain.excluded)
    assert streamed.counts == plain.counts
    if chooser.needed:
        agree(plain)
    assert plain.hits["rank"].is_monotonic_increasing
    assert not {*plain.hits["id"]} & {*table.loc[table["duplicate_of"] != "", "id"]}


def test_what_was_measured_is_left_out_with_its_other_forms(tmp_path, knowledge, library):  # noqa: F811
    known = measured(tmp_path, library, f"{PHENOL},1", "CC[O-].[Na+],0", "not a molecule,1")
    assert known.counts == {"read": 3, "accepted": 2, "rejected": 1}
    ranking = made(table_of(range(7)), knowledge, known, keep=7)
    assert ranking.excluded["smiles"].tolist() == [PHENOL, "CCO"]
    assert {*ranking.excluded["reason"]} == {TESTED}
    assert agree(ranking)["tested"] == known.counts


def test_the_next_round_goes_away_from_what_was_measured(tmp_path, knowledge, library):  # noqa: F811
    table = table_of([2, 5, 3])  # phenol, benzene, ethanol
    assert made(table, knowledge, pick="diverse", keep=1).hits["smiles"].tolist() == [PHENOL]
    again = made(table, knowledge, measured(tmp_path, library, f"{PHENOL},1"), pick="diverse", keep=1)
    assert again.hits["smiles"].tolist() == ["CCO"]


def test_a_plate_has_wells_in_the_order_of_the_ranks(knowledge):  # noqa: F811
    ranking = made(table_of([3] * 100), knowledge, pick="plate", keep=98, pool=100)
    assert [*ranking.hits][:3] == ["rank", "plate", "well"]
    assert ranking.hits["plate"].tolist() == [1] * 96 + [2] * 2
    assert ranking.hits["well"].tolist()[95:] == ["H12", "A01", "A02"]


def test_without_a_price_a_compound_is_not_bought(knowledge):  # noqa: F811
    ranking = made(table_of(range(7)), knowledge, pick="plate", price_weight=1, keep=2, diversity=0)
    assert dict(zip(ranking.excluded["smiles"], ranking.excluded["details"], strict=True)) == {
        RHODANINE: "no_price: there is no price",
        "CC(N)=O": "no_price: the price free is not a number",
        "c1ccccc1": "no_price: the price -3 is below 0",
    }
    # Greasy is cheap and good; phenol is a little better than piperidine, and dear.
    assert ranking.hits["smiles"].tolist() == [GREASY, "CCO"]
    agree(ranking)
    free = made(table_of(range(7)), knowledge, pick="plate", price_weight=0, keep=7)
    assert len(free.excluded) == 0


def test_columns_of_the_library_are_carried_to_the_list(library, knowledge):  # noqa: F811
    how = {"carry": ["raw_smiles", "name"], "keep": 2}
    ranking = rank(library, [scores(library)], calls(TETX), knowledge, how, whole=False)
    assert "raw_smiles" in ranking.hits and ranking.hits.columns.is_unique
    with pytest.raises(InputError, match=r"no such column in the library.*vendor.*raw_smiles"):
        rank(library, [scores(library)], calls(TETX), knowledge, {"carry": ["vendor"]})


@pytest.mark.parametrize(
    "how",
    [
        {"exclude": ["lipinsky"]},
        {"pick": "worst"},
        {"pool": 0},
        {"diversity": -1},
        {"fdr": 0.1, "pick": "plate"},
    ],
)
def test_settings_of_the_choice_are_checked(library, knowledge, how):  # noqa: F811
    with pytest.raises(UsageError):
        rank(library, [scores(library)], calls(), knowledge, how)


def test_percentiles_are_those_of_the_reference(knowledge):  # noqa: F811

    judge = Judge(
        calls(), knowledge, RankSettings(score_by="solubility", filters={"solubility": {"min": -20}})
    )
    reference = Reference.of(pd.DataFrame({"solubility.SOL": [-4.0, -2.0, -2.0, 0.0]}), judge)
    found = reference.percentiles(
        pd.DataFrame({"score": [-5.0, -2.0, 1.0], "solubility.SOL": [-4.0, -3.0, 0.0]})
    )
    assert found["score_percentile"].tolist() == [0.0, 50.0, 100.0]
    assert found["solubility.SOL_percentile"].tolist() == [12.5, 25.0, 87.5]
