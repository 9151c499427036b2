/* SPDX-License-Identifier: MIT */
/*
 * Several GPUs in one process: each has its own memory, streams and kernels; copies and, where
 * offered, access between them. Needs two GPUs.
 */
#include "check.h"

#define COUNT 5000

__device__ int where = -1;

__global__ static void fill(int *data, int value, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		data[i] = value + i;
}

__global__ static void copy(const int *from, int *to, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		to[i] = from[i] * 2;
}

static int gpus(void)
{
	int count = 0;
	hip_ok(hipGetDeviceCount(&count));
	return count;
}

static int *filled_on(int gpu, int value)
{
	hip_ok(hipSetDevice(gpu));
	int *p = device_new<int>(COUNT);
	fill<<<(COUNT + 127) / 128, 128>>>(p, value, COUNT);
	launch_ok();
	hip_ok(hipDeviceSynchronize());
	return p;
}

static void holds(const int *p, int value, int factor)
{
	std::vector<int> got = host_copy_of(p, COUNT), want(COUNT);
	for (int i = 0; i < COUNT; i++)
		want[i] = (value + i) * factor;
	equal(got.data(), want.data(), COUNT);
}

static void every_gpu_computes(void **state)
{
	for (int g = 0; g < gpus(); g++) {
		int *p = filled_on(g, g * 1000), current = -1;
		hipPointerAttribute_t a;
		hip_ok(hipGetDevice(&current));
		same(current, g);
		hip_ok(hipPointerGetAttributes(&a, p));
		same(a.device, g);
		holds(p, g * 1000, 1);
		hip_ok(hipFree(p));
	}
	hip_ok(hipSetDevice(0));
}

static void gpus_work_at_the_same_time(void **state)
{
	const int n = gpus();
	std::vector<int *> data(n);
	std::vector<hipStream_t> streams(n);
	for (int g = 0; g < n; g++) {
		hip_ok(hipSetDevice(g));
		hip_ok(hipStreamCreate(&streams[g]));
		data[g] = device_new<int>(COUNT);
	}
	for (int round = 0; round < 10; round++)
		for (int g = 0; g < n; g++) {
			hip_ok(hipSetDevice(g));
			fill<<<(COUNT + 127) / 128, 128, 0, streams[g]>>>(
				data[g], g * 7 + round, COUNT);
			launch_ok();
		}
	for (int g = 0; g < n; g++) {
		hip_ok(hipSetDevice(g));
		hip_ok(hipStreamSynchronize(streams[g]));
		holds(data[g], g * 7 + 9, 1);
		hip_ok(hipStreamDestroy(streams[g]));
		hip_ok(hipFree(data[g]));
	}
	hip_ok(hipSetDevice(0));
}

static void global_variables_are_per_gpu(void **state)
{
	for (int g = 0; g < gpus(); g++) {
		hip_ok(hipSetDevice(g));
		hip_ok(hipMemcpyToSymbol(HIP_SYMBOL(where), &g, sizeof(g)));
	}
	for (int g = 0; g < gpus(); g++) {
		int got = -1;
		hip_ok(hipSetDevice(g));
		hip_ok(hipMemcpyFromSymbol(&got, HIP_SYMBOL(where), sizeof(got)));
		same(got, g);
	}
	hip_ok(hipSetDevice(0));
}

static void memory_is_copied_between_gpus(void **state)
{
	int *a = filled_on(0, 31), *b = filled_on(1, 0);
	hip_ok(hipMemcpyPeer(b, 1, a, 0, COUNT * sizeof(int)));
	hip_ok(hipDeviceSynchronize());
	holds(b, 31, 1);
	int *c = filled_on(0, -5);
	hip_ok(hipMemcpy(b, c, COUNT * sizeof(int), hipMemcpyDefault));
	hip_ok(hipDeviceSynchronize());
	holds(b, -5, 1);
	hip_ok(hipFree(a));
	hip_ok(hipFree(b));
	hip_ok(hipFree(c));
}

static void kernels_read_the_peer_where_that_is_offered(void **state)
{
	int can = 0;
	hip_ok(hipDeviceCanAccessPeer(&can, 1, 0));
	if (!can) {
		print_message("the GPUs cannot access each other\n");
		skip();
	}
	int *a = filled_on(0, 12), *b = filled_on(1, 0);
	hip_ok(hipSetDevice(1));
	hip_ok(hipDeviceEnablePeerAccess(0, 0));
	hip_error(hipDeviceEnablePeerAccess(0, 0), hipErrorPeerAccessAlreadyEnabled);
	(void)hipGetLastError();
	copy<<<(COUNT + 127) / 128, 128>>>(a, b, COUNT);
	launch_ok();
	holds(b, 12, 2);
	hip_ok(hipDeviceDisablePeerAccess(0));
	hip_ok(hipFree(a));
	hip_ok(hipFree(b));
	hip_ok(hipSetDevice(0));
}

static void an_event_of_one_gpu_holds_a_stream_of_another(void **state)
{
	hipStream_t first, second;
	hipEvent_t event;
	int *shared;
	hip_ok(hipHostMalloc((void **)&shared, COUNT * sizeof(int), hipHostMallocPortable));
	hip_ok(hipSetDevice(0));
	hip_ok(hipStreamCreate(&first));
	hip_ok(hipEventCreateWithFlags(&event, hipEventDisableTiming));
	hip_ok(hipSetDevice(1));
	hip_ok(hipStreamCreate(&second));
	int *to = device_new<int>(COUNT);
	hip_ok(hipSetDevice(0));
	for (int i = 0; i < 20; i++)
		fill<<<(COUNT + 127) / 128, 128, 0, first>>>(shared, i, COUNT);
	launch_ok();
	hip_ok(hipEventRecord(event, first));
	hip_ok(hipSetDevice(1));
	hip_ok(hipStreamWaitEvent(second, event, 0));
	copy<<<(COUNT + 127) / 128, 128, 0, second>>>(shared, to, COUNT);
	launch_ok();
	hip_ok(hipStreamSynchronize(second));
	holds(to, 19, 2);
	hip_ok(hipStreamDestroy(second));
	hip_ok(hipFree(to));
	hip_ok(hipSetDevice(0));
	hip_ok(hipStreamDestroy(first));
	hip_ok(hipEventDestroy(event));
	hip_ok(hipHostFree(shared));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_gpu_computes),
		cmocka_unit_test(gpus_work_at_the_same_time),
		cmocka_unit_test(global_variables_are_per_gpu),
		cmocka_unit_test(memory_is_copied_between_gpus),
		cmocka_unit_test(kernels_read_the_peer_where_that_is_offered),
		cmocka_unit_test(an_event_of_one_gpu_holds_a_stream_of_another),
	};
	return gpu_missing(2) ? TEST_SKIPPED : hip_test_main(tests);
}
