#!/usr/bin/env python3
"""Writes Tests/Golden/architectures: tiny random decoders of every architecture that Quarry knows, and their logits.

  venv/bin/pip install torch transformers gguf
  venv/bin/python scripts/golden/architectures.py

NAME.gguf   the weights (matrices F16, vectors F32), with the names, row orders and metadata that llama.cpp's converter gives them
split-0000N-of-00003.gguf   one small model in three parts, the first without tensors
NAME.json   logits of a few positions of a few sequences, by `transformers` in float32 from the weights as stored; only keys, values and the
            inputs of short convolutions are rounded to half precision, as a cache keeps them, so that a comparison can be sharp
"""
import json, math, pathlib

import gguf, numpy as np, torch, transformers
from transformers.masking_utils import AttentionMaskInterface, eager_mask
from transformers.models.lfm2 import modeling_lfm2
from transformers.models.llama.modeling_llama import eager_attention_forward

out = pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/architectures"
VOCABULARY, CONTEXT = 128, 256


def half(x):
    return x.half().float()


def cached_attention(module, query, key, value, *arguments, **more):
    return eager_attention_forward(module, query, half(key), half(value), *arguments, **more)


transformers.AttentionInterface.register("cached", cached_attention)
AttentionMaskInterface.register("cached", eager_mask)
convolve = modeling_lfm2.causal_conv1d_fn
modeling_lfm2.causal_conv1d_fn = lambda inputs, *arguments, **more: convolve(half(inputs), *arguments, **more)


def llama3_divisors(config):
    """What conversion writes as rope_freqs.weight: Llama 3's slowing of low frequencies, as divisors."""
    scaling, size = config.rope_parameters, config.head_dim
    wavelengths = 2 * math.pi * scaling["rope_theta"] ** (np.arange(0, size, 2) / size)
    smooth = (scaling["original_max_position_embeddings"] / wavelengths - scaling["low_freq_factor"]) / (scaling["high_freq_factor"] - scaling["low_freq_factor"])
    smooth = np.clip(smooth, 0, 1)
    return (1 / ((1 - smooth) / scaling["factor"] + smooth)).astype(np.float32)


def pair_rows(weight, heads):
    """Rows of a head from halves (i, i + size / 2) to adjacent pairs."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def randomise(model, seed):
    """Weights of a spread that makes every part matter, with values that F16 holds exactly."""
    generator = torch.Generator().manual_seed(seed)
    gemma = "gemma" in model.config.model_type
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() == 3:  # short convolution (width, 1, taps)
                parameter.copy_(noise * 0.6)
            elif parameter.dim() == 2:
                parameter.copy_((noise * (0.25 if "embed" in name else 1.2 / math.sqrt(parameter.shape[1]))).half().float())
            elif name.endswith("bias"):
                parameter.copy_(noise * 0.5)
            else:
                parameter.copy_(noise * 0.3 + (0 if gemma else 1))


def tokenizer(writer):
    tokens = ["<end>"] + [chr(b) for b in range(0x21, 0x7F)] + ["\u010a", "\u0120", "ab"]
    tokens += [f"filler{i}" for i in range(VOCABULARY - len(tokens))]
    writer.add_tokenizer_model("gpt2"), writer.add_tokenizer_pre("gpt-2"), writer.add_token_list(tokens)
    writer.add_token_types([3] + [1] * (VOCABULARY - 1)), writer.add_token_merges(["a b"]), writer.add_eos_token_id(0), writer.add_bos_token_id(0)
    writer.add_add_bos_token(False)


def write(path, architecture, model, metadata, split=0):
    config = model.config
    writer = gguf.GGUFWriter(path, architecture, split_max_tensors=split, small_first_shard=split > 0)
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads
    writer.add_block_count(config.num_hidden_layers), writer.add_context_length(CONTEXT), writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size), writer.add_head_count(heads)
    writer.add_layer_norm_rms_eps(getattr(config, "rms_norm_eps", None) or config.norm_eps)
    writer.add_vocab_size(VOCABULARY)
    metadata(writer)
    tokenizer(writer)
    names = gguf.get_tensor_name_map(next(a for a, n in gguf.MODEL_ARCH_NAMES.items() if n == architecture), config.num_hidden_layers)
    for name, parameter in model.named_parameters():
        values = parameter.detach().numpy()
        if architecture in ("llama", "smollm3") and name.endswith(("q_proj.weight", "k_proj.weight")):
            values = pair_rows(values, heads if "q_proj" in name else kv_heads)
        if architecture == "gemma3" and name.endswith("norm.weight"):
            values = values + 1
        values = values.squeeze(1) if values.ndim == 3 else values
        stored = values.astype(np.float32 if values.ndim == 1 or "conv.conv" in name else np.float16)
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert target, name
        writer.add_tensor(target, stored)
    if architecture == "llama":
        writer.add_tensor("rope_freqs.weight", llama3_divisors(config))
    writer.write_header_to_file(), writer.write_kv_data_to_file(), writer.write_tensors_to_file()
    writer.close()


def golden(name, architecture, model, metadata, seed, split=0):
    model = model.float().eval()
    randomise(model, seed)
    write(out / f"{name}.gguf", architecture, model, metadata, split)
    random, rows = np.random.default_rng(seed), []
    for length in (1, 7, 70, 150):
        tokens = [int(t) for t in random.integers(0, VOCABULARY, length)]
        with torch.no_grad():
            logits = model(torch.tensor([tokens])).logits[0].numpy()
        positions = sorted({0, length // 3, length - 1})
        rows.append({"tokens": tokens, "positions": positions, "logits": [[float(f"{x:.7g}") for x in logits[p]] for p in positions]})
    (out / f"{name}.json").write_text(json.dumps(rows) + "\n")
    print(name, f"spread {logits.std():.2f}", [p.stat().st_size for p in out.glob(f"{name}*.gguf")])


def common(**more):
    return dict(vocab_size=VOCABULARY, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
                max_position_embeddings=CONTEXT, bos_token_id=0, eos_token_id=0, pad_token_id=0, tie_word_embeddings=False,
                attn_implementation="cached") | more


def main():
    out.mkdir(exist_ok=True)

    def llama(w):
        w.add_head_count_kv(2), w.add_rope_freq_base(500000.0), w.add_rope_dimension_count(16)
    config = transformers.LlamaConfig(**common(intermediate_size=64, rope_parameters={
        "rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}))
    golden("llama3", "llama", transformers.LlamaForCausalLM(config), llama, 1)

    def qwen2(w):
        w.add_head_count_kv(2), w.add_rope_freq_base(1000000.0)
    more = common(rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}, tie_word_embeddings=True)
    golden("qwen2", "qwen2", transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**more)), qwen2, 2)

    def qwen3(w):  # heads of 32 in a width of 32: the head size is not width / heads
        w.add_head_count_kv(1), w.add_key_length(32), w.add_value_length(32), w.add_rope_freq_base(10000.0)
        w.add_rope_scaling_type(gguf.RopeScalingType.YARN), w.add_rope_scaling_factor(4.0), w.add_rope_scaling_orig_ctx_len(64)
    config = transformers.Qwen3Config(**common(hidden_size=32, num_key_value_heads=1, head_dim=32, rope_parameters={
        "rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 64}))
    golden("qwen3-yarn", "qwen3", transformers.Qwen3ForCausalLM(config), qwen3, 3)

    def gemma3(w):
        w.add_head_count_kv(1), w.add_key_length(16), w.add_value_length(16), w.add_rope_freq_base(100000.0), w.add_sliding_window(24)
        w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR), w.add_rope_scaling_factor(8.0)
    config = transformers.Gemma3TextConfig(**common(
        hidden_size=32, intermediate_size=64, num_hidden_layers=7, num_attention_heads=2, num_key_value_heads=1, sliding_window=24, query_pre_attn_scalar=16,
        hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=True, rope_parameters={
            "full_attention": {"rope_type": "linear", "rope_theta": 100000.0, "factor": 8.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}))
    assert config.layer_types == ["sliding_attention"] * 5 + ["full_attention", "sliding_attention"], config.layer_types
    golden("gemma3", "gemma3", transformers.Gemma3ForCausalLM(config), gemma3, 4)

    kinds = ["conv", "full_attention", "conv", "conv", "full_attention"]

    def lfm2(w):
        w.add_head_count_kv([0 if kind == "conv" else 1 for kind in kinds]), w.add_rope_freq_base(1000000.0), w.add_shortconv_l_cache(3)
    more = common(hidden_size=32, num_hidden_layers=5, num_attention_heads=2, num_key_value_heads=1, conv_bias=False, conv_L_cache=3, layer_types=kinds,
                  block_auto_adjust_ff_dim=False, norm_eps=1e-5, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0})
    more.pop("head_dim")
    golden("lfm2", "lfm2", transformers.Lfm2ForCausalLM(transformers.Lfm2Config(**more)), lfm2, 5)

    def smollm3(w):
        w.add_head_count_kv(1), w.add_rope_freq_base(5000000.0), w.add_rope_dimension_count(16)
    config = transformers.SmolLM3Config(**common(
        hidden_size=32, intermediate_size=64, num_hidden_layers=5, num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=True, use_sliding_window=False,
        rope_parameters={"rope_type": "default", "rope_theta": 5000000.0}))
    assert list(config.no_rope_layers) == [1, 1, 1, 0, 1]
    golden("smollm3", "smollm3", transformers.SmolLM3ForCausalLM(config), smollm3, 6)

    more = common(hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=True)
    config = transformers.Qwen2Config(**more, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0})

    def split(w):
        w.add_head_count_kv(1), w.add_rope_freq_base(1000000.0)
    golden("split", "qwen2", transformers.Qwen2ForCausalLM(config), split, 7, split=8)


main()
