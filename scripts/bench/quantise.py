#!/usr/bin/env python3
"""Writes the benchmark's models: one generator in every weight type, and a wide one with random weights.

  quantise.py GGUF FOLDER [--types Q4_0,Q8_0,…] [--wide Q4_K_M,…]

SmolLM2-135M comes only as Q4_1, so that file is dequantised and quantised again with llama.cpp's own quantiser: what a type loses is not
measured here, both engines read the same file. Its rows have 576 elements, no multiple of the K-quants' 256; as llama.cpp does, such
tensors fall back to a 32-element type, and only `ffn_down` (1,536) stays. `wide-768` exists for that: a llama of similar size whose rows
are all multiples of 256, seeded random weights, the same tokenizer. Files that are there already are kept.
Run by the Python of `make bench-peers`.
"""
import argparse
import concurrent.futures
import os
import sys

import gguf
import numpy

import llama

T = gguf.GGMLQuantizationType
TYPES = ["F32", "F16", "BF16", "Q4_0", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K_M", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "MXFP4"]
WIDE_TYPES = ["Q2_K", "Q3_K", "Q4_K_M", "Q5_K", "Q6_K", "IQ4_XS"]
FALLBACK = {T.Q2_K: T.IQ4_NL, T.Q3_K: T.IQ4_NL, T.IQ4_XS: T.IQ4_NL, T.Q4_K: T.Q5_0, T.Q5_K: T.Q5_1, T.Q6_K: T.Q8_0}
FLOATS = (T.F32, T.F16, T.BF16)
WIDE = {"width": 768, "ffn": 2048, "layers": 17, "heads": 12, "kv_heads": 4}


def tensor_type(kind, name, shape, layers):
    """The type that a tensor gets in a file of this kind."""
    if len(shape) < 2:
        return T.F32
    base = T[kind.removesuffix("_M")]
    if base in FLOATS:
        return base
    if name == "token_embd.weight":
        # It is the output head too; the K-quants keep it at six bits where the rows allow.
        base = T.Q6_K if gguf.GGML_QUANT_SIZES[base][0] == 256 else T.Q8_0
    elif kind == "Q4_K_M" and (".attn_v." in name or ".ffn_down." in name):
        layer = int(name.split(".")[1])
        if layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2:
            base = T.Q6_K
    return FALLBACK[base] if shape[-1] % gguf.GGML_QUANT_SIZES[base][0] else base


def smol_tensors(reader):
    for tensor in reader.tensors:
        yield tensor.name, tuple(int(n) for n in reversed(tensor.shape)), lambda t=tensor: gguf.dequantize(t.data, t.tensor_type)


def wide_tensors(vocabulary):
    width, ffn, kv = WIDE["width"], WIDE["ffn"], WIDE["width"] // WIDE["heads"] * WIDE["kv_heads"]

    def random(name, n, k):
        seed = [7, *name.encode()]
        return lambda: numpy.random.default_rng(seed).standard_normal((n, k), dtype=numpy.float32) / numpy.float32(numpy.sqrt(k))

    def matrix(name, n, k):
        return name, (n, k), random(name, n, k)

    yield matrix("token_embd.weight", vocabulary, width)
    yield "output_norm.weight", (width,), lambda: numpy.ones(width, numpy.float32)
    for i in range(WIDE["layers"]):
        for norm in ("attn_norm", "ffn_norm"):
            yield f"blk.{i}.{norm}.weight", (width,), lambda: numpy.ones(width, numpy.float32)
        yield matrix(f"blk.{i}.attn_q.weight", width, width)
        yield matrix(f"blk.{i}.attn_k.weight", kv, width)
        yield matrix(f"blk.{i}.attn_v.weight", kv, width)
        yield matrix(f"blk.{i}.attn_output.weight", width, width)
        yield matrix(f"blk.{i}.ffn_gate.weight", ffn, width)
        yield matrix(f"blk.{i}.ffn_up.weight", ffn, width)
        yield matrix(f"blk.{i}.ffn_down.weight", width, ffn)


def write(path, kind, reader, tensors, layers, overrides, library):
    writer = gguf.GGUFWriter(path + ".part", "llama")
    for field in reader.fields.values():
        if field.name == "general.architecture" or field.name.startswith("GGUF."):
            continue
        value_type, sub_type = field.types[0], field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, overrides.get(field.name, field.contents()), value_type, sub_type=sub_type)

    def data(entry):
        name, shape, floats = entry
        target = tensor_type(kind, name, shape, layers)
        values = floats().astype(numpy.float32)
        if target in FLOATS:
            return name, shape, target, gguf.quantize(values, target)
        return name, shape, target, library.quantise(target, values)

    with concurrent.futures.ThreadPoolExecutor(llama.thread_count()) as pool:
        for name, shape, target, values in pool.map(data, tensors):
            writer.add_tensor(name, values, raw_dtype=target)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.rename(path + ".part", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf")
    parser.add_argument("folder")
    parser.add_argument("--types", default=",".join(TYPES), help="of the generator; all by default, none with ''")
    parser.add_argument("--wide", default=",".join(WIDE_TYPES), help="of the wide model")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    jobs = [(k, False) for k in arguments.types.split(",") if k] + [(k, True) for k in arguments.wide.split(",") if k]
    for kind, _ in jobs:
        if kind not in TYPES:
            sys.exit(f"{kind}: not one of {', '.join(TYPES)}")
    name = os.path.basename(arguments.gguf).split(".")[0]
    jobs = [(k, w, os.path.join(arguments.folder, f"{'wide-768' if w else name}.{k}.gguf")) for k, w in jobs]
    jobs = [job for job in jobs if not os.path.exists(job[2])]
    if not jobs:
        return
    reader, library = gguf.GGUFReader(arguments.gguf), llama.Library(native=False)
    layers = reader.get_field("llama.block_count").contents()
    vocabulary = len(reader.get_field("tokenizer.ggml.tokens").data)
    for kind, wide, path in jobs:
        print(f"writing {path}", file=sys.stderr, flush=True)
        if wide:
            overrides = {
                "general.name": "wide-768, random weights", "llama.embedding_length": WIDE["width"], "llama.feed_forward_length": WIDE["ffn"],
                "llama.block_count": WIDE["layers"], "llama.attention.head_count": WIDE["heads"],
                "llama.attention.head_count_kv": WIDE["kv_heads"], "llama.rope.dimension_count": WIDE["width"] // WIDE["heads"],
            }
            write(path, kind, reader, wide_tensors(vocabulary), WIDE["layers"], overrides, library)
        else:
            write(path, kind, reader, smol_tensors(reader), layers, {}, library)


if __name__ == "__main__":
    main()
