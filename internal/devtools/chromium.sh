#!/usr/bin/env bash
# Prints the path of a Chromium for the tests of pages (test/compat, test/browser). Where there is none, it installs Debian's, which wants
# root, or sudo without a password; what it does for that goes to stderr.
set -euo pipefail

find_it() {
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" && return
  done
  return 1
}

find_it && exit

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >&2; }
if ! command -v apt-get >/dev/null; then
  echo "chromium.sh: no Chromium on the PATH, and no apt-get to install one" >&2
  exit 1
fi
echo "chromium.sh: installing Chromium" >&2
# Lists that are stale lead to packages that are gone; one that cannot be renewed may still do.
apt update || true
apt install -y --no-install-recommends chromium || { echo "chromium.sh: install Chromium by hand: apt-get install chromium" >&2; exit 1; }
find_it
