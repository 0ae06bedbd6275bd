"""What an LLM is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from popcorn_bench.types.basics import JSON, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One user request. `id` is unique within its task."""

    id: str
    text: str
    kind: Kind
    topic: str
    metadata: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; `role` is `system`, `user` or `assistant`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How an LLM is prompted, by its name on the board and all that decides the prompt.

    `settings` is empty for a mode that only has its template (the task holds that); for prompt
    enhancement it holds what is retrieved, how, and from which corpus.
    """

    name: str
    settings: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefRules:
    """What an answer is held to.

    `title_max` is in characters. `example_titles` stand in the task's prompt as an example of the
    form; an answer that repeats one has not answered the query.
    """

    title_max: int = 50
    example_titles: tuple[str, ...] = ()
