#!/usr/bin/env python3
"""The peers as a process that is asked one measurement at a time, so that a benchmark can take turns with it.

One JSON object a line on standard input, one on standard output ({"error": …} when it fails):
  {"op": "load", "model": path}                               {"seconds", "memory_bytes", "build", "flash": {"prefill", "decode"}}
  {"op": "generate", "prompt": n, "decode": m}                {"prefill_seconds", "decode_seconds"}
  {"op": "batch", "sequences": s, "prompt": n, "decode": m}   {"decode_seconds"}
  {"op": "embed", "model": path, "rows": r, "columns": c}     {"seconds"}

llama.cpp as it runs best here: all cores, the file mapped, weights repacked where it does that, and flash attention on or off, whichever a
short trial after loading found faster, for prefill and decode apart. A load is timed until one token is read; its memory is that with 512
read. Only the calls into the library are timed, not Python between them. Run by the Python of `make bench-peers`.
"""
import json
import os
import sys
import time

import llama


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Peer:
    def __init__(self):
        self.library = self.model = self.batch_context = None
        self.sessions = {}

    def load(self, model):
        if self.library is None:
            # Where Quarry is held to AVX2, so is llama.cpp: the wheel is built for it.
            self.library = llama.Library(native=os.environ.get("QUARRY_CPU") != "avx2")
        if self.model:
            for context in {*self.contexts.values(), self.batch_context} - {None}:
                self.library.lib.llama_free(context)
            self.library.lib.llama_model_free(self.model.model)
            self.model = self.batch_context = None
        before, start = resident_bytes(), time.perf_counter()
        self.model = llama.Model(self.library, model, context=1024)
        self.model.decode([(1, 0, 0, True)])
        seconds = time.perf_counter() - start
        self.model.clear()
        self.model.decode([(token, i, 0, i == 511) for i, token in enumerate(self.prompt(512))])
        memory = resident_bytes() - before
        self.library.lib.llama_free(self.model.context)
        self.contexts = {flash: self.model.make_context(4096, flash=flash) for flash in (0, 1)}
        trials = {flash: (self.generate(256, 8, flash), self.generate(256, 8, flash))[1] for flash in (0, 1)}
        self.best = {what: min(trials, key=lambda flash: trials[flash][what + "_seconds"]) for what in ("prefill", "decode")}
        return {"seconds": seconds, "memory_bytes": memory, "build": self.library.build(), "flash": self.best}

    def prompt(self, count):
        return [(i * 7919 + 13) % self.model.n_vocab for i in range(count)]

    def generate(self, prompt, decode, flash=None):
        modes = {what: flash if flash is not None else self.best[what] for what in ("prefill", "decode")}
        tokens, model = self.prompt(prompt), self.model
        for context in self.contexts.values():
            model.clear(context)

        def read(flash):
            seconds = 0.0
            for first in range(0, prompt, 2048):
                entries = [(t, first + i, 0, first + i == prompt - 1) for i, t in enumerate(tokens[first : first + 2048])]
                seconds += self.model.decode(entries, self.contexts[flash])
            return seconds, self.greedy(len(entries) - 1, self.contexts[flash])

        prefill, token = read(modes["prefill"])
        if decode and modes["decode"] != modes["prefill"]:
            _, token = read(modes["decode"])
        seconds = 0.0
        for i in range(decode):
            seconds += self.model.decode([(token, prompt + i, 0, True)], self.contexts[modes["decode"]])
            token = self.greedy(0, self.contexts[modes["decode"]])
        return {"prefill_seconds": prefill, "decode_seconds": seconds}

    def batch(self, sequences, prompt, decode):
        """Sequences that share nothing, each with its own prompt, one token of each in every call. The prompts are kept for the next run."""
        model = self.model
        if self.batch_context is None:
            self.batch_context = model.make_context(sequences * (prompt + decode + 8), sequences, flash=self.best["decode"])
            self.batch_tokens = []
            for s in range(sequences):
                entries = [((t + s) % model.n_vocab, i, s, i == prompt - 1) for i, t in enumerate(self.prompt(prompt))]
                model.decode(entries, self.batch_context)
                self.batch_tokens.append(self.greedy(prompt - 1, self.batch_context))
        context, tokens = self.batch_context, self.batch_tokens
        for s in range(sequences):
            self.library.lib.llama_memory_seq_rm(self.library.lib.llama_get_memory(context), s, prompt, -1)
        seconds = 0.0
        for i in range(decode):
            seconds += model.decode([(tokens[s], prompt + i, s, True) for s in range(sequences)], context)
            tokens = [self.greedy(s, context) for s in range(sequences)]
        return {"decode_seconds": seconds}

    def greedy(self, index, context):
        return int(self.model.logits(index, context).argmax())

    def embed(self, model, rows, columns):
        """MiniLM in ONNX Runtime, weights int8, every row full: no padding is computed there either."""
        import numpy
        import onnxruntime

        if model not in self.sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = llama.thread_count()
            self.sessions[model] = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        session = self.sessions[model]
        ids = numpy.random.default_rng(7).integers(1000, 30000, (rows, columns))
        inputs = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
        names = {i.name for i in session.get_inputs()}
        start = time.perf_counter()
        session.run(None, {name: value for name, value in inputs.items() if name in names})
        return {"seconds": time.perf_counter() - start}


def main():
    # Libraries write what they please to standard output; answers go where only this process writes.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    peer = Peer()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"load": peer.load, "generate": peer.generate, "batch": peer.batch, "embed": peer.embed}[request.pop("op")](**request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
