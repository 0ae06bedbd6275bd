"""The tree of errors, and the boundary that turns what adapters raise into it.

PopcornError
|-- UsageError            wrong flag, file or config: one line, exit code 2
|   `-- FileError         the same with `file:line: field`
|-- StoreError            the results folder cannot be used: one line, exit code 1
`-- AdapterError          a model, generator or evaluator failed: becomes a Failure row
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

from popcorn_bench.types import Failure, Stage

_SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|BEARER|_(?:PAT|PASS|JWT|AUTH)$", re.IGNORECASE
)
_URL_USER = re.compile(r"(?<=://)[^/@\s]+@")
_MESSAGE_LIMIT = 600
_SHORTEST_SECRET = 6
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
DISK = "disk"  # the kind of a failure that is no model's: a disk that takes no more
_LONG_SECRET = 12  # shorter ones are dummies such as "ollama", which a name may well hold


class PopcornError(Exception):
    """Root of every error that popcorn-bench raises on purpose."""


class UsageError(PopcornError):
    """Bad input: the message names the flag or the field and what would be right."""


class FileError(UsageError):
    """Bad input in a file, shown as `file:line: field: message`."""

    def __init__(self, path: Path | str, line: int, where: str, message: str) -> None:
        self.path, self.line, self.where, self.message = str(path), line, where, message
        field = f" {where}:" if where else ""
        super().__init__(f"{path}:{line}:{field} {message}")


class StoreError(PopcornError):
    """The results folder cannot be read or written."""


class AdapterError(PopcornError):
    """An adapter could not do a unit.

    Args:
        kind: name of the failure, for example `rate_limit` or `malformed_answer`.
        message: one line for people; secrets are removed.
        retriable: whether the same call may succeed later.
        retry_after: seconds that the other side asked to wait, if it did.
        cost_usd: what the failed attempt cost, if it cost anything.

    `answer` may be set to what a model said that could not be used, so that it can be shown it; it
    does not leave its process.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        retriable: bool = False,
        retry_after: float | None = None,
        cost_usd: float | None = None,
    ) -> None:
        self.kind, self.retriable, self.retry_after = kind, retriable, retry_after
        self.cost_usd = cost_usd
        self.answer = ""
        self.message = redact(message)[:_MESSAGE_LIMIT]
        super().__init__(self.message)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip from a worker process."""
        return (
            _rebuild,
            (self.kind, self.message, self.retriable, self.retry_after, self.cost_usd),
        )

    def failure(self, stage: Stage, attempts: int) -> Failure:
        """The row that remains of this error."""
        return Failure(
            stage=stage,
            kind=self.kind,
            message=self.message,
            attempts=attempts,
            retriable=self.retriable,
            cost_usd=self.cost_usd,
        )


@contextmanager
def boundary(what: str) -> Iterator[None]:
    """Let only `PopcornError` out: anything else an adapter raises becomes kind `bug`.

    A disk that is full or cannot be written is nobody's bug: kind `disk`.
    """
    try:
        yield
    except PopcornError:
        raise
    except Exception as error:
        if getattr(error, "errno", None) in _NO_ROOM:
            said = f"{what}: {os.strerror(error.errno)}"  # type: ignore[attr-defined]  # just read
            raise AdapterError(DISK, said, retriable=True) from error
        raise AdapterError("bug", f"{what}: {type(error).__name__}: {error}") from error


def redact(text: str) -> str:
    """Remove the values of secret-looking environment variables and the user part of URLs."""
    for name, value in sorted(_secrets(), key=lambda item: -len(item[1])):  # one may hold another
        if len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, f"<{name}>")
    return _URL_USER.sub("<user>@", text)


def holds_secret(text: str) -> bool:
    """Whether a text has the user part of a URL or a long secret of the environment in it."""
    return bool(_URL_USER.search(text)) or any(
        len(value) >= _LONG_SECRET and value in text for _, value in _secrets()
    )


def _secrets() -> Iterator[tuple[str, str]]:
    """Variables of the environment that are named like a secret, and their values."""
    return ((name, value) for name, value in os.environ.items() if _SECRET_NAME.search(name))


def visible(text: str) -> str:
    """The text as it may be shown: what a stranger wrote is not to steer the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion to end a message with, or nothing where no known name is near."""
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _rebuild(
    kind: str, message: str, retriable: bool, retry_after: float | None, cost_usd: float | None
) -> AdapterError:
    return AdapterError(
        kind, message, retriable=retriable, retry_after=retry_after, cost_usd=cost_usd
    )
