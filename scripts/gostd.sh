#!/usr/bin/env bash
# Go's own tests of the packages that the patches touch, on the base release and
# on each backend, one table. Hours on 2 cores; -h shows the flags.
set -euo pipefail
cd "$(dirname "$0")/.."
exec go run ./test/gostd "$@"
