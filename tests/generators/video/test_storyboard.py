from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from popcorn_bench.errors import AdapterError, UsageError
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.generators.video.lexicon import CAMERAS, MOTIFS
from popcorn_bench.generators.video.script import MAX_SHOTS, shots
from popcorn_bench.generators.video.storyboard import Still, Storyboard
from popcorn_bench.media import probe, read_frames
from popcorn_bench.types import JSON, Generator

RAMEN = "A steaming bowl of ramen on a wooden table. Chopsticks lift the noodles. A chef smiles."
SMALL: dict[str, JSON] = {"width": 96, "height": 128, "fps": 6, "seconds": 3}


def make(kind: type[Storyboard], **given: JSON) -> Storyboard:
    return kind(Generator(name="x", adapter="x", revision="1", settings=given), "cpu")


def clips(
    folder: Path, *prompts: str, seed: int = 1, kind: type[Storyboard] = Storyboard
) -> list[Path]:
    requests = [MediaRequest(prompt, seed) for prompt in prompts]
    found = list(make(kind, **SMALL).generate(requests, folder))
    assert all(isinstance(path, Path) for path in found)
    return [path for path in found if isinstance(path, Path)]


def sky(path: Path) -> NDArray[np.float64]:
    """Mean RGB of the clip above its caption."""
    frames = np.stack(list(read_frames(path)))
    mean: NDArray[np.float64] = frames[:, :90].mean(axis=(0, 1, 2))
    return mean


def test_defaults_give_a_portrait_clip_of_three_seconds(tmp_path: Path) -> None:
    (path,) = make(Storyboard).generate([MediaRequest(RAMEN, 1)], tmp_path)
    assert isinstance(path, Path)
    facts = probe(path)
    assert (facts.width, facts.height, facts.frames, facts.fps) == (288, 512, 45, 15)
    assert (facts.seconds, facts.codec) == (3.0, "h264")


def test_settings_are_kept(tmp_path: Path) -> None:
    given: dict[str, JSON] = {"width": 200, "height": 100, "fps": 10, "seconds": 1.5}
    for kind in (Storyboard, Still):
        (path,) = make(kind, **given).generate([MediaRequest(RAMEN, 1)], tmp_path)
        assert isinstance(path, Path)
        facts = probe(path)
        assert (facts.width, facts.height, facts.frames, facts.fps) == (200, 100, 15, 10)


def test_equal_requests_give_equal_bytes_in_any_process_and_batch(tmp_path: Path) -> None:
    one = clips(tmp_path, "something else first", RAMEN)[1].read_bytes()
    code = (
        "import hashlib, sys, pathlib, popcorn_bench.types as t\n"
        "from popcorn_bench.generators.protocol import MediaRequest\n"
        "from popcorn_bench.generators.video.storyboard import Storyboard\n"
        f"g = t.Generator(name='x', adapter='x', revision='1', settings={SMALL!r})\n"
        f"r = [MediaRequest({RAMEN!r}, 1)]\n"
        "p = next(Storyboard(g, 'cpu').generate(r, pathlib.Path(sys.argv[1])))\n"
        "print(hashlib.sha256(p.read_bytes()).hexdigest())\n"
    )
    other = tmp_path / "other"
    other.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code, str(other)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(one).hexdigest()


def test_prompt_and_seed_both_count(tmp_path: Path) -> None:
    for number, (prompt, seed) in enumerate(
        [(RAMEN, 1), (RAMEN, 2), (RAMEN + " At night.", 1), ("Why do we fear silence", 1)]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        clips(folder, prompt, seed=seed)
    assert len({path.read_bytes() for path in tmp_path.rglob("*.mp4")}) == 4


def test_still_is_the_first_frame_for_the_same_length(tmp_path: Path) -> None:
    moving, frozen = tmp_path / "m", tmp_path / "f"
    moving.mkdir()
    frozen.mkdir()
    first, last = _ends(clips(moving, RAMEN)[0])
    still_first, still_last = _ends(clips(frozen, RAMEN, kind=Still)[0])
    assert np.abs(first - still_first).mean() < 3, "not the first frame"
    assert np.abs(still_first - still_last).mean() < 3, "not frozen"
    assert np.abs(first - last).mean() > 15, "the storyboard does not move"


def _ends(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    frames = list(read_frames(path))
    return frames[0].astype(float), frames[-1].astype(float)


def test_colour_and_mood_words_show(tmp_path: Path) -> None:
    def mean(word: str) -> NDArray[np.float64]:
        things = ("thing", "matter", "affair", "item")  # which scene it is, is left to chance
        found: NDArray[np.float64] = np.mean(
            [sky(path) for path in clips(tmp_path, *(f"a {word} {t}" for t in things))], axis=0
        )
        return found

    red, blue, green = mean("red"), mean("blue"), mean("green")
    assert red[0] > red[2] + 30
    assert blue[2] > blue[0] + 30
    assert green[1] > green[0] + 30
    assert mean("cheerful").mean() > mean("gloomy").mean() + 40


def test_motion_words_show() -> None:
    slow, fast = shots("waves move slowly", 1, 3.0)[0], shots("waves chase rapidly", 1, 3.0)[0]
    assert fast.pace > 2 * slow.pace
    assert shots("zoom into a cake", 1, 3.0)[0].camera == "push"
    assert shots("a rocket rising", 1, 3.0)[0].camera == "rise"
    assert shots("pixel arcade game", 1, 3.0)[0].motif == "pixels"


def test_shots_follow_the_sentences() -> None:
    found = shots(RAMEN, 1, 3.0)
    assert [shot.caption for shot in found] == [part.strip() for part in RAMEN.split(".")[:3]]
    assert [shot.start for shot in found] == [0, 1 / 3, 2 / 3]
    assert len(shots("One. Two. Three. Four. Five. Six.", 1, 30.0)) == MAX_SHOTS
    assert len(shots(RAMEN, 1, 1.9)) == 1, "no shot is shorter than a second"


@pytest.mark.parametrize("motif", sorted(set(MOTIFS.values())))
def test_every_motif_is_drawn_and_moves(tmp_path: Path, motif: str) -> None:
    word = next(word for word, name in MOTIFS.items() if name == motif)
    assert shots(word, 1, 3.0)[0].motif == motif
    first, last = _ends(clips(tmp_path, word)[0])
    assert first[:90].std() > 10, "nothing but sky"
    assert np.abs(first - last)[:90].mean() > 1.5, "nothing moves"


@pytest.mark.parametrize("camera", sorted(set(CAMERAS.values())))
def test_every_camera_moves(tmp_path: Path, camera: str) -> None:
    word = next(word for word, name in CAMERAS.items() if name == camera)
    assert shots(f"mountain {word}", 1, 3.0)[0].camera == camera
    first, last = _ends(clips(tmp_path, f"mountain {word}")[0])
    assert np.abs(first - last)[:90].mean() > 1.5


def test_the_caption_is_there_and_differs(tmp_path: Path) -> None:
    one, two = (_ends(path)[0] for path in clips(tmp_path, "mountain alpha", "mountain omega"))
    assert np.abs(one[100:] - two[100:]).max() > 60
    assert one[100:].max() > 200, "no light letters"


@settings(max_examples=25, deadline=None)
@given(prompt=st.text(max_size=300), seed=st.integers(0, 2**31 - 1))
def test_any_text_in_any_script_becomes_a_clip(
    tmp_path_factory: pytest.TempPathFactory, prompt: str, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("any")
    generator = make(Storyboard, width=64, height=64, fps=2, seconds=1)
    (path,) = generator.generate([MediaRequest(prompt, seed)], folder)
    assert isinstance(path, Path)
    assert probe(path).frames == 2
    assert [p.parent for p in folder.rglob("*")] == [folder]


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "一只可爱的熊猫在竹林里吃竹子。慢动作",
        "قطة تلعب",
        "🍜🔥",
        "\x1b[31m\x00\ud800",
        "../../etc/x",
        "a" * 9000,
    ],
)
def test_hostile_and_foreign_text(tmp_path: Path, prompt: str) -> None:
    (path,) = clips(tmp_path, prompt)
    assert path.parent == tmp_path
    assert path.name == "000000.mp4"


@pytest.mark.parametrize(
    ("given_settings", "message"),
    [
        ({"width": 255}, "even"),
        ({"width": 62}, "64"),
        ({"height": 100_000}, "2048"),
        ({"fps": 0}, "1 to 60"),
        ({"fps": 12.5}, "whole"),
        ({"fps": True}, "number"),
        ({"seconds": "nan"}, "number"),
        ({"seconds": "long"}, "number"),
        ({"widht": 256}, "did you mean 'width'"),
    ],
)
def test_settings_out_of_range(given_settings: dict[str, JSON], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make(Storyboard, **given_settings)


def test_a_folder_that_is_gone_fails_each_request_loudly(tmp_path: Path) -> None:
    requests = [MediaRequest("x", 1), MediaRequest("y", 1)]
    found = list(make(Storyboard, **SMALL).generate(requests, tmp_path / "gone"))
    assert all(isinstance(item, AdapterError) and "No such file" in str(item) for item in found)
    assert len(found) == 2


def test_an_error_of_one_clip_spares_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = make(Storyboard, **SMALL)
    first = next(generator.generate([MediaRequest("x", 1)], tmp_path))
    assert isinstance(first, Path)
    whole = Storyboard._frames

    def frames(self: Storyboard, prompt: str, seed: int) -> object:
        return iter(()) if prompt == "bad" else whole(self, prompt, seed)

    monkeypatch.setattr(Storyboard, "_frames", frames)
    found = list(generator.generate([MediaRequest(p, 1) for p in ("a", "bad", "b")], tmp_path))
    assert [isinstance(item, AdapterError) for item in found] == [False, True, False]


def test_different_prompts_look_different(tmp_path: Path) -> None:
    prompts = [RAMEN, "Pink anime girl under petals", "Neon city at night", "Calm blue ocean"]
    histograms = [_histogram(path) for path in clips(tmp_path, *prompts)]
    for i, one in enumerate(histograms):
        for two in histograms[:i]:
            assert cv2.compareHist(one, two, cv2.HISTCMP_CORREL) < 0.6


def _histogram(path: Path) -> NDArray[np.float32]:
    frames = np.concatenate(list(read_frames(path)))
    return np.asarray(cv2.calcHist([frames], [0, 1, 2], None, [6] * 3, [0, 256] * 3), np.float32)
