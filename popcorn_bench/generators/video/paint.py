"""Paint the frames of a storyboard: soft sky, moving pieces, light, caption."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from popcorn_bench.generators.video.caption import Caption, caption
from popcorn_bench.generators.video.motifs import Scene, pieces
from popcorn_bench.generators.video.palette import Palette
from popcorn_bench.generators.video.pieces import SUBPIXEL_BITS, Floats, placed, view
from popcorn_bench.generators.video.script import Shot

Frame: TypeAlias = NDArray[np.uint8]

_LOW = 32  # cells along the shorter side of the small picture that skies are mixed in
_FIRST_BAR = 0.06  # share of the time bar that the first frame shows


def paint(shots: Sequence[Shot], size: tuple[int, int], fps: float, frames: int) -> Iterator[Frame]:
    """Yield `frames` RGB pictures of `size` (width, height), shot after shot."""
    for number, shot in enumerate(shots):
        first = round(shot.start * frames)
        last = frames if number == len(shots) - 1 else round(shot.end * frames)
        if first < last:
            yield from _shot(shot, size, np.arange(first, last) / fps, frames / fps)


def _shot(shot: Shot, size: tuple[int, int], times: Floats, total: float) -> Iterator[Frame]:
    since = times - times[0]
    progress = since / max(since[-1], 1e-9)
    moving = since * shot.pace
    eased = progress * progress * (3 - 2 * progress)  # smoothstep
    seen = view(shot.camera, eased, since, shot.pace)
    half = (size[0] / min(size) / 2, size[1] / min(size) / 2)
    dice = np.random.default_rng(shot.seed)
    scene = pieces(shot.motif, Scene(half, shot.palette, dice))
    outlines = [placed(piece, seen, moving, size) for piece in scene]
    skies = _skies(shot.palette, size, moving, dice)
    light = _light(size, dice)
    below = caption(shot.caption, size, shot.palette.dark, shot.palette.light)
    for i, time in enumerate(times):
        frame = cv2.resize(skies[i], size, interpolation=cv2.INTER_LINEAR)
        for piece, outline in zip(scene, outlines, strict=True):
            cv2.fillPoly(frame, [outline[i]], piece.colour, cv2.LINE_AA, SUBPIXEL_BITS)
        cv2.multiply(frame, light, frame, 1 / 200)
        _lay(frame, below, shot.palette, _FIRST_BAR + (1 - _FIRST_BAR) * time / total)
        yield frame


def _skies(
    palette: Palette, size: tuple[int, int], times: Floats, dice: np.random.Generator
) -> NDArray[np.uint8]:
    """Small pictures (f, h, w, 3) of a slanted gradient with two glows that wander."""
    x, y = _grid(size)
    top, bottom = np.array(palette.sky, float), np.array(palette.haze, float)
    slant = dice.uniform(-0.35, 0.35)
    ramp = np.clip(y / (2 * y.max()) + 0.5 + slant * x, 0, 1)[None, ..., None]
    sky = top + (bottom - top) * ramp
    for colour in (palette.accent, palette.light):
        phase, speed = dice.uniform(0, 6.3), dice.uniform(0.4, 0.9)
        glow_x = 0.35 * np.sin(speed * times + phase)[:, None, None]
        glow_y = (0.3 * np.cos(0.8 * speed * times + phase) - 0.25)[:, None, None]
        distance = (x - glow_x) ** 2 + (y - glow_y) ** 2
        glow = 0.42 * np.exp(-distance / 0.07)[..., None]
        sky = sky + (np.array(colour, float) - sky) * glow
    skies: NDArray[np.uint8] = np.rint(sky).astype(np.uint8)
    return skies


def _light(size: tuple[int, int], dice: np.random.Generator) -> Frame:
    """What multiplies every frame: light from one side, darker corners; 200 leaves a pixel."""
    x, y = _grid(size)
    side = dice.uniform(-0.6, 0.6)
    corners = x**2 + (y / y.max() / 2) ** 2
    level = 226 - 95 * corners + 42 * (side * x - 0.6 * y)
    small = np.clip(level, 110, 255).astype(np.uint8)
    large = cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.merge([large, large, large]), dtype=np.uint8)


def _grid(size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Places of the small picture's cells in units of the shorter side, from the centre."""
    columns, rows = (max(2, round(_LOW * side / min(size))) for side in size)
    xs = (np.arange(columns) + 0.5 - columns / 2) / _LOW
    ys = (np.arange(rows) + 0.5 - rows / 2) / _LOW
    x, y = np.meshgrid(xs, ys)
    return x, y


def _lay(frame: Frame, below: Caption, palette: Palette, progress: float) -> None:
    height, width = below.rgb.shape[:2]
    part = frame[below.y : below.y + height, below.x : below.x + width]
    part[:] = cv2.add(cv2.multiply(part, below.rest, scale=1 / 255), below.rgb)
    x, y, length = below.bar
    thick = max(2, min(frame.shape[:2]) // 110)
    cv2.rectangle(frame, (x, y), (x + round(length * progress), y + thick), palette.accent, -1)
