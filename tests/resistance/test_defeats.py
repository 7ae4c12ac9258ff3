"""join: what a genome defeats, by the name of a compound or else by its predicted class."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.errors import InputError
from riboswitch.resistance.defeats import NOT_COMPROMISED, compromised, defeated_classes
from riboswitch.resistance.drugs.genes import BASES
from riboswitch.resistance.scores.joined import join_scores

COMPOUNDS = st.builds(
    lambda name, known, predicted: {
        "name": name, "known_class": known, "phenotype_class": "", "join_class": known or predicted
    },
    st.sampled_from(["", "ERYTHROMYCIN LACTATE", "clindamycin", "minocycline", "other", "linezolid"]),
    st.sampled_from(["", "macrolide", "tetracycline"]),
    st.sampled_from(["", "macrolide", "tetracycline", "trimethoprim"]),
)  # fmt: skip
WORDS = st.sampled_from(
    [("erm(B)", "LINCOSAMIDE/MACROLIDE", "CLINDAMYCIN/ERYTHROMYCIN"),
     ("tet(M)", "TETRACYCLINE", "TETRACYCLINE"),
     ("tet(X4)", "TETRACYCLINE", "TIGECYCLINE"), ("dfrA1", "TRIMETHOPRIM", "TRIMETHOPRIM"),
     ("acrF", "EFFLUX", "EFFLUX"), ("mine", "macrolide", "")]
)  # fmt: skip
COLUMNS = ["nearest_gene", "amr_class", "subclass", "contig", "start", "end", "strand", "drug_class"]
GENES = st.builds(
    lambda words, start: dict(
        zip(COLUMNS, (*words, "c", start, start + 9, "+", words[1].lower()), strict=True)
    ),
    WORDS, st.integers(1, 99),
)  # fmt: skip


def gene(symbol, *words):
    return dict(zip(COLUMNS, (symbol, *words, "c", 1, 9, "+", words[0].lower()), strict=True))


def of_class(drug_class, name=""):
    known = drug_class if name else ""
    return {"name": name, "known_class": known, "phenotype_class": "", "join_class": drug_class}


def join(compounds, genes):
    return compromised(pd.DataFrame(compounds), pd.DataFrame(genes, columns=COLUMNS)).to_dict("records")


@settings(deadline=None)
@given(st.lists(COMPOUNDS, min_size=1, max_size=5), st.lists(GENES, max_size=5))
def test_a_genome_defeats_what_one_of_its_genes_defeats(compounds, genes):
    alone = [join(compounds, [one]) for one in genes]
    for i, line in enumerate(join(compounds, genes)):
        assert line["compromised"] == any(made[i]["compromised"] for made in alone)
        if line["compromised"]:
            first = min(BASES.index(made[i]["compromise_basis"]) for made in alone if made[i]["compromised"])
            assert line["compromise_basis"] == BASES[first]
            assert line["compromise_locus"] in {f"c:{g['start']}-{g['end']}(+)" for g in genes}
            assert line["compromised_by"] in {g["nearest_gene"] for g in genes} and not line["reduced_by"]
        else:
            assert not line["compromised_by"] and not line["compromise_basis"]


@given(st.lists(COMPOUNDS, min_size=1, max_size=5), st.lists(GENES, max_size=4))
def test_a_predicted_class_is_defeated_as_a_whole_or_not_at_all(compounds, genes):
    whole = defeated_classes(pd.DataFrame(genes, columns=COLUMNS))
    for compound, line in zip(compounds, join(compounds, genes), strict=True):
        unknown = compound["name"] in ("", "other") and not compound["known_class"]
        if unknown:
            assert line["compromised"] == (compound["join_class"] in whole)
        if unknown and not compound["join_class"]:
            assert line == NOT_COMPROMISED
        assert not (line["may_be_compromised_by"] and line["compromised"])
        assert line["compromise_basis"] != BASES[2] or unknown


@pytest.mark.parametrize(
    ("name", "phenotypes", "antibiotics", "expected"),
    [
        ("Erythromycin stearate", "Lincosamide", "Azithromycin, ERYTHROMYCIN", BASES[0]),
        ("roxithromycin", "Macrolide, Lincosamide", "Erythromycin", BASES[1]),
        ("roxithromycin", "", "", BASES[1]),
        ("roxithromycin", "Macrolide", "", BASES[1]),
        ("roxithromycin", "Lincosamide", "", ""),
        ("roxithromycin", "Lincosamide", "Clindamycin", ""),
        ("unheardthromycin", "Macrolide", "", BASES[1]),
        ("unheardthromycin", "Macrolide", "Erythromycin", ""),
    ],
)
def test_a_name_joins_by_antibiotic_or_by_phenotype(name, phenotypes, antibiotics, expected):
    compound = of_class("macrolide", name) | {"phenotype_class": "Macrolide"}
    row = gene("g", "", "") | {"drug_class": "macrolide"}
    row |= {"phenotype_classes": phenotypes, "antibiotics": antibiotics}
    made = compromised(pd.DataFrame([compound]), pd.DataFrame([row]))
    assert made.loc[0, "compromise_basis"] == expected


def test_a_gene_of_part_of_a_predicted_class_is_only_shown():
    [line] = join([of_class("tetracycline")], [gene("tet(M)", "TETRACYCLINE", "TETRACYCLINE")])
    assert line == NOT_COMPROMISED | {"may_be_compromised_by": "tet(M)"}
    [line] = join([of_class("tetracycline")], [gene("tet(X4)", "TETRACYCLINE", "TIGECYCLINE")])
    assert line["compromised_by"] == "tet(X4)" and line["compromise_basis"] == BASES[2]


def test_a_reduced_drug_is_not_compromised():
    [line] = join([of_class("quinolone", "ciprofloxacin")], [gene("qnrS1", "QUINOLONE", "QUINOLONE")])
    assert line == NOT_COMPROMISED | {"reduced_by": "qnrS1"}


def test_scores_of_other_rows_are_refused_and_names_do_not_clash():
    compounds = pd.DataFrame({"row": [1, 2], "id": ["a", "b"], "name": ["x", "y"], "score": ["9", "8"]})
    scores = [pd.DataFrame({"row": [r], "id": [i], "t.y": [0.5]}) for r, i in ((1, "a"), (2, "b"))]
    made = join_scores(compounds, pd.concat(scores, ignore_index=True), ["name", "score"], "name")
    assert list(made) == ["row", "id", "name", "input_score", "t.y"]
    for wrong in (scores[::-1], scores[:1]):
        with pytest.raises(InputError, match="row for row"):
            join_scores(compounds, pd.concat(wrong, ignore_index=True), [], "name")
