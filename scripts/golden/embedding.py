#!/usr/bin/env python3
"""Writes Tests/Golden/embedding: vectors of the default embedder by a float64 BERT in NumPy, straight from the paper's formulas.

  venv/bin/python scripts/golden/embedding.py MODELS      (environment as for tokenizer.py)
"""
import json, math, pathlib, struct, sys

import numpy as np
from tokenizers import Tokenizer

out = pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/embedding"
folder = pathlib.Path(sys.argv[1]) / "all-MiniLM-L6-v2"

TEXTS = ["", "a", "hello world", "What is the capital of France?", "The quick brown fox jumps over the lazy dog.", "naïve café 東京 — “quoted”",
         "func f(x: Int) -> Int { x + 1 }", "Москва — столица России", "مرحبا بالعالم", "नमस्ते दुनिया", "👩‍👩‍👧 family", "1,234.56 € on 2024-01-31",
         "word " * 400, "A sentence of some length about harbours, lighthouses and fish. " * 12, "[CLS] [SEP]".lower(), "\t\n  spaces   \r\n",
         "SELECT name FROM users WHERE id = 7;", "E = mc²", "don't can't won't", "ﬁne ligatures", "x" * 150]
TEXTS += [f"Fact number {i}: the {a} {b} {c} near the old bridge." for i, (a, b, c) in enumerate(
    (a, b, c) for a in ("red", "small", "ancient") for b in ("boat", "market", "engine") for c in ("sank", "opened", "stopped"))]


def load(path):
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    read = lambda e: np.frombuffer(data[8 + length + e["data_offsets"][0]:8 + length + e["data_offsets"][1]], {"F32": np.float32, "I64": np.int64}[e["dtype"]])
    return {name: read(e).reshape(e["shape"]).astype(np.float64) for name, e in header.items()}


weights = load(folder / "model.safetensors")
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(256)
erf = np.vectorize(math.erf)


def norm(x, name):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + 1e-12) * weights[name + ".weight"] + weights[name + ".bias"]


def linear(x, name):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def embed(text):
    ids = tokenizer.encode(text).ids
    count = len(ids)
    x = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.position_embeddings.weight"][:count]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(6):
        name = f"encoder.layer.{layer}."
        q, k, v = (linear(x, name + "attention.self." + part).reshape(count, 12, 32).transpose(1, 0, 2) for part in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(32)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        attended = (scores @ v).transpose(1, 0, 2).reshape(count, 384)
        x = norm(x + linear(attended, name + "attention.output.dense"), name + "attention.output.LayerNorm")
        wide = linear(x, name + "intermediate.dense")
        x = norm(x + linear(0.5 * wide * (1 + erf(wide / math.sqrt(2))), name + "output.dense"), name + "output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


rows = [{"text": text, "vector": [round(float(v), 4) for v in embed(text)]} for text in TEXTS]
(out / "minilm.json").write_text(json.dumps(rows, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
