"""Posters of the clips on a page, from real files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from popcorn_bench.leaderboard.board import board
from popcorn_bench.leaderboard.html import write_html
from popcorn_bench.leaderboard.posters import measured, write_posters
from popcorn_bench.media import write_mp4
from tests.leaderboard.index import Index
from tests.leaderboard.pages import Page

Frame = NDArray[np.uint8]


def _frames(black: int, size: tuple[int, int] = (96, 160)) -> Iterator[Frame]:
    """Black frames, then a bright picture with red on its left half."""
    for number in range(black + 4):
        frame = np.zeros((*size, 3), np.uint8)
        if number >= black:
            frame[:, : size[1] // 2, 0] = 220
            frame[:, size[1] // 2 :] = 240
        yield frame


def _clip(folder: Path, black: int = 3, size: tuple[int, int] = (96, 160)) -> str:
    """Write a clip into an artefact folder; its address as seen from `folder/site`."""
    path = folder / "made.mp4"
    write_mp4(_frames(black, size), path, fps=8)
    name = f"{hashlib.sha256(path.read_bytes()).hexdigest()}.mp4"
    where = folder / "artifacts" / name[:2] / name
    where.parent.mkdir(parents=True, exist_ok=True)
    path.replace(where)
    return f"../artifacts/{name[:2]}/{name}"


def _page(index: Index, folder: Path, warnings: list[str]) -> str:
    made = board(index.connection)
    site = folder / "site"
    page = write_html(made, index.connection, site, artifacts="../artifacts", warn=warnings.append)
    return page.read_text("utf-8")


def _sampled(index: Index, clips: list[str]) -> None:
    """One query and brief whose clips these are, one per generator."""
    index.task([("q0", "concrete", "food")])
    index.llm("a")
    index.brief("q0", "a")
    index.evaluator("q", "freeze", inputs=("video",))
    for i, clip in enumerate(clips):
        index.video(f"v{i}")
        index.score(("a", f"v{i}", "basic", "q"), "freeze", {"q0": 0.1})
        index.clip("q0", "a", f"v{i}", sha256=Path(clip).stem)


def test_a_poster_is_the_first_frame_that_shows_something(tmp_path: Path) -> None:
    clip = _clip(tmp_path, size=(480, 640))
    (tmp_path / "site").mkdir()
    assert write_posters([clip], tmp_path / "site", pytest.fail) == {clip}
    poster = measured(clip, tmp_path / "site")
    assert (poster.width, poster.height) == (320, 240)
    path = tmp_path / "site" / poster.href
    assert path.name == f"{Path(clip).stem}.webp"
    with Image.open(path) as image:
        assert (image.format, image.size) == ("WEBP", (320, 240))
        left, right = (image.convert("RGB").getpixel(at) for at in ((40, 120), (280, 120)))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 150 > left[1]
    assert min(right) > 200


def test_a_small_clip_is_not_made_larger_and_a_blank_one_is_black(tmp_path: Path) -> None:
    small, blank = _clip(tmp_path), _clip(tmp_path, size=(64, 64))
    (tmp_path / blank.removeprefix("../")).unlink()
    write_mp4([np.zeros((64, 64, 3), np.uint8)] * 4, tmp_path / blank.removeprefix("../"), fps=8)
    (tmp_path / "site").mkdir()
    assert write_posters([small, blank], tmp_path / "site", pytest.fail) == {small, blank}
    found = [measured(clip, tmp_path / "site") for clip in (small, blank)]
    assert [(one.width, one.height) for one in found] == [(160, 96), (64, 64)]


def test_posters_that_are_there_are_kept_and_broken_ones_made_again(tmp_path: Path) -> None:
    clip = _clip(tmp_path)
    site = tmp_path / "site"
    site.mkdir()
    write_posters([clip], site, pytest.fail)
    path = site / measured(clip, site).href
    first = path.stat().st_mtime_ns
    (tmp_path / clip.removeprefix("../")).rename(tmp_path / "elsewhere.mp4")
    assert write_posters([clip], site, pytest.fail) == {clip}, "nothing is decoded"
    assert path.stat().st_mtime_ns == first
    (tmp_path / "elsewhere.mp4").rename(tmp_path / clip.removeprefix("../"))
    path.write_bytes(path.read_bytes()[:9])
    write_posters([clip], site, pytest.fail)
    with Image.open(path) as image:
        assert image.size == (160, 96)


def test_every_clip_has_one_and_nothing_is_left_beside_them(tmp_path: Path) -> None:
    source = tmp_path / _clip(tmp_path).removeprefix("../")
    names = [hashlib.sha256(str(i).encode()).hexdigest() for i in range(60)]
    clips = [f"../artifacts/{name[:2]}/{name}.mp4" for name in names]
    for path in clips:
        target = tmp_path / path.removeprefix("../")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    (tmp_path / "site").mkdir()
    assert write_posters([clips[0], *clips], tmp_path / "site", pytest.fail) == set(clips)
    made = sorted(path.name for path in (tmp_path / "site" / "posters").iterdir())
    assert made == sorted(f"{name}.webp" for name in names)


def test_the_page_shows_clips_that_load_when_they_are_played(index: Index, tmp_path: Path) -> None:
    clips = [_clip(tmp_path, black) for black in (0, 2)]
    _sampled(index, clips)
    warnings: list[str] = []
    page = Page(_page(index, tmp_path, warnings))
    assert warnings == []
    videos = [attributes for tag, attributes in page.tags if tag == "video"]
    assert [video["src"] for video in videos] == clips
    for video in videos:
        assert video["preload"] == "none"
        assert "autoplay" not in video
        assert "controls" in video
        assert video["aria-label"]
        assert video["poster"]
        assert (tmp_path / "site" / video["poster"]).is_file()
    links = [attributes.get("href") for tag, attributes in page.tags if tag == "a"]
    assert set(clips) <= set(links), "each can be opened alone"
    [policy] = [a["content"] or "" for t, a in page.tags if "http-equiv" in a and t == "meta"]
    assert "img-src 'self' data:" in policy
    assert "media-src 'self'" in policy


def test_a_clip_that_cannot_be_decoded_is_a_link_and_one_warning(
    index: Index, tmp_path: Path
) -> None:
    clips = [_clip(tmp_path, black) for black in (0, 2, 4)]
    _sampled(index, clips)
    (tmp_path / clips[0].removeprefix("../")).write_bytes(b"no clip at all")
    (tmp_path / clips[1].removeprefix("../")).unlink()
    warnings: list[str] = []
    page = Page(_page(index, tmp_path, warnings))
    assert [attributes["src"] for tag, attributes in page.tags if tag == "video"] == clips[2:]
    links = [attributes.get("href") for tag, attributes in page.tags if tag == "a"]
    assert set(clips) <= set(links)
    [warning] = warnings
    assert warning.startswith("no poster for ")
    assert warning.endswith("and 1 more")


def test_posters_on_demand_are_left_to_the_server_but_for_the_first(
    index: Index, tmp_path: Path
) -> None:
    """Two queries of one kind and topic: the first shows without scripts."""
    clips = [_clip(tmp_path, black) for black in (0, 2)]
    index.task([("q0", "concrete", "food"), ("q1", "concrete", "food")])
    index.llm("a")
    index.video("v")
    index.evaluator("q", "freeze", inputs=("video",))
    index.score(("a", "v", "basic", "q"), "freeze", {"q0": 0.1, "q1": 0.2})
    for query, clip in zip(("q0", "q1"), clips, strict=True):
        index.brief(query, "a")
        index.clip(query, "a", "v", sha256=Path(clip).stem)
    for on_demand, expected in ((True, clips[:1]), (False, clips)):
        write_html(
            board(index.connection), index.connection, tmp_path / "site",
            artifacts="../artifacts", posters_on_demand=on_demand, warn=pytest.fail,
        )  # fmt: skip
        made = {path.stem for path in (tmp_path / "site" / "posters").iterdir()}
        assert made == {Path(clip).stem for clip in expected}
