"""What common words of a video prompt stand for in a storyboard.

Words are matched whole and by the stem of a plain plural. What no table knows is left to
hashing, so that any text in any script still gets a look of its own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

# Colour words -> OKLCH hue in degrees. Greys are moods, not hues.
HUES: Final = MappingProxyType(
    {
        word: hue
        for hue, words in {
            25: "crimson red rose ruby cherry scarlet strawberry tomato blood",
            0: "pink magenta blossom sakura romantic love valentine bubblegum peach",
            45: "orange fire flame sunset autumn fall pumpkin ember lava sunrise spicy",
            65: "amber copper bronze brown wood wooden coffee chocolate caramel bread desert",
            92: "gold golden yellow honey sunny sunlight sun sunflower lemon banana cheese butter",
            122: "lime spring grass matcha lettuce apple frog",
            150: "green forest jungle leaf plant garden emerald nature salad herb meadow",
            185: "teal turquoise mint lagoon aquarium mermaid",
            215: "cyan aqua ice icy winter snow snowy frozen glass frost",
            250: "blue ocean sea water river lake sky rain rainy wave swimming",
            275: "navy indigo night midnight moon moonlit moonlight space galaxy cosmic cosmos",
            302: "purple violet lavender magic magical mystic wizard dream dreamy spell",
            330: "neon cyberpunk arcade synthwave disco hologram holographic glitch",
        }.items()
        for word in words.split()
    }
)

# Mood words -> (lightness, saturation), each a shift in [-1, 1].
MOODS: Final = MappingProxyType(
    {
        word: shift
        for shift, words in {
            (-0.75, -0.1): "dark night midnight noir shadow shadowy gloomy horror scary haunted",
            (-0.5, 0.25): "moody dramatic cinematic mysterious intense epic dusk thriller",
            (0.0, 0.75): "vibrant vivid neon colorful colourful bold saturated electric bright",
            (0.5, 0.1): "bright sunny cheerful happy fun playful cute kawaii joyful kitchen",
            (0.6, -0.35): "pastel soft gentle calm serene dreamy delicate cozy cosy tender",
            (0.35, -0.75): "white minimal minimalist clean simple snow fog foggy misty silver pale",
            (-0.1, -0.85): "grey gray monochrome black vintage old faded concrete steel",
        }.items()
        for word in words.split()
    }
)

# Subject words -> motif (see `motifs.py`).
MOTIFS: Final = MappingProxyType(
    {
        word: motif
        for motif, words in {
            "peaks": "mountain hill peak canyon valley desert dune landscape volcano snow summit "
            "horizon castle kingdom adventure journey meadow",
            "waves": "ocean sea water river lake wave beach swim surf boat ship soup sauce fish "
            "pour pouring coffee tea whale mermaid liquid",
            "skyline": "city street building skyline tokyo urban town traffic car apartment house "
            "room office neon cyberpunk superhero hero detective",
            "stars": "star space galaxy night moon planet sky cosmic universe firework glitter "
            "sparkle magic wizard spell dream rocket",
            "petals": "flower blossom sakura petal rose garden anime girl romance wedding love "
            "dance dancer dress ballet sword samurai",
            "leaves": "forest tree leaf jungle plant herb salad vegetable nature bamboo panda "
            "totoro spirit garden basil mint autumn",
            "plate": "food dish plate pizza noodle ramen sushi cake burger rice bread cook "
            "cooking chef recipe kitchen bowl egg cheese dessert steak taco dumpling meal snack",
            "pixels": "game gaming gamer arcade pixel level controller console retro player "
            "esports minecraft tetris boss quest block puzzle computer robot code",
            "rays": "film movie cinema scene stage spotlight actor screen camera light sun "
            "sunset sunrise hope explosion concert trailer projector director",
            "ribbons": "hack tip trick diy craft paper fold clean cleaning organize sew fabric "
            "wind scarf hair cable drawer tape string laundry sock closet",
            "bubbles": "bubble ball balloon soap foam bath party kid baby cat dog puppy kitten "
            "candy fruit toy smile laugh drink soda lemonade",
        }.items()
        for word in words.split()
    }
)

# How the camera moves.
CAMERAS: Final = MappingProxyType(
    {
        word: camera
        for camera, words in {
            "push": "zoom close closeup close-up macro approach closer into focus detail reveal",
            "pull": "wide aerial drone landscape overhead panorama retreat establishing",
            "left": "pan slide tracking follow chase run running race train walk walking ride",
            "right": "turn flip swipe pass drive driving travel scroll",
            "rise": "rise rising fly flying soar up lift float floating jump steam climb rocket",
            "sink": "fall falling drop dive rain snow pour down sink dripping sprinkle",
            "spin": "spin spinning rotate rotating swirl twirl orbit orbiting whirl stir dance",
            "sway": "sway dance dancing rock swing gentle drift breeze wave hover",
        }.items()
        for word in words.split()
    }
)

# Pace words -> factor on all motion.
PACES: Final = MappingProxyType(
    {
        word: pace
        for pace, words in {
            0.45: "slow slowly slow-motion calm gentle gently serene still peaceful quiet "
            "meditative relaxing timelapse lingering",
            0.75: "soft smooth smoothly steady cozy romantic dreamy drift drifting",
            1.5: "lively upbeat dynamic action energetic playful dance dancing party run running",
            2.1: "fast quick quickly rapid rapidly explosive explosion chase race hyper frantic "
            "battle fight intense",
        }.items()
        for word in words.split()
    }
)
