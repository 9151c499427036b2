#!/bin/sh
# SPDX-License-Identifier: MIT
# Level 3 as the scheduler uses it: a kernel that does not end makes room for one of a higher priority, and goes on;
# under hardware and micro-engine scheduling. Where level 3 may not be used, the same program never ends. So does a
# cooperative kernel, whose groups wait for each other.
set -u

[ -z "$SANITIZE" ] || { echo "skipped: the uninstrumented runtime cannot load an instrumented library"; exit 77; }
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }
grep -q '^#define XS_CWSR 1' "$top_builddir/config.h" || { echo "skipped: configured with --disable-cwsr"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
run() {
	program=$1
	shift
	env XS_TOOL=1 XSCHED_HSA_POLICY=hpf XSCHED_HSA_STATS="$dir/report" "$@" "$top_srcdir/tests/int/run-gpu.sh" \
		"$top_builddir/tests/int/tool/$program.gpu"
}
sed 's/^scheduler *=.*/scheduler = mes/' "$top_srcdir/sim/devices/gfx90a.ini" >"$dir/mes.ini"
grep -q 'scheduler = mes' "$dir/mes.ini" || echo 'scheduler = mes' >>"$dir/mes.ini"
# makes_room PROGRAM OPTIONS
makes_room() {
	rm -f "$dir/report"
	run "$1" XS_KFDSIM_OPTIONS="--stats $dir/sim $2"
	status=$?
	[ $status != 77 ] || exit 77
	if [ $status != 0 ] || ! jq -e '.cycles.saved_bytes > 0' "$dir/sim" >/dev/null ||
		! jq -e '([.queues[].saves] | add) <= ([.queues[].doorbells] | add)' "$dir/report" >/dev/null; then
		echo "FAILED: $1, ${2:-hws}: status $status, or nothing was saved, or more often than anything was submitted:"
		cat "$dir/report"
		failed=1
	fi
}
for program in endless cooperative; do
	makes_room $program ""
	makes_room $program "--device $dir/mes.ini"
done
run endless XSCHED_HSA_LV3=off XS_TEST_SECONDS=5
[ $? = 124 ] || { echo "FAILED: without level 3 it ended: the kernels do not compete"; failed=1; }
run endless XSCHED_HSA_LEVEL=1 XS_TEST_SECONDS=5
[ $? = 124 ] || { echo "FAILED: it was used although the settings allow level 1 only"; failed=1; }
exit $failed
