from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from popcorn_bench.generators.image.catalog import ImageCatalog
from popcorn_bench.generators.image.keyframe import KeyFrame
from popcorn_bench.generators.media_catalog import ADAPTERS
from popcorn_bench.generators.protocol import MediaAdapter, MediaRequest
from popcorn_bench.harness.worker import GeneratorHost
from popcorn_bench.media import probe
from popcorn_bench.types import Artefact, Generator

REQUESTS = [MediaRequest("a red dragon over a night city", 1), MediaRequest("<b>ramen</b>", 2)]


def drawn(requests: list[MediaRequest], folder: Path, **settings: int) -> list[Path]:
    (entry,) = ImageCatalog().resolve(
        ["storyboard"], [("storyboard", {k: str(v) for k, v in settings.items()})]
    )
    folder.mkdir(exist_ok=True)
    made = list(KeyFrame(entry.generator, "cpu").generate(requests, folder))
    return [path for path in made if isinstance(path, Path)]


def test_equal_requests_give_equal_files(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in drawn(REQUESTS, tmp_path / "a")]
    again = [path.read_bytes() for path in drawn(REQUESTS[::-1], tmp_path / "b")][::-1]
    assert first == again
    assert first[0] != first[1]


def test_it_shows_something_in_the_size_asked_for(tmp_path: Path) -> None:
    (path, _) = drawn(REQUESTS, tmp_path, width=128, height=256)
    assert (probe(path).width, probe(path).height) == (128, 256)
    with Image.open(path) as image:
        assert np.asarray(image).std() > 10
        facts = json.loads(image.info["comment"])
    assert (facts["generator"], facts["seed"]) == ("storyboard", 1)


def test_through_the_worker_host(tmp_path: Path) -> None:
    (entry,) = ImageCatalog().resolve(["storyboard"])
    made = list(GeneratorHost(entry.generator, "cpu", tmp_path).run(REQUESTS))
    assert [one.codec for one in made if isinstance(one, Artefact)] == ["png", "png"]


def test_it_keeps_the_protocol() -> None:
    adapter: MediaAdapter = KeyFrame
    assert ADAPTERS.load("keyframe") is adapter
    plain = Generator(name="x", adapter="keyframe", revision="")
    assert adapter.resolved(plain).settings.keys() == adapter.setting_names(plain)
    assert adapter.resolved(plain).revision
