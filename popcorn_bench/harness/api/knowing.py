"""What there is to name, how far to trust it, and what this machine can run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from popcorn_bench import plugins
from popcorn_bench.harness import listing
from popcorn_bench.harness.api.spec import args_of
from popcorn_bench.harness.api.telling import Folder, Folders, included, paths_of
from popcorn_bench.harness.listing import Rows
from popcorn_bench.harness.spec import DEFAULT_OUTPUT

if TYPE_CHECKING:
    from popcorn_bench.harness.doctor.finding import Finding


@dataclass(frozen=True, slots=True)
class Card:
    """The card of an evaluator: `page` is Markdown, `record` the same as plain data."""

    name: str
    page: str
    record: dict[str, Any]

    def __str__(self) -> str:
        return self.page

    def _repr_markdown_(self) -> str:
        return self.page


def tasks(*, include_path: Folders = (), plugin: Folders = ()) -> Rows:
    """The tasks and groups, as `popcorn-bench ls tasks --json`.

    Args:
        include_path: folders with tasks of your own.
        plugin: Python files with some.

    Raises:
        UsageError: for a plugin file that does not work.
    """
    return _listed(listing.tasks, include_path, plugin)


def llms(*, include_path: Folders = (), plugin: Folders = ()) -> Rows:
    """The language models, as `popcorn-bench ls llms --json`.

    Args:
        include_path: folders with an `llms.yaml` of your own.
        plugin: Python files with some.

    Raises:
        UsageError: for a file that is wrong.
    """
    return _listed(listing.llms, include_path, plugin)


def videos(*, include_path: Folders = (), plugin: Folders = ()) -> Rows:
    """The video generators, as `popcorn-bench ls videos --json`.

    Args:
        include_path: folders with a `videos.yaml` of your own.
        plugin: Python files with some.

    Raises:
        UsageError: for a file that is wrong.
    """
    return _listed(listing.videos, include_path, plugin)


def covers(*, include_path: Folders = (), plugin: Folders = ()) -> Rows:
    """The image generators, as `popcorn-bench ls covers --json`.

    Args:
        include_path: folders with an `images.yaml` of your own.
        plugin: Python files with some.

    Raises:
        UsageError: for a file that is wrong.
    """
    return _listed(listing.covers, include_path, plugin)


def evaluators(*, plugin: Folders = ()) -> Rows:
    """The evaluators and what they see, as `popcorn-bench ls evaluators --json`.

    Args:
        plugin: Python files with some.

    Raises:
        UsageError: for a plugin file that does not work.
    """
    with plugins.using(paths_of(plugin)):
        return listing.evaluators()


def corpora(*, include_path: Folders = (), plugin: Folders = ()) -> Rows:
    """The corpora of human micro-videos, as `popcorn-bench ls corpora --json`.

    Args:
        include_path: folders with some of your own.
        plugin: Python files with some.

    Raises:
        UsageError: for a file that is wrong.
    """
    return _listed(listing.corpora, include_path, plugin)


def runs(folder: Folder = DEFAULT_OUTPUT) -> Rows:
    """The runs of a results folder, oldest first, as `popcorn-bench ls runs --json`.

    Args:
        folder: of the results.

    Raises:
        UsageError: where it holds no results.
    """
    return listing.runs(Path(folder))


def card(name: str, *, evaluator_args: object = (), plugin: Folders = ()) -> Card:
    """The card of an evaluator: what it sees, what its numbers mean, how far to trust them.

    Args:
        name: of the evaluator.
        evaluator_args: its settings, where the card depends on them; a dict or text.
        plugin: Python files with evaluators.

    Raises:
        UsageError: for an evaluator or a setting that is not known or does not fit.
    """
    from popcorn_bench.harness.cards import card_page, card_record

    args = args_of(evaluator_args, "--evaluator-args")
    with plugins.using(paths_of(plugin)):
        return Card(name, card_page(name, args), card_record(name, args))


def doctor(
    output_path: Folder = DEFAULT_OUTPUT,
    *,
    offline: bool = False,
    include_path: Folders = (),
    plugin: Folders = (),
) -> list[Finding]:
    """What this machine can run, and what would mend what it cannot.

    Args:
        output_path: results folder that is meant.
        offline: do not look whether the hub can be reached.
        include_path: folders with models and tasks of your own.
        plugin: Python files with some.

    Raises:
        UsageError: for a file that is wrong.
    """
    from popcorn_bench.harness.doctor.examine import examine

    with plugins.using(paths_of(plugin)):
        return list(examine(Path(output_path), included(include_path), offline=offline))


def _listed(find: Callable[[Sequence[Path]], Rows], include: Folders, plugin: Folders) -> Rows:
    with plugins.using(paths_of(plugin)):
        return find(included(include))
