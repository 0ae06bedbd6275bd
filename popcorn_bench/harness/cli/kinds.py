"""What the values of options look like."""

from __future__ import annotations

import re
from math import inf, isfinite
from pathlib import Path
from typing import cast

import click


class CommaList(click.ParamType[object, tuple[str, ...]]):
    """`a,b,c` as a tuple."""

    name = "a,b,..."

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, ...]:
        """Split at commas; an empty list is an error."""
        parts = value if isinstance(value, tuple | list) else str(value).split(",")
        items = tuple(str(item).strip() for item in parts if str(item).strip())
        if not items:
            self.fail("needs at least one name", param, ctx)
        return items


class Numbers(click.ParamType[object, tuple[int, ...]]):
    """`1,2,3` as a tuple of whole numbers."""

    name = "n,m,..."

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[int, ...]:
        """Split at commas; an empty list is an error."""
        parts = value if isinstance(value, tuple | list) else str(value).split(",")
        texts = [str(part).strip() for part in parts]
        if value != () and not all(_WHOLE.fullmatch(text) for text in texts):
            self.fail(f"{value!r} is not a list of whole numbers", param, ctx)
        return tuple(int(text) for text in texts)


class Money(click.ParamType[object, float]):
    """`20usd`, `$20` or `20` as US dollars."""

    name = "USD"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Read an amount; another currency is an error."""
        found = _MONEY.fullmatch(str(value).strip().lower())
        amount = float(found["amount"]) if found else inf
        if not isfinite(amount):
            self.fail(f"{value!r} is no amount of US dollars, such as 20usd, $20 or 20", param, ctx)
        return amount


class Bytes(click.ParamType[object, int]):
    """`20GB`, `500MB` or a number of bytes; units of 1,000."""

    name = "SIZE"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        """Read a size."""
        found = _BYTES.fullmatch(str(value).strip().upper())
        unit = 1000.0 ** " KMGT".index(found["unit"] or " ") if found else 1.0
        size = float(found["number"]) * unit if found else inf
        if not isfinite(size):
            self.fail(f"{value!r} is no size, such as 20GB, 500MB or 1000000", param, ctx)
        return int(size)


class Finite(click.FloatRange):
    """A number within bounds; click lets NaN pass them."""

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Read a number."""
        number: float = super().convert(cast("float", value), param, ctx)
        if not isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


_WHOLE = re.compile(r"\d{1,18}")
_BYTES = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?:(?P<unit>[KMGT])?B)?")
_MONEY = re.compile(r"\$?\s*(?P<amount>\d+(?:\.\d+)?)\s*(?:usd|\$)?")
LIST, NUMBERS, MONEY = CommaList(), Numbers(), Money()
EXISTING = click.Path(exists=True, file_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
