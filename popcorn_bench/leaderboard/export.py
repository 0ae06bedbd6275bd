"""The board as JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from popcorn_bench.leaderboard import flags, meanings, text, words
from popcorn_bench.leaderboard.apart import apart
from popcorn_bench.leaderboard.figures import Figures, figures_of, uplift_figures
from popcorn_bench.leaderboard.generators import words as makers
from popcorn_bench.leaderboard.generators.record import generators_record
from popcorn_bench.leaderboard.model import PARTS, Board, HumanRow, Row, Table, Uplift
from popcorn_bench.leaderboard.standing.compute import Standings
from popcorn_bench.leaderboard.standing.words import record
from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE
from popcorn_bench.leaderboard.trust.block import Block
from popcorn_bench.leaderboard.trust.ratings.words import TITLE as RATINGS
from popcorn_bench.leaderboard.trust.record import trust_record
from popcorn_bench.leaderboard.trust.sections import TITLE, not_measured, sections
from popcorn_bench.leaderboard.uplift import by_table

_DIGITS = 12  # beyond them stands only the order in which numbers were added


def to_json(board: Board, found: Standings | None = None) -> str:
    """`{"rows": [...], "uplift": [...], "meta": {...}}`, strictly JSON.

    Human rows are in `meta.human`, the settings of modes in `meta.modes`, the trust panel in
    `meta.trust`, what made the clips in `meta.generators`; `meta.statistics` has how sure the
    orders are, where that is given.
    """
    meta = _meta(board)
    if found is not None:
        meta["statistics"] = _rounded(record(found))
    document = {
        "rows": [_row(row, board) for row in board.rows],
        "uplift": [_fields(uplift, board.by) for uplift in board.uplift],
        "meta": meta,
    }
    return json.dumps(document, indent=1, allow_nan=False)


def to_csv(board: Board) -> str:
    """One line per row; text that a spreadsheet would run as a formula is quoted with `'`."""
    rows = [_flat(_row(row, board)) for row in board.rows]
    out = io.StringIO()
    names = list(rows[0]) if rows else ["task", "llm", "video", "mode", "metric", "mean"]
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def to_markdown(board: Board) -> str:
    """A table per task and metric, then what modes change; all text is shown as it is."""
    labels = words.labels_of(board)
    blocks = [_markdown_table(table, labels) for table in board.shown]
    blocks += [_markdown_uplift(uplifts, labels) for uplifts in by_table(board.uplift)]
    blocks += _markdown_generators(board)
    blocks += _markdown_trust(board)
    blocks += [text.markdown(line) for line in _markdown_notes(board) if line]
    remark = ["Baselines only: these numbers show the harness, not a model."]
    return "\n\n".join([*(remark if board.baselines_only else []), *blocks]) + "\n"


def _fields(row: Row | HumanRow | Uplift, by: str | None) -> dict[str, Any]:
    """A row as plain data; `topic` and `kind` stand only where the board is by them."""
    absent = {part for part in PARTS if part != by}
    return {name: _plain(value) for name, value in asdict(row).items() if name not in absent}


def _row(row: Row, board: Board) -> dict[str, Any]:
    """A row as plain data; `ppi` stands only where ratings were given."""
    fields = _fields(row, board.by)
    del fields["ppi"]
    if row.ppi is not None:
        known = {name: _plain(value) for name, value in asdict(row.ppi).items()}
        fields["ppi"] = {"lambda" if name == "lam" else name: v for name, v in known.items()}
    return fields


def _flat(fields: dict[str, Any]) -> dict[str, Any]:
    """The parts of `ppi` as columns of their own."""
    parts = fields.pop("ppi", {})
    return fields | {f"ppi_{name}": value for name, value in parts.items()}


def _meta(board: Board) -> dict[str, Any]:
    return {
        "by": board.by,
        "mode": board.mode,
        "modes": [asdict(mode) for mode in board.modes],
        "confidence": CONFIDENCE,
        "baselines_only": board.baselines_only,
        "human": [_fields(human, board.by) for human in board.human],
        "metrics": [_about(table) for table in board.tables],
        "trust": _rounded(trust_record(board)),
        "generators": _rounded(generators_record(board.generators, board.gpu_hour_usd)),
        "gpu_hour_usd": board.gpu_hour_usd,
        "runs": [
            {
                "run_id": run.run_id,
                "started_at": run.started_at,
                "finished_at": run.finished_at,
                "status": run.status,
                "version": run.version,
                "partial": run.partial,
            }
            for run in board.runs
        ],
    }


def _about(table: Table) -> dict[str, Any]:
    card = table.card
    return {
        "task": table.task,
        "task_version": table.task_version,
        "task_id": table.task_id,
        "metric": card.name,
        "description": card.description,
        "direction": card.direction.value,
        "unit": card.unit,
        "evaluator": table.evaluator,
        "evaluator_id": card.evaluator_id,
        "weights": card.weights,
        "sees": list(card.inputs),
        "rank_queries": table.rank_queries,
        "rank_queries_dropped": table.rank_dropped,
    }


def _rounded(value: Any) -> Any:  # noqa: ANN401 - plain data of any depth
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    return list(value) if isinstance(value, tuple) else value


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    return text.csv_field(value) if isinstance(value, str) else value


def _markdown_notes(board: Board) -> Iterable[str]:
    yield from words.hidden_lines(board)
    yield from apart(board)
    yield words.uplift_columns(board)
    yield from (f"{name}: {meaning}" for name, meaning in meanings.meanings(board))
    yield from words.mode_lines(board)
    yield from (f"{name}: {said}" for name, said in flags.legend(words.flags_of(board)))


def _markdown_trust(board: Board) -> Iterable[str]:
    """What is known of each ranked metric, a line per part."""
    gaps = [text.markdown(line) for line in not_measured(board)]
    found = sections(board)
    if found or gaps:
        yield f"### {TITLE}"
    for section in found:
        blocks = section.blocks
        said = [f"- {text.markdown(f'{b.title}: ' + ' '.join(b.lines))}" for b in blocks]
        yield "\n".join([f"**{text.markdown(section.title)}**\n", *said])
        yield from (
            _markdown_rows(block) for block in blocks if block.title == RATINGS and block.rows
        )
    yield from gaps


def _markdown_rows(block: Block) -> str:
    rows = [_line([text.markdown(cell) for cell in row]) for row in block.rows]
    return "\n".join([_line(list(block.heads)), _line(["---"] * len(block.heads)), *rows])


def _markdown_generators(board: Board) -> Iterable[str]:
    """A row per generator, then which one each is."""
    if not board.generators:
        return
    columns = makers.columns(board)
    heads = [column.head for column in columns]
    rows = [_line([text.markdown(c.of(one)) for c in columns]) for one in board.generators]
    yield f"### {makers.TITLE}\n\n" + "\n".join([_line(heads), _line(["---"] * len(heads)), *rows])
    yield " ".join(text.markdown(line) for line in makers.notes(board))
    yield "\n".join(f"- {text.markdown(line)}" for line in makers.identities(board))


def _markdown_table(table: Table, labels: Mapping[words.Key, str]) -> str:
    names = words.dimensions(table.rows)
    heads = [words.HEADINGS[name] for name in names]
    titles = ["Rank", *heads, "Score", "n", "Fail", "Cost", "Human percentile", "Notes"]
    figures = figures_of(table)
    if table.descriptive:
        titles.remove("Rank")
    if not table.priced:
        titles.remove("Cost")
    lines = [_line(titles), _line(["---"] * len(titles))]
    lines += [_line(_markdown_cells(row, names, table, figures)) for row in table.rows]
    title = f"### {text.markdown(table.task)} · {text.markdown(labels[words.key_of(table)])}"
    notes = [words.clause(table.card), words.rank_basis(table)]
    notes += [f"{line}." for line in words.human_lines(table)]
    prose = " ".join(text.markdown(note) for note in notes if note)
    return f"{title}\n\n" + "\n".join(lines) + f"\n\n{prose}"


def _markdown_cells(row: Row, names: list[str], table: Table, figures: Figures) -> list[str]:
    percentile = "" if row.human_percentile is None else f"{row.human_percentile:.0f}"
    rank = [] if table.descriptive else [text.rank_range(row)]
    return [
        *rank,
        *(text.markdown(getattr(row, name) or "") for name in names),
        figures.with_margin(row),
        f"{row.n_scored}/{row.n_planned}",
        text.percent(row.fail_rate),
        *([text.cost(row)] if table.priced else []),
        percentile,
        text.markdown(", ".join(row.flags)),
    ]


def _markdown_uplift(uplifts: Sequence[Uplift], labels: Mapping[words.Key, str]) -> str:
    names = words.uplift_names(uplifts)
    titles = [words.HEADINGS[name] for name in names]
    titles += ["Change", "p", "Hedges g\\_z", "Better", "Pairs", "Copying"]
    lines = [_line(titles), _line(["---"] * len(titles))]
    figures = uplift_figures(uplifts)
    for uplift in uplifts:
        cells = [text.markdown(getattr(uplift, name)) for name in names]
        cells += [figures.with_margin(uplift), text.markdown(text.p_value(uplift.p_holm))]
        cells += [text.effect(uplift.hedges_gz), text.percent(uplift.share_improved)]
        lines.append(_line([*cells, text.pairs(uplift), text.copying(uplift)]))
    first = uplifts[0]
    where = f"{text.markdown(first.task)} · {text.markdown(labels[words.key_of(first)])}"
    title = f"### {text.markdown(words.uplift_title(uplifts))} · {where}"
    note = f"{words.uplift_finding(uplifts)} {words.uplift_basis(uplifts)}"
    return f"{title}\n\n" + "\n".join(lines) + f"\n\n{text.markdown(note)}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
