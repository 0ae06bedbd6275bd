"""What a `pe` mode retrieves, and its name on the board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Literal, get_args

from popcorn_bench.errors import UsageError, did_you_mean

MAX_REFERENCES = 1_000

Popular = Literal["decile", "paper"]
Category = Literal["profiles", "names"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """The settings of one `pe` mode.

    Attributes:
        references: how many videos to show, N.
        tags: how many categories to look in.
        ratio: share of unpopular videos: int(ratio * N) of N references.
        popular: by comments within the chosen categories, `decile` takes the top and the bottom
            tenth, `paper` the top nine tenths and the bottom tenth.
        embedder: `hashed`, the name of a sentence-transformers model, or the folder of one.
        category: whether a query is compared with a profile of each category, which is learnt from
            its rows, or with its name.
        show_engagement: whether the LLM sees likes, views and comments.

    Raises:
        UsageError: for a value out of its range.
    """

    references: int = 50
    tags: int = 1
    ratio: float = 0.1
    popular: Popular = "decile"
    embedder: str = "hashed"
    category: Category = "profiles"
    show_engagement: bool = False

    def __post_init__(self) -> None:
        _whole("references", self.references, 0)
        _whole("tags", self.tags, 1)
        _one_of("popular", self.popular, get_args(Popular))
        _one_of("category", self.category, get_args(Category))
        if not (isfinite(self.ratio) and 0 <= self.ratio <= 1):
            raise UsageError(f"pe ratio: {self.ratio} is not between 0 and 1")
        if not self.embedder.strip():
            raise UsageError("pe embedder: empty; use 'hashed' or a sentence-transformers model")

    @property
    def unpopular(self) -> int:
        """How many of the references are to be unpopular ones."""
        return int(self.ratio * self.references + 1e-9)  # 0.29 * 100 is a little below 29


_SHORT = {"references": "n", "show_engagement": "engagement"}


def mode_name(settings: Retrieval, default: Retrieval | None = None) -> str:
    """The mode's name on the board: `pe`, and in brackets what differs from `default`."""
    usual = Retrieval() if default is None else default
    parts = [
        f"{_SHORT.get(field.name, field.name)}={_plain(getattr(settings, field.name))}"
        for field in fields(Retrieval)
        if getattr(settings, field.name) != getattr(usual, field.name)
    ]
    return f"pe[{','.join(parts)}]" if parts else "pe"


def sweep(
    references: Sequence[int], tags: Sequence[int], base: Retrieval | None = None
) -> list[Retrieval]:
    """One mode per value, one setting varied at a time, as in the paper's ablations.

    While one list is gone through, the other setting keeps the value of `base`, or the first of
    its own list where that does not hold the value of `base`. An empty list varies nothing.
    """
    start = Retrieval() if base is None else base
    n = _anchor(references, start.references)
    k = _anchor(tags, start.tags)
    pairs = [*((value, k) for value in references or [n]), *((n, value) for value in tags)]
    return [replace(start, references=a, tags=b) for a, b in dict.fromkeys(pairs)]


def _anchor(values: Sequence[int], usual: int) -> int:
    return usual if not values or usual in values else values[0]


def _plain(value: object) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _whole(name: str, value: int, low: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= MAX_REFERENCES:
        raise UsageError(f"pe {name}: {value!r} is no whole number from {low} to {MAX_REFERENCES}")


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        hint = did_you_mean(str(value), known)
        raise UsageError(f"pe {name}: unknown {value!r}, use {' or '.join(known)}{hint}")


PAPER = Retrieval(
    popular="paper",
    embedder="sentence-transformers/all-MiniLM-L12-v2",
    category="names",
    show_engagement=True,
)
