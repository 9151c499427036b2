/* SPDX-License-Identifier: MIT */
/* What several examples need: errors that end the program, the time, and a kernel that takes a chosen time. Nothing here is shared. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <hip/hip_runtime.h>
#include <vector>

static inline void check(hipError_t error, const char *what)
{
	if (error == hipSuccess)
		return;
	fprintf(stderr, "%s: %s\n", what, hipGetErrorString(error));
	exit(1);
}

static inline double now_ms()
{
	return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/* Takes @cycles of the GPU's clock, then counts itself. Differences modulo 2^20: some GPUs' clocks have no more. Of the time for which
   it is suspended, through which the clock goes on, less than 2^20 cycles count as work. */
static __global__ void work(uint64_t cycles, uint32_t *count)
{
	uint64_t passed = 0, last = (uint64_t)clock64();

	while (passed < cycles) {
		uint64_t now = (uint64_t)clock64();
		passed += (now - last) & 0xfffff;
		last = now;
	}
	*count += 1;
}

/* Cycles in a millisecond at the GPU's highest clock. */
static inline uint64_t cycles_per_ms()
{
	int khz = 0;

	check(hipDeviceGetAttribute(&khz, hipDeviceAttributeClockRate, 0), "clock rate of GPU 0");
	return (uint64_t)khz;
}

/* A counter that kernels and the host see. */
static inline uint32_t *counter_new()
{
	uint32_t *count;

	check(hipHostMalloc((void **)&count, sizeof(*count), hipHostMallocCoherent), "hipHostMalloc");
	*count = 0;
	return count;
}

static inline bool expect(const char *what, uint32_t expected, uint32_t got)
{
	if (expected == got)
		return true;
	fprintf(stderr, "FAILED: %s: expected %u kernels to have run, got %u\n", what, expected, got);
	return false;
}

#endif
