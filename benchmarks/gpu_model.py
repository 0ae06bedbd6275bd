"""LTX-Video in full size with random weights, from its configuration alone; nothing is downloaded.

Transformer and autoencoder are those of diffusers' defaults, which are LTX-Video's (1.9 and 0.4
billion parameters); the text encoder has the shape of T5 v1.1 XXL's (4.8 billion). Only the
vocabulary of the tokenizer is a small one: prompts are padded to the same length whatever it is.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from popcorn_bench.generators.video.catalog import VideoCatalog
from popcorn_bench.types import Generator

_TINY = {"width": "64", "height": "32", "num_frames": "17", "num_inference_steps": "2"}


def generator(model: Path, device: str, batch: int, *, tiny: bool) -> Generator:
    """The catalog's own `ltx` at the paper's settings, with the weights of `model`."""
    given = {"model": str(model), "batch_size": str(batch), "offload": "none"}
    given |= _TINY if tiny else {}
    args = [("ltx", given)]
    return VideoCatalog().resolve(["ltx"], args, profile="paper", device=device)[0].generator


def ensure(folder: Path, device: str, *, tiny: bool) -> None:
    """Write the weights to `folder` where they are not there yet."""
    if (folder / "model_index.json").is_file():
        return
    if tiny:
        from tests import tiny as pipelines

        pipelines.save("ltx", folder)
    else:
        _write_full(folder, device)


def _write_full(folder: Path, device: str) -> None:
    """In bfloat16: 14 GB. The GPU's memory is free again afterwards."""
    import torch

    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            pipe = _pipeline()
    finally:
        torch.set_default_dtype(before)
    pipe.save_pretrained(str(folder), safe_serialization=True)
    del pipe
    gc.collect()
    torch.cuda.empty_cache()


def _pipeline() -> Any:  # noqa: ANN401 - of a library without types
    import diffusers
    import transformers

    from tests import tiny

    config = transformers.T5Config(
        vocab_size=32128, d_model=4096, d_kv=64, d_ff=10240, num_layers=24, num_heads=64,
        feed_forward_proj="gated-gelu", is_encoder_decoder=False, use_cache=False,
        tie_word_embeddings=False, dropout_rate=0.0,
    )  # fmt: skip
    parts: dict[str, Any] = {
        "transformer": diffusers.LTXVideoTransformer3DModel(),
        "vae": diffusers.AutoencoderKLLTXVideo(),
        "text_encoder": transformers.T5EncoderModel(config),
    }
    return diffusers.LTXPipeline(
        **{name: part.eval() for name, part in parts.items()},
        tokenizer=tiny.t5_tokenizer(),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
    )
