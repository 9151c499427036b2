#!/bin/sh
# SPDX-License-Identifier: MIT
# Check the model of the gate, then each of its broken variants: a property that no variant violates would check nothing.
set -u

[ -z "${SANITIZE:-}" ] || { echo "skipped: the model is the same in every build"; exit 77; }
command -v spin >/dev/null || { echo "skipped: spin is not installed"; exit 77; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

one="-DPRODUCERS=1 -DPACKETS=3 -DMOVES=2"
two="-DPRODUCERS=2 -DPACKETS=1 -DMOVES=1"

# errors OPTION...: what the search through all states finds wrong.
errors() {
	spin -a "$@" "$top_srcdir/tests/model/gate.pml" >spin.log || { cat spin.log >&2; return 1; }
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
holds $one
holds $two -DCOUNTED=true
holds $two -DSTART=OPEN
# These end early, so compiling takes longer than searching.
optimize=-O0
fails $two -DBREAK_FENCE
fails $two -DBREAK_WAIT
fails $two -DCOUNTED=true -DBREAK_WAIT_COUNTED
fails $two -DBREAK_RECHECK
fails $two -DBREAK_RECHECK_NEXT
fails $two -DBREAK_HEADER
fails $two -DBREAK_BASE_OPEN
fails $two -DBREAK_BASE_CLOSED
fails $two -DBREAK_GONE_NATIVE
fails $two -DBREAK_TAKE_OVER
fails $two -DBREAK_HAND_OVER
fails $two -DSTART=OPEN -DBREAK_CLOSES_COUNT
fails $two -DSTART=OPEN -DBREAK_CLOSES_FIRST
fails $one -DBREAK_OPEN_BELOW
fails $one -DBREAK_LAP
exit $failed
