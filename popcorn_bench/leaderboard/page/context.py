"""Everything that the templates of the page show."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from popcorn_bench import __version__
from popcorn_bench.leaderboard import flags, meanings, text, words
from popcorn_bench.leaderboard.apart import apart
from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.compare.history import histories
from popcorn_bench.leaderboard.compare.metric import Asked
from popcorn_bench.leaderboard.compare.side import Place, Wanted
from popcorn_bench.leaderboard.generators import words as makers
from popcorn_bench.leaderboard.manifest import public_settings, read_models, run_record
from popcorn_bench.leaderboard.model import Board, Table
from popcorn_bench.leaderboard.page import changes
from popcorn_bench.leaderboard.page.gallery import Gallery
from popcorn_bench.leaderboard.page.heat import heat_maps
from popcorn_bench.leaderboard.page.media import Media
from popcorn_bench.leaderboard.page.pack import as_gzip, as_json
from popcorn_bench.leaderboard.page.panels import (
    About,
    about_of,
    anchors_of,
    panel,
    panel_data,
    uplift_panel,
)
from popcorn_bench.leaderboard.page.plots.money import costs
from popcorn_bench.leaderboard.page.plots.parts import variance_parts
from popcorn_bench.leaderboard.page.plots.ranks import rank_plots
from popcorn_bench.leaderboard.page.plots.spread import spreads
from popcorn_bench.leaderboard.page.plots.timeline import Timeline, timeline
from popcorn_bench.leaderboard.page.policy import read_assets
from popcorn_bench.leaderboard.page.slices import Slicer
from popcorn_bench.leaderboard.page.views import views_of
from popcorn_bench.leaderboard.standing.compute import standings
from popcorn_bench.leaderboard.trust import sections
from popcorn_bench.leaderboard.uplift import by_table


def page_of(
    board: Board,
    connection: DuckDBPyConnection,
    gallery: Gallery | None,
    media: Media,
    forbids: Mapping[str, Sequence[str]],
) -> Mapping[str, object]:
    """All values of the templates but the samples and the full answers."""
    views = views_of(board, connection)
    labels = words.labels_of(board)
    anchors = anchors_of(views, board)
    about = about_of(board, _families(connection))
    panels = [
        panel(table, view, anchors[view.name, words.key_of(table)], about)
        for view in views
        for table in view.tables
    ]
    return {
        **_parts(board, connection, forbids),
        "assets": read_assets(),
        "labels": labels,
        "views": views,
        "panels": panels,
        "about": about,
        "filters": _filters(panels, about),
        "maps": heat_maps(board),
        "uplifts": [_uplift(u, anchors) for u in by_table(board.uplift)],
        "gallery": gallery.index if gallery else "",
        "media": media,
        "media_json": as_json(media.record()),
        **_sliced(board, connection, panels, labels, about),
    }


def _sliced(
    board: Board,
    connection: DuckDBPyConnection,
    panels: Sequence[Mapping[str, Any]],
    labels: Mapping[words.Key, str],
    about: About,
) -> Mapping[str, object]:
    """What is worked out from the scores themselves: slices and drawings."""
    slicer = Slicer(board, connection) if board.ranking else None
    sliced = slicer if board.by in (None, "llm", "video", "mode") else None
    data = [
        panel_data(
            shown,
            labels.get(shown["key"], shown["key"].metric),
            sliced.of(shown["view"], _ids(shown["table"])) if sliced else {},
            about,
        )
        for shown in panels
    ]
    found = standings(board, connection)
    ranked = [(shown["table"], shown["view"].name) for shown in panels
              if shown["view"].name in ("llm", "video")]  # fmt: skip
    tables = ranked or [(table, board.by or "") for table in board.ranking]
    own = [table for table, _ in tables]
    kept = [slicer.panel(_ids(table)) for table in board.ranking] if slicer else []
    return {
        "data": as_gzip(data),
        "spreads": spreads(slicer.source, kept) if slicer else [],
        "variance": variance_parts(found.spreads),
        "timelines": _timelines(board, connection),
        "costs": costs([t for t in own if t.rows and (t.rows[0].llm or board.by)]),
        "ranks": rank_plots(tables, found.orders),
    }


def _timelines(board: Board, connection: DuckDBPyConnection) -> list[tuple[str, str, Timeline]]:
    """Families of LLMs, and of generators, under the first metric that ranks them."""
    found = []
    for dimension, noun in (("llm", "LLM"), ("video", "Generator")):
        tables = (t for t in board.ranking if dimension == "llm" or t.card.sees_video)
        table = next((t for t in tables if not t.trust.leaks), None)
        if table is None:
            continue
        wanted = Wanted(task=table.task_id, mode=board.mode)
        asked = Asked(metric=table.card.name, evaluator=table.card.evaluator_id)
        drawn = timeline(histories(Place(connection, Path()), dimension, wanted, asked))
        found += [(noun, table.task, drawn)] if drawn else []
    return found


def _parts(
    board: Board, connection: DuckDBPyConnection, forbids: Mapping[str, Sequence[str]]
) -> Mapping[str, object]:
    """What does not hang on the views."""
    return {
        "board": board,
        "version": __version__,
        "facts": _facts(board),
        "hidden_lines": [*words.hidden_lines(board), *apart(board)],
        "descriptions": [_description(tables) for tables in board.describing],
        "uplift_columns": words.uplift_columns(board),
        "meanings": meanings.meanings(board),
        "mode_lines": words.mode_lines(board),
        "modes": [(mode, json.dumps(dict(mode.settings))) for mode in board.modes],
        "flags": flags.legend(words.flags_of(board)),
        "trust_title": sections.TITLE,
        "trust": sections.sections(board),
        "trust_described": sections.described(board),
        "trust_gaps": sections.not_measured(board),
        "generators": _generators(board, forbids),
        "tasks": {table.task_id: table.task for table in board.tables},
        "evaluators": _evaluators(board),
        "models": read_models(connection),
        "runs": [run_record(run) for run in board.runs],
        "unranked": changes.unranked_rows(board),
        "run_lines": changes.run_lines(board),
        "headings": words.HEADINGS,
    }


def _ids(table: Table) -> tuple[str, str, str]:
    return table.task_id, table.card.evaluator_id, table.card.name


def _uplift(uplifts: Any, anchors: Mapping[tuple[str, words.Key], str]) -> Mapping[str, object]:  # noqa: ANN401
    key = words.key_of(uplifts[0])
    anchor = next((a for (_, known), a in anchors.items() if known == key), key.metric)
    return uplift_panel(uplifts, anchor)


def _filters(panels: Sequence[Mapping[str, Any]], about: About) -> Mapping[str, list[str]]:
    """What a reader may choose from."""
    rows = [row for shown in panels for row in shown["table"].rows]
    return {
        "task": _unique(shown["table"].task for shown in panels),
        "mode": _unique(row.mode for row in rows),
        "family": sorted(_unique(about.family(row) for row in rows)),
    }


def _unique(names: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(text.clean(name) for name in names if name))


def _families(connection: DuckDBPyConnection) -> dict[str, str]:
    rows = connection.execute("SELECT name, family FROM llms WHERE family <> ''").fetchall()
    return dict(rows)


def _generators(board: Board, forbids: Mapping[str, Sequence[str]]) -> Mapping[str, object]:
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
        "forbidden": [
            f"The licence of {makers.name(one)} ({text.clean(one.card.licence) or 'not named'}) "
            f"forbids {text.clean('; '.join(rules))}."
            for one in board.generators
            if (rules := forbids.get(one.card.video_id, ()))
        ],
    }


def _evaluators(board: Board) -> list[tuple[str, MetricCard, str]]:
    """Every evaluator once: its displayed name, a card of it, and its settings."""
    cards = {table.evaluator: table.card for table in board.tables}
    return [(name, card, public_settings(card.settings)) for name, card in cards.items()]


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


def _description(tables: Sequence[Table]) -> Mapping[str, object]:
    names = words.dimensions(tables[0].rows)
    return {
        "first": tables[0],
        "names": names,
        "tables": tables,
        "rows": words.side_by_side(tables, names),
    }
