/* SPDX-License-Identifier: MIT */
/*
 * Operands and modifiers of vector instructions: constants, literals, neg, abs, omod, clamp,
 * op_sel, SDWA and the MODE register. Expected values are written out by hand.
 */
#include <math.h>

#include "tests/unit/gcn_valu_wave.h"

enum {
	QUIET_NAN = 0x7fc00000,
	ROUND_UP_F32 = 1,
	ROUND_DOWN_F32 = 2,
	ROUND_ZERO_F32 = 3,
	FLUSH_F32 = 0x30, /* bits to clear */
	FLUSH_F16_F64 = 0xc0,
};

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

/* ---------------------------------------------------------------- operands */
static void constants_and_literals_fill_every_lane(void **state)
{
	struct test_wave *t = new_wave();

	t->w.sgpr[4] = 77;
	run_text(t, "v_mov_b32 v0, 1");
	assert_int_equal(t->v[0][63], 1);
	run_text(t, "v_mov_b32 v0, -16");
	assert_int_equal(t->v[0][63], 0xfffffff0);
	run_text(t, "v_mov_b32 v0, 0.5");
	assert_int_equal(t->v[0][63], 0x3f000000);
	run_text(t, "v_mov_b32 v0, 0x12345678");
	assert_int_equal(t->v[0][63], 0x12345678);
	run_text(t, "v_mov_b32 v0, s4");
	assert_int_equal(t->v[0][63], 77);
	assert_int_equal(result2(t, "v_add_f32 v0, 1.0, v4", bits(2), 0), bits(3));
	assert_int_equal(result2(t, "v_add_f32 v0, 0xc0490fdb, v4", bits(0), 0), 0xc0490fdb);
}

static void constants_have_the_width_of_the_operand(void **state)
{
	struct test_wave *t = new_wave();

	assert_int_equal(result2(t, "v_add_f16 v0, 1.0, v4", 0x4000, 0), 0x4200);
	assert_true(result64(t, "v_add_f64 v[0:1], 1.0, v[4:5]", bits64(2), 0, 0) == bits64(3));
	t->w.sgpr[4] = (uint32_t)bits64(0.1);
	t->w.sgpr[5] = (uint32_t)(bits64(0.1) >> 32);
	assert_true(result64(t, "v_add_f64 v[0:1], s[4:5], v[4:5]", bits64(0.2), 0, 0) ==
		    bits64(0.1 + 0.2));
	assert_true(result64(t, "v_lshlrev_b64 v[0:1], 1, -1", 0, 0, 0) == 0xfffffffffffffffe);
	t->v[4][0] = t->v[5][0] = ~0u;
	result64(t, "v_cmp_eq_u64 vcc, -1, v[4:5]", ~0ull, 0, 0);
	assert_true(t->w.vcc == ~0ull);
	/* A literal is the upper half of a double. */
	assert_true(result64(t, "v_ceil_f64 v[0:1], 0x40100000", 0, 0, 0) == bits64(4));
}

static void multiply_add_takes_its_literal_where_the_mnemonic_says(void **state)
{
	struct test_wave *t = new_wave();
	const float pi = 3.14159274f;

	assert_int_equal(result2(t, "v_fmamk_f32 v0, v4, 0x40490fdb, v8", bits(2), bits(1)),
		bits(fmaf(2, pi, 1)));
	assert_int_equal(result2(t, "v_fmaak_f32 v0, v4, v8, 0x40490fdb", bits(2), bits(3)),
		bits(fmaf(2, 3, pi)));
	assert_int_equal(result2(t, "v_madmk_f32 v0, v4, 0x40490fdb, v8", bits(3), bits(1)),
		bits(pi * 3 + 1));
	assert_int_equal(
		result2(t, "v_madak_f32 v0, v4, v8, 0x40490fdb", bits(2), bits(3)), bits(6 + pi));
	/* 0x4248 is 3.140625; the old upper half stays. */
	set_row(t, 0, 0xabcd0000);
	assert_int_equal(result2(t, "v_madmk_f16 v0, v4, 0x4248, v8", 0x4000, 0x3c00), 0xabcd4748);
	assert_int_equal(result2(t, "v_madak_f16 v0, v4, v8, 0x4248", 0x3c00, 0x3c00), 0xabcd4424);
}

static void accumulation_registers_move_both_ways(void **state)
{
	struct test_wave *t = new_wave();

	set_numbered(t, 4, 100);
	run_text(t, "v_accvgpr_write_b32 a3, v4");
	assert_int_equal(t->w.agpr[3][9], 109);
	run_text(t, "v_accvgpr_write_b32 a3, 7");
	assert_int_equal(t->w.agpr[3][9], 7);
	set_numbered(t, TEST_VGPRS + 2, 500);
	run_text(t, "v_accvgpr_read_b32 v0, a2");
	assert_int_equal(t->v[0][63], 563);
	run_text(t, "v_accvgpr_mov_b32 a5, a2");
	assert_int_equal(t->w.agpr[5][1], 501);
}

static void a_register_beyond_the_allocation_faults(void **state)
{
	struct test_wave *t = new_wave();
	struct gcn_inst in;

	decode_words(words_of("v_add_f32_e32 v0, v4, v8"), &in);
	t->w.nvgprs = 8;
	assert_int_equal(valu_lookup(&in)(&t->w, &in), -1);
	assert_int_equal(t->fault.kind, GCN_FAULT_UNKNOWN_INSTRUCTION);
}

static void gpr_index_mode_moves_the_operands_that_m0_names(void **state)
{
	struct test_wave *t = new_wave();

	for (unsigned v = 0; v < 16; v++)
		set_row(t, v, v);
	t->w.mode |= 1u << 27;
	t->w.m0 = 3 | 1u << 12; /* source 0 is relative */
	run_text(t, "v_mov_b32_e32 v0, v4");
	assert_int_equal(t->v[0][0], 7);
	t->w.m0 = 2 | 8u << 12; /* the destination is */
	run_text(t, "v_mov_b32_e32 v0, v4");
	assert_int_equal(t->v[2][0], 4);
	assert_int_equal(t->v[0][0], 7);
}

static void an_accumulator_is_indexed_as_the_destination(void **state)
{
	struct test_wave *t = new_wave();

	t->w.mode |= 1u << 27;
	t->w.m0 = 2 | 8u << 12; /* the destination is relative */
	set_row(t, 0, bits(100));
	set_row(t, 2, bits(1));
	result2(t, "v_mac_f32_e32 v0, v4, v8", bits(3), bits(5));
	assert_int_equal(t->v[2][0], bits(16));
	t->w.m0 = 2 | 4u << 12; /* source 2 is: not a source of this instruction */
	result2(t, "v_mac_f32_e32 v0, v4, v8", bits(3), bits(5));
	assert_int_equal(t->v[0][0], bits(115));
	t->w.m0 = 2 | 8u << 12;
	set_row(t, 0, 0x11111111);
	set_row(t, 2, 0x22222222);
	result2(t, "v_cvt_pkaccum_u8_f32_e64 v0, v4, v8", bits(7), 1);
	assert_int_equal(t->v[2][0], 0x22220722);
}

/* ---------------------------------------------------------------- neg, abs, omod, clamp */
static void neg_applies_after_abs(void **state)
{
	struct test_wave *t = new_wave();

	assert_int_equal(result3(t, "v_fma_f32 v0, -v4, |v8|, -|v12|", bits(2), bits(-3), bits(-5)),
		bits(-11));
	assert_true(result64(t, "v_fma_f64 v[0:1], -v[4:5], |v[8:9]|, v[12:13]", bits64(2),
			    bits64(-3), bits64(7)) == bits64(1));
	t->w.sgpr[20] = 1;
	assert_int_equal(result2(t, "v_cndmask_b32_e64 v0, -v4, |v8|, s[20:21]", bits(1), bits(-2)),
		bits(2));
	assert_int_equal(t->v[0][1], bits(-1));
}

static void float_clamp_keeps_results_between_0_and_1(void **state)
{
	struct test_wave *t = new_wave();

	assert_int_equal(
		result2(t, "v_add_f32_e64 v0, v4, v8 clamp", bits(0.75f), bits(0.75f)), bits(1));
	assert_int_equal(result2(t, "v_add_f32_e64 v0, v4, v8 clamp", bits(-4), bits(1)), 0);
	assert_int_equal(
		result2(t, "v_add_f32_e64 v0, v4, v8 clamp", bits(0.25f), bits(0.25f)), bits(0.5f));
	assert_int_equal(result2(t, "v_add_f32_e64 v0, v4, v8 clamp", QUIET_NAN, 0), 0);
	t->w.mode &= ~(uint32_t)MODE_DX10_CLAMP;
	assert_int_equal(result2(t, "v_add_f32_e64 v0, v4, v8 clamp", QUIET_NAN, 0), QUIET_NAN);
	assert_true(result64(t, "v_add_f64 v[0:1], v[4:5], v[8:9] clamp", bits64(3), bits64(4),
			    0) == bits64(1));
	assert_int_equal(result2(t, "v_add_f16_e64 v0, v4, v8 clamp", 0xc000, 0x3c00), 0);
}

static void omod_scales_without_ieee_and_denormals_only(void **state)
{
	struct test_wave *t = new_wave();

	assert_int_equal(result2(t, "v_add_f32_e64 v0, v4, v8 mul:2", bits(1), bits(2)), bits(3));
	t->w.mode &= ~(uint32_t)(MODE_IEEE | FLUSH_F32);
	assert_int_equal(result2(t, "v_add_f32_e64 v0, v4, v8 mul:2", bits(1), bits(2)), bits(6));
	assert_int_equal(result2(t, "v_add_f32_e64 v0, v4, v8 mul:4", bits(1), bits(2)), bits(12));
	assert_int_equal(
		result2(t, "v_add_f32_e64 v0, v4, v8 div:2", bits(1), bits(2)), bits(1.5f));
	assert_int_equal(
		result2(t, "v_add_f32_e64 v0, v4, v8 clamp div:2", bits(1), bits(2)), bits(1));
	/* Half of the smallest normal number is flushed, and -0 becomes +0. */
	assert_int_equal(result2(t, "v_add_f32_e64 v0, v4, v8 div:2", 0x800000, 0), 0);
	assert_int_equal(result2(t, "v_add_f32_e64 v0, v4, v8 mul:2", 0x80000000, 0x80000000), 0);
}

static void integer_clamp_saturates(void **state)
{
	struct test_wave *t = new_wave();

	assert_int_equal(result2(t, "v_add_u32_e64 v0, v4, v8 clamp", 0xffffffff, 2), 0xffffffff);
	assert_int_equal(result2(t, "v_sub_u32_e64 v0, v4, v8 clamp", 1, 2), 0);
	assert_int_equal(result2(t, "v_add_i32 v0, v4, v8 clamp", INT32_MAX, 1), INT32_MAX);
	assert_int_equal(result2(t, "v_sub_i32 v0, v4, v8 clamp", (uint32_t)INT32_MIN, 1),
		(uint32_t)INT32_MIN);
	assert_int_equal(result3(t, "v_mad_i32_i24 v0, v4, v8, v12 clamp", 0x7fffff, 0x7fffff, 5),
		INT32_MAX);
	assert_int_equal(
		result3(t, "v_mad_u32_u24 v0, v4, v8, v12 clamp", 0xffff, 0x10001, 1), 0xffffffff);
	assert_int_equal(
		result3(t, "v_sad_u32 v0, v4, v8, v12 clamp", 0, 0xffffffff, 1), 0xffffffff);
	assert_int_equal(result2(t, "v_add_u16_e64 v0, v4, v8 clamp", 0xffff, 1), 0xffff);
	assert_int_equal(result2(t, "v_sub_u16_e64 v0, v4, v8 clamp", 0, 1), 0);
	assert_int_equal(result2(t, "v_add_i16 v0, v4, v8 clamp", 0x7fff, 1), 0x7fff);
	assert_int_equal(
		result2(t, "v_pk_add_i16 v0, v4, v8 clamp", 0x80007fff, 0xffff0001), 0x80007fff);
	assert_int_equal(
		result2(t, "v_pk_sub_u16 v0, v4, v8 clamp", 0x00050001, 0x00010002), 0x00040000);
	assert_int_equal(result3(t, "v_dot4_i32_i8 v0, v4, v8, v12 clamp", 0x7f7f7f7f, 0x7f7f7f7f,
				 INT32_MAX),
		INT32_MAX);
	assert_int_equal(result3(t, "v_dot4_u32_u8 v0, v4, v8, v12 clamp", 0xff, 0xff, 0xffffffff),
		0xffffffff);
}

static void carries_are_reported_beside_a_saturated_sum(void **state)
{
	struct test_wave *t = new_wave();

	assert_int_equal(result2(t, "v_add_co_u32_e64 v0, s[10:11], v4, v8 clamp", 0xffffffff, 2),
		0xffffffff);
	assert_int_equal(t->w.sgpr[11], 0xffffffff);
	assert_int_equal(result2(t, "v_sub_co_u32_e64 v0, s[10:11], v4, v8 clamp", 1, 2), 0);
	assert_int_equal(t->w.sgpr[10], 0xffffffff);
	set_row64(t, 12, UINT64_MAX);
	set_row(t, 4, 3);
	set_row(t, 8, 5);
	run_text(t, "v_mad_u64_u32 v[0:1], s[10:11], v4, v8, v[12:13] clamp");
	assert_true(lane64(t, 0, 5) == UINT64_MAX);
	set_row64(t, 12, INT64_MAX);
	run_text(t, "v_mad_i64_i32 v[0:1], s[10:11], v4, v8, v[12:13] clamp");
	assert_true(lane64(t, 0, 5) == INT64_MAX);
}

/* ---------------------------------------------------------------- op_sel and packed operands */
static void op_sel_picks_halves_and_keeps_the_other_one(void **state)
{
	struct test_wave *t = new_wave();

	set_row(t, 0, 0x11112222);
	assert_int_equal(result3(t, "v_mad_i16 v0, v4, v8, v12 op_sel:[1,0,1,1]", 0x00030000,
				 0x00000005, 0x00070000),
		0x00162222);
	set_row(t, 0, 0x11112222);
	assert_int_equal(result3(t, "v_mad_i16 v0, v4, v8, v12 op_sel:[0,1,0,0]", 3, 0x00050000, 7),
		0x11110016);
}

static void packed_halves_follow_op_sel_and_signs(void **state)
{
	struct test_wave *t = new_wave();

	/* (4, 3) and (2, 1), high first: low = 4 + 1, high = 3 + 2. */
	assert_int_equal(result2(t, "v_pk_add_f16 v0, v4, v8 op_sel:[1,0] op_sel_hi:[0,1]",
				 0x44004200, 0x40003c00),
		0x45004500);
	/* low = -3 + 1, high = 4 - 2. */
	assert_int_equal(result2(t, "v_pk_add_f16 v0, v4, v8 neg_lo:[1,0] neg_hi:[0,1]", 0x44004200,
				 0x40003c00),
		0x4000c000);
	assert_int_equal(
		result2(t, "v_pk_add_f16 v0, v4, 1.0 op_sel_hi:[1,0]", 0x40003c00, 0), 0x42004000);
	assert_int_equal(
		result2(t, "v_pk_add_u16 v0, v4, 5 op_sel_hi:[1,0]", 0xffff0001, 0), 0x00040006);
}

static void float_constants_of_packed_integers_are_f32(void **state)
{
	struct test_wave *t = new_wave();
	/* Assemblers older than llvm-project #76522 refuse it. */
	const struct valu_words add = {
		GCN_ISA_GFX90A, "v_pk_add_u16 v0, v4, 2.0", {0xd38a4000, 0x1801e904}, 2};
	struct gcn_inst in;

	set_row(t, 4, 0x00030005);
	assert_true(try_words(t, &add, &in));
	assert_int_equal(t->v[0][0], 0x40030005);
}

static uint64_t pair(float low, float high)
{
	return bits(low) | (uint64_t)bits(high) << 32;
}

static void packed_f32_pairs_follow_op_sel_and_signs(void **state)
{
	struct test_wave *t = new_wave();

	assert_true(result64(t,
			    "v_pk_fma_f32 v[0:1], v[4:5], v[8:9], v[12:13] op_sel:[1,0,0] "
			    "op_sel_hi:[0,1,1]",
			    pair(2, 3), pair(5, 7), pair(11, 13)) == pair(3 * 5 + 11, 2 * 7 + 13));
	assert_true(result64(t, "v_pk_mul_f32 v[0:1], v[4:5], v[8:9] neg_lo:[1,0] neg_hi:[0,1]",
			    pair(2, 3), pair(5, 7), 0) == pair(-10, -21));
	t->w.sgpr[4] = bits(2);
	t->w.sgpr[5] = bits(3);
	assert_true(result64(t, "v_pk_mul_f32 v[0:1], s[4:5], v[8:9]", 0, pair(5, 7), 0) ==
		    pair(10, 21));
	assert_true(result64(t, "v_pk_mul_f32 v[0:1], v[4:5], 2.0 op_sel_hi:[1,0]", pair(5, 7), 0,
			    0) == pair(10, 14));
	assert_true(result64(t, "v_pk_mov_b32 v[0:1], v[4:5], v[8:9] op_sel:[1,0]", pair(1, 2),
			    pair(3, 4), 0) == pair(2, 3));
}

/* Which half of such a constant the hardware takes is not known, so nothing is guessed. */
static void the_high_half_of_a_constant_pair_is_refused(void **state)
{
	struct gcn_inst in;

	decode_words(words_of("v_pk_mul_f32 v[0:1], v[4:5], 2.0"), &in);
	assert_null(valu_lookup(&in));
}

static void mixed_precision_operands_are_chosen_one_by_one(void **state)
{
	struct test_wave *t = new_wave();

	assert_int_equal(
		result3(t, "v_fma_mix_f32 v0, v4, v8, v12", bits(2), bits(3), bits(4)), bits(10));
	/* f16 2 and, from the upper half, f16 3; f32 0.5. */
	assert_int_equal(
		result3(t, "v_fma_mix_f32 v0, v4, v8, v12 op_sel:[0,1,0] op_sel_hi:[1,1,0]",
			0x12344000, 0x42001234, bits(0.5f)),
		bits(6.5f));
	assert_int_equal(result3(t, "v_fma_mix_f32 v0, -v4, |v8|, v12 op_sel_hi:[1,0,0]", 0x4000,
				 bits(-3), bits(1)),
		bits(-5));
	set_row(t, 0, 0x11112222);
	assert_int_equal(result3(t, "v_fma_mixlo_f16 v0, v4, v8, v12", bits(2), bits(3), bits(4)),
		0x11114900);
	set_row(t, 0, 0x11112222);
	assert_int_equal(result3(t, "v_fma_mixhi_f16 v0, v4, v8, v12", bits(2), bits(3), bits(4)),
		0x49002222);
}

/* ---------------------------------------------------------------- SDWA */
static void sdwa_sources_are_parts_of_registers(void **state)
{
	struct test_wave *t = new_wave();

	assert_int_equal(result2(t,
				 "v_add_u32_sdwa v0, v4, v8 dst_sel:DWORD dst_unused:UNUSED_PAD "
				 "src0_sel:BYTE_1 src1_sel:WORD_1",
				 0x1122ff44, 0x80010000),
		0xff + 0x8001);
	assert_int_equal(result2(t,
				 "v_add_u32_sdwa v0, sext(v4), v8 dst_sel:DWORD "
				 "dst_unused:UNUSED_PAD src0_sel:BYTE_3 "
				 "src1_sel:DWORD",
				 0xff000000, 5),
		4);
	assert_int_equal(
		result2(t,
			"v_mov_b32_sdwa v0, v4 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1",
			0xabcd1234, 0),
		0xabcd);
	assert_int_equal(
		result2(t, "v_cvt_f32_fp8_sdwa v0, v4 src0_sel:BYTE_2", 0x00400000, 0), bits(1));
	set_row(t, 4, 0xc0481234); /* in the upper half fp8 2 and, above, -1 */
	run_text(t, "v_cvt_pk_f32_fp8_sdwa v[0:1], v4 src0_sel:WORD_1");
	assert_int_equal(t->v[0][0], bits(2));
	assert_int_equal(t->v[1][0], bits(-1));
}

static void sdwa_results_are_padded_extended_or_merged(void **state)
{
	struct test_wave *t = new_wave();

	set_row(t, 0, 0x11223344);
	assert_int_equal(result2(t,
				 "v_add_u32_sdwa v0, v4, v8 dst_sel:BYTE_2 dst_unused:UNUSED_PAD "
				 "src0_sel:DWORD src1_sel:DWORD",
				 0x1ff, 1),
		0);
	assert_int_equal(result2(t,
				 "v_add_u32_sdwa v0, v4, v8 dst_sel:BYTE_2 dst_unused:UNUSED_PAD "
				 "src0_sel:DWORD src1_sel:DWORD",
				 0xfe, 1),
		0xff0000);
	assert_int_equal(result2(t,
				 "v_add_u32_sdwa v0, v4, v8 dst_sel:WORD_0 dst_unused:UNUSED_SEXT "
				 "src0_sel:DWORD src1_sel:DWORD",
				 0x7fff, 1),
		0xffff8000);
	set_row(t, 0, 0x11223344);
	assert_int_equal(result2(t,
				 "v_add_u32_sdwa v0, v4, v8 dst_sel:BYTE_1 "
				 "dst_unused:UNUSED_PRESERVE src0_sel:DWORD src1_sel:DWORD",
				 0x50, 5),
		0x11225544);
	set_row(t, 0, 0x11223344);
	/* -2 + 3 into the upper half. */
	assert_int_equal(result2(t,
				 "v_add_f16_sdwa v0, -v4, |v8| dst_sel:WORD_1 "
				 "dst_unused:UNUSED_PRESERVE src0_sel:WORD_1 "
				 "src1_sel:WORD_0",
				 0x40000000, 0xc200),
		0x3c003344);
}

static void sdwa_comparisons_choose_their_mask(void **state)
{
	struct test_wave *t = new_wave();

	result2(t, "v_cmp_lt_u32_sdwa vcc, v4, v8 src0_sel:BYTE_0 src1_sel:BYTE_1", 0xffffff01,
		0x00000200);
	assert_true(t->w.vcc == ~0ull);
	result2(t, "v_cmp_lt_u32_sdwa s[10:11], v4, v8 src0_sel:BYTE_0 src1_sel:BYTE_1", 0x03,
		0x0200);
	assert_int_equal(t->w.sgpr[10], 0);
}

/* ---------------------------------------------------------------- MODE */
static void denormals_are_flushed_as_mode_says(void **state)
{
	struct test_wave *t = new_wave();

	assert_int_equal(result2(t, "v_add_f32_e32 v0, v4, v8", 0x80000001, 0), 0x80000001);
	t->w.mode = (TEST_MODE & ~(uint32_t)FLUSH_F32) | 0x10; /* inputs kept, outputs flushed */
	assert_int_equal(result2(t, "v_add_f32_e32 v0, v4, v8", 0x80000001, 0), 0x80000000);
	assert_int_equal(result2(t, "v_mul_f32_e32 v0, v4, v8", 0x00400000, bits(4)), 0x01000000);
	t->w.mode = (TEST_MODE & ~(uint32_t)FLUSH_F32) | 0x20; /* inputs flushed */
	assert_int_equal(result2(t, "v_mul_f32_e32 v0, v4, v8", 0x00400000, bits(4)), 0);
	assert_int_equal(
		result2(t, "v_mul_f32_e32 v0, v4, v8", 0x00800000, bits(0.5f)), 0x00400000);
	t->w.mode = TEST_MODE & ~(uint32_t)FLUSH_F16_F64;
	assert_int_equal(result2(t, "v_add_f16_e32 v0, v4, v8", 0x0001, 0x0400), 0x0400);
	assert_true(result64(t, "v_add_f64_e64 v[0:1], v[4:5], v[8:9]", 1, 0, 0) == 0);
	assert_int_equal(result2(t, "v_add_f32_e32 v0, v4, v8", 1, 0), 1);
}

static void rounding_follows_mode(void **state)
{
	struct test_wave *t = new_wave();
	const uint32_t one = bits(1), tiny = bits(0x1p-30f);

	t->w.mode = TEST_MODE | ROUND_UP_F32;
	assert_int_equal(result2(t, "v_add_f32_e32 v0, v4, v8", one, tiny), one + 1);
	assert_true(result64(t, "v_add_f64_e64 v[0:1], v[4:5], v[8:9]", bits64(1), bits64(0x1p-60),
			    0) == bits64(1));
	t->w.mode = TEST_MODE | ROUND_DOWN_F32;
	assert_int_equal(result2(t, "v_add_f32_e32 v0, v4, v8", one, tiny | 0x80000000), one - 1);
	t->w.mode = TEST_MODE | ROUND_ZERO_F32;
	assert_int_equal(result2(t, "v_add_f32_e32 v0, v4, v8", one, tiny), one);
	assert_int_equal(result2(t, "v_mul_f32_e32 v0, v4, v8", 0xff7fffff, bits(2)), 0xff7fffff);
	t->w.mode = TEST_MODE | 1 << 2;
	assert_true(result64(t, "v_add_f64_e64 v[0:1], v[4:5], v[8:9]", bits64(1), bits64(0x1p-60),
			    0) == bits64(1) + 1);
	assert_int_equal(result2(t, "v_add_f16_e32 v0, v4, v8", 0x3c00, 0x0001), 0x3c01);
	assert_int_equal(result2(t, "v_cvt_f16_f32_e32 v0, v4", bits(1.0001f), 0), 0x3c01);
	assert_int_equal(result2(t, "v_cvt_f16_f32_e32 v0, v4", bits(-1.0001f), 0), 0xbc00);
	t->w.mode = TEST_MODE;
	assert_int_equal(result2(t, "v_add_f32_e32 v0, v4, v8", one, tiny), one);
}

static void fp16_overflow_clamps_when_mode_asks(void **state)
{
	struct test_wave *t = new_wave();

	assert_int_equal(result2(t, "v_add_f16_e32 v0, v4, v8", 0x7bff, 0x7bff), 0x7c00);
	t->w.mode |= 1u << 23;
	assert_int_equal(result2(t, "v_add_f16_e32 v0, v4, v8", 0x7bff, 0x7bff), 0x7bff);
	assert_int_equal(result2(t, "v_add_f16_e32 v0, v4, v8", 0x7c00, 0), 0x7c00);
}

static void minimum_without_ieee_passes_the_number_by_a_signalling_nan(void **state)
{
	struct test_wave *t = new_wave();

	assert_int_equal(result2(t, "v_min_f32_e32 v0, v4, v8", 0x7f800001, bits(1)), 0x7fc00001);
	t->w.mode &= ~(uint32_t)MODE_IEEE;
	assert_int_equal(result2(t, "v_min_f32_e32 v0, v4, v8", 0x7f800001, bits(1)), bits(1));
}

static void fp8_results_go_to_the_half_that_op_sel_names(void **state)
{
	struct test_wave *t = new_wave();

	set_row(t, 0, 0x11112222);
	assert_int_equal(
		result2(t, "v_cvt_pk_fp8_f32 v0, v4, v8 op_sel:[0,0,1]", bits(1), bits(-2)),
		0xc8402222);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants_and_literals_fill_every_lane),
		cmocka_unit_test(constants_have_the_width_of_the_operand),
		cmocka_unit_test(multiply_add_takes_its_literal_where_the_mnemonic_says),
		cmocka_unit_test(accumulation_registers_move_both_ways),
		cmocka_unit_test(a_register_beyond_the_allocation_faults),
		cmocka_unit_test(gpr_index_mode_moves_the_operands_that_m0_names),
		cmocka_unit_test(an_accumulator_is_indexed_as_the_destination),
		cmocka_unit_test(neg_applies_after_abs),
		cmocka_unit_test(float_clamp_keeps_results_between_0_and_1),
		cmocka_unit_test(omod_scales_without_ieee_and_denormals_only),
		cmocka_unit_test(integer_clamp_saturates),
		cmocka_unit_test(carries_are_reported_beside_a_saturated_sum),
		cmocka_unit_test(op_sel_picks_halves_and_keeps_the_other_one),
		cmocka_unit_test(packed_halves_follow_op_sel_and_signs),
		cmocka_unit_test(float_constants_of_packed_integers_are_f32),
		cmocka_unit_test(packed_f32_pairs_follow_op_sel_and_signs),
		cmocka_unit_test(the_high_half_of_a_constant_pair_is_refused),
		cmocka_unit_test(mixed_precision_operands_are_chosen_one_by_one),
		cmocka_unit_test(sdwa_sources_are_parts_of_registers),
		cmocka_unit_test(sdwa_results_are_padded_extended_or_merged),
		cmocka_unit_test(sdwa_comparisons_choose_their_mask),
		cmocka_unit_test(denormals_are_flushed_as_mode_says),
		cmocka_unit_test(rounding_follows_mode),
		cmocka_unit_test(fp16_overflow_clamps_when_mode_asks),
		cmocka_unit_test(minimum_without_ieee_passes_the_number_by_a_signalling_nan),
		cmocka_unit_test(fp8_results_go_to_the_half_that_op_sel_names),
	};

	return RUN_ON_EVERY_BUILD(tests);
}
