"""The board as one self-contained page: no script, no request, strict content policy."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from duckdb import DuckDBPyConnection
from jinja2 import Environment, PackageLoader, StrictUndefined

from popcorn_bench.leaderboard import flags, meanings, text, words
from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.figures import Figures, figures_of, uplift_figures
from popcorn_bench.leaderboard.generators import words as makers
from popcorn_bench.leaderboard.manifest import public_settings, read_models, run_record
from popcorn_bench.leaderboard.model import Board, HumanRow, Row, Table, Uplift
from popcorn_bench.leaderboard.posters import write_posters
from popcorn_bench.leaderboard.samples import read_samples
from popcorn_bench.leaderboard.scale import Scale, interval_of, scale_of, uplift_scale
from popcorn_bench.leaderboard.trust import sections
from popcorn_bench.leaderboard.uplift import by_table

_DIGIT = "\u2007"  # a space as wide as a digit
_NO_SLUG = re.compile(r"[^A-Za-z0-9_.]+")


def _ignore(_: str) -> None:
    """For those who do not ask."""


def write_html(
    board: Board,
    connection: DuckDBPyConnection,
    folder: Path,
    *,
    artifacts: str | None = None,
    warn: Callable[[str], None] = _ignore,
) -> Path:
    """Write `folder/index.html` and return its path; posters of its clips go beside it.

    Args:
        board: what to show.
        connection: the index behind it, for samples and the manifest.
        folder: made if it is missing.
        artifacts: address of the artefact folder as seen from `folder`, for example
            `../artifacts`; None leaves out links to clips.
        warn: told what the page has to do without.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    samples = read_samples(connection, board, artifacts)
    clips = (clip.href for one in samples for brief in one.briefs for clip in brief.clips)
    shown = {"samples": samples, "posters": write_posters(clips, folder, warn)}
    template = _environment().get_template("board.html.j2")
    page = template.render({**_page(board, connection), **shown})
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
        cost=text.cost,
        percent=text.percent,
        rank_range=text.rank_range,
        score=text.score,
        p_value=text.p_value,
        effect=text.effect,
        pairs=text.pairs,
        copying=text.copying,
        flag=_flag,
        summed_up=flags.summed_up,
    )
    return environment


def _page(board: Board, connection: DuckDBPyConnection) -> Mapping[str, object]:
    style = _style()
    return {
        "style": style,
        "style_hash": b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "board": board,
        "labels": words.labels_of(board),
        "anchors": _anchors(board),
        "facts": _facts(board),
        "panels": [_panel(table) for table in board.ranking],
        "hidden_lines": words.hidden_lines(board),
        "descriptions": [_description(tables) for tables in board.describing],
        "uplifts": [_uplift_panel(uplifts) for uplifts in by_table(board.uplift)],
        "uplift_columns": words.uplift_columns(board),
        "meanings": meanings.meanings(board),
        "mode_lines": words.mode_lines(board),
        "modes": [(mode, json.dumps(dict(mode.settings))) for mode in board.modes],
        "flags": flags.legend(words.flags_of(board)),
        "trust_title": sections.TITLE,
        "trust": sections.sections(board),
        "trust_described": sections.described(board),
        "trust_gaps": sections.not_measured(board),
        "generators": _generators(board),
        "tasks": {table.task_id: table.task for table in board.tables},
        "evaluators": _evaluators(board),
        "models": read_models(connection),
        "runs": [run_record(run) for run in board.runs],
        "headings": words.HEADINGS,
    }


def _generators(board: Board) -> Mapping[str, object]:
    """What the section needs beside the generators themselves."""
    fair = makers.fairness(board)
    return {
        "title": makers.TITLE,
        "columns": makers.columns(board),
        "fairness": fair,
        "notes": [line for line in makers.notes(board) if line != fair],
        "cards": [
            (makers.name(one), one.card, json.dumps(dict(one.card.settings)))
            for one in board.generators
        ],
    }


def _evaluators(board: Board) -> list[tuple[str, MetricCard, str]]:
    """Every evaluator once: its displayed name, a card of it, and its settings."""
    cards = {table.evaluator: table.card for table in board.tables}
    return [(name, card, public_settings(card.settings)) for name, card in cards.items()]


def _style() -> str:
    source = (Path(__file__).parent / "templates" / "board.css").read_text(encoding="utf-8")
    return f"\n{source}"


def _facts(board: Board) -> list[list[str]]:
    rows = board.rows
    counts: list[tuple[str, AbstractSet[object]]] = [
        ("task", {table.task_id for table in board.tables}),
        ("LLM", {row.llm for row in rows if row.llm}),
        ("generator", {row.video for row in rows if row.video}),
        ("metric", {(table.evaluator, table.card.name) for table in board.tables}),
    ]
    facts = [(noun, len(found)) for noun, found in counts if found]
    facts.append(("score", sum(row.n_scored for row in rows)))
    return [text.count(number, noun, f"{noun}s").split(" ", 1) for noun, number in facts]


def _anchors(board: Board) -> dict[words.Key, str]:
    """The address of each table within the page: readable, and one of its own."""
    found: dict[words.Key, str] = {}
    for key, label in words.labels_of(board).items():
        wanted = _NO_SLUG.sub("-", f"{key.task}-{label}").strip("-")
        taken = found.values()
        tries = (wanted, *(f"{wanted}-{number}" for number in range(2, len(found) + 3)))
        found[key] = next(name for name in tries if name not in taken)
    return found


def _panel(table: Table) -> Mapping[str, object]:
    """One ranked metric with the places of its whiskers in percent."""
    scale, figures = scale_of(table), figures_of(table)
    reference = table.human[0].mean if len(table.human) == 1 else None
    return {
        "key": words.key_of(table),
        "table": table,
        "names": words.dimensions(table.rows),
        "finding": words.finding(table),
        "clause": words.clause(table.card),
        "basis": words.rank_basis(table),
        "human_lines": words.human_lines(table),
        "low": text.score(scale.low, scale.high - scale.low),
        "high": text.score(scale.high, scale.high - scale.low),
        "human_at": None if reference is None else _place(scale, reference),
        "rows": [(row, _whisker(row, scale, figures)) for row in table.rows],
        "human": [(human, _whisker(human, scale, figures)) for human in table.human],
    }


def _uplift_panel(uplifts: tuple[Uplift, ...]) -> Mapping[str, object]:
    """The changes of one task and metric, with zero marked."""
    scale, figures = uplift_scale(uplifts), uplift_figures(uplifts)
    return {
        "key": words.key_of(uplifts[0]),
        "first": uplifts[0],
        "title": words.uplift_title(uplifts),
        "finding": words.uplift_finding(uplifts),
        "basis": words.uplift_basis(uplifts),
        "names": words.uplift_names(uplifts),
        "low": text.score(scale.low, scale.high - scale.low),
        "high": text.score(scale.high, scale.high - scale.low),
        "zero_at": _place(scale, 0.0),
        "rows": [(uplift, _whisker(uplift, scale, figures)) for uplift in uplifts],
        "copying": any(uplift.copying is not None for uplift in uplifts),
    }


def _whisker(
    row: Row | HumanRow | Uplift, scale: Scale, figures: Figures
) -> Mapping[str, str | None]:
    """The score of a row in words, and where its interval is drawn (None: nowhere)."""
    shown = figures.aligned(row, _DIGIT)
    interval = interval_of(row)
    if interval is None:
        return {"shown": shown, "mean": None}
    low, mean, high = interval
    said = f"{figures.with_margin(row)}, from {figures.number(low)} to {figures.number(high)}"
    return {
        "shown": shown,
        "low": _place(scale, low),
        "mean": _place(scale, mean),
        "high": _place(scale, high),
        "label": said,
    }


def _place(scale: Scale, value: float) -> str:
    """Where to draw: a margin on both sides keeps the dots whole."""
    return f"{4 + 92 * scale.at(value):.2f}%"


def _description(tables: Sequence[Table]) -> Mapping[str, object]:
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
