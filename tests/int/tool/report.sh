#!/bin/sh
# SPDX-License-Identifier: MIT
# XSCHED_HSA_STATS: what the report says of a program, held against what the simulated GPU counted.
set -u

[ -z "$SANITIZE" ] || { echo "skipped: the uninstrumented runtime cannot load an instrumented library"; exit 77; }
[ "${XSCHED_TEST_HARDWARE:-0}" = 0 ] || { echo "skipped: hardware does not count packets"; exit 77; }
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

XS_TOOL=1 XSCHED_HSA_STATS=$dir/%p.json XS_KFDSIM_OPTIONS="--stats $dir/sim" \
	"$top_srcdir/tests/int/run-gpu.sh" "$top_builddir/examples/api_coverage" || exit
set -- "$dir"/*.json
[ $# = 1 ] || { echo "FAILED: expected one report, got $#: $*"; exit 1; }
cat "$1"
failed=0
expect() {
	if jq -e "$2" "$3" >/dev/null; then
		echo "ok: $1"
	else
		echo "FAILED: $1: not so: $2"
		failed=1
	fi
}
expect "the file is named after the process" ".pid == $(basename "$1" .json)" "$1"
expect "packets, dispatches and doorbells were counted" '[.queues[] | .packets, .dispatches, .doorbells] | all(. > 0)' "$1"
expect "publishes are no more than doorbells, and packets no fewer than dispatches" \
	'.queues | all(.publishes <= .doorbells and .packets >= .dispatches)' "$1"
expect "the GPU is the second node, behind the CPU" '.queues | all(.node == 1)' "$1"
expect "nothing was held" '.queues | all(.held_ns == 0)' "$1"
# The GPU also runs the runtime's own dispatches, which load code.
dispatches=$(jq '[.queues[].dispatches] | add' "$1")
expect "the GPU ran every dispatch that the library saw" ".dispatches >= $dispatches" "$dir/sim"
XS_TOOL=1 XSCHED_HSA_STATS=$dir/no/such/folder "$top_srcdir/tests/int/run-gpu.sh" "$top_builddir/examples/vector_add" \
	>"$dir/out" 2>&1 || { cat "$dir/out"; echo "FAILED: a report that cannot be written harmed the program"; failed=1; }
grep -q "XSCHED_HSA_STATS=$dir/no/such/folder: No such file or directory" "$dir/out" || {
	echo "FAILED: nothing was said about a report that cannot be written"
	failed=1
}
exit $failed
