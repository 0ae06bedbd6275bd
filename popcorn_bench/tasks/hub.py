"""Datasets of the Hugging Face hub, or a folder in its layout, through `datasets`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

_unreachable: dict[str, str] = {}  # asked once a process: each try costs half a minute offline


def load(path: str, name: str | None, split: str | None, **options: Any) -> Any:  # noqa: ANN401
    """The rows of a dataset; `datasets` is not typed.

    Raises:
        OSError: if it cannot be had.
        ValueError: if it is not what was asked for.
    """
    import datasets

    if path in _unreachable:
        raise OSError(_unreachable[path])
    datasets.disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells of every try
    try:
        return datasets.load_dataset(path, name, split=split, **options)
    except (OSError, datasets.exceptions.DatasetsError) as error:
        message = str(error) or type(error).__name__
        if not Path(path).exists():
            _unreachable[path] = message
        raise OSError(message) from error
