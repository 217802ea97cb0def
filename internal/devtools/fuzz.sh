#!/usr/bin/env bash
# Fuzzes every target of the repository, one after the other, each for FUZZTIME. What is found is written to the target's
# testdata/fuzz, to be mended and committed: from then on `go test` runs it. Ends with 1 if anything was found.
#
#   FUZZTIME   how long each target runs (10s)
#   FUZZ       a regular expression: only targets whose "package Name" matches (.)
#   PARALLEL   workers of a target (1)
#   PACKAGES   where to look for targets (./...)
set -euo pipefail
cd "$(dirname "$0")/../.."

fuzztime=${FUZZTIME:-10s} wanted=${FUZZ:-.} parallel=${PARALLEL:-1}
read -ra packages <<<"${PACKAGES:-./...}"

# targets lists "package Name". go test names the targets of a package first, and then, in a line of its own, the package.
targets() {
  go test -vet=off -list '^Fuzz' "${packages[@]}" | awk '
    /^Fuzz/      { names[n++] = $1 }
    $1 == "ok"   { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }
    $1 == "FAIL" { print > "/dev/stderr"; exit 1 }' | grep -E -- "$wanted"
}

# fuzz runs one target. Before Go 1.27 the end of FUZZTIME itself may be reported as a failure (golang.org/issue/75804): one that
# complains of nothing else is none.
fuzz() {
  local package=$1 name=$2
  go test -vet=off -run '^$' -fuzz "^$name\$" -fuzztime "$fuzztime" -fuzzminimizetime 1000x -parallel "$parallel" "$package" \
    </dev/null 2>&1 | tee "$output" && return
  grep -qx '    context deadline exceeded' "$output" && ! grep -qE 'Failing input|panic|goroutine' "$output"
}

output=$(mktemp)
trap 'rm -f "$output"' EXIT
list=$(targets)
found=()
while read -r package name; do
  echo "== $package $name, $fuzztime"
  fuzz "$package" "$name" || found+=("$package $name")
done <<<"$list"

if ((${#found[@]})); then
  printf '== found something: %s\n' "${found[@]}"
  exit 1
fi
echo "== nothing found in $(wc -l <<<"$list") targets"
