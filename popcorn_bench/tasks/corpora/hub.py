"""Rows of a dataset of the Hugging Face hub, or of a local copy, through `datasets`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from popcorn_bench.errors import UsageError
from popcorn_bench.tasks import hub
from popcorn_bench.tasks.corpora.corpus import BadRow
from popcorn_bench.tasks.corpora.digests import file_sha
from popcorn_bench.tasks.corpora.records import Record

_HOW = (
    "a dataset of the hub needs the network the first time; "
    "--corpus-dir takes a folder with a copy of its files"
)


@dataclass(frozen=True)
class HubSource:
    """A dataset.

    Args:
        dataset: `owner/name`.
        split: of the dataset.
        copy: a folder with its files, in place of the hub.
        revision: of the dataset, the newest when empty.
    """

    dataset: str
    split: str = "train"
    copy: Path | None = None
    revision: str = ""

    @property
    def folder(self) -> Path | None:
        """The local copy."""
        return self.copy

    def fingerprint(self) -> object:
        """The files in which `datasets` keeps the rows."""
        return [file_sha(Path(file["filename"])) for file in self._rows.cache_files]

    def records(self) -> Iterator[Record | BadRow]:
        """Read the rows; `line` is the number of the row."""
        for number, row in enumerate(self._rows, start=1):
            yield Record(row, self.dataset, number)

    @cached_property
    def _rows(self) -> Any:  # noqa: ANN401 - `datasets` is not typed
        path = str(self.copy) if self.copy else self.dataset
        revision = self.revision if self.revision and not self.copy else None
        try:
            return hub.load(path, None, self.split, revision=revision)
        except (OSError, ValueError) as error:
            why = str(error).partition("\n")[0][:300] or type(error).__name__
            raise UsageError(f"cannot load {self.dataset}: {why}; {_HOW}") from error
