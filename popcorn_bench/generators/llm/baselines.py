"""Two writers that are no models: what an LLM has to beat.

`echo` gives the query back. `template` fills a small grammar with it, chosen by its topic, its
kind and the seed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

from popcorn_bench.remote.cleaning import clean

_NOTHING = "nothing"  # what a request without a readable character asks for
_QUERY = re.compile(r"<query>(.*?)</query>", re.DOTALL)
_WORD = re.compile(r"[a-z']+")
_OTHER = "other"

# Words that give a topic away; whole words, singular or plural.
_TOPIC_WORDS: Mapping[str, str] = {
    "anime": ("anime manga otaku cosplay shonen mecha chibi ninja samurai kawaii sensei"),
    "food": (
        "food recipe cook cooking dish meal snack dessert cake bread noodle soup rice cheese "
        "chocolate coffee tea spicy street breakfast dinner lunch kitchen chef flavor taste eat "
        "eating dumpling pizza sauce baking baker fruit salad egg"
    ),
    "life hacks": (
        "hack trick tip clean cleaning tidy organize organise fold folding laundry closet drawer "
        "routine habit save saving diy fix repair home household desk storage stain shoe "
        "morning packing travel budget"
    ),
    "film": (
        "film movie cinema director scene actor trailer hollywood screen sequel thriller horror "
        "western plot villain soundtrack shot camera theater theatre documentary noir"
    ),
    "games": (
        "game gaming gamer player console level boss speedrun arcade quest esports pixel rpg "
        "strategy chess board controller multiplayer sandbox puzzle loot"
    ),
}
_IDEA_WORDS = (
    "why how what which versus vs difference meaning feeling better best worst most idea future "
    "change compare comparison between love fear hope memory should everyone people"
)

_SETTINGS: Mapping[str, Sequence[str]] = {
    "anime": (
        "a rooftop at dusk drawn in cel-shaded colours",
        "a rain-lit neon alley in hand-drawn style",
        "a cherry-tree school yard with drifting petals",
        "a floating island in bold ink outlines",
    ),
    "food": (
        "a steaming wooden counter under warm lamps",
        "a night-market stall with flying sparks",
        "a sunlit farmhouse kitchen",
        "a dark slate table lit from the side",
    ),
    "life hacks": (
        "a tidy white desk seen from above",
        "a small flat in bright morning light",
        "a workshop bench with neat rows of tools",
        "a bathroom shelf with everyday bottles",
    ),
    "film": (
        "a misty street in anamorphic widescreen",
        "an empty cinema with one beam of light",
        "a desert road at golden hour",
        "a storm-dark harbour in teal and orange",
    ),
    "games": (
        "a pixel-art valley with parallax hills",
        "a glowing arena seen from the third person",
        "a mossy dungeon lit by torches",
        "a retro arcade cabinet screen",
    ),
    _OTHER: (
        "a plain studio with one bright colour",
        "a busy city square at noon",
        "a quiet lakeside at sunrise",
        "a rooftop garden above the town",
    ),
}
_TITLES: Mapping[bool, Sequence[str]] = {
    False: (
        "{q} like never before",
        "3 seconds of {q}",
        "Wait for it: {q}",
        "You have to see {q}",
        "{q}, up close",
        "The {q} moment",
    ),
    True: (
        "{q}? Watch this",
        "The truth: {q}",
        "{q} in 3 seconds",
        "Nobody says this: {q}",
        "Think again: {q}",
        "{q} (the short answer)",
    ),
}
_MOVES = (
    "slow push-in",
    "fast whip pan",
    "circling shot",
    "top-down glide",
    "handheld follow",
    "snap zoom",
)
_MOODS = ("joyful", "tense", "dreamy", "playful", "grand", "cosy")
_ENDINGS = (
    "ends on a sudden reveal",
    "loops without a seam",
    "freezes on the best moment",
    "ends with a surprised reaction",
)


def write(name: str, last_user_message: str, seed: int, title_max: int) -> str:
    """The answer of the baseline `name`, as JSON.

    Args:
        name: `echo` or `template`.
        last_user_message: the query is read between `<query>` and `</query>`, or is all of it.
        seed: `template` gives the same answer for the same seed and query.
        title_max: characters that a title may have.

    Raises:
        KeyError: for another name.
    """
    tagged = _QUERY.findall(last_user_message)
    query = " ".join(clean(tagged[-1] if tagged else last_user_message).split()) or _NOTHING
    return json.dumps(_WRITERS[name](query, seed, title_max), ensure_ascii=False)


def _echo(query: str, _seed: int, title_max: int) -> dict[str, str]:
    return {"title": _cut(query, title_max), "cover_prompt": query, "video_prompt": query}


def _template(query: str, seed: int, title_max: int) -> dict[str, str]:
    choose = _random(query, seed)
    subject = query.rstrip(" .!?")
    place = choose.choice(_SETTINGS[_topic(query)])
    mood, move = choose.choice(_MOODS), choose.choice(_MOVES)
    idea = _is_idea(query)
    shown = f"an image that stands for {subject}" if idea else subject
    return {
        "title": _title(choose, _TITLES[idea], subject, title_max),
        "cover_prompt": f"{_upper(shown)}, {mood}, {place}, sharp focus, bold colours, no text",
        "video_prompt": f"{_upper(move)} on {shown} in {place}; {mood} mood, clear motion; "
        f"{choose.choice(_ENDINGS)}. Three seconds.",
    }


def _title(choose: Random, forms: Sequence[str], subject: str, title_max: int) -> str:
    """A form that leaves the subject whole if one does, else a shortened subject in some form."""
    forms = choose.sample(forms, len(forms))
    whole = [form for form in forms if len(form.format(q=subject)) <= title_max]
    form = (whole or forms)[0]
    room = max(title_max - len(form.format(q="")), 1)
    return _cut(_upper(form.format(q=_cut(subject, room))), title_max)


def _topic(query: str) -> str:
    """The topic that most words of a query belong to."""
    words = _words(query)
    hits = {topic: len(words & _words(known)) for topic, known in _TOPIC_WORDS.items()}
    best = max(hits, key=lambda topic: hits[topic])
    return best if hits[best] else _OTHER


def _is_idea(query: str) -> bool:
    """Whether a query asks for an idea and not for a thing."""
    return not _words(_IDEA_WORDS).isdisjoint(_words(query))


def _words(text: str) -> set[str]:
    return {word.rstrip("s") for word in _WORD.findall(text.lower())}


def _random(query: str, seed: int) -> Random:
    digest = hashlib.sha256(f"{seed}\0{query}".encode("utf-8", "surrogatepass")).digest()
    return Random(int.from_bytes(digest[:8]))  # noqa: S311 - varied text, not secrets


def _cut(text: str, limit: int) -> str:
    """The text within `limit` characters, cut between words where that keeps half of it."""
    if len(text) <= limit:
        return text
    short = text[: limit + 1].rpartition(" ")[0].rstrip(" ,;:-")
    return short if len(short) * 2 >= limit else text[:limit]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


_WRITERS: Mapping[str, Callable[[str, int, int], dict[str, str]]] = {
    "echo": _echo,
    "template": _template,
}
NAMES = frozenset(_WRITERS)
