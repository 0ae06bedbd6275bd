"""The board and its page: how long the query, the page and a browser take on synthetic scores.

    python -m benchmarks.board [--rows 1000000,10000000] [--chromium PATH]

Prints the board's time beside the plain DuckDB aggregate over the same table in the same run; then,
for 10,000 samples, the time to build the page, its size, and what a headless Chromium needs to
paint, sort and filter it (skipped where there is none). Nothing that is scored here is real.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.board_data import Size, fill
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.html import write_html

_AGGREGATE = """
SELECT task_id, llm_id, video_id, mode, evaluator_id, metric, avg(score), stddev(score), count(*)
FROM scores GROUP BY ALL
"""
_PER_SEED = 200 * 10 * (1 + 3 * 5)  # score rows of one seed of the default design
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
_REPEATS = 3


def timed(call: Callable[[], object]) -> float:
    """Median seconds of a few calls."""
    found = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def query(rows: int) -> None:
    """One line: the board beside the plain aggregate."""
    with duckdb.connect(config={"threads": 2}) as connection:
        fill(connection, Size(seeds=max(1, round(rows / _PER_SEED))))
        [counted] = connection.execute("SELECT count(*) FROM scores").fetchone() or (0,)
        plain = timed(lambda: connection.execute(_AGGREGATE).fetchall())
        ours = timed(lambda: board(connection))
    print(f"| {counted:,} | {plain:.3f} | {ours:.3f} | {ours / plain:.1f} |", flush=True)


def page(folder: Path) -> Path:
    """One line: the page of 10,000 samples."""
    size = Size()
    with duckdb.connect(config={"threads": 2}) as connection:
        fill(connection, size)
        began = time.perf_counter()
        made = board(connection)
        queried = time.perf_counter()
        path = write_html(made, connection, folder)
        built = time.perf_counter()
    print(f"\nPage of {size.samples:,} samples: board {queried - began:.2f} s, page "
          f"{built - queried:.2f} s, {path.stat().st_size / 1e6:.2f} MB")  # fmt: skip
    return path


def browse(path: Path, chromium: str) -> None:
    """What a reader waits for, in milliseconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        found: dict[str, list[float]] = {}
        for _ in range(_REPEATS):
            tab = browser.new_page()
            for name, value in _visit(tab, path).items():
                found.setdefault(name, []).append(value)
            tab.close()
        browser.close()
    print("\n| in the browser | ms |\n|---|---:|")
    for name, values in found.items():
        print(f"| {name} | {statistics.median(values):.0f} |")


def _visit(tab: Any, path: Path) -> dict[str, float]:  # noqa: ANN401 - Playwright is not always there
    tab.goto(path.as_uri())
    tab.wait_for_selector("html[data-ready]")
    ready = tab.evaluate("performance.now()")
    paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    measured = {"first paint": paint, "board ready (at most)": ready}
    tab.locator("#tab-cell").click()
    measured["sort the pairs"] = _spent(
        tab,
        "document.querySelector('#boards section:not([hidden]) [data-sort=llm] button').click()",
    )
    measured["filter the pairs by family"] = _spent(
        tab,
        "const family = document.querySelector('#f-family'); family.value = 'wren';"
        "family.dispatchEvent(new Event('change'))",
    )
    tab.evaluate("document.getElementById('all-samples').scrollIntoView()")
    tab.wait_for_selector("#s-table tbody tr")
    measured["sort all samples by title"] = _spent(
        tab, "document.querySelector('#s-table [data-sort=title] button').click()"
    )
    measured["sort all samples by score"] = _spent(
        tab, "document.querySelector('#s-table [data-sort=score] button').click()"
    )
    measured["search all samples"] = _spent(
        tab,
        "document.querySelector('#s-find').value = 'wren food';"
        "document.querySelector('#s-metric').dispatchEvent(new Event('change'))",
    )
    return measured


def _spent(tab: Any, action: str) -> float:  # noqa: ANN401 - Playwright is not always there
    """Milliseconds from an action to the frame that shows it."""
    return float(
        tab.evaluate(
            f"""new Promise((done) => {{
                const began = performance.now();
                {action};
                requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
            }})"""
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the board and its page.")
    parser.add_argument("--rows", default="1000000", help="score rows, several with commas")
    parser.add_argument("--chromium", default=shutil.which("chromium") or "")
    arguments = parser.parse_args()
    print("| score rows | plain aggregate s | board s | ratio |\n|---:|---:|---:|---:|")
    for rows in arguments.rows.split(","):
        query(int(rows))
    with tempfile.TemporaryDirectory() as scratch:
        path = page(Path(scratch))
        if arguments.chromium:
            browse(path, arguments.chromium)


if __name__ == "__main__":
    main()
