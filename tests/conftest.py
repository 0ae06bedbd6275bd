"""What all tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is and nothing of the code.
settings.register_profile("quiet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quiet")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="campaigns at full length: many minutes")


# Sizes of campaigns are known while modules are imported, before any option is; workers inherit it.
if "--soak" in sys.argv:
    os.environ["POPCORN_SOAK"] = "1"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Data and reference values that are not part of the project."""
    beside = Path(__file__).resolve().parents[1].parent / "shared"
    folder = Path(os.environ.get("POPCORN_SHARED", beside))
    if not folder.is_dir():
        pytest.skip("needs the data beside the project (POPCORN_SHARED)")
    return folder


# Folders whose tests take so much of the machine that they run one after another, in one process.
_ONE_AT_A_TIME = {("harness", "ray"): "ray", ("tests", "browser"): "browser"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell xdist what belongs together (`--dist loadgroup`)."""
    for item in items:
        parts = item.path.parent.parts[-2:]
        if group := _ONE_AT_A_TIME.get((parts[0], parts[1])):
            item.add_marker(pytest.mark.xdist_group(group))
