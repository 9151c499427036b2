/* SPDX-License-Identifier: MIT */
/*
 * Conversions of the vector ALU. Kernels read operand rows that valu_exec.c fetched and fill the
 * result rows.
 *
 * Float to integer saturates, and NaN becomes zero. FP8 and BF8 are gfx942's forms without
 * infinities and without negative zero (OCP calls them FNUZ): bias 8 and 16, and 0x80 is the only
 * NaN.
 *
 * Source: AMD CDNA2 and CDNA3 ISA documents, chapters "VOP1/VOP3 instructions"; CDNA3, "8-bit
 * floating point".
 */
#include "sim/gcn/valu_half.h"

#define CVT_F32(name, type, e)                                                                     \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0];                                              \
		uint32_t *restrict D = l->d[0];                                                    \
		LANES                                                                              \
		{                                                                                  \
			const type a = (type)A[i];                                                 \
			D[i] = valu_f32_bits((float)(e));                                          \
		}                                                                                  \
	}
/* From f32 in f to any 32-bit result. */
#define CVT_FROM_F32(name, e)                                                                      \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0];                                              \
		uint32_t *restrict D = l->d[0];                                                    \
		LANES                                                                              \
		{                                                                                  \
			const float f = valu_as_f32(A[i]);                                         \
			D[i] = (uint32_t)(e);                                                      \
		}                                                                                  \
	}
#define CVT_FROM_F64(name, e)                                                                      \
	KERNEL(name)                                                                               \
	{                                                                                          \
		LANES                                                                              \
		{                                                                                  \
			const double f = valu_as_f64(valu_pair(l->s[0][i], l->h[0][i]));           \
			l->d[0][i] = (uint32_t)(e);                                                \
		}                                                                                  \
	}
#define CVT_TO_F64(name, e)                                                                        \
	KERNEL(name)                                                                               \
	{                                                                                          \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t a = l->s[0][i];                                             \
			const uint64_t r = valu_f64_bits(e);                                       \
			l->d[0][i] = (uint32_t)r;                                                  \
			l->d[1][i] = (uint32_t)(r >> 32);                                          \
		}                                                                                  \
	}
#define CVT_FROM_F16(name, e)                                                                      \
	KERNEL(name)                                                                               \
	{                                                                                          \
		LANES                                                                              \
		{                                                                                  \
			const float f = valu_f16_to_f32(l->s[0][i]);                               \
			l->d[0][i] = (uint32_t)(e);                                                \
		}                                                                                  \
	}
#define CVT_TO_F16(name, type, e)                                                                  \
	KERNEL(name)                                                                               \
	{                                                                                          \
		LANES                                                                              \
		{                                                                                  \
			const type a = (type)l->s[0][i];                                           \
			l->d[0][i] = valu_f16_result((double)(e), l->mode);                        \
		}                                                                                  \
	}

static inline uint32_t to_u32(double f)
{
	return f >= 4294967296.0 ? UINT32_MAX : f > 0 ? (uint32_t)f : 0;
}

static inline uint32_t to_i32(double f)
{
	if (f >= 2147483648.0)
		return INT32_MAX;
	if (f <= -2147483649.0)
		return (uint32_t)INT32_MIN;
	return f == f ? (uint32_t)(int32_t)f : 0;
}

/* To the nearest integer, ties to even; NaN is 0. */
static inline int32_t round_clamped(double f, double lo, double hi)
{
	if (f != f)
		return 0;
	return (int32_t)rint(f < lo ? lo : f > hi ? hi : f);
}

static inline int32_t snorm16(double f)
{
	return round_clamped(f * 32767, -32767, 32767);
}

static inline int32_t unorm16(double f)
{
	return round_clamped(f * 65535, 0, 65535);
}

static inline uint32_t saturate(double f, double lo, double hi)
{
	if (f != f)
		return 0;
	return (uint32_t)(int32_t)(f < lo ? lo : f > hi ? hi : f);
}

/* ---------------------------------------------------------------- f32 and integers */
CVT_F32(cvt_f32_i32, int32_t, a)
CVT_F32(cvt_f32_u32, uint32_t, a)
CVT_F32(cvt_f32_ubyte0, uint32_t, a & 0xff)
CVT_F32(cvt_f32_ubyte1, uint32_t, a >> 8 & 0xff)
CVT_F32(cvt_f32_ubyte2, uint32_t, a >> 16 & 0xff)
CVT_F32(cvt_f32_ubyte3, uint32_t, a >> 24)
CVT_F32(cvt_off_f32_i4, uint32_t, ((int32_t)(a << 28) >> 28) / 16.0)
CVT_FROM_F32(cvt_u32_f32, to_u32(f))
CVT_FROM_F32(cvt_i32_f32, to_i32(f))
CVT_FROM_F32(cvt_rpi_i32_f32, to_i32(floor((double)f + 0.5)))
CVT_FROM_F32(cvt_flr_i32_f32, to_i32(floor((double)f)))

/* ---------------------------------------------------------------- f64 */
CVT_FROM_F64(cvt_i32_f64, to_i32(f))
CVT_FROM_F64(cvt_u32_f64, to_u32(f))
CVT_FROM_F64(cvt_f32_f64, valu_f32_bits((float)f))
CVT_TO_F64(cvt_f64_i32, (double)(int32_t)a)
CVT_TO_F64(cvt_f64_u32, (double)a)
CVT_TO_F64(cvt_f64_f32, (double)valu_as_f32(a))

/* ---------------------------------------------------------------- f16 */
KERNEL(cvt_f16_f32)
{
	const uint32_t *restrict A = l->s[0];
	uint32_t *restrict D = l->d[0];
	const uint32_t mode = l->mode;

	if (!(mode & (3u << 2 | VALU_MODE_FP16_OVFL))) {
		LANES D[i] = valu_f32_to_f16_nearest(valu_as_f32(A[i]));
		return;
	}
	LANES D[i] = valu_f16_result((double)valu_as_f32(A[i]), mode);
}

CVT_FROM_F16(cvt_f32_f16, valu_f32_bits(f))
CVT_TO_F16(cvt_f16_u16, uint16_t, a)
CVT_TO_F16(cvt_f16_i16, int16_t, a)
CVT_FROM_F16(cvt_u16_f16, saturate((double)f, 0, 65535))
CVT_FROM_F16(cvt_i16_f16, saturate((double)f, -32768, 32767) & 0xffff)
CVT_FROM_F16(cvt_norm_i16_f16, snorm16((double)f) & 0xffff)
CVT_FROM_F16(cvt_norm_u16_f16, unorm16((double)f))

/* ---------------------------------------------------------------- pairs */
#define CVT_PAIR(name, load, e)                                                                    \
	KERNEL(name)                                                                               \
	{                                                                                          \
		LANES                                                                              \
		{                                                                                  \
			uint32_t r = 0;                                                            \
			for (unsigned j = 2; j-- > 0;) {                                           \
				load;                                                              \
				r = r << 16 | ((uint32_t)(e)&0xffff);                              \
			}                                                                          \
			l->d[0][i] = r;                                                            \
		}                                                                                  \
	}

CVT_PAIR(cvt_pkrtz_f16_f32, const float f = valu_as_f32(l->s[j][i]),
	valu_f32_to_f16(f, VALU_ROUND_ZERO, l->mode &VALU_MODE_FP16_OVFL))
CVT_PAIR(cvt_pknorm_i16_f32, const float f = valu_as_f32(l->s[j][i]), snorm16((double)f))
CVT_PAIR(cvt_pknorm_u16_f32, const float f = valu_as_f32(l->s[j][i]), unorm16((double)f))
CVT_PAIR(cvt_pknorm_i16_f16, const float f = valu_f16_to_f32(l->s[j][i]), snorm16((double)f))
CVT_PAIR(cvt_pknorm_u16_f16, const float f = valu_f16_to_f32(l->s[j][i]), unorm16((double)f))
CVT_PAIR(cvt_pk_u16_u32, const uint32_t v = l->s[j][i], v > 0xffff ? 0xffff : v)
CVT_PAIR(cvt_pk_i16_i32, const int32_t v = (int32_t)l->s[j][i],
	v > INT16_MAX	? INT16_MAX
	: v < INT16_MIN ? INT16_MIN
			: v)

/* Byte number source 1 of source 2 (of the old result, for the accumulating form) is replaced. */
KERNEL(cvt_pk_u8_f32)
{
	LANES
	{
		unsigned shift = 8 * (l->s[1][i] & 3);
		uint32_t v = saturate((double)valu_as_f32(l->s[0][i]), 0, 255);

		l->d[0][i] = (l->s[2][i] & ~(0xffu << shift)) | v << shift;
	}
}

/* ---------------------------------------------------------------- fp8 and bf8 */
static inline double fp8_value(uint32_t v, unsigned mantissa_bits, int bias)
{
	uint32_t m = v & ((1u << mantissa_bits) - 1);
	int e = (int)((v & 0x7f) >> mantissa_bits);
	double f;

	if ((v & 0xff) == 0x80)
		return (double)valu_as_f32(0x7fc00000);
	f = e ? ldexp(m + (1u << mantissa_bits), e - bias - (int)mantissa_bits)
	      : ldexp(m, 1 - bias - (int)mantissa_bits);
	return v & 0x80 ? -f : f;
}

float VALU(fp8_to_f32)(uint32_t v)
{
	return (float)fp8_value(v, 3, 8);
}

float VALU(bf8_to_f32)(uint32_t v)
{
	return (float)fp8_value(v, 2, 16);
}

/* Nearest even. What overflows becomes NaN, or the largest finite value when MODE asks to clamp;
 * infinities become NaN. */
static uint32_t to_fp8(float f, unsigned mantissa_bits, int bias, uint32_t mode)
{
	uint32_t bits = valu_f32_bits(f), sign = bits >> 24 & 0x80, mantissa = bits & 0x7fffff,
		 kept;
	int e = (int)(bits >> 23 & 0xff), cut, target;
	uint64_t rest, half;

	if (e == 0xff)
		return 0x80;
	if (e == 0)
		e = 1;
	else
		mantissa |= 0x800000;
	target = e - 127 + bias; /* biased exponent of the result, where it is normal */
	cut = 23 - (int)mantissa_bits;
	if (target < 1) {
		cut += 1 - target;
		target = 1;
	}
	if (cut > 31)
		cut = 31;
	rest = mantissa & ((1ull << cut) - 1);
	half = 1ull << (cut - 1);
	kept = mantissa >> cut;
	if (rest > half || (rest == half && (kept & 1)))
		kept++;
	if (target > 31)
		target = 31 + 1; /* overflows in either format */
	kept += (uint32_t)(target - 1) << mantissa_bits;
	if (kept > 0x7f)
		return mode & VALU_MODE_FP16_OVFL ? sign | 0x7f : 0x80;
	return kept ? sign | kept : 0;
}

#define FROM_FP8(suffix, convert)                                                                  \
	KERNEL(cvt_f32_##suffix)                                                                   \
	{                                                                                          \
		LANES l->d[0][i] = valu_f32_bits(convert(l->s[0][i] & 0xff));                      \
	}                                                                                          \
	KERNEL(cvt_pk_f32_##suffix)                                                                \
	{                                                                                          \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t v = l->s[0][i];                                             \
			l->d[0][i] = valu_f32_bits(convert(v & 0xff));                             \
			l->d[1][i] = valu_f32_bits(convert(v >> 8 & 0xff));                        \
		}                                                                                  \
	}

FROM_FP8(fp8, VALU(fp8_to_f32))
FROM_FP8(bf8, VALU(bf8_to_f32))

KERNEL(cvt_pk_fp8_f32)
{
	LANES l->d[0][i] = to_fp8(valu_as_f32(l->s[0][i]), 3, 8, l->mode) |
			   to_fp8(valu_as_f32(l->s[1][i]), 3, 8, l->mode) << 8;
}

KERNEL(cvt_pk_bf8_f32)
{
	LANES l->d[0][i] = to_fp8(valu_as_f32(l->s[0][i]), 2, 16, l->mode) |
			   to_fp8(valu_as_f32(l->s[1][i]), 2, 16, l->mode) << 8;
}
