/* SPDX-License-Identifier: MIT */
/*
 * Addresses of vector memory instructions, lane by lane. Reads the wave's registers; vmem.c uses the result.
 *
 * Source: AMD "Instinct MI200" ISA document, "Vector Memory Buffer Instructions" (buffer resource, swizzled addressing, range
 * checking) and "Flat Memory Instructions"; LLVM AMDGPUUsage, "Private Segment Buffer" and "Flat Scratch".
 */
#include "sim/gcn/sgpr.h"
#include "sim/gcn/vmem.h"

/* The private segment is interleaved by dword over the 64 lanes of a wave. */
static void private_layout(const struct gcn_wave *w, struct gcn_lanes *l)
{
	l->base = w->flat_scratch;
	l->element_shift = 2;
	l->index_shift = 6;
	l->record_stride = 0;
	l->limit = w->group->dispatch->scratch_wave_bytes / GCN_WAVE_LANES;
	for (unsigned i = 0; i < GCN_WAVE_LANES; i++)
		l->index[i] = i;
}

static void vgpr_pair_addresses(const struct gcn_wave *w, const struct gcn_inst *in, struct gcn_lanes *l)
{
	const uint32_t *low = gcn_rows(w, in->addr)[0], *high = gcn_rows(w, in->addr)[1];
	uint64_t offset = (uint64_t)(int64_t)in->imm;

	for (unsigned i = 0; i < GCN_WAVE_LANES; i++)
		l->address[i] = (low[i] | (uint64_t)high[i] << 32) + offset;
}

void gcn_global_lanes(const struct gcn_wave *w, const struct gcn_inst *in, struct gcn_lanes *l)
{
	l->active = w->exec;
	l->outside = l->lds = l->swizzled = 0;
	if (in->saddr == GCN_SRC_NONE) {
		vgpr_pair_addresses(w, in, l);
		return;
	}

	uint64_t base = sgpr_read64(w, in->saddr, 0) + (uint64_t)(int64_t)in->imm;
	const uint32_t *offset = gcn_rows(w, in->addr)[0];

	for (unsigned i = 0; i < GCN_WAVE_LANES; i++)
		l->address[i] = base + offset[i];
}

void gcn_flat_lanes(const struct gcn_wave *w, const struct gcn_inst *in, struct gcn_lanes *l)
{
	uint64_t lds_window = w->machine->lds_aperture >> 32, private_window = w->machine->scratch_aperture >> 32;
	uint64_t lds = 0, private = 0;

	l->active = w->exec;
	l->outside = 0;
	vgpr_pair_addresses(w, in, l);
	for (unsigned i = 0; i < GCN_WAVE_LANES; i++) {
		lds |= (uint64_t)(l->address[i] >> 32 == lds_window) << i;
		private |= (uint64_t)(l->address[i] >> 32 == private_window) << i;
	}
	l->lds = lds & l->active;
	l->swizzled = private & l->active;
	if (l->lds | l->swizzled) {
		private_layout(w, l);
		for (unsigned i = 0; i < GCN_WAVE_LANES; i++)
			if ((l->lds | l->swizzled) >> i & 1)
				l->address[i] = (uint32_t)l->address[i];
	}
}

void gcn_scratch_lanes(const struct gcn_wave *w, const struct gcn_inst *in, struct gcn_lanes *l)
{
	uint32_t base = (uint32_t)in->imm;

	l->active = l->swizzled = w->exec;
	l->outside = l->lds = 0;
	private_layout(w, l);
	if (in->saddr != GCN_SRC_NONE)
		base += sgpr_read32(w, in->saddr, 0);
	for (unsigned i = 0; i < GCN_WAVE_LANES; i++)
		l->address[i] = base;
	if (in->addr == GCN_SRC_NONE)
		return;

	const uint32_t *offset = gcn_rows(w, in->addr)[0];

	for (unsigned i = 0; i < GCN_WAVE_LANES; i++)
		l->address[i] = base + offset[i];
}

/* The fields of a buffer resource that addressing needs. */
struct resource {
	uint64_t base;
	uint32_t records, stride, element_shift, index_shift;
	bool swizzle, add_lane;
};

static void resource_read(const struct gcn_wave *w, uint16_t code, struct resource *r)
{
	uint32_t word1 = sgpr_read32(w, (uint16_t)(code + 1), 0);
	uint32_t word3 = sgpr_read32(w, (uint16_t)(code + 3), 0);

	r->base = sgpr_read32(w, code, 0) | (uint64_t)(word1 & 0xffff) << 32;
	r->stride = word1 >> 16 & 0x3fff;
	r->swizzle = word1 >> 31;
	r->records = sgpr_read32(w, (uint16_t)(code + 2), 0);
	r->element_shift = 1 + (word3 >> 19 & 3);
	r->index_shift = 3 + (word3 >> 21 & 3);
	r->add_lane = word3 >> 23 & 1;
	/* With the lane added to the index the data format field holds the stride's upper bits. */
	if (r->add_lane)
		r->stride |= (word3 >> 15 & 15) << 14;
}

/* How many records, and how many bytes of each, are in range. */
struct range {
	uint64_t records, bytes;
};

/* Structured buffers count records, raw ones bytes. The stack, with the lane but no index, has no check (CDNA3 ISA 9.1.5.1). */
static struct range range_of(const struct resource *r, bool idxen, uint32_t soffset)
{
	struct range range = {UINT64_MAX, UINT64_MAX};

	if (r->add_lane && !idxen)
		return range;
	if (r->stride && (idxen || r->swizzle)) {
		range.records = r->records;
		if (r->swizzle)
			range.bytes = r->stride;
	} else {
		range.bytes = r->records > soffset ? r->records - soffset : 0;
	}
	return range;
}

bool gcn_stack_rows(const struct gcn_wave *w, const struct gcn_inst *in, unsigned bytes, uint64_t *va_p)
{
	if (in->addr != GCN_SRC_NONE && (in->format != GCN_FMT_MUBUF || in->offen || in->idxen))
		return false;
	if (in->format == GCN_FMT_SCRATCH) {
		uint32_t at = (uint32_t)in->imm + (in->saddr == GCN_SRC_NONE ? 0 : sgpr_read32(w, in->saddr, 0));

		*va_p = w->flat_scratch + (uint64_t)at * GCN_WAVE_LANES;
		return at % 4 == 0 && (at + (uint64_t)bytes) * GCN_WAVE_LANES <= w->group->dispatch->scratch_wave_bytes;
	}
	if (in->format != GCN_FMT_MUBUF)
		return false;

	uint32_t at = (uint32_t)in->imm;
	struct resource r;

	resource_read(w, in->saddr, &r);
	*va_p = r.base + sgpr_read32(w, in->soffset, 0) + (uint64_t)at * GCN_WAVE_LANES;
	return r.swizzle && r.add_lane && r.element_shift == 2 && r.index_shift == 6 && at % 4 == 0;
}

void gcn_buffer_lanes(const struct gcn_wave *w, const struct gcn_inst *in, unsigned bytes, struct gcn_lanes *l)
{
	struct resource r;

	resource_read(w, in->saddr, &r);

	uint32_t soffset = sgpr_read32(w, in->soffset, 0);
	/* Index, then offset. */
	const uint32_t *index = in->idxen ? gcn_rows(w, in->addr)[0] : NULL;
	const uint32_t *offset = in->offen ? gcn_rows(w, in->addr)[in->idxen] : NULL;
	const struct range range = range_of(&r, in->idxen, soffset);

	l->active = w->exec;
	l->outside = l->lds = 0;
	l->swizzled = r.swizzle ? w->exec : 0;
	l->base = r.base + soffset;
	l->element_shift = r.element_shift;
	l->index_shift = r.index_shift;
	l->record_stride = r.stride;
	l->limit = UINT64_MAX;
	for (unsigned i = 0; i < GCN_WAVE_LANES; i++) {
		uint64_t record = (index ? index[i] : 0) + (r.add_lane ? (uint64_t)i : 0);
		uint64_t at = (offset ? offset[i] : 0) + (uint64_t)(uint32_t)in->imm;
		uint64_t left = record < range.records && at < range.bytes ? range.bytes - at : 0;

		/* Each dword is checked on its own (CDNA3 ISA 9.1.5.1, note 4). */
		if (left < bytes) {
			l->outside |= 1ull << i;
			l->inside[i] = (uint8_t)(left & ~3ull);
		}
		l->index[i] = (uint32_t)record;
		/* A 32-bit sum: stack addresses may have a negative register (LLVM, SelectMUBUFScratchOffen). */
		l->address[i] = r.swizzle ? (uint32_t)at : l->base + record * r.stride + (uint32_t)at;
	}
	l->outside &= w->exec;
}
