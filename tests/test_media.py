from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from popcorn_bench import media
from popcorn_bench.errors import AdapterError
from popcorn_bench.media import (
    MediaFacts,
    is_blank,
    pick_frames,
    probe,
    read_frames,
    read_tags,
    standardise,
    write_mp4,
)

Frames = list[NDArray[np.uint8]]


def pictures(count: int = 12, width: int = 96, height: int = 64) -> Frames:
    """A bright square that walks over a ramp."""
    ramp = np.linspace(20, 200, width, dtype=np.uint8)
    base = np.repeat(np.tile(ramp, (height, 1))[..., None], 3, axis=2)
    found = []
    for i in range(count):
        frame = base.copy()
        frame[10:30, 2 * i : 2 * i + 20] = (250, 60, 30)
        found.append(frame)
    return found


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    write_mp4(pictures(), path, 12)
    return path


def refused(path: Path) -> str:
    with pytest.raises(AdapterError) as caught:
        probe(path)
    return caught.value.kind


@settings(max_examples=15, deadline=None)
@given(
    width=st.integers(16, 90).map(lambda n: 2 * n),
    height=st.integers(16, 90).map(lambda n: 2 * n),
    count=st.integers(1, 9),
    fps=st.sampled_from([1, 8, 12.5, 15, 23.976, 24, 60]),
)
def test_what_is_written_is_what_is_found(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, count: int, fps: float
) -> None:
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    write_mp4(pictures(count, width, height), path, fps)
    facts = probe(path)
    assert (facts.width, facts.height, facts.frames) == (width, height, count)
    assert facts.codec == "h264"
    assert facts.fps == pytest.approx(fps, rel=1e-4)
    assert facts.seconds == pytest.approx(count / fps, rel=1e-3)
    assert len(list(read_frames(path))) == count


def test_frames_come_back_as_they_went_in(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_mp4(pictures(), path, 12, quality=4)
    for given_frame, found in zip(pictures(), read_frames(path), strict=True):
        away = np.abs(given_frame.astype(int) - found).mean()
        assert away < 2.5, "colours or order are off"


def test_equal_frames_give_equal_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "1.mp4", tmp_path / "2.mp4"
    noise = np.random.default_rng(0).integers(0, 255, (8, 128, 160, 3)).astype(np.uint8)
    write_mp4(noise, one, 12)
    write_mp4(noise, two, 12)
    assert one.read_bytes() == two.read_bytes()


def test_index_comes_first_and_tags_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_mp4(pictures(), path, 12, tags={"comment": "synthetic"})
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        assert container.metadata["comment"] == "synthetic"
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"


def test_no_frame_is_degenerate(tmp_path: Path) -> None:
    with pytest.raises(AdapterError) as caught:
        write_mp4([], tmp_path / "a.mp4", 12)
    assert caught.value.kind == "degenerate"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "frames",
    [
        [np.zeros((63, 64, 3), np.uint8)],
        [np.zeros((64, 64), np.uint8)],
        [np.zeros((64, 64, 3), np.float32)],
        [np.zeros((64, 64, 3), np.uint8), np.zeros((64, 32, 3), np.uint8)],
        [np.zeros((2, media.MAX_SIDE + 2, 3), np.uint8)],
    ],
)
def test_frames_that_make_no_video(tmp_path: Path, frames: Frames) -> None:
    with pytest.raises(AdapterError) as caught:
        write_mp4(frames, tmp_path / "a.mp4", 12)
    assert caught.value.kind == "degenerate"
    assert list(tmp_path.iterdir()) == [], "nothing half is left behind"


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.3, 0.6, 0.9, 0.99])
def test_a_cut_file_never_passes(clip: Path, kept: float) -> None:
    data = clip.read_bytes()
    clip.write_bytes(data[: int(len(data) * kept)])
    assert refused(clip) in {"broken_media", "degenerate"}


def test_even_one_byte_less_is_seen(clip: Path) -> None:
    clip.write_bytes(clip.read_bytes()[:-1])
    assert refused(clip) == "broken_media"


@pytest.mark.parametrize(
    "content", [b"<html>503</html>", b"\0" * 5000, b"#EXTM3U\nfile:///etc/hosts\n"]
)
def test_what_is_no_video(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert refused(path) == "broken_media"


def test_a_file_that_is_not_there_or_of_another_kind(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.mp4") == "broken_media"
    other = tmp_path / "list.m3u8"
    other.write_text("#EXTM3U\n")
    assert refused(other) == "broken_media"


def test_sound_alone_is_degenerate(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 2048), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate, frame.time_base = 44100, Fraction(1, 44100)
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert refused(path) == "degenerate"


def test_too_many_frames_are_refused(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("popcorn_bench.media.opening.MAX_FRAMES", 5)
    assert refused(clip) == "degenerate"
    with pytest.raises(AdapterError):
        list(read_frames(clip))
    with pytest.raises(AdapterError):
        list(pick_frames(clip, lambda _: [0]))


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_too_many_pixels_are_refused_though_no_header_tells_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """A WebM clip does not say how many frames it has."""
    from popcorn_bench.evaluators.quality.frames import frames

    path = tmp_path / f"clip.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264" if suffix == "mp4" else "libvpx-vp9", rate=12)
        stream.width, stream.height = 96, 64
        for grey in range(8):
            picture = np.full((64, 96, 3), grey, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    assert probe(path).frames == 8
    monkeypatch.setattr("popcorn_bench.media.opening.MAX_DECODED", 5 * 96 * 64)
    assert refused(path) == "degenerate"
    reads: list[Callable[[], Any]] = [
        *(lambda: list(read_frames(path)), lambda: list(frames(path)), lambda: is_blank(path)),
        lambda: list(pick_frames(path, lambda _: [0])),
    ]
    for read in reads:
        with pytest.raises(AdapterError, match="frames of 96x64 are too many"):
            read()


def encoded(path: Path, count: int, *, first: int = 0, **options: str) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(12))
        stream.width, stream.height, stream.options = 96, 64, dict(options)
        for i, picture in enumerate(pictures(count)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = first + i, Fraction(1, 12)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@settings(max_examples=25, deadline=None)
@given(
    suffix=st.sampled_from(["mp4", "mkv"]),
    keys=st.integers(1, 30),
    between=st.integers(0, 3),
    wanted=st.lists(st.integers(0, 23), max_size=8).map(sorted),
)
def test_picked_frames_are_those_at_their_places(
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    keys: int,
    between: int,
    wanted: list[int],
) -> None:
    folder = tmp_path_factory.mktemp("pick")
    path = encoded(folder / f"a.{suffix}", 24, g=str(keys), bf=str(between))
    told: list[int] = []

    def choose(total: int) -> list[int]:
        told.append(total)
        return wanted

    every, picked = list(read_frames(path)), list(pick_frames(path, choose))
    assert told == [24]
    assert [place for place, _ in picked] == wanted
    assert all(np.array_equal(found, every[place]) for place, found in picked)


def test_frames_that_the_file_hides_have_no_place(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.mp4", 24, first=-5, g="10", bf="0")
    every, picked = list(read_frames(path)), list(pick_frames(path, range))
    assert len(every) == len(picked) == 19
    for (_, found), shown in zip(picked, every, strict=True):
        assert np.array_equal(found, shown)


def test_a_frame_that_is_not_there_is_no_picture(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.mp4", 24, g="6")
    data = bytearray(path.read_bytes())
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[(start + end) // 2 : end] = bytes(end - (start + end) // 2)
    path.write_bytes(data)
    with pytest.raises(AdapterError) as caught:
        list(pick_frames(path, range))
    assert caught.value.kind == "broken_media"


@pytest.mark.parametrize("suffix", [".png", ".webp", ".jpg"])
def test_images(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(pictures()[0]).save(path)
    codec = {".png": "png", ".webp": "webp", ".jpg": "jpeg"}[suffix]
    assert probe(path) == MediaFacts(width=96, height=64, codec=codec)


def test_a_cut_image(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(pictures()[0]).save(path)
    path.write_bytes(path.read_bytes()[:-60])
    assert refused(path) == "broken_media"


def test_an_image_that_would_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", b"x"))
    assert refused(path) == "degenerate"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_a_video_gets_tags_without_being_encoded_anew(tmp_path: Path) -> None:
    source, target = tmp_path / "a.mp4", tmp_path / "b.mp4"
    picture = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    write_mp4([np.roll(picture, i, axis=1) for i in range(12)], source, 8)
    standardise(source, target, {"comment": "made by us"})

    assert read_tags(target)["comment"] == "made by us"
    assert "comment" not in read_tags(source)
    assert probe(target) == probe(source)
    both = zip(read_frames(source), read_frames(target), strict=True)
    assert all(np.array_equal(a, b) for a, b in both)


def test_another_codec_and_an_odd_size_become_h264_that_players_take(tmp_path: Path) -> None:
    source, target = tmp_path / "a.webm", tmp_path / "b.mp4"
    picture = np.random.default_rng(0).integers(0, 255, (65, 97, 3), dtype=np.uint8)
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libvpx-vp9", rate=12)
        stream.width, stream.height, stream.pix_fmt = 97, 65, "yuv420p"
        for i in range(12):
            frame = av.VideoFrame.from_ndarray(np.roll(picture, i, axis=1))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    standardise(source, target, {"comment": "x"})

    facts = probe(target)
    assert (facts.codec, facts.width, facts.height, facts.frames) == ("h264", 96, 64, 12)
    assert facts.fps == 12
    assert read_tags(target)["comment"] == "x"


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_flat_clip_is_blank_and_a_faint_picture_is_not(tmp_path: Path, level: int) -> None:
    flat, faint = tmp_path / "flat.mp4", tmp_path / "faint.mp4"
    frame = np.full((64, 96, 3), level, dtype=np.uint8)
    write_mp4([frame] * 12, flat, 8)
    shown = frame.copy()
    shown[20:40, 30:60] = 128
    write_mp4([frame] * 6 + [shown] * 6, faint, 8)

    assert is_blank(flat)
    assert not is_blank(faint)
