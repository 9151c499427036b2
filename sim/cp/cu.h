/* SPDX-License-Identifier: MIT */
/*
 * Where workgroups run: wave slots, registers and LDS of every compute unit of one GPU, and the
 * model time at which each slot became free. Written and read by the engine thread, under the
 * engine lock.
 */
#ifndef SIM_CP_CU_H
#define SIM_CP_CU_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/device/device.h"

#define CU_MAX_SLOTS  64
#define CU_MASK_WORDS 32 /* 1024 bits, the most that SET_CU_MASK takes */

/* What one workgroup occupies. */
struct cu_need {
	uint32_t waves;
	uint32_t vgpr_rows; /* of all its waves, accumulation registers included */
	uint32_t lds_bytes;
};

struct cu {
	uint32_t slots_free;
	uint32_t rows_free;
	uint32_t lds_free;
	uint64_t free_at[CU_MAX_SLOTS]; /* the first slots_free are valid; shader cycles, ascending
					 */
};

struct cu_pool {
	uint32_t count;
	uint32_t cursor;      /* where the next search begins: spreads groups over the CUs */
	struct cu_need limit; /* an empty CU */
	struct cu *cu;
};

/**
 * cu_pool_init() - the empty compute units of a device
 * Return: 0; -ENOMEM; -EINVAL when the description has no CU or more than CU_MAX_SLOTS wave slots
 * in one.
 */
int cu_pool_init(struct cu_pool *pool, const struct sim_device *device);
void cu_pool_fini(struct cu_pool *pool);

/** cu_pool_fits() - whether a group with @need fits on an empty CU at all */
bool cu_pool_fits(const struct cu_pool *pool, const struct cu_need *need);

/**
 * cu_pool_place() - occupy the CU on which a group can start first
 * @mask:     allowed CUs, CU_MASK_WORDS words
 * @earliest: shader cycle before which the group cannot start
 * @start_p:  shader cycle at which it starts
 * Return: index of the CU; -EAGAIN when no allowed CU has room now.
 */
int cu_pool_place(struct cu_pool *pool, const uint32_t *mask, const struct cu_need *need,
	uint64_t earliest, uint64_t *start_p);
/** cu_pool_release() - give back what cu_pool_place() took, free from shader cycle @at on */
void cu_pool_release(struct cu_pool *pool, uint32_t index, const struct cu_need *need, uint64_t at);

#endif
