"""The page: how long it takes to build, and what a reader in a browser waits for.

    python -m benchmarks.page [--samples 10000] [--chromium PATH] [--repeats 3]

Builds a page of synthetic results, then opens it from its file in a headless Chromium: first paint,
board ready, and the time from a click to the frame that shows its result. Nothing that is scored
here is real.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.board_data import Size, fill
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.html import write_html

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
_PER_QUERY = 10 * 5  # LLMs and generators of the default design
_LIMITS = {"first paint": 1000, "board ready": 1000}
_ACTION_MS = 150
_TABLE = "document.querySelector('#boards section:not([hidden])"
_ACTIONS = (
    ("sort the pairs by LLM", f"{_TABLE} [data-sort=llm] button').click()"),
    ("sort the pairs by score", f"{_TABLE} [data-sort=score] button').click()"),
    ("filter the pairs by family",
     ("const f = document.querySelector('#f-family'); f.value = 'wren';"
     "f.dispatchEvent(new Event('change'))")),
    ("take a topic", ("const p = document.querySelector('#f-part'); p.value = 'topic:food';"
     "p.dispatchEvent(new Event('change'))")),
)  # fmt: skip
_SAMPLES = (
    ("sort all samples by title", ("document.querySelector('#s-table [data-sort=title] button')"
     ".click()")),
    ("sort all samples by score", ("document.querySelector('#s-table [data-sort=score] button')"
     ".click()")),
    ("search all samples", ("document.querySelector('#s-find').value = 'wren food';"
     "document.querySelector('#s-metric').dispatchEvent(new Event('change'))")),
    ("show another query", "document.querySelector('#g-next').click()"),
)  # fmt: skip


def build(folder: Path, size: Size) -> Path:
    """Write the page and say what it took, by the clock and of this process's own time."""
    with duckdb.connect(config={"threads": 2}) as connection:
        fill(connection, size)
        clock, own = time.perf_counter(), time.process_time()
        made = board(connection)
        queried = time.perf_counter()
        path = write_html(made, connection, folder)
        built, spent = time.perf_counter(), time.process_time() - own
    print(f"{size.samples:,} samples: board {queried - clock:.2f} s, page {built - queried:.2f} s "
          f"(together {spent:.2f} s of CPU), {path.stat().st_size / 1e6:.2f} MB; load "
          f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")  # fmt: skip
    return path


def browse(path: Path, chromium: str, repeats: int) -> None:
    """Print the medians of a few visits beside what is wanted, in milliseconds."""
    from playwright.sync_api import sync_playwright

    found: dict[str, list[float]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        for _ in range(repeats):
            tab = browser.new_page(viewport={"width": 1280, "height": 900})
            for name, value in _visit(tab, path):
                found.setdefault(name, []).append(value)
            tab.close()
        browser.close()
    print("\n| in the browser | ms | wanted |\n|---|---:|---:|")
    for name, values in found.items():
        print(f"| {name} | {statistics.median(values):.0f} | {_LIMITS.get(name, _ACTION_MS)} |")


def _visit(tab: Any, path: Path) -> Iterator[tuple[str, float]]:  # noqa: ANN401 - Playwright is not always there
    tab.add_init_script(
        "new MutationObserver((_, o) => { if (document.documentElement?.dataset.ready) {"
        "window.readyAt = performance.now(); o.disconnect(); } })"
        ".observe(document, {attributes: true, subtree: true})"
    )
    tab.goto(path.as_uri())
    tab.wait_for_selector("html[data-ready]")
    yield (
        "first paint",
        tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"),
    )
    yield "board ready", tab.evaluate("window.readyAt")
    tab.locator("#tab-cell").click()
    for name, action in _ACTIONS:
        yield name, _spent(tab, action)
    tab.evaluate("document.getElementById('all-samples').scrollIntoView()")
    tab.wait_for_selector("#s-table tbody tr")
    for name, action in _SAMPLES:
        yield name, _spent(tab, action)


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
    """Build, then browse where there is a Chromium."""
    parser = argparse.ArgumentParser(description="Time the page.")
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--chromium", default=shutil.which("chromium") or "")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = build(Path(scratch), Size(queries=max(1, asked.samples // _PER_QUERY)))
        if asked.chromium:
            browse(path, asked.chromium, asked.repeats)


if __name__ == "__main__":
    main()
