"""What the licences of a board's generators rule out, as far as the catalogs know them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from duckdb import DuckDBPyConnection

Rules = tuple[str, ...]


def forbidden(connection: DuckDBPyConnection) -> dict[str, Rules]:
    """Rules by id of a generator, without those that rule nothing out.

    An index does not hold them: a generator is found in the catalogs by its name and licence.
    """
    rows = connection.execute("SELECT video_id, name, licence FROM generators").fetchall()
    known = _known() if rows else {}
    found = {key: known.get((name, licence or ""), ()) for key, name, licence in rows}
    return {key: rules for key, rules in found.items() if rules}


@cache
def _known() -> Mapping[tuple[str, str], Rules]:
    from popcorn_bench.generators.image.catalog import ImageCatalog
    from popcorn_bench.generators.video.catalog import VideoCatalog

    entries = [*VideoCatalog().entries(), *ImageCatalog().entries()]
    return {(e.generator.name, e.generator.licence): tuple(e.forbids) for e in entries}
