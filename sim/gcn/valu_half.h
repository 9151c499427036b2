/* SPDX-License-Identifier: MIT */
/*
 * Conversions between f16, bf16 and wider floats, and rounding to odd. Used by the kernels of the
 * vector ALU; written so that the common ones vectorise.
 */
#ifndef SIM_GCN_VALU_HALF_H
#define SIM_GCN_VALU_HALF_H

#include "sim/gcn/valu_lanes.h"

/* Exact; a signalling NaN becomes quiet. */
static inline float valu_f16_to_f32(uint32_t h)
{
	uint32_t sign = (h & 0x8000) << 16, magnitude = h & 0x7fff;
	/* The multiplication scales the exponent's bias and normalises denormals. */
	float f = valu_as_f32(magnitude << 13) * 0x1p112f;
	uint32_t special = (magnitude << 13) + 0x70000000;
	uint32_t bits = magnitude >= 0x7c00 ? special : valu_f32_bits(f);

	bits |= magnitude > 0x7c00 ? 0x400000 : 0;
	return valu_as_f32(bits | sign);
}

/* Nearest even; needs the host in its default rounding mode. */
static inline uint32_t valu_f32_to_f16_nearest(float f)
{
	uint32_t bits = valu_f32_bits(f), sign = bits >> 16 & 0x8000, a = bits & 0x7fffffff;
	uint32_t normal = (a - 0x38000000 + 0xfff + (a >> 13 & 1)) >> 13;
	/* Adding 0.5 leaves the value in units of 2^-24, the f16 denormal step, in the low mantissa
	 * bits. */
	uint32_t small = valu_f32_bits(valu_as_f32(a) + 0.5f) - 0x3f000000;
	uint32_t nan = 0x7e00 | (a >> 13 & 0x1ff);
	uint32_t r = a < 0x38800000 ? small : normal;

	r = a >= 0x477ff000 ? 0x7c00 : r;
	r = a > 0x7f800000 ? nan : r;
	return r | sign;
}

/* Whether the magnitude grows: @rest is what is cut off, @half its midpoint (0 when nothing can be
 * cut). */
static inline bool valu_round_up(
	unsigned mode, bool negative, uint64_t rest, uint64_t half, bool odd)
{
	switch (mode) {
	case VALU_ROUND_UP:
		return rest != 0 && !negative;
	case VALU_ROUND_DOWN:
		return rest != 0 && negative;
	case VALU_ROUND_ZERO:
		return false;
	default:
		return rest > half || (rest == half && half != 0 && odd);
	}
}

/**
 * valu_f64_to_f16() - round once, in any of the four modes
 * @ovfl: MODE.FP16_OVFL: a finite value that overflows becomes the largest finite one
 */
static inline uint32_t valu_f64_to_f16(double f, unsigned mode, bool ovfl)
{
	uint64_t bits = valu_f64_bits(f), mantissa = bits & 0xfffffffffffffull;
	uint32_t sign = (uint32_t)(bits >> 48) & 0x8000;
	int exponent = (int)(bits >> 52 & 0x7ff);

	if (exponent == 0x7ff)
		return sign | (mantissa ? 0x7e00 | (uint32_t)(mantissa >> 42 & 0x1ff) : 0x7c00);
	if (exponent == 0)
		exponent = 1;
	else
		mantissa |= 1ull << 52;

	/* value = mantissa * 2^(exponent - 1075); one unit of the result is 2^(e - 25) with e the
	 * biased f16 exponent. */
	int e = exponent - 1023 + 15;
	int cut = e >= 1 ? 42 : 42 + 1 - e;

	if (e < 1)
		e = 1;
	if (cut > 62)
		cut = 62;
	uint64_t kept = mantissa >> cut, rest = mantissa & ((1ull << cut) - 1);

	if (valu_round_up(mode, sign != 0, rest, 1ull << (cut - 1), kept & 1))
		kept++;
	/* kept has bit 10 set where the result is normal; adding lets a carry move into the
	 * exponent. */
	uint32_t r = (uint32_t)kept + ((uint32_t)(e - 1) << 10);

	if (e > 30 || r >= 0x7c00) {
		bool finite = ovfl || mode == VALU_ROUND_ZERO || (mode == VALU_ROUND_UP && sign) ||
			      (mode == VALU_ROUND_DOWN && !sign);
		r = finite ? 0x7bff : 0x7c00;
	}
	return sign | r;
}

static inline uint32_t valu_f32_to_f16(float f, unsigned mode, bool ovfl)
{
	return valu_f64_to_f16((double)f, mode, ovfl);
}

/* f16 rounding of a kernel's result under MODE. */
static inline uint32_t valu_f16_result(double f, uint32_t mode)
{
	return valu_f64_to_f16(f, VALU_MODE_ROUND_F16_F64(mode), mode & VALU_MODE_FP16_OVFL);
}

/* a * b + c with one rounding to odd at 53 bits, so that a later rounding to f16 is correct; a * b
 * must be exact. */
static inline double valu_fma_odd(double a, double b, double c)
{
	double p = a * b, s = p + c;
	double bb = s - p, err = (p - (s - bb)) + (c - bb);
	uint64_t bits = valu_f64_bits(s);

	if (err != 0 && isfinite(s) && !(bits & 1))
		bits += (err > 0) == (s > 0) ? 1 : -1ull;
	return valu_as_f64(bits);
}

static inline float valu_bf16_to_f32(uint32_t v)
{
	return valu_as_f32(v << 16);
}

#endif
