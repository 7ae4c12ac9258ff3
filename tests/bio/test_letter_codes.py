"""Letter codes: each letter has one code, whatever its case, and offsets tell where a sequence begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.bio.letter_codes import ALPHABETS, CODON, FIRST, UNKNOWN, alphabet_size, letter_codes
from riboswitch.errors import UsageError
from riboswitch.modalities.sequence.encode import encode

TEXTS = st.lists(st.text("ACDEFGHIKLMNPQRSTVWYUXacgtun-é", max_size=12), max_size=5)


@pytest.mark.parametrize("alphabet", ALPHABETS)
@given(TEXTS)
def test_a_code_names_its_letter(alphabet, texts):
    codes, offsets = letter_codes(texts, alphabet)
    letters = ALPHABETS[alphabet]
    for text, first, last in zip(texts, offsets, offsets[1:], strict=False):
        back = "".join("?" if c == UNKNOWN else letters[c - FIRST] for c in codes[first:last])
        assert back == "".join(x if x in letters else "?" for x in text.upper())
    assert offsets[-1] == len(codes) and len(offsets) == len(texts) + 1


@given(TEXTS)
def test_a_codon_has_the_code_of_its_three_bases(texts):
    codes, offsets = letter_codes(texts, CODON)
    for text, first, last in zip(texts, offsets, offsets[1:], strict=False):
        dna = text.upper().replace("U", "T")
        codons = [dna[i : i + 3] for i in range(0, len(dna) - 2, 3)]
        known = ["ACGT".index(c[0]) * 16 + "ACGT".index(c[1]) * 4 + "ACGT".index(c[2]) + FIRST
                 if set(c) <= set("ACGT") else UNKNOWN for c in codons]  # fmt: skip
        assert codes[first:last].tolist() == known


@pytest.mark.parametrize("alphabet", [*ALPHABETS, CODON])
def test_codes_stay_below_the_size_that_arrays_state(alphabet):
    arrays = encode({"sequence": ["ACGTWXACGTAAATTTGGGCCC"]}, ["a"], {"alphabet": alphabet})
    assert arrays.meta["letters"] == alphabet_size(alphabet)
    assert arrays.only.values["letters"].max() < alphabet_size(alphabet) + FIRST
    with pytest.raises(UsageError, match="no such alphabet"):
        alphabet_size("morse")
