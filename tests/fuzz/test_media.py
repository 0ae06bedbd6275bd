"""Clips and covers that no honest generator made, through the worker that judges them."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.fuzz.campaign import Tally, campaign
from tests.fuzz.hostile import torn
from tests.fuzz.pen import Pen


def _encoded(  # noqa: PLR0917 - what a clip is told by
    codec: str = "libx264", kind: str = "mp4", frames: int = 24, size: tuple[int, int] = (160, 96),
    fps: int = 12, pixels: str = "yuv420p",
) -> bytes:  # fmt: skip
    """A clip of moving noise; one with many frames repeats a black one."""
    out = io.BytesIO()
    rng = np.random.default_rng(1)
    with av.open(out, "w", format=kind) as container:
        stream: Any = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        options: dict[str, str] = {"preset": "ultrafast", "crf": "35"} if codec == "libx264" else {}
        stream.options = options
        shape = (size[1], size[0], 3)
        black = av.VideoFrame.from_ndarray(np.zeros(shape, np.uint8), format="rgb24")
        for i in range(frames):
            noise = rng.integers(0, 256, shape).astype(np.uint8) if frames < 100 else None
            frame = black if noise is None else av.VideoFrame.from_ndarray(noise, format="rgb24")
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@cache
def _good() -> bytes:
    return _encoded()


def _audio() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream: Any = container.add_stream("aac", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.rate = 8000
        for i in range(8):
            silence.pts = i * 1024
            container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    return out.getvalue()


def _resized(data: bytes, width: int, height: int) -> bytes:
    """Other numbers in every place where the header tells the size."""
    told = struct.pack(">HH", 160, 96)
    fixed = struct.pack(">II", 160 << 16, 96 << 16)
    wide = struct.pack(">II", min(width, 0xFFFF) << 16, min(height, 0xFFFF) << 16)
    return data.replace(told, struct.pack(">HH", width, height)).replace(fixed, wide)


def _many_samples(data: bytes, count: int) -> bytes:
    """A sample table that promises a million frames."""
    at = data.index(b"stts") + 8
    return data[: at + 4] + struct.pack(">I", count) + data[at + 8 :]


def _png(width: int, height: int, body: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", body), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _text_bomb() -> bytes:
    """A PNG whose compressed text grows a thousandfold."""
    packed = b"comment\0\0" + zlib.compress(b"x" * 200_000_000)
    good = _png(8, 8, zlib.compress(bytes(25 * 8)))
    chunk = struct.pack(">I", len(packed)) + b"zTXt" + packed
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + packed))
    return good[:33] + chunk + good[33:]


def _webp() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (16, 16), (i, 0, 0)) for i in range(40)]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    return out.getvalue()


_PLAYLIST = (
    b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n"
)
_BY_HAND: dict[str, Callable[[], bytes]] = {
    "empty.mp4": lambda: b"",
    "zeros.mp4": lambda: bytes(1_000_000),
    "text.mp4": lambda: b"this is no video\n" * 1000,
    "playlist.mp4": lambda: _PLAYLIST,
    "concat.mp4": lambda: b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "page.mp4": lambda: b"<html><script>alert(1)</script></html>",
    "audio.mp4": _audio,
    "one frame.mp4": lambda: _encoded(frames=1),
    "half.mp4": lambda: _good()[: len(_good()) // 2],
    "no index.mp4": lambda: _good().replace(b"moov", b"free"),
    "no media.mp4": lambda: _good().replace(b"mdat", b"free"),
    "mpeg4.mp4": lambda: _encoded("mpeg4"),
    "mjpeg.mp4": lambda: _encoded("mjpeg", pixels="yuvj420p"),
    "raw.mkv": lambda: _encoded("ffv1", "matroska"),
    "wrong name.mp4": lambda: _encoded("mpeg4", "matroska"),
    "vp9.webm": lambda: _encoded("libvpx-vp9", "webm", 4),
    "gif.mp4": lambda: b"GIF89a" + bytes(1000),
    "huge sides.mp4": lambda: _resized(_good(), 65535, 65535),
    "long side.mp4": lambda: _resized(_good(), 8192, 8192),
    "no side.mp4": lambda: _resized(_good(), 0, 0),
    "a million promised.mp4": lambda: _many_samples(_good(), 1_000_000),
    "four billion promised.mp4": lambda: _many_samples(_good(), 2**32 - 1),
    "too many frames.mp4": lambda: _encoded("mpeg4", frames=40_000, size=(16, 16), fps=1000),
    "codec unknown.mp4": lambda: _good().replace(b"avc1", b"xxxx"),
    "box of no size.mp4": lambda: _good().replace(struct.pack(">I", 32), bytes(4), 1),
    "box of all sizes.mp4": lambda: b"\xff\xff\xff\xff" + _good()[4:],
    "nested boxes.mp4": lambda: b"".join(
        struct.pack(">I", 80_008 - 8 * i) + b"moov" for i in range(10_000)
    ),
    "bomb.png": lambda: _png(60_000, 60_000, zlib.compress(bytes(50_000_000))),
    "large.png": lambda: _png(8192, 8192, zlib.compress(bytes(8192 * (8192 * 3 + 1)), 1)),
    "short.png": lambda: _png(100, 100, zlib.compress(b"x")),
    "text bomb.png": _text_bomb,
    "animated.webp": _webp,
    "eps.png": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
    "svg.png": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><image href='/etc/passwd'/></svg>",
    "text.jpg": lambda: b"\xff\xd8\xff\xe0" + b"x" * 1000,
}


@pytest.mark.parametrize("name", _BY_HAND)
def test_by_hand(pen: Pen, tally: Tally, name: str) -> None:
    with pen.place() as folder:
        (folder / name).write_bytes(_BY_HAND[name]())
        tally.call(pen.call("media", folder / name, cwd=folder))


def test_a_good_clip_is_scored(pen: Pen, tally: Tally) -> None:
    with pen.place() as folder:
        (folder / "good.mp4").write_bytes(_good())
        found = json.loads(tally.call(pen.call("media", folder / "good.mp4", cwd=folder)).out)
        assert set(found.values()) == {"done", "scored"}


@cache
def _covers() -> dict[str, bytes]:
    found = {}
    for suffix, kind in ((".png", "PNG"), (".jpg", "JPEG"), (".webp", "WEBP")):
        out = io.BytesIO()
        noise = np.random.default_rng(2).integers(0, 256, (40, 40, 3)).astype(np.uint8)
        Image.fromarray(noise).save(out, kind)
        found[suffix] = out.getvalue()
    return found


@campaign(15, 700)
@given(data=st.data())
def test_torn_clips(pen: Pen, tally: Tally, data: st.DataObject) -> None:
    good = _good()
    index = good.index(b"moov")  # most of what can be told wrongly stands behind it
    clip = data.draw(
        st.one_of(torn(good), torn(good[index:]).map(lambda tail: good[:index] + tail))
    )
    _one(pen, tally, clip, ".mp4")


@campaign(6, 250)
@given(data=st.data(), suffix=st.sampled_from((".png", ".jpg", ".webp")))
def test_torn_covers(pen: Pen, tally: Tally, data: st.DataObject, suffix: str) -> None:
    _one(pen, tally, data.draw(torn(_covers()[suffix])), suffix)


def _one(pen: Pen, tally: Tally, content: bytes, suffix: str) -> None:
    with pen.place() as folder:
        path: Path = folder / f"clip{suffix}"
        path.write_bytes(content)
        tally.call(pen.call("media", path, cwd=folder))
