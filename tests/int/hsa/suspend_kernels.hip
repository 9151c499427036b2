// SPDX-License-Identifier: MIT
// A kernel that takes long and says how far it is. Loaded by hsa_suspend.c, started through an HSA queue.
#include <hip/hip_runtime.h>

// Every lane computes @rounds steps of a generator; each group counts its steps of 64 in *progress.
extern "C" __global__ void generate(unsigned *progress, unsigned *out, unsigned rounds)
{
	unsigned i = blockIdx.x * 64 + threadIdx.x, x = i + 1;

	for (unsigned k = 0; k < rounds; k++) {
		for (int n = 0; n < 64; n++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
		}
		if (threadIdx.x == 0)
			atomicAdd(progress, 1u);
	}
	out[i] = x;
}

// What the host reads while wait_clock() runs and afterwards, in ticks of the reference clock.
struct clock_record {
	unsigned long long begun, ended; // its first and its last look at the clock
	unsigned long long gap;          // the longest time between two looks
};

// Waits until @ticks of the reference clock have passed, however it spends them.
extern "C" __global__ void wait_clock(volatile clock_record *record, unsigned long long ticks)
{
	unsigned long long begun = __builtin_amdgcn_s_memrealtime(), last = begun, gap = 0;

	if (threadIdx.x == 0)
		record->begun = begun;
	while (last - begun < ticks) {
		unsigned long long now = __builtin_amdgcn_s_memrealtime();

		if (now - last > gap)
			gap = now - last;
		last = now;
	}
	if (threadIdx.x)
		return;
	record->gap = gap;
	record->ended = last;
}
