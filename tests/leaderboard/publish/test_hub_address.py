"""Addresses of the hub, and the token."""

from __future__ import annotations

import pytest

from popcorn_bench.errors import UsageError
from popcorn_bench.leaderboard.publish.hub import parse, token_of


@pytest.mark.parametrize(
    ("address", "sort"),
    [("hf://datasets/lab/board", "dataset"), ("hf://spaces/lab/board/", "space")],
)
def test_addresses_are_read(address: str, sort: str) -> None:
    found = parse(address)
    assert found is not None
    assert (found.sort, found.repo_id) == (sort, "lab/board")
    assert str(found) == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    ["hf://models/a/b", "hf://datasets/a", "hf://datasets/a/b/c", "hf://datasets/../b",
     "s3://x/y", "hf://datasets/a b/c", "hf://datasets/.a/b"],
)  # fmt: skip
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(UsageError, match="hf://datasets/OWNER/NAME"):
        parse(address)


def test_a_folder_is_no_address() -> None:
    assert parse("site/leaderboard") is None


def test_the_token_comes_from_the_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
    monkeypatch.setenv("HF_TOKEN", "hf_abc")
    assert token_of() == "hf_abc"
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(UsageError, match="HF_TOKEN"):
        token_of()
