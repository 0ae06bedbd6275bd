"""The text-only configuration of `mmra` on the real rows, with and without retrieval.

No pretrained encoder: titles (after their category) are encoded by latent semantic analysis of
n-grams, learned from the training titles. Writes the figures into the package.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from popcorn_bench.evaluators.mmra.card import Attempt, Attempts, Card
from popcorn_bench.evaluators.mmra.config import GRAMS, Inputs, Sources
from popcorn_bench.evaluators.mmra.fit import FitSettings
from popcorn_bench.evaluators.mmra.train import Training, Videos, train_mmra
from popcorn_bench.harness.training_mmra import read_videos

_ENCODER = (
    "latent semantic analysis of hashed words, word pairs and characters of category and title, "
    "256 dimensions, for titles and for retrieval keys; learned from the training titles"
)
_PATIENCE = 6  # the best epoch comes early: an encoder without pretraining overfits soon
_TRAINING = Training(
    sources=Sources(title=GRAMS, key=GRAMS),
    inputs=Inputs(visual=False, captions=False, topic=True),
    device="cpu",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="in the layout of MicroLens-100k")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dropout", type=float, nargs="+", default=[0.3])
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    train, valid = (read_videos(given.data, split, print) for split in ("train", "valid"))
    attempts, card = [], None
    for dropout in given.dropout:
        for retrieval in (False, True):
            training = replace(_TRAINING, retrieval=retrieval, dropout=dropout)
            cards = [_train(train, valid, training, seed) for seed in range(given.seeds)]
            attempts.append(_attempt(cards, training))
            card = cards[0]
    assert card is not None
    text = _summary(attempts, card).model_dump_json(indent=1) + "\n"
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


def _train(train: Videos, valid: Videos, training: Training, seed: int) -> Card:
    with tempfile.TemporaryDirectory() as folder:
        seeded = replace(training, fit=FitSettings(seed=seed, patience=_PATIENCE))
        card = train_mmra(
            train, valid, out=Path(folder), training=seeded, progress=lambda _: None
        ).card
    found = card.valid.model_dump() | {"best_epoch": card.best_epoch, "epochs": card.epochs}
    print(training.retrieval, training.dropout, seed, json.dumps(found), flush=True)
    return card


def _attempt(cards: list[Card], training: Training) -> Attempt:
    kept = ("epochs", "batch", "rate", "patience")
    return Attempt(
        what=f"text only, {'with' if training.retrieval else 'without'} retrieval",
        retrieval=training.retrieval,
        settings={
            **{name: cards[0].settings[name] for name in kept},
            "width": training.width,
            "dropout": training.dropout,
        },
        seeds=tuple(range(len(cards))),
        src=tuple(card.valid.src or 0.0 for card in cards),
        nmse=tuple(card.valid.nmse or 0.0 for card in cards),
        mae=tuple(card.valid.mae for card in cards),
    )


def _summary(attempts: list[Attempt], card: Card) -> Attempts:
    return Attempts(
        data=f"{card.data}; figures on valid, which also chose the epoch",
        rows_train=card.rows_train,
        rows_valid=card.rows_valid,
        encoder=_ENCODER,
        libraries=card.libraries,
        attempts=tuple(attempts),
    )


if __name__ == "__main__":
    main()
