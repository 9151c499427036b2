/* SPDX-License-Identifier: MIT */
/*
 * Where workgroups run: wave slots, registers and LDS of every compute unit of one GPU, and the
 * model time at which each part of them became free. Written and read by the engine threads of
 * all processes, under the GPU's lock (share.h).
 */
#ifndef SIM_SHARE_CU_H
#define SIM_SHARE_CU_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/device/device.h"

#define SHARE_PROCESSES 64 /* on one machine */

#define CU_MAX	      1024
#define CU_MAX_SLOTS  64
#define CU_MASK_WORDS (CU_MAX / 32) /* as many bits as SET_CU_MASK takes */

/* What one workgroup occupies. */
struct cu_need {
	uint32_t waves;
	uint32_t vgpr_rows; /* of all its waves, accumulation registers included */
	uint32_t lds_bytes;
};

/* What a CU has of something that groups occupy. */
struct cu_stock {
	uint32_t free;
	uint32_t count; /* of pieces */
	/* What is free, by when it became so; ascending. There is a piece for every wave slot that
	 * may be free by itself; of the rest, the oldest pieces are put together where there are
	 * more, as if they had become free with the latest of them. */
	struct {
		uint64_t at; /* shader cycles */
		uint32_t amount;
	} piece[CU_MAX_SLOTS];
};

struct cu {
	struct cu_stock slots, rows, lds;
};

struct cu_pool {
	uint32_t count;
	uint32_t cursor;      /* where the next search begins: spreads groups over the CUs */
	struct cu_need limit; /* an empty CU */
	struct cu cu[CU_MAX];
	struct cu_need held[SHARE_PROCESSES]
			   [CU_MAX]; /* by process: what is given back when it dies */
};

/**
 * cu_pool_init() - the empty compute units of a device, in zeroed memory
 * Return: 0; -EINVAL when the description has no CU, more than CU_MAX, or more than CU_MAX_SLOTS
 * wave slots in one.
 */
int cu_pool_init(struct cu_pool *pool, const struct sim_device *device);

/** cu_pool_per_cu() - how many groups with @need fit on an empty CU */
uint32_t cu_pool_per_cu(const struct cu_pool *pool, const struct cu_need *need);

/**
 * cu_pool_place() - occupy the CU on which a group can start first
 * @owner:    index of the process
 * @mask:     allowed CUs, CU_MASK_WORDS words
 * @earliest: shader cycle before which the group cannot start
 * @pack:     of several such CUs the fullest, which leaves room for larger groups; else the emptiest
 * @start_p:  shader cycle at which it starts
 * Return: index of the CU; -EAGAIN when no allowed CU has room now.
 */
int cu_pool_place(struct cu_pool *pool, uint32_t owner, const uint32_t *mask,
	const struct cu_need *need, uint64_t earliest, bool pack, uint64_t *start_p);
/** cu_pool_release() - give back what cu_pool_place() took, free from shader cycle @at on */
void cu_pool_release(struct cu_pool *pool, uint32_t owner, uint32_t index,
	const struct cu_need *need, uint64_t at);
/**
 * cu_pool_repair() - make the CUs' state follow from what processes hold
 * @owner: its holdings are dropped before; SHARE_PROCESSES: nobody's
 * @at:    shader cycle from which on slots are free of which nothing better is known
 */
void cu_pool_repair(struct cu_pool *pool, uint32_t owner, uint64_t at);

#endif
