"""Which precision auto takes: by what the processor is, and never by a trial."""

from __future__ import annotations

import pytest

from riboswitch.errors import UsageError
from riboswitch.learning import device
from riboswitch.learning.device import settled_precision

FACTS = {
    "processor : 0\nflags\t\t: fpu avx2 avx512f avx512_bf16 amx_tile\n": "bfloat16",
    "flags : fpu avx2 amx_bf16\n": "bfloat16",
    "Features\t: fp asimd bf16 i8mm\n": "bfloat16",
    "flags\t\t: fpu sse4_2 avx avx2 fma f16c\n": "float32",
    "model name : bf16 in a name\nflags : avx512f avx512_bf16x\n": "float32",
    "": "float32",
}


@pytest.mark.parametrize(("facts", "expected"), FACTS.items(), ids=range(len(FACTS)))
def test_auto_follows_the_flags_of_the_processor(tmp_path, monkeypatch, facts, expected):
    (tmp_path / "cpuinfo").write_text(facts)
    monkeypatch.setattr(device, "CPU_FACTS", tmp_path / "cpuinfo")
    assert settled_precision("auto") == expected


def test_without_flags_auto_is_exact(tmp_path, monkeypatch):
    monkeypatch.setattr(device, "CPU_FACTS", tmp_path / "nothing")
    assert settled_precision("auto") == "float32"


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_named_precision_stays(name):
    assert settled_precision(name) == name


def test_other_precisions_are_refused():
    with pytest.raises(UsageError, match="precision"):
        settled_precision("float16")
