"""Outlines that motifs are made of, as (n, 2) points in units of the shorter side."""

from __future__ import annotations

import numpy as np

from popcorn_bench.generators.video.pieces import Floats


def ellipse(rx: float, ry: float | None = None, corners: int = 40) -> Floats:
    """An ellipse about the origin; with few corners, a polygon."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([rx * np.cos(angle), (rx if ry is None else ry) * np.sin(angle)], axis=1)


def box(width: float, height: float) -> Floats:
    """A rectangle about the origin."""
    x, y = width / 2, height / 2
    return np.array([(-x, -y), (x, -y), (x, y), (-x, y)])


def star(outer: float, inner: float, tips: int) -> Floats:
    """A star about the origin."""
    points = ellipse(outer, corners=2 * tips)
    points[1::2] *= inner / outer
    return points


def drop(length: float, width: float) -> Floats:
    """A petal or leaf that grows upwards from the origin."""
    along = np.linspace(0, 1, 14)
    side = width / 2 * np.sin(np.pi * along**0.8) ** 0.9
    right = np.stack([side, -length * along], axis=1)
    return np.concatenate([right, (right * (-1, 1))[::-1]])


def ridge(xs: Floats, tops: Floats, bottom: float) -> Floats:
    """The ground below a line of `tops`."""
    line = np.stack([xs, tops], axis=1)
    return np.concatenate([line, [(xs[-1], bottom), (xs[0], bottom)]])


def band(xs: Floats, middle: Floats, half: Floats | float) -> Floats:
    """A ribbon along a line, `half` as wide to each side."""
    upper, lower = np.stack([xs, middle - half], axis=1), np.stack([xs, middle + half], axis=1)
    return np.concatenate([upper, lower[::-1]])


def arc(rx: float, ry: float) -> tuple[Floats, Floats]:
    """The x and y of the near half of a ring that is seen from the side."""
    angle = np.linspace(np.pi * 1.06, -np.pi * 0.06, 40)
    return rx * np.cos(angle), ry * np.sin(angle)


def moved(points: Floats, x: float, y: float) -> Floats:
    """The same outline elsewhere."""
    shifted: Floats = points + np.array((x, y))
    return shifted


def rolled(points: Floats, angle: float) -> Floats:
    """The same outline turned by `angle` radians about the origin."""
    cos, sin = np.cos(angle), np.sin(angle)
    turned: Floats = points @ np.array([[cos, sin], [-sin, cos]])
    return turned
