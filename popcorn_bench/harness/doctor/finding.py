"""One line of the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """`BROKEN` means that the embedded default does not run; `MISSING` is something optional."""

    OK = "ok"
    MISSING = "missing"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at and found; `mend` is the command or the step that changes it."""

    area: str
    name: str
    state: State
    detail: str = ""
    mend: str = ""
