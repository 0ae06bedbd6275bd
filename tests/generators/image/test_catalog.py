from __future__ import annotations

from pathlib import Path

import pytest

from popcorn_bench.errors import FileError, UsageError
from popcorn_bench.generators.image.catalog import ImageCatalog


def test_the_embedded_default_runs_anywhere() -> None:
    (entry,) = ImageCatalog().resolve(["storyboard"])
    assert entry.usable
    assert entry.generator.baseline
    assert entry.generator.settings == {"width": 288, "height": 512}


def test_the_papers_cover_model_is_there() -> None:
    (entry,) = ImageCatalog().resolve(["sd-1.5"], profile="paper")
    assert "profile" not in entry.reason
    assert entry.repos == ("stable-diffusion-v1-5/stable-diffusion-v1-5",)
    assert "num_frames" not in entry.generator.settings
    assert "export_fps" not in entry.generator.settings


def test_messages_name_the_right_flags() -> None:
    with pytest.raises(UsageError, match="--covers: unknown image generator 'sdx'; did you mean"):
        ImageCatalog().resolve(["sdx"])
    with pytest.raises(UsageError, match="--cover-args: storyboard: unknown setting 'fps'"):
        ImageCatalog().resolve(["storyboard"], [("storyboard", {"fps": "3"})])
    with pytest.raises(UsageError, match="not among the --covers"):
        ImageCatalog().resolve(["storyboard"], [("sdxl", {"width": "64"})])


def test_own_entries(tmp_path: Path) -> None:
    (tmp_path / "images.yaml").write_text("images:\n  wide:\n    adapter: keyframe\n"
                                          "    settings: {width: 640, height: 360}\n")  # fmt: skip
    (entry,) = ImageCatalog([tmp_path]).resolve(["wide"])
    assert entry.generator.settings == {"width": 640, "height": 360}
    (tmp_path / "images.yaml").write_text("videos: {}\n")
    with pytest.raises(FileError, match=r"images\.yaml"):
        ImageCatalog([tmp_path])
