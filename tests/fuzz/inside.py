"""What a case does where no command leads there alone; each function runs in the pen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from popcorn_bench.errors import AdapterError, PopcornError
from popcorn_bench.types import Brief, BriefRules, Kind, Query

_RULES = BriefRules(title_max=50, example_titles=("A cat that plays the piano",))
_QUERY = Query(id="q", text="noodles at dawn", kind=Kind.CONCRETE, topic="food")


def nothing() -> dict[str, Any]:
    """The pen itself."""
    return {}


def answers(path: str) -> list[str]:
    """Parse the answers of a file, and keep, read and index what came of them."""
    from popcorn_bench.generators.llm import answer
    from popcorn_bench.remote.response import Reply

    kinds = []
    for reply in json.loads(Path(path).read_text()):
        try:
            parsed = answer.parse(Reply(**reply), _RULES)
        except AdapterError as error:
            kinds.append(error.kind)
            continue
        _storable(parsed.title, parsed.cover_prompt, parsed.video_prompt)
        kinds.append("brief")
    return kinds


def asked(base_url: str) -> str:
    """One call through the whole client to a server that answers what it likes."""
    import asyncio

    from popcorn_bench.generators.llm.catalog import LLMCatalog
    from popcorn_bench.generators.llm.client import LiteLLMClient
    from popcorn_bench.types import Message

    args = [("", {"api_base": base_url, "timeout": "30"})]
    entries = LLMCatalog().resolve(["openai/mock"], args)

    async def ask() -> Brief:
        client = LiteLLMClient(entries)
        try:
            return await client.brief(entries[0].llm, [Message("user", "hello")], 1, _RULES)
        finally:
            await client.close()

    try:
        brief = asyncio.run(ask())
    except AdapterError as error:
        if error.kind == "bug":
            raise
        _storable(error.message)
        return error.kind
    _storable(brief.title, brief.cover_prompt, brief.video_prompt, brief.raw, brief.reasoning)
    return "brief"


def _storable(*texts: str) -> None:
    for text in texts:
        json.dumps(text, ensure_ascii=False).encode()


def rendered(path: str) -> str:
    """Render a template with what every template of a task is given."""
    from popcorn_bench.tasks.templates import BadTemplateError, render

    values = {"query": _QUERY, "title_max": 50, "example": {"title": "t"}, "references": []}
    try:
        text = render(Path(path).read_text(), values)
    except BadTemplateError as error:
        return str(error)[:200]
    return str(len(text))


def media(path: str) -> dict[str, Any]:
    """Put a file through the worker: probed, stored, shown, scored, its tags read."""
    from popcorn_bench.evaluators.quality import Quality
    from popcorn_bench.harness.worker import EvaluatorHost, ScoreRequest, results_of
    from popcorn_bench.media import is_blank, pick_frames, probe, read_frames, read_tags
    from popcorn_bench.results.artifacts import ArtefactStore
    from popcorn_bench.types import Artefact

    clip = Path(path)
    looks = {
        "probe": lambda: probe(clip),
        "tags": lambda: read_tags(clip),
        "blank": lambda: is_blank(clip),
        "read": lambda: sum(1 for _ in read_frames(clip)),
        "pick": lambda: sum(1 for _ in pick_frames(clip, lambda n: range(0, n, max(1, n // 8)))),
    }
    found = {name: _kind(look) for name, look in looks.items()}
    folder = clip.parent / "results"
    store = ArtefactStore(folder)
    with store.workspace() as scratch:
        copy = scratch / clip.name
        size = copy.write_bytes(clip.read_bytes())
        sha256 = store.put(copy)
    artefact = Artefact(sha256=sha256, suffix=clip.suffix, bytes=size, width=1, height=1)
    host = EvaluatorHost(Quality.card({}), "cpu", folder)
    (scored,) = results_of(host, [ScoreRequest(_QUERY, "a title", video=artefact)])
    if isinstance(scored, AdapterError) and scored.kind == "bug":
        raise scored
    found["score"] = scored.kind if isinstance(scored, AdapterError) else "scored"
    return found


def _kind(look: Any) -> str:
    try:
        look()
    except PopcornError as error:
        kind = getattr(error, "kind", "")
        if kind in {"", "bug"}:
            raise
        return str(kind)
    return "done"
