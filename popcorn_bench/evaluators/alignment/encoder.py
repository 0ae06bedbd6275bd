"""A CLIP, SigLIP or SigLIP2 model: pictures and texts in, unit vectors of one space out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from transformers import AutoImageProcessor, AutoModel, AutoTokenizer
from transformers.utils import logging

from popcorn_bench.devices import device_of
from popcorn_bench.errors import AdapterError
from popcorn_bench.evaluators.alignment.text import pieces

if TYPE_CHECKING:
    from PIL.Image import Image

Vectors = NDArray[np.float64]

# Fixed, not the number of cores: sums in another order have other last digits. Few, because other
# evaluators run beside it: on a busy machine of 4 cores, 4 threads took twice the time of 1 or 2.
_THREADS: Final = 2
_LOADING: Final = {"local_files_only": True, "trust_remote_code": False}


class Encoder:
    """A loaded model.

    Args:
        folder: a checkpoint; nothing outside it is read, and only safetensors.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        batch: pictures or texts in one pass.

    Raises:
        AdapterError: kind `broken_weights` for a checkpoint that does not fit its configuration.
        UsageError: for a device that is not here.
    """

    def __init__(self, folder: Path, device: str, batch: int) -> None:
        torch.set_num_threads(_THREADS)
        self._device, self._batch = device_of(device), batch
        with _quiet(), _sound(folder):
            self._model: Any = _model(folder).to(self._device)
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, **_LOADING)
            self._images: Any = AutoImageProcessor.from_pretrained(
                folder,
                backend="pil",  # also where torchvision is installed, which scales differently
                **_LOADING,
            )
        self._longest = int(self._model.config.text_config.max_position_embeddings)

    def pictures(self, pictures: Sequence[Image]) -> Vectors:
        """Unit vectors [n, dimension] of RGB pictures."""
        return self._embedded(pictures, self._of_pictures)

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [n, dimension]; a text beyond the model's limit is the mean of its parts."""
        parts = [pieces(text, self._fits) for text in texts]
        vectors = self._embedded(list(chain.from_iterable(parts)), self._of_texts)
        ends = np.cumsum([len(part) for part in parts])[:-1]
        return unit(np.array([part.mean(axis=0) for part in np.split(vectors, ends)]))

    def _fits(self, text: str) -> bool:
        return len(self._tokenizer(text, verbose=False)["input_ids"]) <= self._longest

    def _embedded(self, items: Sequence[Any], model: Callable[[Sequence[Any]], Any]) -> Vectors:
        starts = range(0, len(items), self._batch)
        with torch.inference_mode(), _exact():
            found = [model(items[at : at + self._batch]).double().cpu().numpy() for at in starts]
        vectors = unit(np.concatenate(found))
        if not np.isfinite(vectors).all():
            raise AdapterError("broken_weights", "the model gives numbers that are not finite")
        return vectors

    def _of_pictures(self, pictures: Sequence[Image]) -> Any:  # noqa: ANN401 - a tensor
        inputs = self._images(images=list(pictures), return_tensors="pt").to(self._device)
        return self._model.get_image_features(**inputs).pooler_output

    def _of_texts(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - a tensor
        inputs = self._tokenizer(
            list(texts),
            padding="max_length",  # SigLIP has learned from texts of one length
            truncation=True,
            max_length=self._longest,
            return_tensors="pt",
        ).to(self._device)
        return self._model.get_text_features(**inputs).pooler_output


def unit(vectors: NDArray[np.floating[Any]]) -> Vectors:
    """Rows at length 1; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), np.float64)


def _model(folder: Path) -> Any:  # noqa: ANN401 - transformers gives whatever the config names
    """The model in single precision, every weight of it read from the checkpoint.

    transformers fills what it does not find with random numbers, and the scores would be noise.
    """
    model, report = AutoModel.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **_LOADING
    )
    absent = sorted(map(str, report["missing_keys"]))
    if absent:
        raise AdapterError("broken_weights", f"{folder.name} lacks the weights {absent[0]}, ...")
    return model.eval()


@contextmanager
def _sound(folder: Path) -> Iterator[None]:
    """What the libraries object to in a checkpoint, in one line."""
    try:
        yield
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise AdapterError("broken_weights", f"{folder.name}: {reason[0]}") from error


@contextmanager
def _exact() -> Iterator[None]:
    """Full precision, and no kernel whose sums come in an order of their own."""
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars and no advice on the terminal while a model is loaded."""
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
