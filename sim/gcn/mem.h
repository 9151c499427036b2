/* SPDX-License-Identifier: MIT */
/*
 * GPU memory as the waves of one group access it: translation through the group's TLB, loads and stores that are single-copy
 * atomic where they are naturally aligned, read-modify-write on memory that host threads and other groups touch too.
 */
#ifndef SIM_GCN_MEM_H
#define SIM_GCN_MEM_H

#include <stdatomic.h>

#include "sim/gcn/group.h"

enum gcn_atomic {
	GCN_ATOMIC_SWAP, GCN_ATOMIC_CMPSWAP, GCN_ATOMIC_ADD, GCN_ATOMIC_SUB, GCN_ATOMIC_RSUB,
	GCN_ATOMIC_SMIN, GCN_ATOMIC_UMIN, GCN_ATOMIC_SMAX, GCN_ATOMIC_UMAX, GCN_ATOMIC_AND,
	GCN_ATOMIC_OR, GCN_ATOMIC_XOR, GCN_ATOMIC_INC, GCN_ATOMIC_DEC, GCN_ATOMIC_ADD_F, GCN_ATOMIC_MIN_F,
	GCN_ATOMIC_MAX_F, GCN_ATOMIC_PK_ADD_F16, GCN_ATOMIC_PK_ADD_BF16, GCN_ATOMIC_MSKOR,
	GCN_ATOMIC_CMPSWAP_F, GCN_ATOMIC_WRAP, GCN_ATOMIC_CONDXCHG,
};

/**
 * gcn_atomic_apply() - what memory holds after an atomic operation
 * @bytes: 4 or 8
 * @old:   what it holds before
 * @a, @b: operands; @b is the value compared with (CMPSWAP*), the bits to set (MSKOR), the other limit (WRAP)
 * @mode:  MODE register, whose fp_denorm bits float sums follow
 */
uint64_t gcn_atomic_apply(enum gcn_atomic op, unsigned bytes, uint64_t old, uint64_t a, uint64_t b, uint32_t mode);

/** gcn_mem_begin() - at the start of each instruction that accesses memory: drop translations that are out of date */
static inline void gcn_mem_begin(struct gcn_wave *w)
{
	struct gcn_tlb *tlb = &w->group->tlb;
	/* Acquire: pairs with whoever changed the mappings and then the counter. */
	uint32_t now = atomic_load_explicit(w->machine->vm_generation, memory_order_acquire);

	if (now != tlb->generation) {
		for (unsigned i = 0; i < GCN_TLB_PAGES; i++)
			tlb->entry[0][i].tag = tlb->entry[1][i].tag = GCN_TLB_EMPTY;
		tlb->generation = now;
	}
}

/** gcn_mem_host() - host address of byte @va (up to the page's end), or NULL if not mapped so */
static inline uint8_t *gcn_mem_host(struct gcn_wave *w, uint64_t va, bool write)
{
	uint64_t page = va & ~(uint64_t)(GCN_PAGE_BYTES - 1);
	struct gcn_tlb_entry *e = &w->group->tlb.entry[write][page / GCN_PAGE_BYTES % GCN_TLB_PAGES];

	if (e->tag != page) {
		uint8_t *host = w->machine->page(w->machine->ctx, page, write);

		if (!host)
			return NULL;
		e->tag = page;
		e->host = host;
	}
	return e->host + (va - page);
}

/* Device memory: other threads may write it at any time; a naturally aligned access is never torn. */
static inline uint32_t gcn_mem_get32(const uint8_t *p)
{
	uint32_t value;

	if ((uintptr_t)p % 4 == 0)
		return __atomic_load_n((const uint32_t *)(const void *)p, __ATOMIC_RELAXED);
	__builtin_memcpy(&value, p, 4);
	return value;
}

static inline void gcn_mem_put32(uint8_t *p, uint32_t value)
{
	if ((uintptr_t)p % 4 == 0)
		__atomic_store_n((uint32_t *)(void *)p, value, __ATOMIC_RELAXED);
	else
		__builtin_memcpy(p, &value, 4);
}

static inline uint64_t gcn_mem_get64(const uint8_t *p)
{
	if ((uintptr_t)p % 8 == 0)
		return __atomic_load_n((const uint64_t *)(const void *)p, __ATOMIC_RELAXED);
	return gcn_mem_get32(p) | (uint64_t)gcn_mem_get32(p + 4) << 32;
}

static inline void gcn_mem_put64(uint8_t *p, uint64_t value)
{
	if ((uintptr_t)p % 8 == 0) {
		__atomic_store_n((uint64_t *)(void *)p, value, __ATOMIC_RELAXED);
	} else {
		gcn_mem_put32(p, (uint32_t)value);
		gcn_mem_put32(p + 4, (uint32_t)(value >> 32));
	}
}

/**
 * gcn_mem_read() - @bytes (1, 2, or a multiple of 4) at @va, which may cross pages
 * Return: 0; -1 after recording a memory fault of instruction @in.
 */
int gcn_mem_read(struct gcn_wave *w, const struct gcn_inst *in, uint64_t va, void *to, unsigned bytes);
/** gcn_mem_write() - as gcn_mem_read(), the other way */
int gcn_mem_write(struct gcn_wave *w, const struct gcn_inst *in, uint64_t va, const void *from, unsigned bytes);
/**
 * gcn_mem_atomic() - one read-modify-write, indivisible for host threads and other groups
 * @bytes: 4 or 8; @va must be a multiple of it
 * Return: 0 with the old value in *@old_p; -1 after recording a fault.
 */
int gcn_mem_atomic(struct gcn_wave *w, const struct gcn_inst *in, uint64_t va, enum gcn_atomic op, unsigned bytes,
	uint64_t a, uint64_t b, uint64_t *old_p);
/** gcn_mem_fault() - record a fault of @in at @va; returns -1 */
int gcn_mem_fault(struct gcn_wave *w, const struct gcn_inst *in, enum gcn_fault_kind kind, uint64_t va, bool write);

/** gcn_lds_at() - host address of @bytes of LDS at @offset; NULL after recording a fault when beyond the allocation */
static inline uint8_t *gcn_lds_at(struct gcn_wave *w, const struct gcn_inst *in, uint32_t offset, unsigned bytes)
{
	if ((uint64_t)offset + bytes > w->group->lds_bytes) {
		gcn_mem_fault(w, in, GCN_FAULT_APERTURE, w->machine->lds_aperture + offset, false);
		return NULL;
	}
	return w->group->lds + offset;
}

#endif
