"""FASTA is read as Biopython reads it."""

from __future__ import annotations

import io

from Bio.SeqIO.FastaIO import SimpleFastaParser
from hypothesis import given
from hypothesis import strategies as st

from riboswitch.bio.fasta import fasta_entries

LINES = st.lists(st.sampled_from([">", ">a b ", ">c\t", " >d", "ACGT", "AC GT ", "\r", "", "acgt\r", "#"]))


@given(LINES, st.sampled_from(["", "\n"]))
def test_entries_are_those_of_biopython(lines, end):
    text = "\n".join(lines) + end
    assert [*fasta_entries(io.StringIO(text))] == [*SimpleFastaParser(io.StringIO(text))]
