"""Values that are read from files."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from popcorn_bench.errors import FileError

_Kind = TypeVar("_Kind", bound="Plain")


class Plain(BaseModel):
    """A value that is read from a file: frozen, and nothing unknown in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_plain(path: Path, kind: type[_Kind]) -> _Kind:
    """Read a JSON file.

    Raises:
        FileError: if it is not there or does not fit.
    """
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileError(path, 1, "", f"cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FileError(path, 1, where, str(first["msg"])) from error


def write_plain(value: Plain, path: Path) -> None:
    """Write it as JSON, one field a line."""
    path.write_text(value.model_dump_json(indent=1) + "\n", encoding="utf-8")
