// SPDX-License-Identifier: MIT
// A cooperative kernel that fills the GPU, whose groups wait for each other in every round, and urgent kernels of a stream of higher
// priority: without saving its waves those never start. What the groups hand on to each other must come out right all the same.
#include <hip/hip_runtime.h>

#include <hip/hip_cooperative_groups.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#define CHECK(call)                                                                                                    \
	do {                                                                                                           \
		hipError_t e_ = (call);                                                                                \
		if (e_ != hipSuccess) {                                                                                \
			fprintf(stderr, "%s: %s\n", #call, hipGetErrorString(e_));                                     \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

struct shared {
	int stop;      // writer: the host
	int goes_on;   // writer: the first group, of which all must hear the same
	unsigned done; // rounds; writer: the first group
};

// Each group occupies a CU by its LDS. In a round it takes over its neighbour's value, and adds one.
__global__ void rounds(volatile unsigned *values, volatile struct shared *s)
{
	__shared__ unsigned room[16384];
	cooperative_groups::grid_group grid = cooperative_groups::this_grid();
	int goes_on;

	do {
		if (!threadIdx.x)
			room[0] = values[(blockIdx.x + 1) % gridDim.x] + 1;
		if (!threadIdx.x && !blockIdx.x)
			s->goes_on = !s->stop;
		grid.sync();
		goes_on = s->goes_on;
		if (!threadIdx.x)
			values[blockIdx.x] = room[0];
		if (!threadIdx.x && !blockIdx.x)
			s->done++;
		grid.sync();
	} while (goes_on);
}

// Needs a whole CU too.
__global__ void urgent(int *out, int value)
{
	__shared__ int room[16384];

	room[threadIdx.x] = value + (int)threadIdx.x;
	__syncthreads();
	out[63 - threadIdx.x] = room[63 - threadIdx.x];
}

static struct shared *shared;

static unsigned rounds_done()
{
	return __atomic_load_n(&shared->done, __ATOMIC_ACQUIRE);
}

int main()
{
	hipDeviceProp_t device;
	int least, greatest, *out;
	unsigned *values;
	hipStream_t low, high;

	CHECK(hipGetDeviceProperties(&device, 0));
	if (!device.cooperativeLaunch) {
		fprintf(stderr, "skipped: the device offers no cooperative launch\n");
		return 77;
	}
	unsigned groups = (unsigned)device.multiProcessorCount;
	CHECK(hipDeviceGetStreamPriorityRange(&least, &greatest));
	CHECK(hipStreamCreateWithFlags(&low, hipStreamNonBlocking));
	CHECK(hipStreamCreateWithPriority(&high, hipStreamNonBlocking, greatest));
	CHECK(hipHostMalloc((void **)&shared, sizeof(*shared), hipHostMallocCoherent));
	CHECK(hipHostMalloc((void **)&values, groups * sizeof(*values), hipHostMallocCoherent));
	CHECK(hipHostMalloc((void **)&out, 64 * sizeof(*out), hipHostMallocCoherent));
	*shared = {};
	for (unsigned i = 0; i < groups; i++)
		values[i] = 1000 * i;

	// The queue and the code of the higher stream are there before it matters.
	hipLaunchKernelGGL(urgent, 1, 64, 0, high, out, 0);
	CHECK(hipStreamSynchronize(high));
	void *arguments[] = {&values, &shared};
	// Older HIP returns only when it has ended.
	std::thread launch([&] {
		CHECK(hipLaunchCooperativeKernel((const void *)rounds, dim3(groups), dim3(64), arguments, 0, low));
		CHECK(hipStreamSynchronize(low));
	});
	for (int time = 1; time <= 3; time++) {
		// It is there, or goes on.
		for (unsigned before = rounds_done(); rounds_done() == before;)
			;
		hipLaunchKernelGGL(urgent, 1, 64, 0, high, out, 1000 * time);
		CHECK(hipStreamSynchronize(high));
		for (int i = 0; i < 64; i++) {
			if (out[i] != 1000 * time + i) {
				fprintf(stderr, "time %d: out[%d] is %d\n", time, i, out[i]);
				return 1;
			}
		}
	}
	__atomic_store_n(&shared->stop, 1, __ATOMIC_RELEASE);
	launch.join();
	unsigned done = shared->done;
	for (unsigned i = 0; i < groups; i++) {
		unsigned want = 1000 * ((i + done) % groups) + done;
		if (values[i] != want) {
			fprintf(stderr, "after %u rounds the value of group %u is %u, not %u\n", done, i, values[i], want);
			return 1;
		}
	}
	printf("%u groups, %u rounds\n", groups, done);
	return 0;
}
