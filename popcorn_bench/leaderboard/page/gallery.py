"""All samples of a board as data for the gallery: what was asked, answered, made and scored.

One brief per query, LLM and mode (the first seed). Scores stand with what they are about: those
of evaluators that do not see the video with the brief, the others with the clip.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from duckdb import DuckDBPyConnection

from popcorn_bench.leaderboard import words
from popcorn_bench.leaderboard.model import Board
from popcorn_bench.leaderboard.page.pack import as_gzip, short
from popcorn_bench.leaderboard.samples import model_labels
from popcorn_bench.leaderboard.text import clean

_FILE = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,5}")
_TEXT = 6_000  # characters of one answer; more is cut, and said to be
_SAMPLES = 12_000  # about as many as a page holds and a reader would look through
_BYTES = 1_300_000  # of the packed index: what is left of the page is for tables and answers
_PLACE = "task_id, query_id, llm_id, mode, seed, repeat"
_FIRST = f"""
first AS (
    SELECT {_PLACE} FROM briefs WHERE (task_id, query_id) IN (SELECT unnest(?), unnest(?))
    QUALIFY row_number() OVER (PARTITION BY task_id, query_id, llm_id, mode ORDER BY seed, repeat)
            = 1
)"""  # noqa: S608 - only constants are put in
# Every query with its number of samples, one of each kind and topic first.
_SIZES = """
WITH answered AS (
    SELECT task_id, query_id, count(DISTINCT (llm_id, mode)) AS n
    FROM briefs WHERE list_contains(?, task_id) GROUP BY ALL
), filmed AS (
    SELECT task_id, query_id, count(DISTINCT (llm_id, mode, video_id)) AS n
    FROM videos WHERE list_contains(?, task_id) AND stage = 'video' GROUP BY ALL
)
SELECT task_id, query_id, greatest(answered.n, coalesce(filmed.n, 0))
FROM answered LEFT JOIN filmed USING (task_id, query_id)
LEFT JOIN queries USING (task_id, query_id)
ORDER BY row_number() OVER (PARTITION BY task_id, kind, topic ORDER BY query_id), task_id, query_id
"""
_QUERIES = """
SELECT task_id, query_id, text, kind, topic FROM queries
WHERE (task_id, query_id) IN (SELECT unnest(?), unnest(?)) ORDER BY ALL
"""
_BRIEFS = f"""
WITH {_FIRST}
SELECT task_id, query_id, llm_id, mode, title, breaches, cover_prompt, video_prompt, raw, reasoning,
       run_id, key, done_at::VARCHAR, prompt_tokens, completion_tokens, cost_usd
FROM briefs JOIN first USING ({_PLACE}) ORDER BY task_id, query_id, llm_id, mode
"""  # noqa: S608 - only constants are put in
_CLIPS = f"""
WITH {_FIRST}
SELECT task_id, query_id, llm_id, mode, video_id, stage, sha256 || suffix AS file, width, height,
       seconds, made_seconds, run_id, key
FROM videos JOIN first USING ({_PLACE}) ORDER BY task_id, query_id, llm_id, mode, video_id
"""  # noqa: S608 - only constants are put in
_SCORES = f"""
WITH {_FIRST}
SELECT task_id, query_id, llm_id, mode, video_id, evaluator_id, metric, score, low, high
FROM scores JOIN first USING ({_PLACE})
"""  # noqa: S608 - only constants are put in
_Place = tuple[str, str, str, str]


@dataclass(slots=True)
class _Numbering:
    """Names in the order in which they came up."""

    places: dict[str, int] = field(default_factory=dict)

    def of(self, name: str) -> int:
        return self.places.setdefault(name, len(self.places))


@dataclass(frozen=True, slots=True)
class Gallery:
    """`index` is what a gallery shows at once, packed; `texts` the full answers, one per brief.

    `files` are the clips in the order of the index. `queries` of `asked` are in it: all of them but
    where a page would become too large.
    """

    index: str
    texts: Sequence[object]
    files: tuple[str, ...]
    queries: int
    asked: int

    def lacking(self, answers: int) -> list[str]:
        """What a page leaves out, in words; `answers` briefs stand there without their texts."""
        found = []
        if self.queries < self.asked:
            found.append(
                f"gallery and list hold {self.queries:,} of {self.asked:,} queries, some of every "
                "kind and topic"
            )
        if answers:
            found.append(
                f"prompts and answers of {answers:,} of {len(self.texts):,} briefs are left out"
            )
        return [f"to keep the page small, {what} (results export has all)" for what in found]


def read_gallery(connection: DuckDBPyConnection, board: Board) -> Gallery | None:
    """Read as many whole queries as a page holds; None where there are no briefs."""
    tasks = sorted({table.task_id for table in board.tables})
    sizes = connection.execute(_SIZES, [tasks, tasks]).fetchall()
    found = _read(connection, board, sizes, _SAMPLES)
    if found and len(found.index) > _BYTES:
        held = sum(size for *_, size in sizes[: found.queries])
        found = _read(connection, board, sizes, int(held * 0.95 * _BYTES / len(found.index)))
    return found


def _read(
    connection: DuckDBPyConnection, board: Board, sizes: Sequence[tuple[str, str, int]], most: int
) -> Gallery | None:
    """The first queries with at most so many samples, at least one query."""
    sums = accumulate(size for *_, size in sizes)
    kept = [one[:2] for i, (one, total) in enumerate(zip(sizes, sums, strict=True))
            if total <= most or not i]  # fmt: skip
    reader = _Reader(connection, board, kept)
    return reader.gallery(len(kept), len(sizes)) if reader.briefs else None


class _Reader:
    def __init__(
        self, connection: DuckDBPyConnection, board: Board, kept: Sequence[tuple[str, str]]
    ) -> None:
        keys = [[key[i] for key in kept] for i in (0, 1)]
        modes = {mode.id: clean(mode.label) for mode in board.modes}
        self.names = {
            **{key: clean(name) for key, name in model_labels(connection, board).items()},
        }
        self.modes, self.board = modes, board
        self.tasks = {table.task_id: clean(table.task) for table in board.tables}
        self.llms, self.videos, self.shown = _Numbering(), _Numbering(), _Numbering()
        self.queries = connection.execute(_QUERIES, keys).fetchall()
        rows = connection.execute(_BRIEFS, keys).fetchall()
        self.briefs = [row for row in rows if row[3] in modes]
        self.place = {row[:4]: i for i, row in enumerate(self.briefs)}
        self.clips = connection.execute(_CLIPS, keys).fetchall()
        self.scores = connection.execute(_SCORES, keys).fetchall()
        labels = words.labels_of(board)
        self.metrics = {
            (t.task_id, t.card.evaluator_id, t.card.name): labels[words.key_of(t)]
            for t in board.tables
        }

    def gallery(self, queries: int, asked: int) -> Gallery:
        number = {row[:2]: i for i, row in enumerate(self.queries)}
        judged = self._judged()
        briefs = [self._brief(i, row, number, judged) for i, row in enumerate(self.briefs)]
        clips, covers = self._made(judged)
        index = {
            "tasks": list(self.tasks.values()),
            "llms": list(self.llms.places),
            "videos": list(self.videos.places),
            "modes": list(self.modes.values()),
            "metrics": list(self.shown.places),
            "queries": [self._query(row) for row in self.queries],
            "briefs": briefs,
            "clips": clips,
            "covers": covers,
        }
        files = tuple(str(clip[2]) for clip in clips if clip[2])
        return Gallery(as_gzip(index), self._texts(), files, queries, asked)

    def _query(self, row: tuple[str, ...]) -> list[object]:
        task, key, text, kind, topic = row
        return [
            list(self.tasks).index(task),
            clean(key),
            clean(text or ""),
            kind,
            clean(topic or ""),
        ]

    def _brief(
        self,
        i: int,
        row: tuple[object, ...],
        number: Mapping[tuple[object, ...], int],
        judged: Mapping[tuple[int, str], list[object]],
    ) -> list[object]:
        task, query, llm, mode, title, breaches = row[:6]
        broken = [clean(str(rule)) for rule in breaches] if isinstance(breaches, list) else []
        return [
            number.get((task, query), -1),
            self.llms.of(self.names.get(str(llm), clean(str(llm)))),
            list(self.modes).index(str(mode)),
            clean(str(title or "")),
            broken,
            judged.get((i, ""), []),
        ]

    def _made(
        self, judged: Mapping[tuple[int, str], list[object]]
    ) -> tuple[list[list[object]], list[list[object]]]:
        clips: list[list[object]] = []
        covers: list[list[object]] = []
        for row in self.clips:
            brief, video, file = self.place.get(row[:4]), row[4], row[6]
            if brief is None:
                continue
            kept = file if _FILE.fullmatch(file or "") else ""
            if row[5] == "cover":
                covers.append([brief, kept])
                continue
            name = self.videos.of(self.names.get(video, clean(video)))
            facts = [row[7], row[8], short(row[9], 3), short(row[10], 3), clean(row[11] or "")]
            clips.append([brief, name, kept, judged.get((brief, video), []), *facts])
        return clips, covers

    def _judged(self) -> dict[tuple[int, str], list[object]]:
        """Scores as metric, value and, where known, bounds, per brief and generator."""
        found: dict[tuple[int, str], list[object]] = {}
        for row in self.scores:
            metric = self.metrics.get((row[0], row[5], row[6]))
            brief = self.place.get(row[:4])
            if metric is None or brief is None:
                continue
            bounds = [] if row[8] is None else [short(row[8], 4), short(row[9], 4)]
            entry = [self.shown.of(metric), short(row[7], 4), *bounds]
            found.setdefault((brief, row[4]), []).append(entry)
        return found

    def _texts(self) -> list[object]:
        """Prompts, answer and provenance of every brief."""
        texts: list[object] = []
        for row in self.briefs:
            parts = [_cut(str(part or "")) for part in row[6:10]]
            about = [clean(str(part)) for part in row[10:13]]
            texts.append([*parts, *about, *row[13:16]])
        return texts


def _cut(text: str) -> str:
    """As it was written, without what could turn or hide text."""
    lines = [clean(line) for line in text[:_TEXT].splitlines()]
    return "\n".join(lines) + ("\n… cut here" if len(text) > _TEXT else "")
