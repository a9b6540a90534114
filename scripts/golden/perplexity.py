#!/usr/bin/env python3
"""Writes Tests/Golden/evaluation/perplexity.json: perplexities of the tiny models of Tests/Golden/inference on a text.

  PEERS/bin/python scripts/golden/perplexity.py      (environment of `make bench-peers`)

By the float64 decoder of inference.py. The text is in capitals, of which these models' vocabulary merges none: a byte is a token.
"""
import json, pathlib

import gguf, numpy as np

import inference

root = pathlib.Path(__file__).resolve().parents[2]
TEXT = (inference.PASSAGES.replace("\n", " ") + " " + " ".join(inference.ABOUT)).upper()[:700]
CONTEXT = 64


def perplexity(path):
    reader = gguf.GGUFReader(path)
    vocabulary = reader.fields["tokenizer.ggml.tokens"].contents()
    tokens = [vocabulary.index("\u0120" if c == " " else c) for c in TEXT]
    decoder, first, losses = inference.Decoder(path), CONTEXT // 2, []
    for start in range(0, len(tokens) // CONTEXT * CONTEXT, CONTEXT):
        chunk = tokens[start : start + CONTEXT]
        logits = decoder.logits(chunk)[first : CONTEXT - 1]
        top = logits.max(-1, keepdims=True)
        normal = top[:, 0] + np.log(np.exp(logits - top).sum(-1))
        losses += list(normal - logits[np.arange(len(logits)), chunk[first + 1 :]])
    return {"file": path.name, "text": TEXT, "context": CONTEXT, "tokens": len(tokens), "scored": len(losses), "perplexity": float(np.exp(np.mean(losses)))}


rows = [perplexity(root / f"Tests/Golden/inference/tiny-{kind}.gguf") for kind in ("f32", "f16", "q8_0", "q4_1")]
out = root / "Tests/Golden/evaluation"
out.mkdir(exist_ok=True)
(out / "perplexity.json").write_text(json.dumps(rows, indent=1) + "\n")
