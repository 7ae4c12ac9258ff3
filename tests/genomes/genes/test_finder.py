from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riboswitch.bio.alphabet import reverse_complement
from riboswitch.bio.genome import Gene, Genome
from riboswitch.genomes.frames import stop_site
from riboswitch.genomes.genes import loops
from riboswitch.genomes.genes.called_genes import Genes
from riboswitch.genomes.genes.calling import GENERAL, LEARNED, call_genes
from riboswitch.genomes.genes.coding import log_conditional
from riboswitch.genomes.genes.general import general_words
from riboswitch.genomes.genes.islands import own_odds
from riboswitch.genomes.genes.start_sites import BEFORE, MOTIF, StartSites
from riboswitch.genomes.genes.strip import Strip
from riboswitch.genomes.orfs import find_orfs
from riboswitch.steps import genes as step

STOPS = ["TAA", "TAG", "TGA"]


def genome_like(number: int, seed: int, gc: float = 0.5) -> Genome:
    """Genes with the general codons of a GC content and Shine-Dalgarno sites, between random bases."""
    rng = np.random.default_rng(seed)
    words = general_words(gc, 11)[2, :-1].reshape(64, 64).sum(1)
    codons = ["".join(c) for c in itertools.product("ACGT", repeat=3)]
    own = words * rng.dirichlet(np.full(64, 3.0)) * 64
    own /= own.sum()
    base = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    pieces, truth, at = [], [], 0
    for _ in range(number):
        between = "".join(rng.choice(list("ACGT"), rng.integers(20, 150), p=base)) + "AGGAGGTAACA"
        inside = [c for c in rng.choice(codons, rng.integers(60, 400), p=own) if c not in STOPS]
        gene = f"ATG{''.join(inside)}{rng.choice(STOPS)}"
        strand = "+-"[int(rng.integers(0, 2))]
        start = at + len(between) + 1 if strand == "+" else at + 1
        truth.append(Gene("c", start, start + len(gene) - 1, strand))
        piece = between + gene
        pieces.append(piece if strand == "+" else reverse_complement(piece))
        at += len(piece)
    return Genome({"c": "".join(pieces)}, truth, "made.fasta")


GENOME = genome_like(60, 1)
CONTIG = GENOME.contigs["c"]


@pytest.fixture(scope="module")
def found() -> Genes:
    return step.genes(Genome({"c": CONTIG}))


def places(table: pd.DataFrame) -> list[tuple[str, int, int, str, str, str]]:
    columns = ["contig", "start", "end", "strand", "partial", "protein"]
    return [tuple(row) for row in table[columns].to_numpy().tolist()]


@pytest.mark.parametrize("gc", [0.3, 0.5, 0.7])
def test_genes_are_found_where_they_begin_and_end_without_a_model(gc):
    genome = genome_like(60, 3, gc)
    table = step.genes(Genome(genome.contigs)).table
    called = {
        stop_site(Gene(r.contig, r.start, r.end, r.strand)): (r.start, r.end) for r in table.itertuples()
    }
    truth = {stop_site(g): (g.start, g.end) for g in genome.cds}
    right = called.keys() & truth.keys()
    assert 2 * len(right) / (len(called) + len(truth)) > 0.95
    assert sum(called[site] == truth[site] for site in right) / len(right) > 0.85


@pytest.mark.parametrize(("around", "inside"), [(0.68, 0.4), (0.35, 0.65)])
def test_genes_of_an_island_are_found_whatever_its_gc_content(around, inside):
    """The words of the genome around it say nothing of an island that came from elsewhere."""
    before, island, after = (
        genome_like(n, s, gc) for n, s, gc in [(25, 5, around), (8, 6, inside), (25, 7, around)]
    )
    shift = len(before.contigs["c"])
    genome = Genome({"c": "".join(part.contigs["c"] for part in (before, island, after))})
    called = {
        stop_site(Gene(r.contig, r.start, r.end, r.strand)) for r in step.genes(genome).table.itertuples()
    }
    truth = {stop_site(Gene("c", g.start + shift, g.end + shift, g.strand)) for g in island.cds}
    assert len(called & truth) >= len(truth) - 1


def test_odds_of_a_frame_of_its_own_gc_content_are_those_of_its_words_one_by_one():
    strip = Strip.of(GENOME, 300, 11)
    words = [loops.word_codes(bases) for bases in strip.bases]
    found = own_odds(strip, words, 11)
    for i in range(0, len(found), 97):
        strand, begin, end = strip.strand[strip.owner[i]], strip.starts[i], strip.stop[strip.owner[i]]
        bases = strip.bases[strand][begin:end]
        gc = 0.05 * round(np.isin(bases, [1, 2]).mean() / 0.05)
        codon, random = (
            general_words(gc, 11)[:, :-1].reshape(3, 1024, 4),
            np.array([1 - gc, gc, gc, 1 - gc]) / 2,
        )
        total = 0.0
        for at in range(begin + 3, end):
            word = int(words[strand][at])
            given = codon[(at - begin) % 3, word // 4]
            total += np.log(given[word % 4] / given.sum()) - np.log(random[word % 4])
        assert found[i] == pytest.approx(total, rel=0.02, abs=0.5)


def test_the_other_strand_has_the_same_genes_mirrored(found):
    turned = step.genes(Genome({"c": reverse_complement(CONTIG)})).table
    n = len(CONTIG)
    back = {(n - r.end + 1, n - r.start + 1, "+-"[r.strand == "+"], r.protein) for r in turned.itertuples()}
    assert back == {(r.start, r.end, r.strand, r.protein) for r in found.table.itertuples()}


def test_a_circular_contig_may_begin_anywhere(found):
    n = len(CONTIG)
    inside = int(found.table["start"].iloc[20]) + 30
    tables = {
        cut: step.genes(Genome({"c": CONTIG[cut:] + CONTIG[:cut]}, circular={"c"})).table
        for cut in (0, 1, n // 3, inside)
    }
    turned = {
        cut: {((r.start + cut - 1) % n, r.strand, r.protein) for r in table.itertuples()}
        for cut, table in tables.items()
    }
    assert all(genes == turned[0] for genes in turned.values())
    assert (tables[inside]["end"] > n).any()
    assert all(table["start"].between(1, n).all() for table in tables.values())


def test_on_a_circular_contig_no_gene_is_partial_and_none_is_called_twice():
    table = step.genes(Genome({"c": CONTIG}, circular={"c"})).table
    assert (table["partial"] == "").all()
    ends = {stop_site(Gene("c", r.start, r.end, r.strand), Genome({"c": CONTIG}, circular={"c"}))
            for r in table.itertuples()}  # fmt: skip
    assert len(ends) == len(table)


def test_a_run_of_unknown_bases_ends_a_contig_like_its_end():
    cuts = [0, 9000, 20011, len(CONTIG)]
    pieces = [CONTIG[a:b] for a, b in itertools.pairwise(cuts)]
    apart = step.genes(Genome({str(i): piece for i, piece in enumerate(pieces)})).table
    shift = {str(i): sum(map(len, pieces[:i])) + 25 * i for i in range(len(pieces))}
    joined = step.genes(Genome({"c": ("N" * 25).join(pieces)})).table
    moved = [(r.start + shift[r.contig], r.end + shift[r.contig], r.strand, r.partial, r.protein)
             for r in apart.itertuples()]  # fmt: skip
    assert moved == [(r.start, r.end, r.strand, r.partial, r.protein) for r in joined.itertuples()]
    assert (joined["partial"] != "").any()


def test_a_gap_of_a_circular_contig_is_no_origin():
    gapped = CONTIG[:7000] + "N" * 30 + CONTIG[7000:]
    n, tables = len(gapped), []
    for cut in (0, 3000, 7010):
        table = step.genes(Genome({"c": gapped[cut:] + gapped[:cut]}, circular={"c"})).table
        tables.append({((r.start + cut - 1) % n, r.strand, r.protein) for r in table.itertuples()})
    assert tables[0] == tables[1] == tables[2]


def test_the_order_of_contigs_does_not_matter():
    contigs = {"a": CONTIG[:15000], "b": CONTIG[15000:30000], "d": CONTIG[30000:]}
    first = step.genes(Genome(contigs)).table
    second = step.genes(Genome(dict(reversed(contigs.items())))).table
    assert sorted(places(first)) == sorted(places(second))
    assert second["contig"].unique().tolist() == ["d", "b", "a"]


def test_equal_genomes_give_equal_bytes_and_counts_reconcile(found, tmp_path):
    again = step.genes(Genome({"c": CONTIG}))
    first, second = found.save(tmp_path / "1"), again.save(tmp_path / "2")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    texts = {p.suffix: p.read_text() for p in first}
    lines = {
        texts[".faa"].count(">"), texts[".ffn"].count(">"), texts[".bed"].count("\n"),
        texts[".tsv"].count("\n") - 1, texts[".gff3"].count("\tCDS\t"),
    }  # fmt: skip
    assert lines == {len(found)} == {found.meta["genes"]}
    assert "network" not in texts[".gff3"]


def test_a_name_of_gff3_is_this_file_alone(found, tmp_path, capsys):
    (tmp_path / "genome.fna").write_text(f">c\n{CONTIG}\n")
    step.command(tmp_path / "genome.fna", output=tmp_path / "out/genes.gff3")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["genes.gff3"]
    found.save(tmp_path / "all")
    assert (tmp_path / "out/genes.gff3").read_text() == (tmp_path / "all/genes.gff3").read_text()
    assert f"found_by {LEARNED}" in capsys.readouterr().err


def test_a_short_genome_is_read_with_general_knowledge_and_says_so(found):
    assert found.meta["found_by"] == LEARNED
    short = step.genes(Genome({"c": CONTIG[:15000]}))
    assert short.meta["found_by"] == GENERAL
    truth = {stop_site(g) for g in GENOME.cds if g.end <= 15000}
    called = {stop_site(Gene(r.contig, r.start, r.end, r.strand)) for r in short.table.itertuples()}
    assert truth & called


@pytest.mark.parametrize("contig", ["N" * 500, "ACG", "ATG" + "AAA" * 3 + "TAA"])
@pytest.mark.parametrize("circular", [set(), {"c"}])
def test_a_genome_without_frames_has_no_genes(contig, circular):
    assert len(call_genes(Genome({"c": contig}, circular=circular))) == 0


def test_frames_are_those_that_the_orf_finder_finds():
    contigs = {"a": CONTIG[:4000], "b": CONTIG[9000:13001]}
    strip = Strip.of(Genome(contigs), 90, 11)
    outermost = strip.starts[strip.offsets[:-1]]
    lengths = {name: len(bases) for name, bases in contigs.items()}
    placed = strip.placed(np.arange(len(strip.stop)), outermost, lengths)
    ours = {(o.contig, o.start, o.end, o.strand, o.frame, o.partial) for o in placed}
    orfs = [
        o for name, bases in contigs.items() for o in find_orfs(bases, 29, contig=name, alternatives=True)
    ]
    theirs = set()
    for orf in orfs:
        start, end = orf.start, orf.end
        if orf.starts and "5'" not in orf.partial:
            start, end = (orf.starts[0], end) if orf.strand == "+" else (start, orf.starts[0])
        theirs.add((orf.contig, start, end, orf.strand, orf.frame, orf.partial))
    longer = {o for o in ours if o in theirs}
    assert theirs <= ours  # an orf is listed by its likeliest start, which may leave fewer residues
    assert all(o[2] - o[1] + 1 >= 90 for o in ours - longer)


def test_each_start_of_a_frame_is_a_start_codon_in_frame():
    strip = Strip.of(Genome({"c": CONTIG[:6000]}), 90, 11)
    for frame in range(len(strip.stop)):
        starts = strip.starts[strip.offsets[frame] : strip.offsets[frame + 1]]
        real = starts[1:] if strip.open5[frame] else starts
        codes = strip.bases[strip.strand[frame]]
        assert all(tuple(codes[s : s + 3]) in {(0, 3, 2), (2, 3, 2), (3, 3, 2)} for s in real)
        assert ((strip.stop[frame] - starts) % 3 == 0).all() and (np.diff(starts) > 0).all()


def test_a_circular_contig_is_opened_in_the_middle_of_its_longest_frame():
    (piece,) = Strip.of(Genome({"c": CONTIG}, circular={"c"}), 90, 11).pieces
    orfs = find_orfs(CONTIG, 29, circular=True, alternatives=True)
    lengths = [abs((o.end if o.strand == "+" else o.start) - o.starts[0]) + 1 for o in orfs]
    longest = max(lengths)
    assert piece.seen_before in (longest // 2, longest - longest // 2)
    assert piece.length == len(CONTIG) + piece.seen_before
    middles = {
        (o.starts[0] - 1 + longest // 2 if o.strand == "+" else o.starts[0] - longest + longest // 2)
        % len(CONTIG)
        for o, length in zip(orfs, lengths, strict=True)
        if length == longest
    }
    assert piece.offset % len(CONTIG) in middles


def test_probabilities_of_the_next_base_sum_to_one():
    seen = np.append(np.random.default_rng(0).poisson(0.5, 4096), 7)
    p = np.exp(log_conditional(seen)).reshape(-1, 4)
    assert np.allclose(p.sum(1), 1)
    plenty = np.exp(log_conditional(seen * 1e6)).ravel()
    row = seen[:-1].reshape(-1, 4)
    known = row.sum(1) > 0
    assert np.allclose(
        plenty.reshape(-1, 4)[known], (row / row.sum(1, keepdims=True).clip(1))[known], atol=1e-3
    )


@given(st.floats(0.2, 0.8), st.sampled_from([4, 11]))
def test_general_words_are_probabilities_without_stops(gc, table):
    words = general_words(gc, table)
    assert np.allclose(words.sum(1), 1)
    codons = words[2, :-1].reshape(64, 64).sum(1)
    assert codons[[48, 50]].max() < 1e-5  # TAA, TAG
    assert (codons[56] < 1e-5) == (table == 11)  # TGA


def test_general_genes_of_gc_rich_genomes_are_gc_rich():
    def gc_of(gc: float) -> float:
        words = general_words(gc, 11)[2, :-1].reshape((4,) * 6)
        third = words.sum(axis=(0, 1, 3, 4, 5))
        return float(third[1] + third[2])

    assert gc_of(0.3) < 0.3 < 0.7 < gc_of(0.7)


def test_a_motif_is_learned_at_its_distances():
    rng = np.random.default_rng(0)
    every = rng.integers(0, 4, (4000, BEFORE + 18)).astype(np.uint8)
    true = rng.integers(0, 4, (600, BEFORE + 18)).astype(np.uint8)
    for row in true:
        at = BEFORE - 9 - len(MOTIF) + rng.integers(0, 3)
        row[at : at + 6] = [0, 0, 2, 2, 0, 2]  # AAGGAG
    sites = StartSites(np.full(4, 0.25))
    for windows in (true, every):
        windows[:, BEFORE : BEFORE + 3] = [0, 3, 2]
    sites.learn(true, every)
    inside, outside = sites.parts(true)[1], sites.parts(every)[1]
    assert np.median(inside) > np.quantile(outside, 0.95)


intervals = st.lists(
    st.tuples(st.integers(0, 80), st.integers(3, 40), st.integers(0, 1), st.integers(-5, 9)), max_size=8
)


@settings(max_examples=100, deadline=None)
@given(intervals, st.integers(0, 12), st.integers(0, 10), st.randoms(use_true_random=False))
def test_the_chain_is_the_best_of_all(drawn, most, reach, random):
    left, size, strand, score = np.array(sorted(set(drawn)), np.int64).reshape(-1, 4).T.copy()
    right = left + size
    order = np.lexsort((left, right))
    left, right, strand, score = left[order], right[order], strand[order], score[order]
    link = np.array([[[random.randint(-4, 3) for _ in range(most + reach + 1)] for _ in "ab"] for _ in "ab"])
    free = np.searchsorted(right, left - reach, side="right")
    chosen = loops.chain(left, right, strand, score, free, link, most)

    def value(chain):
        total = 0
        for n, i in enumerate(chain):
            total += score[i]
            if n:
                j = chain[n - 1]
                gap = left[i] - right[j]
                if gap < -most or left[j] >= left[i] or right[j] >= right[i]:
                    return -np.inf
                total += link[strand[j], strand[i], min(gap, reach) + most]
        return total

    chains = (c for n in range(len(left) + 1) for c in itertools.combinations(range(len(left)), n))
    assert value(chosen.tolist()) == max(map(value, chains))
