"""The schema of `videos.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from popcorn_bench.types import Generator
from popcorn_bench.yamlfile import load

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)]
Repo = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")]
Date = Annotated[str, StringConstraints(pattern=r"^(\d{4}(-\d\d(-\d\d)?)?)?$")]
Amount = Annotated[float, Field(gt=0, le=1e6)]


class EntryModel(BaseModel):
    """One generator."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adapter: str
    revision: str = ""
    settings: dict[str, bool | int | float | str] = {}
    family: str = ""
    release_date: Date = ""
    licence: str = ""
    tags: list[str] = []
    baseline: bool = False
    extra: str = ""
    repos: list[Repo] = []
    gpu: bool = False
    gpu_gb: Amount | None = None
    weights_gb: Amount | None = None
    seconds_per_clip: Amount | None = None
    native_seconds: Amount | None = None

    def generator(self, name: str) -> Generator:
        """The identity that clips depend on."""
        return Generator(
            name=name,
            adapter=self.adapter,
            revision=self.revision,
            settings=self.settings,
            family=self.family,
            release_date=self.release_date,
            licence=self.licence,
            baseline=self.baseline,
        )


class FileModel(BaseModel):
    """A whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    videos: dict[Name, EntryModel]


def read(path: Path) -> dict[str, EntryModel]:
    """Entries of a catalog file by name; FileError where it does not hold what it should."""
    return load(path, FileModel).videos
