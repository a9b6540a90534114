#!/usr/bin/env python3
"""Writes Tests/Golden/inference: what independent implementations compute.

  venv/bin/python scripts/golden/inference.py MODELS [GEMMA]      (environment as for tokenizer.py)

greedy-gemma.json   the same of Gemma 3 270M (scripts/bench/gemma.sh) on plain texts, if GEMMA names its file
greedy.json    llama.cpp's greedy continuations of fixed prompts on the default model, with the gap between its two best log-probabilities
tiny-*.gguf    random models of two layers in every storage type that Quarry computes with
tiny.json      their logits, by the float64 decoder below, from the weights as stored (dequantised by `gguf`)
smollm.json    the same decoder's logits on the default model: best tokens after a few prompts
"""
import json, pathlib, sys

import gguf, numpy as np
from gguf import GGMLQuantizationType as Type

out = pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/inference"

PASSAGES = """[1] The harbour of Veldhaven was dug in 1874 by two hundred men under the engineer Ada Brandt. It is nine metres deep at low tide, and ships of up to
120 metres may enter. The northern breakwater carries a lighthouse with a red lamp.
[2] Visitors moor at the blue buoys east of the pier. The harbour master assigns the places between seven in the morning and nine at night. A night costs
14 crowns for boats under ten metres and 22 crowns for longer ones; electricity is free.
[3] The fish market opens every day except Monday. Cod, herring and mackerel are sold from the boats. In winter the market closes at noon.
[4] Trains to the capital leave from the station behind the market every two hours. The journey takes three hours and ten minutes, and bicycles travel free."""

QUESTIONS = ["What is the capital of France?", "Write one sentence about rain.", "List three colours.", "What is 2 + 2?", "Who wrote Hamlet?",
             "Translate 'good morning' to Spanish.", "Explain photosynthesis briefly."]
ABOUT = ["How deep is the harbour at low tide?", "What does a night cost for a boat of eight metres?", "When is the fish market closed?",
         "Who was the engineer of the harbour?", "How long does the train take to the capital?"]


def chat(system, user):
    return f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"


def texts():
    for question in QUESTIONS:
        yield chat("You are a helpful assistant.", question)
    for question in ABOUT:
        yield chat("Answer from the passages only.", PASSAGES + "\n\nQuestion: " + question)
    yield chat("Answer from the passages only.", (PASSAGES + "\n\n") * 4 + "Question: " + ABOUT[0])
    yield "Once upon a time"
    yield "def fibonacci(n):\n"


PLAIN = ["Once upon a time", "The capital of France is", "def fibonacci(n):\n", "The mill stands by the river. In spring the water is high, and",
         "Der Leuchtturm steht auf einem Felsen und", PASSAGES + "\n\nThe harbour at low tide is", "1, 2, 3, 4, 5, 6,"]


def greedy(path, name="greedy.json", prompts=None, count=32):
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path, parameters.n_ctx, parameters.n_parallel = path, 4096, 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 2
    server = xllamacpp.Server(parameters)
    rows = []
    for prompt in prompts or texts():
        request = {"prompt": prompt, "max_tokens": count, "temperature": 0, "cache_prompt": False, "logprobs": 2}
        choice = server.handle_completions(request)["choices"][0]
        steps = choice["logprobs"]["content"]
        rows.append({
            "prompt": prompt, "tokens": [step["id"] for step in steps],
            "gaps": [round(step["top_logprobs"][0]["logprob"] - step["top_logprobs"][1]["logprob"], 4) for step in steps]})
    (out / name).write_text(json.dumps(rows, indent=0) + "\n")


class Decoder:
    """The llama architecture in float64, straight from its papers."""

    def __init__(self, path):
        reader = gguf.GGUFReader(path)
        field = lambda name: reader.fields["llama." + name].contents()
        self.weights = {t.name: gguf.quants.dequantize(t.data, t.tensor_type).reshape(tuple(int(n) for n in reversed(t.shape))).astype(np.float64) for t in reader.tensors}
        self.layers, self.heads, self.kv_heads = field("block_count"), field("attention.head_count"), field("attention.head_count_kv")
        self.size = field("embedding_length") // self.heads
        self.epsilon, self.base = field("attention.layer_norm_rms_epsilon"), field("rope.freq_base")

    def norm(self, x, name):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.epsilon) * self.weights[name]

    def rope(self, x):
        """x (tokens, heads, size), adjacent pairs."""
        angles = np.arange(len(x))[:, None] * self.base ** (-2 * np.arange(self.size // 2) / self.size)
        cosine, sine = np.cos(angles)[:, None], np.sin(angles)[:, None]
        even, odd = x[..., 0::2], x[..., 1::2]
        return np.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1).reshape(x.shape)

    def logits(self, tokens):
        w, count = self.weights, len(tokens)
        x = w["token_embd.weight"][tokens]
        for layer in range(self.layers):
            name = f"blk.{layer}."
            h = self.norm(x, name + "attn_norm.weight")
            q = self.rope((h @ w[name + "attn_q.weight"].T).reshape(count, self.heads, self.size))
            k = self.rope((h @ w[name + "attn_k.weight"].T).reshape(count, self.kv_heads, self.size))
            v = (h @ w[name + "attn_v.weight"].T).reshape(count, self.kv_heads, self.size)
            k, v = (np.repeat(a, self.heads // self.kv_heads, 1) for a in (k, v))
            scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(self.size)
            scores = np.where(np.tril(np.ones((count, count), bool)), scores, -np.inf)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            x = x + np.einsum("hij,jhd->ihd", scores, v).reshape(count, -1) @ w[name + "attn_output.weight"].T
            h = self.norm(x, name + "ffn_norm.weight")
            gate = h @ w[name + "ffn_gate.weight"].T
            x = x + (gate / (1 + np.exp(-gate)) * (h @ w[name + "ffn_up.weight"].T)) @ w[name + "ffn_down.weight"].T
        return self.norm(x, "output_norm.weight") @ w.get("output.weight", w["token_embd.weight"]).T


def tiny(kind, tied):
    """A random model: width 64, 4 heads and 2 KV heads of 16, 2 layers, 300 tokens."""
    path = out / f"tiny-{kind.name.lower()}.gguf"
    random = np.random.default_rng(5)
    writer = gguf.GGUFWriter(path, "llama")
    width, wide, vocabulary = 64, 96, 300
    writer.add_block_count(2), writer.add_context_length(512), writer.add_embedding_length(width), writer.add_feed_forward_length(wide)
    writer.add_head_count(4), writer.add_head_count_kv(2), writer.add_layer_norm_rms_eps(1e-5), writer.add_rope_freq_base(10000.0)
    alphabet = [chr(b) for b in [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]]
    alphabet += [chr(256 + i) for i in range(256 - len(alphabet))]
    tokens = ["<end>"] + alphabet + [a + b for a, b in zip("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq", "etaoinshrdlucmfwypvbgkjqxzetaoinshrdlucmfwy")]
    writer.add_tokenizer_model("gpt2"), writer.add_tokenizer_pre("gpt-2"), writer.add_token_list(tokens), writer.add_token_types([3] + [1] * (len(tokens) - 1))
    writer.add_token_merges([f"{t[0]} {t[1]}" for t in tokens[257:]]), writer.add_eos_token_id(0)

    def matrix(name, rows, columns, kind=kind):
        values = random.normal(0, 0.7 / np.sqrt(columns), (rows, columns)).astype(np.float32)
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)

    def vector(name, count):
        writer.add_tensor(name, (1 + random.normal(0, 0.1, count)).astype(np.float32))

    matrix("token_embd.weight", vocabulary, width)
    for layer in range(2):
        name = f"blk.{layer}."
        vector(name + "attn_norm.weight", width), vector(name + "ffn_norm.weight", width)
        for part, rows, columns in (("attn_q", width, width), ("attn_k", 32, width), ("attn_v", 32, width), ("attn_output", width, width),
                                    ("ffn_gate", wide, width), ("ffn_up", wide, width), ("ffn_down", width, wide)):
            matrix(name + part + ".weight", rows, columns)
    vector("output_norm.weight", width)
    if not tied:
        matrix("output.weight", vocabulary, width)
    writer.write_header_to_file(), writer.write_kv_data_to_file(), writer.write_tensors_to_file()
    writer.close()
    assert len(tokens) == vocabulary, len(tokens)
    return path


def main():
    model = str(pathlib.Path(sys.argv[1]) / "SmolLM2-135M-Instruct.Q4_1.gguf")
    greedy(model)
    prompt, rows = [7, 42, 120, 9, 250, 260, 299, 1, 0, 33, 80, 81, 82, 5], []
    for kind in (Type.F32, Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q8_0):
        path = tiny(kind, tied=kind in (Type.Q8_0, Type.F16))
        logits = Decoder(path).logits(prompt)
        rows.append({"file": path.name, "tokens": prompt, "last": [round(float(x), 5) for x in logits[-1]], "argmax": [int(i) for i in logits.argmax(-1)]})
    (out / "tiny.json").write_text(json.dumps(rows) + "\n")

    decoder, rows = Decoder(model), []
    for length in (1, 9, 70, 200):
        tokens = [(i * 7919 + 13) % 49152 for i in range(length)]
        logits = decoder.logits(tokens)[-1]
        rows.append({"tokens": tokens, "mean": round(float(logits.mean()), 5), "deviation": round(float(logits.std()), 5),
                     "sample": [round(float(x), 4) for x in logits[::97]], "best": [int(i) for i in np.argsort(-logits)[:5]]})
    (out / "smollm.json").write_text(json.dumps(rows) + "\n")


if __name__ == "__main__":
    main()
