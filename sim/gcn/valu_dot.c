/* SPDX-License-Identifier: MIT */
/*
 * Dot products and mixed-precision fused multiply-adds of the vector ALU. Kernels read operand rows
 * that valu_exec.c fetched and fill the result rows.
 *
 * The f16 dot product is computed in f64 and rounded once; the hardware's inner rounding is not
 * documented. On gfx906 and gfx90a it flushes denormals (PyTorch's numerical accuracy notes state
 * it for MI200).
 *
 * Source: AMD CDNA2 and CDNA3 ISA documents, chapter "VOP3P instructions".
 */
#include "sim/gcn/valu_half.h"

static inline double flushed16(uint32_t h, bool flush)
{
	if (flush && (h & 0x7c00) == 0)
		h &= 0x8000;
	return valu_f16_to_f32(h);
}

static inline float flushed32(float f, bool flush)
{
	return flush && fabsf(f) < 0x1p-126f ? copysignf(0, f) : f;
}

KERNEL(dot2_f32_f16)
{
	LANES
	{
		bool flush = l->flush;
		double lo = flushed16(l->s[0][i], flush) * flushed16(l->s[1][i], flush);
		double hi = flushed16(l->h[0][i], flush) * flushed16(l->h[1][i], flush);
		/* Rounding to odd on the way keeps the last rounding right. */
		double c = flushed32(valu_as_f32(l->s[2][i]), flush);
		double r = valu_fma_odd(1, lo, hi);

		l->d[0][i] = valu_f32_bits(flushed32((float)valu_fma_odd(1, r, c), flush));
	}
}

static inline uint32_t sat_i32(int64_t v)
{
	return v > INT32_MAX   ? (uint32_t)INT32_MAX
	       : v < INT32_MIN ? (uint32_t)INT32_MIN
			       : (uint32_t)v;
}

static inline uint32_t sat_u32(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static inline int64_t field_i(uint32_t v, unsigned bits, unsigned j)
{
	return (int32_t)(v << (32 - bits * (j + 1))) >> (32 - bits);
}

static inline uint64_t field_u(uint32_t v, unsigned bits, unsigned j)
{
	return v << (32 - bits * (j + 1)) >> (32 - bits);
}

#define DOT_I(name, bits)                                                                          \
	KERNEL(name)                                                                               \
	{                                                                                          \
		LANES                                                                              \
		{                                                                                  \
			int64_t sum = (int32_t)l->s[2][i];                                         \
			for (unsigned j = 0; j < 32 / (bits); j++)                                 \
				sum += field_i(l->s[0][i], bits, j) *                              \
				       field_i(l->s[1][i], bits, j);                               \
			l->d[0][i] = l->clamp ? sat_i32(sum) : (uint32_t)sum;                      \
		}                                                                                  \
	}
#define DOT_U(name, bits)                                                                          \
	KERNEL(name)                                                                               \
	{                                                                                          \
		LANES                                                                              \
		{                                                                                  \
			uint64_t sum = l->s[2][i];                                                 \
			for (unsigned j = 0; j < 32 / (bits); j++)                                 \
				sum += field_u(l->s[0][i], bits, j) *                              \
				       field_u(l->s[1][i], bits, j);                               \
			l->d[0][i] = l->clamp ? sat_u32(sum) : (uint32_t)sum;                      \
		}                                                                                  \
	}

DOT_I(dot4_i32_i8, 8)
DOT_U(dot4_u32_u8, 8)
DOT_I(dot8_i32_i4, 4)
DOT_U(dot8_u32_u4, 4)

/* The halves arrive selected by op_sel. */
KERNEL(dot2_i32_i16)
{
	LANES
	{
		int64_t sum = (int64_t)(int16_t)l->s[0][i] * (int16_t)l->s[1][i] +
			      (int64_t)(int16_t)l->h[0][i] * (int16_t)l->h[1][i] +
			      (int32_t)l->s[2][i];

		l->d[0][i] = l->clamp ? sat_i32(sum) : (uint32_t)sum;
	}
}

KERNEL(dot2_u32_u16)
{
	LANES
	{
		uint64_t sum = (uint64_t)(uint16_t)l->s[0][i] * (uint16_t)l->s[1][i] +
			       (uint64_t)(uint16_t)l->h[0][i] * (uint16_t)l->h[1][i] + l->s[2][i];

		l->d[0][i] = l->clamp ? sat_u32(sum) : (uint32_t)sum;
	}
}

/* Sources arrive as f32; the f32 result is rounded again to f16. */
KERNEL(fma_mix_f16)
{
	LANES
	{
		float r = fmaf(
			valu_as_f32(l->s[0][i]), valu_as_f32(l->s[1][i]), valu_as_f32(l->s[2][i]));

		l->d[0][i] = valu_f16_result((double)r, l->mode);
	}
}
