#!/bin/sh
# SPDX-License-Identifier: MIT
# XSched's interface in a HIP program, with the tool library and without; and its environment variables.
set -u

[ -z "$SANITIZE" ] || { echo "skipped: the uninstrumented runtime cannot load an instrumented library"; exit 77; }
run=$top_srcdir/tests/int/run-gpu.sh program=$top_builddir/tests/int/tool/compat.gpu
XS_TOOL=1 "$run" "$program" || exit
"$run" "$program" absent || exit

out=$(XS_TOOL=1 XSCHED_POLICY=SPUP "$run" "$program" 2>&1) || { echo "$out"; exit 1; }
case $out in
*"XSCHED_POLICY=SPUP: there is no such policy here"*) echo "ok: a policy that is not there is named" ;;
*) echo "$out"; echo "FAILED: nothing was said about XSCHED_POLICY=SPUP"; exit 1 ;;
esac
command -v jq >/dev/null || exit 0
stats=$(mktemp) || exit 1
trap 'rm -f "$stats"' EXIT
XS_TOOL=1 XSCHED_AUTO_XQUEUE_THRESHOLD=3 XSCHED_HSA_STATS=$stats "$run" "$top_builddir/examples/vector_add" || exit
jq -e '.queues | length > 0 and all(.window_pkts == 3)' "$stats" >/dev/null && { echo "ok: XSched's threshold is the window"; exit 0; }
cat "$stats"
echo "FAILED: expected a window of XSCHED_AUTO_XQUEUE_THRESHOLD=3 packets"
exit 1
