"""The model card as a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from popcorn_bench.evaluators.popularity.card import Accuracy, Card

_FIGURES = ("n", "SRC", "nMSE", "MAE", "slope", "intercept")
_SHOWN = (5, 25, 50, 75, 95)  # percentiles
_LEGEND = (
    "SRC is Spearman's rank correlation over the whole set, nMSE the mean squared error over the "
    "variance of the labels; slope and intercept are of `label = intercept + slope * score`."
)
_TRIED = (
    "Figures on the valid split of MicroLens-100k; SRC (folds) is by cross-validation within its "
    "train split."
)


def render(card: Card) -> str:
    """The card in Markdown."""
    sections = {
        f"# Model card: {card.name} {card.version}": _identity(card),
        "## Use": card.use,
        "## Limits": "\n".join(f"- {limit}" for limit in card.limits),
        "## Figures on the held-out rows": f"{_LEGEND}\n\n{_figures(card)}\n\n{_interval(card)}",
        "## Scores of the held-out human videos": _anchors(card),
        "## What was tried": f"{_TRIED}\n\n{_attempts(card)}",
    }
    return "\n\n".join(f"{head}\n\n{body}" for head, body in sections.items()) + "\n"


def _identity(card: Card) -> str:
    libraries = ", ".join(f"{name} {number}" for name, number in card.libraries.items())
    return (
        f"- Weights: sha256 `{card.sha256}`, seed {card.seed}\n"
        f"- Data: {_text(card.data)}; trained on {card.rows_train:,} rows, "
        f"measured on {card.rows_valid:,} others\n"
        f"- Label: {card.label}\n"
        f"- Libraries: {libraries}"
    )


def _interval(card: Card) -> str:
    interval = card.interval
    return (
        f"A score +- {interval.value:.2f} holds the label of {interval.level:.0%} of human videos "
        f"(split-conformal; {interval.coverage:.1%} measured by setting it on one half of the "
        "held-out rows and judging the other)."
    )


def _figures(card: Card) -> str:
    rows = [("all", card.valid), *card.valid_by_category.items()]
    return _table(("category", *_FIGURES), [[name, *_cells(figures)] for name, figures in rows])


def _cells(figures: Accuracy) -> list[str]:
    values = (figures.src, figures.nmse, figures.mae, figures.slope, figures.intercept)
    return [str(figures.n), *(_number(value) for value in values)]


def _anchors(card: Card) -> str:
    rows = [
        [name, str(t.n), f"{t.mean:.3f}", f"{t.sd:.3f}", *(f"{t.quantiles[q]:.2f}" for q in _SHOWN)]
        for name, t in card.anchors.items()
    ]
    return _table(("category", "n", "mean", "sd", *(f"P{q}" for q in _SHOWN)), rows)


def _attempts(card: Card) -> str:
    rows = [
        [a.what, *(_number(value) for value in (a.src, a.nmse, a.mae, a.src_folds))]
        for a in card.attempts
    ]
    return _table(("design", "SRC", "nMSE", "MAE", "SRC (folds)"), rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_text(cell) for cell in line)} |" for line in lines)


def _text(cell: str) -> str:
    """Text of a data file kept from breaking the page."""
    return " ".join(cell.replace("|", "\\|").replace("<", "&lt;").split())
