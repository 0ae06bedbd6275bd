"""What comes before a run: beginnings of one's own, checked tasks, weights, trained predictors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from popcorn_bench import plugins
from popcorn_bench.errors import FileError, UsageError, did_you_mean
from popcorn_bench.evaluators.mmra.config import Inputs, Sources
from popcorn_bench.harness.api.telling import (
    Folder,
    Folders,
    Tell,
    included,
    paths_of,
    silent,
)
from popcorn_bench.harness.spec import check_folder

if TYPE_CHECKING:
    from popcorn_bench.evaluators.mmra.train import Training
    from popcorn_bench.generators.pipelines.pull import Pulled

_SOURCES = Sources()


def new(kind: str, name: str, *, into: Folder = Path()) -> list[Path]:
    """Write a working beginning of a task, a generator, an evaluator or an LLM, with its test.

    Args:
        kind: `task`, `generator`, `evaluator` or `llm`.
        name: lower-case words joined by - or _.
        into: folder for the files.

    Returns:
        The files.

    Raises:
        UsageError: for another kind, a name that no module could have, and a file that is there.
    """
    from popcorn_bench.harness.skeletons import KINDS, skeleton, write

    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"; one of {', '.join(KINDS)}"
        raise UsageError(f"KIND: {kind!r} is not known{hint}")
    beginning = skeleton(kind, name, Path(into))
    write(beginning)
    return list(beginning.files)


def validate(*files: Folder, include_path: Folders = (), plugin: Folders = ()) -> list[FileError]:
    """Every fault of task files, in the order of lines; empty where they are right.

    Args:
        *files: YAML files of tasks, groups or fragments.
        include_path: folders that they may include from.
        plugin: Python files with tasks that they build on.

    Raises:
        UsageError: for a folder that is not there.
    """
    from popcorn_bench.tasks.validate import validate_file

    include = included(include_path)
    with plugins.using(paths_of(plugin)):
        return [fault for path in files for fault in validate_file(Path(path), include)]


def pull(
    *names: str, include_path: Folders = (), plugin: Folders = (), progress: Tell = silent
) -> dict[str, Path]:
    """Download the weights of generators of clips or covers, and check every file.

    Args:
        *names: of the generators.
        include_path: folders with some of your own.
        plugin: Python files with some.
        progress: told how far it is.

    Returns:
        The folder of each.

    Raises:
        UsageError: for a name without weights and a download that failed.
    """
    from popcorn_bench.harness.pulling import progress_line, pull_all

    def tell(pulled: Pulled) -> None:
        progress(progress_line(pulled))

    with plugins.using(paths_of(plugin)):
        return dict(pull_all(names, included(include_path), tell))


def train_popularity(
    data: Folder,
    out: Folder | None = None,
    *,
    seed: int = 0,
    disjoint: bool = False,
    progress: Tell = silent,
) -> str:
    """Train `popularity` from titles and categories; equal rows and seed give equal weights.

    Args:
        data: in the layout of MicroLens-100k.
        out: file for the weights, or a folder; `popularity.npz` (`popularity-disjoint.npz`).
        seed: of the training.
        disjoint: leave out the rows that retrieval shows to LLMs.
        progress: told each step in a line.

    Returns:
        The model card, which is also written beside the weights.

    Raises:
        UsageError: for data that cannot be read or has no split, or an `out` where nothing can be
            written.
    """
    from popcorn_bench.harness.training import NAMES, train

    check_folder(data, "--data")
    path = Path(out or f"{NAMES[disjoint]}.npz")
    return train(Path(data), path, seed=seed, disjoint=disjoint, progress=progress)


def train_mmra(  # noqa: PLR0913 - one per option of the command
    data: Folder,
    out: Folder = "mmra",
    *,
    features: Folder | None = None,
    text_only: bool = False,
    no_retrieval: bool = False,
    cover: bool = False,
    topic: bool = False,
    encoder_frame: str = _SOURCES.frame,
    encoder_title: str = _SOURCES.title,
    encoder_caption: str = _SOURCES.caption,
    encoder_key: str = _SOURCES.key,
    width: int = 768,
    neighbours: int = 10,
    epochs: int = 100,
    patience: int = 20,
    batch: int = 64,
    lr: float = 1e-4,
    dropout: float = 0.0,
    seed: int = 0,
    device: str = "auto",
    resume: bool = False,
    progress: Tell = silent,
) -> str:
    """Train `mmra`, the predictor that sees the clips.

    Args:
        data: MicroLens: its text files, `videos/ID.mp4` and, with `cover`, `covers/ID.jpg`.
        out: folder for the model.
        features: where features are kept; `out/features` if missing.
        text_only: read titles alone: no clips are needed.
        no_retrieval: without the memory bank.
        cover: look at the cover, too.
        topic: put the category before the title.
        encoder_frame: of the pictures: `NAME[@REVISION][#cls|#mean]` of the hub, or a folder.
        encoder_title: of the title, in the same form, or `grams`.
        encoder_caption: of captions; empty retrieves by the title alone.
        encoder_key: of what is retrieved by.
        width: of the hidden layers.
        neighbours: how many rows are retrieved.
        epochs: at most.
        patience: epochs without a gain before it ends.
        batch: rows at once.
        lr: learning rate.
        dropout: share, 0 to below 1.
        seed: of the training.
        device: cpu, cuda, cuda:N or mps.
        resume: go on with the training that `out` holds.
        progress: told each step in a line.

    Returns:
        The model card, which is also written into the folder.

    Raises:
        UsageError: for data or encoders that cannot be read, a number out of range, or an `out`
            that cannot be written.
    """
    from popcorn_bench.evaluators.mmra.fit import FitSettings
    from popcorn_bench.evaluators.mmra.train import Training
    from popcorn_bench.harness.training_mmra import train

    check_folder(data, "--data")
    whole = {"width": width, "neighbours": neighbours, "epochs": epochs, "patience": patience,
             "batch": batch}  # fmt: skip
    _check(whole, lr=lr, dropout=dropout)
    visual = not text_only
    inputs = Inputs(
        visual=visual,
        captions=visual and not no_retrieval and bool(encoder_caption),
        cover=visual and cover,
        topic=topic,
    )
    training: Training = Training(
        sources=Sources(
            frame=encoder_frame, title=encoder_title, caption=encoder_caption, key=encoder_key
        ),
        inputs=inputs,
        retrieval=not no_retrieval,
        neighbours=neighbours,
        width=width,
        dropout=dropout,
        fit=FitSettings(epochs=epochs, batch=batch, rate=lr, patience=patience, seed=seed),
        device=device,
        features=Path(features) if features else None,
        resume=resume,
    )
    return train(Path(data), Path(out), training, progress)


def _check(whole: dict[str, int], *, lr: float, dropout: float) -> None:
    for name, value in whole.items():
        if value < 1:
            raise UsageError(f"--{name}: {value} is not at least 1")
    if lr <= 0:
        raise UsageError(f"--lr: {lr} is not above 0")
    if not 0 <= dropout < 1:
        raise UsageError(f"--dropout: {dropout} is not from 0 to below 1")
