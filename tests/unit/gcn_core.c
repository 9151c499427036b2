/* SPDX-License-Identifier: MIT */
/*
 * The compute-unit model on hand-assembled instructions: faults, clocks, waiting, launch state, code that changes. The encodings are
 * llvm-mc's, their text stands beside them. Kernel arguments are in s[0:1], the group id in s2.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gcn_rig.h"

#define ENDPGM           0xbf810000
#define WAIT_ALL         0xbf8c0070             /* s_waitcnt vmcnt(0) lgkmcnt(0) */
#define LOAD_S4_S5       0xc0060100, 0x00000000 /* s_load_dwordx2 s[4:5], s[0:1], 0x0 */
#define LOAD_S4_S7       0xc00a0100, 0x00000000 /* s_load_dwordx4 s[4:7], s[0:1], 0x0 */
#define V0_IS_1          0x7e000281             /* v_mov_b32_e32 v0, 1 */
#define V23_IS_S45       0x7e040204, 0x7e060205 /* v_mov_b32_e32 v2, s4; v_mov_b32_e32 v3, s5 */
#define STORE_V0         0xdc708000, 0x007f0002 /* global_store_dword v[2:3], v0, off */
#define OUT_S8_S11       0xc04a0202, 0x00000000 /* s_store_dwordx4 s[8:11], s[4:5], 0x0 */
#define OUT_S8           0xc0420202, 0x00000000 /* s_store_dword s8, s[4:5], 0x0 */
#define WORDS(...)       ((const uint32_t[]){__VA_ARGS__})
#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))
#define CODE(r, ...)     rig_code(r, WORDS(__VA_ARGS__), COUNT(WORDS(__VA_ARGS__)))

static struct rig *new_rig(enum gcn_isa isa)
{
	struct rig *r = malloc(sizeof(*r));

	assert_non_null(r);
	rig_init(r, isa);
	return r;
}

static void end_rig(struct rig *r)
{
	rig_fini(r);
	free(r);
}

/* One wave of @lanes lanes. @argument, an address as a rule, is the kernel's only argument. */
static enum gcn_stop run_one(struct rig *r, uint64_t kernel, uint64_t argument, uint16_t lanes)
{
	return rig_run(r,
		&(struct rig_launch){.kernel = kernel, .grid = {lanes}, .group = {lanes}, .args = &argument,
			.arg_bytes = sizeof(argument)});
}

static void run_done(struct rig *r, uint64_t kernel, uint64_t argument, uint16_t lanes)
{
	if (run_one(r, kernel, argument, lanes) != GCN_STOP_DONE)
		fail_msg("fault %d at pc 0x%llx: %s", r->fault.kind, (unsigned long long)r->fault.pc, r->fault.text);
}

static void unknown_encoding_faults_with_its_bits(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t kernel = CODE(r, 0xbf800000, 0xbfff0000, ENDPGM);

	(void)state;
	assert_int_equal(run_one(r, kernel, 0, 64), GCN_STOP_FAULT);
	assert_int_equal(r->fault.kind, GCN_FAULT_UNKNOWN_INSTRUCTION);
	assert_non_null(strstr(r->fault.text, "0xbfff0000"));
	assert_true(r->fault.pc == kernel + 256 + 4);
	assert_true(r->instructions == 1);
	end_rig(r);
}

static void instruction_without_a_model_faults_with_its_name(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t kernel = CODE(r, 0xd9330000, 0x00000000 /* ds_gws_init v0 gds */, ENDPGM);

	(void)state;
	assert_int_equal(run_one(r, kernel, 0, 64), GCN_STOP_FAULT);
	assert_int_equal(r->fault.kind, GCN_FAULT_UNKNOWN_INSTRUCTION);
	assert_string_equal(r->fault.text, "ds_gws_init");
	assert_true(r->fault.pc == kernel + 256);
	end_rig(r);
}

static void scalar_load_from_nowhere_faults_with_its_address(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t nowhere = 0x123456789000;
	/* s_load_dword s8, s[4:5], 0x0 */
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, 0xc0020202, 0x00000000, ENDPGM);

	(void)state;
	assert_int_equal(run_one(r, kernel, nowhere, 64), GCN_STOP_FAULT);
	assert_int_equal(r->fault.kind, GCN_FAULT_MEMORY);
	assert_true(r->fault.va == nowhere);
	assert_false(r->fault.write);
	assert_string_equal(r->fault.text, "s_load_dword");
	assert_true(r->fault.pc == kernel + 256 + 12);
	end_rig(r);
}

static void store_to_read_only_memory_faults_as_a_write(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, V0_IS_1, V23_IS_S45, STORE_V0, ENDPGM);
	uint64_t page = rig_alloc(r, 4096);

	(void)state;
	run_done(r, kernel, page, 64);
	assert_int_equal(*(uint32_t *)rig_host(r, page), 1);
	rig_protect(r, page);
	assert_int_equal(run_one(r, kernel, page + 8, 64), GCN_STOP_FAULT);
	assert_int_equal(r->fault.kind, GCN_FAULT_MEMORY);
	assert_true(r->fault.va == page + 8);
	assert_true(r->fault.write);
	end_rig(r);
}

static void jump_to_nowhere_faults_at_the_target(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, 0xbe801d04 /* s_setpc_b64 s[4:5] */, ENDPGM);

	(void)state;
	assert_int_equal(run_one(r, kernel, 0x5550000, 64), GCN_STOP_FAULT);
	assert_int_equal(r->fault.kind, GCN_FAULT_MEMORY);
	assert_true(r->fault.pc == 0x5550000);
	end_rig(r);
}

static void lds_beyond_the_allocation_faults(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	struct rig_launch l = {.grid = {1}, .group = {1}, .lds_bytes = 100};
	/* v_mov_b32_e32 v6, 0x1fc; ds_write_b32 v6, v0; ds_write_b32 v6, v0 offset:4 */
	uint64_t last = CODE(r, 0x7e0c02ff, 0x000001fc, 0xd81a0000, 0x00000006, ENDPGM);
	uint64_t beyond = CODE(r, 0x7e0c02ff, 0x000001fc, 0xd81a0004, 0x00000006, ENDPGM);

	(void)state;
	l.kernel = last; /* 100 bytes are allocated as 512 */
	assert_int_equal(rig_run(r, &l), GCN_STOP_DONE);
	l.kernel = beyond;
	assert_int_equal(rig_run(r, &l), GCN_STOP_FAULT);
	assert_int_equal(r->fault.kind, GCN_FAULT_APERTURE);
	assert_string_equal(r->fault.text, "ds_write_b32");
	assert_true(r->fault.va == r->machine.lds_aperture + 0x200);
	end_rig(r);
}

static void scratch_beyond_the_allocation_faults(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX942);
	/* s_movk_i32 s3, 0x1000 - 4 or 0x1000; scratch_store_dword off, v0, s3 */
	uint64_t last = CODE(r, 0xb0030ffc, 0xdc704000, 0x00030000, ENDPGM);
	uint64_t beyond = CODE(r, 0xb0031000, 0xdc704000, 0x00030000, ENDPGM);

	(void)state;
	assert_int_equal(r->scratch_wave_bytes / 64, 0x1000);
	run_done(r, last, 0, 64);
	assert_int_equal(run_one(r, beyond, 0, 64), GCN_STOP_FAULT);
	assert_int_equal(r->fault.kind, GCN_FAULT_APERTURE);
	assert_true(r->fault.va == r->machine.scratch_aperture + 0x1000);
	end_rig(r);
}

static void trap_faults_with_its_number(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t kernel = CODE(r, 0xbf920003 /* s_trap 3: no debugger */, 0xbf920002 /* s_trap 2 */, ENDPGM);

	(void)state;
	assert_int_equal(run_one(r, kernel, 0, 64), GCN_STOP_FAULT);
	assert_int_equal(r->fault.kind, GCN_FAULT_TRAP);
	assert_int_equal(r->fault.code, 2);
	assert_true(r->fault.pc == kernel + 256 + 4);
	end_rig(r);
}

static void group_of_halted_waves_is_a_deadlock(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t kernel = CODE(r, 0xbf8d0001 /* s_sethalt 1 */, ENDPGM);

	(void)state;
	assert_int_equal(run_one(r, kernel, 0, 256), GCN_STOP_FAULT);
	assert_int_equal(r->fault.kind, GCN_FAULT_DEADLOCK);
	end_rig(r);
}

static void clock_is_monotonic_and_sleep_advances_it(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 64), *clock = rig_host(r, out);
	/* s_memtime s[8:9]; s_memtime s[10:11]; out; s_sleep 10; s_memtime s[8:9]; s_memrealtime s[12:13] */
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, 0xc0900200, 0, 0xc0900280, 0, OUT_S8_S11,
		0xbf8e000a, 0xc0900200, 0, 0xc0940300, 0,
		0xc0460202, 0x10 /* s_store_dwordx2 s[8:9], s[4:5], 0x10 */,
		0xc0460302, 0x18 /* s_store_dwordx2 s[12:13], s[4:5], 0x18 */, ENDPGM);

	(void)state;
	r->start_cycles = 34000000; /* 20 ms at 1.7 GHz */
	run_done(r, kernel, out, 64);
	assert_true(clock[0] > r->start_cycles);
	assert_true(clock[1] > clock[0]);
	assert_true(clock[2] >= clock[1] + 640);
	assert_true(clock[2] < clock[1] + 1000);
	assert_true(clock[3] == clock[2] / 17 || clock[3] == (clock[2] + 4) / 17);
	end_rig(r);
}

/*
 * The clock is read until it is 2,000,000 cycles later; then both clocks are stored. s_memtime s[8:9]; s_waitcnt lgkmcnt(0);
 * s_add_u32 s10, s8, 0x1e8480; s_addc_u32 s11, s9, 0; v_mov_b32 v2, s10; v_mov_b32 v3, s11; the loop: s_memtime s[8:9];
 * s_waitcnt lgkmcnt(0); s_add_u32 s12, s12, 1; v_cmp_lt_u64 vcc, s[8:9], v[2:3]; s_cbranch_vccnz
 */
static uint64_t wait_loop(struct rig *r)
{
	return CODE(r, LOAD_S4_S5, WAIT_ALL, 0xc0900200, 0, 0xbf8cc07f, 0x800aff08, 0x1e8480, 0x820b8009,
		0x7e04020a, 0x7e06020b, 0xc0900200, 0, 0xbf8cc07f, 0x800c810c, 0x7dd20408, 0xbf87fffa, OUT_S8_S11,
		ENDPGM);
}

static void a_loop_that_waits_for_the_clock_is_cheap_and_ends_in_time(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 64), *clock = rig_host(r, out);

	(void)state;
	run_done(r, wait_loop(r), out, 64);
	assert_true(clock[0] >= clock[1]);
	assert_true(clock[0] < clock[1] + 400); /* two turns */
	assert_true(r->instructions < 1000);
	end_rig(r);
}

static void such_a_loop_may_be_stopped_and_suspended_anywhere(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 64), *clock = rig_host(r, out), args = rig_alloc(r, 8);
	struct gcn_dispatch d = {.machine = &r->machine, .kernel_object = wait_loop(r), .grid_size = {64, 1, 1},
		.group_size = {64, 1, 1}, .kernarg_va = args};
	const uint32_t id[3] = {0, 0, 0};
	struct gcn_fault fault;
	uint64_t last = 5000;
	int slices = 0;

	(void)state;
	*(uint64_t *)rig_host(r, args) = out;
	assert_int_equal(gcn_dispatch_init(&d, &fault), 0);
	struct gcn_group *g = gcn_group_new(&d, id, 0, last);
	while (gcn_group_run(g, 3, &fault) == GCN_STOP_SLICE) {
		assert_true(gcn_group_cycles(g) >= last);
		assert_true(++slices < 1000);
		gcn_group_add_cycles(g, 7);
		last = gcn_group_cycles(g);
	}
	assert_int_equal(fault.kind, GCN_FAULT_NONE);
	assert_true(clock[0] >= clock[1]);
	assert_true(clock[0] < clock[1] + 500);
	gcn_group_free(g);
	end_rig(r);
}

/* A group of one wave that runs @kernel; what it writes is at @out. */
static struct gcn_group *one_wave(struct rig *r, struct gcn_dispatch *d, uint64_t kernel, uint64_t out, uint64_t start)
{
	const uint32_t id[3] = {0, 0, 0};
	uint64_t args = rig_alloc(r, 8);
	struct gcn_fault fault;

	*(uint64_t *)rig_host(r, args) = out;
	*d = (struct gcn_dispatch){.machine = &r->machine, .kernel_object = kernel, .grid_size = {64, 1, 1},
		.group_size = {64, 1, 1}, .kernarg_va = args};
	assert_int_equal(gcn_dispatch_init(d, &fault), 0);
	struct gcn_group *g = gcn_group_new(d, id, 0, start);
	assert_non_null(g);
	return g;
}

static void what_comes_behind_such_a_loop_keeps_to_the_limit(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 64), *clock = rig_host(r, out);
	struct gcn_dispatch d;
	struct gcn_group *g = one_wave(r, &d, wait_loop(r), out, 5000);
	struct gcn_fault fault;

	(void)state;
	for (uint64_t limit = 6000; limit < 2005000; limit += 666000) {
		gcn_group_limit(g, limit);
		assert_int_equal(gcn_group_run(g, 1000000, &fault), GCN_STOP_SLICE);
		assert_true(gcn_group_cycles(g) > limit);
		assert_int_equal(clock[0], 0);
	}
	gcn_group_limit(g, 2010000);
	assert_int_equal(gcn_group_run(g, 1000, &fault), GCN_STOP_DONE);
	assert_true(clock[0] >= clock[1]);
	assert_true(clock[0] < clock[1] + 400);
	gcn_group_free(g);
	end_rig(r);
}

/* It waits for 2,000,000 cycles and stands still for 5,000,000 in the midst of them: its time is over then. */
static void such_a_loop_ends_when_its_time_passed_while_it_was_suspended(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 64), *clock = rig_host(r, out);
	struct gcn_dispatch d;
	struct gcn_group *g = one_wave(r, &d, wait_loop(r), out, 5000);
	struct gcn_fault fault;

	(void)state;
	gcn_group_limit(g, 1000000);
	assert_int_equal(gcn_group_run(g, 1000000, &fault), GCN_STOP_SLICE);
	gcn_group_add_cycles(g, 5000000);
	assert_uint_in_range(gcn_group_cycles(g), 5000000, 6000400);
	gcn_group_limit(g, 6001000);
	assert_int_equal(gcn_group_run(g, 1000, &fault), GCN_STOP_DONE);
	/* Its last look was right after that. */
	assert_true(clock[1] < 2010000);
	assert_uint_in_range(clock[0], 5000000, 6000800);
	gcn_group_free(g);
	end_rig(r);
}

/* Of such a loop that goes on, turns are left out again. */
static void such_a_loop_is_as_cheap_after_it_was_suspended(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 64), *clock = rig_host(r, out);
	struct gcn_dispatch d;
	struct gcn_group *g = one_wave(r, &d, wait_loop(r), out, 5000);
	struct gcn_fault fault;

	(void)state;
	for (uint64_t limit = 100000; limit <= 1000000; limit += 100000) {
		gcn_group_limit(g, limit);
		assert_int_equal(gcn_group_run(g, 1000000, &fault), GCN_STOP_SLICE);
		gcn_group_add_cycles(g, 1);
	}
	gcn_group_limit(g, UINT64_MAX);
	assert_int_equal(gcn_group_run(g, 1000000, &fault), GCN_STOP_DONE);
	assert_true(gcn_group_instructions(g) < 2000);
	assert_true(clock[0] >= clock[1] && clock[0] < clock[1] + 400);
	gcn_group_free(g);
	end_rig(r);
}

static void waves_that_sleep_keep_to_the_limit(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	/* s_sleep 127; s_branch to it */
	uint64_t kernel = CODE(r, 0xbf8e007f, 0xbf82fffe);
	struct gcn_dispatch d;
	struct gcn_group *g = one_wave(r, &d, kernel, 0, 0);
	struct gcn_fault fault;

	(void)state;
	gcn_group_limit(g, 100000);
	assert_int_equal(gcn_group_run(g, 1000000, &fault), GCN_STOP_SLICE);
	assert_uint_in_range(gcn_group_cycles(g), 100001, 100000 + 127 * 64 + 20);
	/* Past it nothing is executed, and that is no deadlock. */
	uint64_t instructions = gcn_group_instructions(g);
	assert_int_equal(gcn_group_run(g, 1000000, &fault), GCN_STOP_SLICE);
	assert_true(gcn_group_instructions(g) == instructions);
	gcn_group_free(g);
	end_rig(r);
}

static void time_suspended_moves_the_clocks(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t kernel = CODE(r, 0xbf800000, 0xbf800000, 0xbf800000, ENDPGM);
	struct gcn_dispatch d = {.machine = &r->machine, .kernel_object = kernel, .grid_size = {64, 1, 1},
		.group_size = {64, 1, 1}};
	const uint32_t id[3] = {0, 0, 0};
	struct gcn_fault fault;

	(void)state;
	assert_int_equal(gcn_dispatch_init(&d, &fault), 0);
	struct gcn_group *g = gcn_group_new(&d, id, 0, 5000);
	assert_int_equal(gcn_group_run(g, 2, &fault), GCN_STOP_SLICE);
	assert_true(gcn_group_instructions(g) == 2);
	uint64_t before = gcn_group_cycles(g);
	assert_true(before > 5000);
	gcn_group_add_cycles(g, 1000000);
	assert_true(gcn_group_cycles(g) == before + 1000000);
	assert_int_equal(gcn_group_run(g, 100, &fault), GCN_STOP_DONE);
	assert_true(gcn_group_cycles(g) > before + 1000000);
	gcn_group_free(g);
	end_rig(r);
}

static void waves_of_one_simd_take_turns(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint32_t code[65];
	uint64_t kernel, one, four, eight;

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		code[i] = V0_IS_1;
	code[64] = ENDPGM;
	kernel = rig_code(r, code, 65);
	run_done(r, kernel, 0, 64);
	one = r->cycles - r->start_cycles;
	run_done(r, kernel, 0, 256);
	four = r->cycles - r->start_cycles;
	run_done(r, kernel, 0, 512);
	eight = r->cycles - r->start_cycles;
	assert_true(one >= 64 * 4);
	assert_true(four == one);
	assert_true(eight >= 2 * 64 * 4);
	end_rig(r);
}

static void barrier_moves_all_clocks_to_the_last_wave(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 8 * 256), *clock = rig_host(r, out);
	/* v_readfirstlane_b32 s6, v0; s_cmp_lg_u32 s6, 64; s_cbranch_scc1 1; s_sleep 100: the second wave alone;
	 * s_barrier; s_memtime s[8:9]; v_mov_b32_e32 v1, s8; v_lshlrev_b32_e32 v4, 3, v0;
	 * global_store_dword v4, v1, s[4:5] */
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, 0x7e0c0500, 0xbf07c006, 0xbf850001, 0xbf8e0064, 0xbf8a0000,
		0xc0900200, 0, WAIT_ALL, 0x7e020208, 0x24080083, 0xdc708000, 0x00040104, ENDPGM);

	(void)state;
	run_done(r, kernel, out, 256);
	assert_true(clock[0] >= r->start_cycles + 6400);
	for (unsigned i = 1; i < 256; i++)
		assert_true(clock[i] == clock[0]);
	end_rig(r);
}

static void narrow_and_odd_loads_extend_and_fill(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t memory = rig_alloc(r, 64);
	uint32_t *word = rig_host(r, memory);
	static const uint32_t want[] = {0xffffff81, 0x81, 0xffff8281, 0x8281, 0x82811111, 0x11118281, 0x84838281, 2, 3};
	/* v_mov_b32 v0, 0; v_mov_b32 v9, 0x11111111 and v10 likewise; loads from s[4:5]: sbyte v5, ubyte v6, sshort v7,
	 * ushort v8, short_d16_hi v9, short_d16 v10, dwordx3 v[11:13] */
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, 0x7e000280, 0x7e1202ff, 0x11111111, 0x7e1402ff, 0x11111111,
		0xdc448000, 0x05040000, 0xdc408000, 0x06040000, 0xdc4c8000, 0x07040000, 0xdc488000, 0x08040000,
		0xdc948000, 0x09040000, 0xdc908000, 0x0a040000, 0xdc588000, 0x0c040000, WAIT_ALL,
		/* global_store_dwordx4 v0, v[5:8], s[4:5] offset:16; dwordx2 v[9:10] offset:32; dwordx3 v[12:14] offset:40 */
		0xdc7c8010, 0x00040500, 0xdc748020, 0x00040900, 0xdc788028, 0x00040c00, ENDPGM);

	(void)state;
	word[0] = 0x84838281;
	word[1] = 2;
	word[2] = 3;
	run_done(r, kernel, memory, 1);
	assert_int_equal(word[4], want[0]);
	assert_int_equal(word[5], want[1]);
	assert_int_equal(word[6], want[2]);
	assert_int_equal(word[7], want[3]);
	assert_int_equal(word[8], want[4]);
	assert_int_equal(word[9], want[5]);
	assert_memory_equal(word + 10, want + 6, 12);
	end_rig(r);
}

static void message_interrupts_with_the_event_in_m0(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	/* s_mov_b32 m0, 0x12345678; s_sendmsg sendmsg(MSG_INTERRUPT) */
	uint64_t kernel = CODE(r, 0xbefc00ff, 0x12345678, 0xbf900001, ENDPGM);

	(void)state;
	run_done(r, kernel, 0, 64);
	assert_int_equal(r->interrupt_count, 1);
	assert_int_equal(r->interrupts[0], 0x345678);
	end_rig(r);
}

static void mode_and_apertures_are_hardware_registers(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 16);
	uint32_t *word = rig_host(r, out);
	/* s_getreg_b32 s8, hwreg(HW_REG_MODE, 4, 4); s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), 5;
	 * s_getreg_b32 s9, hwreg(HW_REG_MODE, 0, 8); s_getreg_b32 s10, hwreg(HW_REG_SH_MEM_BASES) */
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, 0xb8881901, 0xba001801, 0xa, 0xba001801, 5, 0xb8893801, 0xb88af80f,
		OUT_S8_S11, ENDPGM);

	(void)state;
	run_done(r, kernel, out, 64);
	assert_int_equal(word[0], 0xc);
	assert_int_equal(word[1], 0xc5);
	assert_int_equal(word[2], 0x00010002);
	end_rig(r);
}

static void code_rewritten_between_launches_runs_anew(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 4);
	uint32_t *word = rig_host(r, out);
	/* s_movk_i32 s8, 0x11 */
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, 0xb0080011, OUT_S8, ENDPGM);

	(void)state;
	run_done(r, kernel, out, 1);
	assert_int_equal(*word, 0x11);
	*(uint32_t *)rig_host(r, kernel + 256 + 12) = 0xb0080012;
	run_done(r, kernel, out, 1);
	assert_int_equal(*word, 0x12);
	end_rig(r);
}

static void code_rewritten_during_a_launch_runs_anew_once_invalidated(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 4), kernarg = rig_alloc(r, 8);
	uint32_t *word = rig_host(r, out);
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, 0xb0080011, OUT_S8, ENDPGM);
	struct gcn_dispatch d = {.machine = &r->machine, .kernel_object = kernel, .kernarg_va = kernarg,
		.grid_size = {2, 1, 1}, .group_size = {1, 1, 1}};
	struct gcn_fault fault;

	(void)state;
	memcpy(rig_host(r, kernarg), &out, 8);
	assert_int_equal(gcn_dispatch_init(&d, &fault), 0);
	for (uint32_t i = 0; i < 2; i++) {
		const uint32_t id[3] = {i, 0, 0};
		struct gcn_group *g = gcn_group_new(&d, id, 0, 0);

		assert_int_equal(gcn_group_run(g, 1000, &fault), GCN_STOP_DONE);
		gcn_group_free(g);
		assert_int_equal(*word, 0x11 + i);
		*(uint32_t *)rig_host(r, kernel + 256 + 12) = 0xb0080012;
		gcn_code_invalidate(&r->machine);
	}
	end_rig(r);
}

static void instruction_may_reach_into_the_next_page(void **state)
{
	enum { LAST = (4096 - 256) / 4 - 1 };
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 4);
	uint32_t *word = rig_host(r, out), code[LAST + 8];

	(void)state;
	for (unsigned i = 0; i < LAST; i++)
		code[i] = 0xbf800000;
	memcpy(code, WORDS(LOAD_S4_S5, WAIT_ALL), 12);
	/* s_mov_b32 s8, 0x11223344 */
	memcpy(code + LAST, WORDS(0xbe8800ff, 0x11223344, OUT_S8, ENDPGM), 20);
	run_done(r, rig_code(r, code, LAST + 5), out, 1);
	assert_int_equal(*word, 0x11223344);
	end_rig(r);
}

static void vector_accesses_may_cross_pages(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t memory = rig_alloc(r, 2 * 4096), at = memory + 4096 - 3;
	const uint64_t value = 0x1122334455667788;
	uint64_t stored;
	/* global_load_dwordx2 v[4:5], v[2:3], off; global_store_dwordx2 v[2:3], v[4:5], off offset:16;
	 * global_store_dwordx2 v[2:3], v[4:5], off offset:-4 */
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, V23_IS_S45, 0xdc548000, 0x047f0002, WAIT_ALL, 0xdc748010,
		0x007f0402, 0xdc749ffc, 0x007f0402, ENDPGM);

	(void)state;
	memcpy(rig_host(r, at), &value, 8);
	run_done(r, kernel, at, 1);
	memcpy(&stored, rig_host(r, at + 16), 8);
	assert_true(stored == value);
	memcpy(&stored, rig_host(r, at - 4), 8);
	assert_true(stored == value);
	/* Into the unmapped page behind. */
	assert_int_equal(run_one(r, kernel, memory + 2 * 4096 - 4, 1), GCN_STOP_FAULT);
	assert_true(r->fault.va == memory + 2 * 4096);
	end_rig(r);
}

static void removed_mapping_is_noticed_in_a_running_group(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t memory = rig_alloc(r, 4096), kernarg = rig_alloc(r, 8);
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, V0_IS_1, V23_IS_S45, STORE_V0, STORE_V0, ENDPGM);
	struct gcn_dispatch d = {.machine = &r->machine, .kernel_object = kernel, .kernarg_va = kernarg,
		.grid_size = {1, 1, 1}, .group_size = {1, 1, 1}};
	const uint32_t id[3] = {0, 0, 0};
	struct gcn_fault fault;

	(void)state;
	memcpy(rig_host(r, kernarg), &memory, 8);
	assert_int_equal(gcn_dispatch_init(&d, &fault), 0);
	struct gcn_group *g = gcn_group_new(&d, id, 0, 0);
	assert_int_equal(gcn_group_run(g, 6, &fault), GCN_STOP_SLICE);
	assert_int_equal(*(uint32_t *)rig_host(r, memory), 1);
	rig_protect(r, memory);
	assert_int_equal(gcn_group_run(g, 100, &fault), GCN_STOP_FAULT);
	assert_true(fault.va == memory);
	gcn_group_free(g);
	end_rig(r);
}

static void misaligned_atomic_faults(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t memory = rig_alloc(r, 4096);
	/* global_atomic_add v[2:3], v0, off */
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, V0_IS_1, V23_IS_S45, 0xdd088000, 0x007f0002, ENDPGM);

	(void)state;
	assert_int_equal(run_one(r, kernel, memory + 2, 1), GCN_STOP_FAULT);
	assert_true(r->fault.va == memory + 2);
	assert_string_equal(r->fault.text, "global_atomic_add");
	end_rig(r);
}

struct stepper {
	struct rig *r;
	const struct gcn_dispatch *dispatch;
	pthread_t thread;
};

enum { ROUNDS = 200, STEPPERS = 4 };

static void *step_groups(void *arg)
{
	struct stepper *s = arg;
	const uint32_t id[3] = {0, 0, 0};

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct gcn_group *g = gcn_group_new(s->dispatch, id, 0, 0);
		struct gcn_fault fault;

		while (gcn_group_run(g, 3, &fault) == GCN_STOP_SLICE)
			;
		gcn_group_free(g);
	}
	return NULL;
}

static void groups_on_several_threads_add_atomically(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t memory = rig_alloc(r, 4096), kernarg = rig_alloc(r, 8);
	_Atomic uint32_t *word = rig_host(r, memory);
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, V0_IS_1, V23_IS_S45, 0xdd088000, 0x007f0002, ENDPGM);
	struct gcn_dispatch d = {.machine = &r->machine, .kernel_object = kernel, .kernarg_va = kernarg,
		.grid_size = {64, 1, 1}, .group_size = {64, 1, 1}};
	struct stepper stepper[STEPPERS];
	struct gcn_fault fault;

	(void)state;
	memcpy(rig_host(r, kernarg), &memory, 8);
	assert_int_equal(gcn_dispatch_init(&d, &fault), 0);
	for (unsigned i = 0; i < STEPPERS; i++) {
		stepper[i] = (struct stepper){.r = r, .dispatch = &d};
		assert_int_equal(pthread_create(&stepper[i].thread, NULL, step_groups, &stepper[i]), 0);
	}
	/* The host takes part, as it does through signals. */
	for (unsigned i = 0; i < 1000; i++)
		atomic_fetch_add(word, 1);
	for (unsigned i = 0; i < STEPPERS; i++)
		pthread_join(stepper[i].thread, NULL);
	assert_int_equal(atomic_load(word), STEPPERS * ROUNDS * 64 + 1000);
	end_rig(r);
}

static void descriptor_that_is_not_mapped_is_refused(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	struct gcn_dispatch d = {.machine = &r->machine, .kernel_object = 0x1230000, .grid_size = {1, 1, 1},
		.group_size = {1, 1, 1}};
	struct gcn_fault fault;

	(void)state;
	assert_int_equal(gcn_dispatch_init(&d, &fault), -EFAULT);
	assert_int_equal(fault.kind, GCN_FAULT_MEMORY);
	assert_true(fault.va == 0x1230000);
	end_rig(r);
}

static void impossible_launches_are_refused(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t kernel = CODE(r, ENDPGM);
	uint16_t *properties = rig_host(r, kernel + 56);
	struct gcn_dispatch d = {.machine = &r->machine, .kernel_object = kernel, .grid_size = {1, 1, 1},
		.group_size = {1, 1, 1}};
	struct gcn_fault fault;

	(void)state;
	assert_int_equal(gcn_dispatch_init(&d, &fault), 0);
	d.group_size[1] = 0;
	assert_int_equal(gcn_dispatch_init(&d, &fault), -EINVAL);
	d.group_size[1] = 1025;
	assert_int_equal(gcn_dispatch_init(&d, &fault), -EINVAL);
	d.group_size[0] = 64;
	d.group_size[1] = 32;
	assert_int_equal(gcn_dispatch_init(&d, &fault), -EINVAL);
	d.group_size[0] = 1;
	d.group_size[1] = 1;
	d.group_segment_bytes = 65537;
	assert_int_equal(gcn_dispatch_init(&d, &fault), -EINVAL);
	d.group_segment_bytes = 65536;
	assert_int_equal(gcn_dispatch_init(&d, &fault), 0);
	*properties |= 1 << 10; /* waves of 32 lanes */
	assert_int_equal(gcn_dispatch_init(&d, &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "32"));
	end_rig(r);
}

static void old_code_object_header_launches(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX90A);
	uint64_t out = rig_alloc(r, 4);
	uint64_t kernel = CODE(r, LOAD_S4_S5, WAIT_ALL, 0xb0080011, OUT_S8, ENDPGM);
	/* amd_kernel_code_t: version 1.2, machine kind 1, machine version 9; bits that a descriptor would read as
	 * waves of 32 lanes and as arguments to preload */
	const uint32_t start[] = {1, 2, 9u << 16 | 1, 10};
	uint32_t properties = 1 << 3 | 1 << 10 | 2 << 16;

	(void)state;
	memcpy(rig_host(r, kernel), start, sizeof(start));
	memcpy(rig_host(r, kernel + 56), &properties, 4);
	run_done(r, kernel, out, 1);
	assert_int_equal(*(uint32_t *)rig_host(r, out), 0x11);
	end_rig(r);
}

static void preloaded_arguments_follow_the_other_user_registers(void **state)
{
	struct rig *r = new_rig(GCN_ISA_GFX942);
	uint64_t out = rig_alloc(r, 4);
	uint32_t code[64 + 8];
	uint32_t rsrc2 = 4 << 1;
	uint16_t preload = 2; /* 2 dwords from offset 0: into s[2:3] */

	(void)state;
	/* What firmware that cannot preload would run first. */
	for (unsigned i = 0; i < 64; i++)
		code[i] = 0xbf920002;
	/* s_movk_i32 s8, 0x11; s_store_dword s8, s[2:3], 0x0 */
	memcpy(code + 64, WORDS(0xb0080011, 0xc0420201, 0, ENDPGM), 16);
	uint64_t kernel = rig_code(r, code, 68);
	memcpy(rig_host(r, kernel + 52), &rsrc2, 4);
	memcpy(rig_host(r, kernel + 58), &preload, 2);
	run_done(r, kernel, out, 1);
	assert_int_equal(*(uint32_t *)rig_host(r, out), 0x11);
	end_rig(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_encoding_faults_with_its_bits),
		cmocka_unit_test(instruction_without_a_model_faults_with_its_name),
		cmocka_unit_test(scalar_load_from_nowhere_faults_with_its_address),
		cmocka_unit_test(store_to_read_only_memory_faults_as_a_write),
		cmocka_unit_test(jump_to_nowhere_faults_at_the_target),
		cmocka_unit_test(lds_beyond_the_allocation_faults),
		cmocka_unit_test(scratch_beyond_the_allocation_faults),
		cmocka_unit_test(trap_faults_with_its_number),
		cmocka_unit_test(group_of_halted_waves_is_a_deadlock),
		cmocka_unit_test(clock_is_monotonic_and_sleep_advances_it),
		cmocka_unit_test(a_loop_that_waits_for_the_clock_is_cheap_and_ends_in_time),
		cmocka_unit_test(such_a_loop_may_be_stopped_and_suspended_anywhere),
		cmocka_unit_test(what_comes_behind_such_a_loop_keeps_to_the_limit),
		cmocka_unit_test(such_a_loop_ends_when_its_time_passed_while_it_was_suspended),
		cmocka_unit_test(such_a_loop_is_as_cheap_after_it_was_suspended),
		cmocka_unit_test(waves_that_sleep_keep_to_the_limit),
		cmocka_unit_test(time_suspended_moves_the_clocks),
		cmocka_unit_test(waves_of_one_simd_take_turns),
		cmocka_unit_test(barrier_moves_all_clocks_to_the_last_wave),
		cmocka_unit_test(narrow_and_odd_loads_extend_and_fill),
		cmocka_unit_test(message_interrupts_with_the_event_in_m0),
		cmocka_unit_test(mode_and_apertures_are_hardware_registers),
		cmocka_unit_test(code_rewritten_between_launches_runs_anew),
		cmocka_unit_test(code_rewritten_during_a_launch_runs_anew_once_invalidated),
		cmocka_unit_test(instruction_may_reach_into_the_next_page),
		cmocka_unit_test(vector_accesses_may_cross_pages),
		cmocka_unit_test(removed_mapping_is_noticed_in_a_running_group),
		cmocka_unit_test(misaligned_atomic_faults),
		cmocka_unit_test(groups_on_several_threads_add_atomically),
		cmocka_unit_test(descriptor_that_is_not_mapped_is_refused),
		cmocka_unit_test(impossible_launches_are_refused),
		cmocka_unit_test(old_code_object_header_launches),
		cmocka_unit_test(preloaded_arguments_follow_the_other_user_registers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
