"""Clips from a service that speaks OpenAI's `/v1/videos`: when all goes well, when it does not."""

from __future__ import annotations

import time

import pytest
from aiohttp import web

from popcorn_bench.errors import AdapterError
from popcorn_bench.fingerprint import media_key
from popcorn_bench.generators.protocol import Made, MediaRequest, Resumable
from popcorn_bench.media import probe
from popcorn_bench.types import JSON, Stage
from tests.generators.remote_media.conftest import Studio
from tests.generators.remote_media.service import Plan, refusing


def failed(result: Made | AdapterError) -> AdapterError:
    assert isinstance(result, AdapterError), result
    return result


def test_a_clip_is_submitted_asked_for_and_downloaded(studio: Studio, media: bytes) -> None:
    (made,) = studio.clips(seconds=4, size="1280x720")
    assert isinstance(made, Made)
    assert made.path.read_bytes() == media
    assert made.path.suffix == ".mp4"
    assert probe(made.path).frames == 6
    sent = studio.service.creates[0]
    assert sent["prompt"] == "a cat"
    assert (sent["model"], sent["seconds"], sent["size"]) == ("clips-1", "4", "1280x720")
    assert studio.service.asked == {"create": 1, "status": 2, "content": 1}


def test_clips_come_in_the_order_of_their_requests_many_at_once(studio: Studio) -> None:
    slow = {"c0": 12, "c1": 1, "c2": 6, "c3": 1, "c4": 1, "c5": 1}
    studio.service.plan = lambda prompt: Plan(polls=slow[prompt])
    made = studio.clips(list(slow), connections=3)
    assert [m.path.stem for m in made if isinstance(m, Made)] == [f"{i:06d}" for i in range(6)]
    assert studio.service.most_at_once == 3
    assert {job["prompt"] for job in studio.service.creates[:3]} == {"c0", "c1", "c2"}


def test_one_failure_leaves_the_others_alone(studio: Studio) -> None:
    studio.service.plan = lambda p: Plan(end={"code": "x", "message": "no"} if p == "b" else None)
    results = studio.clips(["a", "b", "c"])
    assert [isinstance(result, Made) for result in results] == [True, False, True]


def test_the_ledger_speaks_of_units_by_their_keys(studio: Studio) -> None:
    studio.clips()
    key = media_key(Stage.VIDEO, "a cat", studio.generator(), 7)
    assert studio.ledger().count(key) == 3
    assert "a cat" not in studio.ledger()
    assert studio.service.base_url not in studio.ledger()


def test_no_key_is_written_anywhere(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-indeed-123")
    studio.service.plan = lambda p: Plan(
        create=[refusing(401, "Incorrect API key sk-very-secret-indeed-123")] if p == "b" else []
    )
    made, error = studio.clips(["a", "b"])
    assert isinstance(made, Made)
    assert studio.service.headers[0]["Authorization"] == "Bearer sk-very-secret-indeed-123"
    assert "very-secret" not in studio.ledger()
    assert "very-secret" not in failed(error).message
    assert "very-secret" not in str(studio.generator())


@pytest.mark.parametrize(
    ("status", "message", "kind", "retriable"),
    [
        (400, "Your request was blocked by our moderation system.", "refusal", False),
        (400, "seconds must be one of 4, 8, 12", "bad_request", False),
        (401, "Incorrect API key provided", "authentication", False),
        (402, "no credit", "quota", False),
        (404, "The model `clips-1` does not exist", "not_found", False),
        (422, "content_policy_violation: the prompt was flagged", "refusal", False),
        (429, "You exceeded your current quota, check billing", "quota", False),
        (500, "something broke", "overload", True),
        (503, "at capacity", "overload", True),
    ],
)
def test_a_refused_submission_is_named_and_may_be_made_again(
    studio: Studio, status: int, message: str, kind: str, *, retriable: bool
) -> None:
    studio.service.plan = lambda _: Plan(create=[refusing(status, message)])
    (error,) = studio.clips()
    assert (failed(error).kind, failed(error).retriable) == (kind, retriable)
    assert failed(error).cost_usd is None
    assert isinstance(studio.clips()[0], Made)
    assert studio.service.asked["create"] == 2
    assert len(studio.service.jobs) == 1


def test_authentication_names_the_variable(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(create=[refusing(401, "no")])
    assert "OPENAI_API_KEY" in failed(studio.clips()[0]).message


def test_a_rate_limit_says_how_long_to_wait(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(
        create=[refusing(429, "slow down", **{"Retry-After": "7"})]
    )
    error = failed(studio.clips()[0])
    assert (error.kind, error.retriable, error.retry_after) == ("rate_limit", True, 7.0)


@pytest.mark.parametrize(
    ("end", "kind", "retriable"),
    [
        ({"code": "moderation_blocked", "message": "blocked"}, "refusal", False),
        ({"code": "SAFETY.INPUT.TEXT", "message": ""}, "refusal", False),
        ({"code": "internal_error", "message": "Please try again"}, "job_failed", True),
        ({"code": "bad_prompt", "message": "too odd"}, "job_failed", False),
        ({}, "job_failed", False),
    ],
)
def test_a_failed_job_is_over_and_its_request_may_be_submitted_again(
    studio: Studio, end: dict[str, str], kind: str, *, retriable: bool
) -> None:
    studio.service.plan = lambda _: Plan(end=end)
    error = failed(studio.clips()[0])
    assert (error.kind, error.retriable) == (kind, retriable)
    studio.service.plan = lambda _: Plan()
    studio.service.forget()
    assert isinstance(studio.clips()[0], Made)
    assert studio.service.asked["create"] == 2


def test_a_second_submission_has_another_idempotency_key(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(end={"message": "no"})
    studio.clips()
    studio.clips()
    first, second = (head["Idempotency-Key"] for head in studio.service.headers)
    assert first.removesuffix("-0") == second.removesuffix("-1")


def test_faults_while_asking_do_not_end_a_job(studio: Studio) -> None:
    trouble: list[web.Response | str] = [
        refusing(500, "oops"),
        "hang_up",
        refusing(429, "slow", **{"Retry-After": "0.1"}),
        refusing(404, "not yet known"),
        web.Response(text="<html>gateway</html>"),
    ]
    studio.service.plan = lambda _: Plan(poll=trouble, content=["hang_up", refusing(503, "busy")])
    assert isinstance(studio.clips()[0], Made)
    assert studio.service.asked["create"] == 1


def test_retry_after_is_heeded_while_asking(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(poll=[refusing(429, "slow", **{"Retry-After": "1"})])
    started = time.monotonic()
    assert isinstance(studio.clips()[0], Made)
    assert time.monotonic() - started >= 1


def test_a_revoked_key_leaves_the_job_open(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(poll=[refusing(401, "revoked")])
    assert failed(studio.clips()[0]).kind == "authentication"
    assert isinstance(studio.clips()[0], Made)
    assert studio.service.asked["create"] == 1


def test_time_is_bounded_and_a_slow_job_goes_on(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(polls=1_000_000)
    started = time.monotonic()
    error = failed(studio.clips(timeout=1)[0])
    assert time.monotonic() - started < 10
    assert (error.kind, error.retriable, error.cost_usd) == ("timeout", True, None)
    studio.service.finish()
    assert isinstance(studio.clips()[0], Made)
    assert studio.service.asked["create"] == 1


def test_equal_requests_of_one_batch_are_one_job(studio: Studio) -> None:
    first, second = studio.clips(["a", "a"])
    assert isinstance(first, Made)
    assert isinstance(second, Made)
    assert first.path != second.path
    assert studio.service.asked["create"] == 1


def test_leaving_early_leaves_nothing_behind(studio: Studio) -> None:
    requests = [MediaRequest(prompt, 7) for prompt in "abcd"]
    results = studio.video().generate(requests, studio.scratch())
    assert isinstance(next(results), Made)
    results.close()  # type: ignore[attr-defined]  # it is a generator
    assert all(isinstance(made, Made) for made in studio.clips(list("abcd")))
    assert studio.service.asked["create"] == 4


def test_it_is_told_where_to_note_its_jobs(studio: Studio) -> None:
    adapter = studio.video()
    assert isinstance(adapter, Resumable)
    adapter.state = None
    with pytest.raises(AdapterError, match="state"):
        list(adapter.generate([MediaRequest("a", 1)], studio.scratch()))
    assert studio.service.asked["create"] == 0


def test_what_cannot_be_noted_is_not_submitted(studio: Studio) -> None:
    (studio.folder / "remote_jobs").write_text("a file where the folder should be")
    with pytest.raises(AdapterError) as caught:
        studio.clips()
    assert caught.value.kind == "ledger"
    assert studio.service.asked["create"] == 0


def test_a_stated_price_is_what_a_clip_costs(studio: Studio) -> None:
    (made,) = studio.clips(price_per_second=0.1, seconds=8)
    assert isinstance(made, Made)
    assert made.cost_usd == pytest.approx(0.8)


def test_the_length_that_the_service_tells_is_billed(studio: Studio) -> None:
    (made,) = studio.clips(price_per_second=0.1)
    assert isinstance(made, Made)
    assert made.cost_usd == pytest.approx(0.4)


def test_an_unknown_price_stays_unknown(studio: Studio) -> None:
    (made,) = studio.clips(model="openai/sora-2")  # at another endpoint, the table says nothing
    assert isinstance(made, Made)
    assert made.cost_usd is None


def test_what_a_server_of_ones_own_takes_is_sent(studio: Studio) -> None:
    extra: dict[str, JSON] = {"negative_prompt": "blur", "steps": 12, "extra_body.fps": 15}
    studio.clips(model="hosted_vllm/wan", **extra)
    sent = studio.service.creates[0]
    assert sent["seed"] == "7"
    assert (sent["negative_prompt"], sent["num_inference_steps"]) == ("blur", "12")
    assert sent["fps"] == "15"
    assert sent["model"] == "wan"
