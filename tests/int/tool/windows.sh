#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that know nothing of the library give the same results with every queue limited, by count and by time, and under policies
# that hold queues. The order contract is among them.
set -u

[ -z "$SANITIZE" ] || { echo "skipped: the uninstrumented runtime cannot load an instrumented library"; exit 77; }
programs="callbacks copies events graphs order_contract streams threads"
settings="XSCHED_HSA_WINDOW=1 XSCHED_HSA_WINDOW=8 XSCHED_HSA_WINDOW_US=200 XSCHED_HSA_POLICY=hpf XSCHED_HSA_POLICY=up"
ran=0
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
for program in $programs; do
	for setting in $settings; do
		env XS_TOOL=1 "$setting" "$top_srcdir/tests/int/run-gpu.sh" "$top_builddir/tests/int/hip/$program.gpu" >"$out" 2>&1
		status=$?
		echo "== $program $setting: $status"
		[ $status = 77 ] && continue
		[ $status = 0 ] || { cat "$out"; echo "FAILED: $program ended with $status"; exit 1; }
		ran=$((ran + 1))
	done
done
[ $ran -gt 0 ] || { echo "skipped: no program could run"; exit 77; }
