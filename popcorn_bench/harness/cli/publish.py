"""`popcorn-bench publish`: the board as files for others, in a folder or on a hub."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popcorn_bench.harness.cli.kinds import EXISTING, FILE
from popcorn_bench.harness.cli.options import say, with_json

if TYPE_CHECKING:
    from popcorn_bench.harness.api.publishing import Published


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
    from popcorn_bench.harness.api.publishing import publish
    from popcorn_bench.harness.cli.board import tell

    found = publish(
        *folders,
        to=to,
        readme=readme,
        licence=licence,
        title=title,
        author=authors,
        with_clips=with_clips,
        no_prompts=no_prompts,
        private=private,
        dry_run=dry_run,
        warn=tell,
    )
    for line in _lines(found):
        say(line)
    if as_json:
        click.echo(json.dumps(found.to_record(), indent=2))


def _lines(found: Published) -> Iterator[str]:
    if found.commit is not None:
        yield f"published: {found.commit}"
    elif found.files is not None:
        yield from _listed(f"would send {len(found.files):,} files to {found.to}:", found.files)
    elif found.dry_run:
        written, removed = found.written or (), found.removed or ()
        yield from _listed(f"would write {len(written):,} files to {found.to}:", written)
        yield from _listed(f"would remove {len(removed):,} files:", removed)
    else:
        yield _told(found)
    if found.readme is not None:
        yield f"{'would update' if found.dry_run else 'updated:'} {found.readme}"


def _told(found: Published) -> str:
    written, unchanged, removed = (
        len(names or ()) for names in (found.written, found.unchanged, found.removed)
    )
    gone = f", {removed:,} removed" if removed else ""
    return f"published: {found.to} ({written:,} written, {unchanged:,} unchanged{gone})"


def _listed(head: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield head
        yield from (f"  {name}" for name in names)
