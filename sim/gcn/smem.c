/* SPDX-License-Identifier: MIT */
/*
 * Scalar memory: loads and stores of SGPRs, and the clocks. Reads and writes GPU memory and the wave's scalar registers.
 *
 * Source: AMD "Instinct MI200" ISA document, chapter "Scalar Memory Operations".
 */
#include "sim/gcn/mem.h"
#include "sim/gcn/poll.h"
#include "sim/gcn/sgpr.h"

#define EXEC_FN(name) static int name(struct gcn_wave *w, const struct gcn_inst *in)

static uint64_t offset_of(const struct gcn_wave *w, const struct gcn_inst *in)
{
	uint64_t offset = (uint64_t)(int64_t)in->imm;

	if (in->soffset != GCN_SRC_NONE)
		offset += sgpr_read32(w, in->soffset, 0);
	return offset;
}

static unsigned dword_count(uint16_t op)
{
	switch (op) {
	case GCN_S_LOAD_DWORDX2:
	case GCN_S_BUFFER_LOAD_DWORDX2:
	case GCN_S_STORE_DWORDX2:
	case GCN_S_BUFFER_STORE_DWORDX2:
		return 2;
	case GCN_S_LOAD_DWORDX4:
	case GCN_S_BUFFER_LOAD_DWORDX4:
	case GCN_S_STORE_DWORDX4:
	case GCN_S_BUFFER_STORE_DWORDX4:
		return 4;
	case GCN_S_LOAD_DWORDX8:
	case GCN_S_BUFFER_LOAD_DWORDX8:
		return 8;
	case GCN_S_LOAD_DWORDX16:
	case GCN_S_BUFFER_LOAD_DWORDX16:
		return 16;
	default:
		return 1;
	}
}

static int load(struct gcn_wave *w, const struct gcn_inst *in, uint64_t va, unsigned dwords)
{
	uint32_t data[16];

	gcn_mem_begin(w);
	if (gcn_mem_read(w, in, va & ~3ull, data, dwords * 4))
		return -1;
	for (unsigned i = 0; i < dwords; i++)
		sgpr_write32(w, (uint16_t)(in->dst + i), data[i]);
	return 0;
}

static int store(struct gcn_wave *w, const struct gcn_inst *in, uint64_t va, unsigned dwords)
{
	uint32_t data[4];

	gcn_mem_begin(w);
	for (unsigned i = 0; i < dwords; i++)
		data[i] = sgpr_read32(w, (uint16_t)(in->data + i), 0);
	return gcn_mem_write(w, in, va & ~3ull, data, dwords * 4);
}

EXEC_FN(x_load)
{
	return load(w, in, sgpr_read64(w, in->saddr, 0) + offset_of(w, in), dword_count(in->op));
}

EXEC_FN(x_store)
{
	return store(w, in, sgpr_read64(w, in->saddr, 0) + offset_of(w, in), dword_count(in->op));
}

/*
 * A buffer resource: base, stride, number of records. Without a stride the records are bytes.
 * Return: how many of @dwords lie inside.
 */
static unsigned buffer(const struct gcn_wave *w, const struct gcn_inst *in, unsigned dwords, uint64_t *va_p)
{
	uint64_t base = sgpr_read64(w, in->saddr, 0), offset = offset_of(w, in) & ~3ull;
	uint64_t stride = base >> 48 & 0x3fff, size = sgpr_read32(w, (uint16_t)(in->saddr + 2), 0);

	if (stride)
		size *= stride;
	*va_p = (base & 0xffffffffffff) + offset;
	if (offset >= size)
		return 0;
	return (size - offset) / 4 < dwords ? (unsigned)((size - offset) / 4) : dwords;
}

EXEC_FN(x_buffer_load)
{
	unsigned dwords = dword_count(in->op);
	uint64_t va;
	unsigned inside = buffer(w, in, dwords, &va);

	if (inside && load(w, in, va, inside))
		return -1;
	for (unsigned i = inside; i < dwords; i++)
		sgpr_write32(w, (uint16_t)(in->dst + i), 0);
	return 0;
}

EXEC_FN(x_buffer_store)
{
	uint64_t va;
	unsigned inside = buffer(w, in, dword_count(in->op), &va);

	return inside ? store(w, in, va, inside) : 0;
}

EXEC_FN(x_memtime)
{
	if (!gcn_poll_clock(w, in))
		return GCN_LATER;
	sgpr_write64(w, in->dst, w->cycles);
	return 0;
}

EXEC_FN(x_memrealtime)
{
	if (!gcn_poll_clock(w, in))
		return GCN_LATER;

	unsigned __int128 product = (unsigned __int128)w->cycles * w->machine->realtime_khz;

	sgpr_write64(w, in->dst, (uint64_t)(product / w->machine->shader_khz));
	return 0;
}

/* Caches are not modelled. */
EXEC_FN(x_nothing)
{
	(void)w;
	(void)in;
	return 0;
}

gcn_exec_fn gcn_smem_exec(const struct gcn_inst *in)
{
	switch (in->op) {
	case GCN_S_LOAD_DWORD:
	case GCN_S_LOAD_DWORDX2:
	case GCN_S_LOAD_DWORDX4:
	case GCN_S_LOAD_DWORDX8:
	case GCN_S_LOAD_DWORDX16:
		return x_load;
	case GCN_S_BUFFER_LOAD_DWORD:
	case GCN_S_BUFFER_LOAD_DWORDX2:
	case GCN_S_BUFFER_LOAD_DWORDX4:
	case GCN_S_BUFFER_LOAD_DWORDX8:
	case GCN_S_BUFFER_LOAD_DWORDX16:
		return x_buffer_load;
	case GCN_S_STORE_DWORD:
	case GCN_S_STORE_DWORDX2:
	case GCN_S_STORE_DWORDX4:
		return x_store;
	case GCN_S_BUFFER_STORE_DWORD:
	case GCN_S_BUFFER_STORE_DWORDX2:
	case GCN_S_BUFFER_STORE_DWORDX4:
		return x_buffer_store;
	case GCN_S_MEMTIME:
		return x_memtime;
	case GCN_S_MEMREALTIME:
		return x_memrealtime;
	case GCN_S_DCACHE_INV:
	case GCN_S_DCACHE_INV_VOL:
	case GCN_S_DCACHE_WB:
	case GCN_S_DCACHE_WB_VOL:
		return x_nothing;
	default:
		return NULL;
	}
}
