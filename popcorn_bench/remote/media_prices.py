"""What a clip or a picture costs by LiteLLM's table: USD, or None where it does not say.

The table holds 0 for services whose price it lacks, so 0 is never believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from popcorn_bench.remote.prices import listed

_PIXELS = re.compile(r"(\d+)\s*[xX:]\s*(\d+)")
_TIER = re.compile(r"(\d{3,4}[pP]|[24][kK])")
_TIERS = ((480, "480p"), (720, "720p"), (768, "768p"), (1080, "1080p"), (1440, "2k"))


def video_usd(model: str, seconds: float, size: str) -> float | None:
    """USD of one clip.

    Args:
        model: the LiteLLM string.
        seconds: length of the clip; services bill what was asked for.
        size: `1280x720`, a name such as `1080p`, or ''.
    """
    row = listed(model)
    tier = _tier(size)
    names = ("output_cost_per_video_per_second", f"output_cost_per_second_{tier}")
    rate = next((r for name in (*names, "output_cost_per_second") if (r := _usd(row, name))), None)
    return None if rate is None or seconds <= 0 else round(rate * seconds, 6)


def image_usd(model: str, size: str, quality: str, tokens: tuple[int, int]) -> float | None:
    """USD of one picture.

    Args:
        model: the LiteLLM string.
        size: `1024x1024` or ''.
        quality: as the service names it, or ''.
        tokens: those that went in and came out; (0, 0) where the service does not count them.
    """
    row = _sized(model, size, quality) or listed(model)
    each = _usd(row, "output_cost_per_image")
    if not each and "output_cost_per_image_token" not in row:  # else it is the price of a reference
        each = _usd(row, "input_cost_per_image")
    return _by_tokens(row, tokens) or each or _by_pixels(row, size)


def _tier(size: str) -> str:
    """The tier whose price holds for a size: that of its shorter side."""
    if named := _TIER.fullmatch(size):
        return named[1].lower()
    pixels = _PIXELS.fullmatch(size)
    if not pixels:
        return ""
    short = min(int(pixels[1]), int(pixels[2]))
    return next((name for most, name in _TIERS if short <= most), "4k")


def _sized(model: str, size: str, quality: str) -> Mapping[str, object]:
    """The row of one size and quality, where the table has rows for them."""
    provider, _, bare = model.partition("/")
    pixels = size.replace("x", "-x-")
    parts = [part for part in (quality, pixels) if part]
    spellings = ("/".join([*parts, bare]), "/".join([provider, *parts, bare]))
    rows = (listed(spelling) for spelling in spellings if parts)
    return next((row for row in rows if row), {})


def _by_tokens(row: Mapping[str, object], tokens: tuple[int, int]) -> float | None:
    into, out = _usd(row, "input_cost_per_token"), _usd(row, "output_cost_per_image_token")
    if not out or not tokens[1]:
        return None
    return round(tokens[0] * (into or 0.0) + tokens[1] * out, 6)


def _by_pixels(row: Mapping[str, object], size: str) -> float | None:
    pixels = _PIXELS.fullmatch(size)
    rate = _usd(row, "output_cost_per_pixel") or _usd(row, "input_cost_per_pixel")
    return round(rate * int(pixels[1]) * int(pixels[2]), 6) if rate and pixels else None


def _usd(row: Mapping[str, object], name: str) -> float | None:
    value = row.get(name)
    known = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return float(value) if known and isinstance(value, int | float) else None
