"""What the viewer shows: the page and the progress, made anew when the journal has grown."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from popcorn_bench.errors import PopcornError
from popcorn_bench.harness.licences import forbidden
from popcorn_bench.harness.viewing.frame import empty, framed
from popcorn_bench.harness.viewing.progress import Progress, read_progress, state_of
from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.html import write_html
from popcorn_bench.leaderboard.posters import FOLDER as POSTERS
from popcorn_bench.leaderboard.posters import make_poster
from popcorn_bench.results import index
from popcorn_bench.results.artifacts import FOLDER as CLIPS
from popcorn_bench.results.artifacts import open_artefacts
from popcorn_bench.results.journal import journal_files

_PAGE_S, _PROGRESS_S = 3.0, 1.0
_CLIPS = (".mp4", ".webm")


@dataclass(slots=True)
class _Kept:
    """What was made last, of which version of the results, and when."""

    version: str = ""
    at: float = float("-inf")

    def stale(self, version: str, seconds: float) -> bool:
        return version != self.version and time.monotonic() - self.at >= seconds


class Live:
    """One results folder; thread-safe.

    Args:
        folder: the results, read only.
        scratch: where the page and its posters are made.
    """

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch = folder, scratch
        self._lock = threading.Lock()  # one reader of the index at a time
        self._page, self._page_made = "", _Kept()
        self._progress, self._progress_made = Progress(state=state_of(folder)), _Kept()
        self._clips = open_artefacts(folder)
        (scratch / CLIPS).symlink_to(self._clips.root.resolve())

    def version(self) -> str:
        """Of what stands in the journal now."""
        sizes = [(path.name, path.stat().st_size) for path in journal_files(self.folder)]
        return hashlib.sha256(repr(sorted(sizes)).encode()).hexdigest()[:16]

    def page(self) -> str:
        """The page; while a new one is being made the last one is served."""
        version = self.version()
        if self._page_made.stale(version, _PAGE_S) and self._lock.acquire(blocking=not self._page):
            try:
                if self._page_made.stale(version, _PAGE_S):
                    self._make(version)
            finally:
                self._lock.release()
        shown, line = self._page_made.version, self._now().line
        return framed(self._page, line, shown) if self._page else empty(line, shown)

    def progress(self) -> dict[str, object]:
        """How far the run is; `page` is the version of the results, to tell that a page is old."""
        version = self.version()
        old = self._progress_made.stale(version, _PROGRESS_S)
        if old and self._lock.acquire(blocking=False):
            try:
                self._look(version)
            finally:
                self._lock.release()
        found = self._now().record()
        return {**found, "page": version if journal_files(self.folder) else ""}

    def poster(self, name: str) -> Path | None:
        """The poster of a clip by its own name, made when it is asked for the first time."""
        path = self.scratch / POSTERS / f"{name}.webp"
        if path.is_file():
            return path
        clips = (self.clip(f"{name}{suffix}") for suffix in _CLIPS)
        clip = next((one for one in clips if one), None)
        if clip is not None:
            with suppress(PopcornError, OSError):  # it cannot be decoded, or is gone
                make_poster(clip, path)
        return path if path.is_file() else None

    def clip(self, name: str) -> Path | None:
        """A clip or cover by its file name, fetched where it is elsewhere."""
        return self._clips.at_hand(name)

    def _now(self) -> Progress:
        """A run ends without another line in the journal, so its state is asked for each time."""
        return replace(self._progress, state=state_of(self.folder))

    def _make(self, version: str) -> None:
        try:
            with closing(index.connect([self.folder])) as connection:
                self._progress = read_progress(connection, self.folder)
                found = board(connection)
                path = write_html(
                    found,
                    connection,
                    self.scratch,
                    artifacts=CLIPS,
                    posters_on_demand=True,
                    bring=self._clips.at_hand,
                    forbids=forbidden(connection),
                )
        except PopcornError:  # nothing there yet, or in the middle of being written
            return
        self._page = path.read_text("utf-8")
        self._page_made = _Kept(version, time.monotonic())

    def _look(self, version: str) -> None:
        try:
            with closing(index.connect([self.folder])) as connection:
                self._progress = read_progress(connection, self.folder)
        except PopcornError:  # the next look may see more
            return
        self._progress_made = _Kept(version, time.monotonic())
