"""`popcorn-bench publish`: the board as files for others, in a folder or on a hub."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popcorn_bench.errors import UsageError
from popcorn_bench.harness.cli.damage import tell_damage
from popcorn_bench.harness.cli.options import EXISTING, FILE, with_json
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

if TYPE_CHECKING:
    from popcorn_bench.leaderboard.publish.folder import Changes
    from popcorn_bench.leaderboard.publish.hub import Target
    from popcorn_bench.leaderboard.publish.options import Options
    from popcorn_bench.leaderboard.publish.publish import Made


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Where a publication goes: `hub` is None for a folder."""

    folders: tuple[Path, ...]
    to: str
    hub: Target | None
    readme: Path | None
    private: bool
    dry_run: bool


@click.command(name="publish")
@click.argument("folders", nargs=-1, type=EXISTING, metavar="[DIR]...")
@click.option("--to", required=True, metavar="PLACE",
    help="A folder, hf://datasets/OWNER/NAME or hf://spaces/OWNER/NAME.",
)  # fmt: skip
@click.option("--readme", type=FILE, metavar="FILE",
    help="Also keep the table between the markers of this Markdown file up to date.",
)  # fmt: skip
@click.option("--licence", metavar="ID", help="Licence of what is published (SPDX: CC-BY-4.0).")
@click.option("--title", metavar="TEXT", help="Title [popcorn-bench leaderboard].")
@click.option("--author", "authors", multiple=True, metavar="NAME",
    help="Whom to cite; repeatable [the owner on the hub].",
)  # fmt: skip
@click.option("--with-clips", type=click.IntRange(min=0), default=0, show_default=True, metavar="N",
    help="Publish so many clips, with posters, beside the page.",
)  # fmt: skip
@click.option("--no-prompts", is_flag=True, help="Leave out the LLMs' prompts and answers.")
@click.option("--private", is_flag=True, help="Make the repository private.")
@click.option("--dry-run", is_flag=True, help="Say what would be written or sent, and stop.")
@with_json
def command(  # noqa: PLR0913 - one per option
    folders: tuple[Path, ...],
    *,
    to: str,
    readme: Path | None,
    licence: str | None,
    title: str | None,
    authors: tuple[str, ...],
    with_clips: int,
    no_prompts: bool,
    private: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Publish the results in DIR (default: results): page, Parquet, CSV, JSON, manifest, citation.

    The same results again change no byte. A token for the hub comes from HF_TOKEN only.
    """
    from popcorn_bench.leaderboard.publish import hub
    from popcorn_bench.leaderboard.publish.options import TITLE, Options, licence_id

    target = hub.parse(to)
    if private and target is None:
        raise UsageError("--private: a folder has no such setting; it is for hf:// only")
    if target is not None and not dry_run:
        hub.token_of()  # before any work is done
    options = Options(
        title=title or TITLE,
        licence=licence_id(licence) if licence else "",
        authors=authors or ((target.owner,) if target else ()),
        clips=with_clips,
        prompts=not no_prompts,
        space=target is not None and target.sort == "space",
    )
    asked = _Asked(
        folders=folders or (DEFAULT_OUTPUT,),
        to=to,
        hub=target,
        readme=readme,
        private=private,
        dry_run=dry_run,
    )
    record = _publish(asked, options)
    if as_json:
        click.echo(json.dumps(record, indent=2))


def _publish(asked: _Asked, options: Options) -> dict[str, object]:
    from popcorn_bench.harness.cli.board import tell
    from popcorn_bench.harness.licences import forbidden
    from popcorn_bench.leaderboard.publish.publish import make
    from popcorn_bench.results import index
    from popcorn_bench.results.artifacts import open_artefacts

    stores = [open_artefacts(folder) for folder in asked.folders]
    with tempfile.TemporaryDirectory(prefix="popcorn-publish-") as scratch:
        with closing(index.connect(asked.folders)) as connection:
            tell_damage(connection)
            options = replace(options, forbids=tuple(forbidden(connection).items()))
            made = make(connection, Path(scratch), options, stores=stores, warn=tell)
        for line in (*made.apart, *made.terms):
            tell(line)
        record: dict[str, object] = {"to": asked.to, "dry_run": asked.dry_run}
        record |= {"apart": list(made.apart), "terms": list(made.terms)}
        readme = _new_readme(asked.readme, made) if asked.readme else None
        record |= _sent(asked, Path(scratch), options)
    if readme is not None and asked.readme is not None:
        record |= {"readme": _put_readme(asked.readme, readme, dry_run=asked.dry_run)}
    return record


def _sent(asked: _Asked, made: Path, options: Options) -> dict[str, object]:
    from popcorn_bench.leaderboard.publish import folder, hub

    if asked.hub is not None:
        files = sorted(path.relative_to(made).as_posix() for path in made.rglob("*")
                       if path.is_file())  # fmt: skip
        if asked.dry_run:
            _say(f"would send {len(files):,} files to {asked.hub}:", files)
            return {"files": files}
        address = hub.upload(made, asked.hub, private=asked.private, title=options.title)
        click.echo(f"published: {address}", err=True)
        return {"files": files, "commit": address}
    target = Path(asked.to)
    found = folder.changes(made, target)
    if asked.dry_run:
        _say(f"would write {len(found.written):,} files to {target}:", found.written)
        _say(f"would remove {len(found.removed):,} files:", found.removed)
    else:
        folder.apply(found, made, target)
        click.echo(_told(found, target), err=True)
    return {
        "written": list(found.written),
        "unchanged": list(found.unchanged),
        "removed": list(found.removed),
    }


def _told(found: Changes, target: Path) -> str:
    counts = f"{len(found.written):,} written, {len(found.unchanged):,} unchanged"
    removed = f", {len(found.removed):,} removed" if found.removed else ""
    return f"published: {target} ({counts}{removed})"


def _say(head: str, names: Sequence[str]) -> None:
    for line in (head, *(f"  {name}" for name in names)) if names else ():
        click.echo(line, err=True)


def _new_readme(path: Path, made: Made) -> bytes | None:
    """What the file is to hold, None where it already does; read before anything is written."""
    from popcorn_bench.leaderboard.publish.summary import block, updated

    before = path.read_bytes() if path.exists() else b""
    try:
        document = before.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"--readme {path}: is not UTF-8") from error
    after = updated(document, block(made.board), path).encode("utf-8", "replace")
    return None if after == before else after


def _put_readme(path: Path, content: bytes, *, dry_run: bool) -> str:
    from popcorn_bench.leaderboard.publish.folder import put

    if dry_run:
        click.echo(f"would update {path}", err=True)
        return str(path)
    with tempfile.TemporaryDirectory(prefix="popcorn-readme-") as scratch:
        new = Path(scratch) / "new"
        new.write_bytes(content)
        put(new, path)
    click.echo(f"updated: {path}", err=True)
    return str(path)
