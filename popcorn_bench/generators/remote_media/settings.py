"""The settings of services: what decides the picture or clip, and what only decides the call.

Values come from a catalog (typed) or from the command line (text). `extra_body.NAME` goes into
the request as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.remote import providers
from popcorn_bench.types import JSON, Generator

EXTRA = "extra_body."
# What services call a setting of ours. Others are reached by `extra_body.NAME`.
_SEED: Mapping[str, str] = {
    "black_forest_labs": "seed",
    "fal_ai": "seed",
    "hosted_vllm": "seed",
    "stability": "seed",
    "vertex_ai": "seed",
}
_NEGATIVE: Mapping[str, str] = {
    "fal_ai": "negative_prompt",
    "gemini": "negativePrompt",
    "hosted_vllm": "negative_prompt",
    "stability": "negative_prompt",
    "vertex_ai": "negativePrompt",
}
_STEPS: Mapping[str, str] = {
    "black_forest_labs": "steps",
    "fal_ai": "num_inference_steps",
    "hosted_vllm": "num_inference_steps",
}
_ALWAYS_AN_ENDPOINT = frozenset({"azure", "azure_ai"})
_SECRET = re.compile(r"(^|_|-)(key|token)$|apikey|secret|password|credential|authorization")


def _endpoint(url: str) -> str:
    fault = providers.address_fault(url) if url else ""
    if fault:
        raise ValueError(fault)
    return url.rstrip("/")


class Common(BaseModel):
    """Settings of pictures and clips alike; `extra_body` holds the rest of the request."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model: Annotated[str, Field(pattern=r"^[a-z0-9_]+/[\w.:/@+-]+$", max_length=200)]
    api_base: Annotated[str, AfterValidator(_endpoint)] = ""
    size: Annotated[str, Field(pattern=r"^(\d{2,5}x\d{2,5}|\d{3,4}[pP]|[24][kK]|auto)?$")] = ""
    seed: Literal["auto", "true", "false"] = "auto"
    negative_prompt: Annotated[str, Field(max_length=2_000)] = ""
    steps: Annotated[int, Field(ge=1, le=1_000)] | None = None
    extra_body: dict[str, bool | int | float | str] = {}

    connections: Annotated[int, Field(ge=1, le=64)] = 4
    max_mb: Annotated[float, Field(gt=0, le=2_000)] = 500.0

    @property
    def provider(self) -> str:
        """The provider in LiteLLM's words."""
        return providers.provider_of(self.model)

    @property
    def is_elsewhere(self) -> bool:
        """Whether the endpoint is not the provider's own; then the table says nothing of it."""
        return bool(self.api_base) and self.provider not in _ALWAYS_AN_ENDPOINT

    @property
    def max_bytes(self) -> int:
        """Longest answer that is read."""
        return int(self.max_mb * 1e6)

    def body(self, seed: int) -> dict[str, JSON]:
        """What goes into a request beside prompt, model, size and length."""
        named = [
            (_STEPS, "num_inference_steps", self.steps or ""),
            (_NEGATIVE, "negative_prompt", self.negative_prompt),
            (_SEED, "seed", seed if self.seed == "true" else ""),
        ]
        ours = {names.get(self.provider, plain): v for names, plain, v in named if v != ""}
        return {**ours, **self.extra_body}


class VideoSettings(Common):
    """Settings of clips. `timeout` bounds a whole job: its submission, its making, its download."""

    seconds: Annotated[float, Field(gt=0, le=120)] | None = None

    timeout: Annotated[float, Field(ge=1, le=3_000)] = 900.0
    poll_seconds: Annotated[float, Field(ge=0.01, le=300)] = 5.0
    price_per_second: Annotated[float, Field(ge=0, le=1_000)] | None = None
    resubmit: bool = False


class ImageSettings(Common):
    """Settings of pictures. `timeout` bounds the answer and its download."""

    quality: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,20}$")] = ""

    timeout: Annotated[float, Field(ge=1, le=3_000)] = 180.0
    price_per_image: Annotated[float, Field(ge=0, le=1_000)] | None = None


_CALL = frozenset(
    {"timeout", "poll_seconds", "connections", "max_mb", "resubmit"}
    | {"price_per_second", "price_per_image"}
)
S = TypeVar("S", bound=Common)


def names(kind: type[Common], generator: Generator) -> frozenset[str]:
    """The settings that may be changed; `extra_body.NAME` only where the catalog has it."""
    extra = frozenset(name for name in generator.settings if name.startswith(EXTRA))
    return frozenset(kind.model_fields) - {"extra_body"} | extra


def read(kind: type[S], generator: Generator) -> S:
    """All settings of a generator, typed and in range.

    Raises:
        UsageError: for one that is unknown, out of range, or not known to the service.
    """
    kept = {name: value for name, value in generator.hints.items() if name in _CALL}
    given = {**kept, **generator.settings}
    body = {k.removeprefix(EXTRA): _scalar(v) for k, v in given.items() if k.startswith(EXTRA)}
    plain = {k: _text_of(k, v) for k, v in given.items() if not k.startswith(EXTRA)}
    _refuse_unknown(kind, plain)
    _refuse_secrets(body)
    try:
        found = kind.model_validate({**plain, "extra_body": body})
    except ValidationError as error:
        raise UsageError(_fault(error)) from error
    return _settled(found)


def resolved(kind: type[Common], generator: Generator) -> Generator:
    """The generator with every setting in its place: `settings` decide, `hints` only call."""
    found = read(kind, generator)
    flat = found.model_dump(exclude={"extra_body"})
    body = {f"{EXTRA}{name}": value for name, value in found.extra_body.items()}
    told = {name: value for name, value in {**flat, **body}.items() if value not in {None, ""}}
    call = {name: value for name, value in told.items() if name in _CALL}
    return replace(
        generator,
        settings={name: value for name, value in told.items() if name not in _CALL},
        hints={**generator.hints, **call},
    )


def _settled(found: S) -> S:
    """With the endpoint of the environment, and knowing whether a seed is sent."""
    own_server = found.provider == "openai" and bool(found.api_base)
    for name, value, known in (
        ("negative_prompt", found.negative_prompt, _NEGATIVE),
        ("steps", found.steps, _STEPS),
    ):
        if value and found.provider not in known and not own_server:
            raise UsageError(f"{name}: {found.provider} is not known to take it; use {EXTRA}NAME")
    auto = "true" if found.provider in _SEED else "false"
    _, url = providers.address(found.model, os.environ)
    usable = url if not providers.address_fault(url) else ""
    update = {
        "seed": auto if found.seed == "auto" else found.seed,
        "api_base": found.api_base or usable.rstrip("/"),
    }
    return found.model_copy(update=update)


def _refuse_unknown(kind: type[Common], given: Mapping[str, JSON]) -> None:
    known = set(kind.model_fields) - {"extra_body"}
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or f"; known: {', '.join(sorted(known))}, {EXTRA}NAME"
            raise UsageError(f"unknown setting {name!r}{hint}")


def _refuse_secrets(body: Mapping[str, JSON]) -> None:
    for name in body:
        if _SECRET.search(name.lower()):
            raise UsageError(f"{EXTRA}{name} is refused: keys are read from the environment only")


def _text_of(name: str, value: JSON) -> JSON:
    """A YAML `true` for a setting of words is the word."""
    return str(value).lower() if name == "seed" and isinstance(value, bool) else value


def _scalar(value: JSON) -> JSON:
    """Text of the command line as the YAML scalar that it looks like."""
    if not isinstance(value, str):
        return value
    try:
        found = yaml.safe_load(value)
    except yaml.YAMLError:
        return value
    return found if isinstance(found, bool | int | float) else value


def _fault(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    given = first.get("input")
    shown = "" if first["type"] == "missing" else f", not {str(given)[:80]!r}"
    return f"{where}: {first['msg']}{shown}"
