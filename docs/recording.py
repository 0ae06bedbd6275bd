# ruff: noqa: INP001 - a script beside the documents
"""Record a terminal: the embedded default, as it really ran, as an animated WebP.

    python -m docs.recording [--chromium PATH]

Runs the commands of the tour in a pseudo-terminal in an empty folder, follows the screen with a
terminal emulator, and lets Chromium draw each state of it. Waits are shortened, nothing else is.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pyte
from PIL import Image

OUT: Final = Path(__file__).parent / "images" / "terminal.webp"
COLUMNS, LINES = 100, 32
_EVERY = 0.15  # seconds between looks at the screen
_LONGEST = 0.6  # seconds that a picture stands while a command is at work
_READ = 4.0  # seconds to read what a command has said
TOUR: Final = (
    "popcorn-bench --limit 3 --display rich > board.txt",
    "head -n 28 board.txt",
    "popcorn-bench compare results --llm echo,template | head -n 24",
    "popcorn-bench publish --to site --with-clips 6",
)
_COLOURS: Final = {
    "default": "#d6dbe1", "black": "#3b4252", "red": "#e06c75", "green": "#98c379",
    "brown": "#e5c07b", "blue": "#61afef", "magenta": "#c678dd", "cyan": "#56b6c2", "white": "#fff",
}  # fmt: skip
_STYLE: Final = (
    "body{margin:0;background:#1b1f27}pre{margin:0;padding:14px 16px;color:#d6dbe1;"
    "font:14px/18px 'DejaVu Sans Mono','Liberation Mono',monospace}"
)
Frame = tuple[str, float]  # the screen as HTML, and for how many seconds


def frames(folder: Path) -> Iterator[Frame]:
    """The states of the screen through the tour."""
    for line in TOUR:
        screen = pyte.Screen(COLUMNS, LINES)
        stream = pyte.ByteStream(screen)
        for end in range(0, len(line) + 1, 2):
            yield _html(screen, f"$ {line[:end]}"), 0.06
        stream.feed(f"$ {line}\r\n".encode())
        last = _html(screen)
        for seconds in _fed(line, folder, stream):
            yield last, min(seconds, _LONGEST)
            last = _html(screen)
        yield last, _READ


def _fed(line: str, folder: Path, stream: pyte.ByteStream) -> Iterator[float]:
    """Run a command, feed its output to the emulator; yield the seconds between looks."""
    ours, theirs = pty.openpty()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    size = {"COLUMNS": str(COLUMNS), "LINES": str(LINES), "TERM": "xterm-256color"}
    size["FORCE_COLOR"] = "1"  # as on a terminal, behind a pipe too
    bash = shutil.which("bash") or "bash"
    process = subprocess.Popen(  # noqa: S603 - the commands above
        [bash, "-c", line], cwd=folder, env={**os.environ, **size, "PATH": path},
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    since = time.monotonic()
    while chunk := _read(ours):
        stream.feed(chunk)
        if (now := time.monotonic()) - since >= _EVERY:
            yield now - since
            since = now
    yield _EVERY
    os.close(ours)
    if process.wait():
        raise SystemExit(f"the recording stopped: {line}")


def _read(handle: int) -> bytes:
    """What comes next, empty at the end."""
    select.select([handle], [], [])
    try:
        return os.read(handle, 65_536)
    except OSError:  # how a pseudo-terminal ends
        return b""


def _html(screen: pyte.Screen, typed: str = "") -> str:
    rows = [_row(screen.buffer[n]) for n in range(LINES)] if not typed else [escape(typed) + "█"]
    return "\n".join([*rows, *[""] * (LINES - len(rows))])


def _row(cells: Any) -> str:  # noqa: ANN401 - the emulator has no types
    shown = [_cell(cells[column]) for column in range(COLUMNS)]
    return "".join(shown).rstrip()


def _cell(cell: Any) -> str:  # noqa: ANN401 - the emulator has no types
    colour = cell.fg if not cell.reverse else cell.bg
    if colour == "default" and not cell.bold:
        return escape(cell.data)
    drawn = _COLOURS.get(colour, f"#{colour}")
    weight = ";font-weight:bold" if cell.bold else ""
    return f'<span style="color:{drawn}{weight}">{escape(cell.data)}</span>'


def merged(states: Iterator[Frame]) -> list[Frame]:
    """Equal neighbours joined."""
    found: list[Frame] = []
    for state, seconds in states:
        if found and found[-1][0] == state:
            found[-1] = state, found[-1][1] + seconds
        else:
            found.append((state, seconds))
    return found


def draw(states: list[Frame], chromium: str | None) -> None:
    """Let Chromium draw each state, and join the pictures."""
    from playwright.sync_api import sync_playwright

    pictures = []
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        tab = browser.new_page(viewport={"width": 880, "height": LINES * 18 + 28})
        for state, _ in states:
            tab.set_content(f"<style>{_STYLE}</style><pre>{state}</pre>")
            pictures.append(Image.open(BytesIO(tab.screenshot())).convert("RGB"))
        browser.close()
    times = [round(1000 * seconds) for _, seconds in states]
    first, *rest = pictures
    first.save(OUT, save_all=True, append_images=rest, duration=times, loop=0, quality=70, method=6)


def main() -> None:
    """Record it anew."""
    parser = argparse.ArgumentParser(description="Record the embedded default in a terminal.")
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    chromium = parser.parse_args().chromium
    with tempfile.TemporaryDirectory() as folder:
        draw(merged(frames(Path(folder))), chromium)


if __name__ == "__main__":
    main()
