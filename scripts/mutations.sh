#!/usr/bin/env bash
# Shows that the matrix finds what it is there for: breaks a copy of the tree on
# purpose, and runs the rows that must notice. See test/mutations.
#
#   scripts/mutations.sh [-h] [NAME...]
#
# It takes some minutes for each, and what scripts/emulators.sh installs.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' scripts/mutations.sh; }
names=()
for arg in "$@"; do
	case $arg in
	-h | -help | --help) usage; exit ;;
	*)
		[ -e "test/mutations/$arg.patch" ] || { echo "mutations.sh: there is no test/mutations/$arg.patch" >&2; exit 2; }
		names+=("$arg")
		;;
	esac
done
if [ ${#names[@]} = 0 ]; then
	for file in test/mutations/*.patch; do
		names+=("$(basename "$file" .patch)")
	done
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# A cache of its own, so that nothing broken is left in the user's. What is large and
# the same is shared.
cache=$(go run ./cmd/ziobuild env ZIOCACHE)
mkdir -p "$tmp/cache"
for dir in kernels gocache tools matrix; do
	mkdir -p "$cache/$dir"
	ln -s "$cache/$dir" "$tmp/cache/"
done
export ZIOBUILD_CACHE=$tmp/cache

# matrix TREE ARGS: the rows of a tree
matrix() {
	local tree=$1 code=0
	shift
	(cd "$tree" && go build -o "$tmp/ziobuild" ./cmd/ziobuild)
	(cd "$tree" && timeout -k 10 10m "$tmp/ziobuild" matrix -short -logs "$tmp/logs" "$@") >"$tmp/out" 2>"$tmp/err" </dev/null || code=$?
	return $code
}

missed=0
for name in "${names[@]}"; do
	tree=$tmp/$name
	mkdir "$tree"
	git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$tree"
	git -C "$tree" init -q # or apply would take the names for those of another repository
	git -C "$tree" apply "$tree/test/mutations/$name.patch"
	while read -r _ args; do
		code=0
		read -ra list <<<"$args"
		matrix "$tree" "${list[@]}" || code=$?
		# What is a matter of luck fails once and passes when it is repeated.
		if grep -q '^matrix complete' "$tmp/out" && grep -E '^(FAIL|flaky) ' "$tmp/out" >"$tmp/caught"; then
			# What fails in the tree as it is shows nothing.
			matrix . "${list[@]}" || true
			grep -E '^(FAIL|flaky) ' "$tmp/out" | cut -d: -f1 | cut -d' ' -f2- >"$tmp/known" || true
			if grep -vFf "$tmp/known" "$tmp/caught" | sed "s/^FAIL/$name is caught by/; s/^flaky/$name makes flaky/"; then
				continue
			fi
		fi
		missed=1
		echo "$name is NOT caught by $args: exit status $code"
		tail -n 5 "$tmp/out" "$tmp/err"
	done < <(grep '^Matrix: ' "test/mutations/$name.patch")
	rm -rf "$tree"
done
[ $missed = 0 ] || exit 1
echo "mutations.sh: every one was caught"
