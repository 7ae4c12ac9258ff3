"""Building blocks and reactions: the products are those that the whole reactions make."""

from __future__ import annotations

import pytest
from rdkit import Chem
from rdkit.Chem import rdChemReactions

from riboswitch.errors import InputError
from riboswitch.spaces.exact.joining import product_smiles
from riboswitch.steps.space import space

REACTIONS = {
    "amide": "[C:1](=[O:2])[OH].[N;H2,H1;!$(N-C=O):3]>>[C:1](=[O:2])[N:3]",
    "suzuki": "[c:1]B(O)O.[c:2]Br>>[c:1]-[c:2]",
    "two amides": "[OH][C:1]=[O:2].[N;H2:3][C:4][C:5](=[O:6])[OH].[N;H2:7]"
    ">>[O:2]=[C:1][N:3][C:4][C:5](=[O:6])[N:7]",
}
BLOCKS = [
    "CC(=O)O",
    "OC(=O)c1ccc(Br)cc1",
    "CN",
    "NCC(=O)O",
    "C[C@H](N)C(=O)O",
    "OB(O)c1ccccc1",
    "CNCCN",
    "Brc1ccncc1",
    "CCC",
]


def files(tmp_path, reactions=None):
    blocks = tmp_path / "blocks.csv"
    blocks.write_text("id,smiles\n" + "".join(f"B{i},{text}\n" for i, text in enumerate(BLOCKS)))
    path = tmp_path / "reactions.csv"
    lines = [f'{name},"{smarts}"' for name, smarts in (reactions or REACTIONS).items()]
    path.write_text("reaction_id,smarts\n" + "\n".join(lines) + "\n")
    return blocks, path


def test_products_are_those_of_the_whole_reaction(tmp_path):
    made = space(*files(tmp_path))
    assert sorted(each.id for each in made.reactions) == sorted(REACTIONS)
    for reaction in made.reactions:
        whole = rdChemReactions.ReactionFromSmarts(REACTIONS[reaction.id])
        ours, theirs = set(), set()
        for choice in _choices(reaction.components):
            ours.add(product_smiles([row.synthon.smiles for row in choice]))
            for (product,) in whole.RunReactants(
                [Chem.MolFromSmiles(BLOCKS[int(row.id[1:].split("~")[0])]) for row in choice]
            ):
                Chem.SanitizeMol(product)
                theirs.add(Chem.MolToSmiles(product))
        assert ours == theirs and len(ours) > 1
        assert reaction.decomposed


def _choices(components):
    if not components:
        return [()]
    return [(row, *rest) for row in components[0] for rest in _choices(components[1:])]


def test_a_block_that_fits_nothing_is_rejected(tmp_path):
    made = space(*files(tmp_path))
    assert made.rejected[["id", "code"]].to_numpy().tolist() == [["B8", "FITS_NO_REACTION"]]


@pytest.mark.parametrize(
    ("smarts", "said"),
    [
        ("[C:1]O>>[C:1]", "two or three reactants"),
        ("no", "not a reaction SMARTS"),
        ("[C:1].[N:2]>>[C:1]", "a reactant leaves nothing"),
        ("[C:1].[N:2]>>[C:1].[N:2]", "1 reactants|2 products"),
    ],
)
def test_what_is_no_reaction_is_refused_with_its_row(tmp_path, smarts, said):
    with pytest.raises(InputError, match=said) as raised:
        space(*files(tmp_path, {"bad": smarts}))
    assert "row 1" in str(raised.value)
