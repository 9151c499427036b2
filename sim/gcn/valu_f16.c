/* SPDX-License-Identifier: MIT */
/*
 * 16-bit operations of the vector ALU: f16 arithmetic, and 16-bit integers. Kernels read rows with
 * the 16-bit operand in the low half and leave the result there; they serve the single and, run
 * once per half, the packed instructions.
 *
 * Source: AMD CDNA2 and CDNA3 ISA documents, chapters "VOP1/VOP2/VOP3/VOP3P instructions".
 */
#include "sim/gcn/valu_half.h"

/*
 * To nearest even an f32 operation followed by a rounding to f16 is correct: 24 bits are at least 2
 * * 11 + 2. Other modes take the double path, where sums and products of f16 are exact. @e is
 * evaluated with a, b of type float or double.
 */
#define HALF_LOOP(type, loads, e, round)                                                           \
	LANES                                                                                      \
	{                                                                                          \
		loads(type);                                                                       \
		D[i] = round(e);                                                                   \
	}
#define LOAD1(type) const type a = valu_f16_to_f32(A[i])
#define LOAD2(type) const type a = valu_f16_to_f32(A[i]), b = valu_f16_to_f32(B[i])
#define LOAD3(type)                                                                                \
	const type a = valu_f16_to_f32(A[i]), b = valu_f16_to_f32(B[i]), c = valu_f16_to_f32(C[i])
#define NEAREST(v) valu_f32_to_f16_nearest(v)
#define BY_MODE(v) valu_f16_result((v), mode)
/* Nearest even and no overflow clamping. */
#define PLAIN_MODE(mode) (!((mode) & (3u << 2 | VALU_MODE_FP16_OVFL)))

#define HALF2(name, e)                                                                             \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0], *restrict B = l->s[1];                       \
		uint32_t *restrict D = l->d[0];                                                    \
		const uint32_t mode = l->mode;                                                     \
		if (PLAIN_MODE(mode))                                                              \
			HALF_LOOP(float, LOAD2, e, NEAREST)                                        \
		else                                                                               \
			HALF_LOOP(double, LOAD2, e, BY_MODE)                                       \
	}
#define HALF1(name, e)                                                                             \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0];                                              \
		uint32_t *restrict D = l->d[0];                                                    \
		const uint32_t mode = l->mode;                                                     \
		HALF_LOOP(double, LOAD1, e, BY_MODE)                                               \
	}

HALF2(add_f16, a + b)
HALF2(sub_f16, a - b)
HALF2(subrev_f16, b - a)
HALF2(mul_f16, a *b)

KERNEL(fma_f16)
{
	const uint32_t *restrict A = l->s[0], *restrict B = l->s[1], *restrict C = l->s[2];
	uint32_t *restrict D = l->d[0];
	const uint32_t mode = l->mode;

	HALF_LOOP(double, LOAD3, valu_fma_odd(a, b, c), BY_MODE)
}

/* Product and sum are rounded one after the other. */
KERNEL(mad_f16)
{
	const uint32_t *restrict A = l->s[0], *restrict B = l->s[1], *restrict C = l->s[2];
	uint32_t *restrict D = l->d[0];
	const uint32_t mode = l->mode;

	LANES
	{
		LOAD3(double);
		uint32_t p = valu_f16_result(a * b, mode);

		if ((p & 0x7c00) == 0)
			p &= 0x8000;
		D[i] = valu_f16_result((double)valu_f16_to_f32(p) + c, mode);
	}
}

HALF1(trunc_f16, trunc(a))
HALF1(ceil_f16, ceil(a))
HALF1(floor_f16, floor(a))
HALF1(rndne_f16, rint(a))

/* Below one: the largest f16 under it is 0x3bff. */
KERNEL(fract_f16)
{
	LANES
	{
		double a = valu_f16_to_f32(l->s[0][i]);
		uint32_t r = valu_f16_result(a - floor(a), l->mode);

		l->d[0][i] = r == 0x3c00 ? 0x3bff : r;
	}
}

KERNEL(frexp_mant_f16)
{
	LANES
	{
		double a = valu_f16_to_f32(l->s[0][i]);
		int e;

		l->d[0][i] = valu_f16_result(isfinite(a) ? frexp(a, &e) : a, l->mode);
	}
}

KERNEL(frexp_exp_i16_f16)
{
	LANES
	{
		double a = valu_f16_to_f32(l->s[0][i]);
		int e = 0;

		if (isfinite(a))
			frexp(a, &e);
		l->d[0][i] = (uint16_t)e;
	}
}

KERNEL(ldexp_f16)
{
	LANES l->d[0][i] = valu_f16_result(
		ldexp((double)valu_f16_to_f32(l->s[0][i]), (int16_t)l->s[1][i]), l->mode);
}

/* ---------------------------------------------------------------- min, max, median */
static inline bool nan16(uint32_t v)
{
	return (v & 0x7fff) > 0x7c00;
}

static inline bool snan16(uint32_t v)
{
	return nan16(v) & !(v & 0x200);
}

/* Order of the bit patterns as integers; -0 below +0. */
static inline int32_t order16(uint32_t v)
{
	return v & 0x8000 ? -(int32_t)(v & 0x7fff) - 1 : (int32_t)(v & 0x7fff);
}

static inline uint32_t pick16(uint32_t a, uint32_t b, bool first, bool ieee)
{
	uint32_t r = first ? a : b;

	r = nan16(b) ? a : r;
	r = nan16(a) ? b : r;
	r = (ieee & snan16(b)) ? b | 0x200 : r;
	r = (ieee & snan16(a)) ? a | 0x200 : r;
	return r;
}

static inline uint32_t min16(uint32_t a, uint32_t b, bool ieee)
{
	return pick16(a, b, order16(a) < order16(b), ieee);
}

static inline uint32_t max16(uint32_t a, uint32_t b, bool ieee)
{
	return pick16(a, b, order16(a) > order16(b), ieee);
}

static inline uint32_t med16(uint32_t a, uint32_t b, uint32_t c, bool ieee)
{
	if (nan16(a) || nan16(b) || nan16(c))
		return min16(min16(a, b, ieee), c, ieee);

	uint32_t top = max16(max16(a, b, ieee), c, ieee);

	/* Equal as values: the two zeros are the same here. */
	if (valu_f16_to_f32(top) == valu_f16_to_f32(a))
		return max16(b, c, ieee);
	if (valu_f16_to_f32(top) == valu_f16_to_f32(b))
		return max16(a, c, ieee);
	return max16(a, b, ieee);
}

#define WORD2(name, e)                                                                             \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0], *restrict B = l->s[1];                       \
		uint32_t *restrict D = l->d[0];                                                    \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t a = A[i] & 0xffff, b = B[i] & 0xffff;                       \
			D[i] = (uint32_t)(e)&0xffff;                                               \
		}                                                                                  \
	}
#define WORD3(name, e)                                                                             \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0], *restrict B = l->s[1],                       \
					 *restrict C = l->s[2];                                    \
		uint32_t *restrict D = l->d[0];                                                    \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t a = A[i] & 0xffff, b = B[i] & 0xffff, c = C[i] & 0xffff;    \
			D[i] = (uint32_t)(e)&0xffff;                                               \
		}                                                                                  \
	}
#define IEEE ((l->mode & VALU_MODE_IEEE) != 0)

WORD2(min_f16, min16(a, b, IEEE))
WORD2(max_f16, max16(a, b, IEEE))
WORD3(min3_f16, min16(min16(a, b, IEEE), c, IEEE))
WORD3(max3_f16, max16(max16(a, b, IEEE), c, IEEE))
WORD3(med3_f16, med16(a, b, c, IEEE))

/* ---------------------------------------------------------------- division, class */
static inline uint32_t fixup16(uint32_t a, uint32_t den, uint32_t num)
{
	uint32_t sign = (den ^ num) & 0x8000, d = den & 0x7fff, n = num & 0x7fff;

	if (nan16(num))
		return num | 0x200;
	if (nan16(den))
		return den | 0x200;
	if ((d == 0 && n == 0) || (d == 0x7c00 && n == 0x7c00))
		return 0xfe00;
	if (d == 0 || n == 0x7c00)
		return sign | 0x7c00;
	if (d == 0x7c00 || n == 0)
		return sign;
	return sign | (a & 0x7fff) | (nan16(a) ? 0x200 : 0);
}

WORD3(div_fixup_f16, fixup16(a, b, c))

static inline uint32_t class16(uint32_t a)
{
	bool negative = a & 0x8000;
	uint32_t m = a & 0x7fff;

	if (m > 0x7c00)
		return m & 0x200 ? 2 : 1;
	if (m == 0x7c00)
		return negative ? 4 : 512;
	if (m == 0)
		return negative ? 32 : 64;
	if (m < 0x400)
		return negative ? 16 : 128;
	return negative ? 8 : 256;
}

KERNEL(cmp_class_f16)
{
	uint32_t row[GCN_WAVE_LANES];

	LANES row[i] = class16(l->s[0][i] & 0xffff) & l->s[1][i];
	l->mask_out = valu_row_to_mask(row);
}

/* ---------------------------------------------------------------- integers */
static inline int32_t sx(uint32_t v)
{
	return (int16_t)v;
}

static inline uint32_t sat_u16(int64_t v)
{
	return v > 0xffff ? 0xffff : v < 0 ? 0 : (uint32_t)v;
}

static inline uint32_t sat_s16(int64_t v)
{
	return v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? (uint32_t)INT16_MIN : (uint32_t)v;
}

#define MAYBE_U16(v) (l->clamp ? sat_u16(v) : (uint32_t)(v))
#define MAYBE_S16(v) (l->clamp ? sat_s16(v) : (uint32_t)(v))

WORD2(add_u16, MAYBE_U16((int64_t)a + b))
WORD2(sub_u16, MAYBE_U16((int64_t)a - b))
WORD2(subrev_u16, MAYBE_U16((int64_t)b - a))
WORD2(add_i16, MAYBE_S16((int64_t)sx(a) + sx(b)))
WORD2(sub_i16, MAYBE_S16((int64_t)sx(a) - sx(b)))
WORD2(mul_lo_u16, a *b)
WORD3(mad_u16, MAYBE_U16((int64_t)a *b + c))
WORD3(mad_i16, MAYBE_S16((int64_t)sx(a) * sx(b) + sx(c)))
WORD2(lshlrev_b16, b << (a & 15))
WORD2(lshrrev_b16, b >> (a & 15))
WORD2(ashrrev_i16, sx(b) >> (a & 15))
WORD2(min_u16, a < b ? a : b)
WORD2(max_u16, a > b ? a : b)
WORD2(min_i16, sx(a) < sx(b) ? a : b)
WORD2(max_i16, sx(a) > sx(b) ? a : b)

static inline int32_t lesser(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static inline int32_t greater(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static inline int32_t median(int32_t a, int32_t b, int32_t c)
{
	return greater(lesser(a, b), lesser(greater(a, b), c));
}

WORD3(min3_u16, lesser(lesser((int32_t)a, (int32_t)b), (int32_t)c))
WORD3(max3_u16, greater(greater((int32_t)a, (int32_t)b), (int32_t)c))
WORD3(med3_u16, median((int32_t)a, (int32_t)b, (int32_t)c))
WORD3(min3_i16, lesser(lesser(sx(a), sx(b)), sx(c)))
WORD3(max3_i16, greater(greater(sx(a), sx(b)), sx(c)))
WORD3(med3_i16, median(sx(a), sx(b), sx(c)))

KERNEL(pack_b32_f16)
{
	LANES l->d[0][i] = (l->s[0][i] & 0xffff) | l->s[1][i] << 16;
}

static inline uint32_t sat_byte(uint32_t v)
{
	return sx(v) < 0 ? 0 : sx(v) > 255 ? 255 : v & 0xff;
}

KERNEL(sat_pk_u8_i16)
{
	LANES l->d[0][i] = sat_byte(l->s[0][i]) | sat_byte(l->s[0][i] >> 16) << 8;
}
