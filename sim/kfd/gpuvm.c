/* SPDX-License-Identifier: MIT */
/*
 * Page tables of the simulated GPUs: a radix tree per GPU, 9 bits a level as on the host, with leaves of 4 KiB, 2 MiB and
 * 1 GiB. The memory ioctls write it under kfd_process.mutex; the engine and the waves read it without a lock.
 *
 * An entry is one atomic word: 0 (unmapped), a leaf (host address and flags) or a pointer to the next table. Readers see
 * either the old or the new entry. Tables, once linked, are never freed or unlinked, so a reader can follow a stale
 * pointer at any time; they are bounded by the address space ever used.
 */
#include "sim/fault/fault.h"
#include "sim/kfd/gpuvm.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "sim/device/device.h"

#define LEVEL_BITS 9
#define LEVEL_ENTRIES (1u << LEVEL_BITS)
#define TOP_LEVEL 3 /* level 0 holds 4 KiB leaves, 1: 2 MiB, 2: 1 GiB; 3 only tables */
#define MAX_LEAF_LEVEL 2

#define ENTRY_LEAF UINT64_C(1)
#define ENTRY_WRITE UINT64_C(2)
#define ENTRY_FLAGS UINT64_C(4095)

struct table {
	_Atomic uint64_t entry[LEVEL_ENTRIES];
};

/* Written under kfd_process.mutex; tables and leaves are read by any thread. */
static struct gpuvm {
	struct table top;
	_Atomic uint32_t generation;
} spaces[SIM_MAX_GPUS];

static unsigned level_shift(int level)
{
	return 12 + (unsigned)level * LEVEL_BITS;
}

static unsigned level_index(uint64_t va, int level)
{
	return (va >> level_shift(level)) & (LEVEL_ENTRIES - 1);
}

static struct table *entry_table(uint64_t entry)
{
	return entry && !(entry & ENTRY_LEAF) ? (struct table *)(uintptr_t)entry : NULL;
}

/* The leaf that covers @va, 0 if none; *@shift_p is the width of its range. */
static uint64_t walk(uint32_t gpu, uint64_t va, unsigned *shift_p)
{
	struct table *t = &spaces[gpu].top;

	if (va >= GPUVM_VA_END)
		return 0;
	for (int level = TOP_LEVEL; level >= 0; level--) {
		/* Acquire: a table's zeroed entries are visible before its pointer. Pairs with the release in
		 * set_entry(). */
		uint64_t e = atomic_load_explicit(&t->entry[level_index(va, level)],
			memory_order_acquire);

		if (e & ENTRY_LEAF) {
			*shift_p = level_shift(level);
			return e;
		}
		if (!e)
			return 0;
		t = entry_table(e);
	}
	return 0;
}

uint8_t *gpuvm_page(uint32_t gpu, uint64_t va, bool write)
{
	unsigned shift;
	uint64_t e = walk(gpu, va, &shift);

	if (!e || (write && !(e & ENTRY_WRITE)) || fault_vm(gpu, va))
		return NULL;
	uint64_t inside = va & ((UINT64_C(1) << shift) - 1) & ~(uint64_t)(GPUVM_PAGE_BYTES - 1);
	return (uint8_t *)(uintptr_t)((e & ~ENTRY_FLAGS) + inside);
}

void *gpuvm_host(uint32_t gpu, uint64_t va, size_t bytes, bool write)
{
	uint8_t *first = NULL;
	uint64_t done = 0;

	if (va + bytes < va)
		return NULL;
	do {
		unsigned shift;
		uint64_t at = va + done;
		uint64_t e = walk(gpu, at, &shift);

		if (!e || (write && !(e & ENTRY_WRITE)) || fault_vm(gpu, at))
			return NULL;
		uint64_t inside = at & ((UINT64_C(1) << shift) - 1);
		uint8_t *host = (uint8_t *)(uintptr_t)((e & ~ENTRY_FLAGS) + inside);
		if (!done)
			first = host;
		else if (host != first + done)
			return NULL;
		done += (UINT64_C(1) << shift) - inside;
	} while (done < bytes);
	return first;
}

const _Atomic uint32_t *gpuvm_generation(uint32_t gpu)
{
	return &spaces[gpu].generation;
}

static void set_entry(_Atomic uint64_t *slot, uint64_t value)
{
	/* Release: what the entry leads to is complete before it can be found. Pairs with the acquire in walk(). */
	atomic_store_explicit(slot, value, memory_order_release);
}

/* Relaxed: only writers call it, and they exclude each other. */
static uint64_t own_entry(_Atomic uint64_t *slot)
{
	return atomic_load_explicit(slot, memory_order_relaxed);
}

static bool range_free(struct table *t, int level, uint64_t va, uint64_t last)
{
	for (unsigned i = level_index(va, level); i <= level_index(last, level); i++) {
		uint64_t e = own_entry(&t->entry[i]);
		struct table *next = entry_table(e);

		if (e & ENTRY_LEAF)
			return false;
		if (!next)
			continue;
		uint64_t base = (va & ~((UINT64_C(1) << level_shift(level + 1)) - 1)) |
			((uint64_t)i << level_shift(level));
		uint64_t end = base + (UINT64_C(1) << level_shift(level)) - 1;
		if (!range_free(next, level - 1, va > base ? va : base, last < end ? last : end))
			return false;
	}
	return true;
}

/* Set the entries of [va, last]; leaf 0 clears. Only setting can fail, with -ENOMEM and parts of the range set. */
static int range_set(struct table *t, int level, uint64_t va, uint64_t last, uint64_t leaf, uint64_t first_va)
{
	uint64_t span = UINT64_C(1) << level_shift(level);
	uint64_t table_base = va & ~((UINT64_C(1) << level_shift(level + 1)) - 1);

	for (unsigned i = level_index(va, level); i <= level_index(last, level); i++) {
		uint64_t base = table_base | ((uint64_t)i << level_shift(level));
		uint64_t from = va > base ? va : base;
		uint64_t to = last < base + span - 1 ? last : base + span - 1;
		uint64_t e = own_entry(&t->entry[i]);
		struct table *next = entry_table(e);
		bool whole = from == base && to == base + span - 1;

		if (!next && whole && level <= MAX_LEAF_LEVEL) {
			set_entry(&t->entry[i], leaf ? leaf + (from - first_va) : 0);
			continue;
		}
		if (!next) {
			if (!leaf && !e)
				continue;
			/* Also splits a large leaf of which a part goes away; whole mappings are removed as they
			 * were made, so that happens only when an allocation is mapped and unmapped in pieces. */
			next = calloc(1, sizeof(*next));
			if (!next)
				return -ENOMEM;
			if (e)
				for (unsigned k = 0; k < LEVEL_ENTRIES; k++)
					atomic_init(&next->entry[k],
						e + ((uint64_t)k << level_shift(level - 1)));
			set_entry(&t->entry[i], (uint64_t)(uintptr_t)next);
		}
		int r = range_set(next, level - 1, from, to, leaf, first_va);
		if (r)
			return r;
	}
	return 0;
}

int gpuvm_map(uint32_t gpu, uint64_t va, uint64_t bytes, uint8_t *host, bool writable)
{
	struct table *top = &spaces[gpu].top;
	uint64_t leaf = (uint64_t)(uintptr_t)host | ENTRY_LEAF | (writable ? ENTRY_WRITE : 0);

	if (!bytes || ((va | bytes | (uint64_t)(uintptr_t)host) & (GPUVM_PAGE_BYTES - 1)))
		return -EINVAL;
	if (va >= GPUVM_VA_END || bytes > GPUVM_VA_END - va)
		return -EINVAL;
	uint64_t last = va + bytes - 1;
	if (!range_free(top, TOP_LEVEL, va, last))
		return -EINVAL;
	int r = range_set(top, TOP_LEVEL, va, last, leaf, va);
	if (r)
		range_set(top, TOP_LEVEL, va, last, 0, va);
	return r;
}

void gpuvm_unmap(uint32_t gpu, uint64_t va, uint64_t bytes)
{
	range_set(&spaces[gpu].top, TOP_LEVEL, va, va + bytes - 1, 0, va);
	/* Release: whoever sees the new generation sees the entries gone. Pairs with the readers' acquire loads. */
	atomic_fetch_add_explicit(&spaces[gpu].generation, 1, memory_order_release);
}

void gpuvm_fork_child(void)
{
	for (unsigned g = 0; g < SIM_MAX_GPUS; g++) {
		for (unsigned i = 0; i < LEVEL_ENTRIES; i++)
			set_entry(&spaces[g].top.entry[i], 0);
		atomic_fetch_add_explicit(&spaces[g].generation, 1, memory_order_release);
	}
}
