"""Where a media file comes from, written into the file itself."""

from __future__ import annotations

import json

from popcorn_bench.fingerprint import digest, text_sha
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.types import Generator

TAG = "comment"  # one of the few names that every MP4 reader shows


def provenance(generator: Generator, request: MediaRequest) -> dict[str, str]:
    """Metadata of a clip or picture: one JSON object under `comment`.

    It holds generator, adapter, revision, sha256 of the settings (canonical JSON), sha256 of the
    prompt (UTF-8) and seed. The prompt itself is left out: it may be private, and it is hostile.
    """
    facts = {
        "generator": generator.name,
        "adapter": generator.adapter,
        "revision": generator.revision,
        "settings_sha256": digest(generator.settings),
        "prompt_sha256": text_sha(request.prompt),
        "seed": request.seed,
    }
    return {TAG: json.dumps(facts, sort_keys=True)}


def read_provenance(tags: dict[str, str]) -> dict[str, str | int]:
    """What `provenance` wrote, from the metadata of a container; empty where there is none."""
    try:
        facts = json.loads(tags.get(TAG, ""))
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}
