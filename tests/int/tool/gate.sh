#!/bin/sh
# SPDX-License-Identifier: MIT
# gate.sh PROGRAM [ARGUMENT...]: run a program of this folder on a GPU with the test build of the tool library loaded, once from
# bypass and once with the gate engaged from the start. XS_REPORT_CHECK is what must be so in the second run's report (jq).
set -u

tool=$top_builddir/.libs/libxsched_hsa_test.so
[ -e "$tool" ] || { echo "skipped: $tool is not built"; exit 77; }
[ -z "$SANITIZE" ] || { echo "skipped: the uninstrumented runtime cannot load an instrumented library"; exit 77; }
# The runtime separates tools by spaces. Ours comes last, so that it is the one nearest to the program.
XS_TABLE_PEEK=$top_builddir/.libs/libtable_peek.so XS_TEST_TOOL=$tool
HSA_TOOLS_LIB="$XS_TABLE_PEEK $tool" HSA_TOOLS_REPORT_LOAD_FAILURE=1
export HSA_TOOLS_LIB HSA_TOOLS_REPORT_LOAD_FAILURE XS_TABLE_PEEK XS_TEST_TOOL
echo "-- from bypass"
"$top_srcdir/tests/int/run-gpu.sh" "$@" || exit
stats=$(mktemp) || exit 1
trap 'rm -f "$stats"' EXIT
echo "-- engaged"
XSCHED_HSA_STATS=$stats "$top_srcdir/tests/int/run-gpu.sh" "$@" || exit
[ -n "${XS_REPORT_CHECK:-}" ] && command -v jq >/dev/null || exit 0
jq -e "$XS_REPORT_CHECK" "$stats" >/dev/null && exit
cat "$stats"
echo "FAILED: not so in the report: $XS_REPORT_CHECK"
exit 1
