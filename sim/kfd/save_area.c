/* SPDX-License-Identifier: MIT */
/* Sizes of the context save area, computed from the device as the driver does; holds no state. See kfd_save_area_of(). */
#include "sim/kfd/process.h"

#define PAGE_BYTES 4096u

static uint32_t align_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) / to * to;
}

struct kfd_save_area kfd_save_area_of(const struct sim_device *d)
{
	struct kfd_save_area a;
	uint32_t cus = d->simd_count / d->simd_per_cu / d->xcc_count;
	/* Register file of a CU, then scalar registers, LDS and hardware registers. gfx908 doubled the first. */
	uint32_t vgpr_bytes = d->vgprs_per_simd * 64 * 4 * d->simd_per_cu;
	uint32_t wave_state = cus * (vgpr_bytes + 0x4000 + 0x10000 + 0x1000);
	uint32_t engines = d->array_count / d->arrays_per_engine;
	uint32_t waves = cus * 40 < engines * 512 ? cus * 40 : engines * 512;

	a.ctl_stack_bytes = align_up(waves * 8 + 8 + 40, PAGE_BYTES);
	a.save_bytes = a.ctl_stack_bytes + align_up(wave_state, PAGE_BYTES);
	a.debug_bytes = align_up(waves * 32, 64);
	return a;
}
