#!/usr/bin/env python3
"""Perplexity as llama.cpp computes it, to set beside `quarry bench perplexity`.

  perplexity.py GGUF TEXT [--context 512] [--kv f16|q8] [--chunks N]      prints one JSON object
  perplexity.py --table QUARRY TEXT OUT GGUF…                             the table type × KV type, ours and llama.cpp's

The formula is llama-perplexity's: the text's tokens are cut into chunks of `context`; each is read alone, its first token replaced by
the model's BOS if it adds one; the tokens after the first half are scored, so a chunk of n gives n - n/2 - 1 of them; the result is
exp(-mean of the log-probabilities). Run by the Python of `make bench-peers`.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

import gguf
import numpy

import llama
import quantise


def perplexity(library, path, text, length=512, kv="f16", limit=None):
    # Keys and values in 8 bits need flash attention there.
    model = llama.Model(library, path, context=length, batch=length, flash=1 if kv == "q8" else -1, kv_type={"f16": llama.F16, "q8": llama.Q8_0}[kv])
    try:
        tokens = model.tokenize(text)
        if len(tokens) < 2 * length:
            raise SystemExit(f"the text has {len(tokens)} tokens; two chunks of {length} are needed")
        begin = library.lib.llama_vocab_bos(model.vocab) if library.lib.llama_vocab_get_add_bos(model.vocab) else None
        chunks, first, losses = len(tokens) // length, length // 2, []
        for chunk in range(min(chunks, limit or chunks)):
            part = tokens[chunk * length : (chunk + 1) * length]
            if begin is not None:
                part[0] = begin
            model.clear()
            model.decode([(token, i, 0, i >= first) for i, token in enumerate(part)])
            losses.append(0.0)
            for i in range(first, length - 1):
                logits = model.logits(i).astype(numpy.float64)
                top = logits.max()
                losses[-1] += top + math.log(numpy.exp(logits - top).sum()) - logits[part[i + 1]]
        scored = length - 1 - first
        losses = [loss / scored for loss in losses]
        return {"perplexity": math.exp(numpy.mean(losses)), "tokens": len(tokens), "scored": scored * len(losses), "context": length, "kv": kv,
                "chunk_losses": losses}
    finally:
        model.close()


def exact(library, path, text):
    """llama.cpp's perplexity on the same weights written as F32: no activations are rounded, so it says who is nearer where two differ."""
    with tempfile.TemporaryDirectory() as folder:
        reader = gguf.GGUFReader(path)
        quantise.write(folder + "/exact.gguf", "F32", reader, quantise.smol_tensors(reader), 0, {}, library)
        return perplexity(library, folder + "/exact.gguf", text)["perplexity"]


def table(quarry, text_path, out, models):
    library, rows, text = llama.Library(), [], open(text_path, encoding="utf-8", newline="").read()
    print(f"{'model':<40} {'KV':<4} {'Quarry':>10} {'llama.cpp':>10} {'difference':>11}")
    for path in models:
        truth = None
        for kv in ("f16", "q8"):
            peer = perplexity(library, path, text, kv=kv)
            name = f"{os.path.basename(path).removesuffix('.gguf')}, KV {kv}"
            done = subprocess.run([quarry, "bench", "perplexity", path, text_path, "--kv", kv, "--json", "--quiet"], capture_output=True, text=True)
            if done.returncode != 0:
                print(f"{name}: {(done.stdout + done.stderr).strip()}")
                rows.append({"name": name, "value": None, "unit": "perplexity", "peer": "llama.cpp", "peer_value": peer["perplexity"], "holds": False})
                continue
            ours = json.loads(done.stdout)
            if ours["scored_tokens"] != peer["scored"]:
                print(f"{name}: Quarry scored {ours['scored_tokens']} tokens, llama.cpp {peer['scored']}: the tokens differ")
            difference = ours["perplexity"] / peer["perplexity"] - 1
            # What another text of this kind and length would have said: the spread of the chunks' differences.
            spread, chunks = None, len(peer["chunk_losses"])
            if len(ours["chunk_losses"]) == chunks:
                spread = numpy.std(numpy.subtract(ours["chunk_losses"], peer["chunk_losses"]), ddof=1) / math.sqrt(chunks)
            rows.append({"name": name, "value": ours["perplexity"], "unit": "perplexity", "peer": "llama.cpp", "peer_value": peer["perplexity"],
                         "ratio": ours["perplexity"] / peer["perplexity"], "ratio_standard_error": spread, "bar": 0.005, "holds": abs(difference) <= 0.005})
            print(f"{name.split(', ')[0]:<40} {kv:<4} {ours['perplexity']:>10.4f} {peer['perplexity']:>10.4f} {difference:>+10.3%}{'' if spread is None else f' ± {spread:.3%}'}"
                  f"{'' if abs(difference) <= 0.005 else '  MISSED'}", flush=True)
            # Only the default model's tensors can be written in another type here.
            if abs(difference) > 0.005 and os.path.basename(path).startswith("SmolLM2"):
                truth = truth or exact(library, path, text)
                rows[-1]["exact_weights"] = truth
                print(f"  the same weights in F32: {truth:.4f}; Quarry is off by {ours['perplexity'] / truth - 1:+.3%}, "
                      f"llama.cpp by {peer['perplexity'] / truth - 1:+.3%}", flush=True)
    os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
    with open(out, "w") as file:
        json.dump({"machine": f"{llama.thread_count()} threads, context 512, {os.path.basename(text_path)}", "figures": rows}, file, indent=1)
    print(f"{sum(r['holds'] for r in rows)} of {len(rows)} within 0.5 %: {out}")


def main():
    if sys.argv[1:2] == ["--table"]:
        table(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf")
    parser.add_argument("text")
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--kv", choices=("f16", "q8"), default="f16")
    parser.add_argument("--chunks", type=int)
    arguments = parser.parse_args()
    with open(arguments.text, encoding="utf-8", newline="") as file:
        print(json.dumps(perplexity(llama.Library(), arguments.gguf, file.read(), arguments.context, arguments.kv, arguments.chunks)))


if __name__ == "__main__":
    main()
