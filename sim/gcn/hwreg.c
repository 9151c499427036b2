/* SPDX-License-Identifier: MIT */
/*
 * Hardware registers that s_getreg and s_setreg reach: assembled from the wave's state, of which only MODE can be written.
 *
 * Source: AMD "Instinct MI200" ISA document, "Hardware register values" and the STATUS, GPR_ALLOC and LDS_ALLOC layouts;
 * LLVM AMDGPU operand syntax, "hwreg".
 */
#include <stdio.h>

#include "sim/gcn/group.h"
#include "sim/gcn/sgpr.h"

enum {
	HW_REG_MODE = 1,
	HW_REG_STATUS = 2,
	HW_REG_TRAPSTS = 3,
	HW_REG_HW_ID = 4,
	HW_REG_GPR_ALLOC = 5,
	HW_REG_LDS_ALLOC = 6,
	HW_REG_IB_STS = 7,
	HW_REG_SH_MEM_BASES = 15,
	HW_REG_XCC_ID = 20,
};

static int no_such_register(struct gcn_wave *w, uint16_t selector, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "%s hwreg(%u)", what, selector & 0x3f);
	return gcn_wave_fault(w, GCN_FAULT_UNKNOWN_INSTRUCTION, 0, false, text);
}

uint32_t gcn_hwreg_status(const struct gcn_wave *w)
{
	enum { EXECZ = 1 << 9, VCCZ = 1 << 10, IN_GROUP = 1 << 11, VALID = 1 << 16 };

	return w->scc | (w->exec ? 0 : EXECZ) | (w->vcc ? 0 : VCCZ) |
	       (w->group->wave_count > 1 ? IN_GROUP : 0) | VALID;
}

/*
 * Sizes in allocation granules less one: SGPRs in 16s, VGPRs in 4s on gfx906, else in 8s, and where accumulation VGPRs begin in 4s.
 * Source: Linux cwsr_trap_handler_gfx9.asm.
 */
static uint32_t gpr_alloc(const struct gcn_wave *w)
{
	uint32_t total = w->nvgprs + w->nagprs, sgprs = (w->group->dispatch->sgprs / 16 - 1) << 24;

	if (w->machine->isa == GCN_ISA_GFX906)
		return (total / 4 - 1) << 8 | sgprs;
	return (total / 8 - 1) << 6 | (w->nvgprs / 4 - 1) << 12 | sgprs;
}

int gcn_hwreg_read(struct gcn_wave *w, uint16_t selector, uint32_t *value_p)
{
	unsigned offset = selector >> 6 & 31, size = (selector >> 11) + 1u;
	uint64_t value;

	switch (selector & 0x3f) {
	case HW_REG_MODE:
		value = w->mode;
		break;
	case HW_REG_STATUS:
		value = gcn_hwreg_status(w);
		break;
	case HW_REG_TRAPSTS: /* exceptions are not modelled: none happened */
	case HW_REG_IB_STS:
		value = 0;
		break;
	case HW_REG_HW_ID:
		value = w->hw_id;
		break;
	case HW_REG_GPR_ALLOC:
		value = gpr_alloc(w);
		break;
	case HW_REG_LDS_ALLOC:
		value = w->group->lds_bytes / 256 << 12;
		break;
	case HW_REG_SH_MEM_BASES:
		value = w->machine->scratch_aperture >> 48 | w->machine->lds_aperture >> 48 << 16;
		break;
	case HW_REG_XCC_ID:
		if (w->machine->isa == GCN_ISA_GFX942) {
			value = 0;
			break;
		}
		return no_such_register(w, selector, "s_getreg_b32");
	default:
		return no_such_register(w, selector, "s_getreg_b32");
	}
	*value_p = (uint32_t)(value >> offset & ((1ull << size) - 1));
	return 0;
}

int gcn_hwreg_write(struct gcn_wave *w, uint16_t selector, uint32_t value)
{
	unsigned offset = selector >> 6 & 31, size = (selector >> 11) + 1u;
	uint32_t mask = (uint32_t)(((1ull << size) - 1) << offset);

	switch (selector & 0x3f) {
	case HW_REG_MODE:
		w->mode = (w->mode & ~mask) | (value << offset & mask);
		return 0;
	case HW_REG_TRAPSTS: /* clearing exceptions that never happen */
		return 0;
	default:
		return no_such_register(w, selector, "s_setreg_b32");
	}
}
