"""The paper's selection a second time: plain loops over plain rows, nothing of the package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import log, sqrt

Row = dict[str, object]
Vector = Sequence[float]


def select(  # noqa: PLR0917
    rows: Sequence[Row],
    query: str,
    embed: Callable[[str], Vector],
    n: int,
    tags: int,
    ratio: str,
    near: Mapping[str, float],
) -> tuple[list[str], list[str], list[str]]:
    """Categories, ids of positives and of negatives; `ratio` in digits, `near` of the query."""
    q = embed(query)
    sizes = {name: sum(row["category"] == name for row in rows) for name in near}
    chosen = sorted(near, key=lambda name: (-round(near[name], 6), -sizes[name], name))[:tags]
    inside = [row for row in rows if row["category"] in chosen]
    inside.sort(key=lambda row: (-int(str(row["comments"])), str(row["id"])))
    cut = len(inside) - len(inside) // 10
    wanted = int(Fraction(ratio) * n)

    def nearest(part: Sequence[Row], k: int) -> list[str]:
        measured = [(round(squared(embed(text(row)), q), 5), i) for i, row in enumerate(part)]
        return [str(part[i]["id"]) for _, i in sorted(measured)[:k]]

    return chosen, nearest(inside[:cut], n - wanted), nearest(inside[cut:], wanted)


def by_names(
    rows: Sequence[Row], query: str, embed: Callable[[str], Vector]
) -> Mapping[str, float]:
    """How near the query is to the name of each category."""
    return {name: cosine(embed(name), embed(query)) for name in _vectors(rows, embed)}


def by_centroids(
    rows: Sequence[Row], query: str, embed: Callable[[str], Vector]
) -> Mapping[str, float]:
    """How near the query is to what the shrunk mean of each category has more than all rows."""
    own, n = _vectors(rows, embed), len(rows)
    everything = [sum(column) / n for column in zip(*map(embed, map(text, rows)), strict=True)]
    near = {}
    for name, vectors in own.items():
        shrunk = len(vectors) + n / len(own)
        excess = [
            (sum(column) - len(vectors) * mean) / shrunk
            for column, mean in zip(zip(*vectors, strict=True), everything, strict=True)
        ]
        near[name] = dot(excess, embed(query))
    return near


def by_complement(
    rows: Sequence[Row], query: str, embed: Callable[[str], Vector], features: int
) -> Mapping[str, float]:
    """How rare the features of the query are outside each category; some are never seen."""
    own, n = _vectors(rows, embed), len(rows)
    weighted = {
        name: [
            sum(column) * sqrt(n / len(own) / len(vectors)) for column in zip(*vectors, strict=True)
        ]
        for name, vectors in own.items()
    }
    near = {}
    for name in own:
        others = [vector for other, vector in weighted.items() if other != name]
        outside = [sum(column) for column in zip(*others, strict=True)] or [0.0] * len(
            weighted[name]
        )
        mass = sum(outside) + 0.1 * features
        rare = [-log((x + 0.1) / mass) for x in outside]
        near[name] = dot(rare, embed(query))
    usual = sum(near.values()) / len(near)
    return {name: value - usual for name, value in near.items()}


def _vectors(rows: Sequence[Row], embed: Callable[[str], Vector]) -> Mapping[str, Sequence[Vector]]:
    names = sorted({str(row["category"]) for row in rows})
    return {n: [embed(text(row)) for row in rows if row["category"] == n] for n in names}


def text(row: Row) -> str:
    return " ".join(str(row[name]) for name in ("title", "cover_desc", "caption"))


def dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def squared(a: Vector, b: Vector) -> float:
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def cosine(a: Vector, b: Vector) -> float:
    lengths = sqrt(dot(a, a)) * sqrt(dot(b, b))
    return dot(a, b) / lengths if lengths else 0.0
