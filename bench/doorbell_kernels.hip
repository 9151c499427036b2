// SPDX-License-Identifier: MIT
// The kernel of bench/doorbell: it does nothing.
#include <hip/hip_runtime.h>

extern "C" __global__ void empty()
{
}
