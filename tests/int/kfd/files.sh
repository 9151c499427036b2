#!/bin/sh
# SPDX-License-Identifier: MIT
# Device nodes and sysfs under the simulator, as programs reach them.
set -u

[ -x "$top_builddir/kfdsim" ] || { echo "skipped: kfdsim is not built"; exit 77; }
exec timeout 60 "$top_builddir/kfdsim" --gpus 2 "$top_builddir/tests/int/kfd/files"
