"""What a corpus file may say, and how its source is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from popcorn_bench import yamlfile
from popcorn_bench.errors import UsageError, did_you_mean
from popcorn_bench.tasks.corpora.corpus import COLUMNS
from popcorn_bench.tasks.corpora.files import SUFFIXES, FileSource
from popcorn_bench.tasks.corpora.hub import HubSource
from popcorn_bench.tasks.corpora.records import Source, Table
from popcorn_bench.tasks.schema import Inside, Name, Strict
from popcorn_bench.yamlfile import Document

_NEEDED = ("id", "title")
_HubName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$", max_length=200)
]


class Columns(Strict):
    """Which column of the source holds which of ours, where the names differ."""

    id: str = "id"
    title: str = "title"
    cover_desc: str = "cover_desc"
    caption: str = "caption"
    category: str = "category"
    likes: str = "likes"
    views: str = "views"
    comments: str = "comments"
    cover_path: str = "cover_path"
    video_path: str = "video_path"


class CorpusFile(Strict):
    """A corpus: where its rows are and what is known of them."""

    corpus: Name
    description: str = ""
    path: str | None = Field(
        None, description="a .csv, .json, .jsonl or .parquet file, relative to this file"
    )
    dataset: _HubName | None = Field(None, description="in place of `path`: of the hub")
    split: str = "train"
    revision: Inside | None = None
    columns: Columns = Columns()
    licence: str = ""
    source: str = ""
    synthetic: bool = False
    numbering: Name | None = Field(
        None, description="who gave the ids; the name of the corpus when missing"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.dataset is None):
            raise ValueError("give either path or dataset")
        return self


@dataclass(frozen=True, slots=True)
class Definition:
    """A corpus file that is right as far as it can be told without reading the rows."""

    document: Document
    file: CorpusFile

    @property
    def data(self) -> Path | None:
        """The local file with the rows."""
        return None if self.file.path is None else self.document.path.parent / self.file.path

    def open(self, corpus_dir: Path | None) -> Source:
        """The source of the rows.

        Args:
            corpus_dir: a local copy of a dataset of the hub.

        Raises:
            UsageError: for a folder that is not there or not wanted.
        """
        if self.data is not None:
            if corpus_dir is not None:
                raise UsageError(f"--corpus-dir: corpus {self.file.corpus!r} needs none")
            return FileSource(self.data)
        if corpus_dir is not None and not corpus_dir.is_dir():
            raise UsageError(f"--corpus-dir: no such folder: {corpus_dir}")
        dataset, revision = str(self.file.dataset), self.file.revision or ""
        return HubSource(dataset, self.file.split, corpus_dir, revision)

    def refuse_unknown(self, table: Table) -> None:
        """Raise FileError where a column that the file names, or that is needed, never came."""
        for column, name in self.file.columns:
            wanted = column in self.file.columns.model_fields_set or column in _NEEDED
            if wanted and table.seen and name not in table.seen:
                there = ", ".join(map(repr, table.seen))
                hint = did_you_mean(name, table.seen) or f"; there are {there}"
                message = f"the rows have no column {name!r}{hint}"
                raise self.document.fault(("columns", column), message)


def define(path: Path) -> Definition:
    """Read a corpus file; FileError at its first fault."""
    document = yamlfile.read(path)
    return check(document)


def check(document: Document) -> Definition:
    """Hold a document to the schema and look whether its rows are there; FileError if not."""
    definition = Definition(document, yamlfile.check(document, CorpusFile))
    path, folder = definition.data, document.path.parent
    if path is not None:
        if path.suffix not in SUFFIXES:
            raise document.fault(("path",), f"is no {', '.join(SUFFIXES)} file")
        if not path.resolve().is_relative_to(folder.resolve()):
            raise document.fault(("path",), f"leaves {folder}")
        if not path.is_file():
            raise document.fault(("path",), f"no such file: {definition.file.path}")
    return definition


def names_of(columns: Columns | None = None) -> dict[str, str]:
    """For each column of a corpus, the column of its source."""
    return columns.model_dump() if columns else dict(zip(COLUMNS, COLUMNS, strict=True))
