#!/bin/sh
# SPDX-License-Identifier: MIT
# A HIP program started by xschedctl run: the library is in it, whichever of the ways loaded it, and has its settings.
set -u

program=$top_builddir/examples/vector_add
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }
[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

# launched NAME OPTION...: the program's results and the library's report are there.
launched()
{
	name=$1
	shift
	rm -f "$dir/report"
	XSCHED_HSA_STATS=$dir/report "$top_srcdir/tests/int/run-gpu.sh" "$top_builddir/xschedctl" run "$@" -- "$program" >"$dir/out" 2>"$dir/errors"
	status=$?
	[ $status = 77 ] && { cat "$dir/out"; exit 77; }
	if [ $status = 0 ] && cmp -s "$dir/native" "$dir/out" && jq -e '[.queues[].dispatches] | add > 0' "$dir/report" >/dev/null; then
		echo "ok: $name"
	else
		echo "FAILED: $name: status $status"
		cat "$dir/out" "$dir/errors" "$dir/report"
		failed=1
	fi
}

"$top_srcdir/tests/int/run-gpu.sh" "$program" >"$dir/native" || exit
launched "without options"
launched "a policy and a priority" --policy hpf --priority high
jq -e '.queues | all(has("window_ns"))' "$dir/report" >/dev/null || { echo "FAILED: the policy did not reach the library"; cat "$dir/report"; failed=1; }
launched "the first GPU" --gpu 0
exit $failed
