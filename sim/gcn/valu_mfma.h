/* SPDX-License-Identifier: MIT */
/*
 * Shape of the matrix instructions. The table is constant; valu_mfma.c executes by it.
 */
#ifndef SIM_GCN_VALU_MFMA_H
#define SIM_GCN_VALU_MFMA_H

#include "sim/gcn/valu_lanes.h"

enum valu_matrix_type { M_F32, M_XF32, M_F16, M_BF16, M_I8, M_FP8, M_BF8, M_F64, M_I32 };

enum {
	M_CBSZ = 1,   /* takes CBSZ and ABID: one block of A for several */
	M_BLGP = 2,   /* takes BLGP: lanes of B permuted */
	M_SPARSE = 4, /* A is 4:2 sparse, source 2 holds the indices, D is accumulated into */
};

struct valu_mfma {
	uint16_t op; /* enum gcn_op */
	uint8_t m, n, k, blocks;
	uint8_t a, b, cd; /* enum valu_matrix_type */
	uint8_t flags;
};

extern const struct valu_mfma VALU(mfma_table)[];
extern const unsigned VALU(mfma_count);

#endif
