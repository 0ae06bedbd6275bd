"""What a retrieval gives: references, and how much fell short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Label = Literal["popular", "unpopular"]


class Reference(NamedTuple):
    """A human video near the query; a tuple, because every prompt makes dozens of them.

    `distance` is the L2 distance of unit vectors, 0 (same) to 2 (opposite). `likes` and `views`
    are None where the corpus does not know them.
    """

    id: str
    title: str
    category: str
    label: Label
    distance: float
    cover_desc: str
    caption: str
    likes: int | None
    views: int | None
    comments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The references of one query, the nearest first, popular before unpopular.

    `tags` are the categories looked in, the best first. `missing` is how many references fewer
    there are than asked for, because the categories hold no more; `dropped` is how many were left
    out to fit the context of a model.
    """

    references: tuple[Reference, ...]
    tags: tuple[str, ...]
    missing: int = 0
    dropped: int = 0

    def labelled(self, label: Label) -> tuple[Reference, ...]:
        """The references of one label, the nearest first."""
        return tuple(item for item in self.references if item.label == label)

    @property
    def note(self) -> str:
        """What fell short, in words; empty where nothing did."""
        parts = []
        if self.missing:
            parts.append(
                f"{self.missing} references fewer than asked for in {', '.join(self.tags)}"
            )
        if self.dropped:
            parts.append(f"{self.dropped} references dropped to fit the context")
        return "; ".join(parts)
