/* SPDX-License-Identifier: MIT */
/*
 * A hand-made wave with memory and LDS for the tests of single instructions, the encoded instructions to run on it, and the list of
 * those that the model lacks. Used by one thread.
 */
#ifndef TESTS_UNIT_GCN_UNIT_WAVE_H
#define TESTS_UNIT_GCN_UNIT_WAVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/gcn/group.h"
#include "sim/gcn/poll.h"

struct unit_words {
	unsigned isas; /* bit: enum gcn_isa */
	uint16_t op;
	const char *text;
	uint32_t words[3];
	unsigned count;
};

#include "tests/unit/gcn_unit_words.inc"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum {
	UNIT_VGPRS = 32, /* and as many accumulation registers */
	UNIT_PAGES = 8,
	UNIT_MEMORY = UNIT_PAGES * GCN_PAGE_BYTES,
	UNIT_LDS = 4096,
	UNIT_SCRATCH_LANE = 64, /* bytes of private memory per lane */
	UNIT_ISAS = 3,
};
#define UNIT_VA	     0x7f1200000000ull
#define UNIT_SCRATCH 0x7f3400000000ull
#define UNIT_LDS_APERTURE     (1ull << 48)
#define UNIT_PRIVATE_APERTURE (2ull << 48)

/* Mnemonics that the model lacks, and why; one that ends in '*' stands for all with that beginning. */
static const struct {
	const char *name, *reason;
} unit_absent[] = {
	{"buffer_load_format_*", "typed buffers are a graphics feature"},
	{"buffer_store_format_*", "typed buffers are a graphics feature"},
	{"buffer_store_lds_dword", "a graphics feature"},
	{"ds_ordered_count", "ordered append is a graphics feature"},
	{"ds_gws_sema_*", "no compiler or runtime uses semaphores of global wave sync"},
	{"ds_add_src2_*", "no compiler emits the forms with both operands in LDS"},
	{"ds_and_src2_*", "as ds_add_src2"},
	{"ds_dec_src2_*", "as ds_add_src2"},
	{"ds_inc_src2_*", "as ds_add_src2"},
	{"ds_max_src2_*", "as ds_add_src2"},
	{"ds_min_src2_*", "as ds_add_src2"},
	{"ds_or_src2_*", "as ds_add_src2"},
	{"ds_rsub_src2_*", "as ds_add_src2"},
	{"ds_sub_src2_*", "as ds_add_src2"},
	{"ds_write_src2_*", "as ds_add_src2"},
	{"ds_xor_src2_*", "as ds_add_src2"},
	{"s_atc_probe*", "address translation prefetch; no compiler emits it"},
	{"s_atomic_*", "no compiler emits scalar atomics"},
	{"s_buffer_atomic_*", "no compiler emits scalar atomics"},
	{"s_cbranch_cdbg*", "branches on a debugger's flags, for the trap handler"},
	{"s_cbranch_g_fork", "the fork and join stack; no compiler uses it"},
	{"s_cbranch_i_fork", "the fork and join stack; no compiler uses it"},
	{"s_cbranch_join", "the fork and join stack; no compiler uses it"},
	{"s_dcache_discard*", "throws away what the cache holds: undefined where there is no cache"},
	{"s_rfe_*", "return from the trap handler, which is not modelled"},
	{"s_scratch_*", "no compiler emits scalar scratch accesses"},
	{"s_setkill", "for the trap handler"},
	{"s_setvskip", "skips vector instructions; no compiler emits it"},
};

static inline bool unit_is_absent(const char *mnemonic)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_absent); i++) {
		const char *name = unit_absent[i].name;
		size_t n = strlen(name);

		if (name[n - 1] == '*' ? !strncmp(name, mnemonic, n - 1) : !strcmp(name, mnemonic))
			return true;
	}
	return false;
}

struct unit_wave {
	struct gcn_machine machine;
	_Atomic uint32_t generation;
	struct gcn_dispatch dispatch;
	struct gcn_fault fault;
	struct gcn_group *group;
	struct gcn_wave *w;
	/* GPU memory, its pages in reverse order on the host: what crosses a page must not run on. The private memory follows. */
	uint8_t memory[UNIT_MEMORY];
	uint8_t scratch[UNIT_SCRATCH_LANE * GCN_WAVE_LANES];
	uint32_t interrupt;
	unsigned interrupts;
	_Alignas(64) uint32_t v[2 * UNIT_VGPRS][GCN_WAVE_LANES];
};

static inline uint8_t *unit_page(void *ctx, uint64_t va, bool write)
{
	struct unit_wave *t = ctx;

	(void)write;
	if (va - UNIT_VA < UNIT_MEMORY)
		return t->memory + (UNIT_PAGES - 1 - (va - UNIT_VA) / GCN_PAGE_BYTES) * GCN_PAGE_BYTES;
	if (va - UNIT_SCRATCH < sizeof(t->scratch))
		return t->scratch + (va - UNIT_SCRATCH);
	return NULL;
}

/* The byte at offset @at of the memory. */
static inline uint8_t *unit_byte(struct unit_wave *t, uint64_t at)
{
	return t->memory + (UNIT_PAGES - 1 - at / GCN_PAGE_BYTES) * GCN_PAGE_BYTES + at % GCN_PAGE_BYTES;
}

static inline void unit_interrupt(void *ctx, uint32_t event_id)
{
	struct unit_wave *t = ctx;

	t->interrupt = event_id;
	t->interrupts++;
}

static inline void unit_wave_init(struct unit_wave *t, enum gcn_isa isa)
{
	memset(t, 0, sizeof(*t));
	t->machine = (struct gcn_machine){.isa = isa, .ctx = t, .page = unit_page, .vm_generation = &t->generation,
		.interrupt = unit_interrupt, .shader_khz = 1700000, .realtime_khz = 100000,
		.lds_aperture = UNIT_LDS_APERTURE, .scratch_aperture = UNIT_PRIVATE_APERTURE};
	t->dispatch = (struct gcn_dispatch){.machine = &t->machine, .scratch_va = UNIT_SCRATCH,
		.scratch_wave_bytes = sizeof(t->scratch), .sgprs = 112, .vgprs = UNIT_VGPRS, .agprs = UNIT_VGPRS};
	t->group = calloc(1, sizeof(*t->group) + sizeof(t->group->wave[0]));
	assert_non_null(t->group);
	t->group->dispatch = &t->dispatch;
	t->group->wave_count = 1;
	t->group->limit = UINT64_MAX;
	t->group->tlb.generation = ~0u;
	t->group->lds_bytes = UNIT_LDS;
	t->group->lds = calloc(1, UNIT_LDS);
	assert_non_null(t->group->lds);
	t->w = &t->group->wave[0];
	*t->w = (struct gcn_wave){.group = t->group, .machine = &t->machine, .fault = &t->fault, .exec = ~0ull,
		.mode = 0x3f0, .pc = UNIT_VA, .flat_scratch = UNIT_SCRATCH, .scratch_va = UNIT_SCRATCH,
		.nvgprs = UNIT_VGPRS, .nagprs = UNIT_VGPRS, .vgpr = t->v, .agpr = t->v + UNIT_VGPRS};
}

static inline void unit_wave_fini(struct unit_wave *t)
{
	gcn_poll_free(t->w);
	free(t->group->lds);
	free(t->group);
}

static unsigned unit_ran[GCN_OP_COUNT];

/* Decodes @words for the wave's ISA; fails the test when they are not what their text says. */
static inline void unit_decode(const struct unit_wave *t, const struct unit_words *words, struct gcn_inst *in)
{
	if (gcn_decode(t->machine.isa, words->words, words->count, in))
		fail_msg("'%s' does not decode", words->text);
	if (in->op != words->op || in->dwords != words->count)
		fail_msg("'%s' decodes to %s", words->text, gcn_op_name((enum gcn_op)in->op));
}

/* Executes; what exec returned. */
static inline int unit_execute(struct unit_wave *t, const struct unit_words *words)
{
	struct gcn_inst in;

	unit_decode(t, words, &in);
	if (!in.exec)
		fail_msg("'%s' is not modelled", words->text);
	memset(&t->fault, 0, sizeof(t->fault));
	t->w->pc += 4u * in.dwords;
	unit_ran[in.op]++;
	return in.exec(t->w, &in);
}

static inline void unit_run(struct unit_wave *t, const struct unit_words *words)
{
	if (unit_execute(t, words))
		fail_msg("'%s' faults or yields: %s at 0x%llx", words->text, t->fault.text, (unsigned long long)t->fault.va);
}

static inline const struct unit_words *unit_find(const struct unit_wave *t, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_words); i++)
		if (unit_words[i].isas >> t->machine.isa & 1 && !strcmp(unit_words[i].text, text))
			return &unit_words[i];
	fail_msg("no encoding for '%s'", text);
	return NULL;
}

static inline bool unit_begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Every mnemonic that @ours takes was executed by this program's tests, or stands in the list and is not modelled. */
static inline void unit_assert_covered(bool (*ours)(const char *mnemonic))
{
	unsigned missing = 0;

	for (unsigned op = 1; op < GCN_OP_COUNT; op++) {
		const char *name = gcn_op_name((enum gcn_op)op);

		if (!ours(name) || unit_is_absent(name) || unit_ran[op])
			continue;
		print_message("%s was never executed\n", name);
		missing++;
	}
	assert_int_equal(missing, 0);
}

/* What the list says is not modelled has no function, so that it faults by name. */
static inline void unit_assert_absent_faults(bool (*ours)(const char *mnemonic))
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_words); i++) {
		const char *name = gcn_op_name((enum gcn_op)unit_words[i].op);
		struct gcn_inst in;

		if (!ours(name) || !unit_is_absent(name))
			continue;
		for (unsigned isa = 0; isa < UNIT_ISAS; isa++) {
			if (!(unit_words[i].isas >> isa & 1))
				continue;
			assert_int_equal(gcn_decode((enum gcn_isa)isa, unit_words[i].words, unit_words[i].count, &in), 0);
			if (in.exec)
				fail_msg("'%s' is listed as not modelled", unit_words[i].text);
		}
	}
}

static uint64_t unit_random_state = 0x9e3779b97f4a7c15;

static inline uint64_t unit_random(void)
{
	unit_random_state ^= unit_random_state << 13;
	unit_random_state ^= unit_random_state >> 7;
	unit_random_state ^= unit_random_state << 17;
	return unit_random_state;
}

#endif
