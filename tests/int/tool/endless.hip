// SPDX-License-Identifier: MIT
// Two streams of different priority: a kernel of the lower one that fills the GPU and ends only when told to, and one of the higher.
// Without saving running waves the second never starts. Then the first must go on where it was.
#include <hip/hip_runtime.h>

#include <cstdio>
#include <cstdlib>

#define CHECK(call)                                                                                                    \
	do {                                                                                                           \
		hipError_t e_ = (call);                                                                                \
		if (e_ != hipSuccess) {                                                                                \
			fprintf(stderr, "%s: %s\n", #call, hipGetErrorString(e_));                                     \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

// Occupies a whole CU by its LDS, and counts how often it was started.
__global__ void endless(volatile int *stop, int *starts, int *ends)
{
	__shared__ int room[16384];

	room[threadIdx.x] = 1;
	__syncthreads();
	if (threadIdx.x)
		return;
	atomicAdd(starts, room[0]);
	while (!*stop)
		__builtin_amdgcn_s_sleep(127);
	atomicAdd(ends, 1);
}

// Needs a whole CU too.
__global__ void urgent(int *out, int value)
{
	__shared__ int room[16384];

	room[threadIdx.x] = value + (int)threadIdx.x;
	__syncthreads();
	out[63 - threadIdx.x] = room[63 - threadIdx.x];
}

int main()
{
	hipDeviceProp_t device;
	int least, greatest, *stop, *counts, *out;
	hipStream_t low, high;

	CHECK(hipGetDeviceProperties(&device, 0));
	CHECK(hipDeviceGetStreamPriorityRange(&least, &greatest));
	CHECK(hipStreamCreateWithPriority(&low, hipStreamNonBlocking, least));
	CHECK(hipStreamCreateWithPriority(&high, hipStreamNonBlocking, greatest));
	CHECK(hipHostMalloc((void **)&stop, sizeof(*stop), hipHostMallocCoherent));
	CHECK(hipHostMalloc((void **)&counts, 2 * sizeof(*counts), hipHostMallocCoherent));
	CHECK(hipHostMalloc((void **)&out, 64 * sizeof(*out), hipHostMallocCoherent));
	*stop = counts[0] = counts[1] = 0;

	// The queue and the code of the higher stream are there before it matters.
	hipLaunchKernelGGL(urgent, 1, 64, 0, high, out, 0);
	CHECK(hipStreamSynchronize(high));
	int groups = device.multiProcessorCount;
	hipLaunchKernelGGL(endless, groups, 64, 0, low, stop, &counts[0], &counts[1]);
	while (__atomic_load_n(&counts[0], __ATOMIC_ACQUIRE) < groups)
		;
	for (int round = 1; round <= 3; round++) {
		hipLaunchKernelGGL(urgent, 1, 64, 0, high, out, 1000 * round);
		CHECK(hipStreamSynchronize(high));
		for (int i = 0; i < 64; i++) {
			if (out[i] != 1000 * round + i) {
				fprintf(stderr, "round %d: out[%d] is %d\n", round, i, out[i]);
				return 1;
			}
		}
	}
	if (hipStreamQuery(low) != hipErrorNotReady) {
		fprintf(stderr, "the endless kernel ended by itself\n");
		return 1;
	}
	__atomic_store_n(stop, 1, __ATOMIC_RELEASE);
	CHECK(hipStreamSynchronize(low));
	printf("%d groups started %d times and ended %d times\n", groups, counts[0], counts[1]);
	return counts[0] == groups && counts[1] == groups ? 0 : 1;
}
