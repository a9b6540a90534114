#!/usr/bin/env python3
"""Measures the peers that `quarry bench` compares with, on the same machine in the same run.

  peers.py GGUF MINILM_ONNX TOKENIZER_JSON     prints {"prefill_512": tok/s, "decode_64": tok/s, "embed_16x128": tok/s, ...}

llama.cpp through xllamacpp (the same GGUF file, two threads, no prompt cache); MiniLM through ONNX Runtime (int8 weights). Medians of
three runs. Run by the Python of `make bench-peers`; a peer that is missing is left out.
"""
import json, os, statistics, sys, time


def llama(path, threads):
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.n_ctx, parameters.n_parallel = 2048, 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(parameters)
    prefill, decode = [], []
    for run in range(3):
        prompt = [100 + (run * 977 + i * 31) % 40000 for i in range(512)]
        request = {"prompt": prompt, "max_tokens": 64, "temperature": 0, "cache_prompt": False, "ignore_eos": True}
        timings = server.handle_completions(request)["timings"]
        prefill.append(timings["prompt_per_second"])
        decode.append(timings["predicted_per_second"])
    return {"prefill_512": statistics.median(prefill), "decode_64": statistics.median(decode)}


def onnx(path, threads):
    import numpy, onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = {i.name for i in session.get_inputs()}

    def run(rows, columns):
        ids = numpy.random.default_rng(7).integers(1000, 30000, (rows, columns))
        inputs = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
        inputs = {name: value for name, value in inputs.items() if name in names}
        times = []
        for _ in range(5):
            start = time.perf_counter()
            session.run(None, inputs)
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    return {"embed_16x128": 16 * 128 / run(16, 128), "embed_query_ms": 1000 * run(1, 16)}


def main():
    gguf, minilm = sys.argv[1:3]
    threads, result = len(os.sched_getaffinity(0)), {}
    for name, measure in (("llama.cpp", lambda: llama(gguf, threads)), ("ONNX Runtime", lambda: onnx(minilm, threads))):
        try:
            result.update(measure())
        except Exception as error:
            print(f"{name}: left out: {error}", file=sys.stderr)
    # llama.cpp logs to standard output's descriptor too; the result is the last line.
    print(json.dumps(result))


if __name__ == "__main__":
    main()
