"""Rows of a Parquet file that is not trusted: a few kilobytes of it can stand for terabytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from popcorn_bench.errors import FileError

_BATCH = 64  # rows: a long text that is kept once is written out so many times at once


def read_parquet(path: Path, most_bytes: int) -> Iterator[dict[str, Any]]:
    """Yield the rows, of which no more than a batch is decoded ahead.

    Raises:
        FileError: for a file that is no Parquet, or whose rows hold more than `most_bytes`.
    """
    import pyarrow as pa
    from pyarrow import parquet

    too_large = FileError(path, 1, "", f"its rows hold more than {most_bytes} bytes")
    try:
        file = parquet.ParquetFile(path)
        groups = map(file.metadata.row_group, range(file.metadata.num_row_groups))
        if sum(group.total_byte_size for group in groups) > most_bytes:
            raise too_large
        held = 0
        for batch in file.iter_batches(_BATCH):
            held += batch.nbytes
            for row in batch.to_pylist():
                held += sum(len(cell) for cell in row.values() if isinstance(cell, str | bytes))
                if held > most_bytes:
                    raise too_large
                yield row
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        why = str(error).partition("\n")[0]
        raise FileError(path, 1, "", f"not Parquet: {why}") from error
