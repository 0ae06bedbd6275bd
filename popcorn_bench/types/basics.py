"""Words that all the others use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"

MAX_SEED = 2**63 - 1  # what every part of the store can hold


class Kind(StrEnum):
    """What a query asks for: a named subject, or a theme, comparison or idea."""

    CONCRETE = "concrete"
    ABSTRACT = "abstract"


class Stage(StrEnum):
    """The stages of a run, in their order."""

    BRIEF = "brief"
    COVER = "cover"
    VIDEO = "video"
    SCORE = "score"
    AUDIT = "audit"


class Input(StrEnum):
    """What an evaluator may declare that it reads."""

    TITLE = "title"
    TOPIC = "topic"
    QUERY = "query"
    COVER = "cover"
    VIDEO = "video"


class Direction(StrEnum):
    """Which way a metric is better; `NONE` marks a description that ranks nobody."""

    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"
