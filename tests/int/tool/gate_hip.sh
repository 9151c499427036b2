#!/bin/sh
# SPDX-License-Identifier: MIT
exec "$top_srcdir/tests/int/tool/gate.sh" "$top_builddir/tests/int/tool/held_kernels.gpu"
