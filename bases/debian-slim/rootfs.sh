#!/usr/bin/env bash
# Writes the root file system of a stand-in for debian:bookworm-slim.
# Usage: rootfs.sh OUT.tar
set -euo pipefail
exec "$(dirname -- "${BASH_SOURCE[0]}")/../lib/debian-rootfs" "$@"
