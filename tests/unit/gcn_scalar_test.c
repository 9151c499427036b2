/* SPDX-License-Identifier: MIT */
/*
 * Every scalar instruction (SOP1, SOP2, SOPC, SOPK, SOPP) on a hand-made wave, against gcn_scalar_ref.def or by a test of its own.
 * Reads the encoded instructions of gcn_unit_words.inc.
 */
#include "tests/unit/gcn_unit_wave.h"

#define M32	0xffffffffull
#define S(x)	((int64_t)(int32_t)(uint32_t)(x))
#define K(x)	((int64_t)(int16_t)(uint16_t)(x))
#define NOTHING d
#define OLD_SCC 2

static const uint64_t edges[] = {0, 1, 2, 31, 32, 33, 63, 64, 0x7f, 0x80, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff,
	0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
	0xffffffff00000000, 0xffffffffffffffff, 0x00200010, 0x00010000, 0x00400008, 0x007f001f, 0x00080038};

/* ---- the reference's helpers: one bit at a time ---- */

/* @width bits from bit @offset on; above the number's @bits it continues with its sign, or zeros. */
static uint64_t ref_field(uint64_t a, uint64_t offset, uint64_t width, unsigned bits, bool is_signed)
{
	uint64_t r = 0, last = 0;

	for (uint64_t i = 0; i < bits; i++) {
		uint64_t at = offset + i;

		if (i < width)
			last = at < bits ? a >> at & 1 : is_signed ? a >> (bits - 1) & 1 : 0;
		else if (!is_signed || !width)
			last = 0;
		r |= last << i;
	}
	return r;
}

static uint64_t ref_mask(uint64_t count)
{
	uint64_t r = 0;

	while (count--)
		r = r * 2 + 1;
	return r;
}

static uint64_t ref_quads(uint64_t a, bool whole)
{
	uint64_t r = 0;

	for (unsigned quad = 0; quad < 16; quad++)
		if (a >> (4 * quad) & 15)
			r |= whole ? 15ull << (4 * quad) : 1ull << quad;
	return r;
}

static uint64_t ref_reverse(uint64_t a)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 64; i++, a >>= 1)
		r = r * 2 + a % 2;
	return r;
}

static uint64_t ref_count(uint64_t a)
{
	uint64_t r = 0;

	for (; a; a >>= 1)
		r += a & 1;
	return r;
}

static uint64_t ref_first(uint64_t a, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++)
		if (a >> i & 1)
			return i;
	return UINT64_MAX;
}

static uint64_t ref_twice(uint64_t a)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < 64; i++)
		r |= (a >> i / 2 & 1) << i;
	return r;
}

struct scalar_ref {
	const char *name;
	void (*compute)(uint64_t a, uint64_t b, uint64_t d, bool c, uint64_t mask, uint64_t *r_p, int *scc_p);
};

/* The parameters are what the expressions may use; each uses some. */
#define REF(name, result, scc)                                                                                        \
	static void ref_##name(uint64_t a, uint64_t b, uint64_t d, bool c, uint64_t mask, uint64_t *r_p, int *scc_p)   \
	{                                                                                                              \
		uint64_t r = (uint64_t)(result) & mask;                                                                \
		(void)a, (void)b, (void)c;                                                                             \
		*r_p = r;                                                                                              \
		*scc_p = (scc);                                                                                        \
		(void)d;                                                                                               \
	}
#include "tests/unit/gcn_scalar_ref.def"
#undef REF
#define REF(name, result, scc) {#name, ref_##name},
static const struct scalar_ref refs[] = {
#include "tests/unit/gcn_scalar_ref.def"
};
#undef REF

/* ---- against the reference ---- */

static uint64_t pair(const struct unit_wave *t, unsigned at)
{
	return t->w->sgpr[at] | (uint64_t)t->w->sgpr[at + 1] << 32;
}

static void set_pair(struct unit_wave *t, unsigned at, uint64_t value)
{
	t->w->sgpr[at] = (uint32_t)value;
	t->w->sgpr[at + 1] = (uint32_t)(value >> 32);
}

static uint64_t operand(void)
{
	uint64_t pick = unit_random();

	return pick % 4 ? edges[(pick >> 8) % ARRAY_SIZE(edges)] : unit_random();
}

/* "s_x s8, s4, s[6:7]": the wide operands are in brackets. */
static bool wide(const char *text, const char *reg)
{
	return strstr(text, reg) != NULL;
}

/* The first source, s[4:5] holding @a. A literal of an i64 extends its sign, of b64 and u64 it is followed by zeros. */
static uint64_t first_source(const struct unit_words *words, uint64_t a)
{
	if (strstr(words->text, "0xffefffff"))
		return strstr(gcn_op_name((enum gcn_op)words->op), "_i64") ? 0xffffffffffefffff : 0xffefffff;
	return wide(words->text, "s[4:5]") ? a : a & M32;
}

static void check_once(struct unit_wave *t, const struct unit_words *words, const struct scalar_ref *ref, uint64_t a, uint64_t b,
	bool scc)
{
	const char *text = words->text, *k = strchr(text, ',');
	bool sopk = unit_begins(text, "s_cmpk") || strstr(text, "k_i32 ");
	uint64_t d = operand(), mask = wide(text, "s[8:9]") ? UINT64_MAX : M32, want, got;
	uint64_t in_a = first_source(words, a), in_b = wide(text, "s[6:7]") ? b : b & M32;
	int want_scc;

	set_pair(t, 4, a);
	set_pair(t, 6, b);
	set_pair(t, 8, d);
	t->w->scc = scc;
	if (sopk)
		in_b = (uint16_t)strtoul(k + 1, NULL, 0);
	ref->compute(in_a, in_b, d & mask, scc, mask, &want, &want_scc);
	if (want_scc == OLD_SCC)
		want_scc = scc;
	want |= d & ~mask; /* a 32-bit destination leaves its neighbour alone */
	unit_run(t, words);
	got = pair(t, 8);
	if (got != want || t->w->scc != want_scc)
		fail_msg("%s of 0x%llx, 0x%llx, old 0x%llx, SCC %d: 0x%llx, SCC %d; want 0x%llx, SCC %d", text,
			(unsigned long long)a, (unsigned long long)b, (unsigned long long)d, scc,
			(unsigned long long)got, t->w->scc, (unsigned long long)want, want_scc);
	assert_true(pair(t, 4) == a && pair(t, 6) == b);
}

static bool is_compare(const char *name)
{
	return unit_begins(name, "s_cmp_") || unit_begins(name, "s_bitcmp");
}

static void results_and_scc_are_as_documented(void **state)
{
	struct unit_wave *t = malloc(sizeof(*t));

	(void)state;
	assert_non_null(t);
	for (size_t i = 0; i < ARRAY_SIZE(unit_words); i++) {
		const struct unit_words *words = &unit_words[i];
		const char *name = gcn_op_name((enum gcn_op)words->op), *first = words->text + strlen(name) + 1;
		const struct scalar_ref *ref = NULL;

		for (size_t j = 0; j < ARRAY_SIZE(refs) && !ref; j++)
			if (!strcmp(refs[j].name, name))
				ref = &refs[j];
		/* Comparisons have sources only; the table holds each form with other registers too. */
		if (!ref || !(unit_begins(first, "s8") || unit_begins(first, "s[8")) == !is_compare(name))
			continue;
		for (unsigned isa = 0; isa < UNIT_ISAS; isa++) {
			if (!(words->isas >> isa & 1))
				continue;
			unit_wave_init(t, (enum gcn_isa)isa);
			for (size_t j = 0; j < ARRAY_SIZE(edges); j++)
				for (size_t k = 0; k < ARRAY_SIZE(edges); k++)
					check_once(t, words, ref, edges[j], edges[k], (j + k) % 2);
			for (unsigned j = 0; j < 200; j++)
				check_once(t, words, ref, operand(), operand(), unit_random() & 1);
			unit_wave_fini(t);
		}
	}
	free(t);
}

/* ---- instructions with a state of their own ---- */

/* Runs @body once for each ISA that has @line. */
#define ON_EVERY_ISA(t, line)                                                                                         \
	for (unsigned isa_ = 0; isa_ < UNIT_ISAS; isa_++)                                                              \
		for (bool once_ = has(isa_, line) && (unit_wave_init(t, (enum gcn_isa)isa_), true); once_;             \
			unit_wave_fini(t), once_ = false)

static bool has(unsigned isa, const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_words); i++)
		if (unit_words[i].isas >> isa & 1 && !strcmp(unit_words[i].text, line))
			return true;
	return false;
}

static void run_line(struct unit_wave *t, const char *line)
{
	unit_run(t, unit_find(t, line));
}

static void saveexec_swaps_the_mask_and_keeps_the_old_one(void **state)
{
	static struct unit_wave wave, *t = &wave;
	static const struct {
		const char *line;
		uint64_t exec;
	} cases[] = {
		/* s[4:5] 0xff00f0, EXEC 0xf0f0f */
		{"s_and_saveexec_b64 s[8:9], s[4:5]", 0x0f0000},
		{"s_or_saveexec_b64 s[8:9], s[4:5]", 0xff0fff},
		{"s_xor_saveexec_b64 s[8:9], s[4:5]", 0xf00fff},
		{"s_andn2_saveexec_b64 s[8:9], s[4:5]", 0xf000f0},
		{"s_orn2_saveexec_b64 s[8:9], s[4:5]", 0xfffffffffffff0f0},
		{"s_nand_saveexec_b64 s[8:9], s[4:5]", 0xfffffffffff0ffff},
		{"s_nor_saveexec_b64 s[8:9], s[4:5]", 0xffffffffff00f000},
		{"s_xnor_saveexec_b64 s[8:9], s[4:5]", 0xffffffffff0ff000},
		{"s_andn1_saveexec_b64 s[8:9], s[4:5]", 0x000f0f},
		{"s_orn1_saveexec_b64 s[8:9], s[4:5]", 0xffffffffff0fff0f},
		{"s_andn1_wrexec_b64 s[8:9], s[4:5]", 0x000f0f},
		{"s_andn2_wrexec_b64 s[8:9], s[4:5]", 0xf000f0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool write = strstr(cases[i].line, "wrexec");

		ON_EVERY_ISA(t, cases[i].line)
		{
			set_pair(t, 4, 0xff00f0);
			t->w->exec = 0x0f0f0f;
			run_line(t, cases[i].line);
			if (t->w->exec != cases[i].exec)
				fail_msg("%s: EXEC 0x%llx", cases[i].line, (unsigned long long)t->w->exec);
			assert_true(pair(t, 8) == (write ? cases[i].exec : 0x0f0f0f));
			assert_true(t->w->scc);
		}
	}
	ON_EVERY_ISA(t, "s_and_saveexec_b64 s[8:9], s[4:5]")
	{
		t->w->scc = true;
		run_line(t, "s_and_saveexec_b64 s[8:9], s[4:5]");
		assert_true(t->w->exec == 0 && !t->w->scc);
	}
}

static void jumps_and_calls_go_where_they_say(void **state)
{
	static struct unit_wave wave, *t = &wave;
	const uint64_t after = UNIT_VA + 4;

	(void)state;
	ON_EVERY_ISA(t, "s_getpc_b64 s[8:9]")
	{
		run_line(t, "s_getpc_b64 s[8:9]");
		assert_true(pair(t, 8) == after);
		set_pair(t, 4, UNIT_VA + 64);
		run_line(t, "s_setpc_b64 s[4:5]");
		assert_true(t->w->pc == UNIT_VA + 64);
		run_line(t, "s_swappc_b64 s[8:9], s[4:5]");
		assert_true(t->w->pc == UNIT_VA + 64 && pair(t, 8) == UNIT_VA + 68);
		t->w->pc = UNIT_VA;
		run_line(t, "s_call_b64 s[8:9], 5");
		assert_true(t->w->pc == after + 20 && pair(t, 8) == after);
	}
}

static void branches_follow_their_condition(void **state)
{
	static struct unit_wave wave, *t = &wave;
	static const char *const names[] = {"s_branch", "s_cbranch_scc0", "s_cbranch_scc1", "s_cbranch_vccz", "s_cbranch_vccnz",
		"s_cbranch_execz", "s_cbranch_execnz"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		for (unsigned set = 0; set < 2; set++) {
			char ahead[40], back[40];
			bool taken = i == 0 || set == (i % 2 == 0);

			snprintf(ahead, sizeof(ahead), "%s 5", names[i]);
			snprintf(back, sizeof(back), "%s 65531", names[i]);
			ON_EVERY_ISA(t, ahead)
			{
				t->w->scc = set;
				t->w->vcc = set ? 1ull << 40 : 0;
				t->w->exec = set ? 1ull << 63 : 0;
				run_line(t, ahead);
				if (t->w->pc != UNIT_VA + 4 + (taken ? 20 : 0))
					fail_msg("%s with %u", ahead, set);
				t->w->pc = UNIT_VA + 400;
				run_line(t, back);
				if (t->w->pc != UNIT_VA + 404 - (taken ? 20 : 0))
					fail_msg("%s with %u", back, set);
			}
		}
	}
}

static void moves_relative_to_m0_stay_inside_the_file(void **state)
{
	static struct unit_wave wave, *t = &wave;

	(void)state;
	ON_EVERY_ISA(t, "s_movrels_b32 s8, s4")
	{
		t->w->m0 = 6;
		set_pair(t, 10, 0x1122334455667788);
		run_line(t, "s_movrels_b32 s8, s4");
		assert_int_equal(t->w->sgpr[8], 0x55667788);
		run_line(t, "s_movrels_b64 s[8:9], s[4:5]");
		assert_true(pair(t, 8) == 0x1122334455667788);
		set_pair(t, 4, 0x0102030405060708);
		t->w->m0 = 12;
		run_line(t, "s_movreld_b32 s8, s4");
		assert_int_equal(t->w->sgpr[20], 0x05060708);
		run_line(t, "s_movreld_b64 s[8:9], s[4:5]");
		assert_true(pair(t, 20) == 0x0102030405060708);
		/* Beyond the file nothing is written. */
		t->w->m0 = 93;
		run_line(t, "s_movreld_b64 s[8:9], s[4:5]");
		t->w->m0 = 0xffffffff;
		run_line(t, "s_movreld_b32 s8, s4");
		assert_true(t->w->flat_scratch == UNIT_SCRATCH && pair(t, 20) == 0x0102030405060708);
	}
}

static void vgpr_index_mode_is_set_up_in_m0(void **state)
{
	static struct unit_wave wave, *t = &wave;

	(void)state;
	ON_EVERY_ISA(t, "s_set_gpr_idx_on s4, gpr_idx(SRC0,DST)")
	{
		t->w->m0 = 0x12345678;
		t->w->sgpr[4] = 0xabcd;
		run_line(t, "s_set_gpr_idx_on s4, gpr_idx(SRC0,DST)");
		assert_int_equal(t->w->m0, 0x123496cd);
		assert_true(t->w->mode & GCN_MODE_GPR_IDX_EN);
		t->w->sgpr[4] = 0x99;
		run_line(t, "s_set_gpr_idx_idx s4");
		assert_int_equal(t->w->m0, 0x12349699);
		run_line(t, "s_set_gpr_idx_mode gpr_idx(SRC1,SRC2)");
		assert_int_equal(t->w->m0, 0x12346699);
		run_line(t, "s_set_gpr_idx_off");
		assert_false(t->w->mode & GCN_MODE_GPR_IDX_EN);
	}
}

static uint32_t getreg(struct unit_wave *t, const char *name)
{
	char line[80];

	snprintf(line, sizeof(line), "s_getreg_b32 s8, hwreg(%s)", name);
	run_line(t, line);
	return t->w->sgpr[8];
}

static void hardware_registers_read_the_waves_state(void **state)
{
	static struct unit_wave wave, *t = &wave;

	(void)state;
	ON_EVERY_ISA(t, "s_getreg_b32 s8, hwreg(HW_REG_MODE)")
	{
		assert_int_equal(getreg(t, "HW_REG_MODE"), 0x3f0);
		assert_int_equal(getreg(t, "HW_REG_MODE, 4, 4"), 15);
		t->w->sgpr[8] = 0xfffffff5;
		run_line(t, "s_setreg_b32 hwreg(HW_REG_MODE, 4, 4), s8");
		assert_int_equal(t->w->mode, 0x350);
		run_line(t, "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 4), 0x12345675");
		assert_int_equal(t->w->mode, 0x350);
		t->w->scc = true;
		assert_int_equal(getreg(t, "HW_REG_STATUS, 0, 1"), 1);
		t->w->scc = false;
		assert_int_equal(getreg(t, "HW_REG_STATUS, 0, 1"), 0);
		assert_int_equal(getreg(t, "HW_REG_TRAPSTS"), 0);
		assert_int_equal(getreg(t, "HW_REG_IB_STS"), 0);
		assert_int_equal(getreg(t, "HW_REG_SH_MEM_BASES"), 0x00010002);
		assert_int_equal(getreg(t, "HW_REG_LDS_ALLOC") >> 12, UNIT_LDS / 256);
		t->w->hw_id = 0x31;
		assert_int_equal(getreg(t, "HW_REG_HW_ID"), 0x31);
		/* 64 vector registers, from 32 on those for accumulation where there are any, and 112 scalar ones. */
		assert_int_equal(getreg(t, "HW_REG_GPR_ALLOC"), (isa_ == GCN_ISA_GFX906 ? 15 << 8 : 7 << 6 | 7 << 12) | 6 << 24);
		if (isa_ == GCN_ISA_GFX942) {
			assert_int_equal(getreg(t, "20"), 0); /* XCC_ID */
		} else {
			const struct unit_words *words = unit_find(t, "s_getreg_b32 s8, hwreg(20)");

			assert_int_equal(unit_execute(t, words), -1);
			assert_int_equal(t->fault.kind, GCN_FAULT_UNKNOWN_INSTRUCTION);
			assert_string_equal(t->fault.text, "s_getreg_b32 hwreg(20)");
		}
	}
}

static void waiting_moves_the_clock(void **state)
{
	static struct unit_wave wave, *t = &wave;

	(void)state;
	ON_EVERY_ISA(t, "s_nop 3")
	{
		t->w->cycles = 100;
		run_line(t, "s_nop 3");
		assert_int_equal(t->w->cycles, 103);
		run_line(t, "s_sleep 3");
		assert_int_equal(t->w->cycles, 103 + 3 * 64);
		/* Three loads in flight: the oldest is waited for with two left. */
		t->w->cycles = 0;
		t->w->vm_issued = t->w->lgkm_issued = 3;
		for (unsigned i = 0; i < 3; i++) {
			t->w->vm_done[i] = 1000 + i;
			t->w->lgkm_done[i] = 500 + i;
		}
		run_line(t, "s_waitcnt lgkmcnt(1)");
		assert_int_equal(t->w->cycles, 501);
		run_line(t, "s_waitcnt vmcnt(2)");
		assert_int_equal(t->w->cycles, 1000);
		run_line(t, "s_waitcnt vmcnt(0) lgkmcnt(0)");
		assert_int_equal(t->w->cycles, 1002);
	}
}

static void hints_change_nothing(void **state)
{
	static struct unit_wave wave, *t = &wave;
	static const char *const lines[] = {"s_setprio 3", "s_icache_inv", "s_incperflevel 3", "s_decperflevel 3", "s_ttracedata",
		"s_wakeup", "s_trap 3"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		ON_EVERY_ISA(t, lines[i])
		{
			struct gcn_wave before = *t->w;

			run_line(t, lines[i]);
			before.pc += 4;
			assert_memory_equal(&before, t->w, sizeof(before));
		}
}

static void messages_raise_the_event_in_m0(void **state)
{
	static struct unit_wave wave, *t = &wave;

	(void)state;
	ON_EVERY_ISA(t, "s_sendmsg sendmsg(MSG_INTERRUPT)")
	{
		t->w->m0 = 0xff000123;
		run_line(t, "s_sendmsg sendmsg(MSG_INTERRUPT)");
		assert_int_equal(t->interrupts, 1);
		assert_int_equal(t->interrupt, 0x123);
		assert_int_equal(unit_execute(t, unit_find(t, "s_sendmsghalt sendmsg(MSG_INTERRUPT)")), GCN_YIELD);
		assert_int_equal(t->interrupts, 2);
		assert_true(t->w->halted);
	}
}

static void a_wave_stops_at_its_end_halt_or_barrier(void **state)
{
	static struct unit_wave wave, *t = &wave;
	static const char *const ends[] = {"s_endpgm", "s_endpgm_saved", "s_endpgm_ordered_ps_done"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		ON_EVERY_ISA(t, ends[i])
		{
			assert_int_equal(unit_execute(t, unit_find(t, ends[i])), GCN_YIELD);
			assert_true(t->w->ended);
			assert_int_equal(t->group->ended, 1);
		}
	ON_EVERY_ISA(t, "s_barrier")
	{
		/* Alone in the group: it yields and goes on. */
		assert_int_equal(unit_execute(t, unit_find(t, "s_barrier")), GCN_YIELD);
		assert_false(t->w->at_barrier);
		t->group->wave_count = 2; /* the other wave is elsewhere */
		t->group->at_barrier = 0;
		assert_int_equal(unit_execute(t, unit_find(t, "s_barrier")), GCN_YIELD);
		assert_true(t->w->at_barrier);
		t->group->wave_count = 1;
		assert_int_equal(unit_execute(t, unit_find(t, "s_sethalt 3")), GCN_YIELD);
		assert_true(t->w->halted);
	}
}

/* ---- coverage ---- */

static bool is_scalar(const char *name)
{
	static const char *const memory[] = {"s_load_", "s_store_", "s_buffer_", "s_scratch_", "s_atomic_", "s_dcache_", "s_mem",
		"s_atc_"};

	for (size_t i = 0; i < ARRAY_SIZE(memory); i++)
		if (unit_begins(name, memory[i]))
			return false;
	return unit_begins(name, "s_");
}

static void every_scalar_opcode_ran_or_is_listed(void **state)
{
	(void)state;
	unit_assert_covered(is_scalar);
	unit_assert_absent_faults(is_scalar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_and_scc_are_as_documented),
		cmocka_unit_test(saveexec_swaps_the_mask_and_keeps_the_old_one),
		cmocka_unit_test(jumps_and_calls_go_where_they_say),
		cmocka_unit_test(branches_follow_their_condition),
		cmocka_unit_test(moves_relative_to_m0_stay_inside_the_file),
		cmocka_unit_test(vgpr_index_mode_is_set_up_in_m0),
		cmocka_unit_test(hardware_registers_read_the_waves_state),
		cmocka_unit_test(waiting_moves_the_clock),
		cmocka_unit_test(hints_change_nothing),
		cmocka_unit_test(messages_raise_the_event_in_m0),
		cmocka_unit_test(a_wave_stops_at_its_end_halt_or_barrier),
		cmocka_unit_test(every_scalar_opcode_ran_or_is_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
