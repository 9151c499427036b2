/* SPDX-License-Identifier: MIT */
/*
 * Device code that module.hip loads at run time from a code object of its own.
 * Names are extern "C" so that they can be looked up.
 */
#include <hip/hip_runtime.h>

extern "C" {

__device__ int module_bias = 1000;
__constant__ int module_table[4] = {10, 20, 30, 40};

__global__ void module_add(const int *in, int *out, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;

	if (i < count)
		out[i] = in[i] + module_bias + module_table[i & 3];
}

/* In a partial block blockDim is the number of threads it has, so the full size is an argument. */
__global__ void module_mark(int *out, int value, int block)
{
	out[blockIdx.x * block + threadIdx.x] = value + (int)blockDim.x;
}

__global__ void module_sum(const int *in, int *sum, int count)
{
	extern __shared__ int part[];
	int value = 0;

	for (int i = threadIdx.x; i < count; i += blockDim.x)
		value += in[i];
	part[threadIdx.x] = value;
	for (int half = blockDim.x / 2; half > 0; half /= 2) {
		__syncthreads();
		if ((int)threadIdx.x < half)
			part[threadIdx.x] += part[threadIdx.x + half];
	}
	if (threadIdx.x == 0)
		*sum = part[0];
}
}
