"""Parquet files read a few row groups at a time."""

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riboswitch.io.parquet import record_batches


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.integers(0, 12), max_size=8), rows=st.integers(1, 20))
def test_every_row_comes_once_and_in_order(tmp_path, groups, rows):
    schema = pa.schema({"n": pa.int64(), "text": pa.string()})
    number, path = 0, tmp_path / "table.parquet"
    with pq.ParquetWriter(path, schema) as writer:
        for size in groups:
            values = list(range(number, number + size))
            writer.write_table(pa.table({"n": values, "text": [*map(str, values)]}, schema))
            number += size
    with pq.ParquetFile(path) as file:
        whole = [*record_batches(file, rows)]
        texts = [*record_batches(file, rows, ["text"])]
    assert [n for batch in whole for n in batch["n"].to_pylist()] == [*range(number)]
    assert all(0 < len(batch) <= rows for batch in whole)
    assert [t for batch in texts for t in batch["text"].to_pylist()] == [*map(str, range(number))]
    assert all(batch.schema.names == ["text"] for batch in texts)


def test_row_groups_are_asked_for_a_few_at_a_time(tmp_path, monkeypatch):
    pq.write_table(pa.table({"n": [*range(100)]}), tmp_path / "table.parquet", row_group_size=10)
    asked = []
    with pq.ParquetFile(tmp_path / "table.parquet") as file:
        read = file.iter_batches
        monkeypatch.setattr(
            file, "iter_batches", lambda *a, **k: asked.append(k["row_groups"]) or read(*a, **k)
        )
        assert sum(map(len, record_batches(file, 25))) == 100
    assert asked == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]
