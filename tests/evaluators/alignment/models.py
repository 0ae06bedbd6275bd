"""Tiny text-image models with real configurations, tokenizers and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import transformers as tf
from PIL import Image

WORDS: Final = ("red", "blue", "green", "a", "the", "clip", "of", "colour", "very", "slow")
PAINT: Final = {"red": (220, 30, 30), "blue": (30, 40, 220), "green": (30, 200, 60)}
SIDE: Final = 32
_VISION: Final = {
    "hidden_size": 32,
    "intermediate_size": 37,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": SIDE,
    "patch_size": 8,
}
_TEXT: Final = {
    "hidden_size": 32,
    "intermediate_size": 37,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}


def letters() -> list[str]:
    return [chr(code) for code in range(33, 127)]


def clip_tokenizer() -> Any:
    """Whole words where it knows them, letters otherwise."""
    vocabulary = {"<|startoftext|>": 0, "<|endoftext|>": 1}
    merges: list[tuple[str, str]] = []
    for letter in letters():
        for piece in (letter, letter + "</w>"):
            vocabulary.setdefault(piece, len(vocabulary))
    for word in WORDS:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            merges.append((parts[0], parts[1]))
            parts = [parts[0] + parts[1], *parts[2:]]
            vocabulary.setdefault(parts[0], len(vocabulary))
    return tf.CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)


def clip_model() -> Any:
    config = tf.CLIPConfig(
        text_config={
            **_TEXT,
            "vocab_size": 400,
            "bos_token_id": 0,
            "eos_token_id": 1,
            "pad_token_id": 1,
            "max_position_embeddings": 77,
        },
        vision_config=_VISION,
        projection_dim=16,
    )
    return tf.CLIPModel(config)


def image_processor(kind: Any) -> Any:
    return kind(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})


def clip(folder: Path, *, trained: int = 0) -> Path:
    """A CLIP; `trained` steps teach it which word goes with which colour."""
    torch.manual_seed(0)
    model, tokens = clip_model(), clip_tokenizer()
    images = image_processor(tf.CLIPImageProcessorPil)
    if trained:
        _teach(model, tokens, images, trained)
    for part in (model.eval(), tokens, images):
        part.save_pretrained(folder)
    return folder


def siglip(folder: Path) -> Path:
    torch.manual_seed(0)
    text = {**_TEXT, "vocab_size": 300, "max_position_embeddings": 64, "projection_size": 32}
    config = tf.SiglipConfig(text_config=text, vision_config=_VISION)
    images = tf.SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    for part in (tf.SiglipModel(config).eval(), _pieces_tokenizer(), images):
        part.save_pretrained(folder)
    return folder


def siglip2(folder: Path) -> Path:
    """The one that takes pictures of any shape, as patches."""
    torch.manual_seed(0)
    text = {**_TEXT, "vocab_size": 300, "max_position_embeddings": 64, "projection_size": 32}
    vision = {**_VISION, "num_patches": 16}
    del vision["image_size"]
    config = tf.Siglip2Config(text_config=text, vision_config=vision)
    images = tf.Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16)
    for part in (tf.Siglip2Model(config).eval(), _gemma_tokenizer(), images):
        part.save_pretrained(folder)
    return folder


def sentences_tokenizer(folder: Path) -> Any:
    """The tokenizer that the first SigLIP comes with: a sentencepiece model, trained here."""
    import sentencepiece

    rng = np.random.default_rng(0)
    sentences = (" ".join(rng.choice(WORDS, 8)) for _ in range(300))
    path = folder / "spiece.model"
    with path.open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=sentences,
            model_writer=file,
            vocab_size=60,
            hard_vocab_limit=False,
            minloglevel=2,
        )
    return tf.SiglipTokenizer(str(path), model_input_names=["input_ids"])


def _pieces_tokenizer() -> Any:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [("▁" + word, -3.0) for word in WORDS]
    pieces += [(letter, -8.0) for letter in [*letters(), "▁"]]
    return tf.T5Tokenizer(
        vocab=pieces, extra_ids=0, model_max_length=64, model_input_names=["input_ids"]
    )


def _gemma_tokenizer() -> Any:
    names = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *letters(), "▁"]
    vocabulary = {name: number for number, name in enumerate(names)}
    vocabulary |= {f"<0x{byte:02X}>": len(names) + byte for byte in range(150)}
    return tf.Siglip2Tokenizer(
        vocab=vocabulary, merges=[], model_max_length=64, model_input_names=["input_ids"]
    )


def _teach(model: Any, tokens: Any, images: Any, steps: int) -> None:
    """Plain contrastive training on noisy pictures of one colour and texts with its name."""
    rng = np.random.default_rng(0)
    torch.set_num_threads(1)  # so small a model only waits for more
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(steps):
        batch = [_picture(colour, rng) for colour in PAINT.values()]
        texts = [_sentence(name, rng) for name in PAINT]
        inputs = tokens(texts, padding="max_length", max_length=77, return_tensors="pt")
        pixels = images(images=batch, return_tensors="pt")
        loss = model(**inputs, **pixels, return_loss=True).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def _picture(colour: tuple[int, int, int], rng: np.random.Generator) -> Image.Image:
    noise = rng.normal(0, 25, (SIDE, SIDE, 3)) + np.array(colour)
    return Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))


def _sentence(word: str, rng: np.random.Generator) -> str:
    """The word among others, at any place of a text of up to forty words."""
    others = [name for name in WORDS if name not in PAINT]
    words = list(rng.choice(others, rng.integers(0, 40)))
    words.insert(int(rng.integers(0, len(words) + 1)), word)
    return " ".join(words)
