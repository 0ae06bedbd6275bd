"""What decides a trained model besides its weights: kept as `config.json` in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field

from popcorn_bench.errors import FileError
from popcorn_bench.evaluators.plain import Plain, read_plain, write_plain

VERSION: Final = "1"  # a change that alters any score gets another
FRAMES: Final = 10
GRAMS: Final = "grams"  # the text encoder that is learned from the training titles themselves
GRAMS_FILE: Final = "grams.safetensors"
_CONFIG: Final = "config.json"


class Sources(Plain):
    """Where the encoders come from: `NAME[@REVISION][#cls|#mean]` of the hub, or a folder.

    `title` and `key` may be `grams`. `caption` may be empty: the key is then the title alone.
    """

    frame: str = "google/vit-base-patch16-224-in21k"
    title: str = "BAAI/bge-base-en-v1.5"
    caption: str = "Salesforce/blip-image-captioning-base"
    key: str = "WhereIsAI/UAE-Large-V1"


class Inputs(Plain):
    """What the model reads of a video.

    `visual` is the frames as pictures, `captions` is the frames as words in the retrieval key,
    `cover` puts the cover before the frames, `topic` puts the category before the title.
    """

    visual: bool = True
    captions: bool = True
    cover: bool = False
    topic: bool = False

    @property
    def pictures(self) -> int:
        """How many pictures are looked at; 0 where none is."""
        return FRAMES + self.cover if self.visual or self.captions else 0


class Shape(Plain):
    """The network: see `network.Network`. `picture_width` is 0 without the visual branch."""

    title_width: int = Field(ge=1)
    picture_width: int = Field(ge=0)
    width: int = Field(default=768, ge=1)
    retrieval: bool = True
    neighbours: int = Field(default=10, ge=1)
    alpha: float = Field(default=0.6, ge=0, le=1)
    hidden: tuple[int, int] = (800, 200)
    dropout: float = Field(default=0.0, ge=0, lt=1)

    @property
    def visual(self) -> bool:
        """Whether it has the visual branch."""
        return self.picture_width > 0


class Config(Plain):
    """A trained model: `identities` are those of the encoders that its features were made with."""

    version: str = VERSION
    inputs: Inputs
    shape: Shape
    sources: Sources
    identities: dict[str, str]
    categories: tuple[str, ...] = ()


def write_config(config: Config, folder: Path) -> None:
    """Write it into a model folder."""
    write_plain(config, folder / _CONFIG)


def read_config(folder: Path) -> Config:
    """Read that of a model folder.

    Raises:
        FileError: if there is none, or it is of another version.
    """
    config = read_plain(folder / _CONFIG, Config)
    if config.version != VERSION:
        message = f"made by version {config.version} of mmra, this is {VERSION}: train it again"
        raise FileError(folder / _CONFIG, 1, "version", message)
    return config
