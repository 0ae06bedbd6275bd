"""What encoders made, kept in a folder by content address: nothing is made twice.

A shard is arrays as safetensors and, written after them, their keys as Parquet: a shard without
its keys was cut short and does not count. One process writes at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Half = NDArray[np.float16]


class Shelf:
    """Arrays of one shape by key, in half precision, and texts beside them.

    Args:
        folder: made when something is added.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[str, tuple[Path, int]] = {}
        for index in sorted(folder.glob("*.parquet")):
            self._note(index, _keys(index))

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def add(self, values: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep arrays; those that are kept already stay."""
        import polars as pl
        from safetensors.numpy import save_file

        new = {key: value.astype(np.float16) for key, value in values.items() if key not in self}
        if not new:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        index = self._folder / f"{len(list(self._folder.glob('*.parquet'))):06}.parquet"
        arrays, part = index.with_suffix(".safetensors"), index.with_suffix(".part")
        save_file({"values": np.stack(list(new.values()))}, part)
        part.replace(arrays)
        pl.DataFrame({"key": list(new)}).write_parquet(part)
        part.replace(index)
        self._note(index, list(new))

    def read(self, keys: Sequence[str]) -> Half:
        """The arrays of n keys, [n, ...]; all must be there.

        Raises:
            KeyError: for one that is not.
        """
        rows: dict[Path, list[tuple[int, int]]] = {}
        for place, key in enumerate(keys):
            index, row = self._places[key]
            rows.setdefault(index, []).append((place, row))
        found: Half | None = None
        for index, pairs in rows.items():
            values = _values(index)
            if found is None:
                found = np.empty((len(keys), *values.shape[1:]), dtype=np.float16)
            to, of = zip(*pairs, strict=True)
            found[list(to)] = values[list(of)]
        return np.empty(0, dtype=np.float16) if found is None else found

    def _note(self, index: Path, keys: Iterable[str]) -> None:
        self._places |= {key: (index, row) for row, key in enumerate(keys)}


class Notes:
    """Lists of texts by key, as Parquet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._texts: dict[str, list[str]] = {}
        for file in sorted(folder.glob("*.parquet")):
            self._texts |= _texts(file)

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def __getitem__(self, key: str) -> list[str]:
        return self._texts[key]

    def add(self, texts: Mapping[str, list[str]]) -> None:
        """Keep texts; those that are kept already stay."""
        import polars as pl

        new = {key: lines for key, lines in texts.items() if key not in self}
        if not new:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{len(list(self._folder.glob('*.parquet'))):06}.parquet"
        part = file.with_suffix(".part")
        pl.DataFrame({"key": list(new), "texts": list(new.values())}).write_parquet(part)
        part.replace(file)
        self._texts |= new


def _keys(index: Path) -> list[str]:
    import polars as pl

    return [str(key) for key in pl.read_parquet(index)["key"]]


def _texts(file: Path) -> dict[str, list[str]]:
    import polars as pl

    frame = pl.read_parquet(file)
    return dict(zip(frame["key"].to_list(), frame["texts"].to_list(), strict=True))


def _values(index: Path) -> Half:
    from safetensors.numpy import load_file

    return np.asarray(load_file(index.with_suffix(".safetensors"))["values"])
