#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that know nothing of the library give the same results with it: in bypass, and with the gate in the way of
# every packet. The order contract is among them.
set -u

[ -z "$SANITIZE" ] || { echo "skipped: the uninstrumented runtime cannot load an instrumented library"; exit 77; }
programs="callbacks copies events graphs language order_contract output processes streams threads"
ran=0
report=$(mktemp) || exit 1
trap 'rm -f "$report"' EXIT
for program in $programs; do
	for stats in "" "$report"; do
		echo "== $program ${stats:+gated}"
		env XS_TOOL=1 ${stats:+ XSCHED_HSA_STATS=$stats} "$top_srcdir/tests/int/run-gpu.sh" "$top_builddir/tests/int/hip/$program.gpu" >"$report.out" 2>&1
		status=$?
		cat "$report.out"
		rm -f "$report.out"
		[ $status = 77 ] && continue
		[ $status = 0 ] || { echo "FAILED: $program ended with $status"; exit 1; }
		ran=$((ran + 1))
	done
done
[ $ran -gt 0 ] || { echo "skipped: no program could run"; exit 77; }
