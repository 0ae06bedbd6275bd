"""What is made, by whom, and what it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from popcorn_bench.types.basics import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class LLM:
    """A named language model with everything that decides what it answers.

    `model` is the LiteLLM string. `params` go into the request (temperature, api_base, ...);
    a secret is never among them.
    """

    name: str
    model: str
    params: Mapping[str, JSON] = field(default_factory=dict)
    family: str = ""
    version: str = ""
    release_date: str = ""
    baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What an LLM returned for a query.

    `breaches` names rules of the task that the answer broke without becoming useless
    (for example `title_too_long`). `reasoning` is what the model said before its answer, or what
    the API gave of its thinking. `references` are ids of the corpus rows that it was shown, and
    `copying` (0..1) is the largest similarity of its title to one of theirs. `cost_usd` is None
    where the price is unknown.
    """

    title: str
    cover_prompt: str
    video_prompt: str
    raw: str = ""
    breaches: tuple[str, ...] = ()
    reasoning: str = ""
    references: tuple[str, ...] = ()
    copying: float | None = None
    usage: Usage = Usage()
    cost_usd: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """The identity of a video or image generator: what its artefacts depend on, and its card.

    `adapter` is a registry name; `revision` and `settings` decide the artefact together with
    prompt and seed. `hints` say how it runs on this machine (memory, folders) without deciding
    what comes out: they are no part of the identity and are not recorded.
    """

    name: str
    adapter: str
    revision: str
    settings: Mapping[str, JSON] = field(default_factory=dict)
    hints: Mapping[str, JSON] = field(default_factory=dict)
    family: str = ""
    release_date: str = ""
    licence: str = ""
    baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A stored media file. `frames`, `fps` and `seconds` are 0 for a still image.

    `made_seconds`, `peak_gb` and `cost_usd` are what making it took: seconds of the device (of a
    batch its share), GPU memory, and what a provider asked; None where that is not known.
    """

    sha256: str
    suffix: str
    bytes: int
    width: int
    height: int
    frames: int = 0
    fps: float = 0.0
    seconds: float = 0.0
    codec: str = ""
    made_seconds: float | None = None
    peak_gb: float | None = None
    cost_usd: float | None = None
