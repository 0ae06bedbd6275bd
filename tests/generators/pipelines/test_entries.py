"""Every entry of the catalogs against the installed diffusers: names, signatures and rules."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from popcorn_bench.generators.image.catalog import ImageCatalog
from popcorn_bench.generators.media_catalog import MediaEntry
from popcorn_bench.generators.pipelines.profiles import FPS, PIXELS, PROFILES, SECONDS
from popcorn_bench.generators.pipelines.sampling import NOT_CALLED
from popcorn_bench.generators.pipelines.spec import Pipeline, from_hints
from popcorn_bench.generators.video.catalog import VideoCatalog
from tests.generators.pipelines.conftest import ENTRIES

diffusers: Any = pytest.importorskip("diffusers", reason="needs the extra 'diffusers'")

# Models whose code has no usable defaults; their pipelines are checked by name and signature.
NO_DEFAULTS = {"LatteTransformer3DModel", "EasyAnimateTransformer3DModel"}


def _entries() -> Iterator[MediaEntry]:
    for catalog in (VideoCatalog(), ImageCatalog()):
        yield from (e for e in catalog.entries() if "pipeline" in e.generator.hints)


ALL: Mapping[str, MediaEntry] = {entry.generator.name: entry for entry in _entries()}


@pytest.fixture
def spec(name: str) -> Pipeline:
    return from_hints(ALL[name].generator.hints)


@pytest.fixture
def pipeline(spec: Pipeline) -> Any:
    return getattr(diffusers, spec.class_)


def test_the_families_asked_for_are_there() -> None:
    families = {entry.generator.family for entry in ALL.values()}
    assert families >= {
        "LTX-Video", "HunyuanVideo", "CogVideoX", "AnimateDiff", "LTX-2", "Wan", "Mochi",
        "SkyReels", "SANA-Video", "Kandinsky", "Cosmos", "Allegro", "Latte", "EasyAnimate",
        "Stable Diffusion", "FLUX", "Qwen-Image", "SANA",
    }  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_names_are_known_to_diffusers(spec: Pipeline, pipeline: Any, name: str) -> None:
    assert issubclass(pipeline, diffusers.DiffusionPipeline)
    assert not any("Deprecated" in base.__name__ for base in pipeline.__mro__), "on its way out"
    parts = set(inspect.signature(pipeline.__init__).parameters)
    assert parts >= {*spec.components, *spec.quantize, "vae", "scheduler"}, name
    for part in spec.components.values():
        assert part.class_ is None or hasattr(diffusers, part.class_), part.class_
    if spec.scheduler.class_:
        scheduler = getattr(diffusers, spec.scheduler.class_)
        assert set(inspect.signature(scheduler).parameters) >= set(spec.scheduler.options)


@pytest.mark.parametrize("name", ALL)
def test_every_setting_is_taken_by_the_pipeline(spec: Pipeline, pipeline: Any, name: str) -> None:
    taken = set(inspect.signature(pipeline.__call__).parameters)
    assert taken >= {"prompt", "generator", "output_type"}
    here = NOT_CALLED | set(spec.scheduler.options) | set(spec.sources)
    for setting in ALL[name].generator.settings:
        own = spec.arguments.get(setting, setting)
        if own.startswith("guider."):
            assert "guider" in inspect.signature(pipeline.__init__).parameters
            guider = inspect.signature(diffusers.ClassifierFreeGuidance)
            assert own.removeprefix("guider.") in guider.parameters
        elif setting not in here:
            assert own in taken, f"{name}: {pipeline.__name__} takes no {own}"
    assert set(spec.arguments) <= set(ALL[name].generator.settings)


@pytest.mark.parametrize("name", ALL)
def test_models_can_be_made_and_decoders_tiled(spec: Pipeline, pipeline: Any, name: str) -> None:
    # as on the meta device, which not every constructor keeps to
    from torch._subclasses.fake_tensor import FakeTensorMode

    made = 0
    for part, classes in pipeline._get_signature_types().items():
        for cls in classes:
            if not _is_model(cls):
                continue
            if cls.__name__ not in NO_DEFAULTS:
                with FakeTensorMode(allow_non_fake_inputs=True):
                    assert sum(weight.numel() for weight in cls().parameters()) > 0
                made += 1
            if part == "vae":
                for rung in spec.memory:
                    assert hasattr(cls, "enable_tiling") or not rung.vae_tiling
                    assert hasattr(cls, "enable_slicing") or not rung.vae_slicing
    assert made, name


def _is_model(cls: Any) -> bool:
    return inspect.isclass(cls) and issubclass(cls, diffusers.ModelMixin)


@pytest.mark.parametrize("name", ALL)
def test_clips_do_not_depend_on_batch_mates_only_where_it_was_tested(
    spec: Pipeline, name: str
) -> None:
    tested = {from_hints(ALL[entry].generator.hints).class_ for entry in ENTRIES}
    assert spec.batched == (spec.class_ in tested), name
    batches = {rung.batch for rung in spec.memory}
    assert spec.batched or batches == {1}


@pytest.mark.parametrize("name", ALL)
def test_the_card_is_filled_in(spec: Pipeline, name: str) -> None:
    entry = ALL[name]
    assert entry.generator.licence
    assert entry.generator.family
    assert ("gated" in entry.tags) == bool(entry.accept)
    assert spec.memory, "how it fits into a GPU"
    assert not spec.pinned, "no commit could be looked up; a pinned one must be real"
    assert entry.repos[0] == spec.repo
    assert entry.extra == "diffusers"


@pytest.mark.parametrize("profile", PROFILES)
def test_profiles(profile: str) -> None:
    videos = VideoCatalog().resolve(["all"], profile=profile)  # type: ignore[arg-type]  # one of them
    known = {e.generator.name: e for e in videos if "profile" not in e.reason}
    assert {"storyboard", "still", "ltx", "hunyuan", "cogvideox", "animatediff"} <= set(known)
    if profile == "paper":
        assert not {"mochi", "wan-2.2-5b"} & set(known)
    if profile != "matched":
        return
    assert "latte" not in known, "two seconds at most"
    for entry in known.values():
        settings: Any = entry.generator.settings
        if "num_frames" in settings:
            assert settings["width"] * settings["height"] <= PIXELS
            assert settings["num_frames"] / settings["fps"] >= SECONDS, entry.generator.name
            assert (settings["export_fps"], settings["export_seconds"]) == (FPS, SECONDS)


def test_the_papers_settings() -> None:
    found = VideoCatalog().resolve(["tag:paper"], profile="paper")
    settings: dict[str, Any] = {e.generator.name: e.generator.settings for e in found}
    shapes = {
        name: tuple(
            s.get(k) for k in ("width", "height", "num_frames", "num_inference_steps", "fps")
        )
        for name, s in settings.items()
    }
    assert shapes["ltx"] == (704, 480, 161, 50, 15)
    assert shapes["hunyuan"] == (512, 320, 61, 30, 15)
    assert shapes["cogvideox"] == (720, 480, 49, 50, 8)
    assert shapes["animatediff"] == (512, 512, 16, 4, 10)
    assert settings["hunyuan"]["quantization"] == "4bit"
    assert settings["hunyuan"]["vae_tiling"] is True
    assert [settings["cogvideox"][k] for k in ("vae_tiling", "vae_slicing")] == [True, True]
    seconds = {e.generator.name: round(e.native_seconds or 0, 1) for e in found}
    assert seconds == {"ltx": 10.7, "hunyuan": 4.1, "cogvideox": 6.1, "animatediff": 1.6}
