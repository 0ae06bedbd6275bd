"""The board as one self-contained page: no script, no request, strict content policy."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from itertools import groupby
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection
from jinja2 import Environment, PackageLoader, StrictUndefined

from popcorn_bench.leaderboard import text, words
from popcorn_bench.leaderboard.catalog import RunCard
from popcorn_bench.leaderboard.model import Board, HumanRow, Row, Table, Uplift
from popcorn_bench.leaderboard.samples import read_samples
from popcorn_bench.leaderboard.scale import Scale, interval_of, scale_of, uplift_scale
from popcorn_bench.leaderboard.uplift import by_table

_MODELS = """
SELECT 'LLM' AS sort, llm_id AS id, name, model AS made_by, params AS settings, version, baseline
FROM llms
UNION ALL
SELECT 'Generator', video_id, name, adapter, settings, revision, baseline FROM generators
ORDER BY sort DESC, name, id
"""


def write_html(
    board: Board, connection: DuckDBPyConnection, folder: Path, *, artifacts: str | None = None
) -> Path:
    """Write `folder/index.html` and return its path.

    Args:
        board: what to show.
        connection: the index behind it, for samples and the manifest.
        folder: made if it is missing.
        artifacts: address of the artefact folder as seen from `folder`, for example
            `../artifacts`; None leaves out links to clips.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    page = _environment().get_template("board.html.j2").render(_page(board, connection, artifacts))
    path.write_text(page, encoding="utf-8", errors="replace")
    return path


def _environment() -> Environment:
    """Autoescape is on everywhere: titles, prompts and names were written by strangers."""
    environment = Environment(
        loader=PackageLoader("popcorn_bench.leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clean=text.clean,
        money=text.money,
        percent=text.percent,
        rank_range=text.rank_range,
        with_margin=text.with_margin,
        score=text.score,
        change=text.change,
        p_value=text.p_value,
        effect=text.effect,
        pairs=text.pairs,
        copying=text.copying,
        flag=_flag,
    )
    return environment


def _page(
    board: Board, connection: DuckDBPyConnection, artifacts: str | None
) -> Mapping[str, object]:
    style = _style()
    descriptive = [table for table in board.tables if table.descriptive]
    return {
        "style": style,
        "style_hash": b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "board": board,
        "facts": _facts(board),
        "panels": [
            _panel(table, i) for i, table in enumerate(board.tables) if not table.descriptive
        ],
        "descriptions": [
            _description(list(tables))
            for _, tables in groupby(descriptive, key=lambda t: (t.task_id, t.evaluator))
        ],
        "uplifts": [_uplift_panel(uplifts, i) for i, uplifts in enumerate(by_table(board.uplift))],
        "mode_lines": words.mode_lines(board),
        "modes": [(mode, json.dumps(dict(mode.settings))) for mode in board.modes],
        "flags": words.flags_of(board),
        "samples": read_samples(connection, board, artifacts),
        "tasks": {table.task_id: table.task for table in board.tables},
        "evaluators": list({table.evaluator: table.card for table in board.tables}.items()),
        "models": _models(connection),
        "runs": [_run(run) for run in board.runs],
        "headings": words.HEADINGS,
    }


def _style() -> str:
    source = (Path(__file__).parent / "templates" / "board.css").read_text(encoding="utf-8")
    return f"\n{source}"


def _facts(board: Board) -> list[tuple[str, str]]:
    rows = board.rows
    counts: list[tuple[str, AbstractSet[object]]] = [
        ("task", {table.task_id for table in board.tables}),
        ("LLM", {row.llm for row in rows if row.llm}),
        ("generator", {row.video for row in rows if row.video}),
        ("metric", {(table.evaluator, table.card.name) for table in board.tables}),
    ]
    facts = [(str(len(found)), _plural(noun, len(found))) for noun, found in counts if found]
    scores = sum(row.n_scored for row in rows)
    return [*facts, (f"{scores:,}", _plural("score", scores))]


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _panel(table: Table, number: int) -> Mapping[str, object]:
    """One ranked metric with the places of its whiskers in percent."""
    scale = scale_of(table)
    reference = table.human[0].mean if len(table.human) == 1 else None
    return {
        "id": f"table-{number}",
        "table": table,
        "names": words.dimensions(table.rows),
        "finding": words.finding(table),
        "caption": words.caption(table),
        "basis": words.rank_basis(table),
        "human_lines": [words.human_line(human) for human in table.human],
        "low": text.score(scale.low, scale.high - scale.low),
        "high": text.score(scale.high, scale.high - scale.low),
        "human_at": None if reference is None else _place(scale, reference),
        "rows": [(row, _whisker(row, scale)) for row in table.rows],
        "human": [(human, _whisker(human, scale)) for human in table.human],
    }


def _uplift_panel(uplifts: tuple[Uplift, ...], number: int) -> Mapping[str, object]:
    """The changes of one task and metric, with zero marked."""
    scale = uplift_scale(uplifts)
    return {
        "id": f"uplift-{number}",
        "first": uplifts[0],
        "title": words.uplift_title(uplifts),
        "finding": words.uplift_finding(uplifts),
        "note": words.uplift_note(uplifts),
        "names": words.uplift_names(uplifts),
        "low": text.score(scale.low, scale.high - scale.low),
        "high": text.score(scale.high, scale.high - scale.low),
        "zero_at": _place(scale, 0.0),
        "rows": [(uplift, _whisker(uplift, scale)) for uplift in uplifts],
        "copying": any(uplift.copying is not None for uplift in uplifts),
    }


def _whisker(row: Row | HumanRow | Uplift, scale: Scale) -> Mapping[str, str] | None:
    interval = interval_of(row)
    if interval is None:
        return None
    low, mean, high = interval
    shown = text.change(row) if isinstance(row, Uplift) else text.with_margin(row)
    return {
        "low": _place(scale, low),
        "mean": _place(scale, mean),
        "high": _place(scale, high),
        "label": f"{shown}, from {text.score(low)} to {text.score(high)}",
    }


def _place(scale: Scale, value: float) -> str:
    """Where to draw: a margin on both sides keeps the dots whole."""
    return f"{4 + 92 * scale.at(value):.2f}%"


def _description(tables: list[Table]) -> Mapping[str, object]:
    names = words.dimensions(tables[0].rows)
    return {
        "first": tables[0],
        "names": names,
        "tables": tables,
        "rows": words.side_by_side(tables, names),
    }


def _flag(flag: str) -> str:
    name, _, share = flag.partition(" ")
    return text.clean(f"{share} {name}".strip().replace("_", " "))


def _models(connection: DuckDBPyConnection) -> list[Mapping[str, object]]:
    rows = connection.execute(_MODELS).fetchall()
    names = ("sort", "id", "name", "made_by", "settings", "version", "baseline")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _run(run: RunCard) -> Mapping[str, object]:
    spec = _json(run.spec)
    seed = spec.get("seed") if isinstance(spec, dict) else None
    return {
        "card": run,
        "seed": seed,
        "spec": json.dumps(spec, indent=1),
        "environment": json.dumps(_json(run.environment), indent=1),
    }


def _json(document: str) -> Any:  # noqa: ANN401 - whatever stands in the journal
    try:
        return json.loads(document)
    except ValueError:
        return {"unreadable": document}
