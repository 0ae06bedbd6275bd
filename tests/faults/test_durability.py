"""What may happen to a results folder: a full disk, a lost one, torn lines, lost workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from popcorn_bench.results.journal import journal_files, read_lines
from tests.faults.zygote import Started, Zygote
from tests.loopback import ChatServer

_CLIPS = (
    *("--llms=template", "--videos=still", "--video-args=width=64,height=64,fps=8"),
    *("--covers=none", "--evaluators=quality", "--tasks=popcorn_concrete", "--display=plain"),
)


def _records(folder: Path) -> list[dict[str, Any]]:
    lines = [line for path in journal_files(folder / "results") for line in read_lines(path)]
    return [dict(line.record) for line in lines if line.record]


def _units(folder: Path, stage: str) -> list[dict[str, Any]]:
    return [r for r in _records(folder) if r["t"] == "unit" and r["stage"] == stage]


def _finish(zygote: Zygote, folder: Path, *args: str) -> dict[str, Any]:
    code, out, err = zygote.run(*args, "--json", cwd=folder)
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def _one_line(err: str, said: str) -> None:
    lines = [line for line in err.splitlines() if line.startswith("popcorn-bench: ")]
    assert len(lines) == 1, err
    assert said in lines[0]
    assert "Traceback" not in err


def test_audits_that_a_kill_left_out_are_made_by_the_same_command(
    zygote: Zygote, tmp_path: Path
) -> None:
    """All units were there, so that nothing seemed to be left to do."""
    args = (*_CLIPS, "--limit=4")
    _finish(zygote, tmp_path, *args)
    (path,) = journal_files(tmp_path / "results")
    whole = path.read_text().splitlines(keepends=True)
    kept = [line for line in whole if '"stage":"audit"' not in line and '"t":"end"' not in line]
    assert len(kept) < len(whole) - 1
    path.write_text("".join(kept))
    (tmp_path / "results" / "popcorn.duckdb").unlink()

    again = _finish(zygote, tmp_path, *args)
    third = _finish(zygote, tmp_path, *args)

    assert again["units"]["score"]["present"] == 4
    assert len(_units(tmp_path, "audit")) == len(whole) - len(kept) - 1
    assert third["run_id"] is None


def test_a_torn_last_line_is_cut_off_and_told(zygote: Zygote, tmp_path: Path) -> None:
    args = (*_CLIPS, "--limit=4")
    _finish(zygote, tmp_path, *args)
    (path,) = journal_files(tmp_path / "results")
    lines = path.read_bytes().splitlines(keepends=True)
    last = max(n for n, line in enumerate(lines) if b'"stage":"brief"' in line)
    path.write_bytes(b"".join(lines[:last]) + lines[last][:40])
    scratch = tmp_path / "results" / "artifacts" / ".incoming" / "of-a-dead-one"
    scratch.mkdir(parents=True)

    code, _, err = zygote.run(*args, cwd=tmp_path)

    assert code == 0, err
    assert f"{path.name}: a torn last line (40 bytes) was cut off" in err
    assert path.read_bytes() == b"".join(lines[:last])
    assert len(_units(tmp_path, "brief")) == 4
    assert not scratch.exists()


def test_a_disk_that_takes_no_more_stops_the_run_with_one_message(
    zygote: Zygote, tmp_path: Path
) -> None:
    """Files may grow to so many bytes: first the clips are too large, then the journal."""
    for most, said in ((3_000, "File too large"), (40_000, "cannot write the journal")):
        args = (*_CLIPS, "--limit=100") if most > 3_000 else (*_CLIPS, "--limit=4")
        before = len(_records(tmp_path))
        code, _, err = zygote.run(*args, cwd=tmp_path, env={"TEST_FILE_BYTES": str(most)})
        assert code == 1, err
        _one_line(err, said)
        assert not [r for r in _records(tmp_path) if r["t"] == "failure"]
        assert len(_records(tmp_path)) >= before

    report = _finish(zygote, tmp_path, *_CLIPS, "--limit=100")
    units = report["units"]["brief"]
    assert units["present"] > 0
    assert units["present"] + units["done"] == 100


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own of two megabytes, where that may be had."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=False)


def test_a_full_disk_stops_the_run_and_more_room_goes_on(
    zygote: Zygote, tmp_path: Path, small_disk: Path
) -> None:
    args = (*_CLIPS, "--limit=100", f"--output-path={small_disk}")
    filler = small_disk / "filler"
    filler.write_bytes(b"0" * 1_500_000)

    code, _, err = zygote.run(*args, cwd=tmp_path)

    assert code == 1, err
    _one_line(err, "No space left on device")
    (tmp_path / "results").symlink_to(small_disk)
    done = len(_units(tmp_path, "video"))
    assert not [r for r in _records(tmp_path) if r["t"] == "failure"]

    subprocess.run(["mount", "-o", "remount,size=40m", str(small_disk)], check=True)
    report = _finish(zygote, tmp_path, *args)
    videos = report["units"]["video"]
    assert videos["present"] == done
    assert videos["done"] + videos["reused"] + done == 100


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_sent(
    zygote: Zygote, tmp_path: Path, small_disk: Path
) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with ChatServer() as server:
        code, _, err = zygote.run(
            *("--llms=openai/mock", f"--llm-args=api_base={server.base_url}", "--videos=none"),
            *("--covers=none", "--limit=4", f"--output-path={small_disk / 'r'}"),
            cwd=tmp_path,
        )
        assert server.count == 0
    assert code == 1
    _one_line(err, "Read-only file system")


def test_a_folder_that_vanishes_stops_the_run(zygote: Zygote, tmp_path: Path) -> None:
    with ChatServer(delay=0.1) as server:
        process = zygote.start(
            *("--llms=openai/mock", f"--llm-args=api_base={server.base_url}", "--videos=none"),
            *("--covers=none", "--tasks=popcorn_concrete", "--max-connections=2"),
            *("--evaluators=popularity", "--display=plain"),
            cwd=tmp_path,
        )
        _until(lambda: server.count > 3)
        (tmp_path / "results").rename(tmp_path / "elsewhere")
        code = zygote.wait(process)
        asked = server.count
    assert code == 1
    _one_line(process.err.read_text(), "cannot write the journal: No such file or directory")
    assert asked < 60, "it went on for long"
    lines = [line for f in journal_files(tmp_path / "elsewhere") for line in read_lines(f)]
    assert all(line.record for line in lines)
    assert sum(bool(line.record) and line.record["t"] == "unit" for line in lines if line.record)


def test_a_worker_that_is_killed_loses_no_unit(zygote: Zygote, tmp_path: Path) -> None:
    args = (*_CLIPS, "--limit=40", "--video-args=width=640,height=640,fps=24")
    process = zygote.start(*args, cwd=tmp_path)
    killed = 0
    while process.is_running() and killed < 3:
        for pid in _workers(process):
            os.kill(pid, signal.SIGKILL)
            killed += 1
            time.sleep(0.5)
        time.sleep(0.05)
    code = zygote.wait(process)

    assert killed
    assert code == 0, process.err.read_text()
    assert len({tuple(u["place"]) for u in _units(tmp_path, "video")}) == 40
    assert len({tuple(u["place"]) for u in _units(tmp_path, "score")}) == 40


def test_two_runs_on_one_folder_the_second_says_who_holds_it(
    zygote: Zygote, tmp_path: Path
) -> None:
    with ChatServer(delay=0.2) as server:
        args = (
            *("--llms=openai/mock", f"--llm-args=api_base={server.base_url}", "--videos=none"),
            *("--covers=none", "--tasks=popcorn_concrete", "--limit=12", "--max-connections=2"),
        )
        first = zygote.start(*args, cwd=tmp_path)
        _until(lambda: server.count > 0)
        code, _, err = zygote.run(*args, cwd=tmp_path)
        assert zygote.wait(first) == 0
        assert server.count == 12
    assert code == 2
    _one_line(err, f"process {first.pid} on ")


def test_a_damaged_clip_is_made_again(zygote: Zygote, tmp_path: Path) -> None:
    """Its score is lost with the journal; the clip has its length, but not its content."""
    args = (*_CLIPS, "--limit=4")
    _finish(zygote, tmp_path, *args)
    (path,) = journal_files(tmp_path / "results")
    kept = [x for x in path.read_text().splitlines(keepends=True) if '"stage":"score"' not in x]
    path.write_text("".join(kept))
    (tmp_path / "results" / "popcorn.duckdb").unlink()
    sha = _units(tmp_path, "video")[0]["data"]["sha256"]
    clip = tmp_path / "results" / "artifacts" / sha[:2] / f"{sha}.mp4"
    sound = clip.read_bytes()
    clip.write_bytes(sound[:-100] + bytes(100))

    code, _, err = zygote.run(*args, cwd=tmp_path)
    assert code == 3
    assert "damaged_artefact" in err
    failures = [r for r in _records(tmp_path) if r["t"] == "failure"]
    assert [(f["data"]["kind"], f["data"]["attempts"]) for f in failures] == [
        ("damaged_artefact", 1)
    ]

    report = _finish(zygote, tmp_path, *args)
    assert report["units"]["video"]["done"] == 1
    assert clip.read_bytes() == sound


def _until(holds: Any) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _workers(process: Started) -> list[int]:
    """Processes that the fork server of a command has forked and that do work."""
    found = []
    for server in _children(process.pid):
        found += [pid for pid in _children(server) if _is_busy(pid)]
    return found


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for t in tasks for child in (t / "children").read_text().split()]
    except OSError:
        return []


def _is_busy(pid: int) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] == "R"
