#!/usr/bin/env bash
# Installs the Debian packages that Quarry builds and runs with, or those that are named; does nothing when they are there.
set -euo pipefail

packages=(
  libsqlite3-dev         # truth and metadata
  libfaiss-dev           # vector index
  libopenblas-dev        # FAISS's matrix products: 25 times faster than the reference BLAS it comes with
  libcmark-gfm-dev libcmark-gfm-extensions-dev  # Markdown
  libgumbo-dev           # HTML
  libuchardet-dev        # encodings of text that says nothing of its own
  libstemmer-dev         # stems of words in thirty languages
  libgmime-3.0-dev       # e-mail
  poppler-utils          # PDF
  poppler-data           # PDF in Chinese, Japanese and Korean
  pandoc                 # office documents, e-books, notebooks, markup
  libarchive-tools       # archives, and what office documents are packed in
  tesseract-ocr          # text in pictures
  pkg-config python3-venv
)

[ $# -eq 0 ] || packages=("$@")

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "packages: all ${#packages[@]} are installed"
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "error: this script installs Debian packages, and there is no apt-get here" >&2
  echo "try: install the equivalents of: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "error: not root, and no sudo to install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "packages: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
