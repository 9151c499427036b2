/* SPDX-License-Identifier: MIT */
/*
 * Vector instructions that look at single lanes or at two destinations: readlane, writelane,
 * readfirstlane, swap, nop. Read and write the wave of the thread that steps it.
 *
 * Source: AMD CDNA2 and CDNA3 ISA documents, chapters "VOP1/VOP3 instructions".
 */
#include "sim/gcn/sgpr.h"
#include "sim/gcn/valu_fetch.h"

static unsigned vgpr_index(const struct gcn_wave *w, unsigned code, unsigned m0_bit)
{
	return w->mode & VALU_MODE_GPR_IDX && w->m0 >> m0_bit & 1 ? code + (w->m0 & 0xff) : code;
}

/* The lowest active lane; lane 0 when none is. */
static int exec_readfirstlane(struct gcn_wave *w, const struct gcn_inst *in)
{
	unsigned lane = w->exec ? (unsigned)__builtin_ctzll(w->exec) : 0;
	uint32_t(*row)[GCN_WAVE_LANES];

	if (in->src[0] < GCN_SRC_VGPR0) {
		sgpr_write32(w, in->dst, sgpr_read32(w, in->src[0], in->literal));
		return 0;
	}
	row = valu_rows(w, vgpr_index(w, in->src[0], 12), 1);
	if (!row)
		return -1;
	sgpr_write32(w, in->dst, row[0][lane]);
	return 0;
}

static int exec_readlane(struct gcn_wave *w, const struct gcn_inst *in)
{
	uint32_t(*row)[GCN_WAVE_LANES] = valu_rows(w, vgpr_index(w, in->src[0], 12), 1);

	if (!row)
		return -1;
	sgpr_write32(w, in->dst, row[0][sgpr_read32(w, in->src[1], in->literal) & 63]);
	return 0;
}

/* Writes its lane whether it is active or not. */
static int exec_writelane(struct gcn_wave *w, const struct gcn_inst *in)
{
	uint32_t(*row)[GCN_WAVE_LANES] = valu_rows(w, vgpr_index(w, in->dst, 15), 1);

	if (!row)
		return -1;
	row[0][sgpr_read32(w, in->src[1], in->literal) & 63] =
		sgpr_read32(w, in->src[0], in->literal);
	return 0;
}

static int exec_swap(struct gcn_wave *w, const struct gcn_inst *in)
{
	uint32_t(*a)[GCN_WAVE_LANES] = valu_rows(w, in->dst, 1);
	uint32_t(*b)[GCN_WAVE_LANES] = a ? valu_rows(w, in->src[0], 1) : NULL;

	if (!b)
		return -1;
	LANES
	{
		uint32_t v = a[0][i];

		if (w->exec >> i & 1) {
			a[0][i] = b[0][i];
			b[0][i] = v;
		}
	}
	return 0;
}

/* v_nop, and v_clrexcp: exceptions are not modelled. */
static int exec_nothing(struct gcn_wave *w, const struct gcn_inst *in)
{
	(void)w;
	(void)in;
	return 0;
}

gcn_exec_fn VALU(lane_lookup)(const struct gcn_inst *in)
{
	if (in->modifier != GCN_MOD_NONE || in->neg || in->abs || in->omod || in->clamp ||
		in->op_sel)
		return NULL;
	switch (in->op) {
	case GCN_V_READFIRSTLANE_B32:
		return exec_readfirstlane;
	case GCN_V_READLANE_B32:
		return in->src[0] >= GCN_SRC_VGPR0 && in->src[1] < GCN_SRC_VGPR0 ? exec_readlane
										 : NULL;
	case GCN_V_WRITELANE_B32:
		return in->src[0] < GCN_SRC_VGPR0 && in->src[1] < GCN_SRC_VGPR0 ? exec_writelane
										: NULL;
	case GCN_V_SWAP_B32:
		return in->src[0] >= GCN_SRC_VGPR0 ? exec_swap : NULL;
	case GCN_V_NOP:
	case GCN_V_CLREXCP:
		return exec_nothing;
	default:
		return NULL;
	}
}
