#!/bin/sh
# SPDX-License-Identifier: MIT
# Errors of the driver at each call of level 3, injected by kfdsim: the program's kernel always counts right, level 3 stands as the table
# of errors says afterwards, and the reason is said in one line.
set -u

program=$top_builddir/tests/int/cwsr/lv3_process
[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
[ "${XSCHED_TEST_HARDWARE:-0}" = 1 ] && { echo "skipped: only kfdsim fails on demand"; exit 77; }
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
failed=0
XS_TEST_SECONDS=30
export XS_TEST_SECONDS

# check MECHANISM FAULT EXPECTED LINES: how level 3 must stand, and how many warnings there must be
check() {
	XS_LV3=$1 XS_KFDSIM_OPTIONS="--fault ioctl:$2" "$top_srcdir/tests/int/run-gpu.sh" "$program" cycles >"$out" 2>&1
	status=$?
	lines=$(grep -c '^xsched-hsa: warning' "$out")
	if [ $status = 0 ] && grep -q "^$3," "$out" && [ "$lines" = "$4" ]; then
		echo "ok: $1, $2: $(grep -E '^(usable|off)' "$out")"
		return
	fi
	echo "FAILED: $1, $2: expected '$3' and $4 warnings, got status $status and:"
	cat "$out"
	failed=1
}

# The null probe, the self-test's first stop and start, and the program's queue, which comes after some 35 calls.
for after in 0 1 2 41 42; do
	for error in EACCES EIO ETIME ENODEV EBADF ENOMEM; do
		check update "UPDATE_QUEUE:after=$after:errno=$error" off 1
	done
	check update "UPDATE_QUEUE:after=$after:count=5:errno=EINTR" "usable update" 0
	check update "UPDATE_QUEUE:after=$after:count=5:errno=EAGAIN" "usable update" 0
done
check update "UPDATE_QUEUE:count=all:errno=EINTR" off 1
# About the queue of the self-test, or one of the program's.
for error in EFAULT EINVAL; do
	check update "UPDATE_QUEUE:errno=$error" off 2
	check update "UPDATE_QUEUE:after=41:errno=$error" "usable update" 1
done
check update "GET_VERSION:after=1:errno=ENOTTY" off 1
# Enabling, the first snapshot, suspending, resuming.
for after in 0 1 2 3; do
	for error in ENOTTY EINVAL ESRCH EPERM EALREADY EBUSY EOPNOTSUPP ENODEV; do
		check debug "DBG_TRAP:after=$after:errno=$error" "usable update" 1
	done
	check debug "DBG_TRAP:after=$after:count=5:errno=EINTR" "usable debug" 0
done
for after in 1 2 3; do
	check debug "DBG_TRAP:after=$after:errno=EIO" off 1
done
check debug "DBG_TRAP:after=50:errno=ETIME" off 1
exit $failed
