from __future__ import annotations

import hashlib
from pathlib import Path

from popcorn_bench.results.artifacts import ArtefactStore


def test_equal_files_are_kept_once_under_their_content(tmp_path: Path) -> None:
    store = ArtefactStore(tmp_path)
    names = set()
    for _ in range(2):
        with store.workspace() as scratch:
            file = scratch / "whatever.mp4"
            file.write_bytes(b"the same clip")
            names.add(store.put(file))

    (sha256,) = names
    assert sha256 == hashlib.sha256(b"the same clip").hexdigest()
    assert store.path(sha256, ".mp4").read_bytes() == b"the same clip"
    files = [p for p in (tmp_path / "artifacts").rglob("*") if p.is_file()]
    assert files == [store.path(sha256, ".mp4")]
