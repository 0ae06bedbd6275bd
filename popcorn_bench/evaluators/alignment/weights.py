"""The checkpoint of a text-image model: where it lies, what identifies it, what it lacks.

Nothing is ever downloaded here. A run that starts finds its weights on this machine.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from popcorn_bench.errors import UsageError
from popcorn_bench.fingerprint import digest, file_sha256

FAMILIES: Final = ("clip", "siglip", "siglip2")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_CONFIG: Final = "config.json"
_INDEX: Final = "model.safetensors.index.json"
_WEIGHTS: Final = "model.safetensors"
_IMAGES: Final = ("preprocessor_config.json", "processor_config.json")
_TOKENIZER: Final = "tokenizer_config.json"
_SENTENCES: Final = {"sentencepiece": "sentencepiece", "protobuf": "google.protobuf"}
_TOKENS: Final = ("tokenizer.json", "vocab.json", "spiece.model")
_FILES: Final = ("*.safetensors", "*.json", "*.txt", "*.model")  # all that decides an embedding


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model by repository and revision, or by folder (without a revision).

    `folder` is None where the files are not on this machine. `identity` is the sha256 over the
    files of a folder, or `repository@revision`.
    """

    model: str
    revision: str
    folder: Path | None

    @classmethod
    def find(cls, model: str, revision: str) -> Checkpoint:
        """Look on this machine, without the network; a branch becomes the commit it stands for.

        Raises:
            UsageError: for a text that is neither a folder nor the name of a repository, or a
                revision of a folder.
        """
        folder = Path(model).expanduser()
        if model and folder.is_dir():
            if revision:
                raise UsageError(f"revision: {model!r} is a folder and has none")
            return cls(model, "", folder)
        if not _REPOSITORY.fullmatch(model):
            raise UsageError(f"model: {model!r} is no folder here, and no repository (owner/name)")
        snapshot = _snapshot(model, revision or "main")
        return cls(model, snapshot.name if snapshot else revision or "main", snapshot)

    @property
    def name(self) -> str:
        """What to call it: of a folder its last part, because the same files may lie elsewhere."""
        return self.model if self.revision or self.folder is None else self.folder.resolve().name

    @property
    def identity(self) -> str:
        """What the scores depend on."""
        if self.revision or self.folder is None:
            return f"{self.model}@{self.revision}"
        return _content(self.folder)

    def lacks(self) -> str:
        """What is missing or wrong, in a short phrase; empty where it can be loaded."""
        if self.folder is None:
            return f"weights of {self.model} not downloaded ({self._command()})"
        absent = _absent(self.folder)
        if absent:
            how = f" ({self._command()})" if self.revision else ""
            return f"{self.model} lacks {', '.join(absent)}{how}"
        family = _family(self.folder)
        if family not in FAMILIES:
            return f"{self.model} is a {family!r} model, not one of {', '.join(FAMILIES)}"
        return _tokenizer_lacks(self.folder)

    def _command(self) -> str:
        words = ["hf", "download", self.model, "--revision", self.revision]
        for pattern in _FILES:
            words += ["--include", pattern]
        return shlex.join(words)


def _snapshot(repository: str, revision: str) -> Path | None:
    """The folder of a revision in the local cache of the hub."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repository, _CONFIG, revision=revision)
    return Path(found).parent if isinstance(found, str) else None


def _absent(folder: Path) -> list[str]:
    """Files that are needed and not there."""
    needed = [_CONFIG, *_shards(folder)]
    absent = [name for name in needed if not (folder / name).is_file()]
    either = (_IMAGES, _TOKENS)
    return absent + [
        " or ".join(names) for names in either if not any((folder / n).is_file() for n in names)
    ]


def _shards(folder: Path) -> list[str]:
    """The files of weights: one, or those that an index names."""
    index = folder / _INDEX
    if (folder / _WEIGHTS).is_file() or not index.is_file():
        return [_WEIGHTS]
    named = _read(index).get("weight_map")
    names = set(named.values()) if isinstance(named, dict) else set()
    return sorted(name for name in names if isinstance(name, str)) or [_WEIGHTS]


def _family(folder: Path) -> str:
    return str(_read(folder / _CONFIG).get("model_type", "unknown"))


def _tokenizer_lacks(folder: Path) -> str:
    """The packages that the tokenizer of the first SigLIP needs beyond the extra's own."""
    if _read(folder / _TOKENIZER).get("tokenizer_class") != "SiglipTokenizer":
        return ""
    absent = [package for package, name in _SENTENCES.items() if not _installed(name)]
    return f"its tokenizer needs pip install {' '.join(absent)}" if absent else ""


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the package around it is not there
        return False


def _read(path: Path) -> dict[str, object]:
    """A JSON object; empty where there is none."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _content(folder: Path) -> str:
    """Sha256 over the names and contents of all files that decide an embedding."""
    paths = {path for pattern in _FILES for path in folder.glob(pattern) if path.is_file()}
    return digest({path.name: _sha(path, *_state(path)) for path in paths})


def _state(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns


@lru_cache(maxsize=256)
def _sha(path: Path, size: int, changed_ns: int) -> str:
    """Read once per process while the file stays as it is: cards are asked for often."""
    del size, changed_ns
    return file_sha256(path)
