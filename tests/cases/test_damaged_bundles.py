"""A bundle whose header is no bundle's is refused with one line that names the file."""

from pathlib import Path

import pytest

from riboswitch.cli import main

CASE = Path(__file__).parent.parent / "data" / "cases" / "damaged_bundles"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fmt1s", "the bundle has no known format; found '1'"),
        ("fmt-1", "the bundle has no known format; found '-1'"),
        ("deep", "the header of the bundle is no JSON; found 'nested more than 50 deep'"),
    ],
)
def test_predict_refuses_it(name, said, tmp_path, capsys):
    source, path = tmp_path / "one.smi", CASE / f"{name}.safetensors"
    source.write_text("CCO\n")
    with pytest.raises(SystemExit) as left:
        main(["predict", str(source), str(path)])
    assert left.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{path}: {said}" in line
