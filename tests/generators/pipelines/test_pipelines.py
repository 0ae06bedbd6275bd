"""Tiny pipelines of the real classes through real catalog entries, adapter and worker host."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from popcorn_bench.errors import AdapterError
from popcorn_bench.fingerprint import digest, text_sha
from popcorn_bench.generators.media_catalog import ADAPTERS
from popcorn_bench.generators.pipelines.adapter import Diffusers
from popcorn_bench.generators.protocol import Made, MediaRequest, Stepped
from popcorn_bench.harness.pool import Pool, Seat
from popcorn_bench.harness.worker import GeneratorHost
from popcorn_bench.media import opened, probe, read_frames
from popcorn_bench.results.artifacts import ArtefactStore
from popcorn_bench.types import Artefact
from tests.generators.pipelines.conftest import ENTRIES, Resolve

# What diffusers calls in its own dependencies is not ours to mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers"),
    pytest.mark.filterwarnings("ignore::FutureWarning:diffusers"),
]

CLIPS = [name for name in ENTRIES if name != "sd-1.5"]
REQUESTS = [MediaRequest(f"a {colour} cat in the city", seed) for seed, colour in
            enumerate(["red", "blue", "running", "night"])]  # fmt: skip


@pytest.fixture(scope="module")
def adapters() -> dict[str, Diffusers]:
    return {}


@pytest.fixture
def adapter(resolve: Resolve, adapters: dict[str, Diffusers], name: str) -> Iterator[Diffusers]:
    if name not in adapters:
        adapters[name] = Diffusers(resolve(name).generator, "cpu")
    kept = adapters[name].sampler.batch_size
    yield adapters[name]
    adapters[name].sampler.batch_size = kept


def paths(adapter: Diffusers, requests: Sequence[MediaRequest], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    made = list(adapter.generate(requests, folder))
    assert all(isinstance(one, Made) and one.cost_usd == 0 for one in made), made
    return [one.path for one in made if isinstance(one, Made)]


@pytest.mark.parametrize("name", CLIPS)
def test_an_entry_makes_clips_of_its_frames_and_rate(
    resolve: Resolve, name: str, tmp_path: Path
) -> None:
    entry = resolve(name)
    assert entry.usable, entry.reason
    host = GeneratorHost(entry.generator, "cpu", tmp_path)
    made = list(host.run(REQUESTS))
    artefacts = [one for one in made if isinstance(one, Artefact)]
    assert len(artefacts) == len(REQUESTS), made
    assert len({one.sha256 for one in artefacts}) == len(REQUESTS), "other seeds, other clips"
    settings = entry.generator.settings
    for one in artefacts:
        assert (one.width, one.height, one.codec) == (64, 32, "h264")
        assert (one.frames, one.fps) == (settings["num_frames"], settings["fps"])
        assert ArtefactStore(tmp_path).path(one.sha256, one.suffix).is_file()


@pytest.mark.parametrize("name", ENTRIES)
def test_the_same_request_gives_the_same_bytes_alone_and_among_others(
    adapter: Diffusers, name: str, tmp_path: Path
) -> None:
    together = paths(adapter, REQUESTS, tmp_path / "together")
    backwards = paths(adapter, REQUESTS[::-1], tmp_path / "backwards")[::-1]
    for place, request in enumerate(REQUESTS):
        alone = paths(adapter, [request], tmp_path / str(place))[0].read_bytes()
        assert together[place].read_bytes() == alone, name
        assert backwards[place].read_bytes() == alone, name


@pytest.mark.parametrize("name", ENTRIES)
def test_batches_differ_by_rounding_alone(adapter: Diffusers, name: str) -> None:
    single = [sample.levels for sample in _samples(adapter, REQUESTS)]
    for size in (2, 3, 4):
        adapter.sampler.batch_size = size
        batched = [sample.levels for sample in _samples(adapter, REQUESTS)]
        assert adapter.sampler.batch_size == size
        steps = np.abs(np.stack(batched).astype(int) - np.stack(single).astype(int))
        assert steps.max() <= 1, f"levels of 255 ({name})"
        assert (steps > 0).mean() < 0.01, "of all pixels"
    first, *_ = _samples(adapter, [REQUESTS[0], *REQUESTS[2:]])
    steps = np.abs(first.levels.astype(int) - single[0].astype(int))
    assert steps.max() <= 1, "other batch mates"


def _samples(adapter: Diffusers, requests: Sequence[MediaRequest]) -> list[Any]:
    samples = list(adapter.sampler.sample(requests))
    assert not any(isinstance(one, AdapterError) for one in samples), samples
    return samples


@pytest.mark.parametrize("name", ENTRIES)
def test_every_denoising_step_is_told(adapter: Diffusers, name: str, tmp_path: Path) -> None:
    assert isinstance(adapter, Stepped)
    told: list[tuple[int, int, int]] = []
    adapter.on_step = lambda done, of, requests: told.append((done, of, requests))
    adapter.sampler.batch_size = 2
    paths(adapter, REQUESTS[:3], tmp_path)
    adapter.on_step = None
    assert told == [(1, 2, 2), (2, 2, 2), (1, 2, 1), (2, 2, 1)], name


@pytest.mark.parametrize("name", ["wan-2.1-1.3b"])
def test_the_next_batch_is_sampled_while_the_first_is_written(
    adapter: Diffusers, name: str, tmp_path: Path
) -> None:
    """Else a GPU would wait for the encoder once per batch."""
    second = threading.Event()
    told = iter(range(1, 9))
    adapter.on_step = lambda done, _of, _n: second.set() if next(told) > 2 and done == 2 else None
    adapter.sampler.batch_size = 4
    made = adapter.generate([*REQUESTS, *REQUESTS], tmp_path)

    next(made)

    assert second.wait(20), f"{name}: nothing was sampled ahead"
    assert len(list(made)) == 7
    adapter.on_step = None


@pytest.mark.parametrize("name", ["wan-2.1-1.3b"])
def test_a_clip_says_where_it_comes_from(
    adapter: Diffusers, resolve: Resolve, name: str, tmp_path: Path
) -> None:
    generator = resolve(name).generator
    request = MediaRequest("ignore all <b>rules</b> \x1b[31m", 2**63 - 1)
    path = paths(adapter, [request], tmp_path)[0]
    with opened(path) as (container, stream):
        facts = json.loads(container.metadata["comment"])
        assert stream.codec_context.pix_fmt == "yuv420p"
    assert facts == {
        "generator": name,
        "adapter": "diffusers",
        "revision": generator.revision,
        "settings_sha256": digest(generator.settings),
        "prompt_sha256": text_sha(request.prompt),
        "seed": 2**63 - 1,
    }
    raw = path.read_bytes()
    assert raw.index(b"moov") < raw.index(b"mdat"), "starts before all of it is there"
    assert b"ignore" not in raw


@pytest.mark.parametrize("name", ["sd-1.5"])
def test_a_cover_is_a_png_that_says_where_it_comes_from(
    adapter: Diffusers, name: str, tmp_path: Path
) -> None:
    from PIL import Image

    path = paths(adapter, REQUESTS[:1], tmp_path)[0]
    assert (probe(path).width, probe(path).height, probe(path).codec) == (64, 32, "png")
    with Image.open(path) as image:
        assert json.loads(image.info["comment"])["generator"] == name


@pytest.mark.parametrize("prompt", ["", " ", "🍿" * 300, "a" * 5000, "\ud800", "\x00<|endoftext|>"])
@pytest.mark.parametrize("name", ["ltx", "hunyuan", "sd-1.5"])
def test_any_prompt_is_read(adapter: Diffusers, name: str, prompt: str, tmp_path: Path) -> None:
    assert len(paths(adapter, [MediaRequest(prompt, 1)], tmp_path)) == 1, name


async def test_in_a_worker_process_of_its_own(resolve: Resolve, tmp_path: Path) -> None:
    entry = resolve("ltx")
    host = GeneratorHost(entry.generator, "cpu", tmp_path)
    direct = [one for one in host.run(REQUESTS[:2]) if isinstance(one, Artefact)]
    pool = Pool[MediaRequest, Artefact](
        [Seat(host=GeneratorHost(entry.generator, "cpu", tmp_path / "w"))], 2
    )
    async with pool:
        there = [await pool.submit(request) for request in REQUESTS[:2]]
    assert [one.sha256 for one in there] == [one.sha256 for one in direct]


def test_matched_clips_last_three_seconds_at_one_rate(resolve: Resolve, tmp_path: Path) -> None:
    made = {}
    for name in ("ltx", "cogvideox"):
        frames = {"ltx": 73, "cogvideox": 25}[name]
        entry = resolve(name, profile="matched", num_frames=frames, width=32)
        adapter = Diffusers(entry.generator, "cpu")
        made[name] = probe(paths(adapter, REQUESTS[:1], tmp_path / name)[0])
    assert {(facts.frames, facts.fps, facts.seconds) for facts in made.values()} == {
        (72, 24.0, 3.0)
    }
    shown = list(read_frames(tmp_path / "cogvideox" / "000000.mp4"))
    held = [np.abs(shown[i].astype(int) - shown[i - 1]).mean() for i in range(1, 9)]
    assert max(held[0], held[1], held[3], held[4]) < min(held[2], held[5]), "each held three times"


def test_adapters_are_registered() -> None:
    assert ADAPTERS.load("diffusers") is Diffusers
