/* SPDX-License-Identifier: MIT */
/*
 * A workgroup: its waves, LDS, and the group's cached address translations. Written and read by the one thread that steps the
 * group.
 */
#ifndef SIM_GCN_GROUP_H
#define SIM_GCN_GROUP_H

#include "sim/gcn/wave.h"

#define GCN_SIMDS     4
#define GCN_TLB_PAGES 64

/* Direct mapped; tag is the page's address, or GCN_TLB_EMPTY. */
#define GCN_TLB_EMPTY UINT64_MAX
struct gcn_tlb_entry {
	uint64_t tag;
	uint8_t *host;
};

struct gcn_tlb {
	uint32_t generation;
	struct gcn_tlb_entry entry[2][GCN_TLB_PAGES]; /* for reading, for writing */
};

struct gcn_group {
	const struct gcn_dispatch *dispatch;
	uint32_t id[3];
	uint32_t wave_count;
	uint32_t ended, at_barrier;
	uint32_t next; /* wave to step first */
	uint32_t turns; /* of waves so far, modulo 2^32 */
	/*
	 * Cycles that each SIMD's vector ALU, and each unit the SIMDs share, were busy since @phase_start, the last
	 * barrier or the group's start. See group.c for how they bound the clocks.
	 */
	uint64_t phase_start;
	uint64_t simd_busy[GCN_SIMDS];
	uint64_t unit_busy[GCN_UNIT_COUNT];
	uint64_t limit; /* clock past which waves are not stepped, as far as they have not got there yet */
	struct gcn_tlb tlb;
	uint8_t *lds;
	uint32_t lds_bytes;
	void *registers; /* all waves' vector registers, one allocation */
	struct gcn_wave wave[];
};

/** gcn_wave_init() - give a wave its registers and ids as the hardware does at launch (launch.c) */
void gcn_wave_init(struct gcn_wave *w, const struct gcn_dispatch *d, uint32_t scratch_slot, uint64_t start_cycles);
/** gcn_wave_shift() - the wave stood still for @cycles */
void gcn_wave_shift(struct gcn_wave *w, uint64_t cycles);
/** gcn_group_items() - work-items of group @id: less than the group size at the grid's edge (launch.c) */
uint32_t gcn_group_items(const struct gcn_dispatch *d, const uint32_t id[3]);
/** gcn_group_barrier_check() - release the barrier when every wave has arrived or ended */
void gcn_group_barrier_check(struct gcn_group *g);

#endif
