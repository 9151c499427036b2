#!/bin/sh
# SPDX-License-Identifier: MIT
# "make soak SOAK_SECONDS=600": half of the time with each mechanism, on two simulated GPUs or on the machine's own.
set -u

program=$top_builddir/tests/int/cwsr/soak
[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
SOAK_SECONDS=$((${SOAK_SECONDS:-600} / 2))
XS_TEST_SECONDS=$((SOAK_SECONDS + 120))
XS_KFDSIM_OPTIONS="--gpus 2"
export SOAK_SECONDS XS_TEST_SECONDS XS_KFDSIM_OPTIONS
for mechanism in update debug; do
	echo "-- $mechanism, $SOAK_SECONDS s"
	XS_LV3=$mechanism "$top_srcdir/tests/int/run-gpu.sh" "$program" || exit
done
