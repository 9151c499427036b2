#!/bin/sh
# SPDX-License-Identifier: MIT
# The copies again, made by kernels instead of the copy engines.
HSA_ENABLE_SDMA=0
export HSA_ENABLE_SDMA
exec sh "$top_srcdir/tests/int/run-gpu.sh" "$top_builddir/tests/int/hip/copies.gpu"
