"""The card of a trained model for people."""

from __future__ import annotations

from popcorn_bench.evaluators.measures.accuracy import Accuracy
from popcorn_bench.evaluators.mmra.card import Card

# Test rows of MicroLens-100k, mean of five runs, as published (SIGIR 2024): SRC, nMSE, MAE.
_PUBLISHED = (
    ("published: full", 0.4900, 0.7530, 1.1787),
    ("published: without retrieval", 0.4755, 0.7745, 1.1908),
    ("published: without the visual branch", 0.4536, 0.7915, 1.2071),
)


def render(card: Card) -> str:
    """Markdown; ends with a line feed."""
    lines = [
        f"# Card: {card.name} {card.version}",
        "",
        *(f"- {what}: {said}" for what, said in _facts(card).items()),
        "",
        "| held-out rows | n | SRC | nMSE | MAE |",
        "| --- | --- | --- | --- | --- |",
        _row("this model", card.valid),
        *(f"| {what} | | {src} | {nmse} | {mae} |" for what, src, nmse, mae in _PUBLISHED),
        *(_row(_cell(name), found) for name, found in card.valid_by_category.items()),
        "",
        "The published figures are of the test rows of MicroLens-100k, with other encoders.",
        "",
        *(f"- {limit}" for limit in card.limits),
    ]
    return "\n".join(lines) + "\n"


def _facts(card: Card) -> dict[str, str]:
    rows = f"{card.rows_train:,} rows to learn from, {card.rows_valid:,} held out"
    coverage = f"coverage {card.interval.coverage:.1%} on rows that it was not set on"
    return {
        "Data": f"{card.data}; {rows}, {card.damaged:,} clips left out",
        "Label": card.label,
        "Weights": f"sha256 `{card.sha256}`, {card.parameters:,} parameters",
        "Training": f"{_settings(card)}; epoch {card.best_epoch} of {card.epochs} was the best",
        "Interval": f"{card.interval.level:.0%} within {card.interval.half:g}, {coverage}",
    }


def _settings(card: Card) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in card.settings.items())


def _row(what: str, found: Accuracy) -> str:
    numbers = (found.src, found.nmse, found.mae)
    cells = ["" if number is None else f"{number:.4f}" for number in numbers]
    return f"| {what} | {found.n:,} | {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
