/* SPDX-License-Identifier: MIT */
/*
 * Kernels that take a chosen time: a wave that reads its clock until enough cycles have passed.
 * Included by test programs whose subject is order or time.
 */
#ifndef TESTS_INT_HIP_BUSY_H
#define TESTS_INT_HIP_BUSY_H

#include <hip/hip_runtime.h>
#include <stdint.h>

/*
 * Waits for @cycles of the wave's clock. Differences are taken modulo 2^20 because that is all the
 * clock has on some GPUs (gfx11). The clock goes on while a wave is suspended, but by that less than
 * 2^20 cycles of a suspension count: what a wave had yet to wait is left to it, up to that.
 */
static __device__ inline void busy_wait(uint64_t cycles)
{
	uint64_t passed = 0, last = (uint64_t)clock64();
	while (passed < cycles) {
		uint64_t now = (uint64_t)clock64();
		passed += (now - last) & 0xfffff;
		last = now;
	}
}

/* Cycles of the shader clock in a millisecond, at the device's highest clock; 0 when the device
 * cannot be asked. */
static inline uint64_t busy_cycles_per_ms(void)
{
	int device, khz = 0;
	if (hipGetDevice(&device) != hipSuccess ||
		hipDeviceGetAttribute(&khz, hipDeviceAttributeClockRate, device) != hipSuccess)
		return 0;
	return (uint64_t)khz;
}

#endif
