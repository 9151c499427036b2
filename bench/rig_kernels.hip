// SPDX-License-Identifier: MIT
// The kernels of the benchmarks. The first waits for some ticks of the reference clock, that of timestamps too, and may tell when it ran. The
// clock goes on while waves are suspended, so that it is no work for a benchmark of that.
#include <hip/hip_runtime.h>
#include <stdint.h>

// record: NULL, or two words: the first group's start and the last one's end, in ticks.
extern "C" __global__ void spin(uint64_t ticks, volatile uint64_t *record)
{
	uint64_t start = __builtin_amdgcn_s_memrealtime(), now;

	do
		now = __builtin_amdgcn_s_memrealtime();
	while (now - start < ticks);
	if (!record || threadIdx.x)
		return;
	if (blockIdx.x == 0)
		record[0] = start;
	if (blockIdx.x == gridDim.x - 1)
		record[1] = now;
}

// Work that does not go on by itself: turns of a loop, which a kernel that is stopped has still before it. Two names, so that a simulated GPU
// can be told how long each takes.
static __device__ void turns(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		__builtin_amdgcn_s_sleep(1);
}

extern "C" __global__ void background(uint64_t count, volatile uint64_t *unused)
{
	turns(count);
}

extern "C" __global__ void foreground(uint64_t count, volatile uint64_t *unused)
{
	turns(count);
}
