/* SPDX-License-Identifier: MIT */
/*
 * What happened to a queue's packets, for a trace: records in a ring of fixed size. One side writes (the owner of the gate, or
 * whoever holds the lock that a trail of decisions belongs to), the trace's writer reads; neither waits for the other, and what
 * finds no room is counted.
 */
#ifndef AQL_TRAIL_H
#define AQL_TRAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/aql/packet.h"

enum trail_kind {
	TRAIL_PACKET,    /* a packet completed */
	TRAIL_PUBLISHED, /* packets became visible */
	TRAIL_HELD,      /* packets had waited behind the closed gate */
	TRAIL_DECISION,  /* of the scheduler; not written here */
};

/**
 * struct trail_record - one of them
 * @index:     PACKET: its index; PUBLISHED: the end of what is visible; HELD: packets that waited
 * @kernel:    PACKET: the kernel object, 0 for what runs none; DECISION: the window in nanoseconds
 * @from_ns:   PACKET: when it was published, 0: before the trail began; HELD: since when; else: when
 * @to_ns:     PACKET: when it was seen to be complete; HELD: until when
 * @start_ts, @end_ts: PACKET: as in struct track_signal; 0 without a signal of ours
 * @in_flight: PACKET, PUBLISHED: packets visible and not seen to be complete
 * @type:      PACKET: enum aql_packet_type, or TRAIL_BRAKE
 * @gate, @reason, @level: DECISION: as in struct sched_effect
 */
struct trail_record {
	uint64_t index, kernel;
	uint64_t from_ns, to_ns;
	uint64_t start_ts, end_ts;
	uint32_t in_flight;
	uint8_t kind, type;
	uint8_t gate, reason, level;
};

/* A type beside those of enum aql_packet_type: a barrier packet of ours, see brake.h. */
#define TRAIL_BRAKE 6

/* Of the packet that was last published in a ring slot. */
struct trail_note {
	uint64_t next;         /* 1 + its index; 0: none */
	uint64_t published_ns;
	uint64_t kernel;
	uint8_t type;
};

struct trail {
	_Atomic uint64_t read;    /* writer: the reader */
	_Atomic uint64_t write __attribute__((aligned(64))); /* writer: the writing side, as below */
	_Atomic uint64_t dropped; /* records that found no room */
	uint64_t (*now_ns)(void); /* constant from here on */
	struct trail_note *notes; /* one per ring slot; NULL: not of packets */
	uint64_t slot_mask, record_mask;
	struct trail_record *records;
};

/**
 * trail_new() - an empty trail
 * @records: how many it has room for; @size_pkts: slots of the queue, 0: not of packets. Both powers of two.
 * @now_ns:  CLOCK_MONOTONIC
 * Return: NULL without memory.
 */
struct trail *trail_new(uint32_t records, uint32_t size_pkts, uint64_t (*now_ns)(void));
void trail_free(struct trail *t);

/** trail_put() - append a record; the writing side */
void trail_put(struct trail *t, const struct trail_record *record);
/** trail_take() - the next record; the reading side. Return: whether there is one. */
bool trail_take(struct trail *t, struct trail_record *record_p);

/** trail_packet() - the packet of @index is about to become visible, at @now_ns; @type as in a record. The owner of the gate. */
void trail_packet(struct trail *t, uint64_t index, uint8_t type, uint64_t kernel, uint64_t now_ns);
/** trail_published() - packets below @end became visible */
void trail_published(struct trail *t, uint64_t end, uint64_t in_flight, uint64_t now_ns);
/** trail_complete() - the packet of @index was seen to be complete; the timestamps are 0 without a signal of ours */
void trail_complete(struct trail *t, uint64_t index, uint64_t start_ts, uint64_t end_ts, uint64_t in_flight);
/** trail_held() - @packets waited behind the closed gate, since @since_ns until now */
void trail_held(struct trail *t, uint64_t since_ns, uint64_t packets);

#endif
