#!/usr/bin/env bash
# The front door: everything that must hold before a change lands.
#
#   scripts/check.sh [-quick] [-run PATTERN] [-backend NAME] [-target GOOS/GOARCH] [-h] [flags of go test]
#
#   -quick    format, vet, commit messages, and the tests that need no base release: a minute
#   -run      only tests whose names match, of this module; nothing else
#   -backend  only this backend (io_uring, epoll, poll, off) in Go's own tests
#   -target   only that std and this module compile for the target
#
# Without flags it takes about ten minutes on 2 cores. Longer runs have scripts of
# their own: daily.sh, gostd.sh, stress.sh, ecosystem.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' scripts/check.sh; }
bad() { echo "check.sh: $*; see scripts/check.sh -h" >&2; exit 2; }

quick= run= sides=io_uring,epoll,poll,off target= flags=()
while [ $# -gt 0 ]; do
	case $1 in
	-h | -help | --help) usage; exit ;;
	-quick) quick=1 ;;
	-run | -backend | -target)
		[ $# -gt 1 ] || bad "$1 needs a value"
		case $1 in
		-run) run=$2 ;;
		-backend) sides=$2 ;;
		-target) target=$2 ;;
		esac
		shift
		;;
	-*) flags+=("$1") ;;
	*) bad "unexpected argument $1" ;;
	esac
	shift
done
case ",io_uring,epoll,poll,off,io_uring,epoll,poll,off," in
*",$sides,"*) ;;
*) bad "no backend $sides: use io_uring, epoll, poll or off" ;;
esac

if [ -n "$target" ]; then
	GOOS=${target%/*} GOARCH=${target#*/}
	[ "$GOOS/$GOARCH" = "$target" ] || bad "-target is GOOS/GOARCH, such as windows/amd64"
	go build -o "${TMPDIR:-/tmp}/ziobuild-check.$$" ./cmd/ziobuild
	trap 'rm -f "${TMPDIR:-/tmp}/ziobuild-check.$$"' EXIT
	export GOOS GOARCH CGO_ENABLED=0
	"${TMPDIR:-/tmp}/ziobuild-check.$$" build std
	"${TMPDIR:-/tmp}/ziobuild-check.$$" vet ./cmd/...
	exit
fi

test=(go test -timeout 40m)
[ ${#flags[@]} -eq 0 ] || test+=("${flags[@]}")
if [ -n "$run" ]; then
	exec "${test[@]}" -run "$run" ./...
fi

unformatted=$(git ls-files -co --exclude-standard '*.go' | grep -v testdata/ | xargs gofmt -l)
if [ -n "$unformatted" ]; then
	echo "not formatted, run gofmt -w on:" "$unformatted" >&2
	exit 1
fi
go vet ./...
scripts/messages.sh

# Pinned, and by the module proxy: they are no dependencies of this module. The
# deprecated functions that they would name are what is tested.
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
if GOFLAGS= GOBIN=$tools go install honnef.co/go/tools/cmd/staticcheck@v0.8.2 &&
	GOFLAGS= GOBIN=$tools go install golang.org/x/tools/cmd/deadcode@v0.52.0 &&
	GOFLAGS= GOBIN=$tools go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7; then
	"$tools/actionlint"
	"$tools/staticcheck" -checks 'SA*,U1000,-SA1019' ./...
	dead=$("$tools/deadcode" -test ./...)
	if [ -n "$dead" ]; then
		printf 'nothing uses:\n%s\n' "$dead" >&2
		exit 1
	fi
else
	echo "staticcheck, deadcode and actionlint cannot be fetched here: NOT RUN" >&2
fi

if [ -n "$quick" ]; then
	"${test[@]}" -short ./cmd/... ./internal/... ./bench/... ./test/internal/...
	exit
fi

# Go's own tests of what the patches touch, on every backend and on the base
# release; scripts/gostd.sh has all of them.
go run ./test/gostd -race off -sides "$sides" internal/poll net os sync runtime/metrics

# White-box tests of the submission core, also with more Ps than processors.
go build -o "$tools/ziobuild" ./cmd/ziobuild
for procs in 1 2 8; do
	GOMAXPROCS=$procs "$tools/ziobuild" test -short -count=1 -timeout 5m -run '^TestZio' runtime
done

"${test[@]}" ./...
