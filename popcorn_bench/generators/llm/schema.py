"""What a catalog file of language models may hold."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from popcorn_bench.generators.llm import arguments
from popcorn_bench.generators.llm.arguments import Flat
from popcorn_bench.remote import providers
from popcorn_bench.selection import is_pattern
from popcorn_bench.types import JSON

BASELINE = "baseline"
_MODEL = re.compile(r"[^\s/\x00-\x1f\x7f]+/[^\s\x00-\x1f\x7f]+")
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
_Tag = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=50)]


def is_litellm_string(text: str) -> bool:
    """Whether `text` has the form provider/model."""
    return _MODEL.fullmatch(text) is not None


class PriceModel(BaseModel):
    """USD per million tokens."""

    model_config = ConfigDict(extra="forbid")

    input: float = Field(ge=0)
    output: float = Field(ge=0)


class EntryModel(BaseModel):
    """One model of a catalog file."""

    model_config = ConfigDict(extra="forbid")

    model: str
    family: str = ""
    version: str = ""
    release_date: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    tags: list[_Tag] = []
    params: dict[str, bool | int | float | str] = {}
    response_schema: bool | Literal["auto"] = "auto"
    price: PriceModel | None = None
    context: int | None = Field(default=None, ge=1)
    rpm: int | None = Field(default=None, ge=1)
    tpm: int | None = Field(default=None, ge=1)

    @field_validator("model")
    @classmethod
    def _litellm_string(cls, value: str) -> str:
        if not is_litellm_string(value):
            raise ValueError("must be a LiteLLM string: provider/model")
        return value

    @field_validator("params")
    @classmethod
    def _known_params(cls, value: dict[str, bool | float | str]) -> dict[str, JSON]:
        if misplaced := [name for name in value if name in arguments.OTHER_NAMES]:
            raise ValueError(f"{misplaced[0]!r} is a field of the entry (or of its price)")
        return {name: arguments.accept(name, given) for name, given in value.items()}

    @property
    def is_baseline(self) -> bool:
        """Whether it is one of our own baselines."""
        return providers.provider_of(self.model) == providers.BASELINES

    @property
    def all_tags(self) -> frozenset[str]:
        """What `tag:x` finds."""
        return frozenset([*self.tags, *([BASELINE] if self.is_baseline else [])])

    def flat(self) -> Flat:
        """The settings in the form that `--llm-args` are laid over."""
        return {
            **self.params,
            "price_input": self.price.input if self.price else None,
            "price_output": self.price.output if self.price else None,
            "response_schema": self.response_schema,
            "rpm": self.rpm,
            "tpm": self.tpm,
        }


class FileModel(BaseModel):
    """A catalog file."""

    model_config = ConfigDict(extra="forbid")

    llms: dict[_Name, EntryModel]

    @field_validator("llms")
    @classmethod
    def _no_reserved_names(cls, value: dict[str, EntryModel]) -> dict[str, EntryModel]:
        if reserved := [name for name in value if is_pattern(name)]:
            raise ValueError(f"{reserved[0]!r} has a meaning of its own and cannot be a name")
        return value
