"""`train mmra`: from raw files and labels to a model folder with its card."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import torch
from numpy.typing import NDArray

from popcorn_bench.devices import device_of
from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.measures.accuracy import accuracy, by_category
from popcorn_bench.evaluators.measures.conformal import Floats
from popcorn_bench.evaluators.measures.humans import humans
from popcorn_bench.evaluators.mmra.bank import Bank
from popcorn_bench.evaluators.mmra.card import Card, content_sha, write_card
from popcorn_bench.evaluators.mmra.checkpoints import Progress as Reached
from popcorn_bench.evaluators.mmra.config import GRAMS, Config, Inputs, Shape, Sources
from popcorn_bench.evaluators.mmra.encoders import Encoders
from popcorn_bench.evaluators.mmra.features import Clip, Damaged, Extractor, Features, Progress
from popcorn_bench.evaluators.mmra.features import title_text as read_title
from popcorn_bench.evaluators.mmra.fit import FitSettings, Table, fit, predict, table
from popcorn_bench.evaluators.mmra.folder import Model, load_encoders, save_model
from popcorn_bench.evaluators.mmra.grams import Grams, fit_grams
from popcorn_bench.evaluators.mmra.interval import interval
from popcorn_bench.evaluators.mmra.network import Network
from popcorn_bench.fingerprint import digest

_LEAST: Final = 20
_LIBRARIES: Final = ("torch", "transformers", "numpy", "scikit-learn", "av")
_LIMITS: Final = (
    "Every video of MicroLens-100k has 10,000 likes or more: it compares the liked with the liked.",
    "It has seen videos that people made; on generated ones it extrapolates.",
    "Comments measure attention, not quality: a quarrel draws more than a craft.",
    "The best epoch was chosen on the held-out rows, so their figures are a little optimistic.",
)


@dataclass(frozen=True, slots=True)
class Videos:
    """n videos to learn from or to be measured on.

    Args:
        clips: their files and texts.
        labels: log2(comments), [n].
        hashed: hashed ids, which say what was learned from without naming it.
    """

    clips: Sequence[Clip]
    labels: Floats
    hashed: Sequence[str]

    def pick(self, rows: Sequence[int]) -> Videos:
        """Some of the videos."""
        at = list(rows)
        clips, hashed = [self.clips[i] for i in at], [self.hashed[i] for i in at]
        return Videos(clips, self.labels[at], hashed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What `train mmra` is asked for; see `config.Shape` for the shape of the network.

    `features` is where features are kept, None for a folder beside the model. `grams_width` is
    the width of the encoder `grams`, where it is used.
    """

    sources: Sources = field(default_factory=Sources)
    inputs: Inputs = field(default_factory=Inputs)
    retrieval: bool = True
    neighbours: int = 10
    width: int = 768
    hidden: tuple[int, int] = (800, 200)
    dropout: float = 0.0
    grams_width: int = 256
    fit: FitSettings = field(default_factory=FitSettings)
    device: str = "auto"
    features: Path | None = None
    resume: bool = False
    data: str = "MicroLens-100k (train and valid of the split of MMRA)"


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training leaves: its card, and the clips that could not be looked at."""

    card: Card
    damaged: list[Damaged]


@dataclass(frozen=True, slots=True)
class _Split:
    """Videos that can be used with their features, and the clips that cannot."""

    features: Features
    videos: Videos
    damaged: list[Damaged]

    def arrays(self) -> list[NDArray[Any]]:
        """All that is learned from."""
        arrays = (
            self.features.titles, self.features.keys, self.features.pictures, self.videos.labels
        )  # fmt: skip
        return [array for array in arrays if array is not None]


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A trained model, how the training went, and its scores of the held-out videos, [n]."""

    model: Model
    reached: Reached
    scores: Floats


def train_mmra(
    train: Videos, valid: Videos, *, out: Path, training: Training, progress: Progress
) -> Trained:
    """Train on `train`, choose the epoch and measure on `valid`, write a model folder.

    Args:
        train: videos to learn from and to retrieve.
        valid: other videos; only figures about them are written.
        out: the folder; checkpoints go below it, and features where nothing else is said.
        training: what to train and how.
        progress: called with one line at each step.

    Raises:
        UsageError: for too few videos, encoders that cannot be had, or a checkpoint of another
            training.
    """
    out.mkdir(parents=True, exist_ok=True)
    device = device_of(training.device)
    grams = _learn_grams(train, training)
    encoders = load_encoders(training.sources, training.inputs, grams, device)
    extractor = Extractor(encoders, training.inputs, training.features or out / "features")
    learned, measured = (_extract(extractor, videos, progress) for videos in (train, valid))
    config = _config(training, encoders, learned)
    del encoders, extractor  # their memory is the network's now
    fitted = _fit(config, learned, measured, training, device, out, progress)
    save_model(fitted.model, grams, learned.videos.hashed, out)
    card = _card(fitted, learned, measured, training, out)
    write_card(card, out)
    return Trained(card, learned.damaged + measured.damaged)


def _learn_grams(train: Videos, training: Training) -> Grams | None:
    if GRAMS not in (training.sources.title, training.sources.key):
        return None
    titles = [read_title(clip, training.inputs) for clip in train.clips]
    return fit_grams(titles, training.grams_width, training.fit.seed)


def _extract(extractor: Extractor, videos: Videos, progress: Progress) -> _Split:
    features, kept, damaged = extractor.extract(videos.clips, progress)
    if len(kept) < _LEAST:
        first = f"; the first other one: {damaged[0].id}: {damaged[0].reason}" if damaged else ""
        raise UsageError(f"{len(kept)} videos can be used, at least {_LEAST} are needed{first}")
    return _Split(features, videos.pick(kept), damaged)


def _config(training: Training, encoders: Encoders, learned: _Split) -> Config:
    titles, pictures = learned.features.titles, learned.features.pictures
    shape = Shape(
        title_width=titles.shape[1],
        picture_width=0 if pictures is None else pictures.shape[2],
        width=training.width,
        retrieval=training.retrieval,
        neighbours=training.neighbours,
        hidden=training.hidden,
        dropout=training.dropout,
    )
    return Config(
        inputs=training.inputs,
        shape=shape,
        sources=training.sources,
        identities=encoders.identities,
        categories=tuple(sorted({clip.category for clip in learned.videos.clips if clip.category})),
    )


def _fit(  # noqa: PLR0913, PLR0917 - what to train, on what, where
    config: Config,
    learned: _Split,
    measured: _Split,
    training: Training,
    device: torch.device,
    out: Path,
    progress: Progress,
) -> _Fitted:
    bank = Bank.of(learned.features, torch.from_numpy(learned.videos.labels), device)
    train = _table(bank, learned, config.shape, own=True)
    valid = _table(bank, measured, config.shape, own=False)
    network = _network(config.shape, train, training.fit.seed).to(device)
    reached = fit(
        network,
        bank,
        train,
        valid,
        training.fit,
        folder=out / "checkpoints",
        training=_fingerprint(config, training.fit, learned, measured),
        resume=training.resume,
        progress=progress,
    )
    scores = predict(network, bank, valid).cpu().double().numpy()
    return _Fitted(Model(config, network, bank), reached, scores)


def _table(bank: Bank, split: _Split, shape: Shape, *, own: bool) -> Table:
    """The videos with their neighbours; `own`: they are the bank, and none finds itself."""
    neighbours, features = None, split.features
    if shape.retrieval:
        rows = torch.arange(len(features), device=bank.keys.device) if own else None
        neighbours = bank.search(torch.from_numpy(features.keys), shape.neighbours, own=rows)
    return table(features, torch.from_numpy(split.videos.labels), neighbours, bank)


def _network(shape: Shape, train: Table, seed: int) -> Network:
    """With first weights that depend on the seed alone."""
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        network = Network(shape).to(train.labels.device)
    network.adapt(train.tokens, train.labels)
    return network


def _fingerprint(config: Config, settings: FitSettings, learned: _Split, measured: _Split) -> str:
    """Of all that decides the weights after an epoch."""
    steps = {"batch": settings.batch, "rate": settings.rate, "seed": settings.seed}
    shas = [sha256(a.tobytes()).hexdigest() for s in (learned, measured) for a in s.arrays()]
    return digest("training", config.model_dump(mode="json"), steps, shas)


def _card(
    fitted: _Fitted, learned: _Split, measured: _Split, training: Training, out: Path
) -> Card:
    labels, scores = measured.videos.labels, fitted.scores
    categories = [clip.category for clip in measured.videos.clips]
    return Card(
        sha256=content_sha(out),
        data=training.data,
        rows_train=len(learned.features),
        rows_valid=len(measured.features),
        damaged=len(learned.damaged) + len(measured.damaged),
        settings={name: float(value) for name, value in asdict(training.fit).items()},
        parameters=sum(p.numel() for p in fitted.model.network.parameters()),
        epochs=fitted.reached.epoch,
        best_epoch=fitted.reached.best_epoch,
        valid=accuracy(labels, scores),
        valid_by_category=by_category(labels, scores, categories),
        interval=interval(labels, scores),
        anchors=humans(scores, categories),
        libraries={"python": platform.python_version()} | {n: version(n) for n in _LIBRARIES},
        limits=_LIMITS,
    )
