from __future__ import annotations

import pytest

from popcorn_bench.remote.media_prices import image_usd, video_usd


@pytest.mark.parametrize(
    ("model", "size", "rate"),
    [
        ("openai/sora-2", "1280x720", 0.1),
        ("gemini/veo-3.1-generate-001", "720x1280", 0.4),
        ("gemini/veo-3.1-fast-generate-001", "1080x1920", 0.12),
        ("gemini/veo-3.1-fast-generate-001", "1080p", 0.12),
        ("gemini/veo-3.1-fast-generate-001", "", 0.1),
        ("gemini/veo-3.1-fast-generate-001", "3840x2160", 0.3),
        ("runwayml/gen4.5", "720x1280", 0.12),
        ("fal_ai/bytedance/seedance-2.0/text-to-video", "480x854", 0.1346),
    ],
)
def test_a_clip_is_billed_by_the_second_of_its_tier(model: str, size: str, rate: float) -> None:
    assert video_usd(model, 8, size) == pytest.approx(8 * rate)


def test_what_the_table_does_not_know_stays_unknown() -> None:
    assert video_usd("fal_ai/fal-ai/ltx-2/text-to-video", 6, "") is None
    assert video_usd("hosted_vllm/wan", 6, "") is None
    assert video_usd("openai/sora-2", 0, "") is None
    assert image_usd("openai/no-such-model", "", "", (0, 0)) is None


def test_a_picture_is_billed_by_tokens_or_each() -> None:
    assert image_usd("openai/gpt-image-2", "1024x1536", "medium", (100, 1000)) == pytest.approx(
        100 * 5e-6 + 1000 * 3e-5
    )
    assert image_usd("openai/gpt-image-2", "1024x1536", "medium", (0, 0)) is None
    assert image_usd("fal_ai/fal-ai/flux/schnell", "", "", (0, 0)) == pytest.approx(0.003)
    assert image_usd("gemini/gemini-3-pro-image", "", "", (0, 0)) == pytest.approx(0.134)


def test_a_size_with_a_row_of_its_own_is_billed_by_it() -> None:
    usd = image_usd("fal_ai/openai/gpt-image-2", "1024x1536", "low", (0, 0))
    assert usd == pytest.approx(0.005)
