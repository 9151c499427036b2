#!/bin/sh
# SPDX-License-Identifier: MIT
# A preemption is one suspension and one resumption, and each is one cycle of the hardware scheduler: no more are made, and what the
# library says it did is what the simulated GPU counted. The self-test and what the runtime itself does are in both runs.
set -u

program=$top_builddir/tests/int/cwsr/preemptions
[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
[ "${XSCHED_TEST_HARDWARE:-0}" = 0 ] || { echo "skipped: hardware does not count cycles"; exit 77; }
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
more=10
failed=0

# run MECHANISM SCHEDULER N: sets cycles and saves
run() {
	rm -f "$dir/report" "$dir/sim"
	XS_TOOL=1 XSCHED_HSA_POLICY=hpf XSCHED_HSA_LV3=$1 XSCHED_HSA_STATS="$dir/report" XSCHED_HSA_SOCKET=off \
		XS_KFDSIM_OPTIONS="--stats $dir/sim --cost scheduler=$2" "$top_srcdir/tests/int/run-gpu.sh" "$program" "$3"
	status=$?
	[ $status != 77 ] || exit 77
	[ $status = 0 ] || { echo "FAILED: $1, $2: $3 preemptions: status $status"; failed=1; }
	cycles=$(jq .cycles.scheduler "$dir/sim")
	saves=$(jq '[.queues[].saves] | add' "$dir/report")
}
for mechanism in update debug; do
	for scheduler in hws mes; do
		run $mechanism $scheduler 1
		before=$cycles
		[ "$saves" = 1 ] || { echo "FAILED: $mechanism, $scheduler: one preemption, and $saves saves"; failed=1; }
		run $mechanism $scheduler $((1 + more))
		if [ "$saves" = $((1 + more)) ] && [ $((cycles - before)) = $((2 * more)) ] &&
			jq -e ".level3[0].mechanism == \"$mechanism\" and .level3[0].suspend_wait.count == $saves and
				.level3[0].resume_call.count == $saves" "$dir/report" >/dev/null; then
			echo "ok: $mechanism, $scheduler: $before cycles with one preemption, $cycles with $saves"
		else
			echo "FAILED: $mechanism, $scheduler: $before cycles with one preemption, $cycles with $((1 + more)); report:"
			cat "$dir/report"
			failed=1
		fi
	done
done
exit $failed
