"""A publication on the Hugging Face hub, as a dataset or as a static Space."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from popcorn_bench.errors import PopcornError, UsageError, redact

SCHEME = "hf://"
_ADDRESS = re.compile(
    r"hf://(datasets|spaces)/([A-Za-z0-9][\w.-]{0,95})/([A-Za-z0-9][\w.-]{0,95})/?"
)
_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_OURS = ["every_eval_ever/*", "artifacts/*", "posters/*"]  # stale files there are removed
_REFUSED = {401: "the token is not accepted", 403: "the token may not write there"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: `sort` is `dataset` or `space`."""

    sort: str
    owner: str
    name: str

    @property
    def repo_id(self) -> str:
        """As the hub calls it."""
        return f"{self.owner}/{self.name}"

    def __str__(self) -> str:
        """The address."""
        return f"{SCHEME}{self.sort}s/{self.repo_id}"


def parse(address: str) -> Target | None:
    """The place on the hub that is meant, None where it is a folder.

    Raises:
        UsageError: for an address of the hub that is neither a dataset nor a Space.
    """
    if "://" not in address:
        return None
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise UsageError(
            f"--to {redact(address)}: needs hf://datasets/OWNER/NAME, hf://spaces/OWNER/NAME or a "
            "folder"
        )
    sort, owner, name = found.groups()
    return Target(sort.removesuffix("s"), owner, name)


def token_of() -> str:
    """The token from the environment, the only place where it is looked for.

    Raises:
        UsageError: where there is none.
    """
    found = next((value for name in _TOKENS if (value := os.environ.get(name, ""))), "")
    if not found:
        raise UsageError(f"publishing to the hub needs {_TOKENS[0]} in the environment")
    return found


def upload(made: Path, target: Target, *, private: bool, title: str) -> str:
    """Bring a repository up to a folder in one commit; give the commit's address.

    Args:
        made: the publication.
        target: made if it is missing.
        private: whether nobody else may see it.
        title: of the commit.

    Raises:
        UsageError: without a token, without huggingface_hub, and for a public repository where a
            private one was asked for.
        PopcornError: where the hub cannot be reached or refuses.
    """
    token = token_of()
    api = _api(token)
    with _told(target):
        api.create_repo(
            target.repo_id,
            repo_type=target.sort,
            private=private or None,
            exist_ok=True,
            space_sdk="static" if target.sort == "space" else None,
        )
        if private and not api.repo_info(target.repo_id, repo_type=target.sort).private:
            raise UsageError(f"--private: {target} exists and is public; nothing was sent")
        commit = api.upload_folder(
            repo_id=target.repo_id,
            repo_type=target.sort,
            folder_path=made,
            commit_message=title,
            delete_patterns=_OURS,
        )
    return str(commit.commit_url)


def _api(token: str) -> Any:  # noqa: ANN401 - the library's types are not read
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # it is read at the import
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.utils import disable_progress_bars
    except ImportError as error:
        raise UsageError(
            "publishing to the hub needs huggingface_hub: pip install 'popcorn-bench[publish]'"
        ) from error
    disable_progress_bars()
    return HfApi(token=token, library_name="popcorn-bench")


@contextmanager
def _told(target: Target) -> Iterator[None]:
    """Whatever the library raises, in one line."""
    from httpx import HTTPError

    try:
        yield
    except (HTTPError, OSError, ValueError) as error:
        response = getattr(error, "response", None)
        status = getattr(response, "status_code", None)
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        why = _REFUSED.get(status or 0, first)
        what = "refuses" if status else "cannot be reached"
        raise PopcornError(f"{target} {what}: {redact(why)}") from error
