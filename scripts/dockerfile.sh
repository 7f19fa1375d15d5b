#!/usr/bin/env bash
# Executes the Dockerfile in chroots made by debootstrap, where there is no daemon.
#
#   scripts/dockerfile.sh [-h] DIR [COMMAND]
#
# DIR gets a folder for each stage, and base, which stays for the next time. The first
# FROM, an image of Go, is Debian and the Go toolchain of this machine. Then COMMAND, if
# there is one, is run in the last stage as its user. It needs root, debootstrap, a mirror
# of Debian and some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' scripts/dockerfile.sh; }
case ${1:--h} in
-h | -help | --help) usage; exit ;;
-*) echo "dockerfile.sh: no flag $1; see -h" >&2; exit 2 ;;
esac
mkdir -p "$1"
dir=$(cd "$1" && pwd)
[ "$(id -u)" = 0 ] || { echo "dockerfile.sh: run it as root" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "dockerfile.sh: install debootstrap" >&2; exit 2; }

stage= root= user=root cwd=/ path=/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
cleanup() { for r in "$dir"/*/proc; do ! mountpoint -q "$r" || umount "$r"; done; }
trap cleanup EXIT

from() {
	[ $# = 1 ] || [ "$2" = AS ] || { echo "dockerfile.sh: FROM $*" >&2; exit 2; }
	stage=${3:-last} user=root cwd=/
	root=$dir/$stage
	rm -rf "$root"
	case $1 in
	golang:*-trixie | debian:13*) ;;
	*) echo "dockerfile.sh: no way to make $1" >&2; exit 2 ;;
	esac
	if [ ! -e "$dir/base/etc/debian_version" ]; then
		rm -rf "$dir/base"
		debootstrap --variant=minbase trixie "$dir/base" >"$dir/base.log"
	fi
	cp -a "$dir/base" "$root"
	# What this machine needs to reach its mirrors is no part of the image.
	cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
	mkdir -p "$root/etc/ssl"
	cp -rL /etc/ssl/certs "$root/etc/ssl/"
	cp /etc/resolv.conf /etc/hosts "$root/etc/"
	mount -t proc proc "$root/proc"
	case $1 in
	golang:*) cp -r "$(go env GOROOT)" "$root/usr/local/go" ;;
	esac
}

copy() {
	local source=.
	if [[ $1 = --from=* ]]; then
		source=$dir/${1#--from=}
		shift
	fi
	mkdir -p "$root$(dirname "$2")"
	if [ "$1" = . ]; then
		mkdir -p "$root$2"
		git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$root$2"
	else
		cp -r "$source$1" "$root$2"
	fi
}

# run executes words in the stage. Variables that name proxies come from here, as docker
# build passes them on.
run() {
	local env=(PATH="$path" HOME="/root") name
	[ "$user" = root ] || env=(PATH="$path" HOME="/home/$user")
	for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY GOPROXY GOSUMDB GONOSUMDB GOFLAGS; do
		[ -z "${!name:-}" ] || env+=("$name=${!name}")
	done
	chroot --userspec="$user" "$root" env -i "${env[@]}" sh -ec "cd $cwd; $*"
}

while read -r word rest; do
	[ -n "$word" ] && [[ $word != \#* ]] || continue
	echo "dockerfile.sh: $word $rest" >&2
	case $word in
	FROM) from $rest ;;
	COPY) copy $rest ;;
	RUN) run "$rest" </dev/null ;;
	ENV) path=${rest#PATH=}:/usr/sbin:/sbin ;;
	WORKDIR) cwd=$rest; mkdir -p "$root$rest" ;;
	USER) user=$rest ;;
	CMD) ;;
	*) echo "dockerfile.sh: $word is not known here" >&2; exit 2 ;;
	esac
done <Dockerfile
shift
[ $# = 0 ] || run "$*"
echo "dockerfile.sh: every RUN line worked"
