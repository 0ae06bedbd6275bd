"""A synthetic index for the board: made-up LLMs and generators with made-up effects.

Nothing in it was measured. It is what the page is timed, tested and drawn with.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

TASK = "synthetic"
TOPICS = ("food", "film", "travel", "pets", "music", "sports", "science", "crafts")
GENERATORS = ("still", "aurora", "brook", "cedar", "dune", "ember", "fjord", "grove")
FAMILIES = ("lark", "wren", "finch", "heron", "swift")
_ID = 16  # characters of a real id, more than DuckDB keeps in place
_SQL = files("popcorn_bench.results") / "migrations" / "0001_tables.sql"
_METRICS = (
    ("pop", "popularity", "higher", "log2(comments)", ["title", "topic"]),
    ("vpop", "watchability", "higher", "log2(comments)", ["title", "video"]),
    ("qual", "freeze", "lower", "share", ["video"]),
    ("qual", "motion", "none", "px", ["video"]),
)


@dataclass(frozen=True, slots=True)
class Size:
    """A crossed design; every brief gets a clip from every generator."""

    queries: int = 200
    llms: int = 10
    generators: int = 5
    modes: int = 1
    seeds: int = 1

    @property
    def samples(self) -> int:
        """How many clips that makes."""
        return self.queries * self.llms * self.generators * self.modes * self.seeds


def fill(connection: duckdb.DuckDBPyConnection, size: Size, clips: tuple[str, ...] = ()) -> None:
    """Write the design into an empty database.

    Args:
        connection: where to.
        size: of the design.
        clips: sha256 of real files that stand in for the clips, in turn; made-up ones without.
    """
    connection.execute(_SQL.read_text(encoding="utf-8"))
    connection.execute("SELECT setseed(0.42)")
    _definitions(connection, size)
    _places(connection, size)
    _briefs(connection)
    _clips(connection, clips)
    _scores(connection)
    _plan(connection, size)


def write(path: Path, size: Size) -> None:
    """The same into a new file."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET enable_progress_bar = false")
        fill(connection, size)


def _id(name: str) -> str:
    return name.ljust(_ID, "0")


def _definitions(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    def every(table: str, columns: str, rows: list[tuple[object, ...]]) -> None:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

    every("tasks", "task_id, name, version, metrics, metadata",
          [(TASK, TASK, "1", ["popularity", "watchability"], "{}")])  # fmt: skip
    every("queries", "task_id, query_id, text, kind, topic", [
        (TASK, f"q{i:05d}", f"a made-up request, number {i + 1}, about {TOPICS[i // 2 % 8]}",
         ("concrete", "abstract")[i % 2], TOPICS[i // 2 % 8]) for i in range(size.queries)
    ])  # fmt: skip
    every("llms", "llm_id, name, model, params, family, version, release_date, baseline", [
        (_id("l000"), "echo", "popcorn/echo", "{}", "baseline", "1", "", True),
        *((_id(f"l{i:03d}"), f"{FAMILIES[i % 5]}-{i // 5 + 1}", f"made-up/{i}", "{}",
           FAMILIES[i % 5], "1", f"{2024 + i // 5}-0{i % 9 + 1}-01", False)
          for i in range(1, size.llms)),
    ])  # fmt: skip
    every("generators", "video_id, name, adapter, revision, settings, family, licence, baseline", [
        (_id(f"v{i:03d}"), GENERATORS[i], "made-up", "1", "{}", GENERATORS[i], "none", i == 0)
        for i in range(size.generators)
    ])  # fmt: skip
    modes: list[tuple[object, ...]] = [("basic", "basic", "{}"), ("pe", "pe", "{}")]
    every("modes", "mode, name, settings", modes[: size.modes])
    seen = dict.fromkeys(evaluator for evaluator, *_ in _METRICS)
    inputs = {evaluator: sees for evaluator, *_, sees in _METRICS}
    every("evaluators", "evaluator_id, name, version, inputs, sees_video, settings, validity",
          [(_id(e), f"synthetic-{e}", "1", inputs[e], "video" in inputs[e], "{}", "{}")
           for e in seen])  # fmt: skip
    every("metrics", "evaluator_id, metric, description, direction, unit, members",
          [(_id(e), name, "A made-up number", way, unit, [])
           for e, name, way, unit, _ in _METRICS])  # fmt: skip
    quantiles = [2 + i / 20 for i in range(101)]
    every("anchors", "evaluator_id, metric, topic, n, mean, sd, quantiles",
          [(_id("pop"), "popularity", "*", 500, 4.5, 1.4, quantiles)])  # fmt: skip


def _places(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    """Every place with the effects of its query, LLM and mode; missing ones where a call failed."""
    connection.execute(
        f"""
        CREATE TEMP TABLE places AS
        SELECT q.task_id, q.query_id, l.llm_id, m.mode, s.seed,
               4.2 + sin(hash(q.query_id) % 1000) + 0.09 * substr(l.llm_id, 2, 3)::INT
               + CASE WHEN m.mode = 'pe' THEN 0.25 ELSE 0 END
               + CASE WHEN q.kind = 'abstract' THEN -0.4 ELSE 0 END AS effect
        FROM queries AS q, llms AS l, modes AS m, range({size.seeds}) AS s(seed)
        WHERE random() > 0.004
        """
    )


def _briefs(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        INSERT INTO briefs BY NAME
        SELECT task_id, query_id, llm_id, mode, seed, 0 AS repeat, 'k' || query_id AS key,
               'synthetic' AS run_id, TIMESTAMP '2026-01-01' AS done_at, false AS reused,
               'Made-up title ' || query_id || ' by ' || llm_id AS title,
               'A cover, ' || md5(query_id || llm_id) AS cover_prompt,
               'A clip, ' || repeat(md5(llm_id || query_id || mode) || ' ', 8) AS video_prompt,
               '{"title": "Made-up title ' || query_id || '", "note": "'
               || repeat(md5(mode || query_id || llm_id) || ' ', 12) || '"}' AS raw,
               []::VARCHAR[] AS breaches, '' AS reasoning, 300 AS prompt_tokens,
               120 AS completion_tokens, 0.0004 * (1 + substr(llm_id, 2, 3)::INT ** 2) AS cost_usd,
               1.5 AS seconds
        FROM places
        """
    )


def _clips(connection: duckdb.DuckDBPyConnection, clips: tuple[str, ...]) -> None:
    sha = "sha256(query_id || llm_id || mode || video_id || seed)"
    if clips:
        number = f"(hash(query_id || llm_id || video_id) % {len(clips)})::INT + 1"
        sha = f"list_extract({list(clips)}, {number})"
    connection.execute(
        f"""
        INSERT INTO videos BY NAME
        SELECT task_id, query_id, llm_id, mode, seed, 0 AS repeat, video_id, 'video' AS stage,
               'c' || query_id AS key, 'synthetic' AS run_id, TIMESTAMP '2026-01-01' AS done_at,
               false AS reused, {sha} AS sha256, '.mp4' AS suffix, 9000 AS bytes, 480 AS width,
               704 AS height, 72 AS frames, 24.0 AS fps, 3.0 AS seconds, 'h264' AS codec,
               6.0 + 9 * substr(video_id, 2, 3)::INT + random() AS made_seconds,
               4.0 + 3 * substr(video_id, 2, 3)::INT AS peak_gb, NULL AS cost_usd
        FROM places, generators WHERE random() > 0.01 * substr(video_id, 2, 3)::INT
        """
    )


def _scores(connection: duckdb.DuckDBPyConnection) -> None:
    common = """task_id, query_id, llm_id, mode, seed, 0::BIGINT AS repeat, false AS reused,
                'synthetic' AS run_id, TIMESTAMP '2026-01-01' AS done_at"""
    connection.execute(
        f"""
        INSERT INTO scores BY NAME
        SELECT *, score - 1.8 AS low, score + 1.8 AS high FROM (
            SELECT {common}, '' AS video_id, '{_id("pop")}' AS evaluator_id, 'popularity' AS metric,
                   effect + random() * 2 - 1 AS score, 30 + 40 * random() AS percentile,
                   []::DOUBLE[] AS members
            FROM places
        )
        """
    )
    for evaluator, metric, value in (
        ("vpop", "watchability", "effect + 0.3 * sin(substr(video_id, 2, 3)::INT * 2) + random()"),
        ("qual", "freeze", "least(1, random() * (1.2 - 0.15 * substr(video_id, 2, 3)::INT))"),
        ("qual", "motion", "random() * 10"),
    ):
        connection.execute(
            f"""
            INSERT INTO scores BY NAME
            SELECT {common}, video_id, '{_id(evaluator)}' AS evaluator_id, '{metric}' AS metric,
                   {value} AS score, []::DOUBLE[] AS members
            FROM videos JOIN places USING (task_id, query_id, llm_id, mode, seed)
            """
        )


def _plan(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    connection.execute(
        "INSERT INTO runs VALUES ('synthetic', '2026-01-01', '2026-01-02', 'incomplete', '0', "
        'false, \'{"seed": 0, "note": "synthetic data"}\', \'{}\')'
    )
    connection.execute(
        "INSERT INTO plan_queries SELECT 'synthetic', task_id, query_id FROM queries"
    )
    for evaluator in ("pop", "vpop", "qual"):
        videos = "(SELECT '' AS video_id)" if evaluator == "pop" else "generators"
        connection.execute(
            f"INSERT INTO plan_cells SELECT 'synthetic', '{TASK}', llm_id, video_id, mode, "
            f"'{_id(evaluator)}', seed, 1 "
            f"FROM llms, {videos}, modes, range({size.seeds}) AS s(seed)"
        )
    connection.execute(
        """
        INSERT INTO failures BY NAME
        SELECT q.task_id, q.query_id, l.llm_id, m.mode, s.seed, 0 AS repeat, '' AS video_id,
               '' AS evaluator_id, 'brief' AS stage, 'synthetic' AS run_id,
               TIMESTAMP '2026-01-01' AS done_at, 'refusal' AS kind, 'made up' AS message,
               1 AS attempts, false AS retriable
        FROM queries AS q, llms AS l, modes AS m,
             (SELECT DISTINCT seed FROM places) AS s
        ANTI JOIN places AS p
            ON (p.query_id, p.llm_id, p.mode, p.seed) = (q.query_id, l.llm_id, m.mode, s.seed)
        """
    )
