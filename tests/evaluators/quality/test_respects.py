"""Clips that differ in one respect: the metrics for it move and the others stay.

Each altered clip names the metrics that the alteration is about (`moves`) and those that it takes
along, because they measure the same pixels (`follows`): whoever blurs a picture has less detail.
All others stay within a tenth, or within what an encoder does to equal pictures (`NOISE`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from tests.evaluators.quality.clips import (
    CARD,
    COUNT,
    FPS,
    HEIGHT,
    STEP,
    WIDTH,
    Frame,
    Numbers,
    blocky,
    blurred,
    gray,
    measured,
    plain,
    scaled,
    shifted,
    window,
    write,
)

NOISE: Final = {
    "motion": 0.1,
    "temporal_information": 0.3,
    "cuts": 0.0,
    "freeze": 0.0,
    "flicker": 0.05,
    "sharpness": 0.005,
    "blockiness": 0.1,
    "dark_clipping": 0.001,
    "bright_clipping": 0.001,
}
NAMES: Final = frozenset(metric.name for metric in CARD.metrics)
CHANGE: Final = ("temporal_information",)
DETAIL: Final = ("spatial_information", "contrast", "colourfulness", "temporal_information")
# The ratio behind it is to the steps that are no block's: where those shrink, the encoder's own
# blocks weigh more.
SMOOTH: Final = "blockiness"


@dataclass(frozen=True)
class Altered:
    """A clip, what it changes by which factor or to which value, and what that takes along."""

    draw: Callable[[int], Frame]
    moves: dict[str, tuple[float, float]]  # lowest and highest, as share of the plain clip's
    follows: tuple[str, ...] = ()
    absolute: bool = False


BURNT, BLACK = 110, -110
CLIPS: Final = {
    "slow": Altered(lambda i: window(STEP * i / 4), {"motion": (0.2, 0.3)}, CHANGE),
    "frozen": Altered(
        lambda _: window(0), {"freeze": (1, 1), "motion": (0, 0.1)}, CHANGE, absolute=True
    ),
    "half_frozen": Altered(
        lambda i: window(STEP * min(i, COUNT // 2)),
        {"freeze": (0.45, 0.55), "motion": (4.5, 6.5)},
        CHANGE,
        absolute=True,
    ),
    "flickering": Altered(
        lambda i: scaled(plain(i), 0.9 if i % 2 else 1.1),
        {"flicker": (8.5, 11.5)},
        # sampled, they see one phase more often than the other
        ("temporal_information", "spatial_information"),
        absolute=True,
    ),
    "blurred": Altered(lambda i: blurred(plain(i)), {"sharpness": (0.5, 0.8)}, (*DETAIL, SMOOTH)),
    "flat": Altered(
        lambda i: shifted(scaled(plain(i), 0.5), 64), {"contrast": (0.45, 0.55)}, (*DETAIL, SMOOTH)
    ),
    "dark": Altered(lambda i: scaled(plain(i), 0.5), {"exposure": (0.45, 0.55)}, (*DETAIL, SMOOTH)),
    "black": Altered(
        lambda i: shifted(plain(i), BLACK),
        {"dark_clipping": (0.05, 0.2), "exposure": (5, 11)},
        DETAIL,
        absolute=True,
    ),
    "burnt": Altered(
        lambda i: shifted(plain(i), BURNT),
        {"bright_clipping": (0.05, 0.2), "exposure": (89, 95)},
        DETAIL,
        absolute=True,
    ),
    "grey": Altered(lambda i: gray(plain(i)), {"colourfulness": (0, 0.05)}),
    "blocky": Altered(lambda i: blocky(plain(i)), {"blockiness": (0.5, 0.8)}, absolute=True),
    "cut": Altered(
        lambda i: scaled(plain(i), 0.5) if i >= COUNT // 2 else plain(i),
        {"cuts": (1, 1)},
        ("exposure", *DETAIL),
        absolute=True,
    ),
    "three_cuts": Altered(
        lambda i: shifted(plain(i), -50 if i // (COUNT // 4) % 2 else 50),
        {"cuts": (3, 3)},
        absolute=True,
    ),
    "fading": Altered(lambda i: scaled(plain(i), 0.7 + 0.6 * i / COUNT), {}),
    "flash": Altered(lambda i: shifted(plain(i), 60 if i == COUNT // 2 else 0), {}, ("flicker",)),
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Numbers]:
    folder = tmp_path_factory.mktemp("clips")
    draws = {"plain": plain} | {name: clip.draw for name, clip in CLIPS.items()}
    return {
        name: measured(write(folder / f"{name}.mp4", map(draw, range(COUNT))))
        for name, draw in draws.items()
    }


@pytest.mark.parametrize("name", CLIPS)
def test_what_it_is_about_moves(clips: dict[str, Numbers], name: str) -> None:
    clip = CLIPS[name]
    for metric, (low, high) in clip.moves.items():
        of = 1.0 if clip.absolute else clips["plain"][metric]
        assert low * of <= clips[name][metric] <= high * of, metric


@pytest.mark.parametrize("name", CLIPS)
def test_the_others_stay(clips: dict[str, Numbers], name: str) -> None:
    before, after = clips["plain"], clips[name]
    for metric in sorted(NAMES - CLIPS[name].moves.keys() - set(CLIPS[name].follows)):
        noise = NOISE.get(metric, 0.0)
        assert after[metric] == pytest.approx(before[metric], rel=0.1, abs=noise), metric


def test_every_metric_is_moved_by_a_clip_or_measured_by_hand() -> None:
    by_hand = {"temporal_information", "spatial_information"}
    assert {name for clip in CLIPS.values() for name in clip.moves} | by_hand == NAMES


def test_the_plain_clip_has_no_defect(clips: dict[str, Numbers]) -> None:
    none = ("cuts", "freeze", "dark_clipping", "bright_clipping")
    assert [clips["plain"][name] for name in none] == [0] * len(none)
    assert clips["plain"]["flicker"] < 0.05
    assert clips["plain"]["blockiness"] < 0.25


def test_ranges_hold(clips: dict[str, Numbers]) -> None:
    for numbers in clips.values():
        assert set(numbers) == NAMES
        for metric in CARD.metrics:
            assert metric.low is not None
            high = float("inf") if metric.high is None else metric.high
            assert metric.low <= numbers[metric.name] <= high


def test_motion_is_the_speed_that_was_drawn(clips: dict[str, Numbers]) -> None:
    drawn = 100 * STEP * FPS / float(np.hypot(WIDTH, HEIGHT))
    assert clips["plain"]["motion"] == pytest.approx(drawn, rel=0.03)
    assert clips["slow"]["motion"] == pytest.approx(drawn / 4, rel=0.1)


@pytest.mark.parametrize("fps", [8, 32])
def test_no_metric_hangs_on_the_frame_rate(
    clips: dict[str, Numbers], tmp_path: Path, fps: int
) -> None:
    frames = (window(STEP * i * FPS / fps) for i in range(3 * fps))
    found = measured(write(tmp_path / "a.mp4", frames, fps))
    for metric in NAMES:
        noise = NOISE.get(metric, 0.0)
        assert found[metric] == pytest.approx(clips["plain"][metric], rel=0.1, abs=noise), metric


def test_the_coarser_the_encoding_the_more_blocks(tmp_path: Path) -> None:
    found = [
        measured(write(tmp_path / f"{crf}.mp4", map(plain, range(COUNT // 2)), crf=crf))
        for crf in (16, 34, 51)
    ]
    one, two, three = (numbers["blockiness"] for numbers in found)
    assert one + 0.1 < two < three - 0.2
    assert found[0]["freeze"] == found[2]["freeze"] == 0
