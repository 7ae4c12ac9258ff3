"""An annotated start within a gene takes no call away."""

from cases.resistance import calls, short


def test_the_call_stays():
    assert short(calls("annotation_removes_call", "genome.fna", "late.gff")) == [
        ("blaTEM-1A", 1012, 1872, "+", "call")
    ]
