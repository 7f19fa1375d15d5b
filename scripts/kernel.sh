#!/usr/bin/env bash
# Builds kernels for 'ziobuild matrix' of architectures that Debian has none for: those
# of big-endian MIPS and POWER.
#
#   scripts/kernel.sh [-dir DIR] [-h] mips|mips64|ppc64...
#
#   -dir  where sources are unpacked and kept, 2 GB; without it a temporary folder
#
# The source is Debian's linux-source-6.12, with what a guest needs and nothing else.
# busybox, whose programs tests start, is built beside it. The results go where matrix
# looks for them, the folder kernels of ziobuild's cache, and stay there until 'ziobuild
# cache clean -all'. It takes some minutes each, and root, to install cross compilers.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' scripts/kernel.sh; }
bad() { echo "kernel.sh: $*" >&2; exit 2; }

names=() dir=
while [ $# -gt 0 ]; do
	case $1 in
	-h | -help | --help) usage; exit ;;
	-dir) dir=${2:?-dir needs a folder}; shift ;;
	mips | mips64 | ppc64) names+=("$1") ;;
	*) bad "there is no kernel $1; see scripts/kernel.sh -h" ;;
	esac
	shift
done
[ ${#names[@]} -gt 0 ] || bad "name kernels: mips, mips64, ppc64"
[ "$(id -u)" = 0 ] || bad "run it as root"

# What differs: names of GNU and of the kernel, and lines of its configuration.
settings() {
	local malta="CONFIG_MIPS_MALTA=y CONFIG_CPU_BIG_ENDIAN=y CONFIG_PCI=y CONFIG_SERIAL_8250=y CONFIG_SERIAL_8250_CONSOLE=y
		CONFIG_POWER_RESET=y CONFIG_POWER_RESET_PIIX4_POWEROFF=y CONFIG_POWER_RESET_SYSCON=y
		CONFIG_COMPAT_32BIT_TIME=y"
	case $1 in
	mips) gnu=mips-linux-gnu arch=mips config="$malta CONFIG_CPU_MIPS32_R2=y CONFIG_HIGHMEM=y" ;;
	mips64) gnu=mips64-linux-gnuabi64 arch=mips config="$malta CONFIG_CPU_MIPS64_R2=y CONFIG_64BIT=y CONFIG_MIPS32_O32=y" ;;
	ppc64)
		gnu=powerpc64-linux-gnu arch=powerpc
		# Without the trampoline it ends in a trap when Open Firmware starts it.
		config="CONFIG_PPC64=y CONFIG_CPU_BIG_ENDIAN=y CONFIG_PPC_PSERIES=y CONFIG_PPC_OF_BOOT_TRAMPOLINE=y CONFIG_ALTIVEC=y CONFIG_VSX=y
			CONFIG_PPC_4K_PAGES=y CONFIG_SMP=y CONFIG_NR_CPUS=4 CONFIG_HVC_CONSOLE=y CONFIG_PPC_DISABLE_WERROR=y"
		;;
	esac
}

# Everything that is off by default and that a guest needs.
common="CONFIG_BLK_DEV_INITRD=y CONFIG_BINFMT_ELF=y CONFIG_BINFMT_SCRIPT=y CONFIG_TTY=y CONFIG_PRINTK=y CONFIG_HZ_100=y CONFIG_HIGH_RES_TIMERS=y
CONFIG_NET=y CONFIG_UNIX=y CONFIG_PACKET=y CONFIG_INET=y CONFIG_IPV6=y CONFIG_IP_MULTICAST=y
CONFIG_DEVTMPFS=y CONFIG_TMPFS=y CONFIG_TMPFS_XATTR=y CONFIG_INOTIFY_USER=y CONFIG_SYSVIPC=y CONFIG_POSIX_MQUEUE=y
CONFIG_CROSS_MEMORY_ATTACH=y CONFIG_SECCOMP=y CONFIG_CGROUPS=y
CONFIG_NAMESPACES=y CONFIG_USER_NS=y CONFIG_NET_NS=y CONFIG_PID_NS=y CONFIG_UTS_NS=y CONFIG_IPC_NS=y"

tmp=
trap '[ -z "$tmp" ] || rm -rf "$tmp"' EXIT
[ -n "$dir" ] || dir=${tmp:=$(mktemp -d)}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

install_tools() {
	local packages=(make gcc libc6-dev flex bison bc xz-utils bzip2 libelf-dev) name
	for name in "${names[@]}"; do
		settings "$name"
		packages+=("gcc-$gnu" "libc6-dev-$name-cross")
	done
	apt-get install -y -qq --no-install-recommends "${packages[@]}"
}

# unpack_linux and unpack_busybox leave the sources in $dir.
unpack_linux() {
	[ ! -e "$dir/linux/Makefile" ] || return 0
	(cd "$dir" && apt-get download linux-source-6.12)
	dpkg-deb --fsys-tarfile "$dir"/linux-source-6.12_*.deb | tar -C "$dir" -x --wildcards --strip-components 3 '*/linux-source-*.tar.xz'
	mkdir -p "$dir/linux"
	tar -C "$dir/linux" --strip-components 1 -xJf "$dir/linux-source-6.12.tar.xz"
	rm "$dir"/linux-source-6.12*
}

unpack_busybox() {
	[ ! -e "$dir/busybox/Makefile" ] || return 0
	local apt=$dir/apt mirror suite
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$dir/busybox"
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
	local options=(-qq -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o "Dir::Etc::sourcelist=$apt/sources.list"
		-o Dir::Etc::sourceparts=- -o APT::Sandbox::User=)
	apt-get "${options[@]}" update
	(cd "$dir" && apt-get "${options[@]}" source --download-only busybox)
	tar -C "$dir/busybox" --strip-components 1 -xf "$dir"/busybox_*.orig.tar.*
	rm -r "$dir"/busybox_* "$apt"
}

# build_linux NAME OUT
build_linux() {
	local out=$dir/build-$1
	mkdir -p "$out"
	printf '%s\n' $common $config >"$out/wanted"
	local make=(make -s -C "$dir/linux" O="$out" ARCH="$arch" CROSS_COMPILE="$gnu-")
	KCONFIG_ALLCONFIG=$out/wanted "${make[@]}" allnoconfig
	# What depends on something that is off is dropped without a word.
	if grep -vxFf "$out/.config" "$out/wanted"; then
		bad "the configuration of $1 did not get these lines"
	fi
	"${make[@]}" -j "$(nproc)" vmlinux
	"$gnu-strip" -o "$2/image" "$out/vmlinux"
	"${make[@]}" kernelrelease >"$2/release"
	rm -r "$out"
}

# build_busybox NAME OUT
build_busybox() {
	local out=$dir/build-busybox-$1
	mkdir -p "$out"
	local make=(make -s -C "$dir/busybox" O="$out" ARCH="$arch" CROSS_COMPILE="$gnu-")
	"${make[@]}" defconfig >/dev/null
	# tc does not compile with newer headers.
	sed -i 's/.*CONFIG_STATIC[ =].*/CONFIG_STATIC=y/; s/^CONFIG_TC=y/# CONFIG_TC is not set/; /^CONFIG_FEATURE_TC/d' "$out/.config"
	yes '' | "${make[@]}" oldconfig >/dev/null || true # yes ends by SIGPIPE
	"${make[@]}" -j "$(nproc)" busybox >"$out/log" 2>&1 || { tail "$out/log" >&2; bad "busybox for $1 does not build"; }
	cp "$out/busybox" "$2/busybox"
	rm -r "$out"
}

cache=$(go run ./cmd/ziobuild env ZIOCACHE)
kernels=$cache/kernels
install_tools
unpack_linux
unpack_busybox
for name in "${names[@]}"; do
	settings "$name"
	to=$dir/result-$name
	rm -rf "$to"
	mkdir -p "$to" "$kernels"
	build_linux "$name" "$to"
	build_busybox "$name" "$to"
	# What the base did on the one before may be another thing.
	[ ! -e "$kernels/built-$name" ] || rm -rf "$kernels/built-$name" "$cache/matrix"
	mv "$to" "$kernels/built-$name"
	echo "kernel.sh: $(cat "$kernels/built-$name/release") for $name is in $kernels/built-$name"
done
