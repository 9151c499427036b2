#!/bin/sh
# SPDX-License-Identifier: MIT
# Two simulated GPUs in one process; on real hardware the machine's own GPUs.
XS_KFDSIM_OPTIONS="--gpus 2"
export XS_KFDSIM_OPTIONS
exec sh "$top_srcdir/tests/int/run-gpu.sh" "$top_builddir/tests/int/hip/several_gpus.gpu"
