/* SPDX-License-Identifier: MIT */
/*
 * A hand-made wave for the vector ALU's tests, and the encoded instructions to run on it. Used by
 * one thread.
 */
#ifndef TESTS_UNIT_GCN_VALU_WAVE_H
#define TESTS_UNIT_GCN_VALU_WAVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/gcn/valu.h"

struct valu_words {
	enum gcn_isa isa;
	const char *text;
	uint32_t words[3];
	unsigned count;
};

#include "tests/unit/gcn_valu_words.inc"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum {
	TEST_VGPRS = 64,
	TEST_AGPRS = 64,
	/* Nearest even, no flushing, DX10 clamp, IEEE: what HIP kernels start with. */
	TEST_MODE = 0x3f0,
	MODE_IEEE = 0x200,
	MODE_DX10_CLAMP = 0x100,
};

/* The build of the vector ALU under test. */
static gcn_exec_fn (*valu_lookup)(const struct gcn_inst *in) = gcn_valu_exec;

struct test_wave {
	struct gcn_machine machine;
	struct gcn_wave w;
	struct gcn_fault fault;
	_Alignas(64) uint32_t v[TEST_VGPRS + TEST_AGPRS][GCN_WAVE_LANES];
};

static inline void test_wave_init(struct test_wave *t, enum gcn_isa isa)
{
	memset(t, 0, sizeof(*t));
	t->machine.isa = isa;
	t->w.machine = &t->machine;
	t->w.fault = &t->fault;
	t->w.exec = ~0ull;
	t->w.mode = TEST_MODE;
	t->w.nvgprs = TEST_VGPRS;
	t->w.nagprs = TEST_AGPRS;
	t->w.vgpr = t->v;
	t->w.agpr = t->v + TEST_VGPRS;
}

static inline const struct valu_words *words_of(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(extra_words); i++)
		if (!strcmp(extra_words[i].text, text))
			return &extra_words[i];
	for (size_t i = 0; i < ARRAY_SIZE(op_words); i++)
		if (!strcmp(op_words[i].text, text))
			return &op_words[i];
	fail_msg("no encoding for '%s'", text);
	return NULL;
}

/* Decodes; fails the test when the words are no instruction. */
static inline void decode_words(const struct valu_words *words, struct gcn_inst *in)
{
	if (gcn_decode(words->isa, words->words, words->count, in) != 0)
		fail_msg("'%s' does not decode", words->text);
	assert_int_equal(in->dwords, words->count);
}

/* Decodes and executes; false when the unit lacks the instruction. */
static inline bool try_words(
	struct test_wave *t, const struct valu_words *words, struct gcn_inst *in)
{
	gcn_exec_fn exec;

	decode_words(words, in);
	exec = valu_lookup(in);
	if (!exec)
		return false;
	t->machine.isa = words->isa;
	if (exec(&t->w, in) != 0)
		fail_msg("'%s' faults: %s", words->text, t->fault.text);
	return true;
}

static inline void run_text(struct test_wave *t, const char *text)
{
	struct gcn_inst in;

	if (!try_words(t, words_of(text), &in))
		fail_msg("'%s' is not supported", text);
}

static inline void set_row(struct test_wave *t, unsigned v, uint32_t value)
{
	for (unsigned i = 0; i < GCN_WAVE_LANES; i++)
		t->v[v][i] = value;
}

static inline void set_row64(struct test_wave *t, unsigned v, uint64_t value)
{
	set_row(t, v, (uint32_t)value);
	set_row(t, v + 1, (uint32_t)(value >> 32));
}

/* A row in which every lane differs. */
static inline void set_numbered(struct test_wave *t, unsigned v, uint32_t base)
{
	for (unsigned i = 0; i < GCN_WAVE_LANES; i++)
		t->v[v][i] = base + i;
}

static inline uint64_t lane64(const struct test_wave *t, unsigned v, unsigned lane)
{
	return t->v[v][lane] | (uint64_t)t->v[v + 1][lane] << 32;
}

/* Runs @text on v4 = @a, v8 = @b, v12 = @c and returns lane 0 of v0. */
static inline uint32_t result3(
	struct test_wave *t, const char *text, uint32_t a, uint32_t b, uint32_t c)
{
	set_row(t, 4, a);
	set_row(t, 8, b);
	set_row(t, 12, c);
	run_text(t, text);
	return t->v[0][0];
}

static inline uint32_t result2(struct test_wave *t, const char *text, uint32_t a, uint32_t b)
{
	return result3(t, text, a, b, 0);
}

static inline uint64_t result64(
	struct test_wave *t, const char *text, uint64_t a, uint64_t b, uint64_t c)
{
	set_row64(t, 4, a);
	set_row64(t, 8, b);
	set_row64(t, 12, c);
	run_text(t, text);
	return lane64(t, 0, 0);
}

/* Runs a program's tests on every build that this host can execute. */
#define RUN_ON_EVERY_BUILD(tests)                                                                  \
	({                                                                                         \
		valu_lookup = valu_base_lookup;                                                    \
		int failed = cmocka_run_group_tests_name("any x86-64", tests, NULL, NULL);         \
		if (gcn_valu_has_avx2()) {                                                         \
			valu_lookup = valu_avx2_lookup;                                            \
			failed += cmocka_run_group_tests_name("AVX2 and FMA", tests, NULL, NULL);  \
		}                                                                                  \
		failed;                                                                            \
	})

#endif
