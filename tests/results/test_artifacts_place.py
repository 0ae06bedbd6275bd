"""Where the artefacts of a results folder are."""

from __future__ import annotations

from pathlib import Path

import pytest

from popcorn_bench.errors import StoreError, UsageError
from popcorn_bench.results.artifacts import ArtefactStore, open_artefacts
from popcorn_bench.results.artifacts.place import ArtefactPlace, place_of, remember, settle
from popcorn_bench.results.artifacts.remote import RemoteArtefacts


def test_without_a_word_they_are_in_the_folder_and_nothing_is_written(tmp_path: Path) -> None:
    place = settle(tmp_path, None, None)
    remember(tmp_path, place)

    assert place == ArtefactPlace()
    assert isinstance(open_artefacts(tmp_path), ArtefactStore)
    assert open_artefacts(tmp_path).root == tmp_path / "artifacts"
    assert not list(tmp_path.iterdir())


def test_the_folder_remembers_the_url(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    remember(folder, settle(folder, "s3://bucket/prefix/", 5_000))

    assert place_of(folder) == ArtefactPlace("s3://bucket/prefix", 5_000)
    assert settle(folder, None, None) == place_of(folder)
    assert settle(folder, "s3://bucket/prefix", 7_000) == ArtefactPlace("s3://bucket/prefix", 7_000)
    found = open_artefacts(folder)
    assert isinstance(found, RemoteArtefacts)
    assert found.address == "s3://bucket/prefix"
    assert found.root == folder / "artifacts"


@pytest.mark.parametrize("scheme", ["", "file://", "local://"])
def test_a_folder_of_this_machine_is_used_in_place(tmp_path: Path, scheme: str) -> None:
    folder = tmp_path / "results"
    remember(folder, settle(folder, f"{scheme}{tmp_path / 'clips of all'}", None))

    store = open_artefacts(folder)
    assert isinstance(store, ArtefactStore)
    assert store.root == tmp_path / "clips of all"
    with store.workspace() as scratch:
        (scratch / "a.mp4").write_bytes(b"clip")
        sha256 = store.put(scratch / "a.mp4")
    with store.reading() as fetch:
        assert fetch(f"{sha256}.mp4").read_bytes() == b"clip"


def test_the_folders_own_place_is_the_default(tmp_path: Path) -> None:
    assert settle(tmp_path, str(tmp_path / "artifacts"), None) == ArtefactPlace()


def test_what_is_somewhere_else_already_is_not_left_behind(tmp_path: Path) -> None:
    remember(tmp_path / "a", ArtefactPlace("s3://one/place"))
    with pytest.raises(UsageError, match="are at s3://one/place"):
        settle(tmp_path / "a", "s3://another/place", None)
    (tmp_path / "b" / "artifacts").mkdir(parents=True)
    with pytest.raises(UsageError, match="results merge"):
        settle(tmp_path / "b", "s3://another/place", None)


def test_a_secret_in_a_url_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG")
    for url in ("s3://me:password@bucket/x", "s3://bucket/wJalrXUtnFEMI/K7MDENG"):
        with pytest.raises(UsageError, match="no secret"):
            settle(tmp_path, url, None)


def test_a_url_without_a_bucket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no bucket"):
        settle(tmp_path, "s3://", None)


def test_a_broken_note_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "artifacts.json").write_text("{")
    with pytest.raises(StoreError, match=r"artifacts\.json: cannot be read"):
        open_artefacts(tmp_path)


def test_scratch_of_others_in_a_shared_folder_is_left_alone(tmp_path: Path) -> None:
    own, shared = ArtefactStore(tmp_path / "own"), ArtefactStore.at(tmp_path / "shared")
    for store, stays in ((own, False), (shared, True)):
        with store.workspace() as scratch:
            store.clear_scratch()
            assert scratch.exists() is stays
