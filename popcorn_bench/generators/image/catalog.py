"""The image generators that are known by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from popcorn_bench.generators.media_catalog import MediaCatalog, MediaEntry

if TYPE_CHECKING:
    from popcorn_bench.generators.media_file import EntryModel
    from popcorn_bench.generators.plugged import Makes

ImageEntry = MediaEntry


class ImageCatalog(MediaCatalog):
    """The shipped `images.yaml` and those of the include paths."""

    noun: ClassVar[str] = "image generator"
    flag: ClassVar[str] = "--covers"
    args_flag: ClassVar[str] = "--cover-args"
    shipped: ClassVar[tuple[str, ...]] = ("images.yaml", "api_images.yaml")
    makes: ClassVar[Makes] = "image"

    @staticmethod
    def _read(path: Path) -> dict[str, EntryModel]:
        from popcorn_bench.generators.media_file import read_images

        return read_images(path)
