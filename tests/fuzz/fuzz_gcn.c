/* SPDX-License-Identifier: MIT */
/*
 * The compute-unit model on arbitrary code. The first bytes of the input choose ISA, workgroup and register allocation, the rest is
 * decoded as it is, and then runs as a kernel, its words made likelier to be instructions. Registers begin with addresses in and
 * around a small memory. Whatever the code is, it ends, faults, or is stopped; an instruction that faults is stepped over.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/gcn/group.h"

enum { PAGES = 4, CODE_PAGES = 2, HEADER = 8, ENTRY = 256, BUDGET = 800, FAULTS = 100, LDS_BYTES = 1024 };
#define MEMORY_VA 0x7f1200000000ull
#define CODE_VA	  0x7f3400000000ull

/* Each page stands alone, so that an access beyond it is seen. */
struct memory {
	uint8_t *page[PAGES], *code[CODE_PAGES];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *page_of(void *ctx, uint64_t va, bool write)
{
	struct memory *m = ctx;
	uint64_t index = (va - MEMORY_VA) / GCN_PAGE_BYTES, code = (va - CODE_VA) / GCN_PAGE_BYTES;

	if (va >= MEMORY_VA && index < PAGES)
		return m->page[index];
	return va >= CODE_VA && code < CODE_PAGES && !write ? m->code[code] : NULL;
}

static void no_interrupt(void *ctx, uint32_t event_id)
{
	(void)ctx;
	(void)event_id;
}

static uint32_t word_at(const uint8_t *data)
{
	uint32_t word;

	memcpy(&word, data, 4);
	return word;
}

/* Puts a format's fixed bits into a word: @pick chooses. */
static uint32_t likely(uint32_t word, uint8_t pick)
{
	static const struct {
		uint32_t fixed, mask;
	} formats[] = {
		{0x80000000, 0x7fffffff}, {0xb0000000, 0x0fffffff}, {0xbe800000, 0x007fffff}, {0xbf000000, 0x007fffff},
		{0xbf800000, 0x007fffff}, {0xc0000000, 0x03ffffff}, {0x00000000, 0x7fffffff}, {0x7e000000, 0x01ffffff},
		{0x7c000000, 0x01ffffff}, {0xd0000000, 0x03ffffff}, {0xd3800000, 0x007fffff}, {0xd8000000, 0x03ffffff},
		{0xdc000000, 0x03ffffff}, {0xe0000000, 0x03ffffff},
	};
	unsigned count = sizeof(formats) / sizeof(formats[0]);

	pick %= count + 2;
	return pick < count ? (word & formats[pick].mask) | formats[pick].fixed : word;
}

static void decode_all(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 4 <= size; i += 4) {
		uint32_t words[3] = {word_at(data + i)};
		unsigned count = 1;

		for (; count < 3 && i + 4 * count + 4 <= size; count++)
			words[count] = word_at(data + i + 4 * count);
		for (unsigned isa = GCN_ISA_GFX906; isa <= GCN_ISA_GFX942; isa++) {
			struct gcn_inst in;

			if (gcn_decode((enum gcn_isa)isa, words, count, &in))
				continue;
			if (in.dwords < 1 || in.dwords > count || !gcn_op_name((enum gcn_op)in.op))
				abort();
		}
	}
}

/* 256 vector registers of each kind, or what the input says; kernel arguments and ids as a compiler asks for them. */
static void write_descriptor(uint8_t *code, const uint8_t *header)
{
	int64_t entry = ENTRY;
	uint32_t rsrc1 = (header[2] & 1 ? header[3] % 64 : 63) | (uint32_t)(header[4] & 15) << 6 | (uint32_t)(header[5] | 0xc0) << 12;
	uint32_t rsrc2 = (header[6] % 32) << 1 | 7 << 7 | 1 << 10, rsrc3 = header[2] & 2 ? header[7] % 64 : 63;
	uint16_t properties = header[6] & 0x7f;

	memcpy(code + 16, &entry, 8);
	memcpy(code + 44, &rsrc3, 4);
	memcpy(code + 48, &rsrc1, 4);
	memcpy(code + 52, &rsrc2, 4);
	memcpy(code + 56, &properties, 2);
}

static void write_code(struct memory *m, const uint8_t *data, size_t size)
{
	size_t dwords = CODE_PAGES * GCN_PAGE_BYTES / 4, at = ENTRY / 4;

	for (size_t i = 0; i + 9 <= size && at + 2 <= dwords; i += 9) {
		uint32_t words[2] = {likely(word_at(data + i), data[i + 8]), word_at(data + i + 4)};

		for (unsigned j = 0; j < 2; j++, at++)
			memcpy(m->code[at / 1024] + at % 1024 * 4, &words[j], 4);
	}
}

static void fill_registers(struct gcn_group *g, uint32_t seed)
{
	for (uint32_t i = 0; i < g->wave_count; i++) {
		struct gcn_wave *w = &g->wave[i];

		for (unsigned r = 0; r < 256; r++)
			for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++) {
				seed = seed * 1664525 + 1013904223;
				uint32_t at = seed >> 8 & (PAGES * GCN_PAGE_BYTES + 0xfff);
				uint32_t value = r % 4 == 1 ? (uint32_t)(MEMORY_VA >> 32) : r % 4 == 3 ? at % LDS_BYTES : at;

				if (r < w->nvgprs)
					w->vgpr[r][lane] = value;
				if (r < w->nagprs)
					w->agpr[r][lane] = value;
			}
		for (unsigned r = 16; r < 100; r++)
			w->sgpr[r] = r % 4 == 1 ? (uint32_t)(MEMORY_VA >> 32) : r % 4 == 2 ? 4096 : r % 4 == 3 ? 4 << 15 : r * 8;
	}
}

static void run(struct gcn_group *g)
{
	struct gcn_fault fault;
	unsigned faults = 0;

	for (unsigned slice = 0; slice < BUDGET / 100;) {
		enum gcn_stop stop = gcn_group_run(g, 100, &fault);

		if (stop == GCN_STOP_DONE)
			return;
		if (stop == GCN_STOP_SLICE) {
			slice++;
			continue;
		}
		if (fault.kind == GCN_FAULT_NONE || fault.kind == GCN_FAULT_DEADLOCK || ++faults == FAULTS)
			return;
		/* A jump to nowhere leads to another part of the code. */
		uint64_t next = fault.pc + 4;

		if (fault.pc % 4 || next - CODE_VA >= CODE_PAGES * GCN_PAGE_BYTES)
			next = CODE_VA + ENTRY + faults * 36 % 1024;
		for (uint32_t i = 0; i < g->wave_count; i++)
			if (g->wave[i].pc == fault.pc)
				g->wave[i].pc = next;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_Atomic uint32_t generation = 0;
	struct gcn_gws gws[GCN_GWS_RESOURCES] = {0};
	struct memory m = {0};
	struct gcn_machine machine = {.ctx = &m, .page = page_of, .vm_generation = &generation, .interrupt = no_interrupt,
		.shader_khz = 1700000, .realtime_khz = 100000, .lds_aperture = 1ull << 48, .scratch_aperture = 2ull << 48,
		.gws = gws};
	struct gcn_dispatch d = {.machine = &machine, .packet_va = MEMORY_VA, .queue_va = MEMORY_VA, .kernarg_va = MEMORY_VA,
		.kernel_object = CODE_VA, .group_segment_bytes = LDS_BYTES, .private_segment_bytes = 16,
		.scratch_va = MEMORY_VA + GCN_PAGE_BYTES, .scratch_wave_bytes = 16 * GCN_WAVE_LANES};
	const uint32_t id[3] = {0};
	struct gcn_fault fault;

	if (size < HEADER)
		return 0;
	decode_all(data + HEADER, size - HEADER);
	machine.isa = (enum gcn_isa)(data[0] % 3);
	d.group_size[0] = d.grid_size[0] = 1 + data[1] % 130;
	d.group_size[1] = d.group_size[2] = 1;
	d.grid_size[1] = d.grid_size[2] = 1;
	for (unsigned i = 0; i < PAGES; i++)
		m.page[i] = calloc(1, GCN_PAGE_BYTES);
	for (unsigned i = 0; i < CODE_PAGES; i++)
		m.code[i] = calloc(1, GCN_PAGE_BYTES);
	write_descriptor(m.code[0], data);
	write_code(&m, data + HEADER, size - HEADER);
	if (!gcn_dispatch_init(&d, &fault)) {
		struct gcn_group *g = gcn_group_new(&d, id, 0, 0);

		if (g) {
			size_t bytes = gcn_group_save_bytes(g);
			void *image = malloc(bytes ? bytes : 1);

			fill_registers(g, data[7]);
			run(g);
			if (image && gcn_group_save_bytes(g) <= bytes)
				gcn_group_save(g, image);
			free(image);
			gcn_group_free(g);
		}
	}
	for (unsigned i = 0; i < PAGES; i++)
		free(m.page[i]);
	for (unsigned i = 0; i < CODE_PAGES; i++)
		free(m.code[i]);
	return 0;
}
