"""The paper's selection a second time: plain loops over plain rows, nothing of the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import sqrt

Row = dict[str, object]
Vector = Sequence[float]


def select(  # noqa: PLR0917
    rows: Sequence[Row],
    query: str,
    embed: Callable[[str], Vector],
    n: int,
    tags: int,
    ratio: str,
) -> tuple[list[str], list[str], list[str]]:
    """Categories, ids of positives and ids of negatives; `ratio` in decimal digits."""
    q = embed(query)
    names = {str(row["category"]) for row in rows}
    sizes = {name: sum(row["category"] == name for row in rows) for name in names}
    closest = sorted(
        names, key=lambda name: (-round(cosine(embed(name), q), 6), -sizes[name], name)
    )
    chosen = closest[:tags]
    inside = [row for row in rows if row["category"] in chosen]
    inside.sort(key=lambda row: (-int(str(row["comments"])), str(row["id"])))
    cut = len(inside) - len(inside) // 10
    wanted = int(Fraction(ratio) * n)

    def nearest(part: Sequence[Row], k: int) -> list[str]:
        measured = [(round(squared(embed(text(row)), q), 5), i) for i, row in enumerate(part)]
        return [str(part[i]["id"]) for _, i in sorted(measured)[:k]]

    return chosen, nearest(inside[:cut], n - wanted), nearest(inside[cut:], wanted)


def text(row: Row) -> str:
    return " ".join(str(row[name]) for name in ("title", "cover_desc", "caption"))


def squared(a: Vector, b: Vector) -> float:
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def cosine(a: Vector, b: Vector) -> float:
    lengths = sqrt(sum(x * x for x in a)) * sqrt(sum(y * y for y in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / lengths if lengths else 0.0
