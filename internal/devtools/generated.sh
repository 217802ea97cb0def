#!/usr/bin/env bash
# Complains when the Go code in proto/ is not what protoc makes of the .proto files. Skips, and says so, where protoc is not
# installed, or not the version of protoc-gen-go that made what is there: another makes other code. The version of protoc
# itself is left out, since only a comment tells it.
set -euo pipefail
cd "$(dirname "$0")/../.."
module=$(go list -m)

plugin=$(grep -ho 'protoc-gen-go v.*' proto/parley/v1/*.pb.go | sort -u)
if ! command -v protoc >/dev/null; then
  echo "make generated: protoc is not installed, skipped"
  exit 0
fi
if [ "$(protoc-gen-go --version 2>/dev/null)" != "$plugin" ]; then
  echo "make generated: $plugin is not installed, skipped"
  exit 0
fi

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
protoc -I proto --go_out="$made" --go_opt=module="$module" proto/parley/v1/*.proto

# code prints a file without the comment that tells protoc's version.
code() { grep -vE '^//[[:space:]]+protoc[[:space:]]+v' "$1"; }

stale=0
while read -r file; do
  if ! cmp -s <(code "$made/$file") <(code "$file"); then
    echo "$file is stale: run make proto"
    stale=1
  fi
done < <(cd "$made" && find . -name '*.pb.go')
exit $stale
