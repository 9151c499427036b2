#!/bin/sh
# SPDX-License-Identifier: MIT
# What a trace shows of a low and a high queue under hpf; that it is JSON when the program ends in the middle; that a file that cannot be
# written does not disturb the program; and what bpftrace and others find in the library.
set -u

[ -z "$SANITIZE" ] || { echo "skipped: the uninstrumented runtime cannot load an instrumented library"; exit 77; }
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
say_failed() {
	echo "FAILED: $1"
	failed=1
}
expect() {
	if jq -e "$2" "$dir/trace" >/dev/null; then
		echo "ok: $1"
	else
		say_failed "$1: not so: $2"
	fi
}
program=$top_builddir/tests/int/tool/trace.gpu
run() {
	env XS_TOOL=1 "$@" >"$dir/out" 2>"$dir/err"
	status=$?
	[ $status = 0 ] || { cat "$dir/out" "$dir/err"; exit $status; }
}

run XSCHED_HSA_POLICY=hpf XSCHED_HSA_WINDOW=8 XSCHED_HSA_TRACE="$dir/%p" "$top_srcdir/tests/int/run-gpu.sh" "$program"
set -- "$dir"/[0-9]*
[ -e "$1" ] && [ $# = 1 ] || { echo "FAILED: expected one trace, got: $*"; exit 1; }
mv "$1" "$dir/trace"
jq -e . "$dir/trace" >/dev/null || { echo "FAILED: the trace is not JSON"; exit 1; }

# $low and $high are the tracks of the queues, $tracks all there are.
queues='[.[] | select(.name == "thread_name") | .tid] as $tracks
	| ([.[] | select(.ph == "X" and .name == "low_kernel") | .tid] | unique) as $lows
	| ([.[] | select(.ph == "X" and .name == "high_kernel") | .tid] | unique) as $highs
	| $lows[0] as $low | $highs[0] as $high | '
expect "each event is of this process" '([.[].pid] | unique | length) == 1'
expect "a track per queue, with a name of its own" "$queues"'(($tracks | unique) == ($tracks | sort)) and
	([.[] | select(.name == "thread_name") | .args.name] | unique | length) == ($tracks | length) and
	([.[].tid | select(. != 0 and . != null)] | unique) == ($tracks | unique)'
expect "the two kernels ran on one track each, and not the same" \
	"$queues"'($lows | length) == 1 and ($highs | length) == 1 and $low != $high'
expect "all of them are there" '([.[] | select(.ph == "X" and .name == "low_kernel")] | length) == 100 and
	([.[] | select(.ph == "X" and .name == "high_kernel")] | length) == 10'
# Microseconds with three decimals do not add up exactly in floating point.
expect "spans of a track do not overlap" '[.[] | select(.ph == "X")] | group_by(.tid) | all(sort_by(.ts) | . as $s |
	all(range(1; length); $s[.].ts + 0.01 >= $s[. - 1].ts + $s[. - 1].dur))'
expect "a span that begins ends, and not before" '[.[] | select(.ph == "b" or .ph == "e")] | group_by([.cat, .id]) |
	all(length == 2 and (sort_by(.ph) | .[0].ph == "b" and .[1].ph == "e" and .[0].ts <= .[1].ts))'
expect "each kernel was in flight when it ended" '[.[] | select(.ph == "b" and .cat == "in flight" and .args.kernel == "low_kernel" and
	.args.end == "measured")] | length == 100'
expect "the low queue was held" "$queues"'[.[] | select(.ph == "b" and .cat == "held" and .tid == $low and .args.packets > 0)] | length > 0'
expect "the high queue was held less than the low one" "$queues"'def held($q): [.[] | select(.cat == "held" and .tid == $q) |
	if .ph == "e" then .ts else -.ts end] | add // 0; held($high) < held($low)'
expect "the decision behind it is shown" \
	"$queues"'[.[] | select(.cat == "decision" and .tid == $low and .name == "hold: outranked")] | length > 0'
expect "a run with its window" '[.[] | select(.cat == "decision" and .args.gate == "run" and .args.window_us > 0)] | length > 0'
expect "no more than the window in flight, and at the end nothing" "$queues"'[.[] | select(.ph == "C" and .tid == $low)] |
	sort_by(.ts) | map(.args.packets) | max <= 8 and max > 1 and last == 0'
expect "it says that nothing was lost" '[.[] | select(.name == "trace ends")] | length == 1 and .[0].args.records_lost == 0'

# Without a policy a traced queue is followed too, and nothing is held.
run XSCHED_HSA_TRACE="$dir/trace" "$top_srcdir/tests/int/run-gpu.sh" "$program"
# Where a slow machine lets a queue that nothing limits go beyond its signals, completion is seen from outside.
expect "without a policy all kernels are there, and most of them measured" '
	[.[] | select(.ph == "b" and .cat == "in flight" and .args.kernel == "low_kernel") | .args.end] as $ends |
	([.[] | select(.ph == "X" and .name == "low_kernel")] | length) as $measured |
	($ends | length) == 100 and ($ends | map(select(. == "measured")) | length) == $measured and $measured > 50'
expect "and nothing was held" '[.[] | select(.cat == "held")] | length == 0'

run XSCHED_HSA_POLICY=hpf XSCHED_HSA_TRACE="$dir/trace" "$top_srcdir/tests/int/run-gpu.sh" "$program" exit
expect "a program that ends in the middle leaves JSON" 'length > 10 and ([.[] | select(.name == "trace ends")] | length) == 1'

run XSCHED_HSA_TRACE=/dev/full "$top_srcdir/tests/int/run-gpu.sh" "$program"
[ "$(cat "$dir/out")" = "100 10" ] && [ "$(grep -c 'the trace (/dev/full) ends here: No space left' "$dir/err")" = 1 ] || {
	cat "$dir/out" "$dir/err"
	say_failed "a full disk: expected the program's result and one warning"
}
run XSCHED_HSA_TRACE="$dir/none/file" "$top_srcdir/tests/int/run-gpu.sh" "$program"
[ "$(cat "$dir/out")" = "100 10" ] && [ "$(grep -c 'XSCHED_HSA_TRACE=.*none/file: No such file' "$dir/err")" = 1 ] || {
	cat "$dir/out" "$dir/err"
	say_failed "a file that cannot be made: expected the program's result and one error"
}
exit $failed
