"""All files of a publication, in a folder of their own, made from the index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from popcorn_bench.errors import UsageError
from popcorn_bench.fingerprint import text_sha
from popcorn_bench.leaderboard import export
from popcorn_bench.leaderboard.apart import apart
from popcorn_bench.leaderboard.model import Board
from popcorn_bench.leaderboard.publish import every_eval_ever
from popcorn_bench.leaderboard.publish.card import card
from popcorn_bench.leaderboard.publish.citation import citation
from popcorn_bench.leaderboard.publish.material import Material, read_material
from popcorn_bench.leaderboard.publish.options import Options
from popcorn_bench.leaderboard.publish.record import FILE, as_json, files_of, manifest
from popcorn_bench.leaderboard.publish.samples import write_samples
from popcorn_bench.leaderboard.publish.schema import schema
from popcorn_bench.leaderboard.publish.site import write_site
from popcorn_bench.leaderboard.publish.tables import cells, pairs
from popcorn_bench.leaderboard.publish.terms import terms
from popcorn_bench.leaderboard.standing.compute import standings
from popcorn_bench.results.artifacts import Artefacts

_VERSION_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made, and what whoever publishes it should be told."""

    board: Board
    apart: tuple[str, ...]
    terms: tuple[str, ...]


def make(
    connection: DuckDBPyConnection,
    folder: Path,
    options: Options,
    *,
    stores: Sequence[Artefacts] = (),
    warn: Callable[[str], None],
) -> Made:
    """Write every file of a publication; equal results give equal bytes.

    Args:
        connection: an index; only read.
        folder: empty; gets all files.
        options: what the publisher decides.
        stores: artefacts of the results, for clips.
        warn: told, in one line each, what is left out.

    Raises:
        UsageError: where there is nothing to publish.
    """
    material = read_material(connection)
    found = material.board
    if not found.rows:
        raise UsageError("there are no scores to publish")
    said, licences = apart(found), terms(found, options)
    write_site(
        connection,
        found,
        folder,
        stores,
        clips=options.clips,
        prompts=options.prompts,
        forbids=dict(options.forbids),
        warn=warn,
    )
    _tables(connection, material, folder, options)
    document = export.to_json(found, standings(found, connection)).replace("<", "\\u003c") + "\n"
    version = text_sha(document)[:_VERSION_LENGTH]
    texts = {
        "leaderboard.json": document,
        "CITATION.cff": citation(found, options, version),
        "README.md": card(found, options, apart=said, terms=licences),
        **_texts(connection, material, options),
    }
    for name, text in texts.items():
        _write(folder / name, text)
    record = manifest(connection, material, options, apart=said, terms=licences)
    _write(folder / FILE, as_json({**record, "results": version, "files": files_of(folder)}))
    return Made(board=found, apart=tuple(said), terms=tuple(licences))


def _texts(connection: DuckDBPyConnection, material: Material, options: Options) -> dict[str, str]:
    """Files that hang on the results alone."""
    records = every_eval_ever.records(connection, material, options)
    return {
        "leaderboard.csv": export.to_csv(material.board),
        "schema.json": as_json(schema()),
        **{path: as_json(record) for path, record in records},
    }


def _tables(
    connection: DuckDBPyConnection, material: Material, folder: Path, options: Options
) -> None:
    cells(material).write_parquet(folder / "cells.parquet")
    pairs(material).write_parquet(folder / "pairs.parquet")
    write_samples(connection, material.names, folder / "samples.parquet", prompts=options.prompts)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "replace"))
