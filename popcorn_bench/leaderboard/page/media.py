"""Clips and posters as the page finds them: beside it, or inside it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from popcorn_bench.leaderboard.page.gallery import Gallery
from popcorn_bench.leaderboard.posters import Poster, write_posters
from popcorn_bench.leaderboard.samples import Sample

_TYPES = {".mp4": "video/mp4", ".webm": "video/webm"}


@dataclass(frozen=True, slots=True)
class Media:
    """Where things are.

    `base` is the address of the artefact folder, '' where clips cannot be linked. `posters` are by
    address of the clip; `sources` and `pictures` hold data URLs by address of the clip and of the
    poster, for what the page carries itself.
    """

    base: str = ""
    posters: Mapping[str, Poster] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)

    def source(self, href: str) -> str:
        """What to play: the clip inside the page or beside it."""
        return self.sources.get(href, href)

    def picture(self, href: str) -> str:
        """What to show before."""
        return self.pictures.get(href, href)

    def record(self) -> Mapping[str, object]:
        """The same for scripts; posters by file of their clip."""
        posters = {_file(clip): self.picture(poster.href) for clip, poster in self.posters.items()}
        inside = {_file(clip): source for clip, source in self.sources.items()}
        return {"base": self.base, "posters": posters, "inside": inside}


def media_of(  # noqa: PLR0913, PLR0917 - all that decides what can be shown
    samples: Sequence[Sample],
    gallery: Gallery | None,
    artifacts: str | None,
    folder: Path,
    inline: int,
    warn: Callable[[str], None],
) -> Media:
    """Make posters, and read what goes into the page.

    Args:
        samples: those that show without scripts; their clips come first.
        gallery: all others, None where there are none.
        artifacts: address of the artefact folder, None for no links.
        folder: where the page goes.
        inline: how many clips to put into it.
        warn: told about clips that cannot be read.
    """
    if artifacts is None:
        return Media()
    base = artifacts.rstrip("/")
    sampled = [clip.href for one in samples for brief in one.briefs for clip in brief.clips]
    others = [f"{base}/{file[:2]}/{file}" for file in (gallery.files if gallery else ())]
    clips = list(dict.fromkeys([*sampled, *others]))
    posters = write_posters(clips, folder, warn)
    sources = _inside(islice(clips, inline), folder, warn)
    pictures = {
        posters[clip].href: _data(folder / posters[clip].href, "image/webp")
        for clip in sources
        if clip in posters
    }
    return Media(base, posters, sources, pictures)


def _inside(clips: Iterable[str], folder: Path, warn: Callable[[str], None]) -> dict[str, str]:
    found: dict[str, str] = {}
    missing: list[str] = []
    for clip in clips:
        path = folder / clip
        kind = _TYPES.get(path.suffix)
        if kind is None or not path.is_file():
            missing.append(path.name)
        else:
            found[clip] = _data(path, kind)
    if missing:
        warn(
            f"not put into the page: {missing[0]}"
            + (f" and {len(missing) - 1} more" if missing[1:] else "")
        )
    return found


def _data(path: Path, kind: str) -> str:
    return f"data:{kind};base64,{b64encode(path.read_bytes()).decode()}"


def _file(href: str) -> str:
    return href.rpartition("/")[2]
