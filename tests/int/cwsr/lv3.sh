#!/bin/sh
# SPDX-License-Identifier: MIT
# Level 3 on GPUs and drivers of many kinds: both schedulers, both mechanisms, four versions of the driver, two GPUs. On hardware: on
# what is there, with both mechanisms.
set -u

program=$top_builddir/tests/int/cwsr/lv3
[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
run() {
	echo "-- $1: kfdsim $2"
	XS_LV3=$1 XS_KFDSIM_OPTIONS=$2 "$top_srcdir/tests/int/run-gpu.sh" "$program" || exit
}
if [ "${XSCHED_TEST_HARDWARE:-0}" = 1 ]; then
	run update ""
	run debug ""
	exit 0
fi
run update "--kfd-version 1.11"
run update "--kfd-version 1.13 --cost scheduler=mes"
run update "--kfd-version 1.17 --gpus 2"
run update "--kfd-version 1.23"
run debug "--kfd-version 1.11"
run debug "--kfd-version 1.13"
run debug "--kfd-version 1.17 --cost scheduler=mes --gpus 2"
run debug "--kfd-version 1.23"
