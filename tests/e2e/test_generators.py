"""Diffusion pipelines through the whole command: tiny random weights, real classes, real clips."""

from __future__ import annotations

import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from popcorn_bench.fingerprint import text_sha
from popcorn_bench.media import probe
from popcorn_bench.results.artifacts import ArtefactStore
from tests.e2e.cli import Done, popcorn, start
from tests.e2e.tinyruns import ENV, TASK, content, records, told, working_in
from tests.generators.pipelines.conftest import Folder

LLMS, PIPELINES, LIMIT = ("echo", "template"), ("ltx", "hunyuan"), 3
CLIPS = len(LLMS) * len(PIPELINES) * LIMIT


@pytest.fixture(scope="module")
def matrix(folder: Folder) -> list[str]:
    """Every LLM with every pipeline."""
    models = [f"--video-args={told(name, folder(name), num_frames=17)}" for name in PIPELINES]
    return [
        f"--llms={','.join(LLMS)}", f"--videos={','.join(PIPELINES)}", *models, "--device=cpu",
        f"--tasks={TASK}", f"--limit={LIMIT}", "--evaluators=popularity,quality",
        "--covers=none", "--json",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def whole(matrix: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """An undisturbed run."""
    cwd = tmp_path_factory.mktemp("whole")
    return cwd / "results", popcorn(*matrix, cwd=cwd, env=ENV)


def test_a_board_holds_both_pipelines(whole: tuple[Path, Done]) -> None:
    results, done = whole
    assert done.code == 0, done.err
    assert done.json["status"] == "complete"
    assert done.json["units"]["video"]["done"] == CLIPS
    assert (done.json["cost_usd"], done.json["cost_unknown_calls"]) == (0, 0)
    assert not any(done.json["units"]["cover"].values()), "none were asked for"
    assert not list(results.rglob("*.png"))

    rows = popcorn("leaderboard", results, "--json", cwd=results).json["rows"]
    seen = {(row["llm"], row["video"]) for row in rows if row["metric"] == "freeze"}
    assert seen == {(llm, video) for llm in LLMS for video in PIPELINES}
    assert {row["video"] for row in rows if row["metric"] == "popularity"} == {None}
    assert all(row["n_scored"] == row["n_planned"] == LIMIT for row in rows)
    assert all(row["fail_rate"] == 0 for row in rows)


def test_every_clip_is_a_file_of_its_own_as_asked_for(whole: tuple[Path, Done]) -> None:
    results, _ = whole
    clips = [record["data"] for record in records(results)]
    assert len({clip["sha256"] for clip in clips}) == CLIPS
    for clip in clips:
        facts = probe(ArtefactStore(results).path(clip["sha256"], clip["suffix"]))
        assert (facts.width, facts.height, facts.codec) == (64, 32, "h264")
        assert (facts.frames, facts.fps) == (17, 24)
        assert clip["made_seconds"] > 0
        assert clip["peak_gb"] is None, "no GPU, no GPU memory"


def test_a_clip_tells_where_it_comes_from(whole: tuple[Path, Done], folder: Folder) -> None:
    results, _ = whole
    sha256 = records(results)[0]["data"]["sha256"]
    done = popcorn("videos", "show", sha256[:16], results, "--json", cwd=results)
    (shown,) = done.json
    assert shown["generator"] in PIPELINES
    assert (shown["adapter"], shown["settings"]["num_inference_steps"]) == ("diffusers", 2)
    assert shown["settings"]["model"] == "local"
    assert str(folder(shown["generator"])) not in done.out, "a folder is known by its content"
    own = shown["metadata"]
    assert (own["generator"], own["revision"]) == (shown["generator"], shown["revision"])
    assert own["prompt_sha256"] == text_sha(shown["prompt"])

    plain = popcorn("videos", "show", f"{sha256}.mp4", results, cwd=results)
    assert f"generator: {shown['generator']}" in plain.out
    assert "settings.num_inference_steps: 2" in plain.out


def test_a_killed_run_does_not_make_its_clips_again(
    whole: tuple[Path, Done], matrix: list[str], tmp_path: Path
) -> None:
    results = tmp_path / "results"
    process = start(*matrix, cwd=tmp_path, env=ENV)
    while not records(results):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = [content(record) for record in records(results)]
    assert 0 < len(before) < CLIPS

    done = popcorn(*matrix, cwd=tmp_path, env=ENV)

    assert done.code == 0, done.err
    videos = done.json["units"]["video"]
    assert (videos["present"], videos["done"]) == (len(before), CLIPS - len(before))
    made = [content(record) for record in records(results) if not record["reused"]]
    assert made[: len(before)] == before
    assert len(made) == CLIPS
    assert set(made) == {content(record) for record in records(whole[0])}


def test_two_interrupts_stop_a_clip_at_once(folder: Folder, tmp_path: Path) -> None:
    """Its denoising steps are told until then, and no process goes on with it."""
    process = start(
        "--llms=echo", "--videos=ltx", "--device=cpu", f"--tasks={TASK}", "--limit=2",
        f"--video-args={told('ltx', folder('ltx'), num_frames=49, num_inference_steps=1000)}",
        "--evaluators=popularity", "--covers=none", "--display=plain", cwd=tmp_path, env=ENV,
    )  # fmt: skip
    assert process.stderr
    step = next(
        filter(None, (re.search(r"ltx step (\d+)/1000", li) for li in process.stderr)), None
    )
    assert step, process.communicate()
    assert 0 < int(step[1]) < 1000
    assert len(working_in(tmp_path)) > 1

    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None, "the first interrupt lets the clip end"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "Traceback" not in err
    assert not records(tmp_path / "results", kind="failure")
    ended = time.monotonic() + 10
    while working_in(tmp_path):
        assert time.monotonic() < ended, "a worker process is left"
        time.sleep(0.1)


def test_matched_clips_have_one_length_and_rate(matched: tuple[Path, Done]) -> None:
    """One of the two makes 24 frames a second, the other 8."""
    results, done = matched
    assert done.code == 0, done.err
    clips = [record["data"] for record in records(results)]
    assert {(c["seconds"], c["fps"], c["frames"]) for c in clips} == {(3.0, 24.0, 72)}
    assert len({clip["sha256"] for clip in clips}) == 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("num_inference_step=2", "did you mean 'num_inference_steps'?"),
        ("model=.", "is no pipeline's folder: it has no model_index.json"),
    ],
)
def test_a_wrong_setting_is_one_message_and_nothing_runs(
    given: str, message: str, tmp_path: Path
) -> None:
    done = popcorn("--videos=ltx", f"--video-args=ltx:{given}", "--device=cpu", cwd=tmp_path)

    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.iterdir())


def test_a_device_that_is_not_there_is_said_before_anything_runs(
    folder: Folder, tmp_path: Path
) -> None:
    model = told("ltx", folder("ltx"))
    done = popcorn("--videos=ltx", f"--video-args={model}", "--device=cuda:99", cwd=tmp_path)

    assert done.code == 2
    assert "no GPU 'cuda:99' here" in " ".join((done.err + done.out).split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("transformer", "incomplete, transformer is missing"),
        ("vae/*.safetensors", "incomplete, vae/*.safetensors is missing"),
    ],
)
def test_weights_that_are_not_all_there_are_seen_before_anything_runs(
    folder: Folder, gone: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "cwd").mkdir()
    spoilt = shutil.copytree(folder("ltx"), tmp_path / "spoilt")
    for path in spoilt.glob(gone):
        path.unlink() if path.is_file() else shutil.rmtree(path)

    video = f"--video-args={told('ltx', spoilt)}"
    done = popcorn("--videos=ltx", video, "--device=cpu", cwd=tmp_path / "cwd")

    assert done.code == 2
    assert message in " ".join((done.err + done.out).split())
    assert not list((tmp_path / "cwd").iterdir())
