"""The scenes that a storyboard knows: each motif lays out its pieces, far ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from popcorn_bench.generators.video.palette import RGB, Palette, mix
from popcorn_bench.generators.video.pieces import Motion, Piece
from popcorn_bench.generators.video.shapes import (
    arc,
    band,
    box,
    drop,
    ellipse,
    moved,
    ridge,
    rolled,
    star,
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a motif may use: half the width and height in units, colours, dice."""

    half: tuple[float, float]
    colours: Palette
    dice: np.random.Generator

    def somewhere(self, high: float = 0.0, low: float = 1.0) -> tuple[float, float]:
        """A place in the picture, between two shares of its height."""
        x, y = self.half
        down = self.dice.uniform(high, low)
        return float(self.dice.uniform(-x, x)), float(y * (2 * down - 1))

    def pick(self, *colours: RGB) -> RGB:
        """One of the colours."""
        return colours[int(self.dice.integers(len(colours)))]

    def sign(self) -> int:
        """-1 or 1."""
        return int(self.dice.integers(2)) * 2 - 1

    def between(self, low: float, high: float) -> float:
        """A number."""
        return float(self.dice.uniform(low, high))


def pieces(motif: str, scene: Scene) -> list[Piece]:
    """Lay out a motif of the lexicon."""
    return list(_MOTIFS[motif](scene))


def _hills(s: Scene, first: int, top: float, rough: float) -> Iterator[Piece]:
    """Ridgelines from layer `first` to the nearest, between `top` and the lower edge."""
    x, y = s.half
    xs = np.linspace(-1.9 * x, 1.9 * x, 30)
    for i in range(first, 4):
        base = top + (y * 0.95 - top) * (i - first) / (4 - first)
        turns = np.zeros_like(xs)
        for k in (1, 2, 3):
            bend = np.sin(k * s.between(1.5, 2.6) * xs / x + s.between(0, 6.3))
            turns += s.between(0.3, 1) / k * bend
        yield Piece(ridge(xs, base + rough * turns, 3 * y), (0, 0), s.colours.layers[i], i / 3)


def _disc(s: Scene, at: tuple[float, float], size: float) -> Iterator[Piece]:
    """A sun or a moon, which breathes."""
    breath = Motion(pulse=0.03, rate=0.3)
    yield Piece(ellipse(size * 1.28), at, mix(s.colours.accent, s.colours.haze), 0.05, breath)
    yield Piece(ellipse(size), at, s.colours.accent, 0.05, breath)


def _peaks(s: Scene) -> Iterator[Piece]:
    x, y = s.half
    yield from _disc(s, (s.between(-0.5, 0.5) * x, -y * s.between(0.3, 0.55)), 0.15)
    xs = np.linspace(-1.9 * x, 1.9 * x, 17)
    for i in range(3):
        jags = np.where(np.arange(17) % 2, 1.0, -1.0) * s.dice.uniform(0.04, 0.17, 17)
        tops = y * (-0.12 + 0.28 * i) + jags * (1.15 - 0.2 * i)
        yield Piece(ridge(xs, tops, 3 * y), (0, 0), s.colours.layers[i], i / 3)
    yield from _hills(s, 3, 0.72 * y, 0.05)
    for _ in range(3):
        cloud = ellipse(s.between(0.12, 0.22), 0.028)
        drift = Motion(drift=(s.between(0.03, 0.09), 0), wrap=1.4 * x)
        yield Piece(cloud, s.somewhere(0.12, 0.4), s.colours.light, 0.2, drift)


def _waves(s: Scene) -> Iterator[Piece]:
    x, y = s.half
    yield from _disc(s, (s.between(-0.4, 0.4) * x, -0.36 * y), 0.19)
    xs = np.linspace(-2.4 * x, 2.4 * x, 60)
    for i in range(4):
        tops = y * (-0.14 + 0.27 * i) + (0.025 + 0.016 * i) * np.sin(
            xs * (9 - 1.2 * i) + s.between(0, 6.3)
        )
        side = (0.09 + 0.05 * i) * (-1 if i % 2 else 1)
        motion = Motion(bob=(side, 0.018 * (i + 1)), rate=0.45, phase=0.2 * i)
        yield Piece(ridge(xs, tops, 3 * y), (0, 0), s.colours.layers[i], i / 3, motion)
        foam = band(xs, tops + 0.012, 0.007)
        yield Piece(foam, (0, 0), mix(s.colours.light, s.colours.layers[i]), i / 3, motion)


def _skyline(s: Scene) -> Iterator[Piece]:
    x, y = s.half
    yield from _disc(s, (s.between(-0.5, 0.5) * x, -0.5 * y), 0.13)
    for i in range(3):
        edges = np.cumsum(s.dice.uniform(0.1, 0.22, 24)) - 1.9 * x
        roofs = y * (-0.3 + 0.3 * i) + s.dice.uniform(-0.2, 0.16, 24)
        line = ridge(np.repeat(edges, 2)[1:-1], np.repeat(roofs, 2)[:-2], 3 * y)
        yield Piece(line, (0, 0), s.colours.layers[(0, 1, 3)[i]], i / 2)
    seen = [k for k in range(23) if abs(edges[k] + edges[k + 1]) < 2.2 * x]
    for k in seen[:8]:
        for row in range(3):
            blink = Motion(pulse=s.between(0, 0.4), rate=s.between(0.5, 1.5), phase=s.between(0, 1))
            colour = s.pick(s.colours.accent, s.colours.light, s.colours.second)
            at = (float(edges[k] + edges[k + 1]) / 2, float(roofs[k]) + 0.06 + 0.08 * row)
            yield Piece(box(0.045, 0.03), at, colour, 1.0, blink)


def _stars(s: Scene) -> Iterator[Piece]:
    x, y = s.half
    for _ in range(13):
        size = s.between(0.012, 0.04)
        twinkle = Motion(pulse=0.6, rate=s.between(0.4, 1.2), phase=s.between(0, 1), swing=0.3)
        yield Piece(
            star(size, size * 0.3, 4), s.somewhere(0.02, 0.7), s.colours.light, 0.1, twinkle
        )
    at, size = (s.between(-0.35, 0.35) * x, s.between(-0.3, 0.0) * y), s.between(0.2, 0.27)
    bob = Motion(bob=(0, 0.015), rate=0.35)
    tilt = s.between(-0.5, 0.5)
    yield Piece(ellipse(size), at, s.colours.second, 0.45, bob)
    yield Piece(
        moved(ellipse(size * 0.8), size * 0.13, -size * 0.1), at, s.colours.accent, 0.45, bob
    )
    ring = rolled(band(*arc(size * 1.65, size * 0.42), 0.016), tilt)
    yield Piece(ring, at, s.colours.light, 0.5, bob)
    yield from _hills(s, 2, 0.6 * y, 0.06)


def _petals(s: Scene) -> Iterator[Piece]:
    x, y = s.half
    yield from _hills(s, 2, 0.62 * y, 0.05)
    at, turn = (s.between(-0.15, 0.15) * x, -0.12 * y), s.between(0.12, 0.3)
    size, count = s.between(0.3, 0.38), int(s.dice.integers(5, 8))
    motion = Motion(spin=turn, pulse=0.04)
    for ring, colour in ((1.0, s.colours.second), (0.66, s.colours.accent)):
        for i in range(count):
            angle = 2 * np.pi * (i + (ring < 1) / 2) / count
            leaf = rolled(drop(size * ring, size * 0.62 * ring), float(angle))
            yield Piece(leaf, at, colour, 0.6, motion)
    yield Piece(ellipse(size * 0.17), at, s.colours.light, 0.6, motion)
    for _ in range(7):
        fall = Motion(
            drift=(s.between(-0.1, 0.1), s.between(0.15, 0.35)),
            spin=s.between(-2, 2),
            wrap=1.15 * max(x, y),
        )
        petal = drop(s.between(0.06, 0.1), 0.045)
        yield Piece(petal, s.somewhere(), s.pick(s.colours.light, s.colours.accent), 1.0, fall)


def _leaves(s: Scene) -> Iterator[Piece]:
    x, y = s.half
    yield from _disc(s, (s.between(-0.4, 0.4) * x, -0.45 * y), 0.14)
    yield from _hills(s, 1, 0.05 * y, 0.07)
    for i in range(11):
        side = -1 if i % 2 else 1
        root = (side * x * s.between(0.55, 1.15), y * s.between(0.5, 1.1))
        leaf = rolled(
            drop(s.between(0.45, 0.75), s.between(0.13, 0.2)), side * s.between(-0.9, 0.1)
        )
        colour = s.pick(s.colours.layers[3], s.colours.layers[2], s.colours.second)
        wind = Motion(swing=s.between(0.05, 0.13), rate=s.between(0.3, 0.5), phase=s.between(0, 1))
        yield Piece(leaf, root, colour, 1.0, wind)
    for _ in range(4):
        fly = Motion(bob=(0.1, 0.08), rate=s.between(0.2, 0.5), phase=s.between(0, 1), pulse=0.2)
        yield Piece(ellipse(0.014), s.somewhere(0.2, 0.7), s.colours.accent, 0.9, fly)


def _plate(s: Scene) -> Iterator[Piece]:
    x, y = s.half
    xs = np.linspace(-2 * x, 2 * x, 3)
    yield Piece(ridge(xs, np.full(3, 0.1 * y), 3 * y), (0, 0), s.colours.layers[2], 0.3)
    at, turn = (0.0, 0.14 * y), Motion(spin=s.between(0.15, 0.35) * s.sign())
    yield Piece(ellipse(0.43, 0.4), (at[0], at[1] + 0.035), s.colours.layers[3], 0.6)
    yield Piece(ellipse(0.42), at, s.colours.light, 0.6)
    yield Piece(ellipse(0.33), at, mix(s.colours.haze, s.colours.light), 0.6)
    colours = (s.colours.accent, s.colours.second, s.colours.layers[1], s.colours.layers[3])
    for i in range(9):
        size, reach = s.between(0.06, 0.12), 0.19 * np.sqrt((i + 0.4) / 9)
        angle = 2.4 * i  # the golden angle spreads them evenly
        blob = ellipse(size, size * s.between(0.6, 1), int(s.dice.integers(4, 24)))
        shape = moved(rolled(blob, angle), reach * np.cos(angle), reach * np.sin(angle))
        yield Piece(shape, at, colours[i % 4], 0.65, turn)
    ys = np.linspace(0, 0.5, 16)
    for i in range(3):
        wisp = band(ys, 0.035 * np.sin(ys * 15 + i), 0.015 * np.sin(np.pi * ys / 0.5))[:, ::-1]
        rise = Motion(drift=(0, -0.09), bob=(0.025, 0), rate=0.6, phase=0.3 * i)
        place = (0.17 * (i - 1), -0.52 * y + s.between(-0.05, 0.05))
        yield Piece(wisp, place, mix(s.colours.light, s.colours.haze), 0.8, rise)


def _pixels(s: Scene) -> Iterator[Piece]:
    x, y = s.half
    cell = 0.1
    for i in range(2):
        run = Motion(drift=(-0.16 - 0.14 * i, 0), wrap=2 * cell * 12)
        for k in range(-2, 3):
            tower = box(cell * s.dice.integers(3, 6), cell * s.dice.integers(4, 12))
            where = (k * 0.4, y * (0.5 + 0.3 * i))
            yield Piece(tower, where, s.colours.layers[i], 0.2 + 0.4 * i, run)
    yield Piece(box(6 * x, 2 * y), (0, 1.72 * y), s.colours.layers[3], 0.9)
    hop = Motion(bob=(0, 0.07), rate=1.1, swing=0.06)
    colour = s.colours.accent
    for row, bits in enumerate(s.dice.integers(2, 8, 6) | (0, 3, 1, 3, 1, 0)):
        for column in range(5):  # mirrored about its middle, as such figures are
            if (bits >> abs(column - 2)) & 1:
                square = moved(box(cell, cell), (column - 2) * cell, (row - 2.5) * cell)
                yield Piece(square, (0, -0.08 * y), colour, 0.7, hop)
    for side in (-1, 1):
        eye = moved(box(0.4 * cell, 0.6 * cell), side * cell, -1.5 * cell)
        yield Piece(eye, (0, -0.08 * y), s.colours.dark, 0.7, hop)
    for k in range(4):
        coin = Motion(drift=(-0.35, 0), pulse=0.25, rate=1.2, phase=k / 4, wrap=1.3 * x)
        yield Piece(
            ellipse(0.045, corners=8), ((k - 1.5) * 0.5, -0.5 * y), s.colours.light, 0.8, coin
        )


def _rays(s: Scene) -> Iterator[Piece]:
    x, y = s.half
    at, count = (s.between(-0.2, 0.2) * x, -0.22 * y), int(s.dice.integers(7, 11))
    turn = Motion(spin=0.22 * s.sign())
    for i in range(count):
        wedge = np.array(
            [(0, 0), (4, -4 * np.tan(np.pi / count / 2)), (4, 4 * np.tan(np.pi / count / 2))]
        )
        colour = mix(s.colours.haze, s.colours.second if i % 2 else s.colours.light)
        yield Piece(rolled(wedge, 2 * np.pi * i / count), at, colour, 0.2, turn)
    for size, colour in ((0.27, s.colours.accent), (0.2, s.colours.light)):
        yield Piece(ellipse(size), at, colour, 0.3, Motion(pulse=0.06, rate=0.9))
    yield Piece(box(6 * x, 2 * y), (0, 1.62 * y), s.colours.layers[3], 1.0)
    for k in range(7):
        cheer = Motion(bob=(0, 0.02), rate=1.0, phase=s.between(0, 1))
        place = ((k - 3) * 0.19 * x / 0.5, 0.6 * y + s.between(-0.02, 0.04))
        yield Piece(ellipse(s.between(0.075, 0.1)), place, s.colours.layers[3], 1.0, cheer)


def _ribbons(s: Scene) -> Iterator[Piece]:
    x, y = s.half
    reach = 2.2 * (x + y)
    xs = np.linspace(-reach, reach, 60)
    tilt, waves = s.between(-0.7, 0.7), s.between(2.5, 4.5)
    shades = (*s.colours.layers, s.colours.second, s.colours.accent, s.colours.light)
    for i, k in enumerate(s.dice.permutation(7)):
        middle = (i - 3) * 0.27 * (y / 0.5) ** 0.5 + 0.13 * np.sin(waves * xs + 0.55 * i)
        half = 0.06 + 0.035 * np.sin(1.3 * xs + i)
        slide = Motion(bob=(0.22 * (-1 if i % 2 else 1), 0.03), rate=0.3, phase=0.1 * i)
        yield Piece(rolled(band(xs, middle, half), tilt), (0, 0), shades[k], 0.15 + 0.12 * i, slide)


def _bubbles(s: Scene) -> Iterator[Piece]:
    yield from _hills(s, 2, 0.66 * s.half[1], 0.05)
    for i in range(9):
        size = s.between(0.06, 0.11) + 0.013 * i
        at, wrap = s.somewhere(), 1.25 * max(s.half)
        rise = Motion(
            drift=(0, -s.between(0.1, 0.3)), bob=(0.04, 0), phase=s.between(0, 1), wrap=wrap
        )
        colour = s.pick(s.colours.accent, s.colours.second, s.colours.layers[0])
        shine = moved(ellipse(size * 0.26, size * 0.2), -size * 0.35, -size * 0.4)
        yield Piece(ellipse(size), at, colour, 0.3 + 0.07 * i, rise)
        yield Piece(shine, at, mix(s.colours.light, colour), 0.3 + 0.07 * i, rise)


_MOTIFS: Final[Mapping[str, Callable[[Scene], Iterator[Piece]]]] = MappingProxyType(
    {
        "peaks": _peaks,
        "waves": _waves,
        "skyline": _skyline,
        "stars": _stars,
        "petals": _petals,
        "leaves": _leaves,
        "plate": _plate,
        "pixels": _pixels,
        "rays": _rays,
        "ribbons": _ribbons,
        "bubbles": _bubbles,
    }
)
