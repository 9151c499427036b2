/* SPDX-License-Identifier: MIT */
/*
 * Scalar operands: registers, the special registers among them, inline constants and the literal. Read and written by
 * every unit that has scalar operands.
 *
 * Source: AMD "Instinct MI200" ISA document, table "SGPR Scalar Source Operand" and "Instruction Terms".
 */
#include "sim/gcn/sgpr.h"

/* The halves of the 64-bit special registers are neighbouring codes, the lower half even. */
static uint32_t half(uint64_t value, uint16_t code)
{
	return code & 1 ? (uint32_t)(value >> 32) : (uint32_t)value;
}

static void set_half(uint64_t *value, uint16_t code, uint32_t part)
{
	if (code & 1)
		*value = (*value & UINT32_MAX) | (uint64_t)part << 32;
	else
		*value = (*value & ~(uint64_t)UINT32_MAX) | part;
}

/* 0..64 and -1..-16. */
static int32_t inline_integer(uint16_t code)
{
	return code <= GCN_SRC_ZERO + 64 ? code - GCN_SRC_ZERO : GCN_SRC_ZERO + 64 - code;
}

static const uint32_t float_bits[] = {0x3f000000, 0xbf000000, 0x3f800000, 0xbf800000, 0x40000000,
	0xc0000000, 0x40800000, 0xc0800000, 0x3e22f983};
static const uint64_t double_bits[] = {0x3fe0000000000000, 0xbfe0000000000000, 0x3ff0000000000000,
	0xbff0000000000000, 0x4000000000000000, 0xc000000000000000, 0x4010000000000000,
	0xc010000000000000, 0x3fc45f306dc9c882};

/* Bases and limits of the flat-address windows, 64-bit operands. */
static uint64_t aperture(const struct gcn_wave *w, uint16_t code)
{
	switch (code - GCN_SRC_SHARED_BASE) {
	case 0:
		return w->machine->lds_aperture;
	case 1:
		return w->machine->lds_aperture + UINT32_MAX;
	case 2:
		return w->machine->scratch_aperture;
	default:
		return w->machine->scratch_aperture + UINT32_MAX;
	}
}

static bool is_aperture(uint16_t code)
{
	return code >= GCN_SRC_SHARED_BASE && code < GCN_SRC_SHARED_BASE + 4;
}

uint32_t gcn_scalar_read32(const struct gcn_wave *w, uint16_t code, uint32_t literal)
{
	if (code < GCN_SGPR_LIMIT)
		return w->sgpr[code];
	if (code >= GCN_SRC_ZERO && code <= GCN_SRC_ZERO + 80)
		return (uint32_t)inline_integer(code);
	if (code >= GCN_SRC_F_HALF && code <= GCN_SRC_F_HALF + 8)
		return float_bits[code - GCN_SRC_F_HALF];
	if (code >= GCN_SRC_TTMP0 && code < GCN_SRC_M0)
		return w->trap_sgprs[code - GCN_SRC_TTMP0];
	/* The window registers hold their value in the upper half only: as 32-bit operands they read as 0. */
	switch (code) {
	case GCN_SRC_LITERAL:
		return literal;
	case GCN_SRC_FLAT_SCRATCH:
	case GCN_SRC_FLAT_SCRATCH + 1:
		return half(w->flat_scratch, code);
	case GCN_SRC_XNACK_MASK:
	case GCN_SRC_XNACK_MASK + 1:
		return half(w->xnack_mask, code);
	case GCN_SRC_VCC:
	case GCN_SRC_VCC + 1:
		return half(w->vcc, code);
	case GCN_SRC_EXEC:
	case GCN_SRC_EXEC + 1:
		return half(w->exec, code);
	case GCN_SRC_M0:
		return w->m0;
	case GCN_SRC_VCCZ:
		return w->vcc == 0;
	case GCN_SRC_EXECZ:
		return w->exec == 0;
	case GCN_SRC_SCC:
		return w->scc;
	default:
		return 0;
	}
}

uint64_t gcn_scalar_read64(const struct gcn_wave *w, uint16_t code, uint32_t literal)
{
	if (code >= GCN_SRC_ZERO && code <= GCN_SRC_ZERO + 80)
		return (uint64_t)(int64_t)inline_integer(code);
	if (code >= GCN_SRC_F_HALF && code <= GCN_SRC_F_HALF + 8)
		return double_bits[code - GCN_SRC_F_HALF];
	if (is_aperture(code))
		return aperture(w, code);
	switch (code) {
	case GCN_SRC_FLAT_SCRATCH:
		return w->flat_scratch;
	case GCN_SRC_XNACK_MASK:
		return w->xnack_mask;
	case GCN_SRC_VCC:
		return w->vcc;
	case GCN_SRC_EXEC:
		return w->exec;
	case GCN_SRC_LITERAL: /* as b64 and u64 operands have it; LLVM AMDGPUOperandSyntax, "Conversion of Integer Values" */
		return literal;
	case GCN_SRC_VCCZ:
	case GCN_SRC_EXECZ:
	case GCN_SRC_SCC:
		return gcn_scalar_read32(w, code, literal);
	default:
		return gcn_scalar_read32(w, code, literal) |
		       (uint64_t)gcn_scalar_read32(w, (uint16_t)(code + 1), literal) << 32;
	}
}

void gcn_scalar_write32(struct gcn_wave *w, uint16_t code, uint32_t value)
{
	if (code < GCN_SGPR_LIMIT) {
		w->sgpr[code] = value;
		return;
	}
	if (code >= GCN_SRC_TTMP0 && code < GCN_SRC_M0) {
		w->trap_sgprs[code - GCN_SRC_TTMP0] = value;
		return;
	}
	switch (code) {
	case GCN_SRC_FLAT_SCRATCH:
	case GCN_SRC_FLAT_SCRATCH + 1:
		set_half(&w->flat_scratch, code, value);
		break;
	case GCN_SRC_XNACK_MASK:
	case GCN_SRC_XNACK_MASK + 1:
		set_half(&w->xnack_mask, code, value);
		break;
	case GCN_SRC_VCC:
	case GCN_SRC_VCC + 1:
		set_half(&w->vcc, code, value);
		break;
	case GCN_SRC_EXEC:
	case GCN_SRC_EXEC + 1:
		set_half(&w->exec, code, value);
		break;
	case GCN_SRC_M0:
		w->m0 = value;
		break;
	default:
		break; /* constants: the hardware drops such writes */
	}
}

void gcn_scalar_write64(struct gcn_wave *w, uint16_t code, uint64_t value)
{
	gcn_scalar_write32(w, code, (uint32_t)value);
	gcn_scalar_write32(w, (uint16_t)(code + 1), (uint32_t)(value >> 32));
}
