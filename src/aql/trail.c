/* SPDX-License-Identifier: MIT */
/* Records for a trace; see trail.h. */
#include "src/aql/trail.h"

#include <stdlib.h>

static uint32_t at_most(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

struct trail *trail_new(uint32_t records, uint32_t size_pkts, uint64_t (*now_ns)(void))
{
	struct trail *t = aligned_alloc(64, (sizeof(*t) + 63) / 64 * 64);

	if (!t)
		return NULL;
	*t = (struct trail){.now_ns = now_ns, .record_mask = records - 1, .slot_mask = size_pkts - 1};
	t->records = calloc(records, sizeof(*t->records));
	t->notes = size_pkts ? calloc(size_pkts, sizeof(*t->notes)) : NULL;
	if (!t->records || (size_pkts && !t->notes)) {
		trail_free(t);
		return NULL;
	}
	return t;
}

void trail_free(struct trail *t)
{
	if (!t)
		return;
	free(t->records);
	free(t->notes);
	free(t);
}

void trail_put(struct trail *t, const struct trail_record *record)
{
	uint64_t write = atomic_load_explicit(&t->write, memory_order_relaxed);

	/* Acquire: the reader is done with the place. Pairs with trail_take(). */
	if (write - atomic_load_explicit(&t->read, memory_order_acquire) > t->record_mask) {
		atomic_store_explicit(&t->dropped, atomic_load_explicit(&t->dropped, memory_order_relaxed) + 1,
			memory_order_relaxed);
		return;
	}
	t->records[write & t->record_mask] = *record;
	/* Release: the record. Pairs with trail_take(). */
	atomic_store_explicit(&t->write, write + 1, memory_order_release);
}

bool trail_take(struct trail *t, struct trail_record *record_p)
{
	uint64_t read = atomic_load_explicit(&t->read, memory_order_relaxed);

	/* Acquire and release: as in trail_put(). */
	if (atomic_load_explicit(&t->write, memory_order_acquire) == read)
		return false;
	*record_p = t->records[read & t->record_mask];
	atomic_store_explicit(&t->read, read + 1, memory_order_release);
	return true;
}

void trail_packet(struct trail *t, uint64_t index, uint8_t type, uint64_t kernel, uint64_t now_ns)
{
	t->notes[index & t->slot_mask] = (struct trail_note){
		.next = index + 1, .published_ns = now_ns, .kernel = kernel, .type = type};
}

void trail_published(struct trail *t, uint64_t end, uint64_t in_flight, uint64_t now_ns)
{
	trail_put(t, &(struct trail_record){
			     .kind = TRAIL_PUBLISHED, .index = end, .from_ns = now_ns, .in_flight = at_most(in_flight)});
}

void trail_complete(struct trail *t, uint64_t index, uint64_t start_ts, uint64_t end_ts, uint64_t in_flight)
{
	const struct trail_note *note = &t->notes[index & t->slot_mask];
	bool known = note->next == index + 1;

	trail_put(t, &(struct trail_record){
			     .kind = TRAIL_PACKET,
			     .type = known ? note->type : AQL_PACKET_INVALID,
			     .index = index,
			     .kernel = known ? note->kernel : 0,
			     .from_ns = known ? note->published_ns : 0,
			     .to_ns = t->now_ns(),
			     .start_ts = start_ts,
			     .end_ts = end_ts,
			     .in_flight = at_most(in_flight),
		     });
}

void trail_held(struct trail *t, uint64_t since_ns, uint64_t packets)
{
	trail_put(t, &(struct trail_record){
			     .kind = TRAIL_HELD, .index = packets, .from_ns = since_ns, .to_ns = t->now_ns()});
}
