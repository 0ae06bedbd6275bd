"""Video and image generators that plugins bring."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

from pydantic import ValidationError

from popcorn_bench.errors import UsageError
from popcorn_bench.generators.media_file import EntryModel
from popcorn_bench.plugins import Plugin

Makes: TypeAlias = Literal["video", "image"]


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
    fault = f"plugin {plugin.name!r} of {plugin.origin} is broken:"
    if makes not in get_args(Makes):
        raise UsageError(f"{fault} its `makes` is {makes!r}, neither video nor image")
    try:
        return makes, EntryModel.model_validate({**entry, "adapter": plugin.name})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{fault} its `entry`: {where}: {first['msg']}") from error


def broken(name: str) -> EntryModel:
    """What stands in the catalog for a plugin that cannot be loaded."""
    return EntryModel(adapter=name)
