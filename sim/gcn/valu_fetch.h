/* SPDX-License-Identifier: MIT */
/*
 * Operand fetch of the vector ALU: rows from registers, constants and scalar registers, and what
 * SDWA, DPP and the source modifiers make of them. Used by valu_exec.c and the instructions with a
 * form of their own.
 */
#ifndef SIM_GCN_VALU_FETCH_H
#define SIM_GCN_VALU_FETCH_H

#include "sim/gcn/valu_lanes.h"

enum { VALU_SDWA_WORD_0 = 4, VALU_SDWA_WORD_1 = 5, VALU_SDWA_DWORD = 6 }; /* 0..3: bytes */
enum { VALU_SDWA_PAD = 0, VALU_SDWA_SEXT = 1, VALU_SDWA_PRESERVE = 2 };

/* @rows consecutive vector registers from operand code @code on, or NULL after a fault when the
 * wave has not that many. */
static inline uint32_t (
	*valu_rows(struct gcn_wave *w, unsigned code, unsigned rows))[GCN_WAVE_LANES]
{
	if (code < GCN_SRC_AGPR0) {
		if (code >= GCN_SRC_VGPR0 && code - GCN_SRC_VGPR0 + rows <= w->nvgprs)
			return w->vgpr + (code - GCN_SRC_VGPR0);
	} else if (code - GCN_SRC_AGPR0 + rows <= w->nagprs) {
		return w->agpr + (code - GCN_SRC_AGPR0);
	}
	gcn_wave_fault(w, GCN_FAULT_UNKNOWN_INSTRUCTION, 0, false,
		"vector register beyond the allocation");
	return NULL;
}

/**
 * valu_fetch() - point source @n's rows of @l at its operand
 * @buf: two rows for values that are not in a register as they are
 * Return: false after a fault.
 */
#define valu_fetch VALU(fetch)
bool valu_fetch(struct gcn_wave *w, const struct gcn_inst *in, const struct valu_op *op, unsigned n,
	struct valu_lanes *l, uint32_t (*buf)[GCN_WAVE_LANES]);

/** valu_modify() - apply SDWA selection, op_sel, abs, neg and denormal flushing to source @n; may
 * move it into @buf */
#define valu_modify VALU(modify)
void valu_modify(const struct gcn_wave *w, const struct gcn_inst *in, const struct valu_op *op,
	unsigned n, struct valu_lanes *l, uint32_t (*buf)[GCN_WAVE_LANES]);

/**
 * valu_dpp() - move source 0 across lanes
 * Return: the lanes that the instruction writes.
 */
#define valu_dpp VALU(dpp)
uint64_t valu_dpp(const struct gcn_wave *w, const struct gcn_inst *in, struct valu_lanes *l,
	uint32_t (*buf)[GCN_WAVE_LANES]);

/** valu_dpp_known() - whether the control names a movement of these parts */
#define valu_dpp_known VALU(dpp_known)
bool valu_dpp_known(unsigned ctrl);

#endif
