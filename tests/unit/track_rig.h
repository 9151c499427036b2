/* SPDX-License-Identifier: MIT */
/*
 * For tests of completion tracking, windows and brakes, driven through the gate by one thread over a ring in memory. The packet processor is
 * a function that completes packets when told, with a clock of its own and a read index that may lag.
 */
#ifndef TESTS_UNIT_TRACK_RIG_H
#define TESTS_UNIT_TRACK_RIG_H

#include "src/aql/arrival.h"
#include "src/aql/gate.h"

#define RING_PKTS  16
#define APP_SIGNAL 0x5000u
#define KERNEL     0x1000u
/* 100 MHz. */
#define TICK_NS 10u

extern struct aql_packet slots[RING_PKTS];
extern struct track_note notes[RING_PKTS];
extern struct track_signal signals[TRACK_SIGNALS];
extern _Atomic uint64_t real_write, dev_read;
extern struct gate gate;
extern struct arrivals arrivals; /* of the gate */
extern struct track track;
extern struct hw {
	uint64_t done;       /* packets completed; dev_read may lag */
	uint64_t app_done;   /* decrements of the application's signals */
	uint64_t ticks;
	uint64_t now_ns;     /* the host's clock, beside 100 ns for each look at it */
	unsigned busy, rings;
	bool read_lags;
	bool undecided;      /* nobody decides whose turn it is when the queue arrives */
	void (*in_ring)(void); /* called while the doorbell is rung; NULL: nothing */
} hw;
extern uint32_t grid; /* of packets to come, in work-items */
extern bool any_order; /* packets to come have no barrier bit */
extern const struct gate_ops track_rig_ops;

/** setup() - for cmocka: a tracked gate without limits, open, its ring empty */
int setup(void **state);
/** own_signal() - of ours that the packet of @index carries, or NULL */
struct track_signal *own_signal(uint64_t index);
/** complete() - the next @count visible packets complete, each of which takes @ns; none of them is a brake that holds */
void complete(unsigned count, uint64_t ns);
/** submit() - reserve, write and ring for a packet. Return: its index. */
uint64_t submit(enum aql_packet_type type, uint64_t kernel, uint64_t signal);
/** dispatch() - the same for KERNEL without a signal */
uint64_t dispatch(void);
/** pace() - gate_pace() with @flags */
struct gate_pace pace(unsigned flags);

#endif
