#!/usr/bin/env bash
# The messages of the commits that main does not have yet: a subject "area: what it
# does" of at most 100 characters without a full stop, and a body that says why.
set -euo pipefail
cd "$(dirname "$0")/.."
main=$(git rev-parse -q --verify origin/main || git rev-parse -q --verify main || true)
[ -n "$main" ] || exit 0
status=0
for c in $(git rev-list --no-merges "$main..HEAD"); do
	subject=$(git log -1 --format=%s "$c")
	body=$(git log -1 --format=%b "$c")
	what=
	[[ $subject =~ ^[A-Za-z0-9_./,\ -]+:\ [^\ ].*[^.]$ ]] || what='the subject is not "area: what it does"'
	[ ${#subject} -le 100 ] || what="the subject has ${#subject} characters"
	[ -n "$body" ] || what='there is no body that says why'
	if [ -n "$what" ]; then
		echo "commit ${c:0:12} ($subject): $what" >&2
		status=1
	fi
done
exit $status
