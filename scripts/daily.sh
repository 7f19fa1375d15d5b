#!/usr/bin/env bash
# What a Go user does in a week, done with ziobuild: all of test/daily, the long
# ones too. Some need the network, a C compiler, clang, node, or root to mount.
# A few minutes. Arguments are those of go test, such as -run TestDaily/pgo.
set -euo pipefail
cd "$(dirname "$0")/.."
ZIO_DAILY=all exec go test -count=1 -timeout 60m -v ./test/daily "$@"
