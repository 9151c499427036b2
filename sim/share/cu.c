/* SPDX-License-Identifier: MIT */
/* Placement of workgroups on compute units; see cu.h. Registers are counted per CU, not per SIMD.
 */
#include "sim/share/cu.h"

#include <errno.h>
#include <string.h>

/* All of it, free since @at. */
static void stock_set(struct cu_stock *s, uint32_t amount, uint64_t at)
{
	s->free = amount;
	s->count = amount != 0;
	s->piece[0].at = at;
	s->piece[0].amount = amount;
}

/* Since when @amount of it is free, which is no more than there is; what is free longest is taken
 * first. */
static uint64_t stock_since(const struct cu_stock *s, uint32_t amount)
{
	uint64_t at = 0;

	for (uint32_t i = 0; amount && i < CU_MAX_SLOTS; i++) {
		at = s->piece[i].at;
		amount -= s->piece[i].amount < amount ? s->piece[i].amount : amount;
	}
	return at;
}

/* Read once, and within its bounds: a process that was robbed of the lock may be writing, too (share_gpu_lock_places()). */
static uint32_t stock_count(const struct cu_stock *s)
{
	uint32_t count = *(const volatile uint32_t *)&s->count;

	return count < CU_MAX_SLOTS ? count : CU_MAX_SLOTS;
}

static void stock_take(struct cu_stock *s, uint32_t amount)
{
	uint32_t used = 0, count = stock_count(s);

	s->free -= amount;
	while (used < count && amount && s->piece[used].amount <= amount)
		amount -= s->piece[used++].amount;
	memmove(s->piece, s->piece + used, (count - used) * sizeof(s->piece[0]));
	s->count = count - used;
	if (amount)
		s->piece[0].amount -= amount;
}

static void stock_give(struct cu_stock *s, uint32_t amount, uint64_t at)
{
	uint32_t count = stock_count(s);

	if (!amount)
		return;
	if (count == CU_MAX_SLOTS) {
		s->piece[1].amount += s->piece[0].amount;
		memmove(s->piece, s->piece + 1, --count * sizeof(s->piece[0]));
	}
	uint32_t i = count;
	while (i > 0 && s->piece[i - 1].at > at)
		i--;
	if (i > 0 && s->piece[i - 1].at == at) {
		s->piece[i - 1].amount += amount;
	} else {
		memmove(s->piece + i + 1, s->piece + i, (count - i) * sizeof(s->piece[0]));
		s->piece[i].at = at;
		s->piece[i].amount = amount;
		count++;
	}
	s->count = count;
	s->free += amount;
}

/* Whoever died may have left it half changed. */
static bool stock_is_sound(const struct cu_stock *s, uint32_t free)
{
	uint64_t sum = 0;

	if (s->free != free || s->count > CU_MAX_SLOTS)
		return false;
	for (uint32_t i = 0; i < s->count; i++) {
		sum += s->piece[i].amount;
		if (!s->piece[i].amount || (i && s->piece[i].at < s->piece[i - 1].at))
			return false;
	}
	return sum == free;
}

/* It has to be @free: what it has more than it says became free at @at. */
static void stock_repair(struct cu_stock *s, uint32_t free, uint64_t at)
{
	if (s->free < free && stock_is_sound(s, s->free))
		stock_give(s, free - s->free, at);
	if (!stock_is_sound(s, free))
		stock_set(s, free, at);
}

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
		stock_set(&pool->cu[i].slots, slots, 0);
		stock_set(&pool->cu[i].rows, pool->limit.vgpr_rows, 0);
		stock_set(&pool->cu[i].lds, pool->limit.lds_bytes, 0);
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

static bool has_room(const struct cu *cu, const struct cu_need *need)
{
	return cu->slots.free >= need->waves && cu->rows.free >= need->vgpr_rows &&
	       cu->lds.free >= need->lds_bytes;
}

/* When a group can start there that could from @earliest on. */
static uint64_t start_on(const struct cu *cu, const struct cu_need *need, uint64_t earliest)
{
	uint64_t since[] = {stock_since(&cu->slots, need->waves),
		stock_since(&cu->rows, need->vgpr_rows), stock_since(&cu->lds, need->lds_bytes)};

	for (unsigned i = 0; i < sizeof(since) / sizeof(since[0]); i++)
		if (earliest < since[i])
			earliest = since[i];
	return earliest;
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
		if (!has_room(cu, need))
			continue;
		uint64_t start = start_on(cu, need, earliest);
		if (best < 0 || start < best_start ||
			(start == best_start &&
				(pack ? cu->slots.free < pool->cu[best].slots.free
				      : cu->slots.free > pool->cu[best].slots.free))) {
			best = (int)i;
			best_start = start;
			if (start == earliest && !pack && cu->slots.free == pool->limit.waves)
				break; /* an empty CU: nothing can be better */
		}
	}
	if (best < 0)
		return best;

	struct cu *cu = &pool->cu[best];
	held_add(&pool->held[owner][best], need);
	stock_take(&cu->slots, need->waves);
	stock_take(&cu->rows, need->vgpr_rows);
	stock_take(&cu->lds, need->lds_bytes);
	pool->cursor = (uint32_t)best + 1 == pool->count ? 0 : (uint32_t)best + 1;
	*start_p = best_start;
	return best;
}

void cu_pool_release(struct cu_pool *pool, uint32_t owner, uint32_t index,
	const struct cu_need *need, uint64_t at)
{
	struct cu_need *held = &pool->held[owner][index];
	struct cu *cu = &pool->cu[index];

	stock_give(&cu->slots, need->waves, at);
	stock_give(&cu->rows, need->vgpr_rows, at);
	stock_give(&cu->lds, need->lds_bytes, at);
	held->waves -= need->waves;
	held->vgpr_rows -= need->vgpr_rows;
	held->lds_bytes -= need->lds_bytes;
}

static uint32_t rest(uint32_t limit, uint32_t held)
{
	return held < limit ? limit - held : 0;
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
		stock_repair(&cu->slots, rest(pool->limit.waves, held.waves), at);
		stock_repair(&cu->rows, rest(pool->limit.vgpr_rows, held.vgpr_rows), at);
		stock_repair(&cu->lds, rest(pool->limit.lds_bytes, held.lds_bytes), at);
	}
}
