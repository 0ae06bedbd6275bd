"""Colours of a storyboard, mixed in OKLCH so that equal lightness looks equally light.

The conversion to sRGB is that of Björn Ottosson, "A perceptual color space for image processing"
(2020); colours outside sRGB are clipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin
from typing import TypeAlias

RGB: TypeAlias = tuple[int, int, int]

_LINEAR_KNEE = 0.0031308  # where the sRGB curve leaves its linear foot


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours of one shot. `layers` go from far to near."""

    sky: RGB
    haze: RGB
    layers: tuple[RGB, RGB, RGB, RGB]
    accent: RGB
    second: RGB
    light: RGB
    dark: RGB


def palette(hue: float, accent_hue: float, lightness: float, saturation: float) -> Palette:
    """Mix a palette.

    Args:
        hue: main OKLCH hue in degrees.
        accent_hue: hue of what stands out, in degrees.
        lightness: -1 (night) to 1 (pastel).
        saturation: -1 (grey) to 1 (vivid).
    """
    chroma = max(0.0, 0.12 * (1 + 0.85 * saturation))
    turn = (accent_hue - hue + 180) % 360 - 180

    def tone(light: float, part: float, strength: float = 1.0) -> RGB:
        return oklch(light, chroma * strength, hue + part * turn)

    far, near = 0.66 + 0.16 * lightness, 0.33 + 0.12 * lightness
    steps = [far + (near - far) * i / 3 for i in range(4)]
    return Palette(
        sky=tone(0.56 + 0.27 * lightness, 0.0),
        haze=tone(0.79 + 0.15 * lightness, 0.3, 0.75),
        layers=(
            tone(steps[0], 0.12, 0.8),
            tone(steps[1], 0.06),
            tone(steps[2], 0.0),
            tone(steps[3], -0.08),
        ),
        accent=oklch(0.78, max(0.09, chroma * 1.35), accent_hue),
        second=oklch(0.68, max(0.05, chroma * 1.3), hue - turn * 0.35),
        light=oklch(0.96, 0.02, accent_hue),
        dark=oklch(0.2, 0.03, hue),
    )


def oklch(lightness: float, chroma: float, hue: float) -> RGB:
    """Convert OKLCH (lightness 0..1, chroma, hue in degrees) to 8-bit sRGB."""
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _byte(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _byte(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _byte(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def mix(one: RGB, two: RGB) -> RGB:
    """The colour halfway between two."""
    return (one[0] + two[0]) // 2, (one[1] + two[1]) // 2, (one[2] + two[2]) // 2


def _byte(linear: float) -> int:
    value = min(1.0, max(0.0, linear))
    if value <= _LINEAR_KNEE:
        return round(255 * 12.92 * value)
    return int(255 * (1.055 * value ** (1 / 2.4) - 0.055) + 0.5)
