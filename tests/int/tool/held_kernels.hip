// SPDX-License-Identifier: MIT
// The gate under HIP: 50 kernels queued and held are not done, released they all are, in order; also across streams.
// Runs with the test build of the tool library.
#include <hip/hip_runtime.h>
#include <unistd.h>

#include <cstdio>

#include "test_hooks.h"

static int failed;

#define CHECK(call)                                                                                                    \
	do {                                                                                                           \
		hipError_t error_ = (call);                                                                            \
		if (error_ != hipSuccess) {                                                                            \
			std::printf("FAILED: %s: %s\n", #call, hipGetErrorString(error_));                             \
			return 1;                                                                                      \
		}                                                                                                      \
	} while (0)

#define EXPECT(what, got, wanted)                                                                                      \
	do {                                                                                                           \
		long got_ = (long)(got), wanted_ = (long)(wanted);                                                     \
		std::printf("%s: %s\n", got_ == wanted_ ? "ok" : "FAILED", what);                                      \
		if (got_ != wanted_) {                                                                                 \
			std::printf("  expected %ld, got %ld\n", wanted_, got_);                                       \
			failed = 1;                                                                                    \
		}                                                                                                      \
	} while (0)

__global__ void append(int *log, int *count, int value)
{
	log[atomicAdd(count, 1)] = value;
}

int main()
{
	const int kernels = 50;
	int *device, host[2 * kernels + 1];
	hipStream_t first, second;
	hipEvent_t event;

	CHECK(hipMalloc(&device, sizeof(host)));
	CHECK(hipMemset(device, 0, sizeof(host)));
	CHECK(hipStreamCreate(&first));
	CHECK(hipStreamCreate(&second));
	CHECK(hipEventCreate(&event));
	// Code is loaded at a kernel's first launch, which waits for copies: not behind a closed gate.
	append<<<1, 1, 0, first>>>(device, device + 2 * kernels, 0);
	append<<<1, 1, 0, second>>>(device, device + 2 * kernels, 0);
	CHECK(hipDeviceSynchronize());
	CHECK(hipMemset(device, 0, sizeof(host)));
	CHECK(hipDeviceSynchronize());

	test_hooks hooks = test_hooks_find();
	hooks.close();
	for (int i = 0; i < kernels; i++)
		append<<<1, 1, 0, first>>>(device, device + 2 * kernels, i);
	CHECK(hipEventRecord(event, first));
	CHECK(hipStreamWaitEvent(second, event, 0));
	for (int i = kernels; i < 2 * kernels; i++)
		append<<<1, 1, 0, second>>>(device, device + 2 * kernels, i);
	usleep(20000);
	EXPECT("the event behind the gate is not ready", hipEventQuery(event), hipErrorNotReady);
	EXPECT("nor is the stream that waits for it", hipStreamQuery(second), hipErrorNotReady);
	hooks.open();
	CHECK(hipEventSynchronize(event));
	CHECK(hipDeviceSynchronize());
	EXPECT("the event is ready once released", hipEventQuery(event), hipSuccess);
	CHECK(hipMemcpy(host, device, sizeof(host), hipMemcpyDeviceToHost));
	EXPECT("every kernel ran once", host[2 * kernels], 2 * kernels);
	int ordered = 0;
	for (int i = 0; i < 2 * kernels; i++)
		ordered += host[i] == i;
	EXPECT("in the order they were queued", ordered, 2 * kernels);
	return failed;
}
