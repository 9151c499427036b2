#!/bin/sh
# SPDX-License-Identifier: MIT
# The client library in a HIP program: with the tool library, with it switched off, and without it.
set -u

[ -z "$SANITIZE" ] || { echo "skipped: the uninstrumented runtime cannot load an instrumented library"; exit 77; }
run=$top_srcdir/tests/int/run-gpu.sh program=$top_builddir/tests/int/tool/api.gpu
XS_TOOL=1 "$run" "$program" || exit
XS_TOOL=1 XSCHED_HSA=off "$run" "$program" absent || exit
"$run" "$program" absent
