/* SPDX-License-Identifier: MIT */
/* Dependencies between queues; see depend.h. Signals are compared by handle and never looked into. */
#include "src/aql/depend.h"

/* Of all packets that wait, the first signal is here. Source: hsa.h, hsa_barrier_and_packet_t; hsa_ext_amd.h,
 * hsa_amd_barrier_value_packet_t. */
#define SIGNALS_OFFSET 8
#define VENDOR_BARRIER_VALUE 2

unsigned aql_depend_head(const struct aql_ring *ring, uint64_t index, uint64_t signals[AQL_DEPENDS_MAX])
{
	const struct aql_packet *slot = &ring->app_slots[index & ring->mask];
	enum aql_packet_type type = aql_ring_type(ring, index);
	const uint64_t *first = (const uint64_t *)((const char *)slot + SIGNALS_OFFSET);
	unsigned count = 0, max = AQL_DEPENDS_MAX;

	/* Relaxed, all: the packet may be consumed and its slot written anew meanwhile. What is read then is of no packet or of a
	 * later one, and the next look at the queue corrects it. */
	if (type == AQL_PACKET_VENDOR && (__atomic_load_n(&slot->setup, __ATOMIC_RELAXED) & 0xff) == VENDOR_BARRIER_VALUE)
		max = 1;
	else if (type != AQL_PACKET_BARRIER_AND && type != AQL_PACKET_BARRIER_OR)
		return 0;
	for (unsigned i = 0; i < max; i++) {
		uint64_t signal = __atomic_load_n(&first[i], __ATOMIC_RELAXED);

		if (signal)
			signals[count++] = signal;
	}
	return count;
}

bool aql_depend_completes(struct gate *g, uint64_t signal)
{
	bool native = gate_mode_is_native(atomic_load_explicit(&g->mode, memory_order_acquire));
	uint64_t index = atomic_load_explicit(g->dev_read, memory_order_acquire);
	uint64_t end = atomic_load_explicit(native ? g->real_write : &g->shadow, memory_order_acquire);

	if (end > index + g->ring.mask + 1)
		end = index + g->ring.mask + 1;
	for (; index < end; index++)
		if (aql_ring_type(&g->ring, index) != AQL_PACKET_INVALID &&
			__atomic_load_n(&g->ring.app_slots[index & g->ring.mask].completion_signal, __ATOMIC_RELAXED) ==
				signal)
			return true;
	return false;
}
