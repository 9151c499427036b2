/* SPDX-License-Identifier: MIT */
/*
 * Comparisons of the vector ALU. Kernels read operand rows that valu_exec.c fetched and leave one
 * bit per lane in mask_out.
 *
 * Source: AMD CDNA2 and CDNA3 ISA documents, chapter "VOPC instructions".
 */
#include "sim/gcn/valu_half.h"

/* @load turns the rows of source n into a value of @type. */
#define COMPARE(name, type, load, e)                                                               \
	KERNEL(name)                                                                               \
	{                                                                                          \
		uint32_t row[GCN_WAVE_LANES];                                                      \
		LANES                                                                              \
		{                                                                                  \
			const type a = load(0), b = load(1);                                       \
			row[i] = (e) ? 1 : 0;                                                      \
		}                                                                                  \
		l->mask_out = valu_row_to_mask(row);                                               \
	}
#define INTEGERS(suffix, type, load)                                                               \
	COMPARE(cmp_lt_##suffix, type, load, a < b)                                                \
	COMPARE(cmp_eq_##suffix, type, load, a == b)                                               \
	COMPARE(cmp_le_##suffix, type, load, a <= b)                                               \
	COMPARE(cmp_gt_##suffix, type, load, a > b)                                                \
	COMPARE(cmp_ne_##suffix, type, load, a != b)                                               \
	COMPARE(cmp_ge_##suffix, type, load, a >= b)
/* An n in front negates, so that it is true for unordered operands. */
#define FLOATS(suffix, type, load)                                                                 \
	COMPARE(cmp_lt_##suffix, type, load, a < b)                                                \
	COMPARE(cmp_eq_##suffix, type, load, a == b)                                               \
	COMPARE(cmp_le_##suffix, type, load, a <= b)                                               \
	COMPARE(cmp_gt_##suffix, type, load, a > b)                                                \
	COMPARE(cmp_lg_##suffix, type, load, a<b || a> b)                                          \
	COMPARE(cmp_ge_##suffix, type, load, a >= b)                                               \
	COMPARE(cmp_o_##suffix, type, load, a == a && b == b)                                      \
	COMPARE(cmp_u_##suffix, type, load, a != a || b != b)                                      \
	COMPARE(cmp_nge_##suffix, type, load, !(a >= b))                                           \
	COMPARE(cmp_nlg_##suffix, type, load, !(a < b || a > b))                                   \
	COMPARE(cmp_ngt_##suffix, type, load, !(a > b))                                            \
	COMPARE(cmp_nle_##suffix, type, load, !(a <= b))                                           \
	COMPARE(cmp_neq_##suffix, type, load, !(a == b))                                           \
	COMPARE(cmp_nlt_##suffix, type, load, !(a < b))

#define U16(n) ((uint16_t)l->s[n][i])
#define I16(n) ((int16_t)l->s[n][i])
#define U32(n) (l->s[n][i])
#define I32(n) ((int32_t)l->s[n][i])
#define U64(n) valu_pair(l->s[n][i], l->h[n][i])
#define I64(n) ((int64_t)valu_pair(l->s[n][i], l->h[n][i]))
#define F16(n) valu_f16_to_f32(l->s[n][i])
#define F32(n) valu_as_f32(l->s[n][i])
#define F64(n) valu_as_f64(valu_pair(l->s[n][i], l->h[n][i]))

INTEGERS(u16, uint16_t, U16)
INTEGERS(i16, int16_t, I16)
INTEGERS(u32, uint32_t, U32)
INTEGERS(i32, int32_t, I32)
INTEGERS(u64, uint64_t, U64)
INTEGERS(i64, int64_t, I64)
FLOATS(f16, float, F16)
FLOATS(f32, float, F32)
FLOATS(f64, double, F64)

KERNEL(cmp_f)
{
	l->mask_out = 0;
}

KERNEL(cmp_t)
{
	l->mask_out = ~0ull;
}
