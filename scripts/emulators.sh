#!/usr/bin/env bash
# Installs what 'ziobuild matrix' runs ports with, on Debian 12 and 13.
#
#   scripts/emulators.sh [user] [system] [wasm] [wine] [-h]
#
#   user    QEMU's user emulators: linux ports on this machine's kernel
#   system  QEMU's machines, and what fetches kernels for them: real io_uring
#   wasm    Node.js, and wazero by the Go module proxy into /usr/local/bin
#   wine    Wine 10, on Debian 13
#
# Without arguments all that this Debian has. On Debian 12 QEMU comes from bookworm-backports:
# 12's own 7.2 breaks os/exec in the user emulators. It needs root.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' scripts/emulators.sh; }
bad() { echo "emulators.sh: $*" >&2; exit 2; }

parts=()
for arg in "$@"; do
	case $arg in
	-h | -help | --help) usage; exit ;;
	user | system | wasm | wine) parts+=("$arg") ;;
	*) bad "there is no part $arg; see scripts/emulators.sh -h" ;;
	esac
done
[ "$(id -u)" = 0 ] || bad "run it as root"

. /etc/os-release
case ${ID:-}-${VERSION_ID:-} in
debian-12 | debian-13) ;;
*) bad "this is ${PRETTY_NAME:-no Debian}: install QEMU 10 or newer (user emulators and machines) by hand" ;;
esac

if [ ${#parts[@]} = 0 ]; then
	parts=(user system wasm)
	[ "$VERSION_ID" = 12 ] || parts+=(wine)
fi

export DEBIAN_FRONTEND=noninteractive
target=()
if [ "$VERSION_ID" = 12 ]; then
	list=/etc/apt/sources.list.d/bookworm-backports.list
	if ! grep -rqs bookworm-backports /etc/apt/sources.list /etc/apt/sources.list.d; then
		apt-get update -qq
		mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
		[ -n "$mirror" ] || bad "apt knows no mirror of Debian here"
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm-backports main" >"$list"
	fi
	target=(-t bookworm-backports)
fi

packages=()
for part in "${parts[@]}"; do
	case $part in
	user) packages+=(qemu-user) ;;
	system) packages+=(qemu-system-arm qemu-system-mips qemu-system-misc qemu-system-ppc qemu-system-x86
		debian-archive-keyring zstd) ;;
	wasm) command -v node >/dev/null || packages+=(nodejs) ;;
	wine)
		[ "$VERSION_ID" = 13 ] || bad "Wine 8 of Debian 12 lacks functions that Go programs call: use Debian 13"
		dpkg --add-architecture i386
		packages+=(wine wine64)
		;;
	esac
done
apt-get update -qq || echo "emulators.sh: some lists of packages cannot be had now" >&2
# In 13, and in 12's backports, the first two have packages of their own; the third is
# for 32-bit programs.
for part in system:qemu-system-riscv system:qemu-system-s390x wine:wine32:i386; do
	name=${part#*:}
	[[ " ${parts[*]} " = *" ${part%%:*} "* ]] || continue
	if apt-cache show "$name" >/dev/null 2>&1; then
		packages+=("$name")
	elif [ "$VERSION_ID" = 13 ]; then
		echo "emulators.sh: there is no $name here, what needs it will not be run" >&2
	fi
done
[ ${#packages[@]} -eq 0 ] || apt-get install -y -qq --no-install-recommends "${target[@]}" "${packages[@]}"

if [[ " ${parts[*]} " = *" wasm "* ]] && ! command -v wazero >/dev/null; then
	GOBIN=/usr/local/bin GOFLAGS= go install github.com/tetratelabs/wazero/cmd/wazero@v1.9.0
fi
echo "installed for ziobuild matrix: ${parts[*]}"
