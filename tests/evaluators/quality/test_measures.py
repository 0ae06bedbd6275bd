"""Single measures against plain arithmetic, FFmpeg's own filters, and hard cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from popcorn_bench.evaluators.quality.filters import Filter
from popcorn_bench.evaluators.quality.frames import Frame as Decoded
from popcorn_bench.evaluators.quality.frames import frames as decoded
from tests.evaluators.quality.clips import (
    COUNT,
    FPS,
    HEIGHT,
    STEP,
    WIDTH,
    Frame,
    blocky,
    measured,
    plain,
    texture,
    window,
    write,
)


def eighths(path: Path) -> Iterator[Decoded]:
    return (frame for i, frame in enumerate(decoded(path)) if i % (FPS // 8) == 0)


def test_information_is_that_of_ffmpegs_siti(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", map(plain, range(COUNT // 2)))
    siti = Filter("siti"), Filter("siti")
    grays = [frame.gray for frame in eighths(path)]
    spatial = [siti[0].read(picture, "lavfi.siti.si") for picture in grays]
    temporal = [siti[1].read(picture, "lavfi.siti.ti") for picture in grays][1:]
    found = measured(path)
    assert found["spatial_information"] == pytest.approx(np.mean(spatial), rel=0.01)
    assert found["temporal_information"] == pytest.approx(np.mean(temporal), rel=0.001)


@pytest.mark.parametrize("crf", [18, 28, 35])
def test_frozen_is_seen_through_the_encoder(tmp_path: Path, crf: int) -> None:
    path = write(tmp_path / "a.mp4", (window(0) for _ in range(COUNT)), crf=crf)
    assert measured(path)["freeze"] == 1


def test_something_small_that_moves_slowly_is_not_frozen(tmp_path: Path) -> None:
    def frame(i: int) -> Frame:
        flat = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
        cv2.circle(flat, (60 + i // 2, 200), 20, (250, 200, 20), -1, cv2.LINE_AA)
        return flat

    assert measured(write(tmp_path / "a.mp4", map(frame, range(COUNT))))["freeze"] == 0


@pytest.mark.parametrize(("level", "percent"), [(0, 0), (51, 20), (128, 50.2), (255, 100)])
def test_a_flat_picture_crashes_nothing(tmp_path: Path, level: int, percent: float) -> None:
    flat = np.full((64, 64, 3), level, np.uint8)
    found = measured(write(tmp_path / "a.mp4", [flat] * 16))
    assert found["exposure"] == pytest.approx(percent, abs=0.8)
    assert found["freeze"] == 1, "the only metric with a better side is at its worst"
    assert (found["dark_clipping"], found["bright_clipping"]) == (level == 0, level == 255)
    nothing = {"motion", "cuts", "flicker", "sharpness", "blockiness", "contrast"}
    nothing |= {"spatial_information", "temporal_information", "colourfulness"}
    for name in nothing:
        assert found[name] == pytest.approx(0, abs=0.5), name


def test_colourfulness_by_hand(tmp_path: Path) -> None:
    """Half red, half blue: rg is +-, yb is +-; the means and deviations are plain arithmetic."""
    picture = np.zeros((128, 128, 3), np.uint8)
    picture[:, :64, 0] = picture[:, 64:, 2] = 200
    rg, yb = np.array([200.0, 0.0]), np.array([100.0, -200.0])
    expected = np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())
    found = measured(write(tmp_path / "a.mp4", [picture] * 8, crf=1))
    assert found["colourfulness"] == pytest.approx(expected, rel=0.04)


def test_light_by_hand(tmp_path: Path) -> None:
    """A quarter black, a quarter white, half in between."""
    picture = np.full((128, 128, 3), 100, np.uint8)
    picture[:, :32], picture[:, 96:] = 0, 255
    levels = np.array([0, 100, 100, 255])
    found = measured(write(tmp_path / "a.mp4", [picture] * 8, crf=1))
    assert found["dark_clipping"] == pytest.approx(0.25, abs=0.01)
    assert found["bright_clipping"] == pytest.approx(0.25, abs=0.01)
    assert found["exposure"] == pytest.approx(100 * levels.mean() / 255, rel=0.01)
    assert found["contrast"] == pytest.approx(100 * levels.std() / 255, rel=0.01)


@pytest.mark.parametrize(("width", "height"), [(704, 480), (480, 854), (160, 96)])
def test_blocks_are_found_where_the_codec_puts_them(
    tmp_path: Path, width: int, height: int
) -> None:
    """The middle that is searched starts on the grid, whatever the size of the clip."""
    mirrored = np.concatenate([texture(), texture()[::-1]])  # no seam, which would be a step
    wide = np.ascontiguousarray(mirrored[:height, :width])
    clean = measured(write(tmp_path / "a.mp4", [wide] * 4, crf=1))["blockiness"]
    found = measured(write(tmp_path / "b.mp4", [blocky(wide)] * 4, crf=1))["blockiness"]
    assert clean < 0.2
    assert found > 0.6


def test_landscape_and_large_clips(tmp_path: Path) -> None:
    large = np.asarray(cv2.resize(texture(), (1280, 720)), np.uint8)
    frames = (np.ascontiguousarray(np.roll(large, 8 * i, axis=1)) for i in range(12))
    found = measured(write(tmp_path / "a.mp4", frames))
    assert found["motion"] == pytest.approx(100 * 8 * FPS / float(np.hypot(1280, 720)), rel=0.1)


def test_a_cut_is_no_motion(tmp_path: Path) -> None:
    """Two scenes that have nothing in common, each moving as the plain clip does."""

    def frame(i: int) -> Frame:
        return plain(i) if i < COUNT // 2 else np.ascontiguousarray(plain(i)[::-1] // 2)

    found = measured(write(tmp_path / "a.mp4", map(frame, range(COUNT))))
    drawn = 100 * STEP * FPS / float(np.hypot(WIDTH, HEIGHT))
    assert found["cuts"] == 1
    assert found["motion"] == pytest.approx(drawn, rel=0.05)
