"""The index of a corpus for one embedder: built once, kept on disk, memory-mapped, shared.

Rows stand by category and, within one, from the most to the fewest comments, so that the popular
and the unpopular rows of a category are its head and its tail.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.fingerprint import digest
from popcorn_bench.generators.retrieval import vectors as stored
from popcorn_bench.generators.retrieval.categories import profiles
from popcorn_bench.generators.retrieval.embedders import Embedder
from popcorn_bench.generators.retrieval.vectors import Floats, Searchable

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

LAYOUT = 3  # of the files and of the tables in them; part of their key

_TEXTS = ("title", "cover_desc", "caption")
_MANIFEST = "manifest.json"
_ROWS = "rows.arrow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What a folder of an index holds.

    Attributes:
        rows: the corpus in the order of the index, n rows.
        rank: place of each row by comments in the whole corpus, 0 for the most, [n].
        categories: k names, sorted.
        starts: first row of each category, and n, [k + 1].
        vectors: title, cover description and caption of each row, n rows.
        profiles: what the rows of each category have and the others lack, [d, k].
        names: direction of each category's name, [d, k].
        learnt: what the embedder knows of the corpus.
    """

    rows: pa.Table
    rank: NDArray[np.int32]
    categories: tuple[str, ...]
    starts: tuple[int, ...]
    vectors: Searchable
    profiles: Floats
    names: Floats
    learnt: Floats


def index_key(sha256: str, embedder: Embedder) -> str:
    """What decides the content of an index; `sha256` stands for the rows."""
    return digest("retrieval", LAYOUT, sha256, embedder.name, embedder.revision)[:32]


def open_index(cache: Path, sha256: str, embedder: Embedder, rows: pl.DataFrame) -> Index:
    """Map the index of a corpus, which is built where `cache` does not hold it yet.

    Two processes may build at the same time: the first to finish is kept, both have the same.

    Args:
        cache: folder of all indexes.
        sha256: of the corpus.
        embedder: encodes the rows.
        rows: at least one row; texts without nulls, `comments` known.
    """
    folder = cache / index_key(sha256, embedder)
    if not (folder / _MANIFEST).exists():
        _publish(build(embedder, rows), folder)
    return _mapped(folder)


def build(embedder: Embedder, rows: pl.DataFrame) -> Index:
    """Order and encode the rows; ties in comments go by id."""
    import polars as pl

    ranked = rows.sort(["comments", "id"], descending=[True, False]).with_row_index("rank")
    ordered = ranked.sort(["category", "rank"])
    counts = ordered.group_by("category", maintain_order=True).len()
    categories = tuple(counts["category"].to_list())
    starts = (0, *np.cumsum(counts["len"].to_numpy()).tolist())
    texts = ordered.select(pl.concat_str(_TEXTS, separator=" ")).to_series().to_list()
    learnt = embedder.learn(texts)
    vectors = embedder.encode(texts, learnt)
    return Index(
        rows=ordered.drop("rank").to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks(),
        rank=ordered["rank"].to_numpy().astype(np.int32),
        categories=categories,
        starts=starts,
        vectors=stored.searchable(vectors, starts),
        profiles=profiles(vectors, starts),
        names=np.ascontiguousarray(stored.as_dense(embedder.encode(categories, learnt)).T),
        learnt=learnt,
    )


def _publish(index: Index, folder: Path) -> None:
    """Write elsewhere, sync, rename: the folder is there as a whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    try:
        _write(index, scratch)
        for file in scratch.iterdir():
            with file.open("rb+") as handle:
                os.fsync(handle.fileno())
        try:
            scratch.rename(folder)
        except OSError:
            if not (folder / _MANIFEST).exists():  # no other process was faster
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write(index: Index, folder: Path) -> None:
    import pyarrow as pa

    with (
        pa.OSFile(str(folder / _ROWS), "wb") as sink,
        pa.ipc.new_file(sink, index.rows.schema) as file,
    ):
        file.write_table(index.rows)
    stored.save(index.vectors, folder)
    for name in ("rank", "profiles", "names", "learnt"):
        np.save(folder / f"{name}.npy", getattr(index, name))
    manifest = {"categories": index.categories, "starts": index.starts}
    (folder / _MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def _mapped(folder: Path) -> Index:
    import pyarrow as pa

    manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    rank, table, names, learnt = (
        stored.mapped(folder / f"{name}.npy") for name in ("rank", "profiles", "names", "learnt")
    )
    return Index(
        rows=pa.ipc.open_file(pa.memory_map(str(folder / _ROWS))).read_all(),
        rank=rank,
        categories=tuple(manifest["categories"]),
        starts=tuple(manifest["starts"]),
        vectors=stored.load(folder),
        profiles=table,
        names=names,
        learnt=learnt,
    )
