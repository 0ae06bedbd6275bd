"""What the names in a rating file mean: ids of the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from duckdb import DuckDBPyConnection

from popcorn_bench.errors import FileError, did_you_mean
from popcorn_bench.leaderboard.catalog import Catalog, labels
from popcorn_bench.leaderboard.modes import ModeCard
from popcorn_bench.leaderboard.names import Names
from popcorn_bench.leaderboard.text import clean
from popcorn_bench.leaderboard.trust.ratings.file import Rating, Ratings

T = TypeVar("T")
Ids = Mapping[str, frozenset[str]]
Query = tuple[str, str]  # task id, query id


@dataclass(frozen=True, slots=True)
class Known:
    """Ids per name and field, and the queries by id and by text."""

    names: Mapping[str, Ids]
    queries: Mapping[str, frozenset[Query]]


def known_names(
    connection: DuckDBPyConnection, catalog: Catalog, names: Names, modes: Sequence[ModeCard]
) -> Known:
    """What may be named: everything of the index as the board shows it, by name or by id."""
    llms = {key: card.name for key, card in catalog.llms.items()}
    videos = {key: card.name for key, card in catalog.generators.items()}
    tasks = {key: card.name for key, card in catalog.tasks.items()}
    rows = connection.execute("SELECT task_id, query_id, text FROM queries").fetchall()
    by_id = _grouped((query, (task, query)) for task, query, _ in rows)
    by_text = _grouped((text or "", (task, query)) for task, query, text in rows)
    return Known(
        names={
            "llm": _ids(names.llms, llms),
            "video": _ids(names.videos, videos),
            "task": _ids(names.tasks, tasks),
            "mode": _ids({mode.id: mode.label for mode in modes}, {m.id: m.name for m in modes}),
        },
        queries={**by_text, **by_id},
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns the words of one file into ids.

    Every method raises `FileError` for what is not known or means several things.
    """

    known: Known
    ratings: Ratings

    def id_of(self, rating: Rating, field: str) -> str:
        """The id of an LLM, generator, mode or task; '' stays ''."""
        name, ids = str(getattr(rating, field)), self.known.names[field]
        if not name:
            return ""
        found = ids.get(name, frozenset())
        if len(found) != 1:
            self._refuse(rating, field, sorted(found), list(ids))
        return next(iter(found))

    def query(self, rating: Rating) -> Query:
        """Task and query of a rating, by the query's id or else its text."""
        task = self.id_of(rating, "task")
        found = self.known.queries.get(rating.query, frozenset())
        kept = sorted(query for query in found if task in {"", query[0]})
        if len(kept) != 1:
            self._refuse(rating, "query", [query for _, query in kept], list(self.known.queries))
        return kept[0]

    def _refuse(
        self, rating: Rating, field: str, found: Sequence[str], known: Sequence[str]
    ) -> NoReturn:
        name = clean(getattr(rating, field))
        if not found:
            message = f"{name!r} is not in the results{clean(did_you_mean(name, known))}"
        else:
            more = "name its task in a column task" if field == "query" else "use the name shown"
            message = f"{name!r} means {len(found)} things here: {more}"
        raise FileError(self.ratings.path, rating.line, field, message)


def _ids(shown: Mapping[str, str], named: Mapping[str, str]) -> Ids:
    """Ids per displayed name, then per name where all of the index is shown, per name, per id."""
    found: dict[str, frozenset[str]] = {key: frozenset({key}) for key in named}
    for names in (named, labels(named.items()), shown):
        found.update(_grouped((name, key) for key, name in names.items()))
    return found


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, frozenset[T]]:
    groups: dict[str, set[T]] = {}
    for name, item in pairs:
        groups.setdefault(name, set()).add(item)
    return {name: frozenset(items) for name, items in groups.items()}
