"""Artefacts: files named by their content, so that the same clip is kept once.

They lie in the results folder, or at a URL that the folder remembers (`place.py`). Wherever that
is, a file appears under its name only when all of it is there, and it is held against its name
whenever it is read.
"""

from popcorn_bench.results.artifacts.local import FOLDER, ArtefactStore
from popcorn_bench.results.artifacts.place import open_artefacts
from popcorn_bench.results.artifacts.protocol import (
    DAMAGED,
    NAME,
    UNREACHABLE,
    Artefacts,
    Fetch,
    name_of,
)

__all__ = [
    "DAMAGED",
    "FOLDER",
    "NAME",
    "UNREACHABLE",
    "ArtefactStore",
    "Artefacts",
    "Fetch",
    "name_of",
    "open_artefacts",
]
