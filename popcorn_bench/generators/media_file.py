"""The schema of `videos.yaml` and `images.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from popcorn_bench.generators.pipelines.profiles import Profile
from popcorn_bench.generators.pipelines.spec import Pipeline, Repo, Scalar, to_hints
from popcorn_bench.types import Generator
from popcorn_bench.yamlfile import load

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)]
Date = Annotated[str, StringConstraints(pattern=r"^(\d{4}(-\d\d(-\d\d)?)?)?$")]
Url = Annotated[str, StringConstraints(pattern=r"^(https://\S+)?$")]
Amount = Annotated[float, Field(gt=0, le=1e6)]


class EntryModel(BaseModel):
    """One generator: `settings` are its native ones, `profiles` what differs under others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adapter: str = ""
    revision: str = ""
    settings: dict[str, Scalar] = {}
    profiles: dict[Profile, dict[str, Scalar]] = {}
    pipeline: Pipeline | None = None
    family: str = ""
    release_date: Date = ""
    licence: str = ""
    forbids: list[str] = []
    accept: Url = ""
    tags: list[str] = []
    baseline: bool = False
    extra: str = ""
    repos: list[Repo] = []
    gpu: bool = False
    gpu_gb: Amount | None = None
    num_gpus: Annotated[float, Field(gt=0, le=1)] = 1.0
    weights_gb: Amount | None = None
    seconds_per_clip: Amount | None = None
    native_seconds: Amount | None = None

    @model_validator(mode="after")
    def _has_an_adapter(self) -> Self:
        if not self.adapter and not self.pipeline:
            raise ValueError("give `adapter` or `pipeline`")
        return self

    @property
    def needed_extra(self) -> str:
        """The extra of this package that it needs."""
        return "diffusers" if self.pipeline else self.extra

    @property
    def least_gpu_gb(self) -> float | None:
        """The smallest GPU that it is known to run on."""
        if self.gpu_gb or not self.pipeline or not self.pipeline.memory:
            return self.gpu_gb
        return self.pipeline.memory[-1].gpu_gb

    def generator(self, name: str, settings: dict[str, Scalar] | None = None) -> Generator:
        """The identity that artefacts depend on, before its adapter completes it."""
        settings = self.settings if settings is None else settings
        pipeline = {"pipeline": to_hints(self.pipeline)} if self.pipeline else {}
        return Generator(
            name=name,
            adapter=self.adapter or "diffusers",
            revision=self.revision,
            settings=settings,
            hints={**pipeline, "defaults": settings},
            family=self.family,
            release_date=self.release_date,
            licence=self.licence,
            baseline=self.baseline,
        )


class VideoFile(BaseModel):
    """A whole `videos.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    videos: dict[Name, EntryModel]


class ImageFile(BaseModel):
    """A whole `images.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: dict[Name, EntryModel]


def read_videos(path: Path) -> dict[str, EntryModel]:
    """Entries of a catalog file by name; FileError where it does not hold what it should."""
    return load(path, VideoFile).videos


def read_images(path: Path) -> dict[str, EntryModel]:
    """Entries of a catalog file by name; FileError where it does not hold what it should."""
    return load(path, ImageFile).images
