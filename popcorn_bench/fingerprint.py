"""Content addresses: canonical JSON to sha256. The only place where keys are made.

A key holds everything that decides the result of a unit and nothing else, so that equal work is
recognised and different work never collides: an edited task, a changed temperature or another
model revision gives another key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

from popcorn_bench.types import (
    LLM,
    BriefRules,
    EvaluatorCard,
    Generator,
    Input,
    Message,
    Mode,
    Place,
    Stage,
)

_ID_LENGTH = 16
_REMEMBERED = 1024  # identities, which are few, and the messages of queries that are at hand

V = TypeVar("V")
Made = TypeVar("Made")


def canonical(value: object) -> bytes:
    """Serialise plain data, dataclasses and enums to one byte string per meaning.

    Raises:
        ValueError: for NaN or infinity, which have no canonical form.
        TypeError: for anything that is not plain data.
    """
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def digest(*parts: object) -> str:
    """Sha256 in hex of the canonical form of `parts`."""
    return hashlib.sha256(canonical(parts)).hexdigest()


class _Same(Generic[V]):
    """A value by its identity: values with mappings inside have no hash."""

    __slots__ = ("value",)

    def __init__(self, value: V) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value


def _remembered(make: Callable[[V], Made]) -> Callable[[V], Made]:
    """A function of a frozen value that is asked about the same few objects again and again."""
    known = lru_cache(_REMEMBERED)(lambda same: make(same.value))
    return lambda value: known(_Same(value))


def unit_seed(root: int, query_id: str, repeat: int) -> int:
    """Seed of one query and repeat in [0, 2**31): equal for all LLMs and generators.

    Sharing it keeps comparisons between systems paired.
    """
    return int(digest("seed", root, query_id, repeat)[:8], 16) & 0x7FFFFFFF


@_remembered
def llm_id(llm: LLM) -> str:
    """Identity of an LLM: its name on the board and all that decides its answers."""
    return digest("llm", llm.name, llm.model, _params(llm))[:_ID_LENGTH]


@_remembered
def generator_id(generator: Generator) -> str:
    """Identity of a generator: its name on the board and all that decides its artefacts."""
    return digest("generator", generator.name, _making(generator))[:_ID_LENGTH]


@_remembered
def evaluator_id(card: EvaluatorCard) -> str:
    """Identity of an evaluator: a new version, new weights or other settings make another one."""
    return digest("evaluator", *_judging(card))[:_ID_LENGTH]


@_remembered
def mode_id(mode: Mode) -> str:
    """Identity of a mode: its name, or a hash where settings beyond the template decide."""
    return digest("mode", mode.name, mode.settings)[:_ID_LENGTH] if mode.settings else mode.name


def task_id(name: str, version: str, content: object) -> str:
    """Identity of a task: `content` is its queries and its templates."""
    return digest("task", name, version, content)[:_ID_LENGTH]


def brief_key(messages: Sequence[Message], llm: LLM, seed: int, rules: BriefRules) -> str:
    """Key of a brief: the rendered request, the resolved model and parameters, seed and rules."""
    said = _said(messages) if isinstance(messages, tuple) else canonical(list(messages))
    model, asking, judging = canonical(llm.model), _asking(llm), _plainly(rules)
    parts = (b'"brief"', said, model, asking, canonical(seed), judging)  # as `digest` would
    return hashlib.sha256(b"[" + b",".join(parts) + b"]").hexdigest()


def media_key(stage: Stage, prompt: str, generator: Generator, seed: int) -> str:
    """Key of a cover or a video."""
    return digest(stage, prompt, _making(generator), seed)


def score_key(inputs: Mapping[Input, str], card: EvaluatorCard) -> str:
    """Key of the scores of one evaluator; `inputs` maps each declared input to its sha256."""
    return digest("score", dict(inputs), *_judging(card))


def audit_key(inputs: Sequence[Mapping[Input, str]], card: EvaluatorCard, version: str) -> str:
    """Key of an audit: everything that the evaluator is shown, and the version of the probes."""
    return digest("audit", [dict(read) for read in inputs], version, *_judging(card))


def text_sha(text: str) -> str:
    """Sha256 of a text, as the value of a score's input."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def file_sha256(path: Path) -> str:
    """Sha256 in hex of the bytes of a file.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def place_key(place: Place, key: str) -> str:
    """Key of "this unit at this place": one line of the journal per value."""
    return digest("place", place, key)


def _params(llm: LLM) -> dict[str, object]:
    return {k: _endpoint(str(v)) if k == "api_base" else v for k, v in llm.params.items()}


def _making(generator: Generator) -> list[object]:
    return [generator.adapter, generator.revision, generator.settings]


def _judging(card: EvaluatorCard) -> list[object]:
    settings = [card.settings] if card.settings else []
    return [card.name, card.version, card.weights, *settings]


@_remembered
def _said(messages: tuple[Message, ...]) -> bytes:
    return canonical(list(messages))


@_remembered
def _asking(llm: LLM) -> bytes:
    return canonical(_params(llm))


@_remembered
def _plainly(rules: BriefRules) -> bytes:
    return canonical(rules)


def _endpoint(url: str) -> str:
    """An endpoint without its user part, which may hold a secret, and without its query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _plain(value: object) -> object:
    names = _field_names(cast("Hashable", type(value)))
    if names:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


@lru_cache
def _field_names(kind: Hashable) -> tuple[str, ...]:
    """Of a dataclass; nothing for other types."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


_ENCODER = json.JSONEncoder(
    default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
