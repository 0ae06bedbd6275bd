"""Clips that differ in one respect: the metric for it moves and the others stay."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.protocol import EvaluatorClass, Sample
from popcorn_bench.evaluators.quality import Quality
from popcorn_bench.types import Direction, Input, Kind, Query

Frame = NDArray[np.uint8]
Numbers = dict[str, float]

QUERY = Query(id="1", text="anything", kind=Kind.CONCRETE, topic="food")
FPS, COUNT, STEP = 16, 48, 4
WIDTH, HEIGHT = 288, 512


@cache
def texture() -> Frame:
    """A wide soft random pattern in colour to move a window over."""
    noise = np.random.default_rng(7).integers(0, 256, (HEIGHT, 1200, 3)).astype(np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    wide = cv2.normalize(soft, np.zeros_like(soft), 20, 235, cv2.NORM_MINMAX)
    return np.asarray(wide, np.uint8)


def window(shift: float) -> Frame:
    place = np.array([[1, 0, -shift], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(texture(), place, (WIDTH, HEIGHT)), np.uint8)


def scaled(frame: Frame, factor: float) -> Frame:
    return np.asarray(np.clip(frame * factor, 0, 255), np.uint8)


def gray(frame: Frame) -> Frame:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def write(path: Path, frames: Iterable[Frame], fps: int = FPS, crf: int = 16) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps))
        stream.options = {"crf": str(crf), "preset": "superfast"}
        for i, frame in enumerate(frames):
            if i == 0:
                stream.height, stream.width = frame.shape[:2]
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts = i
            container.mux(stream.encode(picture.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return path


def answer(video: Path | None) -> Numbers | AdapterError:
    (found,) = Quality().score([Sample(query=QUERY, title="", video=video)])
    if isinstance(found, AdapterError):
        return found
    return {score.metric: score.value for score in found}


def measured(path: Path) -> Numbers:
    found = answer(path)
    assert not isinstance(found, AdapterError), found
    return found


def failed(path: Path | None) -> AdapterError:
    found = answer(path)
    assert isinstance(found, AdapterError)
    return found


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Numbers]:
    folder = tmp_path_factory.mktemp("clips")
    make: dict[str, Callable[[int], Frame]] = {
        "plain": lambda i: window(STEP * i),
        "slow": lambda i: window(STEP * i / 4),
        "frozen": lambda _: window(0),
        "half_frozen": lambda i: window(STEP * min(i, COUNT // 2)),
        "flickering": lambda i: scaled(window(STEP * i), 0.9 if i % 2 else 1.1),
        "fading": lambda i: scaled(window(STEP * i), 0.7 + 0.6 * i / COUNT),
        "blurred": lambda i: np.asarray(cv2.GaussianBlur(window(STEP * i), (0, 0), 5), np.uint8),
        "dark": lambda i: scaled(window(STEP * i), 0.5),
        "grey": lambda i: gray(window(STEP * i)),
        "cut": lambda i: window(STEP * i) if i < COUNT // 2 else scaled(window(STEP * i), 0.5),
    }
    return {
        name: measured(write(folder / f"{name}.mp4", (draw(i) for i in range(COUNT))))
        for name, draw in make.items()
    }


def same(one: Numbers, two: Numbers, *names: str, by: float = 0.06) -> None:
    for name in names:
        assert two[name] == pytest.approx(one[name], rel=by, abs=0.02), name


def test_motion_is_the_speed_that_was_drawn(clips: dict[str, Numbers]) -> None:
    drawn = 100 * STEP * FPS / float(np.hypot(WIDTH, HEIGHT))
    assert clips["plain"]["motion"] == pytest.approx(drawn, rel=0.03)
    assert clips["slow"]["motion"] == pytest.approx(drawn / 4, rel=0.1)
    same(clips["plain"], clips["slow"], "flicker", "sharpness", "freeze")
    same(clips["plain"], clips["slow"], "exposure", "colourfulness", by=0.1)


def test_motion_does_not_depend_on_the_frame_rate(
    clips: dict[str, Numbers], tmp_path: Path
) -> None:
    for fps in (8, 32):
        frames = (window(STEP * i * FPS / fps) for i in range(3 * fps))
        same(clips["plain"], measured(write(tmp_path / "a.mp4", frames, fps)), "motion", "freeze")


def test_frozen(clips: dict[str, Numbers]) -> None:
    assert clips["frozen"]["freeze"] == 1
    assert clips["frozen"]["motion"] < 0.1
    assert clips["half_frozen"]["freeze"] == pytest.approx(0.5, abs=0.05)
    assert clips["plain"]["freeze"] == clips["slow"]["freeze"] == 0
    same(clips["plain"], clips["frozen"], "sharpness", "exposure", "colourfulness", "flicker")


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


def test_flicker(clips: dict[str, Numbers]) -> None:
    assert clips["plain"]["flicker"] < 0.1
    mean = clips["flickering"]["exposure"]
    assert clips["flickering"]["flicker"] == pytest.approx(0.2 * mean, rel=0.15)
    same(clips["plain"], clips["flickering"], "motion", by=0.15)
    same(clips["plain"], clips["flickering"], "exposure", "colourfulness", "sharpness", by=0.1)
    same(clips["plain"], clips["flickering"], "freeze")


def test_a_fade_and_a_cut_are_no_flicker(clips: dict[str, Numbers]) -> None:
    assert clips["fading"]["flicker"] < 0.1
    assert clips["cut"]["flicker"] < 0.1


def test_a_cut_is_no_motion(clips: dict[str, Numbers]) -> None:
    same(clips["plain"], clips["cut"], "motion", "freeze")


def test_blur(clips: dict[str, Numbers]) -> None:
    assert clips["blurred"]["sharpness"] < 0.8 * clips["plain"]["sharpness"]
    same(clips["plain"], clips["blurred"], "motion", "flicker", "exposure", "freeze")


def test_exposure(clips: dict[str, Numbers]) -> None:
    assert clips["dark"]["exposure"] == pytest.approx(clips["plain"]["exposure"] / 2, rel=0.03)
    same(clips["plain"], clips["dark"], "motion", "sharpness", "flicker", "freeze", by=0.1)


@pytest.mark.parametrize(("level", "percent"), [(0, 0), (51, 20), (255, 100)])
def test_exposure_of_flat_pictures(tmp_path: Path, level: int, percent: float) -> None:
    flat = np.full((64, 64, 3), level, np.uint8)
    found = measured(write(tmp_path / "a.mp4", [flat] * 8))
    assert found["exposure"] == pytest.approx(percent, abs=0.8)
    assert found["sharpness"] == 0, "no edges"
    assert found["colourfulness"] == pytest.approx(0, abs=0.5)


def test_colourfulness(clips: dict[str, Numbers]) -> None:
    assert clips["grey"]["colourfulness"] < 2
    assert clips["plain"]["colourfulness"] > 20
    same(clips["plain"], clips["grey"], "motion", "flicker", "exposure", "freeze", by=0.1)


def test_colourfulness_by_hand(tmp_path: Path) -> None:
    """Half red, half blue: rg is +-, yb is +-; the means and deviations are plain arithmetic."""
    picture = np.zeros((128, 128, 3), np.uint8)
    picture[:, :64, 0] = picture[:, 64:, 2] = 200
    rg, yb = np.array([200.0, 0.0]), np.array([100.0, -200.0])
    expected = np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())
    found = measured(write(tmp_path / "a.mp4", [picture] * 8, crf=1))
    assert found["colourfulness"] == pytest.approx(expected, rel=0.04)


def test_the_same_clip_gives_the_same_numbers_in_another_process(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", (window(STEP * i) for i in range(16)))
    code = (
        "import sys, pathlib\n"
        "from popcorn_bench.evaluators.quality import Quality\n"
        "from popcorn_bench.evaluators.protocol import Sample\n"
        "from popcorn_bench.types import Kind, Query\n"
        "q = Query(id='1', text='', kind=Kind.CONCRETE, topic='')\n"
        "s = Sample(query=q, title='', video=pathlib.Path(sys.argv[1]))\n"
        "print({x.metric: x.value for x in next(Quality().score([s]))})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(measured(path))


def test_landscape_and_large_clips(tmp_path: Path) -> None:
    large = np.asarray(cv2.resize(texture(), (1280, 720)), np.uint8)
    frames = (np.ascontiguousarray(np.roll(large, 8 * i, axis=1)) for i in range(12))
    found = measured(write(tmp_path / "a.mp4", frames))
    assert found["motion"] == pytest.approx(100 * 8 * FPS / float(np.hypot(1280, 720)), rel=0.1)


def test_damage_is_answered_and_spares_the_others(tmp_path: Path) -> None:
    good = write(tmp_path / "good.mp4", (window(i) for i in range(12)))
    data = good.read_bytes()
    cut, text, empty = tmp_path / "cut.mp4", tmp_path / "text.mp4", tmp_path / "empty.mp4"
    cut.write_bytes(data[: len(data) // 2])
    text.write_bytes(b"<html>not found</html>")
    empty.write_bytes(b"")
    gone, playlist = tmp_path / "gone.mp4", tmp_path / "a.m3u8"
    playlist.write_text(f"#EXTM3U\n{good}\n")
    samples = [
        Sample(query=QUERY, title="", video=path)
        for path in (cut, text, empty, gone, playlist, good)
    ]
    found = list(Quality().score(samples))
    errors = [item for item in found[:5] if isinstance(item, AdapterError)]
    expected = ["broken_media", "broken_media", "degenerate", "broken_media", "broken_media"]
    assert [error.kind for error in errors] == expected
    assert not isinstance(found[5], AdapterError)


def test_a_clip_cut_between_frames_does_not_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write(path, (window(i) for i in range(12)))
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 3
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 12
    index = data.index(b"moov")
    assert index > middle, "the index stands last here, so that zeros hit the pictures alone"
    data[middle : index - 8] = bytes(index - 8 - middle)
    path.write_bytes(data)
    assert failed(path).kind == "broken_media"


def test_what_cannot_be_measured(tmp_path: Path) -> None:
    assert failed(None).kind == "missing_input"
    assert failed(write(tmp_path / "one.mp4", [window(0)])).kind == "degenerate"
    tiny = [np.zeros((16, 16, 3), np.uint8)] * 4
    assert failed(write(tmp_path / "tiny.mp4", tiny)).kind == "degenerate"


def test_the_card_is_honest() -> None:
    evaluator: EvaluatorClass = Quality
    card = evaluator.card()
    assert card.inputs == (Input.VIDEO,)
    assert card.sees_video
    ranking = {metric.name for metric in card.metrics if metric.direction is not Direction.NONE}
    assert ranking == {"freeze"}
    assert all(metric.unit and metric.low is not None for metric in card.metrics)
    assert Quality.missing() == []


def test_ranges_hold(clips: dict[str, Numbers]) -> None:
    for metric in Quality.card().metrics:
        for numbers in clips.values():
            assert metric.low is not None
            assert metric.low <= numbers[metric.name]
            assert numbers[metric.name] <= (metric.high or float("inf"))
            assert set(numbers) == {m.name for m in Quality.card().metrics}


def test_the_card_needs_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from popcorn_bench.evaluators.quality import Quality\n"
        "Quality.card()\n"
        "loaded = {'av', 'numpy', 'cv2'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
