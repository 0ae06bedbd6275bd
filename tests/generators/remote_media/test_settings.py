"""What may be told to a service, what it decides, and what it lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.fingerprint import generator_id
from popcorn_bench.generators.media_catalog import CATALOG
from popcorn_bench.generators.media_file import EntryModel, read_images, read_videos
from popcorn_bench.generators.remote_media import lacks
from popcorn_bench.generators.remote_media.image import LiteLLMImage
from popcorn_bench.generators.remote_media.settings import VideoSettings, read
from popcorn_bench.generators.remote_media.video import PROVIDERS, LiteLLMVideo
from popcorn_bench.types import JSON, Generator

_VIDEOS = read_videos(CATALOG / "api_videos.yaml")
_IMAGES = read_images(CATALOG / "api_images.yaml")


def told(**settings: JSON) -> Generator:
    plain: dict[str, JSON] = {"model": "openai/sora-2", **settings}
    return Generator(name="v", adapter="litellm-video", revision="", settings=plain)


def test_what_only_decides_the_call_is_no_part_of_the_identity() -> None:
    plain = LiteLLMVideo.resolved(told())
    call = {"timeout": "60", "connections": "2", "poll_seconds": "1", "max_mb": "9"}
    other = LiteLLMVideo.resolved(told(**call, resubmit="true", price_per_second="0.2"))
    assert generator_id(plain) == generator_id(other)
    assert other.hints["timeout"] == 60.0
    assert other.hints["resubmit"] is True
    assert generator_id(LiteLLMVideo.resolved(told(seconds="8"))) != generator_id(plain)


def test_resolving_twice_changes_nothing_and_a_new_flag_wins() -> None:
    once = LiteLLMVideo.resolved(told(timeout="60", seconds="8"))
    assert LiteLLMVideo.resolved(once) == once
    again = replace(once, settings={**once.settings, "timeout": "70"})
    assert LiteLLMVideo.resolved(again).hints["timeout"] == 70.0


def test_text_and_typed_values_are_one() -> None:
    typed = LiteLLMVideo.resolved(told(seconds=8, resubmit=True, seed=True))
    text = LiteLLMVideo.resolved(told(seconds="8", resubmit="true", seed="true"))
    assert typed == text


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"secnds": "8"}, "did you mean 'seconds'"),
        ({"seconds": "-1"}, "seconds"),
        ({"seconds": "nan"}, "seconds"),
        ({"size": "huge"}, "size"),
        ({"timeout": "99999"}, "timeout"),
        ({"model": "sora"}, "model"),
        ({"api_base": "ftp://x/v1"}, "http or https"),
        ({"api_base": "http://me:secret@x/v1"}, "no user"),
        ({"api_base": "http://x/v1?key=1"}, "query"),
        ({"steps": "9"}, "extra_body"),
        ({"negative_prompt": "blur"}, "extra_body"),
        ({"api_key": "sk-1"}, "unknown setting 'api_key'"),
        ({"extra_body.api_key": "sk-1"}, "environment only"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(settings: dict[str, JSON], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        LiteLLMVideo.resolved(told(**settings))
    assert "\n" not in str(caught.value)


def test_settings_that_may_be_changed_are_named() -> None:
    names = LiteLLMVideo.setting_names(told(**{"extra_body.fps": 16}))
    assert {"model", "seconds", "size", "timeout", "resubmit", "extra_body.fps"} <= names
    assert "extra_body" not in names
    assert "poll_seconds" not in LiteLLMImage.setting_names(told())


def test_a_seed_is_sent_where_the_service_takes_one() -> None:
    assert "seed" not in read(VideoSettings, told()).body(7)
    assert read(VideoSettings, told(seed="true")).body(7)["seed"] == 7
    vllm = told(model="hosted_vllm/wan", api_base="http://x/v1", seed="auto")
    assert read(VideoSettings, vllm).body(7)["seed"] == 7
    assert "seed" not in read(VideoSettings, told(model="hosted_vllm/wan", seed="false")).body(7)
    veo = told(model="gemini/veo-3.1-generate-001", negative_prompt="blur")
    assert read(VideoSettings, veo).body(7) == {"negativePrompt": "blur"}


def test_the_endpoint_of_the_environment_is_part_of_the_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wan = told(model="hosted_vllm/wan")
    assert LiteLLMVideo.missing(wan) == ["set HOSTED_VLLM_API_BASE or give api_base"]
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", "http://gpu-1:8000/v1/")
    assert LiteLLMVideo.missing(wan) == []
    assert LiteLLMVideo.resolved(wan).settings["api_base"] == "http://gpu-1:8000/v1"
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", "http://me:secret@gpu-1:8000/v1")
    assert "secret" not in str(LiteLLMVideo.resolved(wan))
    assert any("must hold no user" in text for text in LiteLLMVideo.missing(wan))


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai/x", "OPENAI_API_KEY"),
        ("gemini/x", "GEMINI_API_KEY"),
        ("runwayml/x", "RUNWAYML_API_SECRET"),
        ("fal_ai/x/y", "FAL_AI_API_KEY"),
        ("edenai/x", "EDENAI_API_KEY"),
    ],
)
def test_the_missing_key_is_named(
    model: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"set {variable}" in LiteLLMVideo.missing(told(model=model))
    monkeypatch.setenv(variable, "sk-something-long")
    assert f"set {variable}" not in LiteLLMVideo.missing(told(model=model))


def test_a_provider_without_video_endpoint_is_said() -> None:
    assert "LiteLLM has no video endpoint for anthropic" in LiteLLMVideo.missing(
        told(model="anthropic/x")
    )


def test_an_ended_model_is_missing_and_one_that_ends_soon_is_remarked_on() -> None:
    assert "its provider ended it on 2026-09-24" in LiteLLMVideo.missing(told())
    assert LiteLLMVideo.remarks(told()) == []
    found = read(VideoSettings, told())
    assert lacks.remarks(found, date(2026, 9, 1)) == ["its provider will end it on 2026-09-24"]
    assert lacks.remarks(found, date(2026, 1, 1)) == []
    elsewhere = told(api_base="http://gpu-1/v1")
    assert LiteLLMVideo.missing(elsewhere) == []


def test_a_clip_costs_what_the_table_says() -> None:
    assert LiteLLMVideo.usd_per_clip(told(seconds=8)) == pytest.approx(0.8)
    assert LiteLLMVideo.usd_per_clip(told()) is None
    assert LiteLLMVideo.usd_per_clip(told(seconds=8, api_base="http://x/v1")) is None
    assert LiteLLMVideo.usd_per_clip(told(seconds=8, price_per_second=0.5)) == pytest.approx(4)


@pytest.mark.parametrize("name", _VIDEOS)
def test_every_video_entry_is_complete(name: str) -> None:
    generator = _resolved(name, _VIDEOS[name])
    assert str(generator.settings["model"]).partition("/")[0] in PROVIDERS
    assert _VIDEOS[name].adapter == "litellm-video"
    assert LiteLLMVideo.missing(generator), "without a key nothing can be called"


@pytest.mark.parametrize("name", _IMAGES)
def test_every_image_entry_is_complete(name: str) -> None:
    entry = _IMAGES[name]
    generator = LiteLLMImage.resolved(entry.generator(name))
    assert entry.adapter == "litellm-image"
    assert LiteLLMImage.missing(generator), "without a key nothing can be called"


def test_the_ended_ones_are_marked_and_no_name_is_taken() -> None:
    ended = {n for n, e in _VIDEOS.items() if any("ended" in t for t in _missing(n, e))}
    assert {"sora-2", "sora-2-pro", "veo-3.1-preview"} <= ended
    assert not ended & {"veo-3.1", "runway-gen-4.5", "fal-ltx-2"}
    shipped = Path(CATALOG / "videos.yaml").read_text()
    assert not [name for name in _VIDEOS if f"\n  {name}:" in shipped]


def _resolved(name: str, entry: EntryModel) -> Generator:
    return LiteLLMVideo.resolved(entry.generator(name))


def _missing(name: str, entry: EntryModel) -> list[str]:
    return LiteLLMVideo.missing(_resolved(name, entry))
