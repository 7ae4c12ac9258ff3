"""Each kind of relation, planted among unrelated rows."""

from __future__ import annotations

import numpy as np
import pytest
from Bio.Seq import Seq

from auditing.test_laws import APART, records
from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.codons import translate
from riboswitch.steps.audit import audit

RNG = np.random.default_rng(11)
BODY = "".join(
    RNG.choice(["GCT", "GAA", "AAC", "GAT", "CTG", "AAA", "GGC", "TTC", "CAG", "ACC"], 80).tolist()
)
GENE = f"ATG{BODY}TAA"
PROTEIN = translate(GENE)[:-1]
OTHER = {"GCT": "GCC", "GAA": "GAG", "AAC": "AAT", "GAT": "GAC", "CTG": "CTC", "AAA": "AAG", "GGC": "GGT",
         "TTC": "TTT", "CAG": "CAA", "ACC": "ACG"}  # fmt: skip
RECODED = "GTG" + "".join(OTHER[BODY[i : i + 3]] for i in range(0, len(BODY), 3)) + "TGA"


def mutated(sequence, every, letters="ACGT", at=None):
    at = every // 2 if at is None else at
    return "".join(
        letters[(letters.index(c) + 1) % len(letters)] if i % every == at else c
        for i, c in enumerate(sequence)
    )


PLANTED = [
    ("molecule", "CC(=O)Oc1ccccc1C(=O)O", "OC(=O)c1ccccc1OC(C)=O", "exact"),
    ("molecule", "CCN(CC)CCNC(=O)c1ccc(N)cc1", "CCN(CC)CCNC(=O)c1ccc(N)cc1.Cl", "salt"),
    ("molecule", "CCN(CC)CCNC(=O)c1ccc(N)cc1.Br", "CCN(CC)CCNC(=O)c1ccc(N)cc1.Cl", "salt"),
    ("molecule", "CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)O", "CC(C)Cc1ccc(cc1)[C@H](C)C(=O)O", "stereo"),
    ("molecule", "CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)O", "CC(C)Cc1ccc(cc1)C(C)C(=O)O", "stereo"),
    ("molecule", "C[C@H](N)C(=O)O", "C[C@H](N)C(=O)O |&1:1|", "stereo"),
    ("molecule", "C/C=C/C(=O)NC1CC1", "C/C=C\\C(=O)NC1CC1", "stereo"),
    ("molecule", "CCC(=O)Nc1ccc(O)cc1", "[2H]C([2H])([2H])CC(=O)Nc1ccc(O)cc1", "stereo"),
    ("molecule", "Oc1ccccn1", "O=c1cccc[nH]1", "tautomer"),
    ("molecule", "Cc1c[nH]cn1", "Cc1cnc[nH]1", "tautomer"),
    ("molecule", "CC(=O)/C=C(/C)N", "CC(=O)CC(C)=N", "tautomer"),
    ("molecule", "CCc1ccc2ccccc2c1", "OCCCc1ccc2ccccc2c1", "scaffold"),
    ("molecule", "CCCCCCCCCCCCCCCC(=O)O", "CCCCCCCCCCCCCCCCC(=O)O", "similar"),
    ("sequence of DNA", GENE, GENE.lower(), "exact"),
    ("sequence of DNA", GENE, reverse_complement(GENE), "reverse_complement"),
    ("sequence of DNA", GENE, RECODED, "same_protein"),
    ("sequence of DNA", GENE, reverse_complement(RECODED), "same_protein"),
    ("sequence of DNA", GENE, GENE[40:90], "within"),
    ("sequence of DNA", GENE, reverse_complement(GENE[40:90]), "within"),
    ("sequence of DNA", GENE[20:200], GENE, "within"),
    ("sequence of DNA", GENE, mutated(GENE, 25), "near_identical"),
    ("sequence of DNA", GENE, reverse_complement(mutated(GENE, 25)), "near_identical"),
    ("sequence of DNA", GENE, GENE[:120] + APART["sequence of DNA"][0], "shared_kmers"),
    ("sequence of DNA", GENE, "ATG" + mutated(RECODED[3:-3], 36, "ACTG", 19) + "TAA", "shared_protein_kmers"),
    ("sequence", PROTEIN, PROTEIN[20:50], "within"),
    ("sequence", PROTEIN, mutated(PROTEIN, 27, "ACDEFGHIKLMNPQRSTVWY"), "near_identical"),
    ("sequence", PROTEIN, mutated(PROTEIN, 15, "ACDEFGHIKLMNPQRSTVWY"), "shared_kmers"),
]  # fmt: skip


def of(name, kind):
    red = {"exact", "salt", "stereo", "reverse_complement", "same_protein", "within", "near_identical"}
    return "green" if kind is None else "red" if kind in red else "amber"


@pytest.mark.parametrize(("name", "train", "test", "kind"), PLANTED)
def test_a_planted_relation_is_found_and_nothing_else(name, train, test, kind):
    apart = APART[name]
    made = audit(records(name, [*apart[:4], train]), records(name, [*apart[4:], test]))
    pairs = [(p["kind"], p["test"], p["train"]) for p in made.facts["pairs"]]
    assert pairs == ([(kind, "4", "4")] if kind else [])
    assert made.light == of(name, kind)


def test_a_racemate_is_not_its_enantiomer():
    racemate, enantiomer = "C[C@H](N)C(=O)O |&1:1|", "C[C@H](N)C(=O)O"
    for one, other, kind in ((racemate, racemate, "exact"), (racemate, enantiomer, "stereo")):
        made = audit(records("molecule", [one]), records("molecule", [other]))
        assert [pair["kind"] for pair in made.facts["pairs"]] == [kind]


def test_the_closest_relation_counts_and_each_row_once():
    forms = ["CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)O", "CC(C)Cc1ccc(cc1)C(C)C(=O)O"]
    made = audit(records("molecule", forms), records("molecule", forms[1:]))
    counts = {k["kind"]: (k["strongest"], k["all"]) for k in made.facts["kinds"]}
    assert counts["exact"] == (1, 1) and counts["stereo"] == (0, 1) and counts["scaffold"] == (0, 1)


def test_the_genetic_code_is_that_of_the_records():
    gene = "ATG" + "TGAGCTGAAAACGATCTG" * 8 + "TAA"
    recoded = "ATG" + "TGGGCCGAGAATGACTTA" * 8 + "TAG"
    sides = [records("sequence of DNA", [s]) for s in (gene, recoded)]
    assert audit(*sides).light == "green"
    for side in sides:
        side.meta["reading"] = {"alphabet": "dna", "table": 4}  # TGA is tryptophan
    assert audit(*sides).facts["kinds"][2]["strongest"] == 1
    assert str(Seq(gene).translate(table=4)) == str(Seq(recoded).translate(table=4))


def test_rna_is_not_read_on_the_other_strand():
    sides = [records("sequence of DNA", [s]) for s in (GENE, reverse_complement(GENE[30:90]))]
    for side in sides:
        side.meta["reading"] = {"alphabet": "rna"}
    made = audit(*sides)
    assert made.light == "green" and "reverse_complement" not in {k["kind"] for k in made.facts["kinds"]}
