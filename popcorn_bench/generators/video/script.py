"""From a prompt to shots: what the words ask for, and hashing for the rest."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from popcorn_bench.generators.video.lexicon import CAMERAS, HUES, MOODS, MOTIFS, PACES
from popcorn_bench.generators.video.palette import Palette, palette

MAX_SHOTS = 3
_LONG_CLAUSE = 9  # words; a single sentence longer than this is cut at its commas
_READ = 4000  # characters of a prompt that are looked at word by word
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)?")
_SENTENCE = re.compile(r"[.!?;\n。！？；]+")  # noqa: RUF001 - full-width stops end sentences, too
_COMMA = re.compile(r"[,:，、]+| - | then ")  # noqa: RUF001 - as above
_HARMONIES = (150, 180, 210, 120, -60, 60)  # degrees between main and accent hue

_V = TypeVar("_V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One shot: what is seen, how it moves, how it is coloured, and what stands below.

    `start` and `end` are shares of the clip; `pace` multiplies all speeds; `seed` decides what
    the words leave open.
    """

    motif: str
    camera: str
    pace: float
    palette: Palette
    caption: str
    seed: int
    start: float
    end: float


def shots(prompt: str, seed: int, seconds: float) -> list[Shot]:
    """Cut `prompt` into one to three shots, no more than one per second of the clip."""
    clauses = _clauses(prompt)
    count = max(1, min(MAX_SHOTS, len(clauses), int(seconds)))
    chosen = [clauses[i * len(clauses) // count] for i in range(count)]
    everywhere = _words(prompt)
    return [
        _shot(text, everywhere, _Dice(prompt, seed, i), i / count, (i + 1) / count)
        for i, text in enumerate(chosen)
    ]


class _Dice:
    """Numbers that depend on prompt, seed and shot, and on nothing else."""

    def __init__(self, prompt: str, seed: int, shot: int) -> None:
        self._prompt = prompt.encode("utf-8", "surrogatepass")
        self._seed, self.shot = seed, shot

    def clip(self, what: str) -> float:
        """A number in [0, 1) that all shots of the clip share."""
        return self._number(what, -1) / 2**32

    def each(self, what: str) -> float:
        """A number in [0, 1) of this shot."""
        return self._number(what, self.shot) / 2**32

    def integer(self, what: str) -> int:
        """An integer in [0, 2**32) of this shot."""
        return self._number(what, self.shot)

    def _number(self, what: str, shot: int) -> int:
        head = f"{what}|{shot}|{self._seed}|".encode()
        return int.from_bytes(hashlib.sha256(head + self._prompt).digest()[:4], "big")


def _shot(text: str, everywhere: Sequence[str], dice: _Dice, start: float, end: float) -> Shot:
    own = _words(text)
    motifs = sorted(set(MOTIFS.values()))
    cameras = sorted(set(CAMERAS.values()))
    return Shot(
        motif=_voted(MOTIFS, own, everywhere) or motifs[int(dice.clip("motif") * len(motifs))],
        camera=_voted(CAMERAS, own, ()) or cameras[int(dice.each("camera") * len(cameras))],
        pace=_pace(own, everywhere) * (0.85 + 0.3 * dice.clip("pace")),
        palette=_palette(own, everywhere, dice),
        caption=" ".join(text.split()),
        seed=dice.integer("scene"),
        start=start,
        end=end,
    )


def _palette(own: Sequence[str], everywhere: Sequence[str], dice: _Dice) -> Palette:
    named = list(dict.fromkeys([*_found(HUES, own), *_found(HUES, everywhere)]))
    jitter = 24 * (dice.each("hue") - 0.5)
    hue = (named[0] if named else 360 * dice.clip("main hue")) + jitter
    if len(named) > 1:
        accent = float(named[1])
    else:
        accent = hue + _HARMONIES[int(dice.clip("accent") * len(_HARMONIES))]
    moods = _found(MOODS, own) or _found(MOODS, everywhere)
    lightness = _mean([m[0] for m in moods], 0.8 * (dice.clip("light") - 0.45))
    saturation = _mean([m[1] for m in moods], 0.5 * (dice.clip("colour") - 0.3))
    return palette(hue, accent, lightness, saturation)


def _pace(own: Sequence[str], everywhere: Sequence[str]) -> float:
    return _mean(_found(PACES, own) or _found(PACES, everywhere), 1.0)


def _voted(table: Mapping[str, str], own: Sequence[str], everywhere: Sequence[str]) -> str:
    """The entry that most words point to; a shot's own words count threefold."""
    votes = Counter(_found(table, own) * 2 + _found(table, everywhere))
    return votes.most_common(1)[0][0] if votes else ""


def _found(table: Mapping[str, _V], words: Sequence[str]) -> list[_V]:
    keys = (word if word in table else word.removesuffix("s") for word in words)
    return [table[key] for key in keys if key in table]


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text[:_READ])]


def _clauses(prompt: str) -> list[str]:
    sentences = _parts(_SENTENCE, prompt)
    if len(sentences) == 1 and len(_words(prompt)) > _LONG_CLAUSE:
        return _parts(_COMMA, sentences[0]) or sentences
    return sentences or [prompt]


def _parts(cut: re.Pattern[str], text: str) -> list[str]:
    return [part.strip() for part in cut.split(text[:_READ]) if _WORD.search(part)]


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default
