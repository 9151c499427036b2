/* SPDX-License-Identifier: MIT */
/*
 * Conversions between host nanoseconds (kfd_clock_ns) and the shader clock that groups are timed
 * in. Both count from the same origin, so a shader time is also a point in host time.
 */
#ifndef SIM_CP_CLOCK_H
#define SIM_CP_CLOCK_H

#include <stdint.h>

static inline uint64_t cp_ns_to_cycles(uint64_t ns, uint32_t khz)
{
	return ns / 1000000 * khz + ns % 1000000 * khz / 1000000;
}

/* Rounded up: nothing ends before its last cycle has passed. */
static inline uint64_t cp_cycles_to_ns(uint64_t cycles, uint32_t khz)
{
	return cycles / khz * 1000000 + (cycles % khz * 1000000 + khz - 1) / khz;
}

#endif
