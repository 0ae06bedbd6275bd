"""The clips that `judge-pairs` compares with: a folder of videos and its `anchors.csv`.

    file,title,topic
    noodles.mp4,Midnight noodles,food
    drum.mp4,My cat drums,

Without a topic (or without that column) a clip stands for every topic.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from popcorn_bench.errors import FileError, UsageError, did_you_mean
from popcorn_bench.evaluators.judge.rubric import visible
from popcorn_bench.fingerprint import digest, file_sha256

TABLE: Final = "anchors.csv"
MOST: Final = 100
_COLUMNS: Final = ("file", "title", "topic")
_NEEDED: Final = frozenset(_COLUMNS[:2])


@dataclass(frozen=True, slots=True)
class AnchorClip:
    """One clip to compare with; `topic` is empty where it stands for all."""

    path: Path
    title: str
    topic: str
    sha256: str


def read_anchors(folder: Path) -> tuple[AnchorClip, ...]:
    """The clips of a folder, in the order of its table.

    Raises:
        UsageError: without a table, and for a fault in it (`FileError` with its line).
    """
    table = folder / TABLE
    try:
        lines = table.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(f"anchors: {table}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileError(table, 1, "", "is not UTF-8") from error
    rows = csv.DictReader(lines, strict=True)
    _check_columns(table, rows.fieldnames or ())
    try:
        found = tuple(_clip(folder, rows.line_num, row) for row in rows)
    except csv.Error as error:
        raise FileError(table, rows.line_num, "", str(error)) from error
    if not 0 < len(found) <= MOST:
        raise FileError(table, 1, "", f"holds {len(found)} clips; 1 to {MOST} are compared with")
    _check_doubles(table, found)
    return found


def anchors_sha(clips: Iterable[AnchorClip]) -> str:
    """What identifies a set of clips: their bytes, titles and topics."""
    return digest("anchors", [(clip.sha256, clip.title, clip.topic) for clip in clips])


def for_topic(clips: Iterable[AnchorClip], topic: str) -> Iterator[AnchorClip]:
    """Those of a topic and those that stand for all."""
    wanted = {"", topic.casefold()}
    return (clip for clip in clips if clip.topic.casefold() in wanted)


def _check_columns(table: Path, given: Iterable[str]) -> None:
    names = list(given)
    for name in names:
        if name not in _COLUMNS:
            raise FileError(table, 1, name, f"unknown column{did_you_mean(name, _COLUMNS)}")
    for name in sorted(_NEEDED.difference(names)):
        raise FileError(table, 1, name, "this column is missing")


def _check_doubles(table: Path, clips: tuple[AnchorClip, ...]) -> None:
    """A clip that is listed twice would count twice."""
    if len({(clip.sha256, clip.title, clip.topic) for clip in clips}) < len(clips):
        raise FileError(table, 1, "", "lists a clip twice")


def _clip(folder: Path, line: int, row: Mapping[str | None, str | None]) -> AnchorClip:
    file, title, topic = (str(row.get(name) or "").strip() for name in _COLUMNS)
    table = folder / TABLE
    if row.get(None):
        raise FileError(table, line, "", "more values than columns")
    if not visible(title):
        raise FileError(table, line, "title", "must not be empty")
    pure = PurePosixPath(file)
    if not file or pure.is_absolute() or ".." in pure.parts:
        raise FileError(table, line, "file", "must be the name of a file in this folder")
    path = folder / pure
    try:
        sha256 = file_sha256(path)
    except OSError as error:
        raise FileError(table, line, "file", f"{file}: {error.strerror}") from error
    return AnchorClip(path, title, topic, sha256)
