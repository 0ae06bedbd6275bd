"""The video generators that are known by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from popcorn_bench.generators.media_catalog import ADAPTERS, MediaCatalog, MediaEntry

if TYPE_CHECKING:
    from popcorn_bench.generators.media_file import EntryModel
    from popcorn_bench.generators.plugged import Makes

__all__ = ["ADAPTERS", "VideoCatalog", "VideoEntry"]

VideoEntry = MediaEntry


class VideoCatalog(MediaCatalog):
    """The shipped `videos.yaml` and those of the include paths."""

    noun: ClassVar[str] = "video generator"
    flag: ClassVar[str] = "--videos"
    args_flag: ClassVar[str] = "--video-args"
    shipped: ClassVar[tuple[str, ...]] = ("videos.yaml", "api_videos.yaml")
    makes: ClassVar[Makes] = "video"

    @staticmethod
    def _read(path: Path) -> dict[str, EntryModel]:
        from popcorn_bench.generators.media_file import read_videos

        return read_videos(path)
