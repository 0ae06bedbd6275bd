"""What strangers write: hostile values, texts and bytes, and ways to spoil good ones."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

TEXTS: Sequence[str] = (
    *("", " ", "\x00", "a\x00b", "\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe", "\ufeff", "\ud800"),
    *("NaN", "-inf", "1e309", "-1", "0", "1" * 400, "9" * 5000, "0x10", "1_000", "true", "null"),
    *("../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "C:\\x", "a/../b", "~root", "."),
    *("=cmd|' /C calc'!A0", "<script>alert(1)</script>", "${HOME}", "%s%n", "{0.__class__}"),
    *("{{ 7*7 }}", "{% for a in b %}", "{{ ''.__class__.__mro__ }}", "a,b\nc", '"', "'", "\\", "`"),
    *("http://u:p@127.0.0.1:1/", "http://[::1", "caf\u0301", "\U0001f37f" * 50, "a" * 70_000),
    *("a\r\nb", "tab\there", "*", "tag:", "all,none", "-", "--", "a:b:c", "x=y=z", "[", "{", "#"),
)
_NUMBERS: Sequence[object] = (
    *(0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 1e308, -0.0, 1e-320, 3.5),
    *(float("nan"), float("inf"), float("-inf")),
)


def texts() -> SearchStrategy[str]:
    """Known troublemakers and whatever Unicode has."""
    return st.one_of(st.sampled_from(TEXTS), st.text(max_size=40))


def scalars() -> SearchStrategy[Any]:
    """Anything that is no collection."""
    plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats())
    return st.one_of(texts(), st.sampled_from(_NUMBERS), plain)


def values() -> SearchStrategy[Any]:
    """Anything at all, a few levels deep; sometimes very deep or very long."""
    nested = st.recursive(
        scalars(),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(texts(), inner, max_size=4)
        ),
        max_leaves=8,
    )
    return st.one_of(nested, st.builds(deep, st.integers(10, 1500)), st.just(["x"] * 5000))


def deep(levels: int) -> Any:
    """A list in a list in a list."""
    value: Any = "bottom"
    for _ in range(levels):
        value = [value]
    return value


@st.composite
def spoiled(draw: DrawFn, good: Any) -> Any:
    """A good document with some of its parts replaced, dropped, doubled or renamed."""
    data = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        data = _spoil(draw, data)
    return data


def _spoil(draw: DrawFn, data: Any) -> Any:
    path = draw(st.sampled_from(_paths(data)))
    if not path:
        return draw(values())
    holder = data
    for step in path[:-1]:
        holder = holder[step]
    match draw(st.sampled_from(("replace", "replace", "replace", "drop", "add", "rename"))):
        case "replace":
            holder[path[-1]] = draw(values())
        case "drop":
            del holder[path[-1]]
        case "add" if isinstance(holder, dict):
            holder[draw(texts())] = draw(values())
        case "rename" if isinstance(holder, dict):
            holder[draw(texts())] = holder.pop(path[-1])
        case _:
            holder[path[-1]] = draw(scalars())
    return data


def _paths(data: Any, above: tuple[Any, ...] = (), levels: int = 8) -> list[tuple[Any, ...]]:
    found = [above]
    inside: Any = ()
    if isinstance(data, dict):
        inside = data.items()
    elif isinstance(data, list):
        inside = enumerate(data[:20])
    if levels:
        for key, value in inside:
            found += _paths(value, (*above, key), levels - 1)
    return found


@st.composite
def torn(draw: DrawFn, good: bytes) -> bytes:
    """Bytes cut, flipped, repeated, swapped or with something put in between."""
    data = good
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        size = draw(st.integers(1, 64))
        match draw(st.sampled_from(("cut", "flip", "insert", "drop", "repeat", "zero"))):
            case "cut":
                data = data[:at]
            case "flip" if data:
                data = (
                    data[:at] + bytes([data[at] ^ (1 << draw(st.integers(0, 7)))]) + data[at + 1 :]
                )
            case "insert":
                data = data[:at] + draw(st.one_of(st.binary(max_size=32), _snippets())) + data[at:]
            case "drop":
                data = data[:at] + data[at + size :]
            case "repeat":
                data = data[:at] + data[at : at + size] * draw(st.integers(2, 500)) + data[at:]
            case _:
                data = data[:at] + bytes(size) + data[at + size :]
    return data


def _snippets() -> SearchStrategy[bytes]:
    return st.sampled_from(TEXTS).map(lambda text: text.encode("utf-8", "surrogatepass"))


def dump(data: Any) -> bytes:
    """A document as YAML, which JSON with escapes is; NaN and infinity as YAML writes them."""
    return _yaml(data).encode("utf-8", "surrogatepass")


def _yaml(data: Any) -> str:
    import json

    if isinstance(data, Mapping):
        inside = (
            f"{json.dumps(str(key), ensure_ascii=False)}: {_yaml(v)}" for key, v in data.items()
        )
        return "{" + ", ".join(inside) + "}"
    if isinstance(data, list):
        return _listed(data)
    if isinstance(data, float):
        return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}.get(repr(data), repr(data))
    return str(data) if isinstance(data, int) and not isinstance(data, bool) else json.dumps(data)


def _listed(data: list[Any]) -> str:
    levels = 0
    while isinstance(data, list) and len(data) == 1 and isinstance(data[0], list):
        data, levels = data[0], levels + 1
    return "[" * (levels + 1) + ", ".join(map(_yaml, data)) + "]" * (levels + 1)
