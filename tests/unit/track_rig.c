/* SPDX-License-Identifier: MIT */
/* A ring, its gate and its packet processor; see track_rig.h. */
#include "tests/unit/track_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "src/aql/brake.h"
#include "src/aql/depend.h"

struct aql_packet slots[RING_PKTS];
struct track_note notes[RING_PKTS];
struct track_signal signals[TRACK_SIGNALS];
_Atomic uint64_t real_write, dev_read;
struct gate gate;
struct arrivals arrivals;
struct track track;
struct hw hw;
uint32_t grid;
bool any_order;

static void hw_ring(struct gate *g, uint64_t value)
{
	assert_true(value < real_write);
	hw.rings++;
	if (hw.in_ring)
		hw.in_ring();
}

static uint64_t hw_now_ns(void)
{
	static uint64_t clock_ns;

	return hw.now_ns + (clock_ns += 100);
}

static void hw_busy(struct gate *g)
{
	hw.busy++;
	if (!hw.undecided)
		gate_decided(g);
}

const struct gate_ops track_rig_ops = {NULL, hw_ring, hw_now_ns, NULL, hw_busy};

int setup(void **state)
{
	struct track_signal *list[TRACK_SIGNALS];

	memset(slots, 0, sizeof(slots));
	memset(notes, 0, sizeof(notes));
	memset(signals, 0, sizeof(signals));
	for (int i = 0; i < RING_PKTS; i++)
		slots[i].header = AQL_PACKET_INVALID;
	for (unsigned i = 0; i < TRACK_SIGNALS; i++)
		list[i] = &signals[i];
	real_write = dev_read = 0;
	memset(&hw, 0, sizeof(hw));
	hw.ticks = 1000;
	any_order = false;
	track_init(&track, slots, RING_PKTS, notes, list, true);
	gate_init(&gate, slots, RING_PKTS, &real_write, &dev_read, &track_rig_ops);
	arrivals = (struct arrivals){0};
	gate.arrivals = &arrivals;
	gate_engage(&gate);
	assert_true(gate_track(&gate, &track));
	return 0;
}

struct track_signal *own_signal(uint64_t index)
{
	uint64_t handle = slots[index % RING_PKTS].completion_signal;

	for (unsigned i = 0; i < TRACK_SIGNALS; i++)
		if (handle == (uint64_t)(uintptr_t)&signals[i])
			return &signals[i];
	return NULL;
}

/* Whether the packet is a barrier that waits for the brake signal, which is not 0. */
static bool brake_holds(uint64_t index)
{
	uint64_t signals_of[AQL_DEPENDS_MAX];
	unsigned count = aql_depend_head(&gate.ring, index, signals_of);

	return count && signals_of[0] == (uint64_t)(uintptr_t)&signals[TRACK_BRAKE] && signals[TRACK_BRAKE].value;
}

void complete(unsigned count, uint64_t ns)
{
	for (; count; count--, hw.done++) {
		struct track_signal *own = own_signal(hw.done);

		assert_true(hw.done < real_write);
		assert_false(brake_holds(hw.done));
		uint64_t start = hw.ticks;
		hw.ticks += ns / TICK_NS;
		if (own) {
			own->start_ts = start;
			own->end_ts = hw.ticks;
			own->value--;
		} else if (slots[hw.done % RING_PKTS].completion_signal == APP_SIGNAL) {
			hw.app_done++;
		}
		slots[hw.done % RING_PKTS].header = AQL_PACKET_INVALID;
	}
	if (!hw.read_lags)
		dev_read = hw.done;
}

uint64_t submit(enum aql_packet_type type, uint64_t kernel, uint64_t signal)
{
	uint64_t from, index = gate.mode & GATE_BRAKED ? brake_reserve(&gate, 1, &from) : atomic_fetch_add(&gate.shadow, 1);
	struct aql_packet *slot = &slots[index % RING_PKTS];

	memset((char *)slot + 2, 0, sizeof(*slot) - 2);
	memcpy((char *)slot + 12, &grid, sizeof(grid));
	memcpy((char *)slot + 32, &kernel, sizeof(kernel));
	slot->completion_signal = signal;
	atomic_store_explicit((_Atomic uint16_t *)&slot->header, (uint16_t)(type | (any_order ? 0 : AQL_HEADER_BARRIER_BIT)),
		memory_order_release);
	assert_true(gate_doorbell(&gate, index));
	return index;
}

uint64_t dispatch(void)
{
	return submit(AQL_PACKET_DISPATCH, KERNEL, 0);
}

struct gate_pace pace(unsigned flags)
{
	struct gate_pace p;

	gate_pace(&gate, flags, &p);
	return p;
}
