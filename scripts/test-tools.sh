#!/usr/bin/env bash
# Makes a Python environment with the official OpenAI client, which the end-to-end tests use as a user would.
set -euo pipefail
folder=$1
client='openai==3.54.0'
if [ -x "$folder/bin/python" ] && "$folder/bin/python" -m pip show -q "${client%%=*}" 2>/dev/null; then
  echo "test tools: there already"
  exit 0
fi
python3 -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$client"
echo "test tools: $client"
