/* SPDX-License-Identifier: MIT */
/* Clocks of the simulated GPUs: all derived from the host's CLOCK_BOOTTIME, so no state is kept and any thread may read. */
#include <time.h>

#include "sim/device/device.h"
#include "sim/kfd/event.h"

uint64_t kfd_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t kfd_gpu_counter(uint32_t gpu, uint64_t clock_ns)
{
	uint32_t khz = sim_machine_get()->gpu[gpu].device->counter_khz;

	return (uint64_t)((unsigned __int128)clock_ns * khz / 1000000u);
}
