#!/bin/sh
# SPDX-License-Identifier: MIT
# Check the model of refilling a limited queue, then each of its broken variants: a property that no variant violates would check nothing.
set -u

[ -z "${SANITIZE:-}" ] || { echo "skipped: the model is the same in every build"; exit 77; }
command -v spin >/dev/null || { echo "skipped: spin is not installed"; exit 77; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1


# errors OPTION...: what the search through all states finds wrong.
errors() {
	spin -a "$@" "$top_srcdir/tests/model/pace.pml" >spin.log || { cat spin.log >&2; return 1; }
	${CC:-cc} $optimize -w -DSAFETY -DCOLLAPSE -DVECTORSZ=256 -o pan pan.c || return 1
	./pan -m10000 >pan.log 2>&1
	# A search that was cut short found nothing.
	grep -q -e 'max search depth' -e 'out of memory' pan.log && { cat pan.log >&2; return 1; }
	sed -n 's/.*errors: \([0-9]*\)$/\1/p' pan.log
}

failed=0
holds() {
	found=$(errors "$@")
	[ "$found" = 0 ] && { echo "holds: $*: $(grep 'states, stored' pan.log)"; return; }
	echo "FAILED: $*"
	cat pan.log
	failed=1
}
fails() {
	found=$(errors "$@")
	[ "$found" = 1 ] && { echo "caught: $*: $(grep '^pan:1:' pan.log)"; return; }
	echo "NOT CAUGHT: $*"
	failed=1
}

optimize=-O2
holds -DWINDOW=1
holds -DWINDOW=2
# These end early, so compiling takes longer than searching.
optimize=-O0
fails -DBREAK_WATCHED
fails -DBREAK_WATCHED_LATE
fails -DBREAK_WATCH_CLOSED
fails -DBREAK_ACTIVE
fails -DBREAK_FOLLOW
fails -DBREAK_KICKED_ORDER
fails -DBREAK_KICKED_LATE
fails -DBREAK_KICK_ORDER
fails -DBREAK_COMPARE
fails -DBREAK_SEEN_LATE
exit $failed
