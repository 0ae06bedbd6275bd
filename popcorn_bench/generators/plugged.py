"""Video and image generators that plugins bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias, get_args

from pydantic import ValidationError

from popcorn_bench.generators.media_file import EntryModel
from popcorn_bench.plugins import Plugin, check_parts

Makes: TypeAlias = Literal["video", "image"]
_PARTS: Final = ("setting_names", "resolved", "missing")


def entry_of(plugin: Plugin) -> tuple[Makes, EntryModel]:
    """What a plugin's adapter makes, and its entry in that catalog, under the plugin's name.

    The class may say `makes` (`video`, where it says nothing) and, in a mapping `entry`, any field
    of a catalog file but the adapter.

    Raises:
        UsageError: if it is broken.
    """
    adapter = plugin.load()
    makes: Any = getattr(adapter, "makes", "video")
    entry = getattr(adapter, "entry", {})
    if makes not in get_args(Makes):
        raise plugin.fault(f"its `makes` is {makes!r}, neither video nor image")
    if not isinstance(entry, Mapping):
        raise plugin.fault("its `entry` is no mapping")
    try:
        model = EntryModel.model_validate({**entry, "adapter": plugin.name})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise plugin.fault(f"its `entry`: {where}: {first['msg']}") from error
    check_parts(plugin.name, adapter, _PARTS)
    return makes, model


def broken(name: str) -> EntryModel:
    """What stands in the catalog for a plugin that cannot be loaded."""
    return EntryModel(adapter=name)
