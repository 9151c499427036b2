/* SPDX-License-Identifier: MIT */
/*
 * Kernels compiled by clang, at every optimisation level and for every ISA, run on the compute-unit model; the host computes what
 * they should have written. Skipped when there was no clang with an AMDGPU back end to compile them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gcn_objects.h"

#define RUN(r, where, name, grid_, group_, args_)                                                  \
	launch(r, where,                                                                           \
		&(struct rig_launch){.kernel = rig_kernel(r, name), .grid = {grid_}, .group = {group_}, \
			.args = &(args_), .arg_bytes = sizeof(args_)})
#define COMMA ,

static void check_busy_wait(struct rig *r, const char *where)
{
	struct {
		uint64_t out, cycles;
	} args = {rig_alloc(r, 16), 1700000};
	const uint64_t *out = rig_host(r, args.out);

	RUN(r, where, "busy_wait", 64, 64, args);
	assert_true(out[0] >= r->start_cycles);
	assert_true(out[1] - out[0] >= args.cycles);
	assert_true(out[1] - out[0] < args.cycles + 5000);
	assert_true(r->cycles >= out[1]);
}

static void check_vector_add(struct rig *r, const char *where)
{
	enum { N = 1000, SIZE = N * 4 };
	struct {
		uint64_t c, a, b;
		uint32_t n;
	} args = {rig_alloc(r, SIZE + 4), rig_alloc(r, SIZE), rig_alloc(r, SIZE), N};
	float *c = rig_host(r, args.c), *a = rig_host(r, args.a), *b = rig_host(r, args.b), want[N + 1];

	for (unsigned i = 0; i < N; i++) {
		a[i] = random_float();
		b[i] = random_float();
		want[i] = a[i] + b[i];
	}
	want[N] = c[N] = 4711;
	RUN(r, where, "vector_add", 1024, 256, args);
	assert_memory_equal(c, want, sizeof(want));
	/* The last group, and in it the last wave, are not full. */
	memset(c, 0, SIZE);
	RUN(r, where, "vector_add", N, 300, args);
	assert_memory_equal(c, want, sizeof(want));
}

static void check_saxpy(struct rig *r, const char *where)
{
	enum { N = 777, SIZE = N * 4 };
	struct {
		uint64_t y, x;
		float a;
		uint32_t n;
	} args = {rig_alloc(r, SIZE), rig_alloc(r, SIZE), 1.7f, N};
	float *y = rig_host(r, args.y), *x = rig_host(r, args.x), want[N];

	for (unsigned i = 0; i < N; i++) {
		x[i] = random_float();
		y[i] = random_float();
		want[i] = fmaf(args.a, x[i], y[i]);
	}
	RUN(r, where, "saxpy", 128, 64, args);
	assert_memory_equal(y, want, sizeof(want));
}

static void check_reduce(struct rig *r, const char *where)
{
	enum { GROUPS = 3, N = GROUPS * 256 };
	struct {
		uint64_t out, in;
	} args = {rig_alloc(r, GROUPS * 4), rig_alloc(r, N * 4)};
	float *out = rig_host(r, args.out), *in = rig_host(r, args.in), want[GROUPS], part[256];

	for (unsigned g = 0; g < GROUPS; g++) {
		for (unsigned i = 0; i < 256; i++)
			part[i] = in[g * 256 + i] = random_float();
		for (unsigned s = 128; s; s >>= 1)
			for (unsigned i = 0; i < s; i++)
				part[i] += part[i + s];
		want[g] = part[0];
	}
	RUN(r, where, "reduce", N, 256, args);
	assert_memory_equal(out, want, sizeof(want));
}

static void check_shuffle_reduce(struct rig *r, const char *where)
{
	enum { N = 4 * 64 };
	struct {
		uint64_t out, in;
	} args = {rig_alloc(r, 4), rig_alloc(r, N * 4)};
	uint32_t *out = rig_host(r, args.out), *in = rig_host(r, args.in), want = 0;

	for (unsigned i = 0; i < N; i++)
		want += in[i] = random32();
	RUN(r, where, "shuffle_reduce", N, 64, args);
	assert_int_equal(*out, want);
}

static void check_matmul(struct rig *r, const char *where)
{
	enum { N = 32, SIZE = N * N * 4 };
	struct {
		uint64_t c, a, b;
		uint32_t n;
	} args = {rig_alloc(r, SIZE), rig_alloc(r, SIZE), rig_alloc(r, SIZE), N};
	float *c = rig_host(r, args.c), *a = rig_host(r, args.a), *b = rig_host(r, args.b), want[N * N];

	for (unsigned i = 0; i < N * N; i++) {
		a[i] = random_float();
		b[i] = random_float();
	}
	for (unsigned y = 0; y < N; y++)
		for (unsigned x = 0; x < N; x++) {
			float sum = 0;

			for (unsigned k = 0; k < N; k++)
				sum = fmaf(a[y * N + k], b[k * N + x], sum);
			want[y * N + x] = sum;
		}
	RUN(r, where, "matmul", N COMMA N, 16 COMMA 16, args);
	assert_memory_equal(c, want, sizeof(want));
	memset(c, 0, SIZE);
	RUN(r, where, "matmul_tiled", N COMMA N, 16 COMMA 16, args);
	assert_memory_equal(c, want, sizeof(want));
}

static void check_mandelbrot(struct rig *r, const char *where)
{
	enum { N = 32 };
	struct {
		uint64_t out;
		uint32_t width;
	} args = {rig_alloc(r, N * N * 4), N};
	uint32_t *out = rig_host(r, args.out), want[N * N];

	for (unsigned py = 0; py < N; py++)
		for (unsigned px = 0; px < N; px++) {
			float cx = (float)px * 0.0625f - 1.5f, cy = (float)py * 0.0625f - 1.0f, x = 0, y = 0;
			unsigned i = 0;

			for (; i < 100; i++) {
				float xx = x * x, yy = y * y;
				if (xx + yy > 4.0f)
					break;
				y = fmaf(2.0f * x, y, cy);
				x = xx - yy + cx;
			}
			want[py * N + px] = i;
		}
	RUN(r, where, "mandelbrot", N COMMA N, 8 COMMA 8, args);
	expect_words(where, out, want, N * N);
}

static void check_float_math(struct rig *r, const char *where)
{
	enum { N = 256, SIZE = N * 4 };
	struct {
		uint64_t out, a, b;
	} args = {rig_alloc(r, SIZE), rig_alloc(r, SIZE), rig_alloc(r, SIZE)};
	float *out = rig_host(r, args.out), *a = rig_host(r, args.a), *b = rig_host(r, args.b), want[N];

	for (unsigned i = 0; i < N; i++) {
		float x = a[i] = random_float(), y = b[i] = random_float();
		float v = x / y;

		v += floorf(x) - ceilf(y) + truncf(x * y) + rintf(x);
		v += fminf(x, y) * fmaxf(x, y) + fabsf(x) - copysignf(y, x);
		v += (float)(int)x + (float)(uint32_t)fabsf(y) + (float)(uint8_t)i;
		want[i] = v;
	}
	RUN(r, where, "float_math", N, 64, args);
	expect_words(where, (uint32_t *)out, (uint32_t *)want, N);
}

static void check_double_math(struct rig *r, const char *where)
{
	enum { N = 256, SIZE = N * 8 };
	struct {
		uint64_t out, a, b;
	} args = {rig_alloc(r, SIZE), rig_alloc(r, SIZE), rig_alloc(r, SIZE)};
	double *out = rig_host(r, args.out), *a = rig_host(r, args.a), *b = rig_host(r, args.b), want[N];

	for (unsigned i = 0; i < N; i++) {
		double x = a[i] = random_float() + random_float() * 1e-7;
		double y = b[i] = random_float() + random_float() * 1e-7;
		double v = x / y;

		v += floor(x) - ceil(y) + trunc(x * y) + rint(x);
		v += fmin(x, y) * fmax(x, y) + fabs(x);
		v += (double)(int)x + (double)(float)y + (double)(long)(x * 1e10) + fma(x, y, v);
		want[i] = v;
	}
	RUN(r, where, "double_math", N, 64, args);
	expect_longs(where, (uint64_t *)out, (uint64_t *)want, N);
}

static float from_half(uint16_t h)
{
	float m = (float)(h & 0x3ff);
	int e = h >> 10 & 31;
	float v = e == 31 ? (m != 0 ? NAN : INFINITY) : e ? ldexpf(m + 1024, e - 25) : ldexpf(m, -24);

	return h & 0x8000 ? -v : v;
}

static void check_half_math(struct rig *r, const char *where)
{
	enum { N = 64 };
	struct {
		uint64_t out, a, b;
	} args = {rig_alloc(r, N * 2), rig_alloc(r, N * 2), rig_alloc(r, N * 2)};
	uint16_t *out = rig_host(r, args.out), *a = rig_host(r, args.a), *b = rig_host(r, args.b);

	/* Small integers: every step is exact. */
	for (unsigned i = 0; i < N; i++) {
		a[i] = (uint16_t)(0x3c00 + (i % 4) * 0x400);
		b[i] = (uint16_t)(0x4000 + (i / 4 % 4) * 0x200);
	}
	RUN(r, where, "half_math", N, 64, args);
	for (unsigned i = 0; i < N; i++) {
		float x = from_half(a[i]), y = from_half(b[i]);

		assert_true(from_half(out[i]) == (x + y) * x - y);
	}
}

static void check_histogram(struct rig *r, const char *where)
{
	enum { N = 3001 };
	struct {
		uint64_t out, in;
		uint32_t n;
	} args = {rig_alloc(r, 1024), rig_alloc(r, N), N};
	uint32_t *out = rig_host(r, args.out), want[256] = {0};
	uint8_t *in = rig_host(r, args.in);

	for (unsigned i = 0; i < N; i++)
		want[in[i] = (uint8_t)(random32() & random32())]++;
	RUN(r, where, "histogram", 256, 256, args);
	expect_words(where, out, want, 256);
}

static void check_xorshift(struct rig *r, const char *where)
{
	enum { N = 128 };
	struct {
		uint64_t state;
		uint32_t rounds;
	} args = {rig_alloc(r, N * 8), 50};
	uint64_t *state = rig_host(r, args.state), want[N];

	for (unsigned i = 0; i < N; i++) {
		uint64_t s = state[i] = (uint64_t)random32() << 32 | random32();

		for (unsigned j = 0; j < args.rounds; j++) {
			s ^= s << 13;
			s ^= s >> 7;
			s ^= s << 17;
		}
		want[i] = s;
	}
	RUN(r, where, "xorshift", N, 64, args);
	expect_longs(where, state, want, N);
}

static void check_private_array(struct rig *r, const char *where)
{
	struct {
		uint64_t out, in;
	} args = {rig_alloc(r, 1024), rig_alloc(r, 128)};
	uint32_t *out = rig_host(r, args.out), *in = rig_host(r, args.in), want[256];

	for (unsigned i = 0; i < 32; i++)
		in[i] = random32();
	for (unsigned lane = 0; lane < 256; lane++) {
		uint32_t a[32], sum = 0;
		uint8_t bytes[16];

		for (unsigned i = 0; i < 32; i++)
			a[i] = in[i] * (lane + 1);
		for (unsigned i = 0; i < 16; i++)
			bytes[i] = (uint8_t)(i * lane);
		for (unsigned i = 0; i < 32; i++)
			a[in[i] & 31] ^= a[(lane + i) & 31] + bytes[(lane + i) & 15];
		for (unsigned i = 0; i < 32; i++)
			sum = sum * 31 + a[i];
		want[lane] = sum;
	}
	RUN(r, where, "private_array", 256, 256, args);
	expect_words(where, out, want, 256);
}

static uint32_t ackermann_like(uint32_t depth, uint32_t x)
{
	uint32_t kept = x * 3;

	return depth == 0 ? kept + 1 : (ackermann_like(depth - 1, x ^ depth) + kept) * 5;
}

static void check_calls(struct rig *r, const char *where)
{
	struct {
		uint64_t out;
		uint32_t depth;
	} args = {rig_alloc(r, 512), 6};
	uint32_t *out = rig_host(r, args.out), want[128];

	for (uint32_t i = 0; i < 128; i++)
		want[i] = ackermann_like(args.depth, i) + i * 7 + 11;
	RUN(r, where, "calls", 128, 128, args);
	expect_words(where, out, want, 128);
}

static void check_ids(struct rig *r, const char *where)
{
	/* In no dimension a multiple of the group: 3 x 2 x 2 groups. */
	enum { W = 13, H = 7, D = 3, GW = 5, GH = 4, GD = 2 };
	struct {
		uint64_t out;
		uint32_t width, height;
	} args = {rig_alloc(r, W * H * D * 4), W, H};
	uint32_t *out = rig_host(r, args.out), want[W * H * D];

	for (uint32_t z = 0; z < D; z++)
		for (uint32_t y = 0; y < H; y++)
			for (uint32_t x = 0; x < W; x++)
				want[(z * H + y) * W + x] = x % GW | y % GH << 8 | z % GD << 16 | x / GW << 24 |
							    y / GH << 26 | z / GD << 28;
	RUN(r, where, "ids", W COMMA H COMMA D, GW COMMA GH COMMA GD, args);
	expect_words(where, out, want, W * H * D);
}

static uint32_t reverse32(uint32_t a)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 32; i++)
		v |= (a >> i & 1) << (31 - i);
	return v;
}

static void check_integer_math(struct rig *r, const char *where)
{
	enum { N = 256, SIZE = N * 8 };
	struct {
		uint64_t out, a, b;
	} args = {rig_alloc(r, SIZE), rig_alloc(r, SIZE), rig_alloc(r, SIZE)};
	uint64_t *out = rig_host(r, args.out), *a = rig_host(r, args.a), *b = rig_host(r, args.b), want[N];

	for (unsigned i = 0; i < N; i++) {
		a[i] = (uint64_t)random32() << 32 | random32();
		b[i] = ((uint64_t)random32() << 32 | random32()) >> (i % 40);

		uint32_t c = (uint32_t)a[i], d = (uint32_t)b[i] | 1;
		uint64_t x = a[i], y = b[i] | 1, v;
		int64_t sx = (int64_t)x, sy = (int64_t)y >> 20 | 1;

		v = x / y + x % (y >> 33 | 1) + (uint64_t)(sx / sy) + (uint64_t)(sx % sy);
		v ^= c / d + c % (d >> 12 | 1) + (uint32_t)((int32_t)c / (int32_t)(d >> 8 | 1));
		v += (uint64_t)__builtin_popcountll(x) + (uint64_t)__builtin_clz(d) + (uint64_t)__builtin_ctzll(y) +
		     reverse32(c);
		v ^= x * y + ((uint64_t)c * d >> 7) + (uint64_t)((int64_t)(int32_t)c * (int32_t)d);
		v += (x << (y & 63)) ^ (x >> (c & 63)) ^ (uint64_t)(sx >> (d & 63));
		v ^= (c << 7 | c >> 25) + (c > d ? c : d) + (uint32_t)((int32_t)c < (int32_t)d ? c : d);
		want[i] = v;
	}
	RUN(r, where, "integer_math", N, 64, args);
	expect_longs(where, out, want, N);
}

static void check_narrow(struct rig *r, const char *where)
{
	enum { N = 128 };
	struct {
		uint64_t b, s, ob, os;
	} args = {rig_alloc(r, N + 1), rig_alloc(r, 2 * N + 2), rig_alloc(r, N), rig_alloc(r, 2 * N)};
	uint8_t *b = rig_host(r, args.b), *ob = rig_host(r, args.ob);
	int16_t *s = rig_host(r, args.s);
	uint16_t *os = rig_host(r, args.os);

	for (unsigned i = 0; i <= N; i++) {
		b[i] = (uint8_t)random32();
		s[i] = (int16_t)random32();
	}
	RUN(r, where, "narrow", N, 64, args);
	for (unsigned i = 0; i < N; i++) {
		assert_int_equal(ob[i], (uint8_t)(b[i] * 3 + (int8_t)b[i + 1]));
		assert_int_equal(os[i], (uint16_t)(s[i] * 5 - (s[i] >> 3) + (uint16_t)s[i + 1]));
	}
}

static void check_wide(struct rig *r, const char *where)
{
	enum { N = 64 };
	struct {
		uint64_t o4, o3, o2, a;
	} args = {rig_alloc(r, N * 16), rig_alloc(r, N * 12), rig_alloc(r, N * 16), rig_alloc(r, N * 16)};
	uint32_t(*o4)[4] = rig_host(r, args.o4), (*o3)[3] = rig_host(r, args.o3), (*a)[4] = rig_host(r, args.a);
	uint64_t(*o2)[2] = rig_host(r, args.o2);

	for (unsigned i = 0; i < N * 4; i++)
		a[i / 4][i % 4] = random32();
	RUN(r, where, "wide", N, 64, args);
	for (unsigned i = 0; i < N; i++) {
		for (unsigned j = 0; j < 4; j++)
			assert_int_equal(o4[i][j], a[i][3 - j] + j + 1);
		assert_int_equal(o3[i][0], a[i][0]);
		assert_int_equal(o3[i][1], a[i][1] ^ a[i][2]);
		assert_int_equal(o3[i][2], a[i][3]);
		assert_true(o2[i][0] == (uint64_t)a[i][0] * a[i][1]);
		assert_true(o2[i][1] == ((uint64_t)a[i][2] << 32 | a[i][3]));
	}
}

static void check_atomics(struct rig *r, const char *where)
{
	enum { N = 512 };
	struct {
		uint64_t w, d, f, g;
	} args = {rig_alloc(r, (16 + N) * 4), rig_alloc(r, 64), rig_alloc(r, 64), rig_alloc(r, 64)};
	uint32_t *w = rig_host(r, args.w), want[7] = {0, 0, 0, UINT32_MAX, 0, 0, 0};
	uint64_t *d = rig_host(r, args.d), sum = 0;

	w[3] = UINT32_MAX;
	for (uint32_t v = 0; v < N; v++) {
		want[0] += v;
		want[1] |= v;
		want[2] ^= v * 7;
		want[3] &= ~(1u << (v & 31));
		if (v * 2654435761u > want[4])
			want[4] = v * 2654435761u;
		if ((int32_t)(v * 2654435761u) < (int32_t)want[5])
			want[5] = v * 2654435761u;
		want[6] += 3;
		sum += (uint64_t)v << 30;
	}
	RUN(r, where, "atomics", N, 256, args);
	expect_words(where, w, want, 7);
	assert_true(d[0] == sum && d[1] == -sum && d[2] == N);
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(w[16 + i], 1);
}

static void check_generic(struct rig *r, const char *where)
{
	struct {
		uint64_t out;
		uint32_t n;
	} args = {rig_alloc(r, 512), 3};
	uint32_t *out = rig_host(r, args.out);

	RUN(r, where, "generic_pointers", 64, 64, args);
	for (uint32_t lane = 0; lane < 64; lane++) {
		uint32_t cell[3], sum = 0;

		for (uint32_t i = 0; i < 3; i++)
			cell[(i + lane) % 3] = i * 10 + lane;
		for (uint32_t i = 0; i < 3; i++)
			sum = sum * 100 + cell[i];
		assert_int_equal(out[lane], sum);
		assert_int_equal(out[64 + lane], cell[2]);
	}
}

static void check_collatz(struct rig *r, const char *where)
{
	enum { N = 256 };
	struct {
		uint64_t out;
	} args = {rig_alloc(r, N * 4)};
	uint32_t *out = rig_host(r, args.out), want[N];

	for (uint32_t i = 0; i < N; i++) {
		uint32_t steps = 0;

		for (uint32_t n = i + 1; n != 1; steps++)
			n = n & 1 ? 3 * n + 1 : n >> 1;
		switch (steps & 7) {
		case 0:
			steps += 100;
			break;
		case 1:
			steps *= 3;
			break;
		case 3:
			steps ^= 0x55;
			break;
		case 6:
			steps -= 5;
			break;
		default:
			break;
		}
		want[i] = steps;
	}
	RUN(r, where, "collatz", N, 64, args);
	expect_words(where, out, want, N);
}

static void check_vector_index(struct rig *r, const char *where)
{
	struct {
		uint64_t out, which;
	} args = {rig_alloc(r, 256), rig_alloc(r, 8)};
	uint32_t *out = rig_host(r, args.out), *which = rig_host(r, args.which);

	which[0] = 9;
	which[1] = 3;
	RUN(r, where, "vector_index", 64, 64, args);
	for (uint32_t lane = 0; lane < 64; lane++) {
		uint32_t v[16], own = (which[1] + lane) & 15;

		for (uint32_t i = 0; i < 16; i++)
			v[i] = lane * (i + 1);
		v[9] += 1000;
		v[own] += 5;
		assert_int_equal(out[lane], v[10] + v[own] * 3 + v[9]);
	}
}

static void check_early_end(struct rig *r, const char *where)
{
	struct {
		uint64_t out;
	} args = {rig_alloc(r, 256)};
	uint32_t *out = rig_host(r, args.out);

	RUN(r, where, "early_end", 256, 256, args);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(out[i], 77);
}

static void check_constants(struct rig *r, const char *where)
{
	static const uint32_t table[8] = {2, 3, 5, 7, 11, 13, 17, 19};
	struct {
		uint64_t out;
	} args = {rig_alloc(r, 256)};
	uint32_t *out = rig_host(r, args.out);

	RUN(r, where, "constants", 64, 64, args);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(out[i], table[i & 7] * table[i >> 3 & 7]);
}

/* Any slicing gives the same memory, the same clocks and as many instructions. */
static void check_slices(struct rig *r, const char *where)
{
	enum { N = 32, SIZE = N * N * 4 };
	static const uint32_t budgets[] = {0, 1, 7, 1000};
	struct {
		uint64_t c, a, b;
		uint32_t n;
	} args = {rig_alloc(r, SIZE), rig_alloc(r, SIZE), rig_alloc(r, SIZE), N};
	float *c = rig_host(r, args.c), *a = rig_host(r, args.a), *b = rig_host(r, args.b), want[N * N];
	uint64_t cycles = 0, instructions = 0;

	for (unsigned i = 0; i < N * N; i++) {
		a[i] = random_float();
		b[i] = random_float();
	}
	for (unsigned i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
		memset(c, 0, SIZE);
		launch(r, where,
			&(struct rig_launch){.kernel = rig_kernel(r, "matmul_tiled"), .grid = {N, N},
				.group = {16, 16}, .args = &args, .arg_bytes = sizeof(args), .budget = budgets[i]});
		if (i == 0) {
			memcpy(want, c, SIZE);
			cycles = r->cycles;
			instructions = r->instructions;
			assert_true(instructions > 1000);
		}
		assert_memory_equal(c, want, SIZE);
		assert_true(r->cycles == cycles);
		assert_true(r->instructions == instructions);
	}
}

#define KERNEL_TEST(sentence, check)                                                               \
	static void sentence(void **state)                                                         \
	{                                                                                          \
		(void)state;                                                                       \
		on_every_object(check);                                                            \
	}
KERNEL_TEST(busy_wait_takes_the_cycles_it_asks_for, check_busy_wait)
KERNEL_TEST(vector_add_stops_at_the_end_of_a_partial_group, check_vector_add)
KERNEL_TEST(saxpy_loops_over_its_stride, check_saxpy)
KERNEL_TEST(reduction_in_lds_adds_in_tree_order, check_reduce)
KERNEL_TEST(lanes_exchange_values_and_add_atomically, check_shuffle_reduce)
KERNEL_TEST(matrix_product_is_the_same_tiled_and_untiled, check_matmul)
KERNEL_TEST(mandelbrot_counts_iterations_of_diverging_lanes, check_mandelbrot)
KERNEL_TEST(float_arithmetic_is_bit_exact, check_float_math)
KERNEL_TEST(double_arithmetic_is_bit_exact, check_double_math)
KERNEL_TEST(half_arithmetic_is_exact_on_small_integers, check_half_math)
KERNEL_TEST(histogram_counts_in_lds, check_histogram)
KERNEL_TEST(xorshift_shifts_64_bits, check_xorshift)
KERNEL_TEST(private_arrays_live_in_scratch, check_private_array)
KERNEL_TEST(functions_recurse_on_the_stack, check_calls)
KERNEL_TEST(ids_of_three_dimensions_reach_the_edges, check_ids)
KERNEL_TEST(integer_arithmetic_and_division_are_exact, check_integer_math)
KERNEL_TEST(bytes_and_shorts_load_and_store, check_narrow)
KERNEL_TEST(three_and_four_dwords_load_and_store, check_wide)
KERNEL_TEST(global_atomics_of_all_lanes_add_up, check_atomics)
KERNEL_TEST(generic_pointers_reach_lds_private_and_global, check_generic)
KERNEL_TEST(collatz_diverges_and_switches, check_collatz)
KERNEL_TEST(vectors_are_indexed_by_variables, check_vector_index)
KERNEL_TEST(barrier_does_not_wait_for_ended_waves, check_early_end)
KERNEL_TEST(constants_are_found_relative_to_pc, check_constants)
KERNEL_TEST(slicing_changes_neither_results_nor_clocks, check_slices)

int main(void)
{
	if (!objects_exist()) {
		printf("SKIP: no clang with an AMDGPU back end when the tests were built\n");
		return 77;
	}

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(busy_wait_takes_the_cycles_it_asks_for),
		cmocka_unit_test(vector_add_stops_at_the_end_of_a_partial_group),
		cmocka_unit_test(saxpy_loops_over_its_stride),
		cmocka_unit_test(reduction_in_lds_adds_in_tree_order),
		cmocka_unit_test(lanes_exchange_values_and_add_atomically),
		cmocka_unit_test(matrix_product_is_the_same_tiled_and_untiled),
		cmocka_unit_test(mandelbrot_counts_iterations_of_diverging_lanes),
		cmocka_unit_test(float_arithmetic_is_bit_exact),
		cmocka_unit_test(double_arithmetic_is_bit_exact),
		cmocka_unit_test(half_arithmetic_is_exact_on_small_integers),
		cmocka_unit_test(histogram_counts_in_lds),
		cmocka_unit_test(xorshift_shifts_64_bits),
		cmocka_unit_test(private_arrays_live_in_scratch),
		cmocka_unit_test(functions_recurse_on_the_stack),
		cmocka_unit_test(ids_of_three_dimensions_reach_the_edges),
		cmocka_unit_test(integer_arithmetic_and_division_are_exact),
		cmocka_unit_test(bytes_and_shorts_load_and_store),
		cmocka_unit_test(three_and_four_dwords_load_and_store),
		cmocka_unit_test(global_atomics_of_all_lanes_add_up),
		cmocka_unit_test(generic_pointers_reach_lds_private_and_global),
		cmocka_unit_test(collatz_diverges_and_switches),
		cmocka_unit_test(vectors_are_indexed_by_variables),
		cmocka_unit_test(barrier_does_not_wait_for_ended_waves),
		cmocka_unit_test(constants_are_found_relative_to_pc),
		cmocka_unit_test(slicing_changes_neither_results_nor_clocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
