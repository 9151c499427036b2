/* SPDX-License-Identifier: MIT */
/* Accesses to GPU memory that need care: across pages, and read-modify-write. Called by the memory units. */
#include "sim/gcn/mem.h"

#include <string.h>

int gcn_mem_fault(struct gcn_wave *w, const struct gcn_inst *in, enum gcn_fault_kind kind, uint64_t va, bool write)
{
	return gcn_wave_fault(w, kind, va, write, gcn_op_name((enum gcn_op)in->op));
}

int gcn_mem_read(struct gcn_wave *w, const struct gcn_inst *in, uint64_t va, void *to, unsigned bytes)
{
	uint8_t *out = to;

	while (bytes) {
		unsigned part = bytes;
		const uint8_t *p = gcn_mem_host(w, va, false);

		if (!p)
			return gcn_mem_fault(w, in, GCN_FAULT_MEMORY, va, false);
		/* The widest aligned piece at a time, so that what the host writes at once is read at once.
		 * Being aligned, no piece crosses a page. */
		if (part >= 8 && (uintptr_t)p % 8 == 0)
			part = 8;
		else if (part >= 4 && (uintptr_t)p % 4 == 0)
			part = 4;
		else if (part >= 2 && (uintptr_t)p % 2 == 0)
			part = 2;
		else
			part = 1;
		if (part == 8) {
			uint64_t v = gcn_mem_get64(p);
			memcpy(out, &v, 8);
		} else if (part == 4) {
			uint32_t v = gcn_mem_get32(p);
			memcpy(out, &v, 4);
		} else if (part == 2) {
			uint16_t v = __atomic_load_n((const uint16_t *)(const void *)p, __ATOMIC_RELAXED);
			memcpy(out, &v, 2);
		} else {
			*out = __atomic_load_n(p, __ATOMIC_RELAXED);
		}
		out += part;
		va += part;
		bytes -= part;
	}
	return 0;
}

int gcn_mem_write(struct gcn_wave *w, const struct gcn_inst *in, uint64_t va, const void *from, unsigned bytes)
{
	const uint8_t *data = from;

	while (bytes) {
		unsigned part = bytes;
		uint8_t *p = gcn_mem_host(w, va, true);

		if (!p)
			return gcn_mem_fault(w, in, GCN_FAULT_MEMORY, va, true);
		if (part >= 8 && (uintptr_t)p % 8 == 0) {
			uint64_t v;
			part = 8;
			memcpy(&v, data, 8);
			gcn_mem_put64(p, v);
		} else if (part >= 4 && (uintptr_t)p % 4 == 0) {
			uint32_t v;
			part = 4;
			memcpy(&v, data, 4);
			gcn_mem_put32(p, v);
		} else if (part >= 2 && (uintptr_t)p % 2 == 0) {
			uint16_t v;
			part = 2;
			memcpy(&v, data, 2);
			__atomic_store_n((uint16_t *)(void *)p, v, __ATOMIC_RELAXED);
		} else {
			part = 1;
			__atomic_store_n(p, *data, __ATOMIC_RELAXED);
		}
		data += part;
		va += part;
		bytes -= part;
	}
	return 0;
}

/*
 * What the cache, where atomics of memory happen, has for MODE: f32 sums flush denormals (CDNA3 ISA 9.2.2 and 10.3.1), though not
 * on gfx942 according to LLVM (FeatureMemoryAtomicFAddF32DenormalSupport) and the document's own text on the instructions.
 */
static uint32_t cache_mode(const struct gcn_wave *w)
{
	return w->machine->isa == GCN_ISA_GFX942 ? 0xf0 : 0xc0;
}

int gcn_mem_atomic(struct gcn_wave *w, const struct gcn_inst *in, uint64_t va, enum gcn_atomic op, unsigned bytes,
	uint64_t a, uint64_t b, uint64_t *old_p)
{
	/* Misaligned atomics fault on the hardware too. */
	if (va % bytes)
		return gcn_mem_fault(w, in, GCN_FAULT_MEMORY, va, true);

	uint8_t *p = gcn_mem_host(w, va, true);
	uint32_t mode = cache_mode(w);

	if (!p)
		return gcn_mem_fault(w, in, GCN_FAULT_MEMORY, va, true);
	/* Sequentially consistent: stronger than any scope the instruction can name. Pairs with host atomics. */
	if (bytes == 8) {
		uint64_t *m = (uint64_t *)(void *)p, old = __atomic_load_n(m, __ATOMIC_SEQ_CST);

		while (!__atomic_compare_exchange_n(m, &old, gcn_atomic_apply(op, 8, old, a, b, mode), false,
			__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
		*old_p = old;
	} else {
		uint32_t *m = (uint32_t *)(void *)p, old = __atomic_load_n(m, __ATOMIC_SEQ_CST);

		while (!__atomic_compare_exchange_n(m, &old, (uint32_t)gcn_atomic_apply(op, 4, old, a, b, mode), false,
			__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			;
		*old_p = old;
	}
	return 0;
}
