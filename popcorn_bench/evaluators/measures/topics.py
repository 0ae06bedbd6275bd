"""From a query's topic to the category of the corpus that its title is judged in."""

from __future__ import annotations

from collections.abc import Collection, Iterable

OTHERS = "Others"  # the corpus's own catch-all: for what fits no category
EVERY = "*"  # stands for all categories together

# The five topics of the shipped tasks, and plain names for other large categories of the corpus.
# "life hacks" has no counterpart: Daily Sharing (home, habits, tips, small events of the day) is
# the nearest.
TOPICS = {
    "anime": "Anime",
    "food": "Delicacy",
    "life hacks": "Daily Sharing",
    "film": "Film and Television Works",
    "games": "Game",
    "music": "Music",
    "sports": "Sports",
    "animals": "Animal",
    "celebrities": "Celebrity",
    "daily life": "Daily Sharing",
    "history": "History",
}


def category_of(topic: str, known: Iterable[str]) -> str:
    """The category of a topic, in any case and with spaces, hyphens or underscores.

    A category's own name stands for itself. Any other topic is taken as `OTHERS`.
    """
    wanted = _fold(topic)
    names = {_fold(name): name for name in known}
    return TOPICS.get(wanted) or names.get(wanted, OTHERS)


def judged_as(categories: Collection[str]) -> dict[str, str]:
    """Category by topic: topics of the tasks that have one here, and the categories' own names."""
    named = {topic: category for topic, category in TOPICS.items() if category in categories}
    return named | {category: category for category in categories if category != OTHERS}


def _fold(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").lower().split())
