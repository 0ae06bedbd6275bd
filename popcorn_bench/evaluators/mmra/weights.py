"""Where the weights of an encoder lie, and what identifies them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from popcorn_bench.errors import UsageError
from popcorn_bench.fingerprint import digest, file_sha256

_PATTERNS: Final = ("*.json", "*.safetensors", "*.txt", "*.model", "1_Pooling/config.json")
_OTHERS: Final = ("onnx/*", "openvino/*", "*/*.safetensors")
_REMEDY: Final = (
    "Name a folder that holds it (for a title or a key `grams` needs none), or fetch it on a "
    "machine with the network and bring the folder or the cache here"
)
_POOLINGS: Final = ("cls", "mean")


@dataclass(frozen=True, slots=True)
class Source:
    """A model by name and revision, or a folder; `pooling` is `cls` or `mean`."""

    name: str
    revision: str = ""
    pooling: str = "cls"

    @classmethod
    def parse(cls, text: str) -> Source:
        """Read `NAME[@REVISION][#POOLING]`.

        Raises:
            UsageError: for a pooling that is not known or an empty name.
        """
        rest, mark, pooling = text.rpartition("#")
        name = rest if mark else text
        if mark and pooling not in _POOLINGS:
            raise UsageError(f"encoder {text!r}: pooling is one of {', '.join(_POOLINGS)}")
        bare, _, revision = name.partition("@")
        if Path(name).is_dir():
            bare, revision = name, ""
        if not bare:
            raise UsageError(f"encoder {text!r}: has no name")
        return cls(bare, revision, pooling if mark else "cls")


def folder_of(source: Source) -> Path:
    """The folder with the model's files; a name of the hub is downloaded, or taken from the cache.

    Only safetensors are accepted: other formats of weights may run code.

    Raises:
        UsageError: if there is no such model, or it has no safetensors.
    """
    path = Path(source.name)
    folder = path if path.is_dir() else _downloaded(source)
    if not any(folder.glob("*.safetensors")):
        hint = "" if path.is_dir() else "; name a revision that does (NAME@REVISION)"
        raise UsageError(f"encoder {source.name!r}: holds no weights as safetensors{hint}")
    return folder


def identity(folder: Path, *settings: str) -> str:
    """What decides the output of an encoder: the content of its files, and settings."""
    files = {path for pattern in _PATTERNS for path in folder.glob(pattern)}
    shas = {path.relative_to(folder).as_posix(): file_sha256(path) for path in files}
    return digest("encoder", shas, *settings)


def _downloaded(source: Source) -> Path:
    from huggingface_hub import snapshot_download

    try:
        found = snapshot_download(
            source.name,
            revision=source.revision or None,
            allow_patterns=list(_PATTERNS),
            ignore_patterns=list(_OTHERS),
        )
    except (OSError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(". ")
        raise UsageError(
            f"encoder {source.name!r} is not here and cannot be downloaded ({reason}). {_REMEDY}"
        ) from error
    return Path(found)
