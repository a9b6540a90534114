#!/usr/bin/env python3
"""Writes a few small right files for each fuzzer to start from: seeds.py FOLDER. Standard library only."""

import json
import pathlib
import random
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


# Elements and bytes of a block, by GGML's number of the type.
BLOCKS = {0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 10: (256, 84), 11: (256, 110), 12: (256, 144),
          13: (256, 176), 14: (256, 210), 20: (32, 18), 23: (256, 136), 30: (1, 2), 39: (32, 17)}


def weights(columns, rows, type_id, randomness):
    elements, size = BLOCKS[type_id]
    if type_id == 0:
        return struct.pack(f"<{columns * rows}f", *(randomness.gauss(0, 0.3) for _ in range(columns * rows)))
    # Any bytes are weights; small ones make small numbers of the halves among them.
    return bytes(randomness.choice((randomness.randrange(256), 0x2A)) for _ in range(rows * columns // elements * size))


def decoder(name, types, width=32, layers=1, vocabulary=40, tied=True, **more):
    """A decoder as small as its architecture allows: 4 heads of 8, one KV head; the matrices take the types in turns."""
    randomness = random.Random(name + str(types))
    entries = [string("general.architecture", name)]
    sizes = {"block_count": layers, "embedding_length": width, "feed_forward_length": 32, "attention.head_count": 4, "attention.key_length": 8,
             "attention.value_length": 8, "context_length": 256}
    entries += [integer(f"{name}.{key}", value) for key, value in sizes.items()]
    entries += [text(f"{name}.attention.layer_norm_rms_epsilon") + struct.pack("<If", 6, 1e-5)]
    convolutions = {0} if name == "lfm2" else set()
    if convolutions:
        entries += [numbers("lfm2.attention.head_count_kv", 5, "i", [0 if layer in convolutions else 1 for layer in range(layers)]),
                    integer("lfm2.shortconv.l_cache", 3)]
    else:
        entries.append(integer(f"{name}.attention.head_count_kv", 1))
    entries += [integer(f"{name}.{key}", value) if isinstance(value, int) else string(f"{name}.{key}", value) if isinstance(value, str)
                else text(f"{name}.{key}") + struct.pack("<If", 6, value) for key, value in more.items()]
    entries += [string("tokenizer.ggml.model", "gpt2"), strings("tokenizer.ggml.tokens", byte_pieces()[0x30:0x30 + vocabulary]),
                strings("tokenizer.ggml.merges", [])]
    tensors, turn = [], 0

    def matrix(tensor, columns, rows):
        nonlocal turn
        fitting = [type_id for type_id in types if columns % BLOCKS[type_id][0] == 0] or [8]
        tensors.append((tensor, (columns, rows), fitting[turn % len(fitting)], weights(columns, rows, fitting[turn % len(fitting)], randomness)))
        turn += 1

    def vector(tensor, *shape):
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        tensors.append((tensor, shape, 0, weights(count, 1, 0, randomness)))

    matrix("token_embd.weight", width, vocabulary)
    if not tied:
        matrix("output.weight", width, vocabulary)
    vector("token_embd_norm.weight" if name == "lfm2" else "output_norm.weight", width)
    for layer in range(layers):
        block = f"blk.{layer}."
        vector(block + "attn_norm.weight", width), vector(block + "ffn_norm.weight", width)
        matrix(block + "ffn_gate.weight", width, 32), matrix(block + "ffn_up.weight", width, 32), matrix(block + "ffn_down.weight", 32, width)
        if layer in convolutions:
            matrix(block + "shortconv.in_proj.weight", width, 3 * width), matrix(block + "shortconv.out_proj.weight", width, width)
            vector(block + "shortconv.conv.weight", 3, width)
            continue
        for part, rows in ("q", 32), ("k", 8), ("v", 8):
            matrix(f"{block}attn_{part}.weight", width, rows)
            if name == "qwen2":
                vector(f"{block}attn_{part}.bias", rows)
        matrix(block + "attn_output.weight", 32, width)
        if name in ("qwen3", "gemma3", "lfm2"):
            vector(block + "attn_q_norm.weight", 8), vector(block + "attn_k_norm.weight", 8)
        if name == "gemma3":
            vector(block + "post_attention_norm.weight", width), vector(block + "post_ffw_norm.weight", width)
    if name == "llama":
        vector("rope_freqs.weight", 4)
        tensors[-1] = tensors[-1][:3] + (struct.pack("<4f", 1, 1, 2, 8),)
    return gguf(entries, tensors)


def decoders():
    yarn = {"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0, "rope.scaling.original_context_length": 64}
    return {
        "llama": decoder("llama", [2, 3, 6, 7], tied=False), "llama-k": decoder("llama", [10, 11, 12, 13, 14, 23], width=256),
        "llama-floats": decoder("llama", [0, 1, 30]), "qwen2": decoder("qwen2", [8, 20, 39]), "qwen3": decoder("qwen3", [8], **yarn),
        "gemma3": decoder("gemma3", [3], layers=2, **{"attention.sliding_window": 3, "attention.sliding_window_pattern": 2}),
        "lfm2": decoder("lfm2", [2], layers=2), "smollm3": decoder("smollm3", [8]),
    }


def encoder(name, types, is_fused, width=16, vocabulary=24):
    """An encoder of one layer with two heads."""
    randomness = random.Random(name + str(types))
    entries = [string("general.architecture", name)]
    sizes = {"block_count": 1, "embedding_length": width, "feed_forward_length": 32, "attention.head_count": 2, "context_length": 12, "pooling_type": 1}
    entries += [integer(f"{name}.{key}", value) for key, value in sizes.items()]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁the", "▁it", "▁'", "s", "▁s", "clock", "▁o", "▁né", "▁c", "▁1"]
    words += [f"▁w{index}" for index in range(vocabulary - len(words))]
    entries += [string("tokenizer.ggml.model", "bert"), strings("tokenizer.ggml.tokens", words)]
    entries += [integer(f"tokenizer.ggml.{key}_token_id", index) for index, key in enumerate(("padding", "unknown", "cls", "seperator"))]
    tensors = []

    def add(tensor, *shape, type_id=0):
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        tensors.append((tensor, shape, type_id, weights(count, 1, type_id, randomness)))

    def linear(tensor, columns, rows, has_bias):
        fitting = [type_id for type_id in types if columns % BLOCKS[type_id][0] == 0] or [1]
        add(f"{tensor}.weight", columns, rows, type_id=fitting[len(tensors) % len(fitting)])
        if has_bias:
            add(f"{tensor}.bias", rows)

    add("token_embd.weight", width, vocabulary, type_id=1), add("token_types.weight", width, 2)
    if name == "bert":
        add("position_embd.weight", width, 12)
    for norm in "token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm":
        add(f"{norm}.weight", width), add(f"{norm}.bias", width)
    for part in ["attn_qkv"] if is_fused else ["attn_q", "attn_k", "attn_v"]:
        linear(f"blk.0.{part}", width, 3 * width if is_fused else width, name == "bert")
    linear("blk.0.attn_output", width, width, name == "bert"), linear("blk.0.ffn_up", width, 32, name == "bert")
    if name == "nomic-bert":
        linear("blk.0.ffn_gate", width, 32, False)
    linear("blk.0.ffn_down", 32, width, name == "bert")
    return gguf(entries, tensors)


def encoders():
    return {"bert": encoder("bert", [0, 1, 8], False), "bert-wide": encoder("bert", [2, 8, 30], True, width=32),
            "nomic": encoder("nomic-bert", [8, 1], True)}


def vocabularies():
    """See VocabularyRecipe.swift: flags, pieces, merges, text."""
    sentence = "It's 12 o'clock,\n\n  né? ▁ 🦊 the the".encode()
    bpe = b"\x09th\n\x09the\n\x09\xc4\xa0the\n\x03<|im_end|>\n\nt h\nth e\n\xc4\xa0 the\n\n"
    sentence_pieces = b"\x0a<unk>\n\x0b<s>\n\x11t\n\x11h\n\x11e\n\x19th\n\x21the\n\x29" + "▁the".encode() + b"\n\x04<b>\n\x04  \n\n\n"
    words = "1[CLS]\n1[SEP]\n1[PAD]\n1[UNK]\n1▁the\n1▁it\n1'\n1s\n1▁'\n1clock\n1▁o\n1▁né\n\n\n".encode()
    whole = {"model": {"type": "WordPiece", "vocab": {"[CLS]": 0, "[SEP]": 1, "[PAD]": 2, "[UNK]": 3, "the": 4, "it": 5, "##s": 6, "model": 7, "##el": 8},
                       "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100},
             "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}}
    seeds = {f"bpe-{flags}": bytes([flags]) + bpe + sentence for flags in (0, 64 + 2, 66 + 3, 66 + 6, 66 + 9, 128 + 64 + 2)}
    seeds |= {f"spm-{flags}": bytes([flags]) + sentence_pieces + sentence for flags in (1, 64, 67)}
    seeds |= {f"wordpiece-{flags}": bytes([flags]) + words + sentence for flags in (2, 65)}
    for name, flags in ("bpe", 0), ("spm", 1), ("wordpiece", 2):
        seeds[f"{name}-none"] = bytes([flags])
    return seeds | {"tokenizer-json": json.dumps(whole, ensure_ascii=False).encode()}


def main(folder):
    golden = pathlib.Path(__file__).resolve().parents[1] / "Tests/Golden"
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
    files |= {f"model/{name}": data for name, data in decoders().items()}
    files |= {f"encoder/{name}": data for name, data in encoders().items()} | {f"tokenizer/{name}": data for name, data in vocabularies().items()}
    files |= {f"template/{path.stem}": path.read_bytes() for path in (golden / "templates").glob("*.jinja")}
    files |= {f"template/snippet-{index}": snippet.encode() for index, snippet in enumerate((golden / "templates/snippets.txt").read_text().split("====\n"))}
    schemas = json.loads((golden / "schemas/schemas.json").read_text())
    # After a zero byte: the way through the grammar.
    files |= {f"schema/{index}": case["schema"].encode() + bytes([0, *range(7, 250, 9)]) for index, case in enumerate(schemas)}
    extremes = ["1e-9223372036854775808", "9223372036854775808", "1E99", "-0.0e0", "0.000000000000000000000000000000000000000001"]
    files |= {f"schema/number-{index}": b'{"type":"number","minimum":%s,"enum":[%s]}\0' % (number.encode(), number.encode())
              for index, number in enumerate(extremes)}
    # A byte for the format, as in FuzzDocument/main.swift.
    names = "md html txt csv tsv json jsonl xml srt vtt py c eml mbox rst".split()
    texts = {
        "md": "---\ntitle: T\n---\n# A\n\n- b\n\n| c | d |\n|---|---|\n| 1 | 2 |\n\n```py\nx\n```\n", "html": "<!DOCTYPE html><title>T</title><h1>A</h1><p>b<table><tr><th>c<td>1</table>",
        "csv": "a,b\n1,\"2\n3\"\n", "tsv": "a\tb\n1\t2\n", "json": '{"a": [1, {"b": "c\\u00e9"}]}', "jsonl": '{"_id": "1", "text": "x"}\n{"_id": "2"}\n',
        "xml": '<?xml version="1.0"?><a><b c="d">e</b><![CDATA[f]]></a>', "txt": "Title\n=====\n\nText.\n", "rst": "Title\n=====\n\nText.\n",
        "py": "class A:\n    def f(self):\n        pass\n", "c": "int f(void) {\n  return 1;\n}\n",
    }
    files |= {f"document/{name}": bytes([names.index(name)]) + text.encode() for name, text in texts.items()}
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Corpora/formats"
    for name, file in (("srt", "interview.srt"), ("vtt", "radio.vtt"), ("eml", "order.eml"), ("mbox", "letters.mbox"), ("xml", "inventory.xml")):
        files[f"document/{file}"] = bytes([names.index(name)]) + (fixtures / file).read_bytes()[:12000]
    # What was found: each was a crash, a hang or memory without bound.
    found = pathlib.Path(__file__).parent / "seeds"
    files |= {str(path.relative_to(found)): path.read_bytes() for path in found.glob("*/*")}
    for name, data in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


main(sys.argv[1])
