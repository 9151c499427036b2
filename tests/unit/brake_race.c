/* SPDX-License-Identifier: MIT */
/*
 * Brakes that two share: one decides to hold and to let go, and closes them for a hold; the other takes some of the decisions, at any time, and
 * opens them for those that let go. Whatever was missed, in the end they hold if and only if the last decision says so. A producer rings
 * meanwhile, so that the gate is owned by others. Meant for ThreadSanitizer, too.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/aql/brake.h"
#include "src/common/barrier.h"

#define RING_PKTS 64
#define ROUNDS	  20000u
#define KERNEL	  0x1000u
enum { HOLDS, RUNS };

static struct aql_packet slots[RING_PKTS];
static struct track_note notes[RING_PKTS];
static struct track_signal signals[TRACK_SIGNALS], shared;
static struct track track;
static struct gate gate;
static _Atomic uint64_t real_write, dev_read, clock_ns;
static _Atomic bool stop;

/* A decision in one word, as in the page: bit 0 and a number. */
static _Atomic uint64_t word = RUNS;
static _Atomic unsigned begun, ended; /* rounds, of who decides */

static void hw_ring(struct gate *g, uint64_t value)
{
}

static uint64_t hw_now_ns(void)
{
	return atomic_fetch_add_explicit(&clock_ns, 100, memory_order_relaxed);
}

static const struct gate_ops ops = {NULL, hw_ring, hw_now_ns, NULL, NULL};

/* As decide_write() of the daemon: some decisions in a row, too fast for who takes them. */
static void *decider(void *arg)
{
	unsigned seed = 1, number = 0;

	for (unsigned round = 1; round <= ROUNDS; round++) {
		while (atomic_load(&begun) < round)
			spin_pause();
		for (unsigned i = 1 + rand_r(&seed) % 3; i; i--) {
			uint64_t what = rand_r(&seed) % 2;

			atomic_store(&word, (uint64_t)++number << 1 | what);
			if (what == HOLDS)
				atomic_store(&shared.value, 1);
			for (unsigned pause = rand_r(&seed) % 64; pause; pause--)
				spin_pause();
		}
		atomic_store(&ended, round);
	}
	return arg;
}

/* As take() of the library. Return: whether there was a decision to take. */
static bool take(uint64_t *taken)
{
	uint64_t now = atomic_load_explicit(&word, memory_order_acquire);
	bool repeated = (now & 1) == (*taken & 1);

	if (now == *taken)
		return false;
	*taken = now;
	if (!repeated && (now & 1) == HOLDS)
		gate_close_soon(&gate);
	else if (!repeated)
		gate_open(&gate);
	if ((now & 1) != HOLDS)
		gate_brake_settle(&gate);
	return true;
}

/* It passes brakes, too: what they say is all that counts here. */
static void *processor(void *arg)
{
	while (!atomic_load(&stop)) {
		uint64_t read = atomic_load_explicit(&dev_read, memory_order_relaxed), end = atomic_load_explicit(&real_write, memory_order_acquire);

		if (read == end)
			sched_yield();
		for (; read < end; read++)
			atomic_store_explicit((_Atomic uint16_t *)&slots[read % RING_PKTS].header, AQL_PACKET_INVALID, memory_order_relaxed);
		atomic_store_explicit(&dev_read, end, memory_order_release);
	}
	return arg;
}

static void *producer(void *arg)
{
	uint64_t from;

	while (!atomic_load(&stop)) {
		gate_enter(&gate);
		uint64_t index = brake_reserve(&gate, 1, &from);
		gate_leave(&gate);
		while (index - atomic_load_explicit(&dev_read, memory_order_acquire) >= RING_PKTS)
			if (sched_yield() || atomic_load(&stop))
				return arg;
		struct aql_packet *slot = &slots[index % RING_PKTS];
		__atomic_store_n(&slot->body[0], KERNEL, __ATOMIC_RELAXED);
		atomic_store_explicit(
			(_Atomic uint16_t *)&slot->header, AQL_PACKET_DISPATCH | AQL_HEADER_BARRIER_BIT, memory_order_release);
		gate_doorbell(&gate, index);
	}
	return arg;
}

static void brakes_end_as_the_last_decision_says_race(void **state)
{
	struct track_signal *list[TRACK_SIGNALS];
	uint64_t taken = RUNS;
	pthread_t d, p, cp;

	for (unsigned i = 0; i < TRACK_SIGNALS; i++)
		list[i] = &signals[i];
	for (unsigned i = 0; i < RING_PKTS; i++)
		slots[i].header = AQL_PACKET_INVALID;
	assert_int_equal(gate_init(&gate, slots, RING_PKTS, &real_write, &dev_read, &ops), 0);
	track_init(&track, slots, RING_PKTS, notes, list, true);
	track.brake = &shared;
	gate_brake_share(&gate, &shared);
	gate_engage(&gate);
	gate_word(&gate, &word, 1);
	assert_true(gate_track(&gate, &track));
	gate_limit(&gate, 0, 1000, 0, 0);
	gate_brake(&gate, 1000, 50000);
	assert_int_equal(pthread_create(&d, NULL, decider, NULL), 0);
	assert_int_equal(pthread_create(&p, NULL, producer, NULL), 0);
	assert_int_equal(pthread_create(&cp, NULL, processor, NULL), 0);
	for (unsigned round = 1; round <= ROUNDS; round++) {
		atomic_store(&begun, round);
		while (atomic_load(&ended) < round)
			take(&taken);
		take(&taken);
		if (atomic_load(&shared.value) != ((taken & 1) == HOLDS))
			fail_msg("round %u: the last decision was to %s, and the brakes %s", round, (taken & 1) == HOLDS ? "hold" : "let go",
				shared.value ? "hold" : "do not");
	}
	atomic_store(&stop, true);
	pthread_join(d, NULL);
	pthread_join(p, NULL);
	pthread_join(cp, NULL);
}

int main(void)
{
	alarm(120);
	const struct CMUnitTest tests[] = {cmocka_unit_test(brakes_end_as_the_last_decision_says_race)};

	return cmocka_run_group_tests_name("brake_race", tests, NULL, NULL);
}
