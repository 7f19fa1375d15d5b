#!/usr/bin/env bash
# Other architectures: 32 bits, big-endian, and guests with a ring of their own, with
# the short matrix. Where emulators or kernels cannot be had, that is said and no
# failure.
#
# usage: scripts/architectures.sh
set -euo pipefail
cd "$(dirname "$0")/.."

# One may be there and not the other; the matrix says what is missing.
for part in user system; do
	scripts/emulators.sh $part || echo "scripts/emulators.sh $part: NOT INSTALLED" >&2
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go build -o "$tmp/ziobuild" ./cmd/ziobuild
matrix() {
	local code=0 start=$SECONDS
	timeout -k 10 15m "$tmp/ziobuild" matrix -short "$@" || code=$?
	echo "matrix $*: $((SECONDS - start)) s" >&2
	case $code in
	0) ;;
	3) echo "matrix $*: NOT RUN" >&2 ;;
	*) exit "$code" ;;
	esac
}
matrix -runner qemu-user -run linux/386,linux/s390x,linux/arm64
matrix -runner qemu-system -run linux/arm64,linux/arm
