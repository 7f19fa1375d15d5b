#!/usr/bin/env bash
# bbolt's own tests, unchanged, on the base release and on each backend, one table. -h shows
# the flags.
set -euo pipefail
cd "$(dirname "$0")/.."
exec go run ./test/ecosystem -programs bbolt "$@"
