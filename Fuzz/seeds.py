#!/usr/bin/env python3
"""Writes a few small right files for each fuzzer to start from: seeds.py FOLDER. Standard library only."""

import json
import pathlib
import struct
import sys


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def strings(key, values):
    return text(key) + struct.pack("<IIQ", 9, 8, len(values)) + b"".join(map(text, values))


def numbers(key, type_id, form, values):
    return text(key) + struct.pack("<IIQ", 9, type_id, len(values)) + struct.pack(f"<{len(values)}{form}", *values)


def string(key, value):
    return text(key) + struct.pack("<I", 8) + text(value)


def integer(key, value):
    return text(key) + struct.pack("<II", 4, value)


def gguf(entries, tensors=(), version=3):
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(entries)) + b"".join(entries)
    data = b""
    for name, shape, type_id, payload in tensors:
        head += text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape) + struct.pack("<IQ", type_id, len(data))
        data += payload + bytes(-len(payload) % 32)
    return head + bytes(-len(head) % 32) + data


def safetensors(tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, dtype, shape, payload in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(payload)]}
        data += payload
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + data


def byte_pieces():
    """GPT-2's printable character for each byte."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = (byte for byte in range(256) if byte not in printable)
    table = {byte: chr(byte) for byte in printable} | {byte: chr(256 + index) for index, byte in enumerate(others)}
    return [table[byte] for byte in range(256)]


def main(folder):
    special = ["<|im_start|>", "<|im_end|>"]
    pieces = special + byte_pieces() + ["th", "the", "Ġthe"]
    bpe = [
        string("tokenizer.ggml.model", "gpt2"), string("tokenizer.ggml.pre", "smollm"), strings("tokenizer.ggml.tokens", pieces),
        numbers("tokenizer.ggml.token_type", 5, "i", [3] * 2 + [1] * (len(pieces) - 2)),
        strings("tokenizer.ggml.merges", ["t h", "th e", "Ġ the"]), integer("tokenizer.ggml.eos_token_id", 1),
        string("tokenizer.chat_template", "{{'<|im_start|>system\nYou help<|im_end|>\n'}}"),
    ]
    units = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + ["▁", "t", "h", "e", "th", "▁the"]
    spm = [
        string("tokenizer.ggml.model", "llama"), strings("tokenizer.ggml.tokens", units),
        numbers("tokenizer.ggml.scores", 6, "f", [-float(index) for index in range(len(units))]),
        numbers("tokenizer.ggml.token_type", 5, "i", [2, 3, 3] + [6] * 256 + [1] * 6), integer("tokenizer.ggml.bos_token_id", 1),
        integer("tokenizer.ggml.unknown_token_id", 0),
    ]
    scalars = [text("a") + struct.pack("<IQ", 10, 2**63), text("b") + struct.pack("<Id", 12, 0.5), text("c") + struct.pack("<IB", 7, 1)]
    tensors = [("x", (4, 2), 0, bytes(32)), ("y.weight", (32,), 8, bytes(34)), ("z", (256, 1, 2), 14, bytes(420))]
    files = {
        "gguf/bpe": gguf(bpe), "gguf/spm": gguf(spm), "gguf/scalars": gguf(scalars, tensors),
        "gguf/version-2": gguf([integer("general.alignment", 32)], tensors[:1], version=2),
        "gguf/small-bpe": gguf([string("tokenizer.ggml.model", "gpt2"), strings("tokenizer.ggml.tokens", ["a", "b", "ab"]),
                                strings("tokenizer.ggml.merges", ["a b"])]),
        "safetensors/one": safetensors([("x", "F32", [2, 2], bytes(16))]),
        "safetensors/types": safetensors([("a", "BF16", [3], bytes(6)), ("b", "I64", [], bytes(8)), ("c", "U8", [0, 5], b"")], {"format": "pt"}),
        "safetensors/empty": safetensors([]),
    }
    for name, data in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


main(sys.argv[1])
