"""Files that cannot work are refused, with the file, what was found and what to do."""

import gzip
import zipfile

import pytest

from intake.files import assay, dna, excel, fasta, library
from riboswitch.errors import InputError, RiboswitchError
from riboswitch.intake.compound_file import look_at_compounds
from riboswitch.intake.first_bytes import first_bytes
from riboswitch.intake.genome_file import look_at_genome

PROTEINS = "".join(f">p{i} a protein\nMKVLAEFIRPQLLSEIEDFPQKLNTEWYHFILQE\n" for i in range(20))
FASTQ = "".join(f"@r{i}\n{dna(80, i)}\n+\n{'I' * 80}\n" for i in range(20))
NEITHER = {
    "empty": (b"", "the file is empty", "to its end"),
    "blank": (b"\n \n\n", "only blank lines", "to its end"),
    "pdf": (b"%PDF-1.7 ...", "this is a PDF", "CSV"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel", "CSV"),
    "page": (b"<!DOCTYPE html><html>404</html>", "a web page", "again"),
    "bzip2": (b"BZh91AY&SY", "bzip2", "gzip"),
    "bam": (gzip.compress(b"BAM\1\0\0"), "aligned reads (BAM)", "Assemble"),
    "junk": (bytes(range(256)), "binary data", "Is it the right file"),
    "utf-16": ("a,b\n1,2\n".encode("utf-16"), "UTF-16", "UTF-8"),
    "cut": (gzip.compress(b">c\nACGT\n" * 2000)[:-40], "ends too early", ""),
}


@pytest.mark.parametrize("name", NEITHER)
@pytest.mark.parametrize(
    "look", [look_at_genome, lambda path: look_at_compounds(path, "--library", None, None)]
)
def test_what_is_neither_a_genome_nor_a_table_is_named(tmp_path, name, look):
    data, problem, hint = NEITHER[name]
    path = tmp_path / "a file [of 7].fna"
    path.write_bytes(data)
    with pytest.raises(InputError) as error:
        look(path)
    assert problem in error.value.problem and hint in error.value.hint
    assert error.value.where.startswith(str(path))


def test_excel_and_other_archives_are_told_apart(tmp_path):
    with pytest.raises(InputError, match=r"an Excel file.*Save As, CSV UTF-8"):
        first_bytes(excel(tmp_path / "library.csv"))  # whatever its name
    with zipfile.ZipFile(tmp_path / "ncbi.zip", "w") as archive:
        archive.writestr("data/genome.fna", ">c\nACGT\n")
    with pytest.raises(InputError, match=r"a zip archive; found 'data/genome.fna'. Unpack it"):
        first_bytes(tmp_path / "ncbi.zip")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("reads.fastq", FASTQ, r"sequencing reads \(FASTQ\).*Assemble the reads"),
        ("reads.fna", FASTQ, r"sequencing reads \(FASTQ\).*Assemble the reads"),
        (
            "reads.fa",
            "".join(f">r{i}\n{dna(100, i)}\n" for i in range(1200)),
            "look like reads.*1,200 sequences",
        ),
        ("x.sam", "@HD\tVN:1.6\n", r"aligned reads \(SAM\)"),
        (
            "proteins.faa",
            PROTEINS,
            r"proteins, where a genome is needed; found '>p0 a protein'.*genome's DNA",
        ),
        ("named.fna", PROTEINS, "proteins, where a genome is needed"),
        ("x.gb", "LOCUS       P1        120 aa            linear\n", "proteins, where a genome"),
        ("x.vcf", "##fileformat=VCFv4.2\n", r"variants \(VCF\)"),
        ("x.txt", ">c\nACGT\n", "the name does not tell the format.*Rename it"),
        ("x.csv", "id,smiles\n1,C\n", "a CSV file, where a genome is needed.*GenBank"),
        ("x.gff", "##gff-version 3\nc\t.\tCDS\t1\t9\t.\t+\t0\tID=a\n", "the GFF3 has no sequences"),
        ("x.fna", ">c\nACGT1234\n", "contig c"),
        ("x.fna", "ACGTACGT\n", "first line should begin with '>'"),
    ],
)
def test_what_is_no_genome_is_refused(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(RiboswitchError, match=told):
        look_at_genome(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.csv", "id,name\n1,a\n", "no column of SMILES.*--library-smiles names it. Columns: id, name"),
        ("x.csv", "smiles,SMILES_2,Canonical Smiles\nC,C,C\n", None),
        ("x.csv", "SMILES_1,SMILES_2\nC,C\n", "several columns may hold the SMILES.*--library-smiles names"),
        ("x.csv", "smiles\n", "there are no rows in it"),
        ("x.csv", "smiles\nnone\nC1CC(\n\nCCO\n", "3 of the first 4 rows are no compounds"),
        ("x.csv", "id;smiles\n1;C\n", "split at a semicolon"),
        ("x.smi", "smiles name\nC1CC( a\n", "2 of the first 2 rows"),
        ("x.csv", "Oc1ccccc1,1\nCCN,2\n", "looks like data"),
        ("x.fna", ">c\nACGT\n", "a FASTA file, where compounds are needed.*CSV"),
        ("x.txt", "smiles\nC\n", "the name does not tell the format"),
        ("x.parquet", "smiles\nC\n", "x.parquet"),
        ("x.csv", "# lab 7\nid,smiles\n1,C\n", "If lines stand above the header, delete them"),
    ],
)  # fmt: skip
def test_what_is_no_library_is_refused(tmp_path, name, text, told):
    path = tmp_path / name
    path.write_text(text)
    if told is None:
        assert look_at_compounds(path, "--library", None, None).found["SMILES"] == "smiles"
        return
    with pytest.raises(RiboswitchError, match=told) as error:
        look_at_compounds(path, "--library", None, None)
    assert "--input-column" not in str(error.value) and "--id-column" not in error.value.hint


def test_a_column_that_is_named_is_needed(tmp_path):
    path = library(tmp_path / "l.csv")
    with pytest.raises(InputError, match=r"no such column; found 'smile'. Did you mean 'SMILES'\?"):
        look_at_compounds(path, "--library", "smile", None)
    with pytest.raises(InputError, match=r"no such column; found 'nr'"):
        look_at_compounds(path, "--library", None, "nr")


def test_ids_that_repeat_are_refused_only_where_they_make_most_rows_useless(tmp_path):
    path = tmp_path / "l.csv"
    path.write_text("id,smiles\n" + "".join(f"same,{'C' * i}\n" for i in range(1, 6)))
    found = look_at_compounds(path, "--library", None, None)  # found by its name: rows are told apart
    assert (found.readable, found.repeated) == (5, ("same", 1, 2))
    with pytest.raises(InputError, match=r"row 2: 4 of the first 5 rows.*'same' stands in row 1 already"):
        look_at_compounds(path, "--library", None, "id")


def test_missing_files_and_folders_are_named(tmp_path):
    for look in (look_at_genome, lambda path: look_at_compounds(path, "--library", None, None)):
        with pytest.raises(InputError, match=r"no such file"):
            look(tmp_path / "none.fna")
        with pytest.raises(InputError, match=r"it is a folder"):
            look(tmp_path)


def test_good_files_are_described(tmp_path):
    genome = look_at_genome(fasta(tmp_path / "a.fna.gz"))
    assert (genome.format, genome.contigs, genome.bases, genome.longest) == ("fasta", 2, 3900, 3000)
    assert genome.organism == "Escherichia coli" and genome.circular == 0
    assert "few for the genome" in genome.notes[0]
    found = look_at_compounds(library(tmp_path / "l.csv"), "--library", None, None)
    assert (found.rows, found.looked_at, found.readable, found.exact) == (12, 12, 12, True)
    assert found.found == {"SMILES": "SMILES", "ids": "Compound ID"} and found.names == "Drug Name"
    assert [row for row, _, _ in found.first] == [1, 2, 3]
    assert look_at_compounds(assay(tmp_path / "x.csv", "1" * 5), "--activity", None, None).names == ""
