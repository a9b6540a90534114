#!/usr/bin/env python3
"""Writes Tests/Golden/encoders: tiny random encoders of every kind that Quarry knows, and their vectors of a few texts.

  venv/bin/pip install torch transformers tokenizers gguf safetensors
  venv/bin/python scripts/golden/encoders.py

bert, nomic            folders as `transformers` saves them, with tokenizer.json and 1_Pooling ([CLS] for bert, the mean for nomic)
bert.gguf, nomic.gguf  the same weights (matrices F16, or Q8_0 for nomic), with the names and metadata that llama.cpp's converter gives them
vectors.json           what `transformers` makes of them in float32, from the weights as stored
"""
import json, pathlib, shutil

import gguf, numpy as np, torch, transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

out = pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/encoders"
shutil.rmtree(out, ignore_errors=True)
WIDTH, HEADS, WIDE, LAYERS, POSITIONS = 32, 2, 96, 2, 24

letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + [str(d) for d in range(10)]
words = ["the", "an", "cat", "dog", "house", "run", "sea", "light", "of", "is", "日", "本"]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + letters + words + list(".,!?-'") + ["##" + c for c in letters] + ["##" + w for w in ("ing", "es", "house", "er")]
assert len(set(VOCABULARY)) == len(VOCABULARY)
TEXTS = ["the cat is a dog", "lighthouse of the sea", "Running, runs! Runner?", "", "日本 is light", "Ärger — unknown ☃ x2", "a " * 60, "cat"]
tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(VOCABULARY)}, unk_token="[UNK]"))
tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()


def ids(text):
    return [2] + tokenizer.encode(text, add_special_tokens=False).ids[:POSITIONS - 2] + [3]


def vectors(model, pooling):
    rows = []
    for text in TEXTS:
        with torch.no_grad():
            tokens = torch.tensor([ids(text)])
            hidden = model(input_ids=tokens, attention_mask=torch.ones_like(tokens), token_type_ids=torch.zeros_like(tokens)).last_hidden_state[0]
        vector = hidden[0] if pooling == "cls" else hidden.mean(0)
        rows.append([round(float(v), 6) for v in vector / vector.norm()])
    return rows


def randomise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, value in model.named_parameters():
        noise = torch.randn(value.shape, generator=generator)
        is_norm = "LayerNorm.weight" in name or "layernorm.weight" in name
        value.data = 1 + 0.3 * noise if is_norm else noise * (0.3 if value.dim() == 2 else 0.2)
    return model.eval()


def folder(name, model, tensors, pooling):
    path = out / name
    (path / "1_Pooling").mkdir(parents=True)
    model.config.save_pretrained(path)
    save_file(tensors, path / "model.safetensors", {"format": "pt"})
    tokenizer.save(str(path / "tokenizer.json"), pretty=False)
    modes = {"pooling_mode_cls_token": pooling == "cls", "pooling_mode_mean_tokens": pooling == "mean", "pooling_mode_max_tokens": False}
    (path / "1_Pooling/config.json").write_text(json.dumps(modes) + "\n")


def stored(value, kind):
    """A tensor's bytes in a GGUF file, and what they stand for."""
    value = value.detach().numpy()
    if value.ndim == 1: return value, value, None
    if kind == "F16" : return value.astype(np.float16), value.astype(np.float16).astype(np.float32), None
    block = gguf.quantize(value, gguf.GGMLQuantizationType.Q8_0)
    return block, gguf.dequantize(block, gguf.GGMLQuantizationType.Q8_0), gguf.GGMLQuantizationType.Q8_0


def write_gguf(name, architecture, pooling, tensors, kind, extra):
    """Writes tensors, and gives their values as stored."""
    writer, values = gguf.GGUFWriter(out / name, architecture), {}
    writer.add_block_count(LAYERS), writer.add_embedding_length(WIDTH), writer.add_feed_forward_length(WIDE), writer.add_head_count(HEADS)
    writer.add_context_length(POSITIONS), writer.add_layer_norm_eps(1e-12), writer.add_causal_attention(False), writer.add_pooling_type(pooling)
    extra(writer)
    writer.add_tokenizer_model("bert")
    writer.add_token_list([w if w[0] == "[" else w[2:] if w.startswith("##") else "\u2581" + w for w in VOCABULARY])
    writer.add_bos_token_id(2), writer.add_sep_token_id(3), writer.add_unk_token_id(1), writer.add_pad_token_id(0)
    for tensor, value in tensors.items():
        data, values[tensor], dtype = stored(value, kind)
        writer.add_tensor(tensor, data, raw_dtype=dtype)
    writer.write_header_to_file(), writer.write_kv_data_to_file(), writer.write_tensors_to_file(), writer.close()
    return values


result = {"texts": TEXTS}

bert = randomise(transformers.BertModel(transformers.BertConfig(
    vocab_size=len(VOCABULARY), hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=WIDE,
    max_position_embeddings=POSITIONS, attn_implementation="eager"), add_pooling_layer=False), 1)
folder("bert", bert, {n: v.detach().contiguous() for n, v in bert.named_parameters()}, "cls")
result["bert"] = vectors(bert, "cls")

names = {"embeddings.word_embeddings": "token_embd", "embeddings.token_type_embeddings": "token_types", "embeddings.position_embeddings": "position_embd",
         "embeddings.LayerNorm": "token_embd_norm"}
for i in range(LAYERS):
    names |= {f"encoder.layer.{i}.{a}": f"blk.{i}.{b}" for a, b in {
        "attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v", "attention.output.dense": "attn_output",
        "attention.output.LayerNorm": "attn_output_norm", "intermediate.dense": "ffn_up", "output.dense": "ffn_down",
        "output.LayerNorm": "layer_output_norm"}.items()}
parameters = dict(bert.named_parameters())
pairs = {n: f"{names[n.rsplit('.', 1)[0]]}.{n.rsplit('.', 1)[1]}" for n in parameters}
values = write_gguf("bert.gguf", "bert", gguf.PoolingType.MEAN, {pairs[n]: v for n, v in parameters.items()}, "F16", lambda writer: None)
for n, v in parameters.items(): v.data = torch.from_numpy(values[pairs[n]].copy())
result["bert.gguf"] = vectors(bert, "mean")

nomic = randomise(transformers.NomicBertModel(transformers.NomicBertConfig(
    vocab_size=len(VOCABULARY), hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=WIDE,
    max_position_embeddings=POSITIONS, attn_implementation="eager"), add_pooling_layer=False), 2)
# The original repositories' names, with query, key and value in one.
own, hub, ggufs = dict(nomic.named_parameters()), {}, {}
table = {"embeddings.word_embeddings.weight": ("embeddings.word_embeddings.weight", "token_embd.weight"),
         "embeddings.token_type_embeddings.weight": ("embeddings.token_type_embeddings.weight", "token_types.weight")}
for part in ("weight", "bias"): table[f"embeddings.LayerNorm.{part}"] = (f"emb_ln.{part}", f"token_embd_norm.{part}")
for i in range(LAYERS):
    for a, b, c in (("self_attn.o_proj", "attn.out_proj", "attn_output"), ("mlp.up_proj", "mlp.fc11", "ffn_up"), ("mlp.gate_proj", "mlp.fc12", "ffn_gate"),
                    ("mlp.down_proj", "mlp.fc2", "ffn_down")):
        table[f"layers.{i}.{a}.weight"] = (f"encoder.layers.{i}.{b}.weight", f"blk.{i}.{c}.weight")
    for part in ("weight", "bias"):
        table[f"layers.{i}.post_attention_layernorm.{part}"] = (f"encoder.layers.{i}.norm1.{part}", f"blk.{i}.attn_output_norm.{part}")
        table[f"layers.{i}.post_mlp_layernorm.{part}"] = (f"encoder.layers.{i}.norm2.{part}", f"blk.{i}.layer_output_norm.{part}")
for n, (h, g) in table.items(): hub[h] = ggufs[g] = own[n].detach()
for i in range(LAYERS):
    hub[f"encoder.layers.{i}.attn.Wqkv.weight"] = ggufs[f"blk.{i}.attn_qkv.weight"] = torch.cat(
        [own[f"layers.{i}.self_attn.{p}_proj.weight"].detach() for p in "qkv"])
assert len(table) + 3 * LAYERS == len(own), sorted(set(own) - set(table))
folder("nomic", nomic, {n: v.contiguous() for n, v in hub.items()}, "mean")
result["nomic"] = vectors(nomic, "mean")
values = write_gguf("nomic.gguf", "nomic-bert", gguf.PoolingType.MEAN, ggufs, "Q8_0", lambda writer: writer.add_rope_freq_base(1000.0))
for n, (h, g) in table.items(): own[n].data = torch.from_numpy(values[g].copy())
for i in range(LAYERS):
    for p, part in zip("qkv", np.split(values[f"blk.{i}.attn_qkv.weight"], 3)): own[f"layers.{i}.self_attn.{p}_proj.weight"].data = torch.from_numpy(part.copy())
result["nomic.gguf"] = vectors(nomic, "mean")

(out / "vectors.json").write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
print({p: transformers.__version__ for p in ("transformers",)}, torch.__version__)
