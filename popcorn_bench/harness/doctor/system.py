"""The machine itself: Python, packages, disk, GPU, codecs, browser, hub."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from popcorn_bench.generators.machine import devices, gpu_memory, hub_cache
from popcorn_bench.harness.doctor.finding import Finding, State

_PACKAGE = "popcorn-bench"
_NOT_FOR_USERS = "dev"
_ENOUGH_DISK = 10e9  # bytes: results of a large run; weights are told apart
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_HUB = "https://huggingface.co"
_SECONDS = 5.0
_CODECS = {"libx264": "w", "h264": "r", "hevc": "r", "vp9": "r", "av1": "r"}


def python() -> Iterator[Finding]:
    """Python, and the packages that the core needs."""
    yield Finding(area="core", name="python", state=State.OK, detail=sys.version.split()[0])
    absent = [name for name in _required() if _version(name) is None]
    yield Finding(
        area="core",
        name="packages",
        state=State.BROKEN if absent else State.OK,
        detail=f"not installed: {', '.join(absent)}" if absent else f"{len(_required())} there",
        mend=f"pip install {_PACKAGE}" if absent else "",
    )


def extras() -> Iterator[Finding]:
    """The extras of this package."""
    for extra in metadata(_PACKAGE).get_all("Provides-Extra") or []:
        absent = [name for name in _required(extra) if _version(name) is None]
        if extra != _NOT_FOR_USERS:
            yield Finding(
                area="extras",
                name=extra,
                state=State.MISSING if absent else State.OK,
                detail=f"not installed: {', '.join(absent)}" if absent else "",
                mend=f"pip install '{_PACKAGE}[{extra}]'" if absent else "",
            )


def disk(folder: Path) -> Iterator[Finding]:
    """Room for results and for weights, and whether results can be written."""
    there = next(parent for parent in (folder.resolve(), *folder.resolve().parents)
                 if parent.exists())  # fmt: skip
    writable = os.access(there, os.W_OK)
    yield Finding(
        area="disk",
        name="results",
        state=State.OK if writable else State.BROKEN,
        detail=f"{_free(there)} at {there}" if writable else f"{there} cannot be written",
        mend="" if writable else "popcorn-bench --output-path DIR",
    )
    cache = next(p for p in (hub_cache(), *hub_cache().parents) if p.exists())
    short = shutil.disk_usage(cache).free < _ENOUGH_DISK
    yield Finding(
        area="disk",
        name="weights",
        state=State.MISSING if short else State.OK,
        detail=f"{_free(cache)} at {hub_cache()}",
        mend="set HF_HUB_CACHE to a folder on a larger disk" if short else "",
    )


def gpu() -> Iterator[Finding]:
    """GPUs that torch would see."""
    found = gpu_memory()
    yield Finding(
        area="gpu",
        name="gpu",
        state=State.MISSING if found is None else State.OK,
        detail="none" if found is None else f"{len(devices('cuda'))}, the largest {found:.0f} GB",
        mend="generators without weights and those behind an API need none"
        if found is None
        else "",
    )


def codecs() -> Iterator[Finding]:
    """What the bundled FFmpeg can encode and decode."""
    import av
    from av.codec import Codec

    for name, mode in _CODECS.items():
        try:
            Codec(name, "w" if mode == "w" else "r")
            there = True
        except (av.FFmpegError, ValueError):
            there = False
        needed = name in {"libx264", "h264"}
        yield Finding(
            area="codecs",
            name=f"{name} ({'encode' if mode == 'w' else 'decode'})",
            state=State.OK if there else State.BROKEN if needed else State.MISSING,
            mend="" if there else "pip install --force-reinstall av",
        )


def browser() -> Iterator[Finding]:
    """A browser for screenshots and for `view`."""
    wanted = os.environ.get("POPCORN_CHROMIUM")
    path = wanted or next(filter(None, map(shutil.which, _BROWSERS)), None)
    yield Finding(
        area="browser",
        name="chromium",
        state=State.OK if path else State.MISSING,
        detail=path or "only screenshots and the project's own tests need it",
        mend="" if path else "install chromium, or name one by POPCORN_CHROMIUM",
    )


def hub() -> Iterator[Finding]:
    """Whether the hub with weights and datasets can be reached."""
    address = os.environ.get("HF_ENDPOINT") or _HUB
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        yield Finding(area="hub", name="hub", state=State.MISSING,
                      detail="HF_HUB_OFFLINE is set", mend="unset HF_HUB_OFFLINE")  # fmt: skip
        return
    reason = _unreachable(address)
    yield Finding(
        area="hub",
        name="hub",
        state=State.MISSING if reason else State.OK,
        detail=reason or address,
        mend="popcorn-bench pull NAME on a machine that reaches it, or HF_ENDPOINT" if reason
        else "",
    )  # fmt: skip


def _unreachable(address: str) -> str:
    if not address.startswith(("https://", "http://")):
        return f"{address} is no web address"
    try:
        with urlopen(Request(address, method="HEAD"), timeout=_SECONDS):  # noqa: S310 - checked above
            return ""
    except (URLError, OSError, ValueError) as error:
        return f"{address} cannot be reached: {getattr(error, 'reason', error)}"


def _required(extra: str = "") -> list[str]:
    """Names of distributions that the package, or an extra of it, asks for on this machine."""
    from packaging.requirements import Requirement

    found = map(Requirement, requires(_PACKAGE) or [])
    return [r.name for r in found if _asked_by(r.marker, extra)]


def _asked_by(marker: object, extra: str) -> bool:
    from packaging.markers import Marker

    if not isinstance(marker, Marker):
        return not extra
    plain = marker.evaluate({"extra": ""})
    return plain if not extra else marker.evaluate({"extra": extra}) and not plain


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _free(folder: Path) -> str:
    return f"{shutil.disk_usage(folder).free / 1e9:.0f} GB free"
