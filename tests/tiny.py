"""Tiny pipelines with random weights, built offline and loaded like real ones.

The classes are those of the real models; the sizes are as small as their code allows. What they
draw is noise: `vivid` turns the last layer of a decoder up, so that it is no flat grey.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import diffusers as df
import torch
import transformers as tf

WORDS = ("a", "the", "cat", "dog", "video", "red", "blue", "running", "city", "night", "music")


def save(name: str, folder: Path) -> Path:
    """Build the pipeline of that name and write it to `folder`; gives the folder."""
    torch.manual_seed(0)
    pipe = BUILD[name]()
    vivid(pipe.vae)
    pipe.save_pretrained(str(folder), safe_serialization=True)
    return folder


def save_motion_adapter(folder: Path) -> Path:
    """Two parts of AnimateDiff's loader: this is the one beside Stable Diffusion 1.5."""
    torch.manual_seed(0)
    adapter = df.MotionAdapter(
        block_out_channels=(8, 8),
        motion_layers_per_block=2,
        motion_norm_num_groups=2,
        motion_num_attention_heads=4,
    )
    for weight in adapter.parameters():  # a new adapter adds nothing: give it something to say
        weight.data.add_(0.3 * torch.randn_like(weight))
    adapter.save_pretrained(str(folder), safe_serialization=True)
    return folder


def vivid(vae: Any, gain: float = 20.0) -> None:
    """Turn up the contrast of what a decoder draws."""
    last = [m for m in vae.decoder.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Conv3d))]
    last[-1].weight.data.mul_(gain)


def t5_tokenizer() -> Any:
    """A vocabulary of words and characters."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [("▁" + word, -3.0) for word in WORDS]
    pieces += [(c, -8.0) for c in [*map(chr, range(33, 127)), "▁"]]
    return tf.T5Tokenizer(vocab=pieces, extra_ids=0)


def t5_encoder() -> Any:
    """Without dropout, which would make every clip another one."""
    config = tf.T5Config(
        vocab_size=256, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4,
        relative_attention_num_buckets=8, dropout_rate=0.0, is_encoder_decoder=False,
        use_cache=False,
    )  # fmt: skip
    return tf.T5EncoderModel(config).eval()


def llama_tokenizer() -> Any:
    """Bytes and characters."""
    names = ["<unk>", "<s>", "</s>", "<pad>", *(f"<0x{i:02X}>" for i in range(256)), "▁"]
    names += [chr(c) for c in range(33, 127)]
    vocabulary = {name: number for number, name in enumerate(dict.fromkeys(names))}
    made = tf.LlamaTokenizer(vocab=vocabulary, merges=[], pad_token="<pad>", padding_side="right")
    made.pad_token = "<pad>"
    return made


def clip_tokenizer() -> Any:
    """Single characters, inside and at the end of words."""
    names = ["<|startoftext|>", "<|endoftext|>"]
    names += [chr(c) + end for c in range(33, 127) for end in ("", "</w>")]
    vocabulary = {name: number for number, name in enumerate(names)}
    return tf.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)


def clip_text() -> Any:
    """The text encoder of Stable Diffusion 1.5 and, pooled, of HunyuanVideo."""
    config = tf.CLIPTextConfig(
        bos_token_id=0, eos_token_id=1, hidden_size=8, intermediate_size=37, pad_token_id=1,
        num_attention_heads=4, num_hidden_layers=2, vocab_size=1000, projection_dim=32,
    )  # fmt: skip
    return tf.CLIPTextModel(config).eval()


def ltx() -> Any:
    """LTX-Video; its decoder here halves each side twice and keeps half of the frames."""
    transformer = df.LTXVideoTransformer3DModel(
        in_channels=8, out_channels=8, patch_size=1, patch_size_t=1, num_attention_heads=4,
        attention_head_dim=8, cross_attention_dim=32, num_layers=1, caption_channels=32,
    )  # fmt: skip
    vae = df.AutoencoderKLLTXVideo(
        in_channels=3, out_channels=3, latent_channels=8, block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8), layers_per_block=(1,) * 5,
        decoder_layers_per_block=(1,) * 5, spatio_temporal_scaling=(True, True, False, False),
        decoder_spatio_temporal_scaling=(True, True, False, False),
        decoder_inject_noise=(False,) * 5, upsample_residual=(False,) * 4,
        upsample_factor=(1,) * 4, timestep_conditioning=False, patch_size=1, patch_size_t=1,
        encoder_causal=True, decoder_causal=False,
    )  # fmt: skip
    return df.LTXPipeline(
        scheduler=df.FlowMatchEulerDiscreteScheduler(), vae=vae, text_encoder=t5_encoder(),
        tokenizer=t5_tokenizer(), transformer=transformer,
    )  # fmt: skip


def hunyuan() -> Any:
    """HunyuanVideo; the pipeline reads the third hidden state from the end, hence four layers."""
    transformer = df.HunyuanVideoTransformer3DModel(
        in_channels=4, out_channels=4, num_attention_heads=2, attention_head_dim=10, num_layers=1,
        num_single_layers=1, num_refiner_layers=1, patch_size=1, patch_size_t=1,
        guidance_embeds=True, text_embed_dim=16, pooled_projection_dim=8, rope_axes_dim=(2, 4, 4),
    )  # fmt: skip
    vae = df.AutoencoderKLHunyuanVideo(
        in_channels=3, out_channels=3, latent_channels=4, layers_per_block=1, act_fn="silu",
        down_block_types=("HunyuanVideoDownBlock3D",) * 4, norm_num_groups=4,
        up_block_types=("HunyuanVideoUpBlock3D",) * 4, block_out_channels=(8,) * 4,
        scaling_factor=0.476986, spatial_compression_ratio=8, temporal_compression_ratio=4,
        mid_block_add_attention=True,
    )  # fmt: skip
    config = tf.LlamaConfig(
        bos_token_id=1, eos_token_id=2, pad_token_id=3, hidden_size=16, intermediate_size=37,
        num_attention_heads=4, num_hidden_layers=4, vocab_size=1000, hidden_act="gelu",
        max_position_embeddings=2048,
    )  # fmt: skip
    return df.HunyuanVideoPipeline(
        text_encoder=tf.LlamaModel(config).eval(), tokenizer=llama_tokenizer(),
        transformer=transformer, vae=vae, text_encoder_2=clip_text(), tokenizer_2=clip_tokenizer(),
        scheduler=df.FlowMatchEulerDiscreteScheduler(shift=7.0),
    )  # fmt: skip


def cogvideox() -> Any:
    """CogVideoX-5b with its rotary embedding, which wants a head size of 16."""
    transformer = df.CogVideoXTransformer3DModel(
        num_attention_heads=2, attention_head_dim=16, in_channels=4, out_channels=4,
        time_embed_dim=2, text_embed_dim=32, num_layers=1, sample_width=8, sample_height=8,
        sample_frames=9, patch_size=2, temporal_compression_ratio=4, max_text_seq_length=226,
        use_rotary_positional_embeddings=True,
    )  # fmt: skip
    vae = df.AutoencoderKLCogVideoX(
        in_channels=3, out_channels=3, down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4, block_out_channels=(8,) * 4,
        latent_channels=4, layers_per_block=1, norm_num_groups=2, temporal_compression_ratio=4,
    )  # fmt: skip
    return df.CogVideoXPipeline(
        tokenizer=t5_tokenizer(), text_encoder=t5_encoder(), vae=vae, transformer=transformer,
        scheduler=df.CogVideoXDPMScheduler(),
    )  # fmt: skip


def wan() -> Any:
    """Wan 2.1."""
    vae = df.AutoencoderKLWan(
        base_dim=3, z_dim=16, dim_mult=[1] * 4, num_res_blocks=1,
        temperal_downsample=[False, True, True],
    )  # fmt: skip
    transformer = df.WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=12, in_channels=16,
        out_channels=16, text_dim=32, freq_dim=256, ffn_dim=32, num_layers=2, cross_attn_norm=True,
        qk_norm="rms_norm_across_heads", rope_max_seq_len=64,
    )  # fmt: skip
    config = tf.UMT5Config(
        vocab_size=256, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4,
        relative_attention_num_buckets=8, dropout_rate=0.0,
    )  # fmt: skip
    scheduler = df.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=7.0
    )
    return df.WanPipeline(
        tokenizer=t5_tokenizer(), text_encoder=tf.UMT5EncoderModel(config).eval(),
        transformer=transformer, vae=vae, scheduler=scheduler,
    )  # fmt: skip


def sd15() -> Any:
    """Stable Diffusion 1.5, for covers and as AnimateDiff's base."""
    unet = df.UNet2DConditionModel(
        block_out_channels=(8, 8), layers_per_block=2, sample_size=8, in_channels=4,
        out_channels=4, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=8,
        norm_num_groups=2,
    )  # fmt: skip
    vae = df.AutoencoderKL(
        block_out_channels=(8, 8), in_channels=3, out_channels=3, latent_channels=4,
        down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
        norm_num_groups=2,
    )  # fmt: skip
    scheduler = df.DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
        set_alpha_to_one=False, steps_offset=1,
    )  # fmt: skip
    return df.StableDiffusionPipeline(
        vae=vae, text_encoder=clip_text(), tokenizer=clip_tokenizer(), unet=unet,
        scheduler=scheduler, safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip


BUILD: Mapping[str, Callable[[], Any]] = {
    "ltx": ltx,
    "hunyuan": hunyuan,
    "cogvideox": cogvideox,
    "wan": wan,
    "sd15": sd15,
}
