"""Byte ranges of a request (RFC 9110, section 14): players ask for parts to seek in a clip."""

from __future__ import annotations

import re
from typing import NamedTuple

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_LONGEST = 20  # digits; more is no length of a file


class Span(NamedTuple):
    """Bytes `start` up to, not including, `stop`."""

    start: int
    stop: int


class Unsatisfiable(ValueError):  # noqa: N818 - what the standard calls it
    """The range begins behind the end of the file."""


def span(header: str | None, size: int) -> Span | None:
    """The one range that is asked for; None for the whole file.

    What is no range of bytes, and several ranges at once, are passed over as the standard allows.

    Raises:
        Unsatisfiable: for a range without any byte of the file.
    """
    found = _RANGE.fullmatch((header or "").strip())
    if found is None or not any(found.groups()) or max(map(len, found.groups())) > _LONGEST:
        return None
    first, last = found.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return None
    if start >= stop:
        raise Unsatisfiable(header)
    return Span(start, stop)
