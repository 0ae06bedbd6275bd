"""Clips and posters as the page finds them: beside it, or inside it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from popcorn_bench.leaderboard.page.gallery import Gallery
from popcorn_bench.leaderboard.posters import FOLDER, Poster, href_of, measured, write_posters
from popcorn_bench.leaderboard.samples import Sample

_TYPES = {".mp4": "video/mp4", ".webm": "video/webm"}


@dataclass(frozen=True, slots=True)
class Media:
    """Where things are.

    `base` is the address of the artefact folder, '' where clips cannot be linked. `posters` are
    those of the clips that show without scripts, by address of the clip. Scripts find the others
    by the name of their clip in the folder `pictures`, but for the `bare` ones (numbers in the
    gallery's `files`), which have none. `inside` and `painted` hold data URLs by file of the clip,
    of the clips and posters that the page carries itself.
    """

    base: str = ""
    posters: Mapping[str, Poster] = field(default_factory=dict)
    pictures: str = ""
    bare: tuple[int, ...] = ()
    inside: Mapping[str, str] = field(default_factory=dict)
    painted: Mapping[str, str] = field(default_factory=dict)

    @property
    def carried(self) -> int:
        """Bytes of the page that are clips and their posters."""
        return sum(map(len, (*self.inside.values(), *self.painted.values())))

    def record(self) -> Mapping[str, object]:
        """The same for scripts."""
        return {
            "base": self.base,
            "pictures": self.pictures,
            "bare": self.bare,
            "inside": self.inside,
            "painted": self.painted,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where clips are, and what is to be done with them.

    `artifacts` is the address of the artefact folder as seen from the page's `folder`, None for no
    links. `inline` is how many of the first clips go into the page. `on_demand` leaves the posters
    of all clips but the first few to whoever serves the page. `bring` gets a clip by its file name
    from where it is; those that show without scripts, or inside the page, are asked for.
    """

    folder: Path
    artifacts: str | None = None
    inline: int = 0
    on_demand: bool = False
    bring: Callable[[str], object] = lambda _: None


def media_of(
    samples: Sequence[Sample], gallery: Gallery | None, shelf: Shelf, warn: Callable[[str], None]
) -> Media:
    """Make posters, and read what goes into the page.

    Args:
        samples: those that show without scripts; their clips come first.
        gallery: all others, None where there are none.
        shelf: where clips are.
        warn: told about clips that cannot be read.
    """
    if shelf.artifacts is None:
        return Media()
    base, folder = shelf.artifacts.rstrip("/"), shelf.folder
    sampled = [clip.href for one in samples for brief in one.briefs for clip in brief.clips]
    files = gallery.files if gallery else ()
    others = [f"{base}/{file[:2]}/{file}" for file in files]
    clips = list(dict.fromkeys([*sampled, *others]))
    for clip in dict.fromkeys([*sampled, *islice(clips, shelf.inline)]):
        shelf.bring(_file(clip))
    pictured = write_posters(sampled if shelf.on_demand else clips, folder, warn)
    bare = [] if shelf.on_demand else [i for i, clip in enumerate(others) if clip not in pictured]
    inside = _inside(islice(clips, shelf.inline), folder, warn)
    posters = {clip: measured(clip, folder) for clip in sampled if clip in pictured}
    carried = (clip for clip in inside if clip in pictured)
    return Media(
        base=base,
        posters=posters,
        pictures=FOLDER if len(bare) < len(others) else "",
        bare=tuple(bare) if len(bare) < len(others) else (),
        inside={_file(clip): source for clip, source in inside.items()},
        painted={_file(clip): _data(folder / href_of(clip), "image/webp") for clip in carried},
    )


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
