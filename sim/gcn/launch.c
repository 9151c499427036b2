/* SPDX-License-Identifier: MIT */
/*
 * Launching: what a dispatch needs by its kernel descriptor, and the registers a wave starts with. Reads the descriptor in GPU
 * memory; writes the dispatch and fresh waves.
 *
 * Source: LLVM AMDGPUUsage, "Kernel Descriptor", "Initial Kernel Execution State" and "Kernarg Preload"; amd_hsa_kernel_code.h;
 * AMD "Instinct MI200" ISA document, "MODE register" and "HW_ID".
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/gcn/group.h"

/* The kernel descriptor. amd_kernel_code_t has entry, rsrc1, rsrc2 and properties at the same offsets. */
struct kernel_descriptor {
	uint32_t group_segment_bytes;
	uint32_t private_segment_bytes;
	uint32_t kernarg_bytes;
	uint8_t reserved0[4];
	int64_t entry_offset;
	uint8_t reserved1[20];
	uint32_t rsrc3;
	uint32_t rsrc1;
	uint32_t rsrc2;
	uint16_t code_properties;
	uint16_t kernarg_preload;
	uint8_t reserved2[4];
};
_Static_assert(sizeof(struct kernel_descriptor) == 64, "kernel descriptor");
_Static_assert(offsetof(struct kernel_descriptor, rsrc3) == 44, "kernel descriptor");
_Static_assert(offsetof(struct kernel_descriptor, code_properties) == 56, "kernel descriptor");

enum {
	PROPERTY_PRIVATE_SEGMENT_BUFFER = 1 << 0,
	PROPERTY_DISPATCH_PTR = 1 << 1,
	PROPERTY_QUEUE_PTR = 1 << 2,
	PROPERTY_KERNARG_PTR = 1 << 3,
	PROPERTY_DISPATCH_ID = 1 << 4,
	PROPERTY_FLAT_SCRATCH_INIT = 1 << 5,
	PROPERTY_PRIVATE_SEGMENT_SIZE = 1 << 6,
	PROPERTY_GROUP_COUNT_X = 1 << 7, /* amd_kernel_code_t only; y and z follow */
	PROPERTY_WAVE32 = 1 << 10,
	PRELOAD_SHIFT = 16, /* kernarg_preload is kept above the properties */
};

enum { PRELOAD_PROLOGUE_BYTES = 256, MAX_GROUP_ITEMS = 1024, MAX_LDS = 65536 };

static uint32_t bits(uint32_t word, unsigned low, unsigned count)
{
	return word >> low & ((1u << count) - 1);
}

static int invalid(struct gcn_fault *fault, const struct gcn_dispatch *d, const char *text)
{
	memset(fault, 0, sizeof(*fault));
	fault->kind = GCN_FAULT_UNKNOWN_INSTRUCTION;
	fault->va = d->kernel_object;
	fault->pc = d->kernel_object;
	snprintf(fault->text, sizeof(fault->text), "%s", text);
	return -EINVAL;
}

static int read_descriptor(const struct gcn_dispatch *d, struct kernel_descriptor *k, struct gcn_fault *fault)
{
	const struct gcn_machine *m = d->machine;
	uint8_t *to = (uint8_t *)k;

	for (unsigned done = 0; done < sizeof(*k);) {
		uint64_t va = d->kernel_object + done;
		unsigned at = (unsigned)(va % GCN_PAGE_BYTES), part = GCN_PAGE_BYTES - at;
		const uint8_t *page = m->page(m->ctx, va - at, false);

		if (!page) {
			memset(fault, 0, sizeof(*fault));
			fault->kind = GCN_FAULT_MEMORY;
			fault->va = fault->pc = va;
			snprintf(fault->text, sizeof(fault->text), "kernel descriptor");
			return -EFAULT;
		}
		if (part > sizeof(*k) - done)
			part = (unsigned)(sizeof(*k) - done);
		memcpy(to + done, page + at, part);
		done += part;
	}
	return 0;
}

/* amd_kernel_code_t begins with its version (1.x) and the machine kind (1: AMDGPU) and version (9.x), where a
 * descriptor has segment sizes and zeros. */
static bool is_kernel_code_t(const struct kernel_descriptor *k)
{
	return k->group_segment_bytes == 1 && (k->kernarg_bytes & 0xffff) == 1 && k->kernarg_bytes >> 16 == 9;
}

static void derive_registers(struct gcn_dispatch *d)
{
	bool unified = d->machine->isa != GCN_ISA_GFX906;
	uint32_t total = (bits(d->rsrc1, 0, 6) + 1) * (unified ? 8 : 4);

	/* Accumulation registers are the part of the unified file above the offset. */
	d->vgprs = total;
	if (unified && (bits(d->rsrc3, 0, 6) + 1) * 4 < total)
		d->vgprs = (bits(d->rsrc3, 0, 6) + 1) * 4;
	d->agprs = total - d->vgprs;
	/* More cannot be named: wasted, as a descriptor may ask for. */
	if (d->agprs > 256)
		d->agprs = 256;
	d->sgprs = (bits(d->rsrc1, 6, 4) / 2 + 1) * 16;
}

int gcn_dispatch_init(struct gcn_dispatch *d, struct gcn_fault *fault)
{
	uint32_t items = (uint32_t)d->group_size[0] * d->group_size[1] * d->group_size[2];
	struct kernel_descriptor k;
	int result = read_descriptor(d, &k, fault);

	if (result)
		return result;
	if (is_kernel_code_t(&k)) {
		k.kernarg_preload = 0;
		k.rsrc3 = 0x3f; /* accumulation registers: none */
	} else if (k.code_properties & PROPERTY_WAVE32) {
		return invalid(fault, d, "kernel descriptor asks for waves of 32 lanes");
	}
	if (items == 0 || items > MAX_GROUP_ITEMS || d->group_size[0] > MAX_GROUP_ITEMS ||
		d->group_size[1] > MAX_GROUP_ITEMS || d->group_size[2] > MAX_GROUP_ITEMS)
		return invalid(fault, d, "workgroup size");
	if (d->group_segment_bytes > MAX_LDS)
		return invalid(fault, d, "group segment is larger than LDS");
	if (bits(k.kernarg_preload, 0, 7) && d->machine->isa == GCN_ISA_GFX906)
		return invalid(fault, d, "kernel descriptor asks for kernarg preloading");
	d->code_va = d->kernel_object + (uint64_t)k.entry_offset;
	d->rsrc1 = k.rsrc1;
	d->rsrc2 = k.rsrc2;
	d->rsrc3 = k.rsrc3;
	d->code_properties = k.code_properties | (uint32_t)k.kernarg_preload << PRELOAD_SHIFT;
	/* Firmware that preloads skips the code that loads the same registers for firmware that does not. */
	if (bits(k.kernarg_preload, 0, 7))
		d->code_va += PRELOAD_PROLOGUE_BYTES;
	d->waves_per_group = (items + GCN_WAVE_LANES - 1) / GCN_WAVE_LANES;
	derive_registers(d);
	gcn_code_invalidate(d->machine);
	return 0;
}

/* Appends 64 bits to the user SGPRs. */
static void push64(struct gcn_wave *w, unsigned *next, uint64_t value)
{
	w->sgpr[(*next)++] = (uint32_t)value;
	w->sgpr[(*next)++] = (uint32_t)(value >> 32);
}

static void preload_kernargs(struct gcn_wave *w, const struct gcn_dispatch *d, unsigned next)
{
	unsigned length = bits(d->code_properties, PRELOAD_SHIFT, 7);
	uint64_t va = d->kernarg_va + 4ull * bits(d->code_properties, PRELOAD_SHIFT + 7, 9);

	for (unsigned i = 0; i < length && next < 16; i++, va += 4) {
		const uint8_t *page = w->machine->page(w->machine->ctx, va & ~(uint64_t)(GCN_PAGE_BYTES - 1), false);

		if (page)
			memcpy(&w->sgpr[next], page + va % GCN_PAGE_BYTES, 4);
		next++;
	}
}

static void init_sgprs(struct gcn_wave *w, const struct gcn_dispatch *d, uint64_t scratch_offset)
{
	const struct gcn_group *g = w->group;
	uint32_t have = d->code_properties;
	unsigned next = 0;

	if (have & PROPERTY_PRIVATE_SEGMENT_BUFFER)
		for (; next < 4; next++)
			w->sgpr[next] = d->scratch_rsrc[next];
	if (have & PROPERTY_DISPATCH_PTR)
		push64(w, &next, d->packet_va);
	if (have & PROPERTY_QUEUE_PTR)
		push64(w, &next, d->queue_va);
	if (have & PROPERTY_KERNARG_PTR)
		push64(w, &next, d->kernarg_va);
	if (have & PROPERTY_DISPATCH_ID)
		push64(w, &next, d->dispatch_id);
	if (have & PROPERTY_FLAT_SCRATCH_INIT)
		push64(w, &next, d->scratch_va);
	if (have & PROPERTY_PRIVATE_SEGMENT_SIZE)
		w->sgpr[next++] = d->private_segment_bytes;
	for (unsigned i = 0; i < 3; i++)
		if (have & PROPERTY_GROUP_COUNT_X << i)
			w->sgpr[next++] = (d->grid_size[i] + d->group_size[i] - 1) / d->group_size[i];
	preload_kernargs(w, d, next);

	/* The hardware's own follow the number of user SGPRs that the descriptor states. */
	next = bits(d->rsrc2, 1, 5);
	for (unsigned i = 0; i < 3; i++)
		if (bits(d->rsrc2, 7 + i, 1))
			w->sgpr[next++] = g->id[i];
	if (bits(d->rsrc2, 10, 1))
		w->sgpr[next++] = (uint32_t)(w->index == 0) << 31 | g->wave_count;
	if (bits(d->rsrc2, 0, 1) && d->machine->isa != GCN_ISA_GFX942)
		w->sgpr[next++] = (uint32_t)scratch_offset;
}

/* Items of a group at the grid's edge are numbered within the part of the group that exists. */
static void group_extent(const struct gcn_dispatch *d, const uint32_t id[3], uint32_t extent[3])
{
	for (unsigned i = 0; i < 3; i++) {
		uint64_t first = (uint64_t)id[i] * d->group_size[i];
		uint64_t left = first < d->grid_size[i] ? d->grid_size[i] - first : 0;

		extent[i] = left < d->group_size[i] ? (uint32_t)left : d->group_size[i];
	}
}

uint32_t gcn_group_items(const struct gcn_dispatch *d, const uint32_t id[3])
{
	uint32_t extent[3];

	group_extent(d, id, extent);
	return extent[0] * extent[1] * extent[2];
}

static void init_work_item_ids(struct gcn_wave *w, const struct gcn_dispatch *d)
{
	uint32_t extent[3], items = gcn_group_items(d, w->group->id), ids = bits(d->rsrc2, 11, 2);

	group_extent(d, w->group->id, extent);
	w->exec = 0;
	for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++) {
		uint32_t item = w->index * GCN_WAVE_LANES + lane;

		if (item >= items)
			break;
		w->exec |= 1ull << lane;
		uint32_t x = item % extent[0], y = item / extent[0] % extent[1], z = item / extent[0] / extent[1];

		if (d->machine->isa != GCN_ISA_GFX906) {
			w->vgpr[0][lane] = x | (ids >= 1 ? y << 10 : 0) | (ids >= 2 ? z << 20 : 0);
			continue;
		}
		w->vgpr[0][lane] = x;
		if (ids >= 1)
			w->vgpr[1][lane] = y;
		if (ids >= 2)
			w->vgpr[2][lane] = z;
	}
}

/* Rounding, denormals, DX10_CLAMP, IEEE and FP16_OVFL come from the descriptor. */
static uint32_t initial_mode(uint32_t rsrc1)
{
	return bits(rsrc1, 12, 8) | bits(rsrc1, 21, 1) << 8 | bits(rsrc1, 23, 1) << 9 | bits(rsrc1, 26, 1) << 23;
}

void gcn_wave_init(struct gcn_wave *w, const struct gcn_dispatch *d, uint32_t scratch_slot, uint64_t start_cycles)
{
	uint64_t scratch_offset = (uint64_t)scratch_slot * d->scratch_wave_bytes;

	w->machine = d->machine;
	w->pc = d->code_va;
	w->cycles = start_cycles;
	w->simd = (uint8_t)(w->index % GCN_SIMDS);
	w->hw_id = w->index / GCN_SIMDS | (uint32_t)w->simd << 4;
	w->mode = initial_mode(d->rsrc1);
	w->scratch_va = d->scratch_va + scratch_offset;
	w->nvgprs = d->vgprs;
	w->nagprs = d->agprs;
	/* Architected flat scratch; elsewhere the kernel's prologue sets the register. */
	if (d->machine->isa == GCN_ISA_GFX942)
		w->flat_scratch = w->scratch_va;
	init_sgprs(w, d, scratch_offset);
	init_work_item_ids(w, d);
}
