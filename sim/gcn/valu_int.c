/* SPDX-License-Identifier: MIT */
/*
 * Integer and bit operations of the vector ALU, 32 and 64 bits wide. Kernels read operand rows that
 * valu_exec.c fetched and fill the result rows.
 *
 * Source: AMD CDNA2 and CDNA3 ISA documents, chapters "VOP1/VOP2/VOP3 instructions".
 */
#include "sim/gcn/valu_lanes.h"

/* d = expression of a (, b, c); 32-bit lanes. */
#define INT1(name, e)                                                                              \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0];                                              \
		uint32_t *restrict D = l->d[0];                                                    \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t a = A[i];                                                   \
			D[i] = (uint32_t)(e);                                                      \
		}                                                                                  \
	}
#define INT2(name, e)                                                                              \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0], *restrict B = l->s[1];                       \
		uint32_t *restrict D = l->d[0];                                                    \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t a = A[i], b = B[i];                                         \
			D[i] = (uint32_t)(e);                                                      \
		}                                                                                  \
	}
#define INT3(name, e)                                                                              \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0], *restrict B = l->s[1],                       \
					 *restrict C = l->s[2];                                    \
		uint32_t *restrict D = l->d[0];                                                    \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t a = A[i], b = B[i], c = C[i];                               \
			D[i] = (uint32_t)(e);                                                      \
		}                                                                                  \
	}
/* The same with a saturating form for the clamp bit. */
#define INT2C(name, e, saturated)                                                                  \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0], *restrict B = l->s[1];                       \
		uint32_t *restrict D = l->d[0];                                                    \
		if (l->clamp) {                                                                    \
			LANES                                                                      \
			{                                                                          \
				const uint32_t a = A[i], b = B[i];                                 \
				D[i] = (uint32_t)(saturated);                                      \
			}                                                                          \
			return;                                                                    \
		}                                                                                  \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t a = A[i], b = B[i];                                         \
			D[i] = (uint32_t)(e);                                                      \
		}                                                                                  \
	}
#define INT3C(name, e, saturated)                                                                  \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0], *restrict B = l->s[1],                       \
					 *restrict C = l->s[2];                                    \
		uint32_t *restrict D = l->d[0];                                                    \
		if (l->clamp) {                                                                    \
			LANES                                                                      \
			{                                                                          \
				const uint32_t a = A[i], b = B[i], c = C[i];                       \
				D[i] = (uint32_t)(saturated);                                      \
			}                                                                          \
			return;                                                                    \
		}                                                                                  \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t a = A[i], b = B[i], c = C[i];                               \
			D[i] = (uint32_t)(e);                                                      \
		}                                                                                  \
	}

static inline int32_t s32(uint32_t v)
{
	return (int32_t)v;
}

static inline int32_t s24(uint32_t v)
{
	return (int32_t)(v << 8) >> 8;
}

static inline uint32_t u24(uint32_t v)
{
	return v & 0xffffff;
}

static inline uint32_t sat_u32(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static inline uint32_t sat_s32(int64_t v)
{
	return v > INT32_MAX   ? (uint32_t)INT32_MAX
	       : v < INT32_MIN ? (uint32_t)INT32_MIN
			       : (uint32_t)v;
}

static inline uint32_t min_u(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t max_u(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static inline int32_t min_s(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static inline int32_t max_s(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* ---------------------------------------------------------------- moves and bits */
INT1(mov_b32, a)
INT1(not_b32, ~a)
INT2(and_b32, a &b)
INT2(or_b32, a | b)
INT2(xor_b32, a ^ b)
INT2(xnor_b32, ~(a ^ b))
INT3(and_or_b32, (a & b) | c)
INT3(or3_b32, a | b | c)
INT3(xad_u32, (a ^ b) + c)
INT3(bfi_b32, (a & b) | (~a & c))
INT2(bfm_b32, ((1u << (a & 31)) - 1) << (b & 31))

static inline uint32_t bit_reverse(uint32_t v)
{
	v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
	v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
	v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(v);
}

INT1(bfrev_b32, bit_reverse(a))
INT1(ffbh_u32, a ? __builtin_clz(a) : -1)
INT1(ffbl_b32, a ? __builtin_ctz(a) : -1)
INT1(ffbh_i32, a == 0 || a == ~0u ? -1 : __builtin_clz(a ^ (uint32_t)(s32(a) >> 31)))
INT2(bcnt_u32_b32, (uint32_t)__builtin_popcount(a) + b)

static inline uint32_t bfe_u(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t width = c & 31;

	return a >> (b & 31) & ((1u << width) - 1);
}

static inline uint32_t bfe_s(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t width = c & 31, v = bfe_u(a, b, c);

	if (width == 0)
		return 0;
	/* Bits above bit 31 of the source read as its sign: the field is taken from an arithmetic
	 * shift. */
	v = (uint32_t)(s32(a) >> (b & 31)) & ((1u << width) - 1);
	return (uint32_t)(s32(v << (32 - width)) >> (32 - width));
}

INT3(bfe_u32, bfe_u(a, b, c))
INT3(bfe_i32, bfe_s(a, b, c))

/* ---------------------------------------------------------------- shifts */
INT2(lshlrev_b32, b << (a & 31))
INT2(lshrrev_b32, b >> (a & 31))
INT2(ashrrev_i32, s32(b) >> (a & 31))
INT3(lshl_add_u32, (a << (b & 31)) + c)
INT3(add_lshl_u32, (a + b) << (c & 31))
INT3(lshl_or_b32, (a << (b & 31)) | c)
INT3(alignbit_b32, valu_pair(b, a) >> (c & 31))
INT3(alignbyte_b32, valu_pair(b, a) >> (8 * (c & 3)))

static inline uint32_t perm_byte(uint32_t a, uint32_t b, uint32_t sel)
{
	uint64_t data = valu_pair(b, a);

	if (sel >= 13)
		return 0xff;
	if (sel == 12)
		return 0;
	if (sel >= 8) /* sign of the odd bytes: 8 is byte 1, 9 byte 3, 10 byte 5, 11 byte 7 */
		return data >> (16 * (sel - 8) + 15) & 1 ? 0xff : 0;
	return data >> (8 * sel) & 0xff;
}

INT3(perm_b32, perm_byte(a, b, c & 0xff) | perm_byte(a, b, c >> 8 & 0xff) << 8 |
		       perm_byte(a, b, c >> 16 & 0xff) << 16 | perm_byte(a, b, c >> 24) << 24)

/* ---------------------------------------------------------------- add, subtract, multiply */
INT2C(add_u32, a + b, sat_u32((uint64_t)a + b))
INT2C(sub_u32, a - b, a < b ? 0 : a - b)
INT2C(subrev_u32, b - a, b < a ? 0 : b - a)
INT2C(add_i32, a + b, sat_s32((int64_t)s32(a) + s32(b)))
INT2C(sub_i32, a - b, sat_s32((int64_t)s32(a) - s32(b)))
INT3(add3_u32, a + b + c)

/* Clamping replaces what carried out, 0 for differences. */
static void saturate_carries(const struct valu_lanes *l, const uint32_t *carry, uint32_t saturated)
{
	if (l->clamp)
		LANES l->d[0][i] = carry[i] ? saturated : l->d[0][i];
}

/* Sum or difference with a carry out of bit 31. */
#define CARRY(name, sum, out, saturated)                                                           \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0], *restrict B = l->s[1];                       \
		uint32_t *restrict D = l->d[0];                                                    \
		uint32_t carry[GCN_WAVE_LANES];                                                    \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t a = A[i], b = B[i], r = (sum);                              \
			D[i] = r;                                                                  \
			carry[i] = (out) ? ~0u : 0;                                                \
		}                                                                                  \
		saturate_carries(l, carry, saturated);                                             \
		l->mask_out = valu_row_to_mask(carry);                                             \
	}
/* The same with a carry in, c. */
#define CARRY_IN(name, sum, out, saturated)                                                        \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0], *restrict B = l->s[1];                       \
		uint32_t *restrict D = l->d[0];                                                    \
		uint32_t in[GCN_WAVE_LANES], carry[GCN_WAVE_LANES];                                \
		valu_mask_to_row(l->mask_in, in);                                                  \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t a = A[i], b = B[i], c = in[i] & 1, r = (sum);               \
			D[i] = r;                                                                  \
			carry[i] = (out) ? ~0u : 0;                                                \
		}                                                                                  \
		saturate_carries(l, carry, saturated);                                             \
		l->mask_out = valu_row_to_mask(carry);                                             \
	}

CARRY(add_co_u32, a + b, r < a, ~0u)
CARRY(sub_co_u32, a - b, a < b, 0)
CARRY(subrev_co_u32, b - a, b < a, 0)
CARRY_IN(addc_co_u32, a + b + c, (r < a) | (c & (r == a)), ~0u)
CARRY_IN(subb_co_u32, a - b - c, (a < b) | (c & (a == b)), 0)
CARRY_IN(subbrev_co_u32, b - a - c, (b < a) | (c & (b == a)), 0)

INT2(mul_lo_u32, a *b)
INT2(mul_hi_u32, (uint64_t)a *b >> 32)
INT2(mul_hi_i32, (uint64_t)((int64_t)s32(a) * s32(b)) >> 32)
INT2(mul_u32_u24, u24(a) * u24(b))
INT2(mul_i32_i24, (uint32_t)s24(a) * (uint32_t)s24(b))
INT2(mul_hi_u32_u24, (uint64_t)u24(a) * u24(b) >> 32)
INT2(mul_hi_i32_i24, (uint64_t)((int64_t)s24(a) * s24(b)) >> 32)
INT3C(mad_u32_u24, u24(a) * u24(b) + c, sat_u32((uint64_t)u24(a) * u24(b) + c))
INT3C(mad_i32_i24, (uint32_t)s24(a) * (uint32_t)s24(b) + c,
	sat_s32((int64_t)s24(a) * s24(b) + s32(c)))
INT3C(mad_u32_u16, (a & 0xffff) * (b & 0xffff) + c,
	sat_u32((uint64_t)(a & 0xffff) * (b & 0xffff) + c))
INT3C(mad_i32_i16, (uint32_t)((int16_t)a *(int16_t)b) + c,
	sat_s32((int64_t)(int16_t)a *(int16_t)b + s32(c)))

/* ---------------------------------------------------------------- min, max, median */
INT2(min_u32, min_u(a, b))
INT2(max_u32, max_u(a, b))
INT2(min_i32, min_s(s32(a), s32(b)))
INT2(max_i32, max_s(s32(a), s32(b)))
INT3(min3_u32, min_u(min_u(a, b), c))
INT3(max3_u32, max_u(max_u(a, b), c))
INT3(med3_u32, max_u(min_u(a, b), min_u(max_u(a, b), c)))
INT3(min3_i32, min_s(min_s(s32(a), s32(b)), s32(c)))
INT3(max3_i32, max_s(max_s(s32(a), s32(b)), s32(c)))
INT3(med3_i32, max_s(min_s(s32(a), s32(b)), min_s(max_s(s32(a), s32(b)), s32(c))))

/* ---------------------------------------------------------------- sums of absolute differences */
static inline uint32_t absdiff(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

static inline uint32_t byte_of(uint32_t v, unsigned i)
{
	return v >> (8 * i) & 0xff;
}

static inline uint32_t sad_bytes(uint32_t a, uint32_t b)
{
	return absdiff(byte_of(a, 0), byte_of(b, 0)) + absdiff(byte_of(a, 1), byte_of(b, 1)) +
	       absdiff(byte_of(a, 2), byte_of(b, 2)) + absdiff(byte_of(a, 3), byte_of(b, 3));
}

/* Bytes where the reference @b is zero do not count. */
static inline uint32_t msad_bytes(uint32_t a, uint32_t b)
{
	uint32_t sum = 0;

	for (unsigned j = 0; j < 4; j++)
		sum += byte_of(b, j) ? absdiff(byte_of(a, j), byte_of(b, j)) : 0;
	return sum;
}

static inline uint32_t sad_words(uint32_t a, uint32_t b)
{
	return absdiff(a & 0xffff, b & 0xffff) + absdiff(a >> 16, b >> 16);
}

INT3C(sad_u8, sad_bytes(a, b) + c, sat_u32((uint64_t)sad_bytes(a, b) + c))
INT3C(sad_hi_u8, (sad_bytes(a, b) << 16) + c, sat_u32(((uint64_t)sad_bytes(a, b) << 16) + c))
INT3C(msad_u8, msad_bytes(a, b) + c, sat_u32((uint64_t)msad_bytes(a, b) + c))
INT3C(sad_u16, sad_words(a, b) + c, sat_u32((uint64_t)sad_words(a, b) + c))
INT3C(sad_u32, absdiff(a, b) + c, sat_u32((uint64_t)absdiff(a, b) + c))

static inline uint32_t lerp_byte(uint32_t a, uint32_t b, uint32_t c, unsigned i)
{
	return (byte_of(a, i) + byte_of(b, i) + (byte_of(c, i) & 1)) >> 1 << (8 * i);
}

INT3(lerp_u8, lerp_byte(a, b, c, 0) | lerp_byte(a, b, c, 1) | lerp_byte(a, b, c, 2) |
		      lerp_byte(a, b, c, 3))

/* Four overlapping 4-byte windows of the 64-bit source 0, each added to one 16-bit field of
 * source 2. */
static void quad_sad_u16(struct valu_lanes *l, uint32_t (*sad)(uint32_t, uint32_t))
{
	LANES
	{
		uint64_t a = valu_pair(l->s[0][i], l->h[0][i]),
			 c = valu_pair(l->s[2][i], l->h[2][i]), d = 0;

		for (unsigned j = 0; j < 4; j++) {
			uint32_t sum = sad((uint32_t)(a >> (8 * j)), l->s[1][i]) +
				       (uint32_t)(c >> (16 * j) & 0xffff);

			if (l->clamp && sum > 0xffff)
				sum = 0xffff;
			d |= (uint64_t)(sum & 0xffff) << (16 * j);
		}
		l->d[0][i] = (uint32_t)d;
		l->d[1][i] = (uint32_t)(d >> 32);
	}
}

KERNEL(qsad_pk_u16_u8)
{
	quad_sad_u16(l, sad_bytes);
}

KERNEL(mqsad_pk_u16_u8)
{
	quad_sad_u16(l, msad_bytes);
}

/* ---------------------------------------------------------------- 64 bits */
#define LONG2(name, e)                                                                             \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0], *restrict BL = l->s[1];                      \
		const uint32_t *restrict BH = l->h[1];                                             \
		uint32_t *restrict DL = l->d[0], *restrict DH = l->d[1];                           \
		LANES                                                                              \
		{                                                                                  \
			const uint32_t a = A[i];                                                   \
			const uint64_t b = valu_pair(BL[i], BH[i]);                                \
			const uint64_t r = (uint64_t)(e);                                          \
			DL[i] = (uint32_t)r;                                                       \
			DH[i] = (uint32_t)(r >> 32);                                               \
		}                                                                                  \
	}

LONG2(lshlrev_b64, b << (a & 63))
LONG2(lshrrev_b64, b >> (a & 63))
LONG2(ashrrev_i64, (int64_t)b >> (a & 63))

KERNEL(mov_b64)
{
	memcpy(l->d[0], l->s[0], sizeof(uint32_t[GCN_WAVE_LANES]));
	memcpy(l->d[1], l->h[0], sizeof(uint32_t[GCN_WAVE_LANES]));
}

/* Three bits of the shift count are looked at. */
KERNEL(lshl_add_u64)
{
	const uint32_t *restrict AL = l->s[0], *restrict AH = l->h[0], *restrict B = l->s[1];
	const uint32_t *restrict CL = l->s[2], *restrict CH = l->h[2];
	uint32_t *restrict DL = l->d[0], *restrict DH = l->d[1];

	LANES
	{
		uint64_t r = (valu_pair(AL[i], AH[i]) << (B[i] & 7)) + valu_pair(CL[i], CH[i]);

		DL[i] = (uint32_t)r;
		DH[i] = (uint32_t)(r >> 32);
	}
}

KERNEL(mad_u64_u32)
{
	const uint32_t *restrict A = l->s[0], *restrict B = l->s[1];
	const uint32_t *restrict CL = l->s[2], *restrict CH = l->h[2];
	uint32_t *restrict DL = l->d[0], *restrict DH = l->d[1];
	uint32_t over[GCN_WAVE_LANES];

	LANES
	{
		uint64_t c = valu_pair(CL[i], CH[i]), r = (uint64_t)A[i] * B[i] + c;

		over[i] = r < c ? ~0u : 0;
		DL[i] = (uint32_t)r;
		DH[i] = (uint32_t)(r >> 32);
	}
	if (l->clamp)
		LANES
		{
			DL[i] |= over[i];
			DH[i] |= over[i];
		}
	l->mask_out = valu_row_to_mask(over);
}

KERNEL(mad_i64_i32)
{
	const uint32_t *restrict A = l->s[0], *restrict B = l->s[1];
	const uint32_t *restrict CL = l->s[2], *restrict CH = l->h[2];
	uint32_t *restrict DL = l->d[0], *restrict DH = l->d[1];
	uint32_t over[GCN_WAVE_LANES];

	LANES
	{
		int64_t p = (int64_t)s32(A[i]) * s32(B[i]), c = (int64_t)valu_pair(CL[i], CH[i]), r;

		bool wrapped = __builtin_add_overflow(p, c, &r);

		/* The scalar result is bit 64 of the 65-bit sum: its true sign. */
		over[i] = wrapped ? r >= 0 : r < 0;
		if (l->clamp && wrapped)
			r = p < 0 ? INT64_MIN : INT64_MAX;
		DL[i] = (uint32_t)(uint64_t)r;
		DH[i] = (uint32_t)((uint64_t)r >> 32);
	}
	l->mask_out = valu_row_to_mask(over);
}

KERNEL(mqsad_u32_u8)
{
	/* Result dword 3 and source 2's upper half need four rows: valu_exec.c hands source 2 over
	 * in d[]. */
	LANES
	{
		uint64_t a = valu_pair(l->s[0][i], l->h[0][i]);

		for (unsigned j = 0; j < 4; j++) {
			uint64_t sum = (uint64_t)msad_bytes((uint32_t)(a >> (8 * j)), l->s[1][i]) +
				       l->d[j][i];

			l->d[j][i] = l->clamp ? sat_u32(sum) : (uint32_t)sum;
		}
	}
}

/* ---------------------------------------------------------------- selection */
KERNEL(cndmask_b32)
{
	const uint32_t *restrict A = l->s[0], *restrict B = l->s[1];
	uint32_t *restrict D = l->d[0];
	uint32_t lo = (uint32_t)l->mask_in, hi = (uint32_t)(l->mask_in >> 32);

	for (unsigned i = 0; i < 32; i++)
		D[i] = lo & VALU(lane_bit)[i] ? B[i] : A[i];
	for (unsigned i = 32; i < 64; i++)
		D[i] = hi & VALU(lane_bit)[i] ? B[i] : A[i];
}

/* Number of set mask bits below this lane, within one half of the wave. */
KERNEL(mbcnt_lo_u32_b32)
{
	LANES
	{
		uint32_t below = i >= 32 ? ~0u : (1u << i) - 1;

		l->d[0][i] = (uint32_t)__builtin_popcount(l->s[0][i] & below) + l->s[1][i];
	}
}

KERNEL(mbcnt_hi_u32_b32)
{
	LANES
	{
		uint32_t below = i < 32 ? 0 : (1u << (i - 32)) - 1;

		l->d[0][i] = (uint32_t)__builtin_popcount(l->s[0][i] & below) + l->s[1][i];
	}
}
