"""Files of synthons: every row ends as synthon or rejection, and RDKit counts the same products."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem, rdBase
from rdkit.Chem import rdSynthonSpaceSearch

from riboswitch.errors import InputError
from riboswitch.spaces.exact.joining import product_smiles
from riboswitch.spaces.plan import Numbering
from riboswitch.spaces.screen_space import without
from riboswitch.spaces.synthons.space import HEADER, SYNTHONS, Space
from riboswitch.steps.space import space

HEAD = "SMILES\tsynton_id\tsynton#\treaction_id"
GOOD = ["[1*]C(C)=O\ta1\t1\tr", "[1*]C(=O)CC\ta2\t1\tr", "[1*]NC\tb1\t2\tr", "[1*]N(C)C\tb2\t2\tr"]


def of(tmp_path, *rows, head=HEAD):
    path = tmp_path / "synthons.txt"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def rdkits(path):
    found = rdSynthonSpaceSearch.SynthonSpace()
    with rdBase.BlockLogs():
        found.ReadTextFile(str(path))
    return found


def enumerated(made):
    """All products by their ids."""
    numbering, found = Numbering(made), {}
    for number in range(made.products):
        reaction, places = numbering.places(number)
        parts = made.reactions[reaction].components
        rows = [part[place] for part, place in zip(parts, places, strict=True)]
        name = ";".join([*(row.id for row in rows), made.reactions[reaction].id])
        assert numbering.numbers(reaction, [np.array([p]) for p in places])[0] == number
        found[name] = product_smiles([row.synthon.smiles for row in rows])
    return found


def test_counts_and_products_are_those_of_rdkit(space_file, made, tmp_path):
    theirs = rdkits(space_file)
    assert made.read == made.synthons and len(made.rejected) == 0
    # RDKit counts a synthon of several reactions once.
    texts = {row.synthon.smiles for r in made.reactions for part in r.components for row in part}
    assert len(texts) == theirs.GetNumSynthons()
    assert (made.products, len(made.reactions)) == (theirs.GetNumProducts(), theirs.GetNumReactions())
    with rdBase.BlockLogs():
        theirs.WriteEnumeratedFile(str(tmp_path / "all.smi"))
    lines = [line.split() for line in (tmp_path / "all.smi").read_text().splitlines()]
    ours = enumerated(made)
    assert len(ours) == len(lines) == made.products
    # Synthons are standardised first, so a charge may differ.
    differing = [name for smiles, name in lines if Chem.CanonSmiles(smiles) != ours[name]]
    assert len(differing) <= 0.02 * made.products


@pytest.mark.parametrize("separator", ["\t", ",", " "])
@pytest.mark.parametrize("role", ["synton#", "synton_role"])
def test_all_layouts_that_rdkit_reads_are_read(tmp_path, separator, role):
    rows = [
        row.replace("\t1\t", "\tsynton_1\t").replace("\t2\t", "\tsynton_2\t") if role != "synton#" else row
        for row in GOOD
    ]
    path = of(
        tmp_path,
        *(row.replace("\t", separator) for row in rows),
        head=HEAD.replace("synton#", role).replace("\t", separator),
    )
    made = space(path)
    assert (made.products, made.synthons) == (4, 4)
    if (separator, role) != (",", "synton#"):  # RDKit reads that with tabs and blanks only
        assert rdkits(path).GetNumProducts() == 4


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("[2*]C\tx\t1\tr", "WRONG_CONNECTOR"),
        ("[1*]C(\tx\t1\tr", "BAD_SMILES"),
        ("[1*]CC\ta1\t1\tr", "DUPLICATE_ID"),
        ("[1*]CC\tx\t1\tlone", "LONE_COMPONENT"),
        ("[1*]CC\t\t1\tr", "MISSING_ID"),
        ("[1*]CC\tx\t1\t", "NO_REACTION"),
        ("[1*]CC\tx\tfirst\tr", "BAD_COMPONENT"),
        ("[1*]CC\tx\t1", "RAGGED_ROW"),
        ("CC\tx\t1\tr", "NO_CONNECTOR"),
    ],
)
def test_a_bad_row_is_a_rejection_and_the_others_stay(tmp_path, row, code):
    made = space(of(tmp_path, *GOOD[:2], row, *GOOD[2:]))
    assert (made.read, made.synthons, made.products) == (5, 4, 4)
    assert made.rejected[["row", "code"]].to_numpy().tolist() == [[3, code]]
    assert made.rejected["reason"][0]


def test_a_reaction_whose_connectors_do_not_meet_is_rejected_with_all_its_synthons(tmp_path):
    rows = ["[1*]C\tx\t1\todd", "[2*]C\ty\t2\todd"]
    made = space(of(tmp_path, *GOOD, *rows))
    assert made.rejected["code"].tolist() == ["UNPAIRED_CONNECTOR"] * 2
    assert [each.id for each in made.reactions] == ["r"]


@pytest.mark.parametrize(
    ("head", "rows", "said"),
    [
        (HEAD, GOOD[:2], "one component"),
        (HEAD, [], "no rows"),
        ("a\tb\tc\td", GOOD, "no column smiles"),
        (HEAD, ["[1*]C\tx\t1\tr", "[2*]C\ty\t2\tr"], "UNPAIRED_CONNECTOR"),
        (HEAD, ["[1*]C\tx\t1\tr", "[1*]C(\ty\t2\tr"], r"Row 2 \(id 'y'\)"),  # the cause, not row 1
        (HEAD, ["[1*]C\tx\t1\tr", "[7*]C\ty\t2\tr"], r"Row 2 \(id 'y'\)"),
    ],
)
def test_a_file_without_a_reaction_is_refused_with_the_reason(tmp_path, head, rows, said):
    with pytest.raises(InputError, match=said):
        space(of(tmp_path, *rows, head=head))


def test_what_is_written_is_read_again(made, folder):
    again = Space.open(folder)
    assert again.digest == made.digest and again.describe().equals(made.describe())
    assert set(made.describe()["scored_by"]) == {"bonds", "it forms a ring"}


def test_a_damaged_folder_is_refused(space_file, tmp_path):
    space(space_file, output=tmp_path / "made")
    written = tmp_path / "made" / SYNTHONS
    written.write_bytes(written.read_bytes()[:-1])
    with pytest.raises(InputError, match="damaged"):
        Space.open(tmp_path / "made")
    (tmp_path / "made" / HEADER).unlink()
    with pytest.raises(InputError, match="not a space"):
        Space.open(tmp_path / "made")


def test_synthons_and_reactions_can_be_left_out(made):
    row = made.reactions[0].components[0][0]
    less = without(made, [row.id, "ring"])
    assert less.products == made.products - len(made.reactions[0].components[1]) - 2
    assert less.digest != made.digest
