// SPDX-License-Identifier: MIT
// The kernel of the benchmarks: it waits for some ticks of the reference clock, that of timestamps too, and may tell when it ran.
#include <hip/hip_runtime.h>
#include <stdint.h>

// record: NULL, or two words: the first group's start and end, in ticks.
extern "C" __global__ void spin(uint64_t ticks, volatile uint64_t *record)
{
	uint64_t start = __builtin_amdgcn_s_memrealtime(), now;

	do
		now = __builtin_amdgcn_s_memrealtime();
	while (now - start < ticks);
	if (record && blockIdx.x == 0 && threadIdx.x == 0) {
		record[0] = start;
		record[1] = now;
	}
}
