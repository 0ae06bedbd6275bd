"""What a test needs and may not find: a skip with its reason, or a failure where that is asked for.

`POPCORN_NO_SKIP=1` is for continuous integration, where a test that is left out would go unseen.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(reason: str) -> NoReturn:
    """End a test that cannot be run here."""
    if os.environ.get("POPCORN_NO_SKIP"):
        pytest.fail(f"POPCORN_NO_SKIP is set, and {reason}")
    pytest.skip(reason)
