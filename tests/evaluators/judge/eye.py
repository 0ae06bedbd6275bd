"""A judge on loopback that looks: it decodes the pictures that it is sent and answers by them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from popcorn_bench.evaluators.protocol import Sample
from popcorn_bench.media import write_mp4
from popcorn_bench.types import Kind, Query
from tests.loopback import ChatRequest, Reply

_DATA_URL = re.compile(r"data:image/jpeg;base64,([A-Za-z0-9+/]+=*)")
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a request showed: its instructions, texts and pictures in order."""

    system: str
    texts: tuple[str, ...]
    pictures: tuple[Pixels, ...]
    details: tuple[str, ...]

    @property
    def brightness(self) -> float:
        """Mean over all pictures, 0 to 100."""
        return float(np.mean([picture.mean() for picture in self.pictures])) / 2.55

    @property
    def exhibits(self) -> list[dict[str, str]]:
        """The JSON objects in the texts, read back."""
        return [json.loads(text[text.index("{") :]) for text in self.texts if "{" in text]


def look(request: ChatRequest) -> Seen:
    """Decode a request; a picture that is no JPEG data URL breaks the test."""
    system, user = request.body["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    parts: Sequence[dict[str, Any]] = user["content"]
    images = [part["image_url"] for part in parts if part["type"] == "image_url"]
    return Seen(
        system=system["content"],
        texts=tuple(part["text"] for part in parts if part["type"] == "text"),
        pictures=tuple(_of_url(image["url"]) for image in images),
        details=tuple(image.get("detail", "") for image in images),
    )


def _of_url(url: str) -> Pixels:
    found = _DATA_URL.fullmatch(url)
    assert found is not None
    return decoded(found[1])


def decoded(data: str) -> Pixels:
    """The pixels of a JPEG in base64."""
    with Image.open(BytesIO(base64.b64decode(data))) as image:
        assert image.format == "JPEG"
        return np.asarray(image.convert("RGB"), dtype=np.uint8)


def by_brightness(request: ChatRequest) -> str:
    """Rate a clip by how bright it is."""
    return json.dumps({"reason": "light", "score": look(request).brightness})


def brighter(request: ChatRequest) -> str:
    """Choose the brighter of two clips, whatever their order."""
    pictures = look(request).pictures
    half = len(pictures) // 2
    one, two = np.mean(pictures[:half]), np.mean(pictures[half:])
    return winner("first" if one > two else "second")


def winner(which: str) -> str:
    return json.dumps({"reason": "so", "winner": which})


def in_turn(*answers: str | Reply) -> Callable[[ChatRequest], str | Reply]:
    """Answer the requests with these, over and over."""
    return lambda request: answers[request.index % len(answers)]


def clip(path: Path, *levels: int, size: tuple[int, int] = (64, 48)) -> Path:
    """A video of one grey frame per level, each with a darker lower half."""
    width, height = size
    frames = []
    for level in levels:
        frame = np.full((height, width, 3), level, np.uint8)
        frame[height // 2 :] //= 2
        frames.append(frame)
    write_mp4(frames, path, 10.0, quality=1)
    return path


def sample(video: Path | None, title: str = "Noodles at dawn", **more: Any) -> Sample:
    query = Query(id="q", text="noodles", kind=Kind.CONCRETE, topic=more.pop("topic", "food"))
    return Sample(query=query, title=title, video=video, **more)
