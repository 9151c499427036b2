/* SPDX-License-Identifier: MIT */
/*
 * Operand fetch of the vector ALU: registers, constants, SDWA, DPP, op_sel, neg and abs. Reads the
 * wave's registers, fills the row buffers of the instruction in flight.
 *
 * Source: AMD CDNA2 and CDNA3 ISA documents, "Vector ALU operands", "SDWA", "DPP", "VOP3P"; LLVM
 * AMDGPUOperandSyntax for the width of inline constants and literals.
 */
#include "sim/gcn/sgpr.h"
#include "sim/gcn/valu_fetch.h"
#include "sim/gcn/valu_half.h"

/* Inline constants 240..248 as f16 and f64. */
static const uint16_t half_constants[] = {
	0x3800, 0xb800, 0x3c00, 0xbc00, 0x4000, 0xc000, 0x4400, 0xc400, 0x3118};
static const uint64_t double_constants[] = {0x3fe0000000000000, 0xbfe0000000000000,
	0x3ff0000000000000, 0xbff0000000000000, 0x4000000000000000, 0xc000000000000000,
	0x4010000000000000, 0xc010000000000000, 0x3fc45f306dc9c882};

static bool is_wide(uint8_t type)
{
	return type == T_B64 || type == T_I64 || type == T_F64 || type == T_N64 || type == T_PKF32;
}

static bool is_float_constant(unsigned code)
{
	return code >= GCN_SRC_F_HALF && code < GCN_SRC_F_HALF + 9;
}

static bool is_integer_constant(unsigned code)
{
	return code >= GCN_SRC_ZERO && code <= GCN_SRC_ZERO + 80;
}

static uint32_t scalar32(
	const struct gcn_wave *w, const struct gcn_inst *in, unsigned code, uint8_t type, bool half)
{
	/* Not pairs of integers: they take all constants as 32 bits (llvm-project #76522). */
	bool narrow = type == T_B16 || type == T_F16 || type == T_N16 || type == T_PKF16 ||
		      (type == T_MIX && half);

	if (narrow && is_float_constant(code))
		return half_constants[code - GCN_SRC_F_HALF];
	return sgpr_read32(w, (uint16_t)code, in->literal);
}

static uint64_t scalar64(
	const struct gcn_wave *w, const struct gcn_inst *in, unsigned code, uint8_t type)
{
	if (type == T_PKF32 && (is_float_constant(code) || is_integer_constant(code)))
		return sgpr_read32(w, (uint16_t)code, 0);
	if (is_float_constant(code))
		return double_constants[code - GCN_SRC_F_HALF];
	if (is_integer_constant(code))
		return (uint64_t)(int64_t)(int32_t)sgpr_read32(w, (uint16_t)code, 0);
	if (code == GCN_SRC_LITERAL) {
		if (type == T_F64 || type == T_N64)
			return (uint64_t)in->literal << 32;
		return type == T_I64 ? (uint64_t)(int64_t)(int32_t)in->literal : in->literal;
	}
	return sgpr_read64(w, (uint16_t)code, 0);
}

static inline void fill(uint32_t *restrict row, uint32_t v)
{
	LANES row[i] = v;
}

/* One half of each lane's dword. */
static inline void take_half(uint32_t *restrict to, const uint32_t *restrict from, bool high)
{
	unsigned shift = high ? 16 : 0;

	LANES to[i] = from[i] >> shift & 0xffff;
}

static unsigned source_code(
	const struct gcn_wave *w, const struct gcn_inst *in, const struct valu_op *op, unsigned n)
{
	const bool accumulator = n == 2 && op->flags & VALU_ACC;
	unsigned code = accumulator ? in->dst : in->src[n];

	if (n == 0 && op->flags & VALU_AGPR_SRC && code >= GCN_SRC_VGPR0 && code < GCN_SRC_AGPR0)
		return code + GCN_SRC_AGPR0 - GCN_SRC_VGPR0;
	/* M0 holds the index, and which operands are relative: sources from bit 12 on, in bit 15 the
	 * destination, also where it is read (CDNA2 ISA 6.6). */
	if (w->mode & VALU_MODE_GPR_IDX && w->m0 >> (accumulator ? 15 : 12 + n) & 1 &&
		code >= GCN_SRC_VGPR0 && code < GCN_SRC_AGPR0)
		return code + (w->m0 & 0xff);
	return code;
}

bool valu_fetch(struct gcn_wave *w, const struct gcn_inst *in, const struct valu_op *op, unsigned n,
	struct valu_lanes *l, uint32_t (*buf)[GCN_WAVE_LANES])
{
	const uint8_t type = op->src[n];
	unsigned code = source_code(w, in, op, n);

	if (type == T_MASK) {
		l->mask_in = sgpr_read64(
			w, in->format == GCN_FMT_VOP2 ? GCN_SRC_VCC : (uint16_t)code, 0);
		return true;
	}
	if (code >= GCN_SRC_VGPR0) {
		unsigned count = type == T_B128 ? 4 : is_wide(type) ? 2 : 1;
		uint32_t(*rows)[GCN_WAVE_LANES] = valu_rows(w, code, count);

		if (!rows)
			return false;
		if (type == T_B128)
			for (unsigned j = 0; j < count; j++)
				memcpy(l->d[j], rows[j], sizeof(rows[j]));
		l->s[n] = rows[0];
		l->h[n] = rows[count == 2];
	} else if (type == T_B128) {
		gcn_wave_fault(
			w, GCN_FAULT_UNKNOWN_INSTRUCTION, 0, false, "128-bit scalar operand");
		return false;
	} else if (is_wide(type)) {
		uint64_t v = scalar64(w, in, code, type);

		fill(buf[0], (uint32_t)v);
		fill(buf[1], (uint32_t)(v >> 32));
		l->s[n] = buf[0];
		l->h[n] = buf[1];
	} else {
		fill(buf[0], scalar32(w, in, code, type, in->op_sel_hi >> n & 1));
		l->s[n] = l->h[n] = buf[0];
	}
	return true;
}

/* ---------------------------------------------------------------- modifiers */

static void sdwa_select(const struct gcn_inst *in, unsigned n, const uint32_t *from, uint32_t *to)
{
	unsigned sel = in->sdwa_src_sel[n];
	unsigned bits = sel < 4 ? 8 : 16;
	unsigned shift = sel < 4 ? 8 * sel : 16 * (sel == VALU_SDWA_WORD_1);
	bool sext = in->sdwa_sext >> n & 1;

	if (sel == VALU_SDWA_DWORD) {
		memmove(to, from, sizeof(uint32_t[GCN_WAVE_LANES]));
		return;
	}
	LANES
	{
		uint32_t v = from[i] << (32 - bits - shift);

		to[i] = sext ? (uint32_t)((int32_t)v >> (32 - bits)) : v >> (32 - bits);
	}
}

static inline void change_sign(uint32_t *row, uint32_t sign, bool neg, bool abs)
{
	uint32_t keep = abs ? ~sign : ~0u, flip = neg ? sign : 0;

	LANES row[i] = (row[i] & keep) ^ flip;
}

static inline void flush_denormals(uint32_t *row, uint32_t exponent, uint32_t sign)
{
	LANES row[i] = row[i] & exponent ? row[i] : row[i] & sign;
}

/* The operand of fma_mix: an f32, or a half that becomes one. */
static void mix_operand(
	const struct gcn_inst *in, unsigned n, uint32_t mode, const uint32_t *from, uint32_t *to)
{
	bool half = in->op_sel_hi >> n & 1;

	if (half) {
		take_half(to, from, in->op_sel >> n & 1);
		if (!(VALU_MODE_DENORM_F16_F64(mode) & 1))
			flush_denormals(to, 0x7c00, 0x8000);
		LANES to[i] = valu_f32_bits(valu_f16_to_f32(to[i]));
	} else {
		memmove(to, from, sizeof(uint32_t[GCN_WAVE_LANES]));
		if (!(VALU_MODE_DENORM_F32(mode) & 1))
			flush_denormals(to, 0x7f800000, 0x80000000);
	}
	change_sign(to, 0x80000000, in->neg >> n & 1, in->neg_hi >> n & 1);
}

/* Both elements of a packed operand, low into buf[0], high into buf[1]. */
static void pair_operand(const struct gcn_inst *in, uint8_t type, unsigned n, bool flush,
	struct valu_lanes *l, uint32_t (*buf)[GCN_WAVE_LANES])
{
	/* Only VOP3P selects; the short forms take both halves as they are. */
	bool vop3p = in->format == GCN_FMT_VOP3P;
	bool low_sel = vop3p && in->op_sel >> n & 1, high_sel = !vop3p || in->op_sel_hi >> n & 1;
	uint32_t sign = type == T_PKF32 ? 0x80000000 : 0x8000;
	uint32_t first[GCN_WAVE_LANES], second[GCN_WAVE_LANES];

	if (type == T_PKF32) {
		memcpy(first, low_sel ? l->h[n] : l->s[n], sizeof(first));
		memcpy(second, high_sel ? l->h[n] : l->s[n], sizeof(second));
	} else {
		take_half(first, l->s[n], low_sel);
		take_half(second, l->s[n], high_sel);
	}
	memcpy(buf[0], first, sizeof(first));
	memcpy(buf[1], second, sizeof(second));
	if (type != T_PKB16) {
		change_sign(buf[0], sign, in->neg >> n & 1, false);
		change_sign(buf[1], sign, (vop3p ? in->neg_hi : in->neg) >> n & 1, false);
		for (unsigned j = 0; flush && j < 2; j++)
			flush_denormals(buf[j], type == T_PKF32 ? 0x7f800000 : 0x7c00, sign);
	}
	l->s[n] = buf[0];
	l->h[n] = buf[1];
}

void valu_modify(const struct gcn_wave *w, const struct gcn_inst *in, const struct valu_op *op,
	unsigned n, struct valu_lanes *l, uint32_t (*buf)[GCN_WAVE_LANES])
{
	const uint8_t type = op->src[n];
	bool neg = in->neg >> n & 1, abs = in->abs >> n & 1, always = op->flags & VALU_FTZ;
	bool flush32 = always || !(VALU_MODE_DENORM_F32(w->mode) & 1);
	bool flush16 = always || !(VALU_MODE_DENORM_F16_F64(w->mode) & 1);
	bool sdwa = in->modifier == GCN_MOD_SDWA && n < 2;

	switch (type) {
	case T_B32:
		if (sdwa) {
			sdwa_select(in, n, l->s[n], buf[0]);
			l->s[n] = buf[0];
		}
		break;
	case T_N32:
	case T_F32:
		if (sdwa)
			sdwa_select(in, n, l->s[n], buf[0]);
		else
			memmove(buf[0], l->s[n], sizeof(buf[0]));
		change_sign(buf[0], 0x80000000, neg, abs);
		if (type == T_F32 && flush32)
			flush_denormals(buf[0], 0x7f800000, 0x80000000);
		l->s[n] = buf[0];
		break;
	case T_B16:
	case T_N16:
	case T_F16:
		if (sdwa)
			sdwa_select(in, n, l->s[n], buf[0]);
		else if (l->s[n] != buf[0])
			take_half(buf[0], l->s[n], in->op_sel >> n & 1);
		else if (in->op_sel >> n & 1)
			LANES buf[0][i] >>= 16;
		if (type != T_B16)
			change_sign(buf[0], 0x8000, neg, abs);
		if (type == T_F16 && flush16)
			flush_denormals(buf[0], 0x7c00, 0x8000);
		l->s[n] = buf[0];
		break;
	case T_N64:
	case T_F64:
		memmove(buf[0], l->s[n], sizeof(buf[0]));
		memmove(buf[1], l->h[n], sizeof(buf[1]));
		change_sign(buf[1], 0x80000000, neg, abs);
		if (type == T_F64 && flush16)
			LANES
			{
				bool tiny = !(buf[1][i] & 0x7ff00000);

				buf[0][i] = tiny ? 0 : buf[0][i];
				buf[1][i] = tiny ? buf[1][i] & 0x80000000 : buf[1][i];
			}
		l->s[n] = buf[0];
		l->h[n] = buf[1];
		break;
	case T_MIX:
		mix_operand(in, n, w->mode, l->s[n], buf[1]);
		l->s[n] = buf[1];
		break;
	case T_PKB16:
		pair_operand(in, type, n, false, l, buf);
		break;
	case T_PKF16:
		pair_operand(in, type, n, flush16, l, buf);
		break;
	case T_PKF32:
		pair_operand(in, type, n, flush32, l, buf);
		break;
	default:
		break;
	}
}

/* ---------------------------------------------------------------- DPP */
enum {
	DPP_ROW_SHL = 0x100, /* 1..15 */
	DPP_ROW_SHR = 0x110,
	DPP_ROW_ROR = 0x120,
	DPP_WAVE_SHL = 0x130,
	DPP_WAVE_ROL = 0x134,
	DPP_WAVE_SHR = 0x138,
	DPP_WAVE_ROR = 0x13c,
	DPP_ROW_MIRROR = 0x140,
	DPP_ROW_HALF_MIRROR = 0x141,
	DPP_ROW_BCAST15 = 0x142,
	DPP_ROW_BCAST31 = 0x143,
	DPP_ROW_NEWBCAST = 0x150, /* 0..15 */
};

bool valu_dpp_known(unsigned ctrl)
{
	if (ctrl < 0x100)
		return true;
	switch (ctrl) {
	case DPP_ROW_SHL:
	case DPP_ROW_SHR:
	case DPP_ROW_ROR:
		return false;
	case DPP_WAVE_SHL:
	case DPP_WAVE_ROL:
	case DPP_WAVE_SHR:
	case DPP_WAVE_ROR:
	case DPP_ROW_MIRROR:
	case DPP_ROW_HALF_MIRROR:
	case DPP_ROW_BCAST15:
	case DPP_ROW_BCAST31:
		return true;
	default:
		return ctrl < DPP_WAVE_SHL ||
		       (ctrl >= DPP_ROW_NEWBCAST && ctrl < DPP_ROW_NEWBCAST + 16);
	}
}

/* The lane that @lane reads, or a value outside 0..63. Rows are 16 lanes. */
static int dpp_source(unsigned ctrl, int lane)
{
	int row = lane & ~15, at = lane & 15, n = (int)(ctrl & 15);

	if (ctrl < 0x100)
		return (lane & ~3) | (int)(ctrl >> (2 * (lane & 3)) & 3);
	switch (ctrl) {
	case DPP_WAVE_SHL:
		return lane + 1;
	case DPP_WAVE_ROL:
		return (lane + 1) & 63;
	case DPP_WAVE_SHR:
		return lane - 1;
	case DPP_WAVE_ROR:
		return (lane - 1) & 63;
	case DPP_ROW_MIRROR:
		return row | (15 - at);
	case DPP_ROW_HALF_MIRROR:
		return (lane & ~7) | (7 - (lane & 7));
	case DPP_ROW_BCAST15:
		return row - 1;
	case DPP_ROW_BCAST31:
		return lane < 32 ? -1 : 31;
	default:
		break;
	}
	switch (ctrl & ~15u) {
	case DPP_ROW_SHL:
		return at + n > 15 ? -1 : lane + n;
	case DPP_ROW_SHR:
		return at < n ? -1 : lane - n;
	case DPP_ROW_ROR:
		return row | ((at - n) & 15);
	default:
		return row | n;
	}
}

uint64_t valu_dpp(const struct gcn_wave *w, const struct gcn_inst *in, struct valu_lanes *l,
	uint32_t (*buf)[GCN_WAVE_LANES])
{
	uint64_t write = 0;

	for (int i = 0; i < GCN_WAVE_LANES; i++) {
		int from = dpp_source(in->dpp_ctrl, i);
		bool valid = from >= 0 && from < GCN_WAVE_LANES && w->exec >> from & 1;
		bool enabled =
			in->dpp_row_mask >> (i / 16) & 1 && in->dpp_bank_mask >> (i / 4 % 4) & 1;

		buf[0][i] = valid ? l->s[0][from] : 0;
		buf[1][i] = valid ? l->h[0][from] : 0;
		if (enabled && (valid || in->dpp_bound_ctrl))
			write |= 1ull << i;
	}
	l->s[0] = buf[0];
	l->h[0] = buf[1];
	return write & w->exec;
}
