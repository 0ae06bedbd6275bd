"""What the board says about its numbers, the same in every form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from popcorn_bench.leaderboard import text
from popcorn_bench.leaderboard.catalog import MetricCard
from popcorn_bench.leaderboard.figures import Figures, figures_of
from popcorn_bench.leaderboard.model import Board, HumanRow, Row, Table, Uplift
from popcorn_bench.leaderboard.modes import ModeCard
from popcorn_bench.leaderboard.query import COPIED
from popcorn_bench.leaderboard.statistics.interval import CONFIDENCE
from popcorn_bench.leaderboard.trust.leakage import leak_line
from popcorn_bench.types import Direction

_FEW = 20
_PAIR = 2

HEADINGS = {
    "llm": "LLM",
    "video": "Generator",
    "mode": "Mode",
    "topic": "Topic",
    "kind": "Kind",
}


class Key(NamedTuple):
    """What a table is about: displayed names of its task and evaluator, and the metric."""

    task: str
    metric: str
    evaluator: str


def labels_of(board: Board) -> dict[Key, str]:
    """What to call a metric of a task: its name, with the evaluator where two share it."""
    keys = [key_of(table) for table in board.tables]
    shared = Counter((task, metric) for task, metric, _ in keys)
    return {
        key: text.clean(f"{key.metric} ({key.evaluator})" if shared[key[:2]] > 1 else key.metric)
        for key in keys
    }


def key_of(shown: Table | Uplift) -> Key:
    """What a table is about."""
    metric = shown.card.name if isinstance(shown, Table) else shown.metric
    return Key(shown.task, metric, shown.evaluator)


def averaged_by(by: str | None) -> str:
    """What a board is aggregated by, as the end of a heading."""
    if by is None:
        return ""
    return f", by {'LLM' if by == 'llm' else HEADINGS[by].lower()}"


def clause(card: MetricCard) -> str:
    """Unit and direction of a metric, and what it sees."""
    parts = [
        f"Unit: {card.unit}." if card.unit else "",
        "" if card.direction is Direction.NONE else f"{card.direction.capitalize()} is better.",
        f"Sees: {card.sees}.",
    ]
    return text.clean(" ".join(filter(None, parts)))


def hidden_lines(board: Board) -> list[str]:
    """What takes the place of tables whose rows are all the same."""
    labels = labels_of(board)
    return [
        f"{text.clean(table.task)} · {labels[key_of(table)]}{averaged_by(board.by)}: "
        f"{figures_of(table).number(table.rows[0].mean)} in every row."
        for table in board.hidden
    ]


def rank_basis(table: Table) -> str:
    """How the rank ranges came to be, or why there are none."""
    if table.trust.leaks:
        return leak_line(table.trust)
    if not table.ranked:
        return ""
    if _ranked(table) == 1:
        return "Only one row can be ranked, so its rank says nothing."
    shared = text.count(table.rank_queries, "shared query", "shared queries")
    dropped = f", {table.rank_dropped} incomplete dropped" if table.rank_dropped else ""
    few = " (few: a first impression)" if table.rank_queries < _FEW else ""
    return (
        "Ranks compare within queries, which is sharper than single rows' intervals: "
        f"all at once with 95 % confidence, on {shared}{dropped}{few}."
    )


def human_lines(table: Table) -> list[str]:
    """The spread of the human videos in words, a line per row, figures under each other."""
    figures = figures_of(table)
    lines = [_human_cells(human, figures) for human in table.human]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [_human_line(cells, widths) for cells in lines]


def finding(table: Table) -> str:
    """What the ranks say, in one sentence that claims no more than they do."""
    leaders = [row for row in table.rows if row.rank_low == 1]
    if not leaders:
        return "Nothing is ranked here yet."
    ranked = _ranked(table)
    if ranked == 1:
        return "Only one row can be ranked, so there is nothing to compare it with."
    if len(leaders) == 1:
        names = [getattr(leaders[0], name) for name in dimensions(table.rows)]
        return f"{text.clean(' with '.join(filter(None, names[:2])))} is ahead of all others."
    everyone = "Both rows" if ranked == len(leaders) == _PAIR else f"All {ranked} rows"
    who = everyone if len(leaders) == ranked else f"{len(leaders)} of {ranked} rows"
    return f"{who} may be the best: the data cannot tell them apart."


def _ranked(table: Table) -> int:
    return sum(row.rank_low is not None for row in table.rows)


def flags_of(board: Board) -> list[str]:
    """All flags of a board, for a legend."""
    return sorted({flag for row in board.rows for flag in row.flags})


def dimensions(rows: Sequence[Row]) -> list[str]:
    """The dimensions that tell the rows apart, in reading order."""
    order = ("topic", "kind", "llm", "video", "mode")
    return [name for name in order if any(getattr(row, name) is not None for row in rows)]


def uplift_title(uplifts: Sequence[Uplift]) -> str:
    """What a table of changes is about."""
    what = text.clean(uplifts[0].mode) if _one_mode(uplifts) else "each mode"
    return f"What {what} changes over {text.clean(uplifts[0].baseline)}"


def uplift_names(uplifts: Sequence[Uplift]) -> list[str]:
    """The columns that tell the changes apart."""
    return ["llm"] if _one_mode(uplifts) else ["mode", "llm"]


def uplift_finding(uplifts: Sequence[Uplift]) -> str:
    """How many changes the data can tell from none, in one sentence."""
    sure = [u for u in uplifts if u.p_holm is not None and u.p_holm < 1 - CONFIDENCE]
    up = sum((u.delta or 0) * (-1 if u.direction is Direction.LOWER else 1) > 0 for u in sure)
    nouns = (
        ("LLM", "LLMs") if _one_mode(uplifts) else ("pair of mode and LLM", "pairs of mode and LLM")
    )
    return (
        f"Of {text.count(len(uplifts), *nouns)}, {up} better, {len(sure) - up} worse, "
        f"{len(uplifts) - len(sure)} that the data cannot tell from no change."
    )


def uplift_basis(uplifts: Sequence[Uplift]) -> str:
    """What is particular to the changes of one table."""
    better = f"{uplifts[0].direction.capitalize()} is better"
    leaks = (
        " The predictor learned from rows that the LLM may have seen: a gain may be its memory."
        if any(uplift.leakage for uplift in uplifts)
        else ""
    )
    return f"{better}; {_averaged(uplifts)} averaged first.{leaks}"


def uplift_columns(board: Board) -> str:
    """How to read all tables of changes, or nothing where there are none."""
    if not board.uplift:
        return ""
    copied = (
        " Copying: mean over titles of the largest similarity to a reference (0 to 1), in brackets "
        f"the share of titles at {COPIED} or more."
        if any(uplift.copying is not None for uplift in board.uplift)
        else ""
    )
    return (
        f"Change: difference to {text.clean(board.uplift[0].baseline)} within each query. "
        "p: paired t test, adjusted by Holm over the LLMs of a mode. Better: share of queries. "
        f"Pairs: queries complete in both modes, of those with any score.{copied}"
    )


def mode_lines(board: Board) -> list[str]:
    """What each mode with retrieval shows the LLM."""
    return [_mode_line(mode) for mode in board.modes if mode.retrieves]


def _human_cells(human: HumanRow, figures: Figures) -> tuple[str, ...]:
    kind = f"for {human.kind} queries" if human.kind else "of the same topics"
    where = text.clean(f"of {human.topic}" if human.topic else kind)
    return f"{where}:", f"{human.n:,}", *map(figures.number, (human.p10, human.p50, human.p90))


def _human_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    where, n, low, middle, high = (
        cell.ljust(width) if i == 0 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"Human videos {where} {n} held out, p10 {low}, median {middle}, p90 {high}"


def _mode_line(mode: ModeCard) -> str:
    references = mode.count("references")
    if not references:
        return text.clean(f"Mode {mode.label}: no references, reasoning alone.")
    title = mode.settings.get("corpus_title") or mode.settings.get("corpus") or "not named"
    rows = mode.count("corpus_rows")
    parts = [
        f"up to {text.count(references, 'reference', 'references')} per query from corpus {title}",
        f" ({_rows(rows)})" if rows else "",
        f"; {_left_out(mode)}; engagement ",
        "shown." if mode.settings.get("show_engagement") else "hidden.",
    ]
    return text.clean(f"Mode {mode.label}: {''.join(parts)}")


def _left_out(mode: ModeCard) -> str:
    if mode.leaked:
        return f"NOT left out: {_rows(mode.leaked)} that a predictor was trained on"
    gone = mode.count("left_out")
    known = "because a predictor was trained on them or their twins"
    return f"{_rows(gone)} left out, {known}" if gone else "no rows left out"


def _rows(number: int) -> str:
    return text.count(number, "row", "rows")


def _one_mode(uplifts: Sequence[Uplift]) -> bool:
    return len({uplift.mode for uplift in uplifts}) == 1


def _averaged(uplifts: Sequence[Uplift]) -> str:
    sets = {uplift.videos for uplift in uplifts if uplift.n_pairs}
    if len(sets) > 1:
        return "seeds, and the generators that an LLM has in both modes,"
    videos = next(iter(sets), ())
    return f"seeds and generators ({text.clean(', '.join(videos))})" if videos else "seeds"


def side_by_side(
    tables: Sequence[Table], names: Sequence[str]
) -> dict[tuple[str, ...], list[float | None]]:
    """Means per row of several tables over the same rows."""
    found: dict[tuple[str, ...], list[float | None]] = {}
    for i, table in enumerate(tables):
        for row in table.rows:
            key = tuple(str(getattr(row, name) or "–") for name in names)  # noqa: RUF001
            found.setdefault(key, [None] * len(tables))[i] = row.mean
    return found
