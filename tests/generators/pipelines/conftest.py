"""Tiny pipelines on disk, built when a test first asks, and catalog entries that point to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from popcorn_bench.generators.image.catalog import ImageCatalog
from popcorn_bench.generators.video.catalog import VideoCatalog, VideoEntry

# Entry of the catalog to tiny pipeline.
ENTRIES: Mapping[str, str] = {
    "ltx": "ltx",
    "hunyuan": "hunyuan",
    "cogvideox": "cogvideox",
    "wan-2.1-1.3b": "wan",
    "animatediff": "sd15",
    "sd-1.5": "sd15",
}
SMALL = {"width": "64", "height": "32", "num_inference_steps": "2"}

Folder = Callable[[str], Path]
Resolve = Callable[..., VideoEntry]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The folder of a tiny pipeline, or of the motion adapter."""
    pytest.importorskip("diffusers", reason="needs the extra 'diffusers'")
    from tests import tiny

    root, made = tmp_path_factory.mktemp("tiny"), dict[str, Path]()

    def find(name: str) -> Path:
        if name not in made:
            write = tiny.save_motion_adapter if name == "motion" else None
            target = root / name
            made[name] = write(target) if write else tiny.save(name, target)
        return made[name]

    return find


@dataclass(frozen=True, slots=True)
class _Resolver:
    folder: Folder

    def __call__(self, name: str, *, profile: str = "native", **settings: object) -> VideoEntry:
        images = name == "sd-1.5"
        given = {"model": str(self.folder(ENTRIES[name])), **SMALL}
        given |= {} if images else {"num_frames": "17" if name == "ltx" else "9"}
        if name == "animatediff":
            given["motion_adapter"] = str(self.folder("motion"))
        given |= {key: str(value) for key, value in settings.items()}
        catalog = ImageCatalog() if images else VideoCatalog()
        entries = catalog.resolve([name], [(name, given)], profile=profile, device="cpu")  # type: ignore[arg-type]  # any profile
        return entries[0]


@pytest.fixture(scope="session")
def resolve(folder: Folder) -> Resolve:
    """A real catalog entry with tiny weights."""
    return _Resolver(folder)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a run may ask the hub."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
