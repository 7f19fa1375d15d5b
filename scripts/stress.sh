#!/usr/bin/env bash
# The long stress runs: every program of test/stress on every backend at
# GOMAXPROCS 1, 2 and 8, the variants (race detector, tracer, garbage
# collection, changing GOMAXPROCS, ...), and the conformance and fault tests in
# full. Takes about MINUTES, 10 by default, after what has to be built.
#
# usage: scripts/stress.sh [MINUTES]
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${1:-10}
# About 240 runs of a stress program; each starts and checks for half a second.
ms=$((minutes * 60 * 1000 / 240 - 500))
if [ "$ms" -lt 200 ]; then
	echo "stress.sh: less than 3 minutes is what 'go test ./test/...' does" >&2
	exit 2
fi

# Without a toolchain to test there is nothing to show.
export ZIO_REQUIRE=1

start=$SECONDS
go test -count=1 -timeout $((minutes * 3 + 30))m ./test/stress -stress.full -stress.time "${ms}ms"
# A million trials in ten minutes: 24 runs, ten kinds (six of them nine) and a tenth of another.
go test -count=1 -timeout $((minutes * 3 + 30))m ./test/cancel -run Races -cancel.full -cancel.trials $((minutes * 430))
go test -count=1 -timeout 30m ./test/conformance -conformance.full
go test -count=1 -timeout 30m ./test/fault
echo "stress.sh: complete in $(((SECONDS - start) / 60)) minutes"
