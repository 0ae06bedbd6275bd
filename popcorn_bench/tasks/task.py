"""A task as the harness uses it: queries, and the messages that ask for each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import TypeAlias

from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.tasks.templates import BadTemplateError, render
from popcorn_bench.types import JSON, BriefRules, Message, Query

References: TypeAlias = Mapping[str, Sequence[Mapping[str, str | int]]]
NO_REFERENCES: References = {"popular": (), "unpopular": ()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A versioned set of queries with its prompt templates, metrics and metadata.

    `task_id` follows from name, version, queries, templates, example and rules. `templates` maps
    a mode to messages whose content is Jinja; `example` is the example of the answer's form that
    the prompt shows. `topics` are those allowed, or those found where the file allows any.
    """

    name: str
    version: str
    task_id: str
    description: str
    queries: tuple[Query, ...]
    templates: Mapping[str, tuple[Message, ...]]
    topics: tuple[str, ...]
    metrics: tuple[str, ...]
    rules: BriefRules
    path: Path
    example: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def modes(self) -> tuple[str, ...]:
        """The ways of prompting that the task has templates for, in the file's order."""
        return tuple(self.templates)

    def render(
        self, mode: str, query: Query, references: References | None = None
    ) -> tuple[Message, ...]:
        """The messages that ask for `query` in `mode`.

        Args:
            mode: one of `modes`.
            query: one of `queries`.
            references: human videos for the template to show, under `popular` and `unpopular`.

        Raises:
            UsageError: for a mode that the task does not have, or a template that fails.
        """
        if mode not in self.templates:
            has = ", ".join(self.modes)
            hint = did_you_mean(mode, self.modes)
            raise UsageError(f"task {self.name} has no mode {mode!r}, only {has}{hint}")
        try:
            return fill(self.templates[mode], query, self.rules, self.example, references)
        except BadTemplateError as error:
            where = f"{self.path}: query_to_messages.{mode}"
            raise UsageError(f"{where}: query {query.id}: {error}") from error

    def limited(self, n: int | None) -> Task:
        """The task with its first `n` queries, spread evenly over kind and topic.

        Each pair of kind and topic gives its first query, then its second, and so on until `n` are
        taken; they keep the file's order. The identity of the task stays, None takes all.

        Raises:
            UsageError: if `n` is below 1.
        """
        if n is None:
            return self
        if n < 1:
            raise UsageError(f"--limit: {n} is below 1")
        strata: dict[tuple[str, str], list[int]] = {}
        for i, query in enumerate(self.queries):
            strata.setdefault((query.kind, query.topic), []).append(i)
        turns = chain.from_iterable(zip_longest(*strata.values()))
        taken = sorted([i for i in turns if i is not None][:n])
        return replace(self, queries=tuple(self.queries[i] for i in taken))


def fill(
    templates: tuple[Message, ...],
    query: Query,
    rules: BriefRules,
    example: Mapping[str, str],
    references: References | None = None,
) -> tuple[Message, ...]:
    """Fill in the messages of one mode.

    Raises:
        BadTemplateError: for a template that fails or leaves a message empty.
    """
    values: dict[str, object] = {
        "query": asdict(query),
        "rules": asdict(rules),
        "references": references or NO_REFERENCES,
    }
    if example:
        values["example"] = dict(example)
    messages = tuple(Message(m.role, render(m.content, values).strip()) for m in templates)
    if not all(message.content for message in messages):
        raise BadTemplateError("gives an empty message")
    return messages
