/* SPDX-License-Identifier: MIT */
/*
 * Read-only view of an AQL ring: how far it holds packets that a packet processor may see. Written by producers in any order,
 * read by whoever owns the gate.
 */
#ifndef AQL_RING_H
#define AQL_RING_H

#include <stdatomic.h>
#include <stdint.h>

#include "src/aql/packet.h"

/**
 * struct aql_ring - the slots of one queue
 * @app_slots: ring base; written by producers, headers also by the packet processor
 * @mask:      slots - 1; the number of slots is a power of two
 */
struct aql_ring {
	const struct aql_packet *app_slots;
	uint64_t mask;
};

/* Counts of what aql_ring_scan() passed over. */
struct aql_scan {
	uint64_t dispatches;
};

/** aql_ring_type() - type of the packet in the slot of @index */
static inline enum aql_packet_type aql_ring_type(const struct aql_ring *ring, uint64_t index)
{
	const struct aql_packet *slot = &ring->app_slots[index & ring->mask];

	/* The type is the header's low byte. Acquire: the packet's body is read only after its header is seen valid. Pairs
	 * with the producer's release store of the header. */
	return (enum aql_packet_type)atomic_load_explicit((const _Atomic uint8_t *)&slot->header, memory_order_acquire);
}

/**
 * aql_ring_scan() - end of the run of packets whose headers are valid
 * @from, @limit: packet indices, at most one lap apart
 * @scan:         counts are added to it
 *
 * Return: the first index in [@from, @limit) whose slot is INVALID, else @limit. A slot at or beyond @limit is never
 *         read: it may hold a packet of the lap before.
 */
static inline uint64_t aql_ring_scan(const struct aql_ring *ring, uint64_t from, uint64_t limit, struct aql_scan *scan)
{
	uint64_t index = from;

	for (; index < limit; index++) {
		enum aql_packet_type type = aql_ring_type(ring, index);

		if (type == AQL_PACKET_INVALID)
			break;
		scan->dispatches += type == AQL_PACKET_DISPATCH;
	}
	return index;
}

#endif
