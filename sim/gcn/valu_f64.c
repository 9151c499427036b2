/* SPDX-License-Identifier: MIT */
/*
 * Double-precision arithmetic of the vector ALU. Kernels read operand rows that valu_exec.c fetched
 * (modifiers and denormal flushing applied) and fill the result rows.
 *
 * Source: AMD CDNA2 and CDNA3 ISA documents, chapters "VOP1/VOP2/VOP3 instructions".
 */
#include <fenv.h>

#include "sim/gcn/valu_lanes.h"

#define REAL	      double
#define BITS	      uint64_t
#define REAL_BITS     64
#define MANT_BITS     52
#define REAL_FN(name) name
#define R(name)	      name##_f64
#define ROWS1                                                                                      \
	const uint32_t *restrict L0 = l->s[0], *restrict H0 = l->h[0];                             \
	uint32_t *restrict DL = l->d[0], *restrict DH = l->d[1];                                   \
	(void)DH
#define ROWS2                                                                                      \
	const uint32_t *restrict L1 = l->s[1], *restrict H1 = l->h[1];                             \
	ROWS1
#define ROWS3                                                                                      \
	const uint32_t *restrict L2 = l->s[2], *restrict H2 = l->h[2];                             \
	ROWS2
#define LOAD(n) valu_pair(L##n[i], H##n[i])
#define STORE(v)                                                                                   \
	do {                                                                                       \
		const uint64_t out = (v);                                                          \
		DL[i] = (uint32_t)out;                                                             \
		DH[i] = (uint32_t)(out >> 32);                                                     \
	} while (0)
#define DIV_HUGE      768
#define DIV_SCALE     128
#define DIV_UNDERFLOW (-1075)

#include "sim/gcn/valu_real.inc"

/* ---------------------------------------------------------------- argument reduction */

/* The first 1201 bits of 2/pi behind the binary point, most significant first; zeros follow. */
static const uint64_t two_over_pi[] = {
	0xa2f9836e4e441529,
	0xfc2757d1f534ddc0,
	0xdb6295993c439041,
	0xfe5163abdebbc561,
	0xb7246e3a424dd2e0,
	0x06492eea09d1921c,
	0xfe1deb1cb129a73e,
	0xe88235f52ebb4484,
	0xe99c7026b45f7e41,
	0x3991d639835339f4,
	0x9c845f8bbdf9283b,
	0x1ff897ffde05980f,
	0xef2f118b5a0a6d1f,
	0x6d367ecf27cb09b7,
	0x4f463f669e5fea2d,
	0x7527bac7ebe5f17b,
	0x3d0739f78a5292ea,
	0x6bfb5fb11f8d5d08,
	0x56033046fc7b0000,
	0x0000000000000000,
};

/* 53 bits from bit @first on, first being the most significant. */
static uint64_t two_over_pi_bits(unsigned first)
{
	unsigned word = first / 64, shift = first % 64;
	const unsigned words = sizeof(two_over_pi) / sizeof(two_over_pi[0]);
	uint64_t hi = word < words ? two_over_pi[word] : 0;
	uint64_t lo = word + 1 < words ? two_over_pi[word + 1] : 0;

	return (shift ? hi << shift | lo >> (64 - shift) : hi) >> 11;
}

/* Segment number source 1 of 2/pi, scaled for an argument of source 0's magnitude. */
KERNEL(trig_preop_f64)
{
	ROWS1;

	LANES
	{
		int exponent = exponent_of(LOAD(0));
		unsigned shift = (l->s[1][i] & 31) * 53;
		int scale;

		if (exponent > 1077)
			shift += (unsigned)(exponent - 1077);
		scale = -53 - (int)shift;
		if (exponent >= 1968)
			scale += 128;
		STORE(to_bits(ldexp((double)two_over_pi_bits(shift), scale)));
	}
}
