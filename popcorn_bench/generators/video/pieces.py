"""Shapes that move: polygons with a motion each, placed for all frames of a shot at once.

Lengths are in units of the shorter side of the picture; the origin is its centre, y grows
downwards. This module needs numpy and is imported only where clips are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from popcorn_bench.generators.video.palette import RGB

Floats: TypeAlias = NDArray[np.float64]

SUBPIXEL_BITS = 4
_FAR_PART = 0.3  # of the camera's movement that reaches the farthest layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """Where a piece is at a time.

    `drift` is a speed in units per second, `spin` in radians per second; `bob` is how far it
    swings, `swing` the same for its angle and `pulse` for its scale, `rate` times per second. A
    piece with `wrap` > 0 that drifts off comes in again on the other side, `wrap` from the centre.
    """

    drift: tuple[float, float] = (0.0, 0.0)
    bob: tuple[float, float] = (0.0, 0.0)
    spin: float = 0.0
    swing: float = 0.0
    pulse: float = 0.0
    rate: float = 0.4
    phase: float = 0.0
    wrap: float = 0.0


STILL: Final = Motion()


@dataclass(frozen=True, slots=True)
class Piece:
    """One filled polygon: `points` (n, 2) about `at`; `depth` 0 is far, 1 is near."""

    points: Floats
    at: tuple[float, float]
    colour: RGB
    depth: float = 0.5
    motion: Motion = STILL


@dataclass(frozen=True, slots=True)
class View:
    """The camera at each frame: zoom (f,), shift (f, 2) and roll (f,) in radians."""

    zoom: Floats
    shift: Floats
    roll: Floats


def view(camera: str, eased: Floats, seconds: Floats, pace: float) -> View:
    """How the camera stands over a shot.

    Args:
        camera: one of the cameras of the lexicon.
        eased: progress of the shot, 0 to 1, shape (f,).
        seconds: time since the start of the shot, shape (f,).
        pace: factor on how far it goes.
    """
    zeros = np.zeros_like(eased)
    flat = np.stack([zeros, zeros], axis=1)
    reach = float(np.clip(pace, 0.5, 1.8))
    along = (eased - 0.5) * 0.34 * reach
    moves: Mapping[str, Callable[[], View]] = MappingProxyType(
        {
            "push": lambda: View(1.0 + 0.42 * reach * eased, flat, zeros),
            "pull": lambda: View(1.0 + 0.42 * reach * (1 - eased), flat, zeros),
            "left": lambda: View(zeros + 1.06, np.stack([-along, zeros], axis=1), zeros),
            "right": lambda: View(zeros + 1.06, np.stack([along, zeros], axis=1), zeros),
            "rise": lambda: View(zeros + 1.06, np.stack([zeros, -along], axis=1), zeros),
            "sink": lambda: View(zeros + 1.06, np.stack([zeros, along], axis=1), zeros),
            "spin": lambda: View(1.12 + 0.1 * eased, flat, (eased - 0.5) * 0.7 * reach),
            "sway": lambda: View(zeros + 1.08, flat, 0.09 * reach * np.sin(2.4 * pace * seconds)),
        }
    )
    return moves[camera]()


def placed(piece: Piece, seen: View, seconds: Floats, size: tuple[int, int]) -> NDArray[np.int32]:
    """Corners of a piece in all frames, as OpenCV wants them.

    Args:
        piece: the shape.
        seen: the camera, f frames.
        seconds: time of each frame times the pace, shape (f,).
        size: width and height in pixels.

    Returns:
        (f, n, 2) in pixels times 2**SUBPIXEL_BITS.
    """
    motion = piece.motion
    wave = np.sin(2 * np.pi * (motion.rate * seconds + motion.phase))
    turn = motion.spin * seconds + motion.swing * wave
    own = _turned(piece.points[None], turn) * (1 + motion.pulse * wave)[:, None, None]
    centre = np.array(piece.at) + np.outer(seconds, motion.drift) + np.outer(wave, motion.bob)
    if motion.wrap:
        centre = (centre + motion.wrap) % (2 * motion.wrap) - motion.wrap
    near = _FAR_PART + (1 - _FAR_PART) * piece.depth
    world = own + centre[:, None, :] + near * seen.shift[:, None, :]
    zoomed = _turned(world, seen.roll * near) * (1 + (seen.zoom - 1) * near)[:, None, None]
    pixels = zoomed * min(size) + np.array(size) / 2
    corners: NDArray[np.int32] = np.rint(pixels * 2**SUBPIXEL_BITS).astype(np.int32)
    return corners


def _turned(points: Floats, angle: Floats) -> Floats:
    """Points (f or 1, n, 2), turned by one angle per frame."""
    sin, cos = np.sin(angle)[:, None], np.cos(angle)[:, None]
    x, y = points[..., 0], points[..., 1]
    return np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1)
