"""The caption below a shot: a dark panel with a few lines of the shot's own words.

The font is the one inside Pillow, which covers Latin text. Words in other scripts are drawn as
bars of their length, as designers do before the text is there, so that nothing crashes and no
missing-glyph boxes appear.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from popcorn_bench.generators.video.palette import RGB

_LINES = 2
_READ = 200  # characters; more never fits
_LONGEST = 24  # characters of a Latin word in one piece
_BAR = 5  # characters of another script in one bar
_SCALE = 2  # drawn larger and scaled down, for smooth corners
_OPACITY = 165  # of the panel, of 255
_LEADING = 1.3  # line height in font sizes
_SPACE = 0.3  # of the font size
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})  # noqa: RUF001 - these are what is replaced


@dataclass(frozen=True, slots=True)
class Caption:
    """A picture to lay over frames: `rgb` is already multiplied by alpha.

    `rgb` and `rest` (255 - alpha, on three channels) have shape (h, w, 3); its upper left corner
    stands at `x`, `y`. `bar` is the track of the time bar: x, y and length in frame pixels.
    """

    rgb: NDArray[np.uint8]
    rest: NDArray[np.uint8]
    x: int
    y: int
    bar: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    width: float
    readable: bool


def caption(text: str, size: tuple[int, int], dark: RGB, light: RGB) -> Caption:
    """Draw the caption of a shot for frames of `size` (width, height)."""
    width, height = size
    font_size = max(8, min(width // 15, height // 14))
    margin = max(4, font_size // 2)
    box_width = min(width - 2 * margin, 40 * font_size)
    lines = _lines(_words(text, font_size), box_width - 2 * margin, font_size)
    line_height = round(font_size * _LEADING)
    box_height = line_height * len(lines) + 2 * margin + margin // 2
    image = _panel((box_width, box_height), margin, dark)
    _write(image, lines, font_size, margin, light)
    image = image.resize((box_width, box_height), Image.Resampling.BOX)
    pixels = np.asarray(image, dtype=np.uint16)
    alpha = pixels[..., 3:]
    rgb = (pixels[..., :3] * alpha // 255).astype(np.uint8)
    rest = np.repeat(255 - alpha, 3, axis=2).astype(np.uint8)
    x, y = (width - box_width) // 2, height - box_height - 2 * margin
    bar = (x + margin, y + box_height - margin, box_width - 2 * margin)
    return Caption(rgb, rest, x, y, bar)


def _panel(size: tuple[int, int], margin: int, dark: RGB) -> Image.Image:
    width, height = size[0] * _SCALE, size[1] * _SCALE
    image = Image.new("RGBA", (width, height), (*dark, 0))
    area = (0, 0, width - 1, height - 1)
    ImageDraw.Draw(image).rounded_rectangle(area, margin * _SCALE, fill=(*dark, _OPACITY))
    return image


def _write(
    image: Image.Image, lines: list[list[_Word]], font_size: int, margin: int, light: RGB
) -> None:
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        y = (margin + number * round(font_size * _LEADING)) * _SCALE
        _line(draw, line, (margin * _SCALE, y), font_size * _SCALE, (*light, 255))


def _line(
    draw: ImageDraw.ImageDraw,
    words: list[_Word],
    at: tuple[int, int],
    font_size: int,
    colour: tuple[int, int, int, int],
) -> None:
    x, y = float(at[0]), at[1]
    for word in words:
        width = word.width * _SCALE
        if word.readable:
            draw.text((x, y), word.text, fill=colour, font=_font(font_size))
        else:
            low, high = y + 0.38 * font_size, y + 0.9 * font_size
            draw.rounded_rectangle((x, low, x + width, high), 0.26 * font_size, fill=colour)
        x += width + _SPACE * font_size


def _lines(words: list[_Word], width: float, font_size: int) -> list[list[_Word]]:
    """Fill at most `_LINES` lines; what does not fit ends in an ellipsis."""
    lines: list[list[_Word]] = [[]]
    used = 0.0
    for word in words:
        if lines[-1] and used + word.width > width:
            if len(lines) == _LINES:
                lines[-1][-1] = _word("...", font_size)
                break
            lines.append([])
            used = 0.0
        lines[-1].append(word)
        used += word.width + _SPACE * font_size
    return lines


def _words(text: str, font_size: int) -> list[_Word]:
    plain = unicodedata.normalize("NFKD", text[:_READ].translate(_PLAIN))
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return [_word(part, font_size) for whole in kept.split() for part in _chunks(whole)]


def _chunks(word: str) -> Iterator[str]:
    longest = _LONGEST if word.isascii() else _BAR
    for start in range(0, len(word), longest):
        yield word[start : start + longest]


def _word(text: str, font_size: int) -> _Word:
    readable = text.isascii() and text.isprintable()
    big = _font(font_size * _SCALE).getlength(text) if readable else 0.0
    width = big / _SCALE if readable else 0.7 * font_size * len(text)
    return _Word(text, width, readable)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("this Pillow was built without FreeType")
    return font
