// SPDX-License-Identifier: MIT
// Kernels that level 3 stops in the middle. Loaded by the programs of this folder, started through HSA queues.
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

// Runs until *out becomes nonzero, and counts its turns in *progress.
extern "C" __global__ void endless(unsigned *progress, unsigned *out, unsigned rounds)
{
	while (!__hip_atomic_load(out, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_SYSTEM)) {
		if (threadIdx.x == 0)
			atomicAdd_system(progress, 1u);
		__builtin_amdgcn_s_sleep(10);
	}
}

// The same, for groups that each need a whole CU; how many of them started is in progress[1].
extern "C" __global__ void occupy(unsigned *progress, unsigned *out, unsigned rounds)
{
	if (threadIdx.x == 0)
		atomicAdd_system(progress + 1, 1u);
	while (!__hip_atomic_load(out, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_SYSTEM)) {
		if (threadIdx.x == 0)
			atomicAdd_system(progress, 1u);
		__builtin_amdgcn_s_sleep(127);
	}
}
