/* SPDX-License-Identifier: MIT */
/*
 * Two streams of different priority, whose kernels are told apart by name: the low one has much to do and is held while the high one
 * works. tracing.sh has it traced and looks at what was written. With the argument "exit" it ends in the middle of that.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../hip/busy.h"

#define LOW_KERNELS  100u
#define HIGH_KERNELS 10u

extern "C" __global__ void low_kernel(uint64_t cycles)
{
	busy_wait(cycles);
}

extern "C" __global__ void high_kernel(uint64_t cycles)
{
	busy_wait(cycles);
}

#define OK(call)                                                                                                       \
	if ((call) != hipSuccess) {                                                                                    \
		std::fprintf(stderr, "trace: %s failed\n", #call);                                                     \
		return 1;                                                                                              \
	}

int main(int argc, char **argv)
{
	int least, greatest;
	hipStream_t low, high;
	uint64_t ms;

	OK(hipDeviceGetStreamPriorityRange(&least, &greatest));
	OK(hipStreamCreateWithPriority(&low, hipStreamNonBlocking, least));
	OK(hipStreamCreateWithPriority(&high, hipStreamNonBlocking, greatest));
	ms = busy_cycles_per_ms();
	for (unsigned i = 0; i < LOW_KERNELS; i++)
		low_kernel<<<1, 1, 0, low>>>(ms / 2);
	for (unsigned i = 0; i < HIGH_KERNELS; i++) {
		high_kernel<<<1, 1, 0, high>>>(ms / 2);
		OK(hipStreamSynchronize(high));
	}
	OK(hipGetLastError());
	if (argc > 1 && !std::strcmp(argv[1], "exit"))
		std::exit(0);
	OK(hipStreamSynchronize(low));
	std::printf("%u %u\n", LOW_KERNELS, HIGH_KERNELS);
	return 0;
}
