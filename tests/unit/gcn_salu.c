/* SPDX-License-Identifier: MIT */
/*
 * The scalar ALU: results and SCC of single instructions, set beside values worked out from the ISA documents. The encodings are
 * llvm-mc's, their text stands beside them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gcn_rig.h"

#define WAIT_ALL     0xbf8c0070 /* s_waitcnt vmcnt(0) lgkmcnt(0) */
#define ENDPGM       0xbf810000
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct scalar_case {
	uint32_t word;
	const char *text;
	uint64_t a, b; /* s[4:5], s[6:7] */
	uint64_t result; /* s[8:9], upper half 0 where the destination has 32 bits; s4 for s_addk */
	bool scc; /* SCC is set before, so that an instruction that leaves it alone has it set */
};

static const struct scalar_case scalar_cases[] = {
	{0x80080604, "s_add_u32 s8, s4, s6", 0xffffffff, 1, 0, true},
	{0x80080604, "s_add_u32 s8, s4, s6", 0x7fffffff, 1, 0x80000000, false},
	{0x80880604, "s_sub_u32 s8, s4, s6", 1, 2, 0xffffffff, true},
	{0x80880604, "s_sub_u32 s8, s4, s6", 2, 2, 0, false},
	{0x81080604, "s_add_i32 s8, s4, s6", 0x7fffffff, 1, 0x80000000, true},
	{0x81080604, "s_add_i32 s8, s4, s6", 0xffffffff, 1, 0, false},
	{0x81880604, "s_sub_i32 s8, s4, s6", 0x80000000, 1, 0x7fffffff, true},
	{0x83080604, "s_min_i32 s8, s4, s6", 0xffffffff, 1, 0xffffffff, true},
	{0x83080604, "s_min_i32 s8, s4, s6", 1, 1, 1, false},
	{0x84880604, "s_max_u32 s8, s4, s6", 0xffffffff, 1, 0xffffffff, true},
	{0x8e080604, "s_lshl_b32 s8, s4, s6", 3, 33, 6, true},
	{0x8f080604, "s_lshr_b32 s8, s4, s6", 0x80000000, 32, 0x80000000, true},
	{0x90080604, "s_ashr_i32 s8, s4, s6", 0x80000000, 63, 0xffffffff, true},
	{0x8e880604, "s_lshl_b64 s[8:9], s[4:5], s6", 3, 64 + 62, 0xc000000000000000, true},
	{0x8f880604, "s_lshr_b64 s[8:9], s[4:5], s6", 0x8000000000000000, 63, 1, true},
	{0x8f880604, "s_lshr_b64 s[8:9], s[4:5], s6", 1, 1, 0, false},
	{0x90880604, "s_ashr_i64 s[8:9], s[4:5], s6", 0x8000000000000000, 62, 0xfffffffffffffffe, true},
	{0x91080604, "s_bfm_b32 s8, s4, s6", 4, 8, 0xf00, true},
	{0x91880604, "s_bfm_b64 s[8:9], s4, s6", 36, 60, 0xf000000000000000, true},
	{0x92080604, "s_mul_i32 s8, s4, s6", 0x10001, 0x10001, 0x20001, true},
	{0x96080604, "s_mul_hi_u32 s8, s4, s6", 0xffffffff, 0xffffffff, 0xfffffffe, true},
	{0x96880604, "s_mul_hi_i32 s8, s4, s6", 0xffffffff, 0x12345678, 0xffffffff, true},
	{0x92880604, "s_bfe_u32 s8, s4, s6", 0xabcd1234, 12 << 16 | 8, 0xd12, true},
	{0x92880604, "s_bfe_u32 s8, s4, s6", 0xabcd1234, 8, 0, false},
	{0x92880604, "s_bfe_u32 s8, s4, s6", 0xabcd1234, 32 << 16 | 16, 0xabcd, true},
	{0x93080604, "s_bfe_i32 s8, s4, s6", 0xabcd1234, 12 << 16 | 8, 0xfffffd12, true},
	{0x93080604, "s_bfe_i32 s8, s4, s6", 0xabcd1234, 32 << 16 | 16, 0xffffabcd, true},
	{0x93880604, "s_bfe_u64 s[8:9], s[4:5], s6", 0xabcd123400000000, 16 << 16 | 40, 0xcd12, true},
	{0x94080604, "s_bfe_i64 s[8:9], s[4:5], s6", 0xabcd123400000000, 16 << 16 | 40, 0xffffffffffffcd12, true},
	{0x94080604, "s_bfe_i64 s[8:9], s[4:5], s6", 0xabcd123400000000, 64 << 16 | 60, 0xfffffffffffffffa, true},
	{0x95080604, "s_absdiff_i32 s8, s4, s6", 3, 10, 7, true},
	{0x98080604, "s_lshl3_add_u32 s8, s4, s6", 0x20000000, 5, 5, true},
	{0x98080604, "s_lshl3_add_u32 s8, s4, s6", 2, 5, 21, false},
	{0x99080604, "s_pack_ll_b32_b16 s8, s4, s6", 0x11112222, 0x33334444, 0x44442222, true},
	{0x99880604, "s_pack_lh_b32_b16 s8, s4, s6", 0x11112222, 0x33334444, 0x33332222, true},
	{0x9a080604, "s_pack_hh_b32_b16 s8, s4, s6", 0x11112222, 0x33334444, 0x33331111, true},
	{0x89880604, "s_andn2_b64 s[8:9], s[4:5], s[6:7]", 0xff00ff00ff00ff00, 0xf0f0f0f0f0f0f0f0, 0x0f000f000f000f00, true},
	{0x8c880604, "s_nor_b64 s[8:9], s[4:5], s[6:7]", 0xffffffff00000000, 0x00000000ffffffff, 0, false},
	{0x8d080604, "s_xnor_b32 s8, s4, s6", 0xff00ff00, 0xf0f0f0f0, 0xf00ff00f, true},
	{0xbe880504, "s_not_b64 s[8:9], s[4:5]", UINT64_MAX, 0, 0, false},
	{0xbe880704, "s_wqm_b64 s[8:9], s[4:5]", 0x8000000000000100, 0, 0xf000000000000f00, true},
	{0xbe882904, "s_quadmask_b64 s[8:9], s[4:5]", 0x8000000000000100, 0, 0x8004, true},
	{0xbe880804, "s_brev_b32 s8, s4", 0x1, 0, 0x80000000, true},
	{0xbe880904, "s_brev_b64 s[8:9], s[4:5]", 0x2, 0, 0x4000000000000000, true},
	{0xbe880b04, "s_bcnt0_i32_b64 s8, s[4:5]", UINT64_MAX, 0, 0, false},
	{0xbe880c04, "s_bcnt1_i32_b32 s8, s4", 0xf0f, 0, 8, true},
	{0xbe880e04, "s_ff0_i32_b32 s8, s4", 0x7, 0, 3, true},
	{0xbe880e04, "s_ff0_i32_b32 s8, s4", 0xffffffff, 0, 0xffffffff, true},
	{0xbe881104, "s_ff1_i32_b64 s8, s[4:5]", 0x10000000000, 0, 40, true},
	{0xbe881104, "s_ff1_i32_b64 s8, s[4:5]", 0, 0, 0xffffffff, true},
	{0xbe881204, "s_flbit_i32_b32 s8, s4", 0x10000, 0, 15, true},
	{0xbe881304, "s_flbit_i32_b64 s8, s[4:5]", 0x10000, 0, 47, true},
	{0xbe881404, "s_flbit_i32 s8, s4", 0xffff0000, 0, 16, true},
	{0xbe881404, "s_flbit_i32 s8, s4", 0xffffffff, 0, 0xffffffff, true},
	{0xbe881504, "s_flbit_i32_i64 s8, s[4:5]", 0x10000, 0, 47, true},
	{0xbe881604, "s_sext_i32_i8 s8, s4", 0x180, 0, 0xffffff80, true},
	{0xbe881704, "s_sext_i32_i16 s8, s4", 0x18000, 0, 0xffff8000, true},
	{0xbe883004, "s_abs_i32 s8, s4", 0xfffffffd, 0, 3, true},
	{0xbe883704, "s_bitreplicate_b64_b32 s[8:9], s4", 0x80000005, 0, 0xc000000000000033, true},
	{0xbf040604, "s_cmp_lt_i32 s4, s6", 0xffffffff, 1, 0, true},
	{0xbf0a0604, "s_cmp_lt_u32 s4, s6", 0xffffffff, 1, 0, false},
	{0xbf120604, "s_cmp_eq_u64 s[4:5], s[6:7]", 0x100000001, 0x200000001, 0, false},
	{0xbf0f0604, "s_bitcmp1_b64 s[4:5], s6", 0x100000000, 96, 0, true},
	{0xb204fff0, "s_cmpk_gt_i32 s4, 0xfff0", 0, 0, 0, true},
	{0xb504fff0, "s_cmpk_gt_u32 s4, 0xfff0", 0, 0, 0, false},
};

static void scalar_results_and_scc_are_exact(void **state)
{
	struct rig *r = malloc(sizeof(*r));

	(void)state;
	assert_non_null(r);
	rig_init(r, GCN_ISA_GFX906);
	for (size_t i = 0; i < COUNT(scalar_cases); i++) {
		const struct scalar_case *c = &scalar_cases[i];
		struct {
			uint64_t a, b, unused[2], result;
			uint32_t scc;
		} args = {.a = c->a, .b = c->b}, *out;
		uint64_t memory = rig_alloc(r, sizeof(args));
		/* s_load_dwordx2 s[12:13], s[0:1], 0x0; s_load_dwordx4 s[4:7], s[12:13], 0x0; s_mov_b64 s[8:9], 0;
		 * s_cmp_eq_u32 s8, 0; the instruction; s_cselect_b32 s10, 1, 0; out */
		const uint32_t code[] = {0xc0060300, 0, WAIT_ALL, 0xc00a0106, 0, WAIT_ALL, 0xbe880180, 0xbf068008,
			c->word, 0x850a8081, 0xc0460206, 0x20 /* s_store_dwordx2 s[8:9], s[12:13], 0x20 */,
			0xc0420286, 0x28 /* s_store_dword s10, s[12:13], 0x28 */, ENDPGM};
		struct rig_launch l = {.kernel = rig_code(r, code, COUNT(code)), .grid = {1}, .group = {1},
			.args = &memory, .arg_bytes = sizeof(memory)};

		out = rig_host(r, memory);
		*out = args;
		assert_int_equal(rig_run(r, &l), GCN_STOP_DONE);
		if (out->result != c->result || out->scc != c->scc)
			fail_msg("%s of 0x%llx, 0x%llx: 0x%llx, SCC %u", c->text, (unsigned long long)c->a,
				(unsigned long long)c->b, (unsigned long long)out->result, out->scc);
		/* Memory and code of the case. */
		free(r->region[--r->regions].host);
		free(r->region[--r->regions].host);
	}
	rig_fini(r);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalar_results_and_scc_are_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
