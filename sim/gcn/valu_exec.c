/* SPDX-License-Identifier: MIT */
/*
 * Executes lane-wise vector instructions: fetches operand rows, applies modifiers, SDWA and DPP,
 * runs the kernel of the operation table, and stores the active lanes. Reads and writes the wave of
 * the thread that steps it.
 *
 * Source: AMD CDNA2 and CDNA3 ISA documents, chapters "Vector ALU operations" and "Microcode
 * formats".
 */
#include <fenv.h>

#include "sim/gcn/valu_fetch.h"
#include "sim/gcn/valu_half.h"

#define VALU_OP(opcode, fn, d, a, b, c, fl)                                                        \
	[GCN_##opcode] = {VALU(k_##fn), T_##d, {T_##a, T_##b, T_##c}, fl},
const struct valu_op VALU(ops)[GCN_OP_COUNT] = {
#include "sim/gcn/valu_ops.def"
};
#undef VALU_OP

#define B4(n)  1u << (n), 2u << (n), 4u << (n), 8u << (n)
#define B32(n) B4(0), B4(4), B4(8), B4(12), B4(16), B4(20), B4(24), B4(28)
const uint32_t VALU(lane_bit)[GCN_WAVE_LANES] = {B32(0), B32(32)};

static const int host_round[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

/* Runs the kernel under the rounding mode that its result format asks for. */
static void run_kernel(const struct valu_op *op, struct valu_lanes *l)
{
	unsigned round =
		op->dst == T_F64 ? VALU_MODE_ROUND_F16_F64(l->mode) : VALU_MODE_ROUND_F32(l->mode);

	if (round == VALU_ROUND_NEAREST || op->flags & VALU_EXACT) {
		op->kernel(l);
		return;
	}
	fesetround(host_round[round]);
	op->kernel(l);
	fesetround(FE_TONEAREST);
}

/* ---------------------------------------------------------------- results */

static void flush_row(uint32_t *row, uint32_t exponent_mask, uint32_t sign)
{
	LANES row[i] = row[i] & exponent_mask ? row[i] : row[i] & sign;
}

static void flush_row_f64(uint32_t *lo, uint32_t *hi)
{
	LANES
	{
		bool tiny = !(hi[i] & 0x7ff00000);

		lo[i] = tiny ? 0 : lo[i];
		hi[i] = tiny ? hi[i] & 0x80000000 : hi[i];
	}
}

/* Output modifiers of one real number; the multiplication has no rounding left to do but for
 * denormals, which are flushed. */
static double output_modified(double v, const struct gcn_inst *in, bool scale, uint32_t mode)
{
	static const double factor[] = {1, 2, 4, 0.5};

	if (scale)
		v = v * factor[in->omod] + 0.0; /* -0 becomes +0 */
	if (in->clamp) {
		if (isnan(v))
			v = mode & VALU_MODE_DX10_CLAMP ? 0 : v;
		else
			v = v > 1 ? 1 : v > 0 ? v : 0;
	}
	return v;
}

/*
 * omod, clamp and flushing. omod is for code without IEEE mode and without denormal results (ISA,
 * "Output modifiers"); it is ignored elsewhere.
 */
static void finish_result(const struct gcn_inst *in, uint8_t type, unsigned flags, uint32_t mode,
	uint32_t *lo, uint32_t *hi)
{
	unsigned denorm =
		type == T_F32 ? VALU_MODE_DENORM_F32(mode) : VALU_MODE_DENORM_F16_F64(mode);
	bool flush = !(denorm & 2) || flags & VALU_FTZ;
	bool scale = in->omod && !(denorm & 2) && !(mode & VALU_MODE_IEEE);

	switch (type) {
	case T_F32:
	case T_N32:
		if (scale || in->clamp)
			LANES lo[i] = valu_f32_bits((float)output_modified(
				(double)valu_as_f32(lo[i]), in, scale, mode));
		if (flush && type == T_F32)
			flush_row(lo, 0x7f800000, 0x80000000);
		break;
	case T_F16:
		if (scale || in->clamp)
			LANES lo[i] = valu_f16_result(
				output_modified((double)valu_f16_to_f32(lo[i]), in, scale, mode),
				mode);
		if (flush)
			flush_row(lo, 0x7c00, 0x8000);
		break;
	case T_F64:
		if (scale || in->clamp)
			LANES
			{
				uint64_t r = valu_f64_bits(output_modified(
					valu_as_f64(valu_pair(lo[i], hi[i])), in, scale, mode));

				lo[i] = (uint32_t)r;
				hi[i] = (uint32_t)(r >> 32);
			}
		if (flush)
			flush_row_f64(lo, hi);
		break;
	default:
		break;
	}
}

static inline void store_row(uint32_t *restrict to, const uint32_t *restrict from, uint64_t mask)
{
	uint32_t lo = (uint32_t)mask, hi = (uint32_t)(mask >> 32);

	if (mask == ~0ull) {
		memcpy(to, from, sizeof(uint32_t[GCN_WAVE_LANES]));
		return;
	}
	for (unsigned i = 0; i < 32; i++)
		to[i] = lo & VALU(lane_bit)[i] ? from[i] : to[i];
	for (unsigned i = 32; i < 64; i++)
		to[i] = hi & VALU(lane_bit)[i] ? from[i] : to[i];
}

/* Places an SDWA result in the selected part of the register. */
static void sdwa_place(const struct gcn_inst *in, const uint32_t *old, uint32_t *row)
{
	unsigned bits = in->sdwa_dst_sel < 4 ? 8 : in->sdwa_dst_sel < 6 ? 16 : 32;
	unsigned shift =
		in->sdwa_dst_sel < 4 ? 8u * in->sdwa_dst_sel : 16u * (in->sdwa_dst_sel == 5);
	uint32_t field = bits == 32 ? ~0u : ((1u << bits) - 1) << shift;

	if (bits == 32)
		return;
	LANES
	{
		uint32_t v = row[i] << shift & field;

		if (in->sdwa_dst_unused == VALU_SDWA_PRESERVE)
			v |= old[i] & ~field;
		else if (in->sdwa_dst_unused == VALU_SDWA_SEXT && row[i] >> (bits - 1) & 1)
			v |= shift + bits == 32 ? 0 : ~0u << (shift + bits);
		row[i] = v;
	}
}

/* Places a 16-bit result in its half of the register. */
static void half_place(
	const struct gcn_inst *in, unsigned flags, const uint32_t *old, uint32_t *row)
{
	bool high = flags & VALU_HIGH || in->op_sel & 8;

	if (high)
		LANES row[i] = (old[i] & 0xffff) | row[i] << 16;
	else if (flags & VALU_KEEP)
		LANES row[i] = (old[i] & 0xffff0000) | (row[i] & 0xffff);
	else
		LANES row[i] &= 0xffff;
}

static void write_masks(
	struct gcn_wave *w, const struct gcn_inst *in, unsigned flags, uint64_t mask)
{
	if (in->sdst != GCN_SRC_NONE)
		gcn_scalar_write64(w, in->sdst, mask);
	if (flags & VALU_CMPX)
		w->exec = mask;
}

/* ---------------------------------------------------------------- instructions */

static inline unsigned dst_rows(uint8_t type)
{
	switch (type) {
	case T_NO:
		return 0;
	case T_B64:
	case T_F64:
	case T_PKF32:
		return 2;
	case T_B128:
		return 4;
	default:
		return 1;
	}
}

/* Where the result's rows are, or NULL after a fault. */
static uint32_t (*dst_base(struct gcn_wave *w, const struct gcn_inst *in, const struct valu_op *op,
	unsigned rows))[GCN_WAVE_LANES]
{
	unsigned code = in->dst;

	if (op->flags & VALU_AGPR_DST && code < GCN_SRC_AGPR0)
		code += GCN_SRC_AGPR0 - GCN_SRC_VGPR0;
	else if (w->mode & VALU_MODE_GPR_IDX && w->m0 >> 15 & 1 && code < GCN_SRC_AGPR0)
		code += w->m0 & 0xff;
	return valu_rows(w, code, rows);
}

/* No modifiers, nothing but f32 to flush, nearest even: the ordinary case. */
int VALU(exec_simple)(struct gcn_wave *w, const struct gcn_inst *in)
{
	const struct valu_op *op = &VALU(ops)[in->op];
	const unsigned rows = dst_rows(op->dst);
	const uint64_t exec = w->exec;
	uint32_t(*dst)[GCN_WAVE_LANES] = NULL;
	uint32_t buf[3][2][GCN_WAVE_LANES], out[2][GCN_WAVE_LANES];
	const unsigned keep = VALU_MODE_DENORM_F32(w->mode);
	struct valu_lanes l;

	if ((w->mode & (VALU_MODE_GPR_IDX | 0xcf)) != 0xc0)
		return VALU(exec_full)(w, in);

	l.d[0] = out[0];
	l.d[1] = out[1];
	l.mask_in = op->flags & VALU_VCC ? w->vcc : 0;
	l.mask_out = 0;
	l.exec = exec;
	l.mode = w->mode;
	l.clamp = false;
	l.flush = false;
	if (rows) {
		dst = dst_base(w, in, op, rows);
		if (!dst)
			return -1;
	}
	for (unsigned n = 0; n < 3 && op->src[n] != T_NO; n++) {
		if (!valu_fetch(w, in, op, n, &l, buf[n]))
			return -1;
		if (!(keep & 1) && op->src[n] == T_F32) {
			memmove(buf[n][0], l.s[n], sizeof(buf[n][0]));
			flush_row(buf[n][0], 0x7f800000, 0x80000000);
			l.s[n] = buf[n][0];
		}
	}
	op->kernel(&l);
	if (!(keep & 2) && op->dst == T_F32)
		flush_row(out[0], 0x7f800000, 0x80000000);
	if (rows) {
		store_row(dst[0], out[0], exec);
		if (rows == 2)
			store_row(dst[1], out[1], exec);
	}
	if (op->flags & VALU_SDST)
		write_masks(w, in, op->flags, l.mask_out & exec);
	return 0;
}

/* Both halves of a packed instruction, one after the other. */
static void run_packed(const struct gcn_inst *in, const struct valu_op *op, struct valu_lanes *l,
	uint32_t (*out)[GCN_WAVE_LANES])
{
	uint8_t type = op->dst == T_PKF32 ? T_F32 : op->dst == T_PKF16 ? T_F16 : T_B16;
	uint32_t half[2][GCN_WAVE_LANES];

	for (unsigned j = 0; j < 2; j++) {
		l->d[0] = half[j];
		if (j == 1 && op->flags & VALU_PICK)
			l->s[0] = l->s[1];
		else if (j == 1)
			for (unsigned n = 0; n < 3; n++)
				l->s[n] = l->h[n];
		run_kernel(op, l);
		finish_result(in, op->flags & VALU_PICK ? (uint8_t)T_B32 : type, op->flags, l->mode,
			half[j], NULL);
	}
	if (op->dst == T_PKF32)
		memcpy(out, half, sizeof(half));
	else
		LANES out[0][i] = (half[0][i] & 0xffff) | half[1][i] << 16;
}

int VALU(exec_full)(struct gcn_wave *w, const struct gcn_inst *in)
{
	const struct valu_op *op = &VALU(ops)[in->op];
	const unsigned rows = dst_rows(op->dst);
	uint64_t mask = w->exec;
	uint32_t(*dst)[GCN_WAVE_LANES] = NULL;
	uint32_t buf[3][2][GCN_WAVE_LANES], out[4][GCN_WAVE_LANES];
	struct valu_lanes l = {.mask_in = op->flags & VALU_VCC ? w->vcc : 0,
		.exec = w->exec,
		.mode = w->mode,
		.clamp = in->clamp,
		.flush = w->machine->isa != GCN_ISA_GFX942};

	if (rows) {
		dst = dst_base(w, in, op, rows);
		if (!dst)
			return -1;
	}
	for (unsigned j = 0; j < 4; j++)
		l.d[j] = out[j];
	for (unsigned n = 0; n < 3 && op->src[n] != T_NO; n++) {
		if (!valu_fetch(w, in, op, n, &l, buf[n]))
			return -1;
		if (n == 0 && in->modifier == GCN_MOD_DPP)
			mask = valu_dpp(w, in, &l, buf[0]);
		valu_modify(w, in, op, n, &l, buf[n]);
	}

	if (op->dst == T_PKB16 || op->dst == T_PKF16 || op->dst == T_PKF32) {
		run_packed(in, op, &l, out);
	} else {
		run_kernel(op, &l);
		finish_result(in, op->dst, op->flags, w->mode, out[0], out[1]);
	}
	if (rows) {
		if (in->modifier == GCN_MOD_SDWA)
			sdwa_place(in, dst[0], out[0]);
		else if (op->dst == T_B16 || op->dst == T_F16)
			half_place(in, op->flags, dst[0], out[0]);
		for (unsigned j = 0; j < rows; j++)
			store_row(dst[j], out[j], mask);
	}
	if (op->flags & VALU_SDST)
		write_masks(w, in, op->flags, l.mask_out & mask);
	return 0;
}

/* ---------------------------------------------------------------- what is supported */

static bool takes_sign(uint8_t type)
{
	switch (type) {
	case T_F16:
	case T_F32:
	case T_F64:
	case T_N16:
	case T_N32:
	case T_N64:
	case T_PKF16:
	case T_PKF32:
	case T_MIX:
		return true;
	default:
		return false;
	}
}

static bool is_half(uint8_t type)
{
	return type == T_B16 || type == T_F16 || type == T_N16;
}

static bool is_pair(uint8_t type)
{
	return type == T_PKB16 || type == T_PKF16 || type == T_PKF32 || type == T_MIX;
}

static bool clamp_allowed(const struct valu_op *op)
{
	return op->flags & (VALU_ICLAMP | VALU_NOCLAMP) || op->dst == T_NO ||
	       (takes_sign(op->dst) && !(op->flags & VALU_PICK));
}

/* Modifiers that mean nothing for this operation make the instruction unknown. */
static bool modifiers_allowed(const struct gcn_inst *in, const struct valu_op *op)
{
	for (unsigned n = 0; n < 3; n++) {
		unsigned bit = 1u << n;
		uint8_t type = op->src[n];

		if ((in->neg | in->abs) & bit && (!takes_sign(type) || op->flags & VALU_PICK))
			return false;
		if (in->format == GCN_FMT_VOP3P) {
			if (in->neg_hi & bit && !takes_sign(type))
				return false;
			if (type != T_NO && !is_pair(type) && in->op_sel & bit)
				return false;
			/* Which half of an inline constant a 64-bit pair takes is not documented,
			 * unless both are 0. */
			if (type == T_PKF32 && in->op_sel_hi & bit && in->src[n] > GCN_SRC_ZERO &&
				in->src[n] < GCN_SRC_VGPR0 && !(op->flags & VALU_PICK))
				return false;
		} else if (in->op_sel & bit && !is_half(type)) {
			return false;
		}
	}
	if (in->format != GCN_FMT_VOP3P && in->op_sel & 8 && !is_half(op->dst))
		return false;
	if (in->clamp && !clamp_allowed(op))
		return false;
	if (in->omod && op->dst != T_F16 && op->dst != T_F32 && op->dst != T_F64)
		return false;
	if (in->modifier == GCN_MOD_SDWA && dst_rows(op->dst) > 1 &&
		in->sdwa_dst_sel != VALU_SDWA_DWORD)
		return false;
	return in->modifier != GCN_MOD_DPP || valu_dpp_known(in->dpp_ctrl);
}

/* Operands that are rows as they are: a 16-bit kernel ignores what stands above its operands. */
static bool is_plain(uint8_t type)
{
	switch (type) {
	case T_B128:
	case T_PKB16:
	case T_PKF16:
	case T_PKF32:
	case T_MIX:
		return false;
	default:
		return true;
	}
}

static bool is_simple(const struct gcn_inst *in, const struct valu_op *op)
{
	return is_plain(op->dst) && is_plain(op->src[0]) && is_plain(op->src[1]) &&
	       is_plain(op->src[2]) && in->modifier == GCN_MOD_NONE && !in->neg && !in->abs &&
	       !in->omod && !in->clamp && !in->op_sel &&
	       !(op->flags & (VALU_FTZ | VALU_KEEP | VALU_HIGH | VALU_PICK));
}

gcn_exec_fn VALU(lookup)(const struct gcn_inst *in)
{
	const struct valu_op *op = &VALU(ops)[in->op];

	if (in->format == GCN_FMT_MAI && !op->kernel)
		return VALU(mfma_lookup)(in);
	if (!op->kernel)
		return VALU(lane_lookup)(in);
	if (!modifiers_allowed(in, op))
		return NULL;
	return is_simple(in, op) ? VALU(exec_simple) : VALU(exec_full);
}
