"""The board's query beside a plain aggregate of the same figures, from a synthetic index file.

    python -m benchmarks.board [--rows 1000000,10000000]

The plain aggregate is what anyone would write in SQL for the board's means and standard errors: the
mean per cell, metric and query over seeds and repeats, then mean, standard error and number of
queries per cell and metric. "scores" is what the board asks in its place (`read_scores`): the mean
of every query, which rankings and paired differences need, with the human percentile and the
number of scores. "all it reads" adds plans, failures, costs, clips and the trust panel; "board" is
the whole, statistics included. Each design is measured in a process of its own, round by round; the
best round of each counts, because other work on the machine only ever adds to it. On a machine that
others use, the ratio of CPU seconds (of all threads) is the steadier one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import duckdb

from benchmarks.board_data import TASK, Size, write
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.generators.read import read_generators
from popcorn_bench.leaderboard.paid import read_bills
from popcorn_bench.leaderboard.query import CELL, Filter, read_counts, read_scores
from popcorn_bench.leaderboard.trust.evidence import read_evidence

_PLAIN = f"""
SELECT {CELL}, metric, avg(mean), stddev(mean) / sqrt(count(*)), count(*)
FROM (SELECT {CELL}, metric, query_id, avg(score) AS mean FROM scores GROUP BY ALL)
GROUP BY ALL
"""
_DESIGNS = (Size(), Size(llms=100, generators=8))  # few models with many seeds, and many models
_METRICS = 3  # of every clip; one more sees its title alone
_ROUNDS = 5
_HEAD = (
    "| score rows | LLMs x generators x seeds | plain s | scores s | x plain | CPU x plain "
    "| all it reads s | board s | peak MB |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


class Spent(NamedTuple):
    """Seconds on the clock, and of all threads together."""

    wall: float
    cpu: float


def table(rows: Sequence[int]) -> None:
    """A line per number of rows and design."""
    print(_HEAD)
    for wanted in rows:
        for design in _DESIGNS:
            a_seed = design.queries * design.llms * (1 + _METRICS * design.generators)
            print(_line(replace(design, seeds=max(1, round(wanted / a_seed)))), flush=True)


def _line(size: Size) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "board.duckdb"
        _apart(write, path, size)
        return str(_apart(_measured, path, size))


def _apart(call: Callable[[Path, Size], object], path: Path, size: Size) -> object:
    """In a new process, whose memory is its own."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(call, path, size).result()


def _measured(path: Path, size: Size) -> str:
    chosen, sizes = Filter((TASK,)), {TASK: size.queries}

    def read_all() -> None:
        read_scores(connection, chosen, sizes)
        read_counts(connection, chosen)
        read_bills(connection, chosen)
        read_evidence(connection, chosen, sizes)
        read_generators(connection, chosen, {})

    with duckdb.connect(str(path), read_only=True, config={"threads": 2}) as connection:
        connection.execute("SET enable_progress_bar = false")
        [rows] = connection.execute("SELECT count(*) FROM scores").fetchone() or (0,)
        plain, scores, everything, whole = _best(
            lambda: connection.execute(_PLAIN).fetchall(),
            lambda: read_scores(connection, chosen, sizes),
            read_all,
            lambda: board(connection),
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return (
        f"| {rows:,} | {size.llms} x {size.generators} x {size.seeds} "
        f"| {plain.wall:.3f} | {scores.wall:.3f} | {scores.wall / plain.wall:.2f} "
        f"| {scores.cpu / plain.cpu:.2f} | {everything.wall:.2f} | {whole.wall:.2f} | {peak:.0f} |"
    )


def _best(*calls: Callable[[], object]) -> list[Spent]:
    """The least of each over a few rounds, in which they take turns."""
    rounds = [[_spent(call) for call in calls] for _ in range(_ROUNDS)]
    return [Spent(*map(min, zip(*found, strict=True))) for found in zip(*rounds, strict=True)]


def _spent(call: Callable[[], object]) -> Spent:
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the board's query.")
    parser.add_argument("--rows", default="1000000", help="score rows, several with commas")
    table([int(rows) for rows in parser.parse_args().rows.split(",")])


if __name__ == "__main__":
    main()
