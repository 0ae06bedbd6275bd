"""Frozen encoders behind one protocol: pictures or texts in, vectors or captions out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, Protocol, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from popcorn_bench.errors import UsageError
from popcorn_bench.evaluators.mmra.pictures import Picture
from popcorn_bench.evaluators.mmra.weights import Source, folder_of, identity

Vectors = NDArray[np.float32]
Item_contra = TypeVar("Item_contra", contravariant=True)
Item = TypeVar("Item")
Out_co = TypeVar("Out_co", covariant=True)

_BATCH: Final = 64
_LONGEST: Final = 512  # tokens
_CAPTION: Final = 30  # tokens
_UNUSED: Final = "pooler."  # an extra layer on top of CLS, which is not read


class Encoder(Protocol[Item_contra, Out_co]):
    """One output per item, in order. Equal `identity` means equal output for equal items."""

    @property
    def identity(self) -> str:
        """Hash of the weights and all that decides the output."""
        ...

    def encode(self, items: Sequence[Item_contra]) -> Out_co:
        """Encode n items."""
        ...


PictureEncoder = Encoder[Picture, Vectors]  # [n, d]
TextEncoder = Encoder[str, Vectors]  # [n, d]
Captioner = Encoder[Picture, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoders:
    """Those of one model; `frame` and `caption` are None where nothing visual is read."""

    title: TextEncoder
    key: TextEncoder
    frame: PictureEncoder | None = None
    caption: Captioner | None = None

    @property
    def identities(self) -> dict[str, str]:
        """By role."""
        roles = {"title": self.title, "key": self.key, "frame": self.frame, "caption": self.caption}
        return {role: encoder.identity for role, encoder in roles.items() if encoder is not None}


def _loaded(
    source: Source,
    kind: Any,  # noqa: ANN401 - a class of the library, which is untyped
    device: torch.device,
    *readers: Callable[[Path], Any],
) -> tuple[Any, ...]:
    """The folder of a model, the model, and what each reader makes of the folder."""
    folder = folder_of(source)
    with _loading(source.name):
        read = [reader(folder) for reader in readers]
        return folder, _frozen(kind, folder, device), *read


def _processor(folder: Path) -> Any:  # noqa: ANN401 - untyped library
    from transformers import AutoImageProcessor

    return AutoImageProcessor.from_pretrained(folder, backend="pil")


def _tokenizer(folder: Path) -> Any:  # noqa: ANN401 - untyped library
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


@dataclass(frozen=True, slots=True)
class _Pooled(ABC, Generic[Item]):
    """A transformer whose output is one vector: the CLS token, or the mean of all tokens.

    `reader` turns items into what the model takes.
    """

    identity: str
    model: Any
    reader: Any
    pooling: str

    @classmethod
    def load(cls, source: str, device: torch.device) -> Self:
        """Load from a folder or the hub.

        Raises:
            UsageError: if it cannot be had.
        """
        from transformers import AutoModel

        at = Source.parse(source)
        folder, model, reader = _loaded(at, AutoModel, device, cls._reader)
        return cls(identity(folder, at.pooling), model, reader, at.pooling)

    def encode(self, items: Sequence[Item]) -> Vectors:
        """Vectors of n items, [n, d]."""
        return _stacked([self._batch(part) for part in _parts(items)])

    @staticmethod
    @abstractmethod
    def _reader(folder: Path) -> Any:  # noqa: ANN401 - untyped library
        """What reads items for the model of a folder."""

    @abstractmethod
    def _batch(self, items: Sequence[Item]) -> torch.Tensor:
        """Vectors of a few items, [n, d]."""


class PictureModel(_Pooled[Picture]):
    """A vision transformer (ViT and its like)."""

    __slots__ = ()
    _reader = staticmethod(_processor)

    def _batch(self, items: Sequence[Picture]) -> torch.Tensor:
        read = self.reader(images=_images(items), return_tensors="pt")
        with torch.inference_mode():
            states = self.model(read["pixel_values"].to(self.model.device)).last_hidden_state
        return _pooled(states, torch.ones(states.shape[:2], device=states.device), self.pooling)


class TextModel(_Pooled[str]):
    """A BERT-class encoder; a text that is longer than the model reads is cut."""

    __slots__ = ()
    _reader = staticmethod(_tokenizer)

    def _batch(self, items: Sequence[str]) -> torch.Tensor:
        longest = getattr(self.model.config, "max_position_embeddings", _LONGEST)
        read = self.reader(
            list(items),
            padding=True,
            truncation=True,
            max_length=min(longest, _LONGEST, self.reader.model_max_length),
            return_tensors="pt",
        ).to(self.model.device)
        with torch.inference_mode():
            states = self.model(**read).last_hidden_state
        return _pooled(states, read["attention_mask"], self.pooling)


@dataclass(frozen=True, slots=True)
class CaptionModel:
    """An image-to-text model such as BLIP, decoded greedily so that equal pictures read equal."""

    identity: str
    model: Any
    processor: Any
    tokenizer: Any

    @classmethod
    def load(cls, source: str, device: torch.device) -> CaptionModel:
        """Load from a folder or the hub.

        Raises:
            UsageError: if it cannot be had.
        """
        from transformers import AutoModelForImageTextToText as Captions

        at = Source.parse(source)
        folder, model, *readers = _loaded(at, Captions, device, _processor, _tokenizer)
        return cls(identity(folder, "greedy", str(_CAPTION)), model, *readers)

    def encode(self, items: Sequence[Picture]) -> list[str]:
        """One caption per picture."""
        return [caption for part in _parts(items) for caption in self._batch(part)]

    def _batch(self, items: Sequence[Picture]) -> list[str]:
        read = self.processor(images=_images(items), return_tensors="pt")
        pixels = read["pixel_values"].to(self.model.device)
        with torch.inference_mode():
            tokens = self.model.generate(
                pixel_values=pixels, max_new_tokens=_CAPTION, num_beams=1, do_sample=False
            )
        texts = self.tokenizer.batch_decode(tokens, skip_special_tokens=True)
        return [" ".join(text.split()) for text in texts]


def _frozen(kind: Any, folder: Path, device: torch.device) -> Any:  # noqa: ANN401 - untyped library
    """A model with every weight from its file: the library fills gaps with random numbers."""
    model, report = kind.from_pretrained(
        folder, use_safetensors=True, trust_remote_code=False, output_loading_info=True
    )
    absent = sorted(key for key in report["missing_keys"] if not key.startswith(_UNUSED))
    if absent:
        raise ValueError(f"its files lack the weights {absent[0]}")
    return model.float().to(device).eval()


@contextmanager
def _loading(name: str) -> Iterator[None]:
    """Load quietly; what the library says of a model that it cannot read is told in a line."""
    from safetensors import SafetensorError
    from transformers import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UsageError(f"encoder {name!r}: {reason}") from error
    finally:
        logging.set_verbosity(before)


def _pooled(states: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """[n, tokens, d] and [n, tokens] to [n, d]."""
    if pooling == "cls":
        return states[:, 0]
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def _parts(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[start : start + _BATCH] for start in range(0, len(items), _BATCH)]


def _images(items: Sequence[Picture]) -> list[Any]:
    from PIL import Image

    return [Image.fromarray(item) for item in items]


def _stacked(parts: list[torch.Tensor]) -> Vectors:
    if not parts:
        raise ValueError("nothing to encode")
    return np.asarray(torch.cat(parts).float().cpu().numpy(), dtype=np.float32)
