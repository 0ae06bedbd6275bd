"""A publication in a folder: whole files, nothing of others touched, no trace of an older one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.leaderboard.publish.folder import apply, changes
from popcorn_bench.leaderboard.publish.record import FILE, FORMAT, files_of


def _make(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / FILE).write_text(json.dumps({"format": FORMAT, "files": files_of(folder)}))
    return folder


def _publish(made: Path, target: Path) -> tuple[str, ...]:
    found = changes(made, target)
    apply(found, made, target)
    return found.written


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_second_publish_touches_nothing(tmp_path: Path) -> None:
    made, target = _make(tmp_path / "made", a="1", sub__b="2"), tmp_path / "target"
    assert set(_publish(made, target)) == {"a", "sub/b", FILE}
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*")}
    assert _publish(made, target) == ()
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*")} == before
    assert changes(made, target).unchanged == ("a", FILE, "sub/b")


def test_what_is_gone_is_removed_with_its_folder(tmp_path: Path) -> None:
    target = tmp_path / "target"
    _publish(_make(tmp_path / "one", a="1", old__deep__b="2"), target)
    _publish(_make(tmp_path / "two", a="1"), target)
    assert _names(target) == {"a", FILE}


def test_what_somebody_changed_or_added_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    _publish(_make(tmp_path / "one", a="1", b="2"), target)
    (target / "b").write_text("mine")
    (target / "notes").write_text("mine")
    _publish(_make(tmp_path / "two", a="1"), target)
    assert (target / "b").read_text() == (target / "notes").read_text() == "mine"


@pytest.mark.parametrize("name", ["README.md", FILE])
def test_a_file_of_others_is_never_overwritten(tmp_path: Path, name: str) -> None:
    made, target = _make(tmp_path / "made", **{"README.md": "new"}), tmp_path / "target"
    target.mkdir()
    (target / name).write_text("theirs")
    with pytest.raises(UsageError, match=f"{name} is there and no publish wrote it"):
        changes(made, target)
    assert (target / name).read_text() == "theirs"


def test_a_publish_that_was_cut_off_can_be_repeated(tmp_path: Path) -> None:
    made, target = _make(tmp_path / "made", a="1", b="2"), tmp_path / "target"
    target.mkdir()
    for name in (FILE, "a"):  # the manifest comes first
        (target / name).write_bytes((made / name).read_bytes())
    assert _publish(made, target) == ("b",)


def test_no_manifest_reaches_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("x")
    target = _make(tmp_path / "target", a="1")
    sha = files_of(tmp_path)["outside"]
    files = {"../outside": sha, str(outside): sha, "a/../../outside": sha}
    (target / FILE).write_text(json.dumps({"format": FORMAT, "files": files}))
    (target / "a").unlink()
    _publish(_make(tmp_path / "made", b="2"), target)
    assert outside.exists()


def test_no_part_of_a_file_stays_where_it_cannot_be_written(tmp_path: Path) -> None:
    made, target = _make(tmp_path / "made", a="1"), tmp_path / "target"
    (target / "a").mkdir(parents=True)
    with pytest.raises((OSError, UsageError)):
        _publish(made, target)
    assert not [name for name in _names(target) if "publish-" in name]
