"""The layout of MicroLens-100k, on rows that are made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popcorn_bench.errors import UsageError
from popcorn_bench.tasks.corpora.catalog import CorpusCatalog
from popcorn_bench.tasks.corpora.corpus import Corpus
from tests.corpora.making import one_line

FILES = {
    "MicroLens-100k_title_en.csv": "video_id, title\n1, one, two, and three\n2, \n3,  spaced \n",
    "tags_to_summary.csv": "video_id, tag\n1,Game\n2,Daily Sharing\n3,Anime\n",
    "MicroLens-100k_likes_and_views.txt": "1\t10000\t20000\n3\t30000\t40000\n",
    "video_label_comment_count.csv": "video_id,comment_count\n1,2\n2,4\n",
    "llava-v1.5_caption.txt": "1,a cover, with a comma\n",
    "Microlens100K_captions_en.csv": "3\ta caption\n",
    "MicroLens-100k_comment_en.txt": "7\t1\tfirst\n8\t1\tsecond\twith a tab\n9\t3\tthird\n",
}
TITLES, TAGS, LIKES, COUNTED, COVERS, CAPTIONS, COMMENTS = FILES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path


def load(folder: Path) -> Corpus:
    return CorpusCatalog().load("microlens", folder)


def test_the_files_are_joined_into_one_table(folder: Path) -> None:
    corpus = load(folder)
    assert corpus.frame.rows() == [
        ("1", "one, two, and three", "a cover, with a comma", "", "Game", 10000, 20000, 2, "", ""),
        ("2", "", "", "", "Daily Sharing", None, None, 4, "", ""),
        ("3", "spaced", "", "a caption", "Anime", 30000, 40000, None, "", ""),
    ]
    assert (corpus.bad, corpus.synthetic, corpus.numbering) == ((), False, "microlens-100k")


def test_comments_are_counted_where_there_is_no_count(folder: Path) -> None:
    (folder / COUNTED).unlink()
    assert load(folder).frame["comments"].to_list() == [2, 0, 1]


def test_only_titles_and_tags_are_needed(folder: Path) -> None:
    for name in (LIKES, COUNTED, COVERS, CAPTIONS, COMMENTS):
        (folder / name).unlink()
    frame = load(folder).frame
    assert frame.height == 3
    assert {frame[name].null_count() for name in ("likes", "views", "comments")} == {3}
    (folder / TAGS).unlink()
    with pytest.raises(UsageError, match=r"tags_to_summary.csv:1: no such file"):
        load(folder)


def test_headers_may_be_missing(folder: Path) -> None:
    whole = load(folder).frame
    for name in (TITLES, TAGS, COUNTED):
        (folder / name).write_text(FILES[name].partition("\n")[2])
    assert load(folder).frame.equals(whole)


def test_covers_and_clips_are_found_by_their_names(folder: Path) -> None:
    for name in ("MicroLens-100k_covers/1.jpg", "MicroLens-100k_videos/3.mp4"):
        (folder / name).parent.mkdir()
        (folder / name).write_bytes(b"")
    corpus = load(folder)
    assert corpus.frame["cover_path"].to_list() == ["MicroLens-100k_covers/1.jpg", "", ""]
    assert corpus.frame["video_path"].to_list() == ["", "", "MicroLens-100k_videos/3.mp4"]
    assert corpus.folder == folder


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        (TITLES, "no comma", "fewer than 2 fields"),
        (TITLES, "x1, a title", "video: not a whole number"),
        (TITLES, "1, again", "video: a second time"),
        (TITLES, "9, nobody tagged it", "video: not in tags_to_summary.csv"),
        (TAGS, "9,Game", "video: not in MicroLens-100k_title_en.csv"),
        (TAGS, "1,", "category: empty"),
        (COUNTED, "3,many", "comments: not a whole number"),
        (LIKES, "2\t5", "fewer than 3 fields"),
        (LIKES, "2\t-5\t6", "likes: not a whole number"),
        (LIKES, "2\t5\t" + "9" * 19, "views: not a whole number"),
        (COVERS, "2,caf\udce9", "not UTF-8"),
    ],
)
def test_a_bad_line_is_listed_and_takes_nothing_with_it(
    folder: Path, name: str, line: str, reason: str
) -> None:
    number = FILES[name].count("\n") + 1
    (folder / name).write_bytes(f"{FILES[name]}{line}\n".encode("utf-8", "surrogateescape"))
    corpus = load(folder)
    assert [str(row) for row in corpus.bad] == [f"{name}:{number}: {reason}"]
    assert corpus.frame.height == 3


def test_comments_on_unknown_videos_are_told(folder: Path) -> None:
    (folder / COUNTED).unlink()
    (folder / COMMENTS).write_text("7\t1\ta\n7\t5\tb\n7\t6\tc\nbroken\n")
    assert [str(row) for row in load(folder).bad] == [
        f"{COMMENTS}:4: fewer than 3 fields",
        f"{COMMENTS}:0: 2 comments on videos that are not in {TITLES}",
    ]


def test_a_byte_order_mark_and_windows_lines_are_read(folder: Path) -> None:
    whole = load(folder).frame
    for name in (TITLES, TAGS):
        (folder / name).write_bytes(b"\xef\xbb\xbf" + FILES[name].replace("\n", "\r\n").encode())
    assert load(folder).frame.equals(whole)


def test_the_folder_is_asked_for() -> None:
    with pytest.raises(UsageError, match="needs --corpus-dir DIR"):
        CorpusCatalog().load("microlens")
    with pytest.raises(UsageError, match="no such folder: absent"):
        CorpusCatalog().load("microlens", Path("absent"))


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)
@given(
    name=st.sampled_from(sorted(FILES)),
    raw=st.one_of(
        st.binary(max_size=60),
        st.lists(st.sampled_from(["1", "2", ",", "\t", "\n", "a", '"', "\xa0", "-"]))
        .map("".join)
        .map(str.encode),
    ),
)
def test_any_bytes_are_rows_bad_rows_or_one_clear_line(folder: Path, name: str, raw: bytes) -> None:
    for other, text in FILES.items():
        (folder / other).write_bytes(text.encode())
    (folder / name).write_bytes(raw)
    corpus = one_line(lambda: load(folder))
    if corpus is not None:
        assert set(corpus.frame["id"]) <= {"1", "2", "3"} or name == TITLES
