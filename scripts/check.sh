#!/usr/bin/env bash
# The front door: everything that must hold before a change lands. About ten
# minutes on 2 cores. Longer runs have scripts of their own, see the README.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(git ls-files '*.go' | grep -v testdata/ | xargs gofmt -l)
if [ -n "$unformatted" ]; then
	echo "not formatted, run gofmt -w on:" "$unformatted" >&2
	exit 1
fi
go vet ./...

# Go's own tests of what the patches touch, on every backend and on the base
# release; scripts/gostd.sh has all of them.
go run ./test/gostd -race off internal/poll net os sync runtime/metrics

go test -timeout 40m "$@" ./...
