"""Fixtures of other areas that whole commands need, too."""

from tests.generators.pipelines.conftest import folder as folder
