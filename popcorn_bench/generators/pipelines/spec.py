"""What a catalog says of a diffusion pipeline: its parts, its rules and how it fits into a GPU.

Class names are those of the `diffusers` and `transformers` packages. Nothing here is executed: a
name is looked up in these two packages when the pipeline is loaded, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from popcorn_bench.types import JSON

Repo = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")]
ClassName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9_]*$", max_length=80)]
Part = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
File = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*\.safetensors$")]
Dtype = Literal["float32", "float16", "bfloat16"]
Offload = Literal["none", "model", "sequential", "group"]
Quantization = Literal["none", "fp8", "8bit", "4bit"]
Scalar = bool | int | float | str

_COMMIT = re.compile(r"[0-9a-f]{40}")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Source(_Model):
    """Weights on the hub. Only a pinned revision names a commit; others move."""

    repo: Repo
    revision: str = "main"
    pinned: bool = False

    @model_validator(mode="after")
    def _names_a_commit(self) -> Self:
        if self.pinned != bool(_COMMIT.fullmatch(self.revision)):
            raise ValueError("`pinned` goes with a revision of 40 hex digits, and only with one")
        return self


class Component(_Model):
    """A part of the pipeline that differs from what its repository says.

    `dtype` overrides the pipeline's own; `from` takes the part from another repository, `class`
    says as what, and `file` is the name of its weights there where that is not the usual one.
    """

    class_: ClassName | None = Field(default=None, alias="class")
    source: Source | None = Field(default=None, alias="from")
    file: File | None = None
    dtype: Dtype | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.class_ is None) != (self.source is None):
            raise ValueError("`class` and `from` go together")
        if self.file and not self.source:
            raise ValueError("`file` needs `from`")
        return self


class Scheduler(_Model):
    """A scheduler made from the configuration of the repository's own, with other options."""

    class_: ClassName | None = Field(default=None, alias="class")
    options: dict[Part, Scalar] = {}


class Frames(_Model):
    """Frame counts that the model takes: `step * k + offset`, at most `most`."""

    step: Annotated[int, Field(ge=1, le=64)] = 1
    offset: Annotated[int, Field(ge=0, le=64)] = 0
    most: Annotated[int, Field(ge=1, le=2000)]


class Rung(_Model):
    """How to fit into a GPU of at least `gpu_gb`.

    `offload` and `batch` do not change a clip beyond rounding; the others do, so they become
    settings of the generator.
    """

    gpu_gb: Annotated[float, Field(gt=0, le=1000)]
    offload: Offload = "none"
    quantization: Quantization = "none"
    vae_tiling: bool = False
    vae_slicing: bool = False
    batch: Annotated[int, Field(ge=1, le=64)] = 1


class Pipeline(Source):
    """A diffusion pipeline.

    `arguments` maps our names of settings to the pipeline's own where they differ; one that begins
    with `guider.` goes into the configuration of its guider. `side` divides width and height.
    `quantize` names the parts that 8 bits, 4 bits and fp8 apply to. `memory` lists ways to fit,
    the most demanding first. `batched` says that a clip was shown not to depend on its batch mates;
    all others are sampled one by one.
    `packages` are modules that its code needs beyond the extra.
    """

    class_: ClassName = Field(alias="class")
    variant: Part | None = None
    dtype: Dtype = "bfloat16"
    components: dict[Part, Component] = {}
    scheduler: Scheduler = Scheduler()
    arguments: dict[Part, str] = {}
    side: Annotated[int, Field(ge=1, le=128)] = 16
    frames: Frames | None = None
    quantize: list[Part] = ["transformer"]
    memory: list[Rung] = []
    batched: bool = False
    packages: list[Part] = []

    @model_validator(mode="after")
    def _ladder_goes_down(self) -> Self:
        needs = [rung.gpu_gb for rung in self.memory]
        if needs != sorted(needs, reverse=True):
            raise ValueError("`memory` is ordered by gpu_gb, the largest first")
        return self

    @property
    def media(self) -> Literal["image", "video"]:
        """What it makes."""
        return "video" if self.frames else "image"

    @property
    def sources(self) -> dict[str, Source]:
        """All weights it needs by the setting that replaces them: `model`, or the part's name."""
        parts = {name: part.source for name, part in self.components.items() if part.source}
        own = Source(repo=self.repo, revision=self.revision, pinned=self.pinned)
        return {"model": own, **parts}

    def rung(self, gpu_gb: float | None) -> Rung | None:
        """The way to fit into a GPU of this size; None without one.

        Where the size is not known (0), the most frugal way in full precision.
        """
        if gpu_gb is None or not self.memory:
            return None
        if not gpu_gb:
            full = [rung for rung in self.memory if rung.quantization == "none"]
            return (full or self.memory)[-1]
        fitting = (rung for rung in self.memory if rung.gpu_gb <= gpu_gb)
        return next(fitting, self.memory[-1])


def to_hints(pipeline: Pipeline) -> dict[str, JSON]:
    """As plain data that travels to a worker process."""
    data: dict[str, JSON] = pipeline.model_dump(by_alias=True, mode="json")
    return data


def from_hints(hints: Mapping[str, JSON]) -> Pipeline:
    """Back from the plain data under `pipeline`."""
    return Pipeline.model_validate(hints["pipeline"])
