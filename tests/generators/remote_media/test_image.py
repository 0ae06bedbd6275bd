"""Pictures from a service that speaks OpenAI's `/v1/images/generations`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web

from popcorn_bench.generators.protocol import Made, MediaRequest
from popcorn_bench.generators.remote_media.image import LiteLLMImage
from popcorn_bench.media import probe
from tests.generators.remote_media.conftest import Studio
from tests.generators.remote_media.service import picture, refusing
from tests.generators.remote_media.test_video import failed


def _pictures(*items: Mapping[str, Any], **more: object) -> web.Response:
    return web.json_response({"created": 1, "data": list(items), **more})


def test_a_picture_comes_as_base64(studio: Studio) -> None:
    (made,) = studio.pictures(size="1024x1536", quality="medium")
    assert isinstance(made, Made)
    assert made.path.suffix == ".png"
    assert (probe(made.path).width, probe(made.path).frames) == (96, 0)
    sent = studio.service.image_bodies[0]
    assert (sent["prompt"], sent["model"]) == ("a cat", "clips-1")
    assert (sent["size"], sent["quality"], sent["n"]) == ("1024x1536", "medium", 1)


def test_a_picture_comes_as_a_url_that_is_told_no_key(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-indeed-123")
    studio.service.media = picture(5)
    studio.service.image_answer = lambda _: _pictures({"url": f"{studio.service.root}/file"})
    (made,) = studio.pictures()
    assert isinstance(made, Made)
    assert made.path.read_bytes() == picture(5)
    assert all("Authorization" not in headers for headers in studio.service.headers)


def test_pictures_come_in_order(studio: Studio) -> None:
    def answer(body: Mapping[str, Any]) -> web.Response:
        if body["prompt"] == "b":
            return refusing(400, "Your request was rejected by the safety system")
        shade = 10 * ord(body["prompt"]) % 250
        return _pictures({"b64_json": base64.b64encode(picture(shade)).decode()})

    studio.service.image_answer = answer
    first, second, third = studio.pictures(["a", "b", "c"])
    assert isinstance(first, Made)
    assert isinstance(third, Made)
    assert first.path.read_bytes() != third.path.read_bytes()
    assert (failed(second).kind, failed(second).retriable) == ("refusal", False)


@pytest.mark.parametrize(
    ("status", "kind", "retriable"),
    [(401, "authentication", False), (429, "rate_limit", True), (500, "overload", True)],
)
def test_faults_have_their_kinds(
    studio: Studio, status: int, kind: str, *, retriable: bool
) -> None:
    studio.service.image_answer = lambda _: refusing(status, "no", **{"Retry-After": "3"})
    error = failed(studio.pictures()[0])
    assert (error.kind, error.retriable) == (kind, retriable)
    assert error.retry_after == (3.0 if retriable else None)
    assert studio.service.asked["image"] == 1


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"b64_json": "AAAA"}, "broken_media"),
        ({"b64_json": "%%%"}, "broken_media"),
        ({"url": "file:///etc/passwd"}, "bad_url"),
        ({"url": "http://"}, "bad_url"),
        ({}, "no_media"),
    ],
)
def test_what_is_no_picture_is_a_failure_that_was_paid_for(
    studio: Studio, item: Mapping[str, Any], kind: str
) -> None:
    studio.service.image_answer = lambda _: _pictures(item)
    error = failed(studio.pictures(price_per_image=0.04)[0])
    assert (error.kind, error.cost_usd) == (kind, 0.04)


def test_a_clip_is_no_picture(studio: Studio) -> None:
    held = {"b64_json": base64.b64encode(studio.service.media).decode()}
    studio.service.image_answer = lambda _: _pictures(held)
    assert failed(studio.pictures()[0]).kind == "broken_media"


def test_a_bomb_is_cut(studio: Studio) -> None:
    studio.service.image_answer = lambda _: _pictures({"b64_json": "A" * 3_000_000})
    assert failed(studio.pictures(max_mb=1)[0]).kind == "too_large"


def test_a_redirect_to_a_file_is_not_followed(studio: Studio) -> None:
    url = f"{studio.service.root}/elsewhere?to=file:///etc/hostname"
    studio.service.image_answer = lambda _: _pictures({"url": url})
    assert failed(studio.pictures()[0]).kind == "bad_url"


def test_time_is_bounded(studio: Studio) -> None:
    studio.service.image_delay = 30
    error = failed(studio.pictures(timeout=1)[0])
    assert (error.kind, error.retriable) == ("timeout", True)


def test_prices(studio: Studio) -> None:
    (made,) = studio.pictures(price_per_image=0.04)
    assert isinstance(made, Made)
    assert made.cost_usd == 0.04
    (unknown,) = studio.pictures()
    assert isinstance(unknown, Made)
    assert unknown.cost_usd is None


def test_the_tables_price_counts_the_tokens_of_the_answer(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = {
        "input_tokens": 100,
        "output_tokens": 1000,
        "total_tokens": 1100,
        "input_tokens_details": {"text_tokens": 100, "image_tokens": 0},
    }
    held = {"b64_json": base64.b64encode(picture()).decode()}
    studio.service.image_answer = lambda _: _pictures(held, usage=usage)
    generator = studio.generator("litellm-image", model="openai/gpt-image-2")
    adapter = LiteLLMImage(generator, "cpu")
    own = adapter._settings.model_copy(update={"api_base": ""})
    adapter._settings = own
    monkeypatch.setenv("OPENAI_BASE_URL", studio.service.base_url)
    (made,) = adapter.generate([MediaRequest("a", 1)], studio.scratch())
    assert isinstance(made, Made)
    assert made.cost_usd == pytest.approx(100 * 5e-6 + 1000 * 3e-5)
