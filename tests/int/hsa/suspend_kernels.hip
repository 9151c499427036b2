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
