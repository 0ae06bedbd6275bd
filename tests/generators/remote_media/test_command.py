"""The whole command, killed while a service is at work, and typed again."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.generators.remote_media.conftest import Studio
from tests.generators.remote_media.service import Plan


def _command(studio: Studio) -> list[str]:
    # What may be told, one option each: a URL holds colons.
    told = [f"api_base={studio.service.base_url}", "poll_seconds=0.05", "price_per_second=0.1"]
    told_args = [word for one in told for word in ("--video-args", f"sora-2:{one}")]
    asked = ["--llms", "echo", "--videos", "sora-2", "--tasks", "popcorn_concrete", "--limit", "3"]
    where = ["--output-path", str(studio.folder / "results"), "--evaluators", "quality"]
    return [sys.executable, "-m", "popcorn_bench", "run", *asked, *told_args, *where]


def test_a_run_killed_while_it_waits_pays_for_no_clip_twice(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(polls=1_000_000)
    first = subprocess.Popen(_command(studio), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while studio.service.asked["status"] < 3:
        assert first.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    first.kill()
    first.wait()
    submitted = studio.service.asked["create"]
    studio.service.finish()
    studio.service.plan = lambda _: Plan()
    again = subprocess.run(
        _command(studio), capture_output=True, text=True, env=os.environ, check=False, timeout=90
    )
    assert again.returncode == 0, again.stderr
    assert submitted >= 1
    assert studio.service.asked["create"] == 3
    assert "videos 3/3" in again.stderr
