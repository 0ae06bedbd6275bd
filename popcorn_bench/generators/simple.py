"""A generator in one method, for those who write their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from popcorn_bench.errors import AdapterError, boundary
from popcorn_bench.generators.protocol import MediaRequest
from popcorn_bench.generators.provenance import provenance
from popcorn_bench.settings import Settings
from popcorn_bench.types import Generator


class SimpleGenerator:
    """To inherit from: `make` writes one file. A `MediaAdapter` that does the rest.

    A subclass says what it is: `version`, which has to change with whatever changes its files;
    `makes`, `video` or `image`; the `options` that users may change; and in `entry` the facts
    for the catalog (`family`, `licence`, `release_date`, `tags`, `gpu`, `seconds_per_clip`, ...).
    With `parallel`, several processes run at once on a CPU.
    """

    version: ClassVar[str] = ""
    makes: ClassVar[Literal["video", "image"]] = "video"
    options: ClassVar[Settings] = Settings()
    entry: ClassVar[dict[str, Any]] = {}
    max_batch: ClassVar[int] = 1
    parallel: ClassVar[bool] = True

    def __init__(self, generator: Generator, device: str) -> None:
        """Load: a subclass that has a model puts it on `device` here.

        Raises:
            UsageError: for a setting that is unknown or out of range.
        """
        self.generator, self.device = generator, device
        self.settings = self.options.checked(generator.settings)

    def provenance(self, prompt: str, seed: int) -> dict[str, str]:
        """Where a file comes from, for its own metadata: the `tags` of `media.write_mp4`."""
        return provenance(self.generator, MediaRequest(prompt, seed))

    def make(self, prompt: str, seed: int, path: Path) -> None:
        """Write the file to `path` (.mp4 or .png).

        Equal prompts and seeds have to give equal media. Raise `AdapterError` for what a user
        should read as one line; anything else becomes a failure of kind `bug`.
        """
        raise NotImplementedError

    def generate(
        self, requests: Sequence[MediaRequest], folder: Path
    ) -> Iterator[Path | AdapterError]:
        """Yield a file, or the error, for each request."""
        suffix = ".mp4" if self.makes == "video" else ".png"
        for number, request in enumerate(requests):
            path = folder / f"{number:06d}{suffix}"
            try:
                with boundary(f"{type(self).__name__}.make"):
                    self.make(request.prompt, request.seed, path)
            except AdapterError as error:
                yield error
            else:
                yield path

    @staticmethod
    def missing(generator: Generator) -> list[str]:
        """Nothing; a subclass may name an extra, a GPU or a key that is not there."""
        del generator
        return []

    @classmethod
    def setting_names(cls, generator: Generator) -> frozenset[str]:
        """Name the settings that may be changed."""
        del generator
        return cls.options.names

    @classmethod
    def resolved(cls, generator: Generator) -> Generator:
        """The generator with all settings, in range, and with its version.

        Raises:
            UsageError: for a setting that is unknown or out of range.
        """
        settings = cls.options.checked(generator.settings)
        return replace(generator, settings=settings, revision=cls.version)
