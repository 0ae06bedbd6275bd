"""From rows to queries: which column is what, and what a query must have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from popcorn_bench.errors import FileError, did_you_mean
from popcorn_bench.fingerprint import digest
from popcorn_bench.tasks.rows import Row
from popcorn_bench.tasks.schema import TaskFile
from popcorn_bench.types import JSON, Kind, Query
from popcorn_bench.yamlfile import MAX_DEPTH

MAX_TEXT = 4_000
MAX_NAME = 200

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # line feed and tab may stand


@dataclass(slots=True)
class Queries:
    """The queries of a task and what is wrong with its rows."""

    found: list[Query] = field(default_factory=list)
    faults: list[FileError] = field(default_factory=list)


def to_queries(rows: Sequence[Row], file: TaskFile) -> Queries:
    """Turn `rows` into queries; a row with a fault gives its faults and no query."""
    queries = Queries()
    seen: Counter[str] = Counter()
    for index, row in enumerate(rows):
        reader = _Reader(row, file, index)
        query = reader.query(seen)
        if query is not None:
            queries.found.append(query)
        queries.faults += reader.faults
    return queries


@dataclass(slots=True)
class _Reader:
    row: Row
    file: TaskFile
    index: int
    faults: list[FileError] = field(default_factory=list)

    def query(self, seen: Counter[str]) -> Query | None:
        columns = self.file.columns
        text = self._text(columns.text, MAX_TEXT)
        kind, topic = self._kind(), self._topic()
        given = self._text(columns.id, MAX_NAME) if columns.id in self.row.data else ""
        metadata = self._metadata()
        if self.faults or kind is None:
            return None
        name = given or _derived(text, kind, topic, seen)
        seen[name] += 1
        if seen[name] > 1:
            self._fault(columns.id, f"{name!r} appears twice")
        return Query(id=name, text=text, kind=kind, topic=topic, metadata=metadata)

    def _kind(self) -> Kind | None:
        name, default = self.file.columns.kind, self.file.defaults.kind
        said = str(self.row.data.get(name, default or "")).strip().lower()
        if said in set(Kind):
            return Kind(said)
        known = " or ".join(Kind)
        self._fault(
            name, f"unknown kind {said!r}: use {known}" if said else f"missing: use {known}"
        )
        return None

    def _topic(self) -> str:
        blocks, name = self.file.topic_blocks, self.file.columns.topic
        if blocks is not None:
            topic = blocks.topics[min(self.index // blocks.size, len(blocks.topics) - 1)]
        elif name not in self.row.data and self.file.defaults.topic:
            topic = self.file.defaults.topic
        else:
            topic = self._text(name, MAX_NAME)
        allowed = self.file.topics
        if topic and allowed and topic not in allowed:
            self._fault(name, f"{topic!r} is not in topics{did_you_mean(topic, allowed)}")
        return topic

    def _text(self, name: str, longest: int) -> str:
        """The text of a column, '' with a fault where it cannot be used."""
        value = self.row.data.get(name, "")
        text = str(value).strip() if isinstance(value, str | int) else ""
        if not text:
            self._fault(name, "missing" if name not in self.row.data else "expected text")
        elif len(text) > longest:
            self._fault(name, f"longer than {longest} characters")
        elif _CONTROL.search(text):
            self._fault(name, "control characters are not allowed")
        else:
            return text
        return ""

    def _metadata(self) -> dict[str, JSON]:
        columns = self.file.columns
        ours = {columns.id, columns.text, columns.kind, columns.topic}
        found: dict[str, JSON] = {}
        for name, value in self.row.data.items():
            if name not in ours:
                try:
                    found[name] = _json(value, MAX_DEPTH)
                except RecursionError:
                    self._fault(name, f"nested deeper than {MAX_DEPTH} levels")
        return found

    def _fault(self, name: str, message: str) -> None:
        self.faults.append(self.row.fault(name, message))


def _derived(text: str, kind: Kind, topic: str, seen: Counter[str]) -> str:
    """An id that follows from the query alone, so that reordering rows keeps their ids."""
    name = f"q-{digest(text, kind, topic)[:12]}"
    if name not in seen:
        return name
    seen[name] += 1
    return f"{name}-{seen[name]}"


def _json(value: object, levels: int) -> JSON:
    """A value of a dataset as plain data: what JSON has no word for becomes its text.

    Raises:
        RecursionError: for more than so many levels of nesting.
    """
    if not levels:
        raise RecursionError
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if isinstance(value, Mapping):
        return {str(key): _json(item, levels - 1) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [_json(item, levels - 1) for item in value]
    return str(value)
