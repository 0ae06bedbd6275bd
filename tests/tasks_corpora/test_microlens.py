"""The reader of MicroLens, on rows that are made up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popcorn_bench.errors import FileError, UsageError
from popcorn_bench.tasks.corpora.microlens import read_microlens

FILES = {
    "MicroLens-100k_title_en.csv": "video_id, title\n1, one, two, and three\n2, \n3,  spaced \n",
    "tags_to_summary.csv": "video_id, tag\n1,Game\n2,Daily Sharing\n3,Anime\n",
    "video_label_comment_count.csv": "video_id,comment_count\n1,2\n2,4\n3,8\n",
    "MicroLens-100k_likes_and_views.txt": "1\t10000\t20000\n3\t30000\t40000\n",
    "split.csv": "video_id,split\n1,train\n2,valid\n",
}
TITLES, TAGS, COMMENTS, ENGAGEMENT, SPLIT = FILES
ROWS = [
    (1, "one, two, and three", "Game", 10000, 20000, 2, "train"),
    (2, "", "Daily Sharing", None, None, 4, "valid"),
    (3, "spaced", "Anime", 30000, 40000, 8, None),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path


def test_rows_are_joined_and_gaps_are_null(folder: Path) -> None:
    corpus = read_microlens(folder)
    assert corpus.frame.columns == [
        "id", "title", "category", "likes", "views", "comments", "split",
    ]  # fmt: skip
    assert corpus.frame.rows() == ROWS
    assert (corpus.bad, corpus.incomplete) == ((), {})


def test_optional_files_may_be_missing(folder: Path) -> None:
    (folder / SPLIT).unlink()
    (folder / ENGAGEMENT).unlink()
    frame = read_microlens(folder).frame
    assert frame["split"].null_count() == frame["likes"].null_count() == 3


@pytest.mark.parametrize("name", [TITLES, TAGS])
def test_required_files_may_not(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(FileError, match=rf"{name}:1: no such file"):
        read_microlens(folder)


def test_comments_are_needed_to_train_on(folder: Path) -> None:
    (folder / COMMENTS).unlink()
    with pytest.raises(UsageError, match="comment"):
        read_microlens(folder)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (TITLES, "no separator"),
        (TITLES, "x1, a title"),
        (TITLES, "1, again"),
        (TAGS, "4,"),
        (COMMENTS, "4,many"),
        (ENGAGEMENT, "4\t5"),
        (ENGAGEMENT, "4\t-5\t6"),
        (SPLIT, "3,Train"),
    ],
)
def test_bad_lines_are_listed(folder: Path, name: str, line: str) -> None:
    number = FILES[name].count("\n") + 1
    (folder / name).write_text(f"{FILES[name]}{line}\n", encoding="utf-8")
    corpus = read_microlens(folder)
    assert [(row.file, row.line) for row in corpus.bad] == [(name, number)]
    assert corpus.frame.rows() == ROWS


def test_a_video_without_a_tag_is_listed(folder: Path) -> None:
    (folder / TAGS).write_text("video_id, tag\n1,Game\n3,Anime\n", encoding="utf-8")
    corpus = read_microlens(folder)
    assert corpus.frame["id"].to_list() == [1, 3]
    assert (TITLES, 3) in [(row.file, row.line) for row in corpus.bad]


@pytest.mark.parametrize("line", ["", "3,0\n"])
def test_videos_without_comments_are_counted(folder: Path, line: str) -> None:
    (folder / COMMENTS).write_text(f"video_id,comment_count\n1,2\n2,4\n{line}", encoding="utf-8")
    corpus = read_microlens(folder)
    assert corpus.frame["id"].to_list() == [1, 2]
    assert corpus.incomplete == {COMMENTS: 1}


def test_lines_of_other_encodings_are_listed(folder: Path) -> None:
    (folder / TITLES).write_bytes(b"video_id, title\n1, good\n2, caf\xe9\n")
    corpus = read_microlens(folder)
    assert corpus.frame["title"].to_list() == ["good"]
    assert (TITLES, 3) in [(row.file, row.line) for row in corpus.bad]


def test_a_byte_order_mark_and_windows_lines_are_read(folder: Path) -> None:
    text = FILES[TITLES].replace("\n", "\r\n")
    (folder / TITLES).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_microlens(folder).frame["title"].to_list() == ["one, two, and three", "", "spaced"]


def test_folders_without_videos_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        read_microlens(folder / "absent")
    (folder / TITLES).write_text("video_id, title\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no video has a title, a tag and a comment count"):
        read_microlens(folder)


@given(title=st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])))
def test_any_title_survives(tmp_path_factory: pytest.TempPathFactory, title: str) -> None:
    folder = tmp_path_factory.mktemp("corpus")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / TITLES).write_text(f"video_id, title\n1, {title}\n", encoding="utf-8")
    assert read_microlens(folder).frame["title"].to_list() == [title.strip()]


@pytest.mark.shared
def test_the_real_files_are_read_whole() -> None:
    shared = os.environ.get("POPCORN_SHARED")
    root = Path(shared) if shared else Path(__file__).resolve().parents[2] / ".." / "shared"
    folder = root / "data" / "microlens_100k"
    if not folder.is_dir():
        pytest.skip("the MicroLens rows are not here (set POPCORN_SHARED)")
    corpus = read_microlens(folder)
    assert (corpus.bad, corpus.incomplete) == ((), {})
    counts = dict(corpus.frame["split"].value_counts().rows())
    assert counts == {"train": 15_790, "valid": 1_974}
    assert corpus.frame["category"].n_unique() == 23
