"""A folder and an environment in which a reader would try what a page says: no key, no network."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    clean = {k: v for k, v in os.environ.items() if "KEY" not in k and "TOKEN" not in k}
    nowhere = "http://127.0.0.1:9"  # whoever asks the network fails at once
    return {
        **clean,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), clean.get("PATH", "")]),
        "POPCORN_CACHE": str(tmp_path_factory.mktemp("cache")),
        "COLUMNS": "100",
        "HF_HUB_OFFLINE": "1",
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
    }
