"""Tiny encoders with random weights, saved as the real ones are."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizer,
    BlipConfig,
    BlipForConditionalGeneration,
    BlipImageProcessorPil,
    ViTConfig,
    ViTImageProcessorPil,
    ViTModel,
)

from tests.evaluators.mmra.corpus import NAMES, SIDE, WORDS

_SIZE = {"height": SIDE, "width": SIDE}
_LETTERS = tuple("abcdefghijklmnopqrstuvwxyz0123456789")
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", ":")
_PLAIN = (*_SPECIAL, *WORDS)
_ALL = (*_PLAIN, *NAMES, *_LETTERS, *(f"##{letter}" for letter in _LETTERS))


def vit(folder: Path, seed: int = 0, width: int = 32) -> Path:
    torch.manual_seed(seed)
    config = ViTConfig(
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * width,
        image_size=SIDE,
        patch_size=8,
        initializer_range=0.5,
    )
    ViTModel(config, add_pooling_layer=False).save_pretrained(folder)
    ViTImageProcessorPil(size=_SIZE).save_pretrained(folder)
    return folder


def bert(folder: Path, seed: int = 0, width: int = 32, *, knows_names: bool = True) -> Path:
    """An encoder that knows the words of titles; names of series may be unknown words to it."""
    torch.manual_seed(seed)
    vocabulary = _ALL if knows_names else _PLAIN
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=width,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    _tokenizer(vocabulary).save_pretrained(folder)
    return folder


def blip(folder: Path, seed: int = 0, width: int = 16) -> Path:
    torch.manual_seed(seed)
    text = {
        "vocab_size": len(_ALL),
        "hidden_size": width,
        "encoder_hidden_size": width,
        "intermediate_size": width,
        "projection_dim": width,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "max_position_embeddings": 64,
        "bos_token_id": 2,
        "eos_token_id": 3,
        "sep_token_id": 3,
        "pad_token_id": 0,
    }
    vision = {
        "hidden_size": width,
        "intermediate_size": width,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": SIDE,
        "patch_size": 8,
    }
    config = BlipConfig(text_config=text, vision_config=vision, projection_dim=width)
    BlipForConditionalGeneration(config).save_pretrained(folder)
    BlipImageProcessorPil(size=_SIZE).save_pretrained(folder)
    _tokenizer(_ALL).save_pretrained(folder)
    return folder


def _tokenizer(vocabulary: tuple[str, ...]) -> BertTokenizer:
    return BertTokenizer(vocab={piece: place for place, piece in enumerate(vocabulary)})
