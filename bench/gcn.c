/* SPDX-License-Identifier: MIT */
/*
 * How fast waves execute: wave-instructions per second of one thread for several mixes, and what the launch of a kernel without
 * instructions costs. The compute-unit model alone: no runtime, no command processor. Times are of the thread's CPU, the best of
 * several rounds. The encodings are llvm-mc's for gfx90a, their text stands beside them: kernel arguments are in s[0:1], a buffer's
 * address and the number of loops, which s16 counts down.
 */
#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/gcn/gcn.h"

enum { ENTRY = 256, BUFFER_BYTES = 1 << 18, LDS_BYTES = 4096, GROUP = 256 };
#define CODE_VA	  0x100000ull
#define ARG_VA	  0x200000ull
#define BUFFER_VA 0x7f1200000000ull

/* clang-format off */
static const uint32_t code_f32[] = {
	0xc00a0100, 0x00000000, /* s_load_dwordx4 s[4:7], s[0:1], 0x0 */
	0xbf8cc07f, /* s_waitcnt lgkmcnt(0) */
	0x260000ff, 0x000003ff, /* v_and_b32_e32 v0, 0x3ff, v0 */
	0x24020084, /* v_lshlrev_b32_e32 v1, 4, v0 */
	0x7e040d00, /* v_cvt_f32_u32_e32 v2, v0 */
	0xbe900006, /* s_mov_b32 s16, s6 */
	0x7e0602f0, /* v_mov_b32_e32 v3, 0.5 */
	0x7e0802f2, /* v_mov_b32_e32 v4, 1.0 */
	0x02060503, /* v_add_f32_e32 v3, v3, v2 */
	0x0a0a0903, /* v_mul_f32_e32 v5, v3, v4 */
	0xd1cb0006, 0x040a0705, /* v_fma_f32 v6, v5, v3, v2 */
	0x040e0b06, /* v_sub_f32_e32 v7, v6, v5 */
	0x16100707, /* v_max_f32_e32 v8, v7, v3 */
	0x02120508, /* v_add_f32_e32 v9, v8, v2 */
	0x76080702, /* v_fmac_f32_e32 v4, v2, v3 */
	0x0a1412f0, /* v_mul_f32_e32 v10, 0.5, v9 */
	0xd1cb000b, 0x0422130a, /* v_fma_f32 v11, v10, v9, v8 */
	0x0218150b, /* v_add_f32_e32 v12, v11, v10 */
	0x80908110, /* s_sub_u32 s16, s16, 1 */
	0xbf078010, /* s_cmp_lg_u32 s16, 0 */
	0xbf85fff1, /* s_cbranch_scc1 LOOP */
	0xbf810000, /* s_endpgm */
};

static const uint32_t code_integer[] = {
	0xc00a0100, 0x00000000, /* s_load_dwordx4 s[4:7], s[0:1], 0x0 */
	0xbf8cc07f, /* s_waitcnt lgkmcnt(0) */
	0x260000ff, 0x000003ff, /* v_and_b32_e32 v0, 0x3ff, v0 */
	0x24020084, /* v_lshlrev_b32_e32 v1, 4, v0 */
	0x7e040d00, /* v_cvt_f32_u32_e32 v2, v0 */
	0xbe900006, /* s_mov_b32 s16, s6 */
	0x7e060281, /* v_mov_b32_e32 v3, 1 */
	0x68060103, /* v_add_u32_e32 v3, v3, v0 */
	0x240a0683, /* v_lshlrev_b32_e32 v5, 3, v3 */
	0x2a0c0705, /* v_xor_b32_e32 v6, v5, v3 */
	0x260e0cff, 0x0000ffff, /* v_and_b32_e32 v7, 0xffff, v6 */
	0xd2850008, 0x00020707, /* v_mul_lo_u32 v8, v7, v3 */
	0x20121085, /* v_lshrrev_b32_e32 v9, 5, v8 */
	0x28140d09, /* v_or_b32_e32 v10, v9, v6 */
	0xd1ff000b, 0x0422130a, /* v_add3_u32 v11, v10, v9, v8 */
	0x6a18070b, /* v_sub_u32_e32 v12, v11, v3 */
	0x1e06170c, /* v_max_u32_e32 v3, v12, v11 */
	0x80908110, /* s_sub_u32 s16, s16, 1 */
	0xbf078010, /* s_cmp_lg_u32 s16, 0 */
	0xbf85fff0, /* s_cbranch_scc1 LOOP */
	0xbf810000, /* s_endpgm */
};

static const uint32_t code_f64[] = {
	0xc00a0100, 0x00000000, /* s_load_dwordx4 s[4:7], s[0:1], 0x0 */
	0xbf8cc07f, /* s_waitcnt lgkmcnt(0) */
	0x260000ff, 0x000003ff, /* v_and_b32_e32 v0, 0x3ff, v0 */
	0x24020084, /* v_lshlrev_b32_e32 v1, 4, v0 */
	0x7e040d00, /* v_cvt_f32_u32_e32 v2, v0 */
	0xbe900006, /* s_mov_b32 s16, s6 */
	0x7e282d00, /* v_cvt_f64_u32_e32 v[20:21], v0 */
	0x7e2c0280, /* v_mov_b32_e32 v22, 0 */
	0x7e2e02ff, 0x3ff00000, /* v_mov_b32_e32 v23, 0x3ff00000 */
	0xd2800018, 0x00022d14, /* v_add_f64 v[24:25], v[20:21], v[22:23] */
	0xd281001a, 0x00022d18, /* v_mul_f64 v[26:27], v[24:25], v[22:23] */
	0xd1cc0014, 0x04522d1a, /* v_fma_f64 v[20:21], v[26:27], v[22:23], v[20:21] */
	0xd283001c, 0x00023114, /* v_max_f64 v[28:29], v[20:21], v[24:25] */
	0x80908110, /* s_sub_u32 s16, s16, 1 */
	0xbf078010, /* s_cmp_lg_u32 s16, 0 */
	0xbf85fff5, /* s_cbranch_scc1 LOOP */
	0xbf810000, /* s_endpgm */
};

static const uint32_t code_lds[] = {
	0xc00a0100, 0x00000000, /* s_load_dwordx4 s[4:7], s[0:1], 0x0 */
	0xbf8cc07f, /* s_waitcnt lgkmcnt(0) */
	0x260000ff, 0x000003ff, /* v_and_b32_e32 v0, 0x3ff, v0 */
	0x24020084, /* v_lshlrev_b32_e32 v1, 4, v0 */
	0x7e040d00, /* v_cvt_f32_u32_e32 v2, v0 */
	0xbe900006, /* s_mov_b32 s16, s6 */
	0x24060082, /* v_lshlrev_b32_e32 v3, 2, v0 */
	0xd81a0000, 0x00000203, /* ds_write_b32 v3, v2 */
	0xbf8cc07f, /* s_waitcnt lgkmcnt(0) */
	0xd86c0000, 0x05000003, /* ds_read_b32 v5, v3 */
	0xbf8cc07f, /* s_waitcnt lgkmcnt(0) */
	0x02040505, /* v_add_f32_e32 v2, v5, v2 */
	0xd86c0040, 0x06000003, /* ds_read_b32 v6, v3 offset:64 */
	0xbf8cc07f, /* s_waitcnt lgkmcnt(0) */
	0x02040506, /* v_add_f32_e32 v2, v6, v2 */
	0x80908110, /* s_sub_u32 s16, s16, 1 */
	0xbf078010, /* s_cmp_lg_u32 s16, 0 */
	0xbf85fff2, /* s_cbranch_scc1 LOOP */
	0xbf810000, /* s_endpgm */
};

static const uint32_t code_memory[] = {
	0xc00a0100, 0x00000000, /* s_load_dwordx4 s[4:7], s[0:1], 0x0 */
	0xbf8cc07f, /* s_waitcnt lgkmcnt(0) */
	0x260000ff, 0x000003ff, /* v_and_b32_e32 v0, 0x3ff, v0 */
	0x24020084, /* v_lshlrev_b32_e32 v1, 4, v0 */
	0x7e040d00, /* v_cvt_f32_u32_e32 v2, v0 */
	0xbe900006, /* s_mov_b32 s16, s6 */
	0x24060084, /* v_lshlrev_b32_e32 v3, 4, v0 */
	0x7e140280, /* v_mov_b32_e32 v10, 0 */
	0xdc5c8000, 0x04040003, /* global_load_dwordx4 v[4:7], v3, s[4:5] */
	0xbf8c0f70, /* s_waitcnt vmcnt(0) */
	0x02080504, /* v_add_f32_e32 v4, v4, v2 */
	0x020a0505, /* v_add_f32_e32 v5, v5, v2 */
	0xdc7c8000, 0x00040403, /* global_store_dwordx4 v3, v[4:7], s[4:5] */
	0xdc508004, 0x08040003, /* global_load_dword v8, v3, s[4:5] offset:4 */
	0xbf8c0f70, /* s_waitcnt vmcnt(0) */
	0x6814110a, /* v_add_u32_e32 v10, v10, v8 */
	0x680606ff, 0x00000400, /* v_add_u32_e32 v3, 0x400, v3 */
	0x260606ff, 0x0000ffff, /* v_and_b32_e32 v3, 0xffff, v3 */
	0x80908110, /* s_sub_u32 s16, s16, 1 */
	0xbf078010, /* s_cmp_lg_u32 s16, 0 */
	0xbf85ffee, /* s_cbranch_scc1 LOOP */
	0xbf810000, /* s_endpgm */
};

static const uint32_t code_divergent[] = {
	0xc00a0100, 0x00000000, /* s_load_dwordx4 s[4:7], s[0:1], 0x0 */
	0xbf8cc07f, /* s_waitcnt lgkmcnt(0) */
	0x260000ff, 0x000003ff, /* v_and_b32_e32 v0, 0x3ff, v0 */
	0x24020084, /* v_lshlrev_b32_e32 v1, 4, v0 */
	0x7e040d00, /* v_cvt_f32_u32_e32 v2, v0 */
	0xbe900006, /* s_mov_b32 s16, s6 */
	0x7e060280, /* v_mov_b32_e32 v3, 0 */
	0x26080081, /* v_and_b32_e32 v4, 1, v0 */
	0x7d940880, /* v_cmp_eq_u32_e32 vcc, 0, v4 */
	0xbe8a206a, /* s_and_saveexec_b64 s[10:11], vcc */
	0x68060103, /* v_add_u32_e32 v3, v3, v0 */
	0x240a0681, /* v_lshlrev_b32_e32 v5, 1, v3 */
	0x88fe0a7e, /* s_xor_b64 exec, exec, s[10:11] */
	0x6a060103, /* v_sub_u32_e32 v3, v3, v0 */
	0x2a0a0103, /* v_xor_b32_e32 v5, v3, v0 */
	0xbefe010a, /* s_mov_b64 exec, s[10:11] */
	0x7d820705, /* v_cmp_lt_i32_e32 vcc, v5, v3 */
	0x000c0705, /* v_cndmask_b32_e32 v6, v5, v3, vcc */
	0x80908110, /* s_sub_u32 s16, s16, 1 */
	0xbf078010, /* s_cmp_lg_u32 s16, 0 */
	0xbf85fff2, /* s_cbranch_scc1 LOOP */
	0xbf810000, /* s_endpgm */
};

static const uint32_t code_scalar[] = {
	0xc00a0100, 0x00000000, /* s_load_dwordx4 s[4:7], s[0:1], 0x0 */
	0xbf8cc07f, /* s_waitcnt lgkmcnt(0) */
	0x260000ff, 0x000003ff, /* v_and_b32_e32 v0, 0x3ff, v0 */
	0x24020084, /* v_lshlrev_b32_e32 v1, 4, v0 */
	0x7e040d00, /* v_cvt_f32_u32_e32 v2, v0 */
	0xbe900006, /* s_mov_b32 s16, s6 */
	0xbe910081, /* s_mov_b32 s17, 1 */
	0x80121011, /* s_add_u32 s18, s17, s16 */
	0x82138012, /* s_addc_u32 s19, s18, 0 */
	0x8e148312, /* s_lshl_b32 s20, s18, 3 */
	0x8615ff14, 0x0000ffff, /* s_and_b32 s21, s20, 0xffff */
	0x92161115, /* s_mul_i32 s22, s21, s17 */
	0x88981412, /* s_xor_b64 s[24:25], s[18:19], s[20:21] */
	0x84911816, /* s_max_u32 s17, s22, s24 */
	0x80908110, /* s_sub_u32 s16, s16, 1 */
	0xbf078010, /* s_cmp_lg_u32 s16, 0 */
	0xbf85fff5, /* s_cbranch_scc1 LOOP */
	0xbf810000, /* s_endpgm */
};

static const uint32_t code_empty[] = {0xbf810000 /* s_endpgm */};
/* clang-format on */

#define MIX(name) {#name, code_##name, sizeof(code_##name)}
static const struct mix {
	const char *name;
	const uint32_t *code;
	size_t bytes;
} mixes[] = {MIX(f32), MIX(integer), MIX(f64), MIX(lds), MIX(memory), MIX(divergent), MIX(scalar)};
static const struct mix empty = MIX(empty);

struct options {
	bool json, flush;
	unsigned rounds, loops;
	const char *only;
};

static uint8_t code[GCN_PAGE_BYTES], arguments[GCN_PAGE_BYTES], *buffer;

static uint8_t *page_of(void *ctx, uint64_t va, bool write)
{
	(void)ctx;
	(void)write;
	if (va == CODE_VA)
		return code;
	if (va == ARG_VA)
		return arguments;
	return va - BUFFER_VA < BUFFER_BYTES ? buffer + (va - BUFFER_VA) : NULL;
}

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void write_kernel(const struct mix *mix, uint32_t loops, bool flush)
{
	int64_t entry = ENTRY;
	/* 64 VGPRs, denormals on or those of f32 off; kernarg pointer, group id. */
	uint32_t rsrc1 = 7 | (flush ? 0xc0 : 0xf0) << 12, rsrc2 = 2 << 1 | 1 << 7, rsrc3 = 15;
	uint16_t properties = 1 << 3;
	uint64_t va = BUFFER_VA;

	memset(code, 0, sizeof(code));
	memcpy(code + 16, &entry, 8);
	memcpy(code + 44, &rsrc3, 4);
	memcpy(code + 48, &rsrc1, 4);
	memcpy(code + 52, &rsrc2, 4);
	memcpy(code + 56, &properties, 2);
	memcpy(code + ENTRY, mix->code, mix->bytes);
	memcpy(arguments, &va, 8);
	memcpy(arguments + 8, &loops, 4);
}

static void launch(const struct gcn_machine *machine, uint16_t items, uint64_t *instructions_p)
{
	struct gcn_dispatch d = {.machine = machine, .kernarg_va = ARG_VA, .kernel_object = CODE_VA,
		.grid_size = {items, 1, 1}, .group_size = {items, 1, 1},
		.group_segment_bytes = instructions_p ? LDS_BYTES : 0};
	const uint32_t id[3] = {0};
	struct gcn_group *g = NULL;
	struct gcn_fault fault;

	if (!gcn_dispatch_init(&d, &fault))
		g = gcn_group_new(&d, id, 0, 0);
	if (!g || gcn_group_run(g, UINT32_MAX, &fault) != GCN_STOP_DONE) {
		fprintf(stderr, "gcn: %s\n", g ? fault.text : "no group");
		exit(1);
	}
	if (instructions_p)
		*instructions_p = gcn_group_instructions(g);
	gcn_group_free(g);
}

/* Million wave-instructions per second. */
static double measure_mix(const struct gcn_machine *machine, const struct mix *mix, const struct options *o)
{
	double best = 0;

	write_kernel(mix, o->loops, o->flush);
	for (unsigned i = 0; i < o->rounds; i++) {
		uint64_t count;
		double begin = cpu_ns(), rate;

		launch(machine, GROUP, &count);
		rate = (double)count * 1e3 / (cpu_ns() - begin);
		if (rate > best)
			best = rate;
	}
	return best;
}

/* Nanoseconds of one launch, hot. */
static double measure_launch(const struct gcn_machine *machine, const struct options *o)
{
	enum { LAUNCHES = 1000 };
	double best = 1e18;

	write_kernel(&empty, 0, o->flush);
	for (unsigned i = 0; i < o->rounds; i++) {
		double begin = cpu_ns(), each;

		for (unsigned j = 0; j < LAUNCHES; j++)
			launch(machine, GCN_WAVE_LANES, NULL);
		each = (cpu_ns() - begin) / LAUNCHES;
		if (each < best)
			best = each;
	}
	return best;
}

static unsigned number(struct argp_state *state, const char *text, const char *name)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || n < 1 || n > 100000000)
		argp_error(state, "--%s=%s: expected a whole number from 1", name, text);
	return (unsigned)n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'j':
		o->json = true;
		return 0;
	case 'f':
		o->flush = true;
		return 0;
	case 'r':
		o->rounds = number(state, arg, "rounds");
		return 0;
	case 'l':
		o->loops = number(state, arg, "loops");
		return 0;
	case 'o':
		o->only = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option argp_options[] = {
	{"json", 'j', NULL, 0, "print JSON", 0},
	{"flush", 'f', NULL, 0, "flush denormals of f32, as fast mathematics does", 0},
	{"rounds", 'r', "N", 0, "rounds of which the best counts (default 5)", 0},
	{"loops", 'l', "N", 0, "loops of each mix (default 50000)", 0},
	{"only", 'o', "NAME", 0, "one mix, or launch", 0},
	{0},
};

int main(int argc, char **argv)
{
	static const struct argp argp = {argp_options, parse, NULL,
		"Measure how fast the compute-unit model executes wave-instructions.", NULL, NULL, NULL};
	_Atomic uint32_t generation = 0;
	const struct gcn_machine machine = {.isa = GCN_ISA_GFX90A, .page = page_of, .vm_generation = &generation,
		.shader_khz = 1700000, .realtime_khz = 100000, .lds_aperture = 1ull << 48, .scratch_aperture = 2ull << 48};
	struct options o = {.rounds = 5, .loops = 50000};
	json_t *report = json_object();

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	buffer = aligned_alloc(GCN_PAGE_BYTES, BUFFER_BYTES);
	if (!buffer || !report)
		return 1;
	memset(buffer, 0, BUFFER_BYTES);
	for (size_t i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++) {
		if (o.only && strcmp(o.only, mixes[i].name))
			continue;
		double rate = measure_mix(&machine, &mixes[i], &o);

		json_object_set_new(report, mixes[i].name, json_real(rate));
		if (!o.json)
			printf("%-10s %8.1f million wave-instructions/s\n", mixes[i].name, rate);
	}
	if (!o.only || !strcmp(o.only, "launch")) {
		double ns = measure_launch(&machine, &o);

		json_object_set_new(report, "launch_ns", json_real(ns));
		if (!o.json)
			printf("%-10s %8.0f ns of a one-wave kernel without instructions\n", "launch", ns);
	}
	if (o.json) {
		json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(5));
		putchar('\n');
	}
	json_decref(report);
	free(buffer);
	return 0;
}
