"""Which files of a repository a pipeline needs: safetensors of one variant, and configurations.

Repositories hold the same weights several times over (single files, pickles, other precisions);
only what `from_pretrained` will read is worth downloading.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

_CONFIGURATION = (".json", ".txt", ".model", ".jinja")
# model[.fp16][-00001-of-00002].safetensors and model.safetensors.index[.fp16].json
_NAME = re.compile(
    r"[\w-]+?(\.(?P<variant>[a-z0-9_]+))?(-\d+-of-\d+)?\.safetensors"
    r"(?P<index>\.index(\.(?P<its>[a-z0-9_]+))?\.json)?"
)


def of_pipeline(
    names: Collection[str], index: Mapping[str, Any], variant: str | None, replaced: Collection[str]
) -> list[str]:
    """The files of a pipeline's repository that are read.

    Args:
        names: all files of the repository.
        index: its `model_index.json`.
        variant: which precision is wanted, where a part has it; the plain files otherwise.
        replaced: parts that come from somewhere else.
    """
    parts = [
        part
        for part, value in index.items()
        if isinstance(value, list) and None not in value and part not in replaced
    ]
    chosen = [name for name in names if name == "model_index.json"]
    for part in parts:
        inside = [name for name in names if name.startswith(f"{part}/") and name.count("/") == 1]
        chosen += [name for name in inside if name.endswith(_CONFIGURATION) and "index" not in name]
        chosen += _weights(inside, variant)
    return sorted(set(chosen))


def of_part(names: Collection[str], file: str | None) -> list[str]:
    """The files of a repository that holds a single part: one named file, or its plain weights."""
    root = [name for name in names if "/" not in name]
    if file:
        return [name for name in root if name == file]
    return sorted({"config.json", *_weights(root, None)} & set(names))


def _weights(names: Iterable[str], variant: str | None) -> list[str]:
    """Weights of one variant with the index of split ones; plain ones where there is no such."""
    by_variant: dict[str | None, list[str]] = {}
    for name in names:
        found = _NAME.fullmatch(name.rpartition("/")[2])
        if found:
            own = found["its"] if found["index"] else found["variant"]
            by_variant.setdefault(own, []).append(name)
    return by_variant.get(variant) or by_variant.get(None, [])
