"""MicroLens-100k in the layout in which its files are published.

Fields are not quoted and the last one may hold the separator, a space may follow it, some titles
are empty, some files have a header and some have none. Lines are cut at their first separators and
nothing is guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from popcorn_bench.errors import FileError, UsageError
from popcorn_bench.tasks.corpora.corpus import COUNTS, BadRow
from popcorn_bench.tasks.corpora.digests import file_sha
from popcorn_bench.tasks.corpora.records import Record, is_utf8


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of one file are cut: `fields` in their order, `video` among them."""

    name: str
    separator: str
    fields: tuple[str, ...]


TITLES = Layout("MicroLens-100k_title_en.csv", ",", ("video", "title"))
TAGS = Layout("tags_to_summary.csv", ",", ("video", "category"))
COVERS = Layout("llava-v1.5_caption.txt", ",", ("video", "cover_desc"))
CAPTIONS = Layout("Microlens100K_captions_en.csv", "\t", ("video", "caption"))
LIKES = Layout("MicroLens-100k_likes_and_views.txt", "\t", ("video", "likes", "views"))
COUNTED = Layout("video_label_comment_count.csv", ",", ("video", "comments"))
COMMENTS = Layout("MicroLens-100k_comment_en.txt", "\t", ("user", "video", "comment"))
SPLIT = Layout("split.csv", ",", ("video", "split"))

_DIGITS = 18  # that fit 64 bits
_REQUIRED = (TITLES, TAGS)
_OPTIONAL = (COVERS, CAPTIONS, LIKES, COUNTED)
_MEDIA = {"cover_path": "MicroLens-100k_covers", "video_path": "MicroLens-100k_videos"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line that fits its layout; `data` has all fields but the video."""

    number: int
    video: str
    data: dict[str, str]


@dataclass
class LayoutFile:
    """One file of the layout; `bad` fills while it is read."""

    folder: Path
    layout: Layout
    bad: list[BadRow] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / self.layout.name

    @cached_property
    def videos(self) -> dict[str, Line]:
        """The first line of each video."""
        found: dict[str, Line] = {}
        for line in self.lines():
            if line.video in found:
                self.fault(line.number, "video: a second time")
            else:
                found[line.video] = line
        return found

    def lines(self) -> Iterator[Line]:
        """Every line that is not blank; a first line without a video's number is a header."""
        for number, text in _lines(self.path):
            cells = text.split(self.layout.separator, len(self.layout.fields) - 1)
            data = dict(zip(self.layout.fields, map(str.strip, cells), strict=False))
            if number == 1 and not _is_whole(data.get("video", "")):
                continue
            if why := self._wrong(data, text):
                self.fault(number, why)
            else:
                yield Line(number, data.pop("video").lstrip("0") or "0", data)

    def about(self, video: str) -> Mapping[str, object]:
        """What the file says of a video."""
        return self.videos[video].data if video in self.videos else {}

    def note_strangers(self, known: Container[str]) -> None:
        """Note what is said of videos that are not known."""
        for video, line in self.videos.items():
            if video not in known:
                self.fault(line.number, f"video: not in {TITLES.name}")

    def fault(self, line: int, reason: str) -> None:
        """Note a row that cannot be used."""
        self.bad.append(BadRow(self.layout.name, line, reason))

    def _wrong(self, data: dict[str, str], text: str) -> str:
        """Why a line cannot be used, empty where it can."""
        if len(data) < len(self.layout.fields):
            return f"fewer than {len(self.layout.fields)} fields"
        if not is_utf8(text):
            return "not UTF-8"
        if data.get("category") == "":
            return "category: empty"
        numbers = {"video": data["video"]} | {name: data[name] for name in COUNTS if name in data}
        wrong = (name for name, number in numbers.items() if not _is_whole(number))
        return next((f"{name}: not a whole number" for name in wrong), "")


class CommentFile(LayoutFile):
    """The comments themselves, of which only the number per video is kept."""

    @cached_property
    def counts(self) -> Counter[str]:
        """Comments by video."""
        return Counter(line.video for line in self.lines())

    def about(self, video: str) -> Mapping[str, object]:
        """The number of comments, which may be 0."""
        return {"comments": self.counts[video]}

    def note_strangers(self, known: Container[str]) -> None:
        """Note the number of comments on videos that are not known."""
        if strangers := sum(n for video, n in self.counts.items() if video not in known):
            self.fault(0, f"{strangers:,} comments on videos that are not in {TITLES.name}")


@dataclass(frozen=True, slots=True)
class RawSource:
    """A folder with the files of MicroLens-100k: titles and tags, and those of the rest it has.

    Raises:
        UsageError: if the folder is not there.
    """

    folder: Path

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise UsageError(f"no such folder: {self.folder}")

    def fingerprint(self) -> object:
        """The content of the files and the names of covers and videos."""
        layouts = (*_REQUIRED, *_OPTIONAL, COMMENTS)
        paths = [self.folder / layout.name for layout in layouts]
        files = [[path.name, file_sha(path)] for path in paths if path.is_file()]
        return [files, {name: sorted(self._media(name).values()) for name in _MEDIA}]

    def records(self) -> Iterator[Record | BadRow]:
        """One row per video with a title and a tag.

        Raises:
            FileError: if titles or tags are not there.
        """
        titles, tags = (LayoutFile(self.folder, layout) for layout in _REQUIRED)
        files = [titles, tags, *self._optional()]
        media = {name: self._media(name) for name in _MEDIA}
        for video, line in titles.videos.items():
            if video not in tags.videos:
                titles.fault(line.number, f"video: not in {TAGS.name}")
                continue
            data: dict[str, object] = {"id": video}
            for file in files:
                data |= file.about(video)
            data |= {name: paths.get(video, "") for name, paths in media.items()}
            yield Record(data, TITLES.name, line.number)
        for file in files:
            file.note_strangers(titles.videos)
            yield from file.bad

    def _optional(self) -> list[LayoutFile]:
        files = [LayoutFile(self.folder, layout) for layout in _OPTIONAL]
        if not (self.folder / COUNTED.name).is_file():
            files.append(CommentFile(self.folder, COMMENTS))
        return [file for file in files if file.path.is_file()]

    def _media(self, name: str) -> dict[str, str]:
        """Path of the cover or clip of each video."""
        folder = self.folder / _MEDIA[name]
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        return {path.stem: f"{folder.name}/{path.name}" for path in found}


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not blank. Only line feeds end one: a title may hold the others."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")
                if text.strip():
                    yield number, text.removesuffix("\n")
    except OSError as error:
        why = error.strerror or "cannot be read"
        raise FileError(path, 1, "", why[:1].lower() + why[1:]) from error
