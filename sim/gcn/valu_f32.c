/* SPDX-License-Identifier: MIT */
/*
 * Single-precision arithmetic of the vector ALU. Kernels read operand rows that valu_exec.c fetched
 * (modifiers and denormal flushing applied) and fill the result rows.
 *
 * Source: AMD CDNA2 and CDNA3 ISA documents, chapters "VOP1/VOP2/VOP3 instructions".
 */
#include <fenv.h>

#include "sim/gcn/valu_lanes.h"

#define REAL	      float
#define BITS	      uint32_t
#define REAL_BITS     32
#define MANT_BITS     23
#define REAL_FN(name) name##f
#define R(name)	      name##_f32
#define ROWS1                                                                                      \
	const uint32_t *restrict S0 = l->s[0];                                                     \
	uint32_t *restrict DL = l->d[0]
#define ROWS2                                                                                      \
	const uint32_t *restrict S0 = l->s[0], *restrict S1 = l->s[1];                             \
	uint32_t *restrict DL = l->d[0]
#define ROWS3                                                                                      \
	const uint32_t *restrict S0 = l->s[0], *restrict S1 = l->s[1], *restrict S2 = l->s[2];     \
	uint32_t *restrict DL = l->d[0]
#define LOAD(n)	      (S##n[i])
#define STORE(v)      (DL[i] = (v))
#define DIV_HUGE      96
#define DIV_SCALE     64
#define DIV_UNDERFLOW (-150)

#include "sim/gcn/valu_real.inc"

REAL2(sub_f32, to_bits(a - b))
REAL2(subrev_f32, to_bits(b - a))
REAL3(mad_f32, to_bits(a *b + c))

/* Zero times anything is zero. */
static inline REAL mul_legacy(REAL a, REAL b)
{
	return a == 0 || b == 0 ? 0 : a * b;
}

REAL2(mul_legacy_f32, to_bits(mul_legacy(a, b)))
REAL3(mad_legacy_f32, to_bits(mul_legacy(a, b) + c))

REAL3(min3_f32, min_real(min_real(A, B, IEEE), C, IEEE))
REAL3(max3_f32, max_real(max_real(A, B, IEEE), C, IEEE))

static inline BITS med3(BITS A, BITS B, BITS C, bool ieee)
{
	if (is_nan(A) || is_nan(B) || is_nan(C))
		return min_real(min_real(A, B, ieee), C, ieee);

	BITS top = max_real(max_real(A, B, ieee), C, ieee);

	if (from_bits(top) == from_bits(A))
		return max_real(B, C, ieee);
	if (from_bits(top) == from_bits(B))
		return max_real(A, C, ieee);
	return max_real(A, B, ieee);
}

REAL3(med3_f32, med3(A, B, C, IEEE))

/* ---------------------------------------------------------------- cube maps */
enum { MAJOR_X, MAJOR_Y, MAJOR_Z };

static inline int major_axis(REAL x, REAL y, REAL z)
{
	if (fabsf(z) >= fabsf(x) && fabsf(z) >= fabsf(y))
		return MAJOR_Z;
	return fabsf(y) >= fabsf(x) ? MAJOR_Y : MAJOR_X;
}

static inline REAL cube_id(REAL x, REAL y, REAL z)
{
	switch (major_axis(x, y, z)) {
	case MAJOR_Z:
		return z < 0 ? 5 : 4;
	case MAJOR_Y:
		return y < 0 ? 3 : 2;
	default:
		return x < 0 ? 1 : 0;
	}
}

static inline REAL cube_s(REAL x, REAL y, REAL z)
{
	switch (major_axis(x, y, z)) {
	case MAJOR_Z:
		return z < 0 ? -x : x;
	case MAJOR_Y:
		return x;
	default:
		return x < 0 ? z : -z;
	}
}

static inline REAL cube_t(REAL x, REAL y, REAL z)
{
	if (major_axis(x, y, z) == MAJOR_Y)
		return y < 0 ? -z : z;
	return -y;
}

static inline REAL cube_major(REAL x, REAL y, REAL z)
{
	switch (major_axis(x, y, z)) {
	case MAJOR_Z:
		return 2 * z;
	case MAJOR_Y:
		return 2 * y;
	default:
		return 2 * x;
	}
}

static inline BITS quieted(REAL f)
{
	BITS v = to_bits(f);

	return is_nan(v) ? v | QUIET : v;
}

REAL3(cubeid_f32, to_bits(cube_id(a, b, c)))
REAL3(cubesc_f32, quieted(cube_s(a, b, c)))
REAL3(cubetc_f32, quieted(cube_t(a, b, c)))
REAL3(cubema_f32, to_bits(cube_major(a, b, c)))
