/* SPDX-License-Identifier: MIT */
/*
 * Vector instructions across lanes (DPP, readlane and its kin) and those that work in a sequence
 * (division, argument reduction). Expected values are written out by hand or come from the host's
 * arithmetic.
 */
#include <math.h>

#include "tests/unit/gcn_valu_wave.h"

static uint32_t bits(float f)
{
	uint32_t v;

	memcpy(&v, &f, sizeof(v));
	return v;
}

static uint64_t bits64(double f)
{
	uint64_t v;

	memcpy(&v, &f, sizeof(v));
	return v;
}

static struct test_wave *new_wave(void)
{
	static struct test_wave t;

	test_wave_init(&t, GCN_ISA_GFX90A);
	return &t;
}

/* ---------------------------------------------------------------- DPP */

/* Runs a DPP move of lane numbers over a row of -1 and compares with @want. */
static void check_dpp(const char *text, uint64_t exec, int (*want)(int lane))
{
	struct test_wave *t = new_wave();

	set_row(t, 0, ~0u);
	set_numbered(t, 4, 0);
	t->w.exec = exec;
	run_text(t, text);
	for (int i = 0; i < GCN_WAVE_LANES; i++)
		if ((int)t->v[0][i] != (exec >> i & 1 ? want(i) : -1))
			fail_msg("'%s' lane %d is %d, not %d", text, i, (int)t->v[0][i], want(i));
}

static int quad_3021(int lane)
{
	static const int from[] = {3, 0, 2, 1};

	return lane / 4 * 4 + from[lane % 4];
}

static int left_3(int lane)
{
	return lane % 16 < 13 ? lane + 3 : -1;
}

static int left_3_or_0(int lane)
{
	return lane % 16 < 13 ? lane + 3 : 0;
}

static int right_1(int lane)
{
	return lane % 16 ? lane - 1 : -1;
}

static int right_15_or_0(int lane)
{
	return lane % 16 == 15 ? lane - 15 : 0;
}

static int rotate_5(int lane)
{
	return lane / 16 * 16 + (lane % 16 + 11) % 16;
}

static int wave_left(int lane)
{
	return lane == 63 ? -1 : lane + 1;
}

static int wave_rotate_left(int lane)
{
	return (lane + 1) % 64;
}

static int wave_right(int lane)
{
	return lane - 1;
}

static int wave_rotate_right(int lane)
{
	return (lane + 63) % 64;
}

static int mirror(int lane)
{
	return lane / 16 * 16 + 15 - lane % 16;
}

static int half_mirror(int lane)
{
	return lane / 8 * 8 + 7 - lane % 8;
}

static int broadcast_15(int lane)
{
	return lane / 16 % 2 ? lane / 16 * 16 - 1 : -1; /* rows 1 and 3 only, by the row mask */
}

static int broadcast_31(int lane)
{
	return lane >= 32 ? 31 : -1;
}

static int row_lane_6(int lane)
{
	return lane / 16 * 16 + 6;
}

static int masked_mirror(int lane)
{
	return lane / 16 % 2 == 0 && lane / 4 % 4 < 2 ? mirror(lane) : -1;
}

static void dpp_moves_lanes(void **state)
{
	check_dpp("v_mov_b32_dpp v0, v4 quad_perm:[3,0,2,1] row_mask:0xf bank_mask:0xf", ~0ull,
		quad_3021);
	check_dpp("v_mov_b32_dpp v0, v4 row_shl:3 row_mask:0xf bank_mask:0xf", ~0ull, left_3);
	check_dpp("v_mov_b32_dpp v0, v4 row_shl:3 row_mask:0xf bank_mask:0xf bound_ctrl:0", ~0ull,
		left_3_or_0);
	check_dpp("v_mov_b32_dpp v0, v4 row_shr:1 row_mask:0xf bank_mask:0xf", ~0ull, right_1);
	check_dpp("v_mov_b32_dpp v0, v4 row_shr:15 row_mask:0xf bank_mask:0xf bound_ctrl:0", ~0ull,
		right_15_or_0);
	check_dpp("v_mov_b32_dpp v0, v4 row_ror:5 row_mask:0xf bank_mask:0xf", ~0ull, rotate_5);
	check_dpp("v_mov_b32_dpp v0, v4 wave_shl:1 row_mask:0xf bank_mask:0xf", ~0ull, wave_left);
	check_dpp("v_mov_b32_dpp v0, v4 wave_rol:1 row_mask:0xf bank_mask:0xf", ~0ull,
		wave_rotate_left);
	check_dpp("v_mov_b32_dpp v0, v4 wave_shr:1 row_mask:0xf bank_mask:0xf", ~0ull, wave_right);
	check_dpp("v_mov_b32_dpp v0, v4 wave_ror:1 row_mask:0xf bank_mask:0xf", ~0ull,
		wave_rotate_right);
	check_dpp("v_mov_b32_dpp v0, v4 row_mirror row_mask:0xf bank_mask:0xf", ~0ull, mirror);
	check_dpp("v_mov_b32_dpp v0, v4 row_half_mirror row_mask:0xf bank_mask:0xf", ~0ull,
		half_mirror);
	check_dpp("v_mov_b32_dpp v0, v4 row_bcast:15 row_mask:0xa bank_mask:0xf", ~0ull,
		broadcast_15);
	check_dpp("v_mov_b32_dpp v0, v4 row_bcast:31 row_mask:0xc bank_mask:0xf", ~0ull,
		broadcast_31);
	check_dpp("v_mov_b32_dpp v0, v4 row_newbcast:6 row_mask:0xf bank_mask:0xf", ~0ull,
		row_lane_6);
	check_dpp(
		"v_mov_b32_dpp v0, v4 row_mirror row_mask:0x5 bank_mask:0x3", ~0ull, masked_mirror);
}

static int only_1_and_2(int lane)
{
	return lane == 1 || lane == 2 ? lane - 1 : -1;
}

static int nothing(int lane)
{
	return 0;
}

static void dpp_does_not_read_inactive_lanes(void **state)
{
	/* The even lanes and lane 1 are active: most left neighbours are not. */
	check_dpp("v_mov_b32_dpp v0, v4 row_shr:1 row_mask:0xf bank_mask:0xf",
		0x5555555555555555 | 2, only_1_and_2);
	check_dpp("v_mov_b32_dpp v0, v4 row_shr:15 row_mask:0xf bank_mask:0xf bound_ctrl:0",
		0xfffefffefffefffe, nothing);
}

static void dpp_takes_signs_and_wide_operands(void **state)
{
	struct test_wave *t = new_wave();

	for (unsigned i = 0; i < GCN_WAVE_LANES; i++) {
		t->v[4][i] = bits((float)i);
		t->v[8][i] = bits(-100);
	}
	run_text(
		t, "v_add_f32_dpp v0, -v4, |v8| row_shr:1 row_mask:0xf bank_mask:0xf bound_ctrl:0");
	assert_int_equal(t->v[0][5], bits(96));
	assert_int_equal(t->v[0][16], bits(100));
	for (unsigned i = 0; i < GCN_WAVE_LANES; i++) {
		t->v[4][i] = (uint32_t)bits64(i + 0.5);
		t->v[5][i] = (uint32_t)(bits64(i + 0.5) >> 32);
	}
	run_text(t, "v_ceil_f64_dpp v[0:1], v[4:5] row_newbcast:1 row_mask:0xf bank_mask:0xf");
	assert_true(lane64(t, 0, 20) == bits64(18));
	run_text(t, "v_mov_b64_dpp v[0:1], v[4:5] row_newbcast:3 row_mask:0xf bank_mask:0xf");
	assert_true(lane64(t, 0, 63) == bits64(51.5));
}

/* ---------------------------------------------------------------- single lanes */
static void readfirstlane_reads_the_lowest_active_lane(void **state)
{
	struct test_wave *t = new_wave();

	set_numbered(t, 4, 100);
	t->w.exec = 0xf0;
	run_text(t, "v_readfirstlane_b32 s10, v4");
	assert_int_equal(t->w.sgpr[10], 104);
	t->w.exec = 0;
	run_text(t, "v_readfirstlane_b32 s10, v4");
	assert_int_equal(t->w.sgpr[10], 100);
}

static void readlane_and_writelane_ignore_exec(void **state)
{
	struct test_wave *t = new_wave();

	set_numbered(t, 4, 100);
	t->w.exec = 0;
	t->w.sgpr[4] = 64 + 7;
	run_text(t, "v_readlane_b32 s10, v4, s4");
	assert_int_equal(t->w.sgpr[10], 107);
	run_text(t, "v_readlane_b32 s10, v4, 63");
	assert_int_equal(t->w.sgpr[10], 163);
	run_text(t, "v_writelane_b32 v0, s4, 5");
	assert_int_equal(t->v[0][5], 71);
	t->w.sgpr[5] = 9;
	run_text(t, "v_writelane_b32 v0, -1, s5");
	assert_int_equal(t->v[0][9], 0xffffffff);
	assert_int_equal(t->v[0][8], 0);
}

static void swap_exchanges_active_lanes(void **state)
{
	struct test_wave *t = new_wave();

	set_numbered(t, 0, 0);
	set_numbered(t, 4, 100);
	t->w.exec = 2;
	run_text(t, "v_swap_b32 v0, v4");
	assert_int_equal(t->v[0][0], 0);
	assert_int_equal(t->v[0][1], 101);
	assert_int_equal(t->v[4][1], 1);
	assert_int_equal(t->v[4][2], 102);
}

static void nothing_happens_in_nop_and_clrexcp(void **state)
{
	static struct test_wave before;
	struct test_wave *t = new_wave();

	before = *t;
	run_text(t, "v_nop");
	run_text(t, "v_clrexcp");
	before.machine.isa = t->machine.isa;
	assert_memory_equal(t, &before, sizeof(before));
}

/* ---------------------------------------------------------------- sequences */
static uint64_t random_state = 0x2545f4914f6cdd1d;

static uint64_t random_bits(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static bool same_float(uint32_t got, float want)
{
	return isnan(want) ? (got & 0x7fffffff) > 0x7f800000 : got == bits(want);
}

/* What clang makes of a / b in f32 and f64: correctly rounded for every pair of operands. */
static void the_division_sequence_is_correctly_rounded(void **state)
{
	static const char *const f32[] = {"v_div_scale_f32 v16, s[10:11], v8, v8, v4",
		"v_div_scale_f32 v17, vcc, v4, v8, v4", "v_rcp_f32 v18, v16",
		"v_fma_f32 v19, -v16, v18, 1.0", "v_fma_f32 v18, v19, v18, v18",
		"v_mul_f32 v20, v17, v18", "v_fma_f32 v21, -v16, v20, v17",
		"v_fma_f32 v20, v21, v18, v20", "v_fma_f32 v16, -v16, v20, v17",
		"v_div_fmas_f32 v16, v16, v18, v20", "v_div_fixup_f32 v0, v16, v8, v4"};
	static const char *const f64[] = {
		"v_div_scale_f64 v[16:17], s[10:11], v[8:9], v[8:9], v[4:5]",
		"v_div_scale_f64 v[18:19], vcc, v[4:5], v[8:9], v[4:5]",
		"v_rcp_f64 v[20:21], v[16:17]", "v_fma_f64 v[22:23], -v[16:17], v[20:21], 1.0",
		"v_fma_f64 v[20:21], v[20:21], v[22:23], v[20:21]",
		"v_mul_f64 v[24:25], v[18:19], v[20:21]",
		"v_fma_f64 v[16:17], -v[16:17], v[24:25], v[18:19]",
		"v_div_fmas_f64 v[16:17], v[16:17], v[20:21], v[24:25]",
		"v_div_fixup_f64 v[0:1], v[16:17], v[8:9], v[4:5]"};
	static const uint64_t exponents[] = {
		0, 1, 2, 22, 23, 24, 63, 64, 126, 127, 128, 191, 252, 253, 254};
	struct test_wave *t = new_wave();

	for (unsigned round = 0; round < 400; round++) {
		float a[GCN_WAVE_LANES], b[GCN_WAVE_LANES];
		double x[GCN_WAVE_LANES], y[GCN_WAVE_LANES];

		for (unsigned i = 0; i < GCN_WAVE_LANES; i++) {
			for (unsigned n = 4; n <= 8; n += 4) {
				uint32_t v = (uint32_t)random_bits();

				if (v % 3 == 0)
					v = (v & 0x807fffff) |
					    (uint32_t)(exponents[v / 3 % ARRAY_SIZE(exponents)]
						       << 23);
				if (v % 61 == 0)
					v &= 0xff800000;
				t->v[n][i] = v;
			}
			memcpy(&a[i], &t->v[4][i], sizeof(a[i]));
			memcpy(&b[i], &t->v[8][i], sizeof(b[i]));
		}
		for (size_t s = 0; s < ARRAY_SIZE(f32); s++)
			run_text(t, f32[s]);
		for (unsigned i = 0; i < GCN_WAVE_LANES; i++)
			if (!same_float(t->v[0][i], a[i] / b[i]))
				fail_msg("%a / %a is %08x, not %a", (double)a[i], (double)b[i],
					t->v[0][i], (double)(a[i] / b[i]));

		for (unsigned i = 0; i < GCN_WAVE_LANES; i++) {
			uint64_t v[2];

			for (unsigned n = 0; n < 2; n++) {
				v[n] = random_bits();
				if (v[n] % 3 == 0)
					v[n] = (v[n] & 0x800fffffffffffff) |
					       (exponents[v[n] / 3 % ARRAY_SIZE(exponents)] * 2046 /
						       254)
						       << 52;
				t->v[4 + 4 * n][i] = (uint32_t)v[n];
				t->v[5 + 4 * n][i] = (uint32_t)(v[n] >> 32);
			}
			memcpy(&x[i], &v[0], sizeof(x[i]));
			memcpy(&y[i], &v[1], sizeof(y[i]));
		}
		for (size_t s = 0; s < ARRAY_SIZE(f64); s++)
			run_text(t, f64[s]);
		for (unsigned i = 0; i < GCN_WAVE_LANES; i++) {
			double want = x[i] / y[i], got;
			uint64_t v = lane64(t, 0, i);

			memcpy(&got, &v, sizeof(got));
			if (isnan(want) ? !isnan(got) : v != bits64(want))
				fail_msg("%a / %a is %a, not %a", x[i], y[i], got, want);
		}
	}
}

static void trig_preop_returns_segments_of_2_over_pi(void **state)
{
	/* 2/pi in hexadecimal is 0.a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe51...; 53 bits
	 * each. */
	static const uint64_t segments[] = {
		0x145f306dc9c882, 0x14a7f09d5f47d4, 0x1a6ee06db14acc, 0x13c439041fe516};
	const char *const text = "v_trig_preop_f64 v[0:1], v[4:5], v8";
	struct test_wave *t = new_wave();

	for (int n = 0; n < 4; n++)
		assert_true(result64(t, text, bits64(1), (uint64_t)n, 0) ==
			    bits64(ldexp((double)segments[n], -53 * (n + 1))));
	/* From exponent 54 on the bits start where the argument's weight ends: here one further. */
	assert_true(
		result64(t, text, bits64(0x1p55), 0, 0) ==
		bits64(ldexp((double)((segments[0] << 1 | segments[1] >> 52) & ((1ull << 53) - 1)),
			-54)));
	/* The result of a huge argument is scaled up, lest it be denormal. */
	assert_true(result64(t, text, bits64(0x1p945), 0, 0) > bits64(0x1p-900));
}

static void four_masked_sums_of_differences_accumulate(void **state)
{
	struct test_wave *t = new_wave();

	set_row64(t, 4, 0x0807060504030201);
	set_row(t, 8, 0x04000201); /* the zero byte does not count */
	for (unsigned j = 0; j < 4; j++)
		set_row(t, 12 + j, 1000 * j);
	run_text(t, "v_mqsad_u32_u8 v[0:3], v[4:5], v8, v[12:15]");
	assert_int_equal(t->v[0][0], 0);
	assert_int_equal(t->v[1][0], 1000 + 1 + 1 + 1);
	assert_int_equal(t->v[2][0], 2000 + 2 + 2 + 2);
	assert_int_equal(t->v[3][63], 3000 + 3 + 3 + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dpp_moves_lanes),
		cmocka_unit_test(dpp_does_not_read_inactive_lanes),
		cmocka_unit_test(dpp_takes_signs_and_wide_operands),
		cmocka_unit_test(readfirstlane_reads_the_lowest_active_lane),
		cmocka_unit_test(readlane_and_writelane_ignore_exec),
		cmocka_unit_test(swap_exchanges_active_lanes),
		cmocka_unit_test(nothing_happens_in_nop_and_clrexcp),
		cmocka_unit_test(the_division_sequence_is_correctly_rounded),
		cmocka_unit_test(trig_preop_returns_segments_of_2_over_pi),
		cmocka_unit_test(four_masked_sums_of_differences_accumulate),
	};

	return RUN_ON_EVERY_BUILD(tests);
}
