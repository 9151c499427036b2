#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a program that needs a GPU: run-gpu.sh PROGRAM [ARGUMENT...]
# On the simulated GPU of the build tree, or on the machine's own with XSCHED_TEST_HARDWARE=1. Exit status: the program's;
# 77 when something is missing, 124 when the program took longer than the time limit.
#
#   XSCHED_TEST_HARDWARE=1   use /dev/kfd of this machine
#   XS_TOOL=1                load the tool library into the program
#   XS_KFDSIM_OPTIONS="..."  options for kfdsim, e.g. "--gpus 2"
#   XS_MACHINE=name          the simulated machine (default: one of its own, so that tests do not take time from each other)
#   XS_TEST_SECONDS=n        time limit (default 120)
set -u

missing()
{
	echo "skipped: $1"
	exit 77
}

: "${top_builddir:=$(pwd)}"
[ $# -ge 1 ] || { echo "usage: run-gpu.sh PROGRAM [ARGUMENT...]" >&2; exit 2; }
program=$1
[ -x "$program" ] || missing "$program is not built"
shift

if [ "${XS_TOOL:-0}" = 1 ]; then
	tool=$top_builddir/.libs/libxsched_hsa.so
	[ -e "$tool" ] || missing "$tool is not built"
	HSA_TOOLS_LIB=$tool HSA_TOOLS_REPORT_LOAD_FAILURE=1
	export HSA_TOOLS_LIB HSA_TOOLS_REPORT_LOAD_FAILURE
fi

limit="timeout --kill-after=10 ${XS_TEST_SECONDS:-120}"
if [ "${XSCHED_TEST_HARDWARE:-0}" = 1 ]; then
	[ -e /dev/kfd ] || missing "XSCHED_TEST_HARDWARE=1, but this machine has no /dev/kfd"
	exec $limit "$program" "$@"
fi
# On a busy machine a simulated suspension takes as long as its threads wait for a CPU: no reason to do without level 3.
: "${XSCHED_HSA_LV3_BUDGET_US:=0}"
export XSCHED_HSA_LV3_BUDGET_US
[ -x "$top_builddir/kfdsim" ] || missing "$top_builddir/kfdsim is not built (configured with --disable-sim?)"
machine=${XS_MACHINE:+--machine=$XS_MACHINE}
# shellcheck disable=SC2086
exec $limit "$top_builddir/kfdsim" ${machine:---private} ${XS_KFDSIM_OPTIONS:-} -- "$program" "$@"
