"""The settings of the judges: read from text, held to their ranges, told apart by what they do."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from popcorn_bench.errors import UsageError, redact
from popcorn_bench.remote import prices, providers
from popcorn_bench.remote.chat import Endpoint
from popcorn_bench.remote.prices import Price
from popcorn_bench.types import JSON, EvaluatorCard, Usage

_MODEL = re.compile(r"[^\s/\x00-\x1f\x7f]+/[^\s\x00-\x1f\x7f]+")
_RUBRIC = "rubric"
# For estimates: a picture is counted by its tiles, as OpenAI does; others come to about the same.
_PICTURE, _TILE = 85, 512
_CHARS_PER_TOKEN = 4
_ANSWER = 150  # tokens of a reason and a verdict
_PRIVATE = frozenset({"connections", "timeout", "price_input", "price_output", "anchors"})


def _or_none(value: object) -> object:
    """`none` gives a setting back to the provider's default."""
    return None if value in ("", "none", "null") else value


def _absolute(path: Path | None) -> Path | None:
    """A worker process may stand in another folder."""
    return path and path.absolute()


_Warmth = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
_Temperature = Annotated[_Warmth | None, BeforeValidator(_or_none)]
_Tokens = Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(_or_none)]
_Price = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]


class Settings(BaseModel):
    """What both judges are told. Those in `_PRIVATE` decide no score.

    `size` is the longest side of a picture in pixels, `timeout` in seconds, prices in USD per
    million tokens.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = ""
    api_base: str = ""
    frames: int = Field(default=6, ge=1, le=64)
    size: int = Field(default=512, ge=32, le=2048)
    temperature: _Temperature = 1.0
    max_tokens: _Tokens = 4000
    detail: Literal["auto", "low", "high"] = "auto"
    response_schema: Literal["auto"] | bool = "auto"
    connections: int = Field(default=8, ge=1, le=256)
    timeout: float = Field(default=300.0, gt=0, le=86_400)
    price_input: _Price = None
    price_output: _Price = None

    @field_validator("model")
    @classmethod
    def _litellm_string(cls, value: str) -> str:
        if value and not _MODEL.fullmatch(value):
            raise ValueError("must be a LiteLLM string: provider/model")
        if providers.provider_of(value) == providers.BASELINES:
            raise ValueError("a baseline takes no pictures")
        return value

    @field_validator("api_base")
    @classmethod
    def _safe_address(cls, value: str) -> str:
        if fault := providers.address_fault(value) if value else "":
            raise ValueError(fault)
        return value

    @classmethod
    def read(cls, given: Mapping[str, object]) -> Self:
        """Read settings as a user gives them; an endpoint of the environment counts as given.

        Raises:
            UsageError: naming the setting and what is wrong with it.
        """
        model = str(given.get("model") or "")
        _, url = providers.address(model, os.environ) if model else ("", "")
        try:
            found = cls.model_validate({"api_base": url, **given})
        except ValidationError as error:
            raise UsageError(_first_fault(error)) from None
        if (found.price_input is None) != (found.price_output is None):
            raise UsageError("price_input and price_output (USD per million tokens) go together")
        return found

    @classmethod
    def of(cls, card: EvaluatorCard) -> Self:
        """The settings that a card was made from."""
        kept = {name: value for name, value in card.settings.items() if name != _RUBRIC}
        return cls.model_validate(kept | dict(card.transport))

    def deciding(self, rubric: str) -> Mapping[str, JSON]:
        """The settings that decide a score, and the hash of the words that the model is told."""
        return {**self.model_dump(mode="json", exclude=set(_PRIVATE)), _RUBRIC: rubric}

    def transport(self) -> Mapping[str, JSON]:
        """The others."""
        return cast("Mapping[str, JSON]", self.model_dump(mode="json", include=set(_PRIVATE)))

    def endpoint(self) -> Endpoint:
        """The model, and how it is called."""
        by_schema = None if self.response_schema == "auto" else self.response_schema
        return Endpoint(
            model=self.model,
            api_base=self.api_base,
            params={"temperature": self.temperature, "max_tokens": self.max_tokens},
            timeout=self.timeout,
            response_schema=by_schema,
        )

    def cost(self, usage: Usage | None) -> float | None:
        """USD of a call. The table's price does not hold for another endpoint."""
        if usage is None:
            return None
        if self.price_input is not None and self.price_output is not None:
            return Price(self.price_input, self.price_output).cost(usage)
        return None if self.api_base else prices.cost(self.model, usage)

    def about_usd(self, words: str, pictures: int) -> float | None:
        """USD of one request, about: the words that are told, and as many pictures."""
        each = _PICTURE if self.detail == "low" else _PICTURE + 2 * _PICTURE * self._tiles()
        shown = len(words) // _CHARS_PER_TOKEN + pictures * each
        return self.cost(Usage(prompt_tokens=shown, completion_tokens=_ANSWER))

    def _tiles(self) -> int:
        return ceil(self.size / _TILE) ** 2

    def missing(self) -> list[str]:
        """What this machine lacks to ask the model."""
        if not self.model:
            return ["a model that sees pictures (model=PROVIDER/MODEL)"]
        known = None if self.api_base else prices.facts(self.model)
        if known and known.vision is False:
            return [f"a model that sees pictures ({self.model} is known to take none)"]
        lacking = providers.missing(self.model, self.api_base, os.environ)
        return [lacking] if lacking else []


class JudgeSettings(Settings):
    """Those of `judge`: how often it is asked, and whether it is shown the cover."""

    repeats: int = Field(default=3, ge=1, le=50)
    cover: bool = False


class PairsSettings(Settings):
    """Those of `judge-pairs`: the folder of clips to compare with, and the longest title shown."""

    SHORTEST_TITLE: ClassVar[int] = 20  # characters; a stump says nothing

    frames: int = Field(default=4, ge=1, le=64)
    temperature: _Temperature = 0.0
    anchors: Annotated[Path | None, AfterValidator(_absolute)] = None
    title_chars: int = Field(default=60, ge=SHORTEST_TITLE, le=300)


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    name = str(fault["loc"][0]) if fault["loc"] else ""
    said = fault["msg"].removeprefix("Value error, ")
    return f"{name}: {said[:1].lower()}{said[1:]}, not {redact(str(fault['input']))!r}"
