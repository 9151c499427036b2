#!/bin/sh
# SPDX-License-Identifier: MIT
# xsched-hsa-probe: what it says of GPUs of several kinds, and its exit status. On hardware: that it comes to a result.
set -u

program=$top_builddir/xsched-hsa-probe
[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
failed=0

# check "KFDSIM OPTIONS" STATUS JQ [PROBE OPTION...]
check() {
	options=$1 status=$2 filter=$3
	shift 3
	XS_KFDSIM_OPTIONS=$options "$top_srcdir/tests/int/run-gpu.sh" "$program" --json --cycles 10 "$@" >"$out"
	got=$?
	if [ $got = "$status" ] && jq -e "$filter" "$out" >/dev/null; then
		echo "ok: $options $*"
	else
		echo "FAILED: kfdsim $options: expected status $status and $filter, got $got and:"
		cat "$out"
		failed=1
	fi
}

if [ "${XSCHED_TEST_HARDWARE:-0}" = 1 ]; then
	"$top_srcdir/tests/int/run-gpu.sh" "$program"
	[ $? -le 1 ]
	exit
fi
works='.works and .idle_queue.cycles == 10 and .blocked_queue.cycles == 10 and .idle_queue.suspend_p50_ns > 0
	and .running_kernel.cycles == 10 and .running_kernel_why_not == null and .idle_queue.suspend_p99_ns >= .idle_queue.suspend_p50_ns and .why_not == null'
off='(.works | not) and .idle_queue == null'
check "" 0 ".gpus | length == 1 and (.[0] | .agent == \"gfx90a\" and .kfd_minor == 17 and .cwsr_enable == 1 and .scheduler == \"HWS\"
	and .save_area.bytes > 1000000 and (.update_queue | $works) and (.dbg_trap | $works))"
check "--gpus 2 --kfd-version 1.11 --cost scheduler=mes" 0 ".gpus | length == 2 and .[0].gpu_id != .[1].gpu_id and
	all(.[]; (.update_queue | $works) and (.dbg_trap | $off and (.why_not | test(\"1.13\"))))"
check "--device gfx906" 0 ".gpus[0] | .agent == \"gfx906\" and (.update_queue | $works) and (.dbg_trap | $off)"
check "--fault ioctl:UPDATE_QUEUE:errno=EIO:count=all" 1 ".gpus[0] | (.update_queue | $off and (.why_not | test(\"UPDATE_QUEUE\")))
	and (.dbg_trap | $off)"
check "--fault ioctl:DBG_TRAP:errno=EALREADY:count=all" 0 ".gpus[0] | (.update_queue | $works) and
	(.dbg_trap | (.works | not) and (.why_not | test(\"debugger\")))"
grep -q '^#define XS_DRM 1' "$top_builddir/config.h" &&
	check "" 0 '.gpus[0] | .shader_mhz > 0 and .vram_bytes > 0 and .vram_used >= 0 and .resets == 0'

XS_KFDSIM_OPTIONS='' "$top_srcdir/tests/int/run-gpu.sh" "$program" -n 5 >"$out" || failed=1
grep -q 'UPDATE_QUEUE *works' "$out" || { echo "FAILED: the text:"; cat "$out"; failed=1; }
"$program" --cycles=none >"$out" 2>&1
[ $? = 2 ] && grep -q 'none: expected a whole number' "$out" || { echo "FAILED: --cycles=none:"; cat "$out"; failed=1; }
exit $failed
