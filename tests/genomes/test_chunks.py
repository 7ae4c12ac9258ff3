"""Laws of reading a genome in chunks: every base once, and as if it had been read as a whole."""

from __future__ import annotations

import io

import numpy as np
import pytest
from Bio.SeqIO.FastaIO import SimpleFastaParser
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.genome import Genome, read_genome
from riboswitch.errors import InputError, UsageError
from riboswitch.genomes.chunks import chunks, cut, sweep, windows
from riboswitch.genomes.contigs import Contigs, fasta_pieces

DNA = st.text("ACGTN", min_size=1, max_size=300)
REACH = 4  # letters to either side that the stand-in network looks at
POOL = 4


def look_around(texts):
    """A stand-in network: per letter the share of G and C near by, and of A in the letter's pool of four."""
    return [np.stack([near(text), pooled(text)], axis=1) for text in texts]


def near(text):
    strong = np.array([letter in "GC" for letter in text], float)
    return np.convolve(np.pad(strong, REACH), np.ones(2 * REACH + 1), "valid")


def pooled(text):
    adenine = np.array([letter == "A" for letter in text], float)
    return np.repeat(np.pad(adenine, (0, -len(text) % POOL)).reshape(-1, POOL).sum(1), POOL)[: len(text)]


def whole(contigs):
    return {name: look_around([text])[0] for name, text in contigs.items()}


def put_together(stretches, contigs, columns=2):
    """Values of every base; fails if one is given twice, out of order, or not at all."""
    found = {name: np.full((len(text), columns), np.nan) for name, text in contigs.items()}
    places = []
    for name, start, values in stretches:
        assert np.isnan(found[name][start : start + len(values)]).all()
        found[name][start : start + len(values)] = values
        places.append((list(contigs).index(name), start))
    assert places == sorted(places)
    assert not any(np.isnan(values).any() for values in found.values())
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(DNA, min_size=1, max_size=4), st.integers(0, 12), st.integers(1, 9), st.integers(1, 5))
def test_chunks_answer_as_the_whole_contig_does(texts, steps, overlap, batch_size):
    contigs = {f"c{i}": text for i, text in enumerate(texts)}
    overlap = POOL * overlap + 2 * REACH + POOL
    chunk = overlap + POOL * (steps + 1)
    stretches = sweep(Contigs.of(Genome(contigs)), lambda n: chunks(n, chunk, overlap, POOL), look_around,
                      batch_size)  # fmt: skip
    found, expected = put_together(stretches, contigs), whole(contigs)
    for name in contigs:
        np.testing.assert_array_equal(found[name], expected[name])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.integers(1, 20), st.integers(1, 20), st.integers(1, 6))
def test_chunks_keep_half_an_overlap_on_either_side_and_the_phase_of_both_strands(length, step, more, pool):
    overlap = pool + more
    spans = list(chunks(length, overlap + pool * step, overlap, pool))
    assert [s.first for s in spans[1:]] == [s.last for s in spans[:-1]]
    assert (spans[0].first, spans[-1].last) == (0, length)
    for span in spans:
        assert span.start % pool == 0 and (length - span.end) % pool == 0
        assert span.end - span.start <= overlap + pool * step
        assert span.start == 0 or span.first - span.start >= (overlap - pool + 1) // 2
        assert span.end == length or span.end - span.last >= (overlap - pool + 1) // 2


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.integers(1, 50), st.integers(1, 60))
def test_a_base_has_the_answer_of_the_window_with_the_nearest_centre(length, window, stride):
    spans = list(windows(length, window, stride))
    centres = np.array([s.start + (s.end - s.start) // 2 for s in spans])
    assert [s.first for s in spans[1:]] == [s.last for s in spans[:-1]]
    assert (spans[0].first, spans[-1].last) == (0, length)
    assert all(s.end - s.start == min(window, length) for s in spans)
    owner = np.repeat(np.arange(len(spans)), [s.last - s.first for s in spans])
    away = np.abs(np.arange(length)[:, None] - centres)
    np.testing.assert_array_equal(away[np.arange(length), owner], away.min(1))


@settings(max_examples=60, deadline=None)
@given(DNA, st.integers(1, 30), st.integers(1, 40), st.integers(1, 40))
def test_spans_are_cut_from_pieces_of_any_size(text, piece, window, stride):
    pieces = [text[i : i + piece] for i in range(0, len(text), piece)]
    got = list(cut(pieces, windows(len(text), window, stride)))
    assert [part for _, part in got] == [text[s.start : s.end] for s, _ in got]


@pytest.mark.parametrize(("chunk", "overlap"), [(384, 384), (100, 50), (60, 2)])
def test_chunks_that_would_lose_or_shift_bases_are_refused(chunk, overlap):
    with pytest.raises(UsageError, match="multiple of 4"):
        list(chunks(1000, chunk, overlap, 4))


ENTRY = st.tuples(
    st.text("abz09|._", min_size=1, max_size=8),
    st.sampled_from(["", " a > title", "\ttold"]),
    st.lists(st.text("ACGTacgtN ", max_size=30), max_size=6),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(ENTRY, min_size=1, max_size=4), st.integers(1, 50), st.booleans())
def test_pieces_are_what_biopython_reads(entries, size, last_line_ends):
    text = "\n" + "".join(f">{name}{title}\n" + "".join(f"{line}\n" for line in lines)
                   for name, title, lines in entries)  # fmt: skip
    text = text if last_line_ends else text.removesuffix("\n")
    expected = [(title.split()[0], letters) for title, letters in SimpleFastaParser(io.StringIO(text))]
    read: list[list[str]] = []
    for name, piece in fasta_pieces(io.StringIO(text), size):
        if piece:
            read[-1][1] += piece
        else:
            read.append([name, ""])
    assert [tuple(entry) for entry in read] == expected


def test_a_file_in_pieces_is_the_genome(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "x.fna"
    letters = "".join(rng.choice(list("ACGTNacgt"), 5000))
    for ends in ("\n", "\r\n", "\r"):
        lines = [letters[i : i + 70] for i in range(0, 4000, 70)]
        path.write_text(">c1 first\n" + "\n".join(lines) + "\n\n>c2\n" + letters[4000:] + "\n", newline=ends)
        contigs, genome = Contigs.open(path), read_genome(path)
        assert contigs.lengths == genome.lengths
        read = dict.fromkeys(contigs.lengths, "")
        for name, piece in contigs.pieces():
            read[name] += piece
        assert read == genome.contigs


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("> b\n", "contig b: the sequence is empty"),
        (">\nACGT\n", "the contig has no id"),
        (">a\nAC-GT\n", "contig a: gap '-' at position 3"),
        (">a\n" + "A" * (1 << 20) + "\nACJGT\n", "contig a: 'J' at position 1048579 is no letter"),
        (">a\nRYSWKMRYSW\n", "looks like protein"),
    ],
)
def test_a_file_that_is_no_genome_is_refused_before_the_work(tmp_path, text, told):
    path = tmp_path / "x.fna"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        Contigs.open(path)
    with pytest.raises(InputError):
        read_genome(path)


def test_standard_input_is_refused():
    with pytest.raises(UsageError, match="read twice"):
        Contigs.open("-")
