/* SPDX-License-Identifier: MIT */
/* Brakes; see brake.h. Runs in producer sections. */
#include "src/aql/brake.h"

/* Of a barrier-AND packet, the word with the first signal it waits for. Source: hsa.h, hsa_barrier_and_packet_t. */
#define SIGNAL_WORD 1

/* @index is reserved for it, and its slot free. */
static void brake_write(struct gate *g, uint64_t index, uint64_t handle)
{
	struct aql_packet *slot = (struct aql_packet *)&g->ring.app_slots[index & g->ring.mask];

	/* Relaxed: whoever looks for what a queue waits for may read packets that are written anew meanwhile. */
	for (unsigned i = 1; i < sizeof(*slot) / sizeof(uint64_t); i++)
		__atomic_store_n((uint64_t *)slot + i, i == SIGNAL_WORD ? handle : 0, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->setup, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->body[0], 0, __ATOMIC_RELAXED);
	/* No fences: nothing is read or written for it. Release: the body. Pairs with aql_ring_type(). */
	atomic_store_explicit((_Atomic uint16_t *)&slot->header,
		atomic_load_explicit(&g->brake_header, memory_order_relaxed), memory_order_release);
}

uint64_t brake_reserve(struct gate *g, uint64_t count, uint64_t *from_p)
{
	uint64_t handle = atomic_load_explicit(&g->brake_handle, memory_order_relaxed);
	uint64_t shadow = atomic_load_explicit(&g->shadow, memory_order_relaxed);

	/* Adding nothing is a way to ask where the index is. */
	while (handle && count && shadow >= atomic_load_explicit(&g->brake_due, memory_order_relaxed)) {
		/* Acquire: the packet processor is done with the slot. What would have room without a brake has it with one. */
		if (shadow + count > atomic_load_explicit(g->dev_read, memory_order_acquire) + g->ring.mask)
			break;
		/* Acquire and release: as any reservation. */
		if (!atomic_compare_exchange_weak_explicit(
			    &g->shadow, &shadow, shadow + 1 + count, memory_order_acq_rel, memory_order_relaxed))
			continue;
		/* Others that reserve meanwhile may add one more. */
		atomic_store_explicit(&g->brake_due,
			shadow + 1 + atomic_load_explicit(&g->brake_every, memory_order_relaxed), memory_order_relaxed);
		brake_write(g, shadow, handle);
		*from_p = shadow;
		return shadow + 1;
	}
	*from_p = atomic_fetch_add_explicit(&g->shadow, count, memory_order_acq_rel);
	return *from_p;
}
