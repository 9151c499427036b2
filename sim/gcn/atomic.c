/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of atomic operations, on values: memory and LDS apply it in their own ways (mem.c, ds.c).
 *
 * Source: AMD "Vega" 7nm and "Instinct MI200" ISA documents, the FLAT, MUBUF and DS instruction tables; CDNA3 ISA, "Float Memory
 * Atomics".
 */
#include "sim/gcn/mem.h"

#include <string.h>

static float as_float(uint64_t bits)
{
	uint32_t low = (uint32_t)bits;
	float f;

	memcpy(&f, &low, 4);
	return f;
}

static double as_double(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, 8);
	return d;
}

static uint64_t float_bits(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, 4);
	return bits;
}

static uint64_t double_bits(double d)
{
	uint64_t bits;

	memcpy(&bits, &d, 8);
	return bits;
}

/* binary16 as a sign, an exponent and a fraction: exact in a float, which a sum of two is rounded from only once. */
static float half_to_float(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff;

	if (exponent == 31)
		return as_float(sign | 0x7f800000 | fraction << 13);
	if (exponent)
		return as_float(sign | (exponent + 112) << 23 | fraction << 13);
	float magnitude = (float)fraction * 0x1p-24f;
	return sign ? -magnitude : magnitude;
}

/* Round to nearest even. @keep is how many fraction bits of the 23 remain. */
static uint32_t round_fraction(uint32_t bits, unsigned keep)
{
	unsigned drop = 23 - keep;

	return bits + (1u << (drop - 1)) - 1 + (bits >> drop & 1);
}

static uint16_t float_to_half(float f)
{
	uint32_t bits = (uint32_t)float_bits(f), magnitude = bits & 0x7fffffff;
	uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);

	if (magnitude > 0x7f800000)
		return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
	if (magnitude >= 0x477ff000) /* rounds to 2^16 or more */
		return sign | 0x7c00;
	if (magnitude < 0x38800000) /* below 2^-14: denormal; adding 1/2 aligns and rounds the fraction */
		return (uint16_t)(sign | (float_bits(as_float(magnitude) + 0.5f) - float_bits(0.5f)));
	return (uint16_t)(sign | ((round_fraction(magnitude, 10) - (112u << 23)) >> 13));
}

static uint16_t float_to_bf16(float f)
{
	uint32_t bits = (uint32_t)float_bits(f);

	if ((bits & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)(round_fraction(bits, 7) >> 16);
}

static uint16_t add_half(uint16_t a, uint16_t b)
{
	return float_to_half(half_to_float(a) + half_to_float(b));
}

static uint16_t add_bf16(uint16_t a, uint16_t b)
{
	return float_to_bf16(as_float((uint32_t)a << 16) + as_float((uint32_t)b << 16));
}

static uint64_t packed(uint64_t a, uint64_t b, uint16_t (*add)(uint16_t, uint16_t))
{
	return (uint64_t)add((uint16_t)(a >> 16), (uint16_t)(b >> 16)) << 16 | add((uint16_t)a, (uint16_t)b);
}

static uint64_t kept_or_flushed(uint64_t bits, bool keep)
{
	return keep || bits & 0x7f800000 ? bits : bits & 0x80000000;
}

/* f64 keeps denormals; of f32, MODE says whether inputs (bit 4) and results (bit 5) do (CDNA3 ISA 9.2.2). */
static uint64_t add_float(unsigned bytes, uint64_t a, uint64_t b, uint32_t mode)
{
	bool inputs = mode >> 4 & 1, results = mode >> 5 & 1;

	if (bytes == 8)
		return double_bits(as_double(a) + as_double(b));
	a = kept_or_flushed(a, inputs);
	b = kept_or_flushed(b, inputs);
	return kept_or_flushed(float_bits(as_float(a) + as_float(b)), results);
}

/*
 * The smaller or the larger of two, -0 being less than +0. A signalling NaN wins and becomes quiet, numbers win over a quiet one
 * (CDNA3 ISA 9.2.3).
 */
static uint64_t extreme(unsigned bytes, uint64_t a, uint64_t b, bool largest)
{
	uint64_t sign = bytes == 8 ? 1ull << 63 : 1ull << 31, infinity = bytes == 8 ? 0x7ffull << 52 : 0x7f800000;
	uint64_t quiet = bytes == 8 ? 1ull << 51 : 1ull << 22, v[2] = {a, b};
	int64_t rank[2];

	for (unsigned i = 0; i < 2; i++) {
		uint64_t magnitude = v[i] & ~sign;

		if (magnitude > infinity && !(v[i] & quiet))
			return v[i] | quiet;
		if (magnitude > infinity)
			rank[i] = largest ? INT64_MIN : INT64_MAX;
		else
			rank[i] = v[i] & sign ? -(int64_t)magnitude - 1 : (int64_t)magnitude;
	}
	return (rank[1] < rank[0]) == largest ? a : b;
}

static bool equal(unsigned bytes, uint64_t a, uint64_t b)
{
	return bytes == 8 ? as_double(a) == as_double(b) : as_float(a) == as_float(b);
}

static int64_t extended(unsigned bytes, uint64_t a)
{
	return bytes == 8 ? (int64_t)a : (int32_t)a;
}

uint64_t gcn_atomic_apply(enum gcn_atomic op, unsigned bytes, uint64_t old, uint64_t a, uint64_t b, uint32_t mode)
{
	uint64_t mask = bytes == 8 ? UINT64_MAX : UINT32_MAX;

	old &= mask;
	a &= mask;
	b &= mask;
	switch (op) {
	case GCN_ATOMIC_SWAP:
		return a;
	case GCN_ATOMIC_CMPSWAP:
		return old == b ? a : old;
	case GCN_ATOMIC_CMPSWAP_F:
		return equal(bytes, old, b) ? a : old;
	case GCN_ATOMIC_ADD:
		return (old + a) & mask;
	case GCN_ATOMIC_SUB:
		return (old - a) & mask;
	case GCN_ATOMIC_RSUB:
		return (a - old) & mask;
	case GCN_ATOMIC_SMIN:
		return extended(bytes, old) < extended(bytes, a) ? old : a;
	case GCN_ATOMIC_SMAX:
		return extended(bytes, old) > extended(bytes, a) ? old : a;
	case GCN_ATOMIC_UMIN:
		return old < a ? old : a;
	case GCN_ATOMIC_UMAX:
		return old > a ? old : a;
	case GCN_ATOMIC_AND:
		return old & a;
	case GCN_ATOMIC_OR:
		return old | a;
	case GCN_ATOMIC_XOR:
		return old ^ a;
	case GCN_ATOMIC_INC:
		return old >= a ? 0 : old + 1;
	case GCN_ATOMIC_DEC:
		return old == 0 || old > a ? a : old - 1;
	case GCN_ATOMIC_ADD_F:
		return add_float(bytes, old, a, mode);
	case GCN_ATOMIC_MIN_F:
		return extreme(bytes, old, a, false);
	case GCN_ATOMIC_MAX_F:
		return extreme(bytes, old, a, true);
	case GCN_ATOMIC_PK_ADD_F16:
		return packed(old, a, add_half);
	case GCN_ATOMIC_PK_ADD_BF16:
		return packed(old, a, add_bf16);
	case GCN_ATOMIC_MSKOR:
		return (old & ~a) | b;
	case GCN_ATOMIC_WRAP:
		return old >= a ? old - a : (old + b) & mask;
	case GCN_ATOMIC_CONDXCHG:
		/* Each half on its own: replaced by the operand, less its top bit, where that bit is set. */
		return ((a >> 31 & 1 ? a & 0x7fffffff : old & UINT32_MAX)) |
		       (a >> 63 ? a & 0x7fffffff00000000 : old & ~(uint64_t)UINT32_MAX);
	}
	return old;
}
