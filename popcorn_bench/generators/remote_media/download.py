"""Files of services: streamed to disk, bounded in length, and known by their first bytes.

Some services answer with the file, others with JSON that names its URL or holds it in base64.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

import httpx

from popcorn_bench.errors import AdapterError
from popcorn_bench.generators.remote_media.line import Line
from popcorn_bench.generators.remote_media.verdicts import AnswerError, of_answer_without_file

_JSON = "application/json"
_HEAD = 16
_MAX_SAID = 20_000
_MAX_DEPTH = 8
_URLS = ("url", "uri", "output", "gcsUri")
_BYTES = ("bytesBase64Encoded", "b64_json")


async def fetch(
    line: Line, url: str, path: Path, headers: Mapping[str, str], body: Mapping[str, object]
) -> Path:
    """Stream the file behind `url` to `path`, which is given the suffix of what it holds.

    Args:
        line: the client; its `max_bytes` bounds the file.
        url: where the service says that the file is.
        path: without suffix.
        headers: those of the service; a URL of another host that its answer names gets none.
        body: sent by POST where there is one.

    Raises:
        AnswerError: where the service says no.
        httpx.HTTPError, httpx.InvalidURL: where the connection fails, or cannot be tried.
        AdapterError: `refusal`, `job_failed` or `no_media` for an answer without a file,
            `broken_media` for a file that is not read here, `download` (retriable) where the
            file's own URL fails.
    """
    part = path.with_suffix(".part")
    try:
        if await _stream(line, url, part, headers, body) == _JSON:
            await _named(line, url, part, headers)
        return _settled(part, path)
    finally:
        part.unlink(missing_ok=True)


def save(data: str, path: Path) -> Path:
    """Write base64 to `path`, which is given the suffix of what it holds.

    Raises:
        AdapterError: `broken_media` for what is no base64 or no kind of file that is read here.
    """
    part = path.with_suffix(".part")
    try:
        part.write_bytes(_decoded(data))
        return _settled(part, path)
    finally:
        part.unlink(missing_ok=True)


async def _stream(
    line: Line, url: str, part: Path, headers: Mapping[str, str], body: Mapping[str, object]
) -> str:
    """Write an answer to a file; give its content type."""
    line.reset()
    method = "POST" if body else "GET"
    async with line.stream(method, url, headers=dict(headers), json=dict(body) or None) as answer:
        if answer.status_code != HTTPStatus.OK:
            raise AnswerError(answer.status_code, answer.headers, await _said(answer))
        with part.open("wb") as file:
            async for chunk in answer.aiter_bytes():
                file.write(chunk)
        return str(answer.headers.get("content-type", "")).partition(";")[0].strip().lower()


async def _said(answer: httpx.Response) -> str:
    """The beginning of an answer."""
    said = b""
    async for chunk in answer.aiter_bytes():
        said += chunk
        if len(said) > _MAX_SAID:
            break
    return said[:_MAX_SAID].decode("utf-8", "replace") or answer.reason_phrase


async def _named(line: Line, url: str, part: Path, headers: Mapping[str, str]) -> None:
    """Put the file that a JSON answer names, or holds, in its place."""
    found = _held_or_named(part)
    if not found:
        return
    try:
        kind = await _stream(line, found, part, headers if _is_near(found, url) else {}, {})
    except AnswerError as error:
        message = f"the file's own URL answers with status {error.status_code}"
        raise AdapterError("download", message, retriable=True) from error
    if kind == _JSON:
        raise AdapterError("no_media", "the file's own URL gives JSON")


def _held_or_named(part: Path) -> str:
    """Turn JSON into the file that it holds, or give the URL of the file that it names."""
    try:
        answer = json.loads(part.read_bytes())
    except (ValueError, RecursionError) as error:
        raise AdapterError("bad_response", f"not JSON: {error}", retriable=True) from error
    held = next(_texts(answer, _BYTES), "")
    if held:
        part.write_bytes(_decoded(held))
        return ""
    found = next((text for text in _texts(answer, _URLS) if "://" in text), "")
    if not found:
        raise of_answer_without_file(answer)
    return found


def _is_near(url: str, other: str) -> bool:
    """Whether both are of one host, which then already knows the key."""
    try:
        one, two = httpx.URL(url), httpx.URL(other)
    except httpx.InvalidURL:
        return False
    return (one.scheme, one.host, one.port) == (two.scheme, two.host, two.port)


def _texts(value: object, names: tuple[str, ...], depth: int = 0) -> Iterator[str]:
    """The texts under one of the names, wherever they stand; a list counts as its items."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _texts(item, names, depth + 1)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            given = inner if isinstance(inner, list) else [inner]
            if name in names:
                yield from (item for item in given if isinstance(item, str) and item)
            yield from _texts(inner, names, depth + 1)


def _decoded(data: str) -> bytes:
    try:
        return b64decode(data.partition(",")[2] if data.startswith("data:") else data)
    except (NotBase64, ValueError) as error:
        raise AdapterError("broken_media", f"not base64: {error}") from error


def _settled(part: Path, path: Path) -> Path:
    with part.open("rb") as file:
        suffix = _suffix(file.read(_HEAD))
    if not suffix:
        raise AdapterError(
            "broken_media", "the service gave a file that is neither clip nor picture"
        )
    return part.replace(path.with_suffix(suffix))


def _suffix(head: bytes) -> str:
    """The suffix for a file that begins so; '' for one that is not read here."""
    if head[4:8] == b"ftyp":
        return ".mp4"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return ".webm"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if head.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    return ".webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else ""
