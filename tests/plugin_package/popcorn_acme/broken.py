"""What is wrong with other people's packages: this one asks for a module that nobody has."""

import a_module_that_nobody_has  # type: ignore[import-not-found]  # noqa: F401 - that is it

FOLDER = "nowhere"


class Torn:
    """Never reached."""
