"""join: a gene defeats a compound of its class, unless the two say more than the class and disagree."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.errors import InputError
from riboswitch.resistance.defeats import BASES, basis, compromised
from riboswitch.resistance.scored_compounds import join_scores

CLASS = st.sampled_from(["", "macrolide", "tetracycline"])
PHENOTYPE = st.sampled_from(["", "Macrolide", "Lincosamide", "Macrolide, Lincosamide"])
COMPOUNDS = st.builds(
    lambda name, known, phenotype, predicted: {
        "name": name,
        "known_class": known,
        "phenotype_class": phenotype if known else "",
        "join_class": known or predicted,
    },
    st.sampled_from(["", "ERYTHROMYCIN LACTATE", "clindamycin", "other"]),
    CLASS,
    st.sampled_from(["Macrolide", "Lincosamide"]),
    CLASS,
)
GENES = st.builds(
    lambda number, drug_class, phenotypes, antibiotics: {
        "nearest_gene": f"gene{number}", "contig": "c", "start": number, "end": number + 9, "strand": "+",
        "drug_class": drug_class, "phenotype_classes": phenotypes, "antibiotics": antibiotics,
    },
    st.integers(1, 99),
    CLASS.filter(bool),
    PHENOTYPE,
    st.sampled_from(["", "Erythromycin, Azithromycin", " Clindamycin", ","]),
)  # fmt: skip
COLUMNS = [
    "nearest_gene",
    "contig",
    "start",
    "end",
    "strand",
    "drug_class",
    "phenotype_classes",
    "antibiotics",
]


@given(st.lists(COMPOUNDS, min_size=1, max_size=5), st.lists(GENES, max_size=5))
def test_the_gene_with_the_most_direct_evidence_is_named(compounds, genes):
    made = compromised(pd.DataFrame(compounds), pd.DataFrame(genes, columns=COLUMNS))
    for compound, line in zip(compounds, made.to_dict("records"), strict=True):
        levels = [basis(compound, gene) for gene in genes]
        found = [level for level in levels if level is not None]
        assert line["compromised"] == bool(found)
        if found:
            gene = genes[levels.index(min(found))]
            assert line["compromised_by"] == gene["nearest_gene"]
            assert line["compromise_basis"] == BASES[min(found)]
            assert gene["drug_class"] == compound["join_class"]
        else:
            assert set(line.values()) == {False, ""}


@given(COMPOUNDS, GENES)
def test_a_predicted_class_joins_by_class_alone_and_no_class_joins_nothing(compound, gene):
    found = basis(compound, gene)
    if not compound["join_class"]:
        assert found is None
    elif not compound["known_class"]:
        assert found == (2 if compound["join_class"] == gene["drug_class"] else None)
    else:
        assert found in (None, 0, 1)


@pytest.mark.parametrize(
    ("name", "phenotypes", "antibiotics", "expected"),
    [
        ("Erythromycin stearate", "Lincosamide", "Azithromycin, ERYTHROMYCIN", 0),
        ("roxithromycin", "Macrolide, Lincosamide", "Erythromycin", 1),
        ("roxithromycin", "", "", 1),
        ("roxithromycin", "Lincosamide", "Clindamycin", None),
    ],
)
def test_a_name_joins_by_antibiotic_or_by_phenotype(name, phenotypes, antibiotics, expected):
    compound = {
        "name": name,
        "known_class": "macrolide",
        "phenotype_class": "Macrolide",
        "join_class": "macrolide",
    }
    gene = {"drug_class": "macrolide", "phenotype_classes": phenotypes, "antibiotics": antibiotics}
    assert basis(compound, gene) == expected


def test_scores_of_other_rows_are_refused_and_names_do_not_clash():
    compounds = pd.DataFrame({"row": [1, 2], "id": ["a", "b"], "name": ["x", "y"], "score": ["9", "8"]})
    scores = [pd.DataFrame({"row": [r], "id": [i], "t.y": [0.5]}) for r, i in ((1, "a"), (2, "b"))]
    made = join_scores(compounds, pd.concat(scores, ignore_index=True), ["name", "score"], "name")
    assert list(made) == ["row", "id", "name", "input_score", "t.y"]
    for wrong in (scores[::-1], scores[:1]):
        with pytest.raises(InputError, match="row for row"):
            join_scores(compounds, pd.concat(wrong, ignore_index=True), [], "name")
