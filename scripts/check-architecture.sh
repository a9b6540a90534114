#!/usr/bin/env bash
# Every path that ARCHITECTURE.md names is there, and every module has a line in it.
set -euo pipefail
cd "$(dirname "$0")/.."
status=0
while read -r path; do
  [ -e "$path" ] || { echo "ARCHITECTURE.md names $path, which is not there" >&2; status=1; }
done < <(grep -oE '`(Sources|Tests|Corpora|Indexes|scripts|Fuzz)/[A-Za-z0-9_./+-]*`' ARCHITECTURE.md | tr -d '`' | sort -u)
for module in Sources/*/; do
  grep -q "$(basename "$module")" ARCHITECTURE.md || { echo "ARCHITECTURE.md says nothing of $module" >&2; status=1; }
done
exit $status
