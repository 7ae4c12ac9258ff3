"""A damaged library: every changed bit, and every file that is missing or foreign, is refused in one line."""

from __future__ import annotations

import random
import shutil

import numpy as np
import pyarrow as pa
import pytest

from riboswitch.cli import main
from riboswitch.data.arrow_file import from_batches, reader, save
from riboswitch.data.library import Library
from riboswitch.io.parquet import read_meta
from riboswitch.io.sealed import file_digest, read_sealed, sealed, write_sealed
from riboswitch.steps.prepare import prepare

FLIPS = 60
SMILES = [f"{'C' * n}{tail}" for n in range(1, 11) for tail in ("O", "N", "C(=O)O", "c1ccccc1")]


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    path = tmp_path_factory.mktemp("raw") / "raw.csv"
    lines = [f"{smiles},c{i},{i}" for i, smiles in enumerate(SMILES)]
    path.write_text("\n".join(["smiles,name,price", *lines, "C(,bad,0"]) + "\n")
    return path


def made(raw, folder):
    return prepare(raw, folder, reading={"id_column": "name"}, part_rows=20)


@pytest.fixture(scope="module")
def bundle(of_lengths, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle") / "model.safetensors"
    of_lengths(SMILES[:20]).save(path)
    return path


@pytest.fixture
def folder(raw, tmp_path):
    return made(raw, tmp_path / "library").folder


@pytest.fixture
def screened(bundle, tmp_path, capfd):
    """Screen a library from the command line: exit code, lines of standard error, whether scores exist."""

    def screened(folder):
        out, code = tmp_path / "scores.parquet", 0
        out.unlink(missing_ok=True)
        try:
            main(["screen", str(folder), str(bundle), "--output", str(out), "--processes", "1"])
        except SystemExit as leaving:
            code = leaving.code
        return code, capfd.readouterr().err.splitlines(), out.exists()

    return screened


def require_refusal(told, name):
    code, lines, written = told
    assert code == 1 and not written
    assert len(lines) == 1 and lines[0].startswith("riboswitch: error: ")
    assert name in lines[0] and "repare" in lines[0]


def test_every_flipped_bit_is_refused_and_names_its_file(folder, screened):
    draw = random.Random(7)
    files = sorted(p for p in folder.iterdir() if p.name != "rejected.tsv")
    whole = {path: path.read_bytes() for path in files}
    for number in range(FLIPS):
        path = files[number % len(files)]
        damaged = bytearray(whole[path])
        damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        told = screened(folder)
        path.write_bytes(whole[path])
        require_refusal(told, "library" if path.name == "library.json" else path.name)
    assert screened(folder)[0] == 0


def test_every_byte_of_the_header_counts(folder):
    path = folder / "library.json"
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert not read_sealed(path)[1]
    for longer in (whole + b"\n", b" " + whole, whole[:-1]):
        path.write_bytes(longer)
        assert not read_sealed(path)[1]


@pytest.mark.parametrize("file", ["part-00000.parquet", "part-00001.arrow", "rejected.tsv"])
@pytest.mark.parametrize("fault", ["missing", "renamed", "extra", "swapped", "foreign", "cut", "empty"])
def test_files_that_are_not_those_of_the_library_are_refused(folder, raw, tmp_path, file, fault, screened):
    path = folder / file
    name, other = path.name, path.with_name(path.name.replace("1", "2").replace("00000", "00001"))
    if fault == "missing":
        path.unlink()
    elif fault == "renamed":
        path.rename(folder / f"part-00007{path.suffix}")
    elif fault == "extra":
        name = f"part-00002{path.suffix if path.suffix != '.tsv' else '.arrow'}"
        shutil.copy(path, folder / name)
    elif fault == "swapped":
        other = next(p for p in folder.glob(f"*{path.suffix}") if p != path) if "part" in file else None
        if other is None:
            return
        first, second = path.read_bytes(), other.read_bytes()
        path.write_bytes(second)
        other.write_bytes(first)
        name = "part-0000"
    elif fault == "foreign":
        raw2 = tmp_path / "raw.csv"
        raw2.write_text(raw.read_text().replace("CCCCO,", "CCCCCO,").replace(",bad", ",worse"))
        shutil.copy(made(raw2, tmp_path / "foreign").folder / file, path)
    else:
        path.write_bytes(path.read_bytes()[:-9] if fault == "cut" else b"")
    if file == "rejected.tsv" and fault in ("foreign", "cut", "empty"):
        with pytest.raises(Exception, match=r"rejected\.tsv: the file is not as it was"):
            Library.open(folder).rejected()
        return
    require_refusal(screened(folder), name)


@pytest.mark.parametrize("file", ["library.json", "part-00000.arrow", "part-00001.parquet", "rejected.tsv"])
def test_preparing_again_mends_a_damaged_library(raw, folder, file):
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    damaged = bytearray(whole[file])
    damaged[len(damaged) // 2] ^= 4
    (folder / file).write_bytes(damaged)
    made(raw, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == whole


def test_a_library_of_an_earlier_version_is_refused(folder, screened):
    header, _ = read_sealed(folder / "library.json")
    for old in ({"format": 3}, {"format": 3, "files": {}}):
        write_sealed(header | old, folder / "library.json")
        code, lines, _ = screened(folder)
        assert code == 1 and "prepared by another version" in lines[0] and "Prepare it again" in lines[0]


@pytest.mark.parametrize(
    "change",
    [{"rows": [20, 21]}, {"rows": [20]}, {"rows": ["20", 20]}, {"rows": []}, {"rows": {}}, {"files": []},
     {"block_rows": 0}, {"block_rows": "8"}, {"block_rows": None}, {"counts": {}}, {"counts": None},
     {"components": []}, {"encoder": "x"}, {"modality": 3}],
)  # fmt: skip
def test_a_header_that_was_sealed_again_is_still_checked(folder, screened, change):
    header, _ = read_sealed(folder / "library.json")
    write_sealed(header | change, folder / "library.json")
    require_refusal(screened(folder), "library.json")


def sealed_again(folder):
    """Seal a library whose parts were changed, as a hostile hand would."""
    header, _ = read_sealed(folder / "library.json")
    header["files"] = {name: file_digest(folder / name) for name in header["files"]}
    write_sealed(header, folder / "library.json")


def rewritten(path, change):
    """Rewrite the arrays of a part after ``change(values, offsets)``."""
    with reader(path) as file:
        batch = file.get_batch(0)
    arrays = from_batches([batch], [str(i) for i in range(len(batch))], read_meta(batch.schema))
    change(arrays.only.values, arrays.only.offsets)
    save(arrays, path)


def bond_beyond_the_molecule(values, offsets):
    values["ends"][3] = 60_000


def other_type(values, offsets):
    values["bonds"] = values["bonds"].astype(np.int64)


def field_lost(values, offsets):
    del values["bonds"], offsets["bonds"]


def fewer_bonds(values, offsets):
    values["ends"], offsets["ends"] = values["ends"][:0], np.zeros_like(offsets["ends"])


def fewer_rows(values, offsets):
    values["globals"], offsets["globals"] = values["globals"][:0], np.zeros_like(offsets["globals"])


@pytest.mark.parametrize(
    "change", [bond_beyond_the_molecule, other_type, field_lost, fewer_bonds, fewer_rows]
)
def test_no_index_is_followed_unchecked_even_where_the_digests_fit(folder, screened, change):
    rewritten(folder / "part-00000.arrow", change)
    sealed_again(folder)
    code, lines, written = screened(folder)
    assert (code, len(lines), written) == (1, 1, False)


def test_flipped_bits_under_fitting_digests_are_refused_or_scored_but_crash_nothing(folder, screened):
    """The record batches are stored plainly, so that offsets and indices themselves are hit."""
    draw, path = random.Random(3), folder / "part-00000.arrow"
    with pa.ipc.open_file(pa.BufferReader(path.read_bytes())) as file:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, file.schema) as plain:
            plain.write_batch(file.get_batch(0))
    whole = sink.getvalue().to_pybytes()
    for _ in range(40):
        damaged = bytearray(whole)
        for _ in range(4):
            damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        sealed_again(folder)
        code, lines, written = screened(folder)
        assert code == 0 if written else (code == 1 and len(lines) == 1)


def test_the_seal_does_not_count_itself():
    assert sealed(sealed({"a": 1})) == sealed({"a": 1, "digest": "x"}) == sealed({"digest": 0, "a": 1})
