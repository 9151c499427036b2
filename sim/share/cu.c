/* SPDX-License-Identifier: MIT */
/* Placement of workgroups on compute units; see cu.h. Registers are counted per CU, not per SIMD.
 */
#include "sim/share/cu.h"

#include <errno.h>
#include <string.h>

int cu_pool_init(struct cu_pool *pool, const struct sim_device *device)
{
	uint32_t slots = device->simd_per_cu * device->waves_per_simd;

	if (!device->simd_per_cu || device->simd_count < device->simd_per_cu || !slots ||
		slots > CU_MAX_SLOTS || device->simd_count / device->simd_per_cu > CU_MAX)
		return -EINVAL;
	pool->count = device->simd_count / device->simd_per_cu;
	pool->limit.waves = slots;
	pool->limit.vgpr_rows = device->vgprs_per_simd * device->simd_per_cu;
	pool->limit.lds_bytes = device->lds_kib * 1024;
	for (uint32_t i = 0; i < pool->count; i++) {
		pool->cu[i].slots_free = slots;
		pool->cu[i].rows_free = pool->limit.vgpr_rows;
		pool->cu[i].lds_free = pool->limit.lds_bytes;
	}
	return 0;
}

uint32_t cu_pool_per_cu(const struct cu_pool *pool, const struct cu_need *need)
{
	uint32_t n = pool->limit.waves / (need->waves ? need->waves : 1);

	if (need->vgpr_rows && pool->limit.vgpr_rows / need->vgpr_rows < n)
		n = pool->limit.vgpr_rows / need->vgpr_rows;
	if (need->lds_bytes && pool->limit.lds_bytes / need->lds_bytes < n)
		n = pool->limit.lds_bytes / need->lds_bytes;
	return n;
}

static void held_add(struct cu_need *held, const struct cu_need *need)
{
	held->waves += need->waves;
	held->vgpr_rows += need->vgpr_rows;
	held->lds_bytes += need->lds_bytes;
}

int cu_pool_place(struct cu_pool *pool, uint32_t owner, const uint32_t *mask,
	const struct cu_need *need, uint64_t earliest, bool pack, uint64_t *start_p)
{
	int best = -EAGAIN;
	uint64_t best_start = 0;

	for (uint32_t n = 0; n < pool->count; n++) {
		uint32_t i = pool->cursor + n;
		if (i >= pool->count)
			i -= pool->count;
		const struct cu *cu = &pool->cu[i];
		if (!(mask[i / 32] >> (i % 32) & 1))
			continue;
		if (cu->slots_free < need->waves || cu->rows_free < need->vgpr_rows ||
			cu->lds_free < need->lds_bytes)
			continue;
		uint64_t start = cu->free_at[need->waves - 1];
		if (start < earliest)
			start = earliest;
		if (best < 0 || start < best_start ||
			(start == best_start &&
				(pack ? cu->slots_free < pool->cu[best].slots_free
				      : cu->slots_free > pool->cu[best].slots_free))) {
			best = (int)i;
			best_start = start;
			if (start == earliest && !pack && cu->slots_free == pool->limit.waves)
				break; /* an empty CU: nothing can be better */
		}
	}
	if (best < 0)
		return best;

	struct cu *cu = &pool->cu[best];
	held_add(&pool->held[owner][best], need);
	cu->slots_free -= need->waves;
	memmove(cu->free_at, cu->free_at + need->waves, cu->slots_free * sizeof(cu->free_at[0]));
	cu->rows_free -= need->vgpr_rows;
	cu->lds_free -= need->lds_bytes;
	pool->cursor = (uint32_t)best + 1 == pool->count ? 0 : (uint32_t)best + 1;
	*start_p = best_start;
	return best;
}

void cu_pool_release(struct cu_pool *pool, uint32_t owner, uint32_t index,
	const struct cu_need *need, uint64_t at)
{
	struct cu_need *held = &pool->held[owner][index];
	struct cu *cu = &pool->cu[index];
	uint32_t behind = cu->slots_free;

	while (behind > 0 && cu->free_at[behind - 1] > at)
		behind--;
	memmove(cu->free_at + behind + need->waves, cu->free_at + behind,
		(cu->slots_free - behind) * sizeof(cu->free_at[0]));
	for (uint32_t i = 0; i < need->waves; i++)
		cu->free_at[behind + i] = at;
	cu->slots_free += need->waves;
	cu->rows_free += need->vgpr_rows;
	cu->lds_free += need->lds_bytes;
	held->waves -= need->waves;
	held->vgpr_rows -= need->vgpr_rows;
	held->lds_bytes -= need->lds_bytes;
}

void cu_pool_repair(struct cu_pool *pool, uint32_t owner, uint64_t at)
{
	if (owner < SHARE_PROCESSES)
		memset(pool->held[owner], 0, sizeof(pool->held[owner]));
	for (uint32_t i = 0; i < pool->count; i++) {
		struct cu *cu = &pool->cu[i];
		struct cu_need held = {0};
		for (uint32_t p = 0; p < SHARE_PROCESSES; p++)
			held_add(&held, &pool->held[p][i]);
		uint32_t slots = pool->limit.waves - held.waves;
		for (uint32_t n = cu->slots_free; n < slots; n++)
			cu->free_at[n] = at;
		cu->slots_free = slots;
		cu->rows_free = pool->limit.vgpr_rows - held.vgpr_rows;
		cu->lds_free = pool->limit.lds_bytes - held.lds_bytes;
	}
}
