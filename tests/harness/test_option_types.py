"""Values of the command line: what no run could use is refused where it is typed."""

from __future__ import annotations

import click
import pytest

from popcorn_bench.harness.cli.kinds import MONEY, NUMBERS, Bytes, Finite

_ENDLESS = "9" * 5_000


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (MONEY, _ENDLESS),
        (MONEY, "20eur"),
        (Bytes(), f"{_ENDLESS}GB"),
        (Bytes(), "a lot"),
        (NUMBERS, _ENDLESS),
        (NUMBERS, "1,-2"),
        (NUMBERS, "1,,2"),
        (NUMBERS, ""),
        (Finite(min=0), "nan"),
        (Finite(min=0), "inf"),
        (Finite(min=0), "-1"),
    ],
)
def test_no_value(kind: click.ParamType[object, object], text: str) -> None:
    with pytest.raises(click.BadParameter):
        kind.convert(text, None, None)


def test_values() -> None:
    assert [MONEY.convert(text, None, None) for text in ("20usd", "$20", "20")] == [20.0] * 3
    assert Bytes().convert("1.5 GB", None, None) == 1_500_000_000
    assert NUMBERS.convert("1, 20", None, None) == (1, 20)
    assert Finite(0, 5).convert("2.5", None, None) == 2.5
