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
        f"--tasks={TASK}", f"--limit={LIMIT}", "--evaluators=popularity,quality", "--json",
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


def test_nothing_works_on_for_a_killed_run(folder: Folder, tmp_path: Path) -> None:
    """Nor for one that was interrupted twice: and on the way, denoising steps are told."""
    process = start(
        "--llms=echo", "--videos=ltx", "--device=cpu", f"--tasks={TASK}", "--limit=2",
        f"--video-args={told('ltx', folder('ltx'), width=320, num_inference_steps=1000)}",
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


def test_matched_clips_have_one_length_and_rate(folder: Folder, tmp_path: Path) -> None:
    """One of the two makes 24 frames a second, the other 8."""
    done = popcorn(
        "--llms=echo", "--videos=ltx,cogvideox", "--profile=matched", "--device=cpu",
        f"--video-args={told('ltx', folder('ltx'), height=64)}",
        f"--video-args={told('cogvideox', folder('cogvideox'), height=64)}",
        f"--tasks={TASK}", "--limit=1", "--evaluators=quality", "--covers=none", "--json",
        cwd=tmp_path, env=ENV,
    )  # fmt: skip

    assert done.code == 0, done.err
    clips = [record["data"] for record in records(tmp_path / "results")]
    assert {(c["seconds"], c["fps"], c["frames"]) for c in clips} == {(3.0, 24.0, 72)}
    assert len({clip["sha256"] for clip in clips}) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("num_inference_step=2", "did you mean 'num_inference_steps'?"),
        ("num_frames=16", "num_frames: '16' is not 8k + 1"),
        ("batch_size=0.5", "batch_size: '0.5' is not"),
        ("model=nowhere", "neither a folder nor a repository"),
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


@pytest.mark.parametrize(
    ("device", "message"), [("gpu", "none of auto, cpu, cuda"), ("cuda:9", "no GPU 'cuda:9' here")]
)
def test_a_device_that_is_not_there_is_said_before_anything_runs(
    folder: Folder, device: str, message: str, tmp_path: Path
) -> None:
    model = told("ltx", folder("ltx"))
    done = popcorn("--videos=ltx", f"--video-args={model}", f"--device={device}", cwd=tmp_path)

    assert done.code == 2
    assert message in done.err
    assert not list(tmp_path.iterdir())


def test_weights_that_are_not_all_there(folder: Folder, tmp_path: Path) -> None:
    """A part that is missing is seen before; one that cannot be read fails its clips alone."""
    spoilt = tmp_path / "spoilt"
    shutil.copytree(folder("ltx"), spoilt)
    command = [
        "--llms=echo", "--videos=still,ltx", f"--video-args={told('ltx', spoilt)}", "--device=cpu",
        f"--tasks={TASK}", "--limit=2", "--evaluators=quality", "--covers=none", "--json",
    ]  # fmt: skip
    (spoilt / "transformer" / "diffusion_pytorch_model.safetensors").unlink()

    done = popcorn(*command, cwd=tmp_path, env=ENV)

    assert done.code == 3
    assert "Traceback" not in done.err
    assert done.json["failures"] == [{"who": "ltx", "kind": "load", "n": 2}]
    rows = popcorn("leaderboard", tmp_path / "results", "--json", cwd=tmp_path).json["rows"]
    failed = {row["video"]: row["fail_rate"] for row in rows if row["metric"] == "freeze"}
    assert failed == {"still": 0.0, "ltx": 1.0}

    shutil.rmtree(spoilt / "transformer")
    done = popcorn(*command, cwd=tmp_path, env=ENV)
    assert done.code == 2
    assert "incomplete, transformer is missing" in done.err + done.out
