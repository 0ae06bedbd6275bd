"""A job that was paid for is never submitted twice, whatever breaks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiohttp import web

from popcorn_bench.generators.protocol import Made
from popcorn_bench.generators.remote_media.ledger import Ledger
from popcorn_bench.types import JSON
from tests.generators.remote_media.conftest import Studio
from tests.generators.remote_media.service import MediaService, Plan, refusing
from tests.generators.remote_media.test_video import failed

_ROOT = Path(__file__).resolve().parents[3]
_PROCESS = """
import sys
from pathlib import Path
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.generators.remote_media.video import LiteLLMVideo
from popcorn_bench.types import Generator

url, folder, scratch = sys.argv[1:]
settings = {"model": "openai/clips-1", "api_base": url, "poll_seconds": 0.05, "timeout": 20}
generator = LiteLLMVideo.resolved(
    Generator(name="clips", adapter="litellm-video", revision="", settings=settings)
)
adapter = LiteLLMVideo(generator, "cpu")
adapter.state = Path(folder)
for made in adapter.generate([MediaRequest("a cat", 7)], Path(scratch)):
    sys.exit(0 if hasattr(made, "path") else 1)
"""


def _start(studio: Studio) -> subprocess.Popen[bytes]:
    words = [studio.service.base_url, str(studio.folder), str(studio.scratch())]
    environ = {**os.environ, "PYTHONPATH": str(_ROOT)}
    return subprocess.Popen([sys.executable, "-c", _PROCESS, *words], env=environ)


def _wait_for(service: MediaService, what: str, times: int) -> None:
    deadline = time.monotonic() + 30
    while service.asked[what] < times:
        assert time.monotonic() < deadline, f"the process never got to {what}"
        time.sleep(0.02)


def test_a_process_killed_while_it_waits_is_gone_on_with(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(polls=40)
    process = _start(studio)
    _wait_for(studio.service, "status", 2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    studio.service.finish()
    assert isinstance(studio.clips()[0], Made)
    assert studio.service.asked["create"] == 1


def test_a_process_killed_while_it_downloads_is_gone_on_with(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(content=["hang"])
    process = _start(studio)
    _wait_for(studio.service, "content", 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert isinstance(studio.clips()[0], Made)
    assert studio.service.asked["create"] == 1


def test_a_process_killed_while_it_submits_is_ambiguous(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(create=["hang"])
    process = _start(studio)
    _wait_for(studio.service, "create", 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    error = failed(studio.clips()[0])
    assert (error.kind, error.retriable) == ("ambiguous_submit", False)
    assert "resubmit=true" in error.message
    assert studio.service.asked["create"] == 1


@pytest.mark.parametrize(
    "lost",
    [
        "hang_up",
        refusing(502, "bad gateway"),
        refusing(504, "gateway timeout"),
        refusing(524, "a timeout occurred"),
        refusing(409, "a request with this key is under way"),
        web.Response(text="<html>"),
        web.json_response({"object": "video"}),
    ],
    ids=["hang_up", "502", "504", "524", "409", "html", "no_id"],
)
def test_a_lost_answer_is_ambiguous_until_told_otherwise(
    studio: Studio, lost: web.Response | str
) -> None:
    studio.service.plan = lambda _: Plan(create=[lost])
    for _ in range(2):
        error = failed(studio.clips()[0])
        assert (error.kind, error.retriable) == ("ambiguous_submit", False)
    assert studio.service.asked["create"] == 1
    assert isinstance(studio.clips(resubmit="true")[0], Made)
    assert studio.service.asked["create"] == 2
    first, second = (head["Idempotency-Key"] for head in studio.service.headers)
    assert first == second  # a service that knows the header takes it as the same job


def test_a_submission_without_answer_in_time_is_ambiguous(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(create=["hang"])
    assert failed(studio.clips(timeout=1)[0]).kind == "ambiguous_submit"
    assert failed(studio.clips()[0]).kind == "ambiguous_submit"
    assert studio.service.asked["create"] == 1


def test_a_service_that_cannot_be_reached_took_nothing(studio: Studio) -> None:
    nowhere = "http://127.0.0.1:9/v1"
    error = failed(studio.clips(api_base=nowhere)[0])
    assert (error.kind, error.retriable) == ("connection", True)
    again = failed(studio.clips(api_base=nowhere)[0])
    assert again.kind == "connection"


def test_what_litellm_itself_objects_to_was_not_sent(studio: Studio) -> None:
    error = failed(studio.clips(model="fal_ai/some/model", api_base="")[0])
    assert "FAL_AI_API_KEY" in error.message
    assert '"rejected"' in studio.ledger()


def test_resubmit_is_no_other_generator(studio: Studio) -> None:
    plain, eager = studio.generator(), studio.generator(resubmit=True, timeout=30, connections=9)
    assert plain.settings == eager.settings
    assert plain.hints != eager.hints


def test_a_service_that_is_gone_during_download_is_found_again_by_id(
    studio: Studio, media: bytes
) -> None:
    studio.service.plan = lambda _: Plan(content=["hang_up"] * 40)
    error = failed(studio.clips(timeout=1)[0])
    assert (error.kind, error.retriable) == ("timeout", True)
    studio.service.finish()
    (made,) = studio.clips()
    assert isinstance(made, Made)
    assert made.path.read_bytes() == media
    assert studio.service.asked["create"] == 1


def test_a_clip_that_was_lost_is_downloaded_again(studio: Studio) -> None:
    assert isinstance(studio.clips()[0], Made)
    assert isinstance(studio.clips()[0], Made)
    assert studio.service.asked == {"create": 1, "status": 3, "content": 2}


@pytest.mark.parametrize("status", [404, 410])
def test_a_job_that_the_service_knows_no_more_is_submitted_again(
    studio: Studio, status: int
) -> None:
    gone: list[web.Response | str] = [refusing(status, "no such video")] * 3
    studio.service.plan = lambda _: Plan(poll=[*gone])
    error = failed(studio.clips()[0])
    assert (error.kind, error.retriable) == ("job_gone", True)
    assert isinstance(studio.clips()[0], Made)
    assert studio.service.asked["create"] == 2


def test_a_clip_that_has_expired_is_submitted_again(studio: Studio) -> None:
    gone: list[web.Response | str] = [refusing(404, "expired")] * 3
    studio.service.plan = lambda _: Plan(content=[*gone])
    assert failed(studio.clips()[0]).kind == "job_gone"
    assert isinstance(studio.clips()[0], Made)


def test_a_useless_file_is_paid_for_once_and_not_bought_again(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(media=b"<html>so sorry</html>")
    settings: dict[str, JSON] = {"price_per_second": 0.1, "seconds": 4}
    error = failed(studio.clips(**settings)[0])
    assert (error.kind, error.retriable) == ("broken_media", False)
    assert error.cost_usd == pytest.approx(0.4)
    again = failed(studio.clips(**settings)[0])
    assert (again.kind, again.cost_usd) == ("broken_media", None)
    assert studio.service.asked["create"] == 1
    studio.service.forget()
    studio.service.plan = lambda _: Plan()
    assert isinstance(studio.clips(resubmit=True, **settings)[0], Made)


def test_the_ledger_is_written_before_the_request_leaves(studio: Studio) -> None:
    seen: list[str] = []

    def plan(_: str) -> Plan:
        seen.append(studio.ledger())
        return Plan()

    studio.service.plan = plan
    studio.clips()
    assert '"intent"' in seen[0]
    assert '"submitted"' not in seen[0]
    assert Ledger(studio.folder).job("unheard of").remote_id == ""
