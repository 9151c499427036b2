/* SPDX-License-Identifier: MIT */
/*
 * Reference semantics of vector instructions, one lane at a time: 128-bit floats and integers with
 * one final rounding instead of the model's row kernels. Read by the vector ALU's tests.
 */
#include "tests/unit/gcn_valu_ref.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- bits and numbers */
static float F(uint64_t bits)
{
	uint32_t v = (uint32_t)bits;
	float f;

	memcpy(&f, &v, sizeof(f));
	return f;
}

static double D(uint64_t bits)
{
	double f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

static double H(uint64_t bits)
{
	int exponent = (int)(bits >> 10 & 31);
	double m = (double)(bits & 1023), f;

	if (exponent == 31)
		f = m != 0 ? (double)NAN : (double)INFINITY;
	else
		f = exponent ? ldexp(1024 + m, exponent - 25) : ldexp(m, -24);
	return bits & 0x8000 ? -f : f;
}

static uint64_t fb(__float128 q)
{
	float f = (float)q;
	uint32_t v;

	memcpy(&v, &f, sizeof(v));
	return v;
}

static uint64_t db(__float128 q)
{
	double f = (double)q;
	uint64_t v;

	memcpy(&v, &f, sizeof(v));
	return v;
}

/* To f16, ties to even, by searching for the closest value. */
static uint64_t hb(__float128 q)
{
	double d = (double)q;
	uint64_t sign = signbit(d) ? 0x8000 : 0, low = 0, high = 0x7c00;
	__float128 m = sign ? -q : q;

	if (isnan(d))
		return 0x7e00;
	while (high - low > 1) { /* H(low) <= m < H(high), where 0x7c00 counts as 65536 */
		uint64_t mid = (low + high) / 2;

		if ((__float128)H(mid) <= m)
			low = mid;
		else
			high = mid;
	}
	__float128 top = high == 0x7c00 ? 65536 : (__float128)H(high);
	__float128 down = m - (__float128)H(low), up = top - m;

	return sign | (up < down || (up == down && low % 2) ? high : low);
}

/* Odd-ball results that C leaves out: q is so small that only its sign matters. */
static double whole(__float128 q, char direction)
{
	double d = (double)q;

	if (isnan(d) || isinf(d) || fabs(d) > 0x1p60)
		return d;
	int64_t n = (int64_t)q; /* towards zero */
	__float128 rest = q - n;

	switch (direction) {
	case 'd':
		n -= rest < 0;
		break;
	case 'u':
		n += rest > 0;
		break;
	case 'n':
		if (rest > 0.5 || (rest == 0.5 && n % 2))
			n++;
		if (rest < -0.5 || (rest == -0.5 && n % 2))
			n--;
		break;
	default:
		break;
	}
	return n == 0 ? copysign(0, d) : (double)n;
}

static uint64_t below_one(uint64_t bits, uint64_t one)
{
	return bits == one ? one - 1 : bits;
}

static double fraction(double d)
{
	if (d == 0 || isnan(d) || isinf(d))
		return d;
	while (fabs(d) >= 1)
		d /= 2;
	while (fabs(d) < 0.5)
		d *= 2;
	return d;
}

static uint64_t binary_exponent(double d)
{
	int n = 0;

	if (d == 0 || isnan(d) || isinf(d))
		return 0;
	for (; fabs(d) >= 1; n++)
		d /= 2;
	for (; fabs(d) < 0.5; n--)
		d *= 2;
	return (uint64_t)(int64_t)n;
}

static __float128 times_power(double d, int n)
{
	__float128 q = d;

	if (n > 5000)
		n = 5000;
	if (n < -5000)
		n = -5000;
	for (; n > 0; n--)
		q *= 2;
	for (; n < 0; n++)
		q /= 2;
	return q;
}

static uint64_t no_denorm(uint64_t bits)
{
	return bits & 0x7f800000 ? bits : bits & 0x80000000;
}

/* p + c with the last bit set where it is inexact, so that a later rounding to a narrower format
 * sees that. */
static __float128 sum_to_odd(__float128 p, __float128 c)
{
	__float128 s = p + c, shadow = s - p, rest = (p - (s - shadow)) + (c - shadow);
	unsigned __int128 bits;

	memcpy(&bits, &s, sizeof(bits));
	if (rest != 0 && rest == rest && !(bits & 1)) {
		bits += (rest > 0) == (s > 0) ? 1 : -1;
		memcpy(&s, &bits, sizeof(s));
	}
	return s;
}

static uint64_t fused_f32(uint64_t a, uint64_t b, uint64_t c)
{
	return fb(sum_to_odd((__float128)F(a) * F(b), F(c)));
}

static uint64_t unfused_f32(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t product = fb((__float128)F(no_denorm(a)) * F(no_denorm(b)));

	/* The inner result is not flushed: it is out of the denormal range when it matters to the
	 * sum's rounding. */
	return no_denorm(fb((__float128)F(product) + F(no_denorm(c))));
}

static uint64_t no_denorm16(uint64_t bits)
{
	return bits & 0x7c00 ? bits : bits & 0x8000;
}

static uint64_t unfused_f16(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t product = no_denorm16(hb((__float128)H(no_denorm16(a)) * H(no_denorm16(b))));

	return no_denorm16(hb((__float128)H(product) + H(no_denorm16(c))));
}

/* sin (quarter 0) or cos (quarter 0.25) of revolutions, by exact reduction; 0 revolutions beyond
 * 256. */
static double turn(double revolutions, double quarter)
{
	if (isnan(revolutions) || isinf(revolutions))
		return (double)NAN;
	double r = fabs(revolutions) > 256 ? 0 : fmod(revolutions, 1);
	double eighths = r * 4;

	if (quarter != 0) {
		if (fabs(eighths) == 1 || fabs(eighths) == 3)
			return 0;
		return cos(r * 2 * M_PI);
	}
	if (fmod(eighths, 2) == 0)
		return copysign(0, r) * (r == 0 ? 1 : 0);
	return sin(r * 2 * M_PI);
}

/* ---------------------------------------------------------------- float order */

static uint64_t quiet_bit(int width)
{
	return width == 16 ? 0x200 : width == 32 ? 0x400000 : 0x8000000000000;
}

static uint64_t infinity(int width)
{
	return width == 16 ? 0x7c00 : width == 32 ? 0x7f800000 : 0x7ff0000000000000;
}

static uint64_t magnitude(uint64_t v, int width)
{
	return v & ((1ull << (width - 1)) - 1);
}

static bool nan_bits(uint64_t v, int width)
{
	return magnitude(v, width) > infinity(width);
}

static bool signalling(uint64_t v, int width)
{
	return nan_bits(v, width) && !(v & quiet_bit(width));
}

static double number(uint64_t v, int width)
{
	return width == 16 ? H(v) : width == 32 ? (double)F(v) : D(v);
}

static uint64_t ieee_pick(uint64_t a, uint64_t b, int width, bool smaller)
{
	if (signalling(a, width))
		return a | quiet_bit(width);
	if (signalling(b, width))
		return b | quiet_bit(width);
	if (nan_bits(a, width))
		return b;
	if (nan_bits(b, width))
		return a;
	if (number(a, width) == 0 && number(b, width) == 0) {
		bool negative_a = a >> (width - 1) & 1;

		return negative_a == smaller ? a : b;
	}
	return (number(a, width) < number(b, width)) == smaller ? a : b;
}

uint64_t ieee_min(uint64_t a, uint64_t b, int width)
{
	return ieee_pick(a, b, width, true);
}

uint64_t ieee_max(uint64_t a, uint64_t b, int width)
{
	return ieee_pick(a, b, width, false);
}

static uint64_t ieee_median(uint64_t a, uint64_t b, uint64_t c, int width)
{
	if (nan_bits(a, width) || nan_bits(b, width) || nan_bits(c, width))
		return ieee_min(ieee_min(a, b, width), c, width);

	double x = number(a, width), y = number(b, width), z = number(c, width),
	       top = fmax(fmax(x, y), z);

	if (top == x)
		return ieee_max(b, c, width);
	return top == y ? ieee_max(a, c, width) : ieee_max(a, b, width);
}

static uint64_t division_fixup(uint64_t q, uint64_t den, uint64_t num, int width)
{
	uint64_t sign = (den ^ num) & 1ull << (width - 1), inf = infinity(width);
	uint64_t d = magnitude(den, width), n = magnitude(num, width);
	int mantissa = width == 16 ? 10 : width == 32 ? 23 : 52;

	if (n > inf)
		return num | quiet_bit(width);
	if (d > inf)
		return den | quiet_bit(width);
	if ((d == 0 && n == 0) || (d == inf && n == inf))
		return 1ull << (width - 1) | inf | quiet_bit(width);
	if (d == 0 || n == inf)
		return sign | inf;
	if (d == inf || n == 0)
		return sign;
	if (width > 16 &&
		(int64_t)(n >> mantissa) - (int64_t)(d >> mantissa) < (width == 32 ? -150 : -1075))
		return sign;
	return sign | (nan_bits(q, width) && width > 16 ? inf : magnitude(q, width));
}

static double cube(double x, double y, double z, int what)
{
	double ax = fabs(x), ay = fabs(y), az = fabs(z);
	char axis = az >= ax && az >= ay ? 'z' : ay >= ax ? 'y' : 'x';
	double major = axis == 'z' ? z : axis == 'y' ? y : x;

	switch (what) {
	case 0:
		return (axis == 'z' ? 4 : axis == 'y' ? 2 : 0) + (major < 0);
	case 1:
		return axis == 'z' ? (z < 0 ? -x : x) : axis == 'y' ? x : x < 0 ? z : -z;
	case 2:
		return axis == 'y' ? (y < 0 ? -z : z) : -y;
	default:
		return 2 * major;
	}
}

/* ---------------------------------------------------------------- integers */
static uint64_t floor_shift(int64_t v, uint64_t n)
{
	__int128 wide = v, unit = (__int128)1 << n;
	__int128 q = wide / unit;

	return (uint64_t)(wide % unit < 0 ? q - 1 : q);
}

static int64_t low24(uint64_t v)
{
	int64_t low = (int64_t)(v % (1 << 24));

	return low >= 1 << 23 ? low - (1 << 24) : low;
}

static int highest_bit(uint64_t v)
{
	int n = 31;

	while (n >= 0 && !(v >> n & 1))
		n--;
	return n;
}

static uint64_t lowest_bit(uint64_t v)
{
	for (unsigned n = 0; n < 32; n++)
		if (v >> n & 1)
			return n;
	return ~0ull;
}

/* Leading bits equal to the sign bit; all ones when all are. */
static uint64_t sign_run(uint64_t v)
{
	for (unsigned n = 1; n < 32; n++)
		if ((v >> (31 - n) & 1) != (v >> 31 & 1))
			return n;
	return ~0ull;
}

static uint64_t slow_reverse(uint64_t v)
{
	uint64_t r = 0;

	for (int n = 0; n < 32; n++)
		r |= (v >> n & 1) << (31 - n);
	return r;
}

static uint64_t count_bits(uint64_t v)
{
	uint64_t n = 0;

	for (v &= UINT32_MAX; v; v >>= 1)
		n += v & 1;
	return n;
}

static uint64_t signed_field(int64_t v, uint64_t at, uint64_t width)
{
	int64_t f = (int64_t)floor_shift(v, at), modulus = 1ll << width;

	if (width == 0)
		return 0;
	f = ((f % modulus) + modulus) % modulus;
	return (uint64_t)(f >= modulus / 2 ? f - modulus : f);
}

static uint64_t permuted(uint64_t data, uint64_t selectors)
{
	uint64_t r = 0;

	for (int n = 0; n < 4; n++) {
		uint64_t sel = selectors >> (8 * n) & 255, byte;

		if (sel > 12)
			byte = 255;
		else if (sel == 12)
			byte = 0;
		else if (sel > 7)
			byte = (data >> (8 * (2 * (sel - 8) + 1)) & 255) >= 128 ? 255 : 0;
		else
			byte = data >> (8 * sel) & 255;
		r |= byte << (8 * n);
	}
	return r;
}

static uint64_t sad(uint64_t a, uint64_t b, unsigned bits, bool masked)
{
	uint64_t sum = 0, modulus = 1ull << bits;

	for (unsigned at = 0; at < 32; at += bits) {
		int64_t x = (int64_t)((a >> at) % modulus), y = (int64_t)((b >> at) % modulus);

		if (!masked || y != 0)
			sum += (uint64_t)llabs(x - y);
	}
	return sum;
}

static uint64_t quad_sad(uint64_t a, uint64_t b, uint64_t c, bool masked)
{
	uint64_t r = 0;

	for (unsigned n = 0; n < 4; n++)
		r |= (sad(a >> (8 * n) & UINT32_MAX, b, 8, masked) + (c >> (16 * n))) % 65536
		     << (16 * n);
	return r;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t middle(uint64_t a, uint64_t b, uint64_t c, int rank)
{
	int64_t v[3] = {(int64_t)a, (int64_t)b, (int64_t)c};

	qsort(v, 3, sizeof(v[0]), by_value);
	return (uint64_t)v[rank];
}

static uint64_t averaged_bytes(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t r = 0;

	for (int at = 0; at < 32; at += 8)
		r |= ((a >> at) % 256 + (b >> at) % 256 + (c >> at) % 2) / 2 << at;
	return r;
}

static uint64_t clip(__float128 v, __float128 low, __float128 high)
{
	if (v != v)
		return 0;
	return (uint64_t)(int64_t)(v < low ? low : v > high ? high : v);
}

static uint64_t normed(double d, double low, double high)
{
	return clip(whole((__float128)d * (__float128)high, 'n'), low, high);
}

static uint64_t replace_byte(uint64_t v, uint64_t which, uint64_t byte)
{
	uint64_t mask = 255ull << (8 * which);

	return (v | mask) - mask + (byte << (8 * which));
}

static uint64_t towards_zero_f16(double d)
{
	uint64_t v = hb(d);

	if (!isnan(d) && fabs(H(v)) > fabs(d))
		v--;
	return v & 0xffff;
}

static int64_t piece(uint64_t v, unsigned bits, unsigned n, bool is_signed)
{
	int64_t p = (int64_t)((v >> (bits * n)) % (1ull << bits));

	return is_signed && p >= 1ll << (bits - 1) ? p - (1ll << bits) : p;
}

static uint64_t dot(uint64_t a, uint64_t b, unsigned bits, bool is_signed)
{
	int64_t sum = 0;

	for (unsigned n = 0; n < 32 / bits; n++)
		sum += piece(a, bits, n, is_signed) * piece(b, bits, n, is_signed);
	return (uint64_t)sum;
}

static uint64_t dot2_f16(uint64_t a, uint64_t b, uint64_t c)
{
	__float128 low = (__float128)H(no_denorm16(a & 0xffff)) * H(no_denorm16(b & 0xffff));
	__float128 high = (__float128)H(no_denorm16(a >> 16)) * H(no_denorm16(b >> 16));

	return no_denorm(fb(low + high + F(no_denorm(c))));
}

/* FP8 and BF8 without infinities; 0x80 is NaN. */
static double small_float(uint64_t v, int mantissa, int bias)
{
	int exponent = (int)((v & 127) >> mantissa), m = (int)(v & ((1u << mantissa) - 1));
	double f = exponent ? ldexp((1 << mantissa) + m, exponent - bias - mantissa)
			    : ldexp(m, 1 - bias - mantissa);

	if (v == 128)
		return (double)NAN;
	return v & 128 ? -f : f;
}

static uint64_t nearest_small(double d, int mantissa, int bias)
{
	double m = fabs(d), top = small_float(127, mantissa, bias);
	double step = top - small_float(126, mantissa, bias);
	uint64_t best = 0;

	if (isnan(d) || m >= top + step / 2)
		return 128;
	for (uint64_t v = 0; v < 128; v++) {
		double distance = fabs(small_float(v, mantissa, bias) - m);
		double least = fabs(small_float(best, mantissa, bias) - m);

		if (distance < least || (distance == least && v % 2 == 0))
			best = v;
	}
	return best ? best | (d < 0 ? 128 : 0) : 0;
}

/* ---------------------------------------------------------------- comparisons */
static bool relation(const char *cond, bool less, bool equal, bool unordered)
{
	bool more = !less && !equal && !unordered;

	if (!strcmp(cond, "f"))
		return false;
	if (!strcmp(cond, "t") || !strcmp(cond, "tru"))
		return true;
	if (!strcmp(cond, "lt"))
		return less;
	if (!strcmp(cond, "eq"))
		return equal;
	if (!strcmp(cond, "le"))
		return less || equal;
	if (!strcmp(cond, "gt"))
		return more;
	if (!strcmp(cond, "ge"))
		return more || equal;
	if (!strcmp(cond, "lg"))
		return less || more;
	if (!strcmp(cond, "ne"))
		return !equal;
	if (!strcmp(cond, "o"))
		return !unordered;
	if (!strcmp(cond, "u"))
		return unordered;
	return !relation(cond + 1, less, equal, unordered); /* nge, nlg, ngt, nle, neq, nlt */
}

static bool is_class(uint64_t v, uint64_t classes, int width)
{
	uint64_t m = magnitude(v, width), normal = 2 * quiet_bit(width);
	int bit;

	if (nan_bits(v, width))
		bit = signalling(v, width) ? 0 : 1;
	else if (m == infinity(width))
		bit = 9;
	else if (m >= normal)
		bit = 8;
	else
		bit = m ? 7 : 6;
	if (bit > 1 && v >> (width - 1) & 1)
		bit = 11 - bit;
	return classes >> bit & 1;
}

bool valu_ref_compare(const char *mnemonic, uint64_t a, uint64_t b, bool *known)
{
	char cond[8] = "", type = 0;
	int width = 0;
	const char *p = !strncmp(mnemonic, "v_cmpx_", 7)  ? mnemonic + 7
			: !strncmp(mnemonic, "v_cmp_", 6) ? mnemonic + 6
							  : "";
	const char *under = strchr(p, '_');

	*known = false;
	if (!under || under - p >= (long)sizeof(cond))
		return false;
	memcpy(cond, p, (size_t)(under - p));
	type = under[1];
	width = atoi(under + 2);
	*known = true;
	if (!strcmp(cond, "class"))
		return is_class(a, b, width);
	if (type == 'f') {
		double x = number(a, width), y = number(b, width);

		return relation(cond, x < y, x == y, isnan(x) || isnan(y));
	}
	if (type == 'u')
		return relation(cond, a < b, a == b, false);

	int64_t x = (int64_t)(a << (64 - width)), y = (int64_t)(b << (64 - width));

	return relation(cond, x < y, x == y, false);
}

/* ---------------------------------------------------------------- the table */
#define PAIR(e)                                                                                    \
	({                                                                                         \
		const uint64_t wa = a, wb = b, wc = c;                                             \
		uint64_t pair = 0;                                                                 \
		for (int n = 0; n < 2; n++) {                                                      \
			const uint64_t a = wa >> 16 * n & 0xffff, b = wb >> 16 * n & 0xffff,       \
				       c = wc >> 16 * n & 0xffff;                                  \
			(void)a, (void)b, (void)c;                                                 \
			pair |= ((uint64_t)(e)&0xffff) << 16 * n;                                  \
		}                                                                                  \
		pair;                                                                              \
	})
#define WIDE(e)                                                                                    \
	({                                                                                         \
		const uint64_t wa = a, wb = b, wc = c;                                             \
		uint64_t pair = 0;                                                                 \
		for (int n = 0; n < 2; n++) {                                                      \
			const uint64_t a = wa >> 32 * n & UINT32_MAX,                              \
				       b = wb >> 32 * n & UINT32_MAX,                              \
				       c = wc >> 32 * n & UINT32_MAX;                              \
			(void)a, (void)b, (void)c;                                                 \
			pair |= ((uint64_t)(e)&UINT32_MAX) << 32 * n;                              \
		}                                                                                  \
		pair;                                                                              \
	})

#define REF(mnemonic, signature, expression)                                                       \
	static uint64_t ref_##mnemonic(uint64_t a, uint64_t b, uint64_t c, unsigned lane, bool *m) \
	{                                                                                          \
		(void)a, (void)b, (void)c, (void)lane, (void)m;                                    \
		return (uint64_t)(expression);                                                     \
	}
#include "tests/unit/gcn_valu_ref.def"
#undef REF

#define REF(mnemonic, signature, expression) {#mnemonic, signature, ref_##mnemonic},
const struct valu_ref valu_refs[] = {
#include "tests/unit/gcn_valu_ref.def"
};
const unsigned valu_ref_count = sizeof(valu_refs) / sizeof(valu_refs[0]);

const struct valu_ref *valu_ref_find(const char *mnemonic)
{
	for (unsigned i = 0; i < valu_ref_count; i++)
		if (!strcmp(valu_refs[i].mnemonic, mnemonic))
			return &valu_refs[i];
	return NULL;
}
