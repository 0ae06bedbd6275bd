"""What may be shown: no secret of the environment, nothing that steers a terminal."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popcorn_bench.errors import holds_secret, redact, visible


def test_a_secret_that_holds_another_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AAA_API_KEY", "shared-prefix")
    monkeypatch.setenv("ZZZ_API_KEY", "shared-prefix-and-the-rest")
    assert redact("key shared-prefix-and-the-rest.") == "key <ZZZ_API_KEY>."
    assert redact("key shared-prefix.") == "key <AAA_API_KEY>."


@pytest.mark.parametrize("name", ["SNOWFLAKE_JWT", "DB_PASS", "PROXY_AUTH", "GH_PAT", "X_BEARER_1"])
def test_a_secret_has_many_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "canary-0123456789")
    assert redact("canary-0123456789") == f"<{name}>"
    assert holds_secret("a canary-0123456789 b")


@given(st.text())
@settings(suppress_health_check=[HealthCheck.differing_executors])
def test_what_is_visible_steers_nothing(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert all(char.isprintable() or char in "\n\t" for char in shown)
    assert visible(shown) == shown


def test_what_is_plain_stays() -> None:
    assert visible("a: ü 猫\n\tb") == "a: ü 猫\n\tb"
    assert visible("\x1b]0;evil\x07\u202e\r") == "?]0;evil???"
