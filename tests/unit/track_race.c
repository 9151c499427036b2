/* SPDX-License-Identifier: MIT */
/*
 * Windows under threads: producers submit, a pacer reaps and publishes, a mover limits, holds and releases at random, and a packet
 * processor completes packets, some of which carry the program's signals, and checks order and window. Meant for
 * ThreadSanitizer as much as for itself.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/aql/brake.h"
#include "src/aql/depend.h"

#define RING_PKTS  64
#define PRODUCERS  2
#define EACH       5000
#define WINDOW_MAX 6

static struct aql_packet slots[RING_PKTS];
static struct track_note notes[RING_PKTS];
static struct track_signal signals[TRACK_SIGNALS], app_signals[PRODUCERS];
static _Atomic uint64_t real_write, dev_read, doorbell, errors;
static _Atomic bool stop;
static uint64_t brakes_passed; /* the processor's */
static struct gate gate;
static struct track track;

static void hw_ring(struct gate *g, uint64_t value)
{
	if (value >= atomic_load(&real_write))
		atomic_fetch_add(&errors, 1);
	atomic_store_explicit(&doorbell, value + 1, memory_order_release);
}

static uint64_t hw_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static const struct gate_ops ops = {NULL, hw_ring, hw_now_ns, NULL, NULL};

static uint64_t reserve(void)
{
	uint64_t index, from;
	uint32_t mode = gate_enter(&gate);

	if (gate_mode_is_native(mode))
		index = atomic_fetch_add(&real_write, 1);
	else if (mode & GATE_BRAKED)
		index = brake_reserve(&gate, 1, &from);
	else
		index = atomic_fetch_add(&gate.shadow, 1);
	gate_leave(&gate);
	return index;
}

/* Relaxed, as brakes are written: who looks for what a queue waits for may read a slot that is written anew, see aql_depend_head(). */
static void body_write(struct aql_packet *slot, const struct aql_packet *from)
{
	uint64_t words[sizeof(*from) / sizeof(uint64_t)];

	memcpy(words, from, sizeof(words));
	for (unsigned i = 1; i < sizeof(words) / sizeof(words[0]); i++)
		__atomic_store_n((uint64_t *)slot + i, words[i], __ATOMIC_RELAXED);
	__atomic_store_n(&slot->setup, from->setup, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->body[0], from->body[0], __ATOMIC_RELAXED);
}

static void *producer(void *arg)
{
	uint32_t id = (uint32_t)(uintptr_t)arg;

	for (uint32_t serial = 0; serial < EACH; serial++) {
		uint64_t index = reserve();
		struct aql_packet *slot = &slots[index % RING_PKTS];

		while (index + 1 - atomic_load_explicit(&dev_read, memory_order_acquire) > RING_PKTS)
			sched_yield();
		body_write(slot, &(struct aql_packet){.body = {id + 1, serial},
			.completion_signal = serial % 3 ? 0 : (uint64_t)(uintptr_t)&app_signals[id]});
		atomic_store_explicit(
			(_Atomic uint16_t *)&slot->header, AQL_PACKET_DISPATCH | AQL_HEADER_BARRIER_BIT, memory_order_release);
		if (!gate_doorbell(&gate, index))
			hw_ring(&gate, index);
	}
	return NULL;
}

static void *processor(void *arg)
{
	uint32_t next_serial[PRODUCERS] = {0};
	uint64_t ticks = 1;

	/* Markers come on top. */
	for (uint64_t i = 0; next_serial[0] < EACH || next_serial[1] < EACH; i++) {
		struct aql_packet *slot = &slots[i % RING_PKTS];

		while (atomic_load_explicit(&real_write, memory_order_acquire) <= i ||
			!atomic_load_explicit(&doorbell, memory_order_acquire))
			sched_yield();
		while (atomic_load_explicit((_Atomic uint16_t *)&slot->header, memory_order_acquire) ==
			AQL_PACKET_INVALID)
			sched_yield();
		uint64_t waits[AQL_DEPENDS_MAX];
		if (aql_depend_head(&gate.ring, i, waits)) {
			brakes_passed++;
			while (atomic_load(&((struct track_signal *)(uintptr_t)waits[0])->value))
				sched_yield();
		}
		if (AQL_HEADER_TYPE(slot->header) == AQL_PACKET_DISPATCH) {
			uint32_t id = slot->body[0] - 1;

			if (id >= PRODUCERS || slot->body[1] != next_serial[id])
				atomic_fetch_add(&errors, 1);
			else
				next_serial[id]++;
			if (id < PRODUCERS && slot->body[1] % 3 == 0 &&
				slot->completion_signal != (uint64_t)(uintptr_t)&app_signals[id])
				atomic_fetch_add(&errors, 1);
		}
		struct track_signal *signal = (struct track_signal *)(uintptr_t)slot->completion_signal;
		if (signal >= signals && signal < signals + TRACK_SIGNALS) {
			signal->start_ts = ticks;
			signal->end_ts = ticks += 7;
		}
		atomic_store_explicit((_Atomic uint16_t *)&slot->header, AQL_PACKET_INVALID, memory_order_release);
		/* Release: the timestamps. A signal of ours is decremented exactly once each time. */
		if (signal && atomic_fetch_sub_explicit(&signal->value, 1, memory_order_release) != 1 &&
			signal >= signals && signal < signals + TRACK_SIGNALS)
			atomic_fetch_add(&errors, 1);
		atomic_store_explicit(&dev_read, i + 1, memory_order_release);
	}
	return NULL;
}

static void *pacer(void *arg)
{
	struct gate_pace p;
	unsigned seed = 5;

	while (!atomic_load(&stop)) {
		gate_pace(&gate, rand_r(&seed) % 16 ? 0 : GATE_PACE_MARK, &p);
		if (p.tracked && p.complete > atomic_load(&dev_read) + 1)
			atomic_fetch_add(&errors, 1);
		sched_yield();
	}
	return NULL;
}

static void *mover(void *arg)
{
	unsigned seed = 99;

	while (!atomic_load(&stop)) {
		switch (rand_r(&seed) % 8) {
		case 0:
			gate_close(&gate);
			break;
		case 7:
			gate_close_soon(&gate);
			break;
		case 1:
			gate_limit(&gate, 1 + (uint32_t)rand_r(&seed) % WINDOW_MAX, TRACK_UNLIMITED, 0, 0);
			break;
		case 2:
			gate_limit(&gate, 0, 1000, 0, 0);
			break;
		case 3:
			gate_bypass(&gate);
			gate_engage(&gate);
			gate_track(&gate, &track);
			break;
		case 4:
			gate_open(&gate);
			break;
		case 5:
			gate_brake(&gate, 1 + (uint64_t)rand_r(&seed) % 1000, 5000);
			break;
		case 6:
			gate_brake(&gate, 0, 0);
			break;
		}
		gate_open(&gate);
		sched_yield();
	}
	return NULL;
}

static void run(bool moving)
{
	struct track_signal *list[TRACK_SIGNALS];
	pthread_t threads[PRODUCERS], cp, pc, mv;

	for (unsigned i = 0; i < TRACK_SIGNALS; i++)
		list[i] = &signals[i];
	memset(slots, 0, sizeof(slots));
	memset(notes, 0, sizeof(notes));
	for (int i = 0; i < RING_PKTS; i++)
		slots[i].header = AQL_PACKET_INVALID;
	real_write = dev_read = doorbell = errors = 0;
	stop = false;
	track_init(&track, slots, RING_PKTS, notes, list, true);
	assert_int_equal(gate_init(&gate, slots, RING_PKTS, &real_write, &dev_read, &ops), 0);
	gate_engage(&gate);
	gate_track(&gate, &track);
	gate_limit(&gate, WINDOW_MAX, TRACK_UNLIMITED, 0, 0);
	assert_int_equal(pthread_create(&cp, NULL, processor, NULL), 0);
	assert_int_equal(pthread_create(&pc, NULL, pacer, NULL), 0);
	if (moving)
		assert_int_equal(pthread_create(&mv, NULL, mover, NULL), 0);
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, producer, (void *)i), 0);
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	pthread_join(cp, NULL);
	stop = true;
	pthread_join(pc, NULL);
	if (moving)
		pthread_join(mv, NULL);
	assert_int_equal(errors, 0);
}

static void no_window_is_exceeded_and_no_packet_lost_race(void **state)
{
	run(false);
	assert_true(track.stats.max_in_flight <= WINDOW_MAX);
	assert_true(track.stats.own > 0);
}

static void limits_holds_and_bypass_lose_no_packet_race(void **state)
{
	run(true);
	assert_true(brakes_passed > 0);
}

int main(void)
{
	/* A lost packet shows as a processor that waits for ever. */
	alarm(120);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_window_is_exceeded_and_no_packet_lost_race),
		cmocka_unit_test(limits_holds_and_bypass_lose_no_packet_race),
	};
	return cmocka_run_group_tests_name("track_race", tests, NULL, NULL);
}
