/* SPDX-License-Identifier: MIT */
/*
 * The scalar ALU: SOP1, SOP2, SOPC and SOPK. Reads and writes the wave's scalar registers, SCC, EXEC and pc.
 *
 * Source: AMD "Vega" 7nm and "Instinct MI200" ISA documents, chapter "Instructions".
 */
#include "sim/gcn/sgpr.h"

#define EXEC_FN(name) static int name(struct gcn_wave *w, const struct gcn_inst *in)

/* Operations on one or two sources: @a, @b and @r are in scope; @scc is what becomes of SCC (w->scc: unchanged). */
#define SCALAR_OP(name, in_bits, out_bits, expression, new_scc)                                    \
	EXEC_FN(name)                                                                              \
	{                                                                                          \
		uint##in_bits##_t a = sgpr_read##in_bits(w, in->src[0], in->literal);              \
		uint##in_bits##_t b = sgpr_read##in_bits(w, in->src[1], in->literal);              \
		uint##out_bits##_t r = (uint##out_bits##_t)(expression);                           \
		(void)b;                                                                           \
		w->scc = (new_scc);                                                                \
		sgpr_write##out_bits(w, in->dst, r);                                               \
		return 0;                                                                          \
	}
/* As above, with a 64-bit first source and a 32-bit second one. */
#define SCALAR_OP_64_32(name, expression, new_scc)                                                 \
	EXEC_FN(name)                                                                              \
	{                                                                                          \
		uint64_t a = sgpr_read64(w, in->src[0], in->literal);                              \
		uint32_t b = sgpr_read32(w, in->src[1], in->literal);                              \
		uint64_t r = (uint64_t)(expression);                                               \
		w->scc = (new_scc);                                                                \
		sgpr_write64(w, in->dst, r);                                                       \
		return 0;                                                                          \
	}
/* SOP1: the second source does not exist. */
#define SCALAR_OP1(name, in_bits, out_bits, expression, new_scc)                                   \
	EXEC_FN(name)                                                                              \
	{                                                                                          \
		uint##in_bits##_t a = sgpr_read##in_bits(w, in->src[0], in->literal);              \
		uint##out_bits##_t r = (uint##out_bits##_t)(expression);                           \
		w->scc = (new_scc);                                                                \
		sgpr_write##out_bits(w, in->dst, r);                                               \
		return 0;                                                                          \
	}

/* The first source @a of an i64 operation: its literal extends the sign (LLVM AMDGPUOperandSyntax). */
static int64_t as_i64(const struct gcn_inst *in, uint64_t a)
{
	return in->src[0] == GCN_SRC_LITERAL ? (int32_t)a : (int64_t)a;
}

static inline bool add_overflows(uint32_t a, uint32_t b)
{
	int32_t r;

	return __builtin_add_overflow((int32_t)a, (int32_t)b, &r);
}

static inline bool sub_overflows(uint32_t a, uint32_t b)
{
	int32_t r;

	return __builtin_sub_overflow((int32_t)a, (int32_t)b, &r);
}

static uint64_t bit_field(uint64_t value, unsigned offset, unsigned width, unsigned bits, bool is_signed)
{
	if (width == 0 || offset >= bits)
		return 0;
	value >>= offset;
	if (width >= bits - offset)
		width = bits - offset;
	if (width < 64)
		value &= (1ull << width) - 1;
	if (is_signed && width < 64 && value >> (width - 1) & 1)
		value |= ~0ull << width;
	return value;
}

/* Bit-field sources: offset in the low bits, width in 22:16. A signed field is extended from its own sign bit. */
static uint32_t bfe_i32(uint32_t a, uint32_t b)
{
	uint64_t extended = (uint64_t)(int64_t)(int32_t)a;

	/* Reaching beyond bit 31 takes copies of the sign. */
	return (uint32_t)bit_field(extended, b & 31, b >> 16 & 0x7f, 64, true);
}

/* Whole-quad mode: a quad with any bit set becomes all ones. */
static uint64_t quads(uint64_t a)
{
	uint64_t any = (a | a >> 1 | a >> 2 | a >> 3) & 0x1111111111111111;

	return any * 15;
}

static uint64_t quad_mask(uint64_t a)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 16; i++)
		r |= (uint64_t)((a >> (4 * i) & 15) != 0) << i;
	return r;
}

static uint64_t bit_replicate(uint32_t a)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 32; i++)
		if (a >> i & 1)
			r |= 3ull << (2 * i);
	return r;
}

static uint64_t reverse_bits(uint64_t a)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 64; i++)
		r |= (a >> i & 1) << (63 - i);
	return r;
}

/* Leading bits equal to the sign; -1 when all are. */
static int32_t flbit_signed(int64_t a, unsigned bits)
{
	uint64_t flipped = (uint64_t)(a < 0 ? ~a : a);

	return flipped == 0 ? -1 : (int32_t)bits - 64 + __builtin_clzll(flipped);
}

/* ---- SOP2 ---- */
SCALAR_OP(x_add_u32, 32, 32, a + b, r < a)
SCALAR_OP(x_sub_u32, 32, 32, a - b, b > a)
SCALAR_OP(x_add_i32, 32, 32, a + b, add_overflows(a, b))
SCALAR_OP(x_sub_i32, 32, 32, a - b, sub_overflows(a, b))
SCALAR_OP(x_addc_u32, 32, 32, a + b + w->scc, (uint64_t)a + b + w->scc > UINT32_MAX)
SCALAR_OP(x_subb_u32, 32, 32, a - b - w->scc, (uint64_t)b + w->scc > a)
SCALAR_OP(x_min_i32, 32, 32, (int32_t)a < (int32_t)b ? a : b, (int32_t)a < (int32_t)b)
SCALAR_OP(x_min_u32, 32, 32, a < b ? a : b, a < b)
SCALAR_OP(x_max_i32, 32, 32, (int32_t)a > (int32_t)b ? a : b, (int32_t)a > (int32_t)b)
SCALAR_OP(x_max_u32, 32, 32, a > b ? a : b, a > b)
SCALAR_OP(x_cselect_b32, 32, 32, w->scc ? a : b, w->scc)
SCALAR_OP(x_cselect_b64, 64, 64, w->scc ? a : b, w->scc)
SCALAR_OP(x_and_b32, 32, 32, a & b, r != 0)
SCALAR_OP(x_and_b64, 64, 64, a & b, r != 0)
SCALAR_OP(x_or_b32, 32, 32, a | b, r != 0)
SCALAR_OP(x_or_b64, 64, 64, a | b, r != 0)
SCALAR_OP(x_xor_b32, 32, 32, a ^ b, r != 0)
SCALAR_OP(x_xor_b64, 64, 64, a ^ b, r != 0)
SCALAR_OP(x_andn2_b32, 32, 32, a & ~b, r != 0)
SCALAR_OP(x_andn2_b64, 64, 64, a & ~b, r != 0)
SCALAR_OP(x_orn2_b32, 32, 32, a | ~b, r != 0)
SCALAR_OP(x_orn2_b64, 64, 64, a | ~b, r != 0)
SCALAR_OP(x_nand_b32, 32, 32, ~(a & b), r != 0)
SCALAR_OP(x_nand_b64, 64, 64, ~(a & b), r != 0)
SCALAR_OP(x_nor_b32, 32, 32, ~(a | b), r != 0)
SCALAR_OP(x_nor_b64, 64, 64, ~(a | b), r != 0)
SCALAR_OP(x_xnor_b32, 32, 32, ~(a ^ b), r != 0)
SCALAR_OP(x_xnor_b64, 64, 64, ~(a ^ b), r != 0)
SCALAR_OP(x_lshl_b32, 32, 32, a << (b & 31), r != 0)
SCALAR_OP_64_32(x_lshl_b64, a << (b & 63), r != 0)
SCALAR_OP(x_lshr_b32, 32, 32, a >> (b & 31), r != 0)
SCALAR_OP_64_32(x_lshr_b64, a >> (b & 63), r != 0)
SCALAR_OP(x_ashr_i32, 32, 32, (int32_t)a >> (b & 31), r != 0)
SCALAR_OP_64_32(x_ashr_i64, as_i64(in, a) >> (b & 63), r != 0)
SCALAR_OP(x_bfm_b32, 32, 32, ((1u << (a & 31)) - 1) << (b & 31), w->scc)
SCALAR_OP(x_bfm_b64, 32, 64, ((1ull << (a & 63)) - 1) << (b & 63), w->scc)
SCALAR_OP(x_mul_i32, 32, 32, a *b, w->scc)
SCALAR_OP(x_mul_hi_u32, 32, 32, (uint64_t)a *b >> 32, w->scc)
SCALAR_OP(x_mul_hi_i32, 32, 32, (int64_t)(int32_t)a *(int32_t)b >> 32, w->scc)
SCALAR_OP(x_bfe_u32, 32, 32, bit_field(a, b & 31, b >> 16 & 0x7f, 32, false), r != 0)
SCALAR_OP(x_bfe_i32, 32, 32, bfe_i32(a, b), r != 0)
SCALAR_OP_64_32(x_bfe_u64, bit_field(a, b & 63, b >> 16 & 0x7f, 64, false), r != 0)
SCALAR_OP_64_32(x_bfe_i64, bit_field((uint64_t)as_i64(in, a), b & 63, b >> 16 & 0x7f, 64, true), r != 0)
SCALAR_OP(x_absdiff_i32, 32, 32, (int32_t)(a - b) < 0 ? b - a : a - b, r != 0)
SCALAR_OP(x_lshl1_add_u32, 32, 32, (a << 1) + b, ((uint64_t)a << 1) + b > UINT32_MAX)
SCALAR_OP(x_lshl2_add_u32, 32, 32, (a << 2) + b, ((uint64_t)a << 2) + b > UINT32_MAX)
SCALAR_OP(x_lshl3_add_u32, 32, 32, (a << 3) + b, ((uint64_t)a << 3) + b > UINT32_MAX)
SCALAR_OP(x_lshl4_add_u32, 32, 32, (a << 4) + b, ((uint64_t)a << 4) + b > UINT32_MAX)
SCALAR_OP(x_pack_ll_b32_b16, 32, 32, (a & 0xffff) | b << 16, w->scc)
SCALAR_OP(x_pack_lh_b32_b16, 32, 32, (a & 0xffff) | (b & 0xffff0000), w->scc)
SCALAR_OP(x_pack_hh_b32_b16, 32, 32, a >> 16 | (b & 0xffff0000), w->scc)

/* ---- SOP1 ---- */
SCALAR_OP1(x_mov_b32, 32, 32, a, w->scc)
SCALAR_OP1(x_mov_b64, 64, 64, a, w->scc)
SCALAR_OP1(x_not_b32, 32, 32, ~a, r != 0)
SCALAR_OP1(x_not_b64, 64, 64, ~a, r != 0)
SCALAR_OP1(x_wqm_b32, 32, 32, quads(a), r != 0)
SCALAR_OP1(x_wqm_b64, 64, 64, quads(a), r != 0)
SCALAR_OP1(x_quadmask_b32, 32, 32, quad_mask(a), r != 0)
SCALAR_OP1(x_quadmask_b64, 64, 64, quad_mask(a), r != 0)
SCALAR_OP1(x_brev_b32, 32, 32, reverse_bits(a) >> 32, w->scc)
SCALAR_OP1(x_brev_b64, 64, 64, reverse_bits(a), w->scc)
SCALAR_OP1(x_bcnt0_i32_b32, 32, 32, __builtin_popcount(~a), r != 0)
SCALAR_OP1(x_bcnt0_i32_b64, 64, 32, __builtin_popcountll(~a), r != 0)
SCALAR_OP1(x_bcnt1_i32_b32, 32, 32, __builtin_popcount(a), r != 0)
SCALAR_OP1(x_bcnt1_i32_b64, 64, 32, __builtin_popcountll(a), r != 0)
SCALAR_OP1(x_ff0_i32_b32, 32, 32, ~a ? __builtin_ctz(~a) : -1, w->scc)
SCALAR_OP1(x_ff0_i32_b64, 64, 32, ~a ? __builtin_ctzll(~a) : -1, w->scc)
SCALAR_OP1(x_ff1_i32_b32, 32, 32, a ? __builtin_ctz(a) : -1, w->scc)
SCALAR_OP1(x_ff1_i32_b64, 64, 32, a ? __builtin_ctzll(a) : -1, w->scc)
SCALAR_OP1(x_flbit_i32_b32, 32, 32, a ? __builtin_clz(a) : -1, w->scc)
SCALAR_OP1(x_flbit_i32_b64, 64, 32, a ? __builtin_clzll(a) : -1, w->scc)
SCALAR_OP1(x_flbit_i32, 32, 32, flbit_signed((int32_t)a, 32), w->scc)
SCALAR_OP1(x_flbit_i32_i64, 64, 32, flbit_signed(as_i64(in, a), 64), w->scc)
SCALAR_OP1(x_sext_i32_i8, 32, 32, (int8_t)a, w->scc)
SCALAR_OP1(x_sext_i32_i16, 32, 32, (int16_t)a, w->scc)
SCALAR_OP1(x_abs_i32, 32, 32, (int32_t)a < 0 ? -a : a, r != 0)
SCALAR_OP1(x_bitreplicate_b64_b32, 32, 64, bit_replicate(a), w->scc)
SCALAR_OP1(x_bitset0_b32, 32, 32, sgpr_read32(w, in->dst, 0) & ~(1u << (a & 31)), w->scc)
SCALAR_OP1(x_bitset0_b64, 32, 64, sgpr_read64(w, in->dst, 0) & ~(1ull << (a & 63)), w->scc)
SCALAR_OP1(x_bitset1_b32, 32, 32, sgpr_read32(w, in->dst, 0) | 1u << (a & 31), w->scc)
SCALAR_OP1(x_bitset1_b64, 32, 64, sgpr_read64(w, in->dst, 0) | 1ull << (a & 63), w->scc)

EXEC_FN(x_cmov_b32)
{
	return w->scc ? x_mov_b32(w, in) : 0;
}

EXEC_FN(x_cmov_b64)
{
	return w->scc ? x_mov_b64(w, in) : 0;
}

/* EXEC becomes @expression of the source @a and the old EXEC @e; the destination receives @result. */
#define SAVEEXEC_OP(name, expression, result)                                                      \
	EXEC_FN(name)                                                                              \
	{                                                                                          \
		uint64_t a = sgpr_read64(w, in->src[0], in->literal), e = w->exec;                 \
		uint64_t r = (expression);                                                         \
		sgpr_write64(w, in->dst, (result));                                                \
		w->exec = r;                                                                       \
		w->scc = r != 0;                                                                   \
		return 0;                                                                          \
	}
SAVEEXEC_OP(x_and_saveexec, a &e, e)
SAVEEXEC_OP(x_or_saveexec, a | e, e)
SAVEEXEC_OP(x_xor_saveexec, a ^ e, e)
SAVEEXEC_OP(x_andn2_saveexec, a & ~e, e)
SAVEEXEC_OP(x_orn2_saveexec, a | ~e, e)
SAVEEXEC_OP(x_nand_saveexec, ~(a & e), e)
SAVEEXEC_OP(x_nor_saveexec, ~(a | e), e)
SAVEEXEC_OP(x_xnor_saveexec, ~(a ^ e), e)
SAVEEXEC_OP(x_andn1_saveexec, ~a &e, e)
SAVEEXEC_OP(x_orn1_saveexec, ~a | e, e)
SAVEEXEC_OP(x_andn1_wrexec, ~a &e, r)
SAVEEXEC_OP(x_andn2_wrexec, a & ~e, r)

EXEC_FN(x_getpc)
{
	sgpr_write64(w, in->dst, w->pc);
	return 0;
}

EXEC_FN(x_setpc)
{
	w->pc = sgpr_read64(w, in->src[0], in->literal);
	return 0;
}

EXEC_FN(x_swappc)
{
	uint64_t target = sgpr_read64(w, in->src[0], in->literal);

	sgpr_write64(w, in->dst, w->pc);
	w->pc = target;
	return 0;
}

/* Register numbers relative to M0. What lies outside the file is not accessed. */
static bool relative(const struct gcn_wave *w, uint16_t code, unsigned count, uint16_t *code_p)
{
	uint64_t target = (uint64_t)code + w->m0;

	*code_p = (uint16_t)target;
	return target + count <= GCN_SGPR_LIMIT;
}

EXEC_FN(x_movrels_b32)
{
	uint16_t code;

	sgpr_write32(w, in->dst, relative(w, in->src[0], 1, &code) ? w->sgpr[code] : 0);
	return 0;
}

EXEC_FN(x_movrels_b64)
{
	uint16_t code;

	sgpr_write64(w, in->dst, relative(w, in->src[0], 2, &code) ? sgpr_read64(w, code, 0) : 0);
	return 0;
}

EXEC_FN(x_movreld_b32)
{
	uint16_t code;

	if (relative(w, in->dst, 1, &code))
		sgpr_write32(w, code, sgpr_read32(w, in->src[0], in->literal));
	return 0;
}

EXEC_FN(x_movreld_b64)
{
	uint16_t code;

	if (relative(w, in->dst, 2, &code))
		sgpr_write64(w, code, sgpr_read64(w, in->src[0], in->literal));
	return 0;
}

EXEC_FN(x_set_gpr_idx_idx)
{
	w->m0 = (w->m0 & ~0xffu) | (sgpr_read32(w, in->src[0], in->literal) & 0xff);
	return 0;
}

/* ---- SOPC ---- */
#define COMPARE_OP(name, bits, expression)                                                         \
	EXEC_FN(name)                                                                              \
	{                                                                                          \
		uint##bits##_t a = sgpr_read##bits(w, in->src[0], in->literal);                    \
		uint##bits##_t b = sgpr_read##bits(w, in->src[1], in->literal);                    \
		w->scc = (expression);                                                             \
		return 0;                                                                          \
	}
COMPARE_OP(x_cmp_eq_32, 32, a == b)
COMPARE_OP(x_cmp_lg_32, 32, a != b)
COMPARE_OP(x_cmp_gt_i32, 32, (int32_t)a > (int32_t)b)
COMPARE_OP(x_cmp_ge_i32, 32, (int32_t)a >= (int32_t)b)
COMPARE_OP(x_cmp_lt_i32, 32, (int32_t)a < (int32_t)b)
COMPARE_OP(x_cmp_le_i32, 32, (int32_t)a <= (int32_t)b)
COMPARE_OP(x_cmp_gt_u32, 32, a > b)
COMPARE_OP(x_cmp_ge_u32, 32, a >= b)
COMPARE_OP(x_cmp_lt_u32, 32, a < b)
COMPARE_OP(x_cmp_le_u32, 32, a <= b)
COMPARE_OP(x_cmp_eq_u64, 64, a == b)
COMPARE_OP(x_cmp_lg_u64, 64, a != b)
COMPARE_OP(x_bitcmp0_b32, 32, !(a >> (b & 31) & 1))
COMPARE_OP(x_bitcmp1_b32, 32, a >> (b & 31) & 1)

EXEC_FN(x_bitcmp1_b64)
{
	uint32_t bit = sgpr_read32(w, in->src[1], in->literal) & 63;

	w->scc = sgpr_read64(w, in->src[0], in->literal) >> bit & 1;
	return 0;
}

EXEC_FN(x_bitcmp0_b64)
{
	x_bitcmp1_b64(w, in);
	w->scc = !w->scc;
	return 0;
}

EXEC_FN(x_set_gpr_idx_on)
{
	w->mode |= GCN_MODE_GPR_IDX_EN;
	w->m0 = (w->m0 & ~0xf0ffu) | (sgpr_read32(w, in->src[0], in->literal) & 0xff) |
		((uint32_t)in->imm & 15) << 12;
	return 0;
}

/* ---- SOPK ---- */
#define COMPARE_K_OP(name, type, extended, operator)                                               \
	EXEC_FN(name)                                                                              \
	{                                                                                          \
		w->scc = (type)sgpr_read32(w, in->dst, 0) operator(type)(extended);                \
		return 0;                                                                          \
	}
COMPARE_K_OP(x_cmpk_eq_i32, int32_t, in->imm, ==)
COMPARE_K_OP(x_cmpk_lg_i32, int32_t, in->imm, !=)
COMPARE_K_OP(x_cmpk_gt_i32, int32_t, in->imm, >)
COMPARE_K_OP(x_cmpk_ge_i32, int32_t, in->imm, >=)
COMPARE_K_OP(x_cmpk_lt_i32, int32_t, in->imm, <)
COMPARE_K_OP(x_cmpk_le_i32, int32_t, in->imm, <=)
COMPARE_K_OP(x_cmpk_eq_u32, uint32_t, (uint16_t)in->imm, ==)
COMPARE_K_OP(x_cmpk_lg_u32, uint32_t, (uint16_t)in->imm, !=)
COMPARE_K_OP(x_cmpk_gt_u32, uint32_t, (uint16_t)in->imm, >)
COMPARE_K_OP(x_cmpk_ge_u32, uint32_t, (uint16_t)in->imm, >=)
COMPARE_K_OP(x_cmpk_lt_u32, uint32_t, (uint16_t)in->imm, <)
COMPARE_K_OP(x_cmpk_le_u32, uint32_t, (uint16_t)in->imm, <=)

EXEC_FN(x_movk_i32)
{
	sgpr_write32(w, in->dst, (uint32_t)in->imm);
	return 0;
}

EXEC_FN(x_cmovk_i32)
{
	return w->scc ? x_movk_i32(w, in) : 0;
}

EXEC_FN(x_addk_i32)
{
	uint32_t a = sgpr_read32(w, in->dst, 0), b = (uint32_t)in->imm;

	w->scc = add_overflows(a, b);
	sgpr_write32(w, in->dst, a + b);
	return 0;
}

EXEC_FN(x_mulk_i32)
{
	sgpr_write32(w, in->dst, sgpr_read32(w, in->dst, 0) * (uint32_t)in->imm);
	return 0;
}

EXEC_FN(x_call_b64)
{
	sgpr_write64(w, in->dst, w->pc);
	w->pc += (uint64_t)(int64_t)in->imm * 4;
	return 0;
}

EXEC_FN(x_getreg_b32)
{
	uint32_t value;

	if (gcn_hwreg_read(w, (uint16_t)in->imm, &value))
		return -1;
	sgpr_write32(w, in->dst, value);
	return 0;
}

EXEC_FN(x_setreg_b32)
{
	return gcn_hwreg_write(w, (uint16_t)in->imm, sgpr_read32(w, in->dst, 0));
}

EXEC_FN(x_setreg_imm32_b32)
{
	return gcn_hwreg_write(w, (uint16_t)in->imm, in->literal);
}

/* By mnemonic; what is missing (s_rfe_*, s_cbranch_*_fork, s_cbranch_join, s_setvskip) is not modelled. */
static const gcn_exec_fn handlers[GCN_OP_COUNT] = {
	[GCN_S_ADD_U32] = x_add_u32,
	[GCN_S_SUB_U32] = x_sub_u32,
	[GCN_S_ADD_I32] = x_add_i32,
	[GCN_S_SUB_I32] = x_sub_i32,
	[GCN_S_ADDC_U32] = x_addc_u32,
	[GCN_S_SUBB_U32] = x_subb_u32,
	[GCN_S_MIN_I32] = x_min_i32,
	[GCN_S_MIN_U32] = x_min_u32,
	[GCN_S_MAX_I32] = x_max_i32,
	[GCN_S_MAX_U32] = x_max_u32,
	[GCN_S_CSELECT_B32] = x_cselect_b32,
	[GCN_S_CSELECT_B64] = x_cselect_b64,
	[GCN_S_AND_B32] = x_and_b32,
	[GCN_S_AND_B64] = x_and_b64,
	[GCN_S_OR_B32] = x_or_b32,
	[GCN_S_OR_B64] = x_or_b64,
	[GCN_S_XOR_B32] = x_xor_b32,
	[GCN_S_XOR_B64] = x_xor_b64,
	[GCN_S_ANDN2_B32] = x_andn2_b32,
	[GCN_S_ANDN2_B64] = x_andn2_b64,
	[GCN_S_ORN2_B32] = x_orn2_b32,
	[GCN_S_ORN2_B64] = x_orn2_b64,
	[GCN_S_NAND_B32] = x_nand_b32,
	[GCN_S_NAND_B64] = x_nand_b64,
	[GCN_S_NOR_B32] = x_nor_b32,
	[GCN_S_NOR_B64] = x_nor_b64,
	[GCN_S_XNOR_B32] = x_xnor_b32,
	[GCN_S_XNOR_B64] = x_xnor_b64,
	[GCN_S_LSHL_B32] = x_lshl_b32,
	[GCN_S_LSHL_B64] = x_lshl_b64,
	[GCN_S_LSHR_B32] = x_lshr_b32,
	[GCN_S_LSHR_B64] = x_lshr_b64,
	[GCN_S_ASHR_I32] = x_ashr_i32,
	[GCN_S_ASHR_I64] = x_ashr_i64,
	[GCN_S_BFM_B32] = x_bfm_b32,
	[GCN_S_BFM_B64] = x_bfm_b64,
	[GCN_S_MUL_I32] = x_mul_i32,
	[GCN_S_MUL_HI_U32] = x_mul_hi_u32,
	[GCN_S_MUL_HI_I32] = x_mul_hi_i32,
	[GCN_S_BFE_U32] = x_bfe_u32,
	[GCN_S_BFE_I32] = x_bfe_i32,
	[GCN_S_BFE_U64] = x_bfe_u64,
	[GCN_S_BFE_I64] = x_bfe_i64,
	[GCN_S_ABSDIFF_I32] = x_absdiff_i32,
	[GCN_S_LSHL1_ADD_U32] = x_lshl1_add_u32,
	[GCN_S_LSHL2_ADD_U32] = x_lshl2_add_u32,
	[GCN_S_LSHL3_ADD_U32] = x_lshl3_add_u32,
	[GCN_S_LSHL4_ADD_U32] = x_lshl4_add_u32,
	[GCN_S_PACK_LL_B32_B16] = x_pack_ll_b32_b16,
	[GCN_S_PACK_LH_B32_B16] = x_pack_lh_b32_b16,
	[GCN_S_PACK_HH_B32_B16] = x_pack_hh_b32_b16,
	[GCN_S_MOV_B32] = x_mov_b32,
	[GCN_S_MOV_B64] = x_mov_b64,
	[GCN_S_CMOV_B32] = x_cmov_b32,
	[GCN_S_CMOV_B64] = x_cmov_b64,
	[GCN_S_NOT_B32] = x_not_b32,
	[GCN_S_NOT_B64] = x_not_b64,
	[GCN_S_WQM_B32] = x_wqm_b32,
	[GCN_S_WQM_B64] = x_wqm_b64,
	[GCN_S_QUADMASK_B32] = x_quadmask_b32,
	[GCN_S_QUADMASK_B64] = x_quadmask_b64,
	[GCN_S_BREV_B32] = x_brev_b32,
	[GCN_S_BREV_B64] = x_brev_b64,
	[GCN_S_BCNT0_I32_B32] = x_bcnt0_i32_b32,
	[GCN_S_BCNT0_I32_B64] = x_bcnt0_i32_b64,
	[GCN_S_BCNT1_I32_B32] = x_bcnt1_i32_b32,
	[GCN_S_BCNT1_I32_B64] = x_bcnt1_i32_b64,
	[GCN_S_FF0_I32_B32] = x_ff0_i32_b32,
	[GCN_S_FF0_I32_B64] = x_ff0_i32_b64,
	[GCN_S_FF1_I32_B32] = x_ff1_i32_b32,
	[GCN_S_FF1_I32_B64] = x_ff1_i32_b64,
	[GCN_S_FLBIT_I32_B32] = x_flbit_i32_b32,
	[GCN_S_FLBIT_I32_B64] = x_flbit_i32_b64,
	[GCN_S_FLBIT_I32] = x_flbit_i32,
	[GCN_S_FLBIT_I32_I64] = x_flbit_i32_i64,
	[GCN_S_SEXT_I32_I8] = x_sext_i32_i8,
	[GCN_S_SEXT_I32_I16] = x_sext_i32_i16,
	[GCN_S_ABS_I32] = x_abs_i32,
	[GCN_S_BITREPLICATE_B64_B32] = x_bitreplicate_b64_b32,
	[GCN_S_BITSET0_B32] = x_bitset0_b32,
	[GCN_S_BITSET0_B64] = x_bitset0_b64,
	[GCN_S_BITSET1_B32] = x_bitset1_b32,
	[GCN_S_BITSET1_B64] = x_bitset1_b64,
	[GCN_S_AND_SAVEEXEC_B64] = x_and_saveexec,
	[GCN_S_OR_SAVEEXEC_B64] = x_or_saveexec,
	[GCN_S_XOR_SAVEEXEC_B64] = x_xor_saveexec,
	[GCN_S_ANDN2_SAVEEXEC_B64] = x_andn2_saveexec,
	[GCN_S_ORN2_SAVEEXEC_B64] = x_orn2_saveexec,
	[GCN_S_NAND_SAVEEXEC_B64] = x_nand_saveexec,
	[GCN_S_NOR_SAVEEXEC_B64] = x_nor_saveexec,
	[GCN_S_XNOR_SAVEEXEC_B64] = x_xnor_saveexec,
	[GCN_S_ANDN1_SAVEEXEC_B64] = x_andn1_saveexec,
	[GCN_S_ORN1_SAVEEXEC_B64] = x_orn1_saveexec,
	[GCN_S_ANDN1_WREXEC_B64] = x_andn1_wrexec,
	[GCN_S_ANDN2_WREXEC_B64] = x_andn2_wrexec,
	[GCN_S_GETPC_B64] = x_getpc,
	[GCN_S_SETPC_B64] = x_setpc,
	[GCN_S_SWAPPC_B64] = x_swappc,
	[GCN_S_MOVRELS_B32] = x_movrels_b32,
	[GCN_S_MOVRELS_B64] = x_movrels_b64,
	[GCN_S_MOVRELD_B32] = x_movreld_b32,
	[GCN_S_MOVRELD_B64] = x_movreld_b64,
	[GCN_S_SET_GPR_IDX_IDX] = x_set_gpr_idx_idx,
	[GCN_S_CMP_EQ_I32] = x_cmp_eq_32,
	[GCN_S_CMP_EQ_U32] = x_cmp_eq_32,
	[GCN_S_CMP_LG_I32] = x_cmp_lg_32,
	[GCN_S_CMP_LG_U32] = x_cmp_lg_32,
	[GCN_S_CMP_GT_I32] = x_cmp_gt_i32,
	[GCN_S_CMP_GE_I32] = x_cmp_ge_i32,
	[GCN_S_CMP_LT_I32] = x_cmp_lt_i32,
	[GCN_S_CMP_LE_I32] = x_cmp_le_i32,
	[GCN_S_CMP_GT_U32] = x_cmp_gt_u32,
	[GCN_S_CMP_GE_U32] = x_cmp_ge_u32,
	[GCN_S_CMP_LT_U32] = x_cmp_lt_u32,
	[GCN_S_CMP_LE_U32] = x_cmp_le_u32,
	[GCN_S_CMP_EQ_U64] = x_cmp_eq_u64,
	[GCN_S_CMP_LG_U64] = x_cmp_lg_u64,
	[GCN_S_BITCMP0_B32] = x_bitcmp0_b32,
	[GCN_S_BITCMP1_B32] = x_bitcmp1_b32,
	[GCN_S_BITCMP0_B64] = x_bitcmp0_b64,
	[GCN_S_BITCMP1_B64] = x_bitcmp1_b64,
	[GCN_S_SET_GPR_IDX_ON] = x_set_gpr_idx_on,
	[GCN_S_MOVK_I32] = x_movk_i32,
	[GCN_S_CMOVK_I32] = x_cmovk_i32,
	[GCN_S_CMPK_EQ_I32] = x_cmpk_eq_i32,
	[GCN_S_CMPK_LG_I32] = x_cmpk_lg_i32,
	[GCN_S_CMPK_GT_I32] = x_cmpk_gt_i32,
	[GCN_S_CMPK_GE_I32] = x_cmpk_ge_i32,
	[GCN_S_CMPK_LT_I32] = x_cmpk_lt_i32,
	[GCN_S_CMPK_LE_I32] = x_cmpk_le_i32,
	[GCN_S_CMPK_EQ_U32] = x_cmpk_eq_u32,
	[GCN_S_CMPK_LG_U32] = x_cmpk_lg_u32,
	[GCN_S_CMPK_GT_U32] = x_cmpk_gt_u32,
	[GCN_S_CMPK_GE_U32] = x_cmpk_ge_u32,
	[GCN_S_CMPK_LT_U32] = x_cmpk_lt_u32,
	[GCN_S_CMPK_LE_U32] = x_cmpk_le_u32,
	[GCN_S_ADDK_I32] = x_addk_i32,
	[GCN_S_MULK_I32] = x_mulk_i32,
	[GCN_S_CALL_B64] = x_call_b64,
	[GCN_S_GETREG_B32] = x_getreg_b32,
	[GCN_S_SETREG_B32] = x_setreg_b32,
	[GCN_S_SETREG_IMM32_B32] = x_setreg_imm32_b32,
};

gcn_exec_fn gcn_salu_exec(const struct gcn_inst *in)
{
	return handlers[in->op];
}
