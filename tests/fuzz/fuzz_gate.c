/* SPDX-License-Identifier: MIT */
/*
 * The gate and the packet headers it decodes, under arbitrary sequences of what producers, movers and the packet processor
 * do, with brakes (which another may close, too) and without: the write index never goes back nor beyond what was reserved, no doorbell beyond it, and no packet below a published index is
 * INVALID unless a producer that had been native left it so.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/aql/brake.h"
#include "src/aql/depend.h"

#define RING_PKTS 8u

static struct aql_packet slots[RING_PKTS];
static _Atomic uint64_t real_write, dev_read;
static struct gate gate;
static struct track track;
static struct track_note notes[RING_PKTS];
static struct track_signal signals[TRACK_SIGNALS];
static uint64_t clock_ns, reserved;

/* What another shares, who decides in the word whether packets pass. */
#define SHARED_HANDLE 0x7000u
static struct track_signal shared;
static _Atomic uint64_t word;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hw_store(struct gate *g, uint64_t write_index)
{
	if (write_index < real_write || (write_index > reserved && write_index > gate.shadow))
		abort();
	/* An open gate shows complete packets of one lap; handing the index back shows all that is reserved. */
	if (gate_mode_now(&gate) == GATE_OPEN) {
		if (write_index > dev_read + RING_PKTS)
			abort();
		for (uint64_t i = real_write; i < write_index; i++)
			if (AQL_HEADER_TYPE(slots[i % RING_PKTS].header) == AQL_PACKET_INVALID)
				abort();
	}
	real_write = write_index;
}

static void hw_ring(struct gate *g, uint64_t value)
{
	if (value >= real_write)
		abort();
}

static uint64_t hw_now_ns(void)
{
	return clock_ns += 300;
}

static const struct gate_ops ops = {hw_store, hw_ring, hw_now_ns, NULL, NULL};

static void reserve(uint64_t count)
{
	uint32_t mode = gate_enter(&gate);

	if (gate_mode_is_native(mode)) {
		atomic_fetch_add(&real_write, count);
	} else {
		uint64_t from, index = brake_reserve(&gate, count, &from);

		gate_note(&gate, from, index - from + count);
		reserved += index - from;
	}
	reserved += count;
	gate_leave(&gate);
}

static struct track_signal *own(uint64_t handle)
{
	struct track_signal *s = (struct track_signal *)(uintptr_t)handle;

	if (handle == SHARED_HANDLE)
		return &shared;
	return s >= signals && s < signals + TRACK_SIGNALS ? s : NULL;
}

/* The other decides; whoever takes that does what is to be done in any case. */
static void decide(bool runs)
{
	word = runs;
	if (!runs)
		shared.value = 1;
	else
		gate_brake_settle(&gate);
	if (runs && shared.value && gate_mode_now(&gate) != GATE_CLOSED)
		abort();
	if (!runs)
		gate_brake_settle(&gate);
	if (!runs && !shared.value)
		abort();
}

static void consume(void)
{
	uint64_t waits[AQL_DEPENDS_MAX];

	while (dev_read < real_write && AQL_HEADER_TYPE(slots[dev_read % RING_PKTS].header) != AQL_PACKET_INVALID) {
		struct track_signal *done = own(slots[dev_read % RING_PKTS].completion_signal);

		if (aql_depend_head(&gate.ring, dev_read, waits) && own(waits[0]) && own(waits[0])->value)
			break;
		if (done)
			done->value--;
		slots[dev_read % RING_PKTS].header = AQL_PACKET_INVALID;
		dev_read++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct track_signal *list[TRACK_SIGNALS];
	struct gate_pace pace;

	memset(slots, 0, sizeof(slots));
	memset(notes, 0, sizeof(notes));
	memset(signals, 0, sizeof(signals));
	for (unsigned i = 0; i < TRACK_SIGNALS; i++)
		list[i] = &signals[i];
	for (unsigned i = 0; i < RING_PKTS; i++)
		slots[i].header = AQL_PACKET_INVALID;
	track_init(&track, slots, RING_PKTS, notes, list, true);
	shared.value = 0;
	word = 1;
	bool shares = size && data[size - 1] & 1;
	real_write = dev_read = 0;
	clock_ns = reserved = 0;
	gate_init(&gate, slots, RING_PKTS, &real_write, &dev_read, &ops);
	if (shares) {
		track.brake = &shared;
		track.brake_handle = SHARED_HANDLE;
		gate_brake_share(&gate, &shared);
		gate_word(&gate, &word, 1);
	}

	for (size_t i = 0; i + 1 < size; i += 2) {
		uint8_t argument = data[i + 1];

		switch (data[i] % 15) {
		case 0:
			reserve(1 + argument % 12);
			break;
		case 1: /* a packet somewhere in what was reserved and is free */
			if (reserved > dev_read) {
				uint64_t free_to = dev_read + RING_PKTS < reserved ? dev_read + RING_PKTS : reserved;
				uint64_t index = dev_read + argument % (free_to - dev_read);

				slots[index % RING_PKTS].header = argument % 6;
			}
			break;
		case 2: /* ring with anything that was reserved */
			if (reserved) {
				uint64_t value = argument % reserved;

				if (!gate_doorbell(&gate, value))
					hw_ring(&gate, value);
			}
			break;
		case 3:
			consume();
			break;
		case 4:
			gate_close(&gate);
			break;
		case 5:
			gate_open(&gate);
			break;
		case 6:
			gate_engage(&gate);
			break;
		case 7:
			gate_bypass(&gate);
			break;
		case 8:
			if (gate_backlog(&gate) > reserved)
				abort();
			break;
		case 9:
			gate_track(&gate, argument % 4 ? &track : NULL);
			break;
		case 10:
			gate_brake(&gate, argument % 4 * 1000, 10000);
			break;
		case 11:
			gate_limit(&gate, argument % 4, argument * 100, 0, 0);
			break;
		case 12:
			/* A marker is a packet too. */
			gate_pace(&gate, argument % 8, &pace);
			reserved = gate_mode_is_native(gate.mode) ? real_write : gate.shadow;
			if (pace.tracked && pace.complete > real_write)
				abort();
			break;
		case 13:
			gate_close_soon(&gate);
			if (gate_mode_now(&gate) == GATE_OPEN)
				abort();
			break;
		case 14:
			if (shares)
				decide(argument % 2);
			break;
		}
	}
	gate_bypass(&gate);
	if (signals[TRACK_BRAKE].value)
		abort();
	if (shares)
		decide(true);
	if (real_write != reserved)
		abort();
	return 0;
}
