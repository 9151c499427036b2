/* SPDX-License-Identifier: MIT */
/*
 * What instructions cost in shader clock cycles: the model's table. Called by the decoder once per decoded instruction;
 * group.c turns the costs into the clocks of waves and groups.
 *
 * An instruction occupies its unit, and holds up its own wave, for `cycles`; results of memory are there `latency`
 * cycles later, which s_waitcnt waits for. Sources: AMD "Instinct MI200" and "MI300" ISA documents: a SIMD takes 4
 * cycles to push the 64 lanes of a wave through 16 lanes; a wave issues at most one instruction every 4 cycles. Vector
 * memory moves 64 bytes a cycle between L1 and the registers, LDS 128 bytes. The latencies are rounded figures for an
 * L2 hit on MI200 (about 300 ns); bandwidth beyond L1 is not modelled.
 */
#include "sim/gcn/wave.h"

enum {
	ISSUE = 4,         /* one slot of the issue rota */
	BRANCH = 16,       /* taken or not: the instruction buffer is refilled */
	SMEM_LATENCY = 120,/* scalar cache hit */
	LDS_LATENCY = 64,
	VMEM_LATENCY = 480,
};

static unsigned vmem_dwords(const struct gcn_inst *in)
{
	const char *name = gcn_op_name((enum gcn_op)in->op);
	unsigned length = 0;

	while (name[length])
		length++;
	if (length < 2 || name[length - 2] != 'x')
		return 1;
	return (unsigned)(name[length - 1] - '0');
}

static unsigned lds_cycles(const struct gcn_inst *in)
{
	switch (in->op) {
	case GCN_DS_READ_B64:
	case GCN_DS_WRITE_B64:
	case GCN_DS_READ2_B32:
	case GCN_DS_WRITE2_B32:
	case GCN_DS_READ2ST64_B32:
	case GCN_DS_WRITE2ST64_B32:
		return 2 * ISSUE;
	case GCN_DS_READ_B96:
	case GCN_DS_WRITE_B96:
	case GCN_DS_READ_B128:
	case GCN_DS_WRITE_B128:
	case GCN_DS_READ2_B64:
	case GCN_DS_WRITE2_B64:
	case GCN_DS_READ2ST64_B64:
	case GCN_DS_WRITE2ST64_B64:
		return 4 * ISSUE;
	default:
		return ISSUE;
	}
}

void gcn_inst_cost(struct gcn_inst *in)
{
	in->latency = 0;
	in->cycles = ISSUE;
	switch (in->format) {
	case GCN_FMT_SOPP:
		in->unit = GCN_UNIT_BRANCH;
		if (in->op == GCN_S_BRANCH ||
			(in->op >= GCN_S_CBRANCH_CDBGSYS && in->op <= GCN_S_CBRANCH_VCCZ))
			in->cycles = BRANCH;
		/* Free, for a barrier that ends moves all clocks to one time, whichever wave came last. */
		if (in->op == GCN_S_BARRIER)
			in->cycles = 0;
		break;
	case GCN_FMT_SOP1:
	case GCN_FMT_SOP2:
	case GCN_FMT_SOPC:
	case GCN_FMT_SOPK:
		in->unit = GCN_UNIT_SALU;
		if (in->op == GCN_S_SETPC_B64 || in->op == GCN_S_SWAPPC_B64 || in->op == GCN_S_CALL_B64)
			in->cycles = BRANCH;
		break;
	case GCN_FMT_SMEM:
		in->unit = GCN_UNIT_SMEM;
		in->latency = SMEM_LATENCY;
		break;
	case GCN_FMT_DS:
		in->unit = GCN_UNIT_LDS;
		in->cycles = (uint16_t)lds_cycles(in);
		in->latency = LDS_LATENCY;
		break;
	case GCN_FMT_FLAT:
	case GCN_FMT_GLOBAL:
	case GCN_FMT_SCRATCH:
	case GCN_FMT_MUBUF:
		in->unit = in->format == GCN_FMT_FLAT ? GCN_UNIT_FLAT : GCN_UNIT_VMEM;
		in->cycles = (uint16_t)(ISSUE * vmem_dwords(in));
		in->latency = VMEM_LATENCY;
		break;
	default:
		in->unit = GCN_UNIT_VALU;
		in->cycles = (uint16_t)gcn_valu_cycles(in);
		break;
	}
}
