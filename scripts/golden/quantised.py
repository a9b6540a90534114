#!/usr/bin/env python3
"""Random blocks of every quantised GGML type with the floats that the `gguf` package reads from them.

    python3 scripts/golden/quantised.py Tests/Golden/quantised/blocks.json

Needs numpy and gguf (0.19 made the committed file).
"""
import json
import sys

import numpy as np
from gguf import GGMLQuantizationType as Q
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize

# Where a block's half-precision numbers lie: any bytes would give NaN or huge scales now and then.
HALVES = {
    Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0], Q.Q5_1: [0, 2], Q.Q8_0: [0], Q.Q2_K: [80, 82], Q.Q3_K: [108], Q.Q4_K: [0, 2], Q.Q5_K: [0, 2],
    Q.Q6_K: [208], Q.IQ4_NL: [0], Q.IQ4_XS: [0], Q.MXFP4: [],
}


def main(path):
    random = np.random.default_rng(20261123)
    cases = []
    for kind, halves in HALVES.items():
        columns, size = GGML_QUANT_SIZES[kind]
        blocks = max(1, 64 // columns)
        rows = random.integers(0, 256, (2, blocks * size), dtype=np.uint8)
        for block in range(blocks):
            for offset in halves:
                scales = random.uniform(-0.05, 0.05, 2).astype(np.float16)
                rows[:, block * size + offset : block * size + offset + 2] = scales.view(np.uint8).reshape(2, 2)
            if kind == Q.MXFP4:
                rows[:, block * size] = random.integers(0, 140, 2)
        floats = dequantize(rows, kind)
        for row, values in zip(rows, floats):
            cases.append({"type": int(kind), "name": kind.name, "bytes": row.tobytes().hex(), "floats": [float(np.float32(v)) for v in values]})
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


main(sys.argv[1])
