#!/usr/bin/env bash
# The front door: everything that must hold before a change lands. About 20
# minutes on 2 cores. Longer runs have scripts of their own, see the README.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(git ls-files '*.go' | grep -v testdata/ | xargs gofmt -l)
if [ -n "$unformatted" ]; then
	echo "not formatted, run gofmt -w on:" "$unformatted" >&2
	exit 1
fi
go vet ./...
go test -timeout 40m "$@" ./...
