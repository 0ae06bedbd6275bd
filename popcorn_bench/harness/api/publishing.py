"""The board as files for others, in a folder or on a hub."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.api.telling import (
    Folder,
    Tell,
    damage,
    folders_of,
    silent,
)
from popcorn_bench.harness.licences import forbidden
from popcorn_bench.leaderboard.publish import folder as folders
from popcorn_bench.leaderboard.publish import hub
from popcorn_bench.leaderboard.publish.hub import Target
from popcorn_bench.leaderboard.publish.options import TITLE, Options, licence_id
from popcorn_bench.leaderboard.publish.publish import Made, make
from popcorn_bench.leaderboard.publish.summary import block, updated
from popcorn_bench.results import index
from popcorn_bench.results.artifacts import open_artefacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was published, or in a dry run would be; the fields that do not apply are None.

    `written`, `unchanged` and `removed` are paths within a folder, `files` those that went to a
    hub, `commit` their address there. `apart` says which cells no reader may hold against each
    other, `terms` what licences rule out. `readme` is the file whose table was brought up to date.
    """

    to: str
    dry_run: bool
    apart: tuple[str, ...]
    terms: tuple[str, ...]
    written: tuple[str, ...] | None = None
    unchanged: tuple[str, ...] | None = None
    removed: tuple[str, ...] | None = None
    files: tuple[str, ...] | None = None
    commit: str | None = None
    readme: Path | None = None

    def to_record(self) -> dict[str, Any]:
        """As `popcorn-bench publish --json`."""
        found: dict[str, Any] = {"to": self.to, "dry_run": self.dry_run}
        lists = ("apart", "terms", "files", "written", "unchanged", "removed")
        found |= {n: list(v) for n in lists if (v := getattr(self, n)) is not None}
        if self.commit is not None:
            found["commit"] = self.commit
        return found | ({"readme": str(self.readme)} if self.readme else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Where a publication goes: `hub` is None for a folder."""

    to: str
    hub: Target | None
    private: bool
    dry_run: bool


def publish(  # noqa: PLR0913 - one per option of the command
    *results: Folder,
    to: Folder,
    readme: Folder | None = None,
    licence: str | None = None,
    title: str | None = None,
    author: str | Iterable[str] = (),
    with_clips: int = 0,
    no_prompts: bool = False,
    private: bool = False,
    dry_run: bool = False,
    warn: Tell = silent,
) -> Published:
    """Publish results: page, Parquet, CSV, JSON, manifest, citation; again changes no byte.

    Args:
        *results: folders [`results`].
        to: a folder, `hf://datasets/OWNER/NAME` or `hf://spaces/OWNER/NAME`. The token of a hub
            comes from HF_TOKEN only.
        readme: Markdown file whose table between our markers is kept up to date.
        licence: of what is published, as SPDX says it.
        title: of the page and the card.
        author: whom to cite; the owner on the hub if missing.
        with_clips: publish so many clips, with posters, beside the page.
        no_prompts: leave out the LLMs' prompts and answers.
        private: make the repository private.
        dry_run: write and send nothing, and tell what would be.
        warn: told in lines, before anything is sent, what readers or licences could object to.

    Raises:
        UsageError: where there is nothing to publish, a file of another origin is in the way, or
            a token is missing.
    """
    target = hub.parse(str(to))
    if private and target is None:
        raise UsageError("--private: a folder has no such setting; it is for hf:// only")
    if target is not None and not dry_run:
        hub.token_of()  # before any work is done
    if with_clips < 0:
        raise UsageError(f"--with-clips: {with_clips} is below 0")
    authors = (author,) if isinstance(author, str) else tuple(author)  # a name may hold a comma
    options = Options(
        title=title or TITLE,
        licence=licence_id(licence) if licence else "",
        authors=authors or ((target.owner,) if target else ()),
        clips=with_clips,
        prompts=not no_prompts,
        space=target is not None and target.sort == "space",
    )
    asked = _Asked(to=str(to), hub=target, private=private, dry_run=dry_run)
    return _publish(folders_of(results), asked, options, Path(readme) if readme else None, warn)


def _publish(
    results: tuple[Path, ...], asked: _Asked, options: Options, readme: Path | None, warn: Tell
) -> Published:
    stores = [open_artefacts(folder) for folder in results]
    with tempfile.TemporaryDirectory(prefix="popcorn-publish-") as scratch:
        with closing(index.connect(results)) as connection:
            said = damage(connection)
            options = replace(options, forbids=tuple(forbidden(connection).items()))
            made = make(connection, Path(scratch), options, stores=stores, warn=warn)
        for line in (*said, *made.apart, *made.terms):
            warn(line)
        new = _new_readme(readme, made) if readme else None
        found = _sent(asked, Path(scratch), options, made)
    if readme is None or new is None:
        return found
    if not asked.dry_run:
        _put(readme, new)
    return replace(found, readme=readme)


def _sent(asked: _Asked, scratch: Path, options: Options, made: Made) -> Published:
    found = Published(to=asked.to, dry_run=asked.dry_run, apart=made.apart, terms=made.terms)
    if asked.hub is not None:
        paths = (path for path in scratch.rglob("*") if path.is_file())
        files = tuple(sorted(path.relative_to(scratch).as_posix() for path in paths))
        if asked.dry_run:
            return replace(found, files=files)
        address = hub.upload(scratch, asked.hub, private=asked.private, title=options.title)
        return replace(found, files=files, commit=address)
    target = Path(asked.to)
    changes = folders.changes(scratch, target)
    if not asked.dry_run:
        folders.apply(changes, scratch, target)
    return replace(
        found,
        written=tuple(changes.written),
        unchanged=tuple(changes.unchanged),
        removed=tuple(changes.removed),
    )


def _new_readme(path: Path, made: Made) -> bytes | None:
    """What the file is to hold, None where it already does; read before anything is written."""
    before = path.read_bytes() if path.exists() else b""
    try:
        document = before.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"--readme {path}: is not UTF-8") from error
    after = updated(document, block(made.board), path).encode("utf-8", "replace")
    return None if after == before else after


def _put(path: Path, content: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="popcorn-readme-") as scratch:
        new = Path(scratch) / "new"
        new.write_bytes(content)
        folders.put(new, path)
