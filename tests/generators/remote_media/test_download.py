"""Files of services are bounded, followed only over http, and known by what they hold."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web

from popcorn_bench.generators.protocol import Made
from tests.generators.remote_media.conftest import Studio
from tests.generators.remote_media.service import MediaService, Plan, picture
from tests.generators.remote_media.test_video import failed


def test_a_bomb_is_cut(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(endless=True)
    started = time.monotonic()
    error = failed(studio.clips(max_mb=1)[0])
    assert (error.kind, error.retriable) == ("too_large", False)
    assert time.monotonic() - started < 10
    left = [path for path in studio.folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in left) < 10_000


def test_a_clip_that_says_how_large_it_is_is_not_begun(studio: Studio) -> None:
    studio.service.plan = lambda _: Plan(media=b"\0" * 2_000_000)
    assert failed(studio.clips(max_mb=1)[0]).kind == "too_large"


def test_a_compressed_answer_is_not_unpacked(studio: Studio) -> None:
    packed = web.Response(body=b"\x1f\x8b...", headers={"content-encoding": "gzip"})
    studio.service.plan = lambda _: Plan(content=[packed])
    assert failed(studio.clips()[0]).kind == "too_large"


def test_too_large_leaves_the_job_open(studio: Studio, media: bytes) -> None:
    small = len(media) / 2e6
    assert failed(studio.clips(max_mb=small)[0]).kind == "too_large"
    assert isinstance(studio.clips()[0], Made)
    assert studio.service.asked["create"] == 1


def test_a_redirect_to_another_host_is_followed_without_the_key(
    studio: Studio, media: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-indeed-123")
    with MediaService(media) as other:
        away = web.Response(status=302, headers={"location": f"{other.root}/file"})
        studio.service.plan = lambda _: Plan(content=[away])
        (made,) = studio.clips()
        assert isinstance(made, Made)
        assert made.path.read_bytes() == media
        assert "Authorization" not in other.headers[0]
    assert "Authorization" in studio.service.headers[0]


def test_a_redirect_on_the_same_host_keeps_the_key(studio: Studio) -> None:
    near = web.Response(status=307, headers={"location": "/file"})
    studio.service.plan = lambda _: Plan(content=[near])
    assert isinstance(studio.clips()[0], Made)
    assert all("Authorization" in headers for headers in studio.service.headers)


@pytest.mark.parametrize("to", ["file:///etc/hostname", "ftp://127.0.0.1/x", "gopher://x/"])
def test_a_redirect_to_anything_but_http_is_not_followed(studio: Studio, to: str) -> None:
    astray = web.Response(status=302, headers={"location": to})
    studio.service.plan = lambda _: Plan(content=[astray])
    error = failed(studio.clips()[0])
    assert (error.kind, error.retriable) == ("bad_url", False)
    assert isinstance(studio.clips()[0], Made)
    assert studio.service.asked["create"] == 1


def test_redirects_end(studio: Studio) -> None:
    around = f"{studio.service.root}/elsewhere?to="
    loop = web.Response(status=302, headers={"location": around + "/v1/videos/video_0/content"})
    studio.service.plan = lambda _: Plan(content=[loop] * 99)
    assert failed(studio.clips()[0]).kind == "bad_request"
    assert studio.service.asked["content"] < 10


def test_a_submission_is_not_sent_on_by_a_redirect(studio: Studio) -> None:
    on = web.Response(status=307, headers={"location": "/v1/videos"})
    studio.service.plan = lambda _: Plan(create=[on])
    assert not failed(studio.clips()[0]).retriable
    assert studio.service.asked["create"] == 1


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "broken_media"),
        (b"<html>not a clip</html>", "broken_media"),
        (b"#EXTM3U\nfile:///etc/passwd", "broken_media"),
        (b"\0\0\0\x18ftypisom" + b"\0" * 400, "broken_media"),
        (picture(), "broken_media"),
    ],
    ids=["empty", "html", "playlist", "hollow", "picture"],
)
def test_what_is_no_clip_is_a_failure(studio: Studio, content: bytes, kind: str) -> None:
    answer = web.Response(body=content, content_type="video/mp4")
    studio.service.plan = lambda _: Plan(content=[answer])
    error = failed(studio.clips(price_per_second=0.1)[0])
    assert error.kind == kind
    assert error.cost_usd == pytest.approx(0.4)


def test_a_clip_held_by_json_is_unpacked(studio: Studio, media: bytes) -> None:
    held = {"response": {"videos": [{"bytesBase64Encoded": base64.b64encode(media).decode()}]}}
    studio.service.plan = lambda _: Plan(content=[web.json_response(held)])
    (made,) = studio.clips()
    assert isinstance(made, Made)
    assert made.path.read_bytes() == media


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({}, "no_media"),
        ([1, 2], "no_media"),
        ({"video": {"url": "file:///etc/passwd"}}, "bad_url"),
        ({"videos": [{"gcsUri": "gs://bucket/clip.mp4"}]}, "bad_url"),
        ({"video": {"url": "http://"}}, "bad_url"),
        ({"video": {"url": "http://[::"}}, "bad_url"),
        ({"b64_json": "%%%"}, "broken_media"),
        ({"error": {"code": 3, "message": "violates our usage guidelines"}}, "refusal"),
        ({"error": {"code": 13, "message": "odd"}}, "job_failed"),
        ({"response": {"raiMediaFilteredReasons": ["people"]}}, "refusal"),
    ],
)
def test_json_without_a_file_is_a_failure(
    studio: Studio, answer: Mapping[str, Any] | list[int], kind: str
) -> None:
    studio.service.plan = lambda _: Plan(content=[web.json_response(answer)])
    error = failed(studio.clips()[0])
    assert (error.kind, error.retriable) == (kind, False)


def test_deep_json_is_no_trap(studio: Studio) -> None:
    deep = web.Response(text="[" * 100_000, content_type="application/json")
    studio.service.plan = lambda _: Plan(content=[deep])
    assert isinstance(studio.clips()[0], Made)  # it was asked again
