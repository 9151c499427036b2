#!/bin/sh
# SPDX-License-Identifier: MIT
# Level 2: what is published and has not started is stopped, where the settings allow it.
set -u

[ -z "$SANITIZE" ] || { echo "skipped: the uninstrumented runtime cannot load an instrumented library"; exit 77; }
run() {
	env XS_TOOL=1 XSCHED_HSA_WINDOW_US=200 "$@" "$top_srcdir/tests/int/run-gpu.sh" "$top_builddir/tests/int/tool/brakes.gpu"
}
run XSCHED_HSA_LV3=off || exit
run XSCHED_HSA_LEVEL=1
