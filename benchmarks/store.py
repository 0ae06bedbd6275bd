"""The store: journal appends beside the disk's own limit, index rebuild beside plain parsing.

    python -m benchmarks.store [--records 100000]

The limit of the disk is the same lines, made beforehand, written by a loop that syncs every 100 ms.
The journal has to make its lines from records and syncs as soon as the last sync has ended. The
index is rebuilt from a journal of synthetic scores; beside it stands reading its lines as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from popcorn_bench.results import index, records
from popcorn_bench.results.journal import FOLDER, JournalWriter, read_lines
from popcorn_bench.types import Place, Score, Stage, Unit

_SYNC_EVERY_S = 0.1
_ROUNDS = 3


def units(count: int) -> Iterator[dict[str, object]]:
    """Records of made-up scores, of a usual length."""
    for number in range(count):
        place = Place("synthetic", f"q{number % 200:04d}", f"llm{number // 4000:04d}", "basic", 0,
                      number // 200 % 20, "0" * 16, "1" * 16)  # fmt: skip
        unit = Unit(stage=Stage.SCORE, place=place, key=f"{number:064x}")
        scores = tuple(
            Score(metric=name, value=number % 97 / 7, percentile=number % 101, low=1.0, high=9.0)
            for name in ("first", "second", "third")
        )
        yield records.unit_record(unit, scores, "synthetic", reused=False)


def append(path: Path, made: list[dict[str, object]]) -> None:
    """All records through the journal, durable at the end."""
    writer = JournalWriter(path)
    for record in made:
        _, durable = writer.append(record)
    durable.result()
    writer.close()


def write(path: Path, lines: list[bytes]) -> None:
    """The same lines with nothing around them."""
    with path.open("xb") as file:
        synced = time.perf_counter()
        for line in lines:
            file.write(line)
            if time.perf_counter() - synced > _SYNC_EVERY_S:
                file.flush()
                os.fsync(file.fileno())
                synced = time.perf_counter()
        file.flush()
        os.fsync(file.fileno())


def parse(path: Path) -> None:
    """Read a journal file, nothing more."""
    for line in read_lines(path):
        assert line.record is not None


def per_second(count: int, work: Callable[[], object]) -> float:
    """Of something that is done once."""
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def appends(folder: Path, count: int) -> tuple[float, float]:
    """Records per second through the journal and without it, the best of some turns."""
    made = list(units(count))
    lines = [json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in made]
    ours = plain = 0.0
    for turn in range(_ROUNDS):
        journal, bare = folder / FOLDER / f"{turn}.jsonl", folder / f"{turn}.bare"
        plain = max(plain, per_second(count, lambda path=bare: write(path, lines)))  # type: ignore[misc]  # bound now
        ours = max(ours, per_second(count, lambda path=journal: append(path, made)))  # type: ignore[misc]  # bound now
        if turn:
            journal.unlink()
        bare.unlink()
    return ours, plain


def rebuilding(folder: Path, count: int) -> tuple[float, float, int]:
    """Lines per second into the index and parsed alone; rows in the table of scores."""
    ours = per_second(count, lambda: index.rebuild(folder))
    plain = per_second(count, lambda: parse(folder / FOLDER / "0.jsonl"))
    with duckdb.connect(str(folder / index.FILE), read_only=True) as connection:
        [rows] = connection.execute("SELECT count(*) FROM scores").fetchone() or (0,)
    return ours, plain, rows


def table(count: int) -> str:
    """Both, as Markdown."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        ours, plain = appends(folder, count)
        indexed, parsed, rows = rebuilding(folder, count)
    lines = (
        ("journal: append, durable", ours, plain),
        (f"index: rebuild, lines ({rows:,} rows)", indexed, parsed),
    )
    return "\n".join(
        [
            f"| {count:,} records | ours, per second | plain, per second | ours / plain |",
            "|---|---:|---:|---:|",
            *(f"| {name} | {a:,.0f} | {b:,.0f} | {a / b:.2f} |" for name, a, b in lines),
        ]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=100_000)
    print(table(parser.parse_args().records))


if __name__ == "__main__":
    main()
