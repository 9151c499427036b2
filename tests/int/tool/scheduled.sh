#!/bin/sh
# SPDX-License-Identifier: MIT
# Windows and policies within a process: what the report says of a low and a high queue under hpf, and of a window without
# a policy.
set -u

[ -z "$SANITIZE" ] || { echo "skipped: the uninstrumented runtime cannot load an instrumented library"; exit 77; }
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
expect() {
	if jq -e "$2" "$dir/report" >/dev/null; then
		echo "ok: $1"
	else
		echo "FAILED: $1: not so: $2"
		cat "$dir/report"
		failed=1
	fi
}
run() {
	env XS_TOOL=1 XSCHED_HSA_STATS="$dir/report" "$@" || exit
}

run XSCHED_HSA_POLICY=hpf XSCHED_HSA_WINDOW=8 "$top_srcdir/tests/int/run-gpu.sh" \
	"$top_builddir/tests/int/tool/window.gpu"
low='[.queues[] | select(.dispatches == 600)][0]'
expect "all of the low queue's kernels passed, held at times" "$low | .held_ns > 0"
expect "its window is eight packets" "$low | .window_pkts == 8 and .window_ns == null"
expect "no more than the window was ever in flight, and more than one packet" \
	"$low | .max_in_flight <= 8 and .max_in_flight > 1"
expect "completions were seen by own signals, not one for each packet" \
	"$low | .own_signals > 10 and .own_signals < .packets"
expect "its kernel is known to take a millisecond" \
	"$low | .kernels | length == 1 and .[0].ns >= 990000 and .[0].samples > 10"
expect "the high queue was never held and has no window" \
	'[.queues[] | select(.dispatches == 7)][0] | .held_ns == 0 and .window_pkts == 0 and .window_ns == null'

run XSCHED_HSA_WINDOW=3 "$top_srcdir/tests/int/run-gpu.sh" "$top_builddir/tests/int/hip/streams.gpu"
expect "without a policy every queue has the window" '.queues | all(.window_pkts == 3)'
expect "and stays within it, but where no signal of ours could tell" '[.queues[].max_in_flight] | max >= 3 and min >= 1'
exit $failed
