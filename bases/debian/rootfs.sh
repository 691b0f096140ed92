#!/usr/bin/env bash
# Writes the root file system of a stand-in for debian:bookworm: what
# the slim one has, and the documentation, manuals and translations as well.
# Usage: rootfs.sh OUT.tar
set -euo pipefail
exec "$(dirname -- "${BASH_SOURCE[0]}")/../lib/debian-rootfs" --with-docs "$@"
