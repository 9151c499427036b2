/* SPDX-License-Identifier: MIT */
/*
 * The gate under threads: producers reserve, write and ring, a mover opens, closes and bypasses at random, and a packet processor takes
 * packets and checks that each comes exactly once, whole and in order. Meant for ThreadSanitizer as much as for itself.
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

#include "src/aql/gate.h"

#define RING_PKTS 64
#define PRODUCERS 2

static struct aql_packet slots[RING_PKTS];
static _Atomic uint64_t real_write, dev_read, doorbell;
static struct gate gate;
static _Atomic bool stop;
static _Atomic uint64_t errors;
static uint64_t packets_each;
static bool rings_first_of_batch;

static void hw_store(struct gate *g, uint64_t write_index)
{
	if (write_index < atomic_load(&real_write))
		atomic_fetch_add(&errors, 1);
	atomic_store_explicit(&real_write, write_index, memory_order_release);
}

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
	return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

static const struct gate_ops ops = {hw_store, hw_ring, hw_now_ns, NULL, NULL};

/* What the write-index entry points do; now and then the thread loses its CPU in the middle. */
static uint64_t reserve(uint64_t count, unsigned *seed)
{
	uint64_t index;
	bool native = gate_mode_is_native(gate_enter(&gate));

	if (rand_r(seed) % 64 == 0)
		sched_yield();
	if (native) {
		index = atomic_fetch_add(&real_write, count);
	} else {
		index = atomic_fetch_add(&gate.shadow, count);
		gate_note(&gate, index, count);
	}
	gate_leave(&gate);
	return index;
}

static void write_packet(uint64_t index, uint32_t producer, uint32_t serial)
{
	struct aql_packet *slot = &slots[index % RING_PKTS];

	slot->body[0] = producer;
	slot->body[1] = serial;
	slot->completion_signal = index;
	atomic_store_explicit((_Atomic uint16_t *)&slot->header, AQL_PACKET_DISPATCH, memory_order_release);
}

static void *producer(void *arg)
{
	uint32_t id = (uint32_t)(uintptr_t)arg, serial = 0;
	unsigned seed = id + 1;

	while (serial < packets_each) {
		uint64_t count = rings_first_of_batch ? 1 + rand_r(&seed) % 4 : 1;

		if (count > packets_each - serial)
			count = packets_each - serial;
		uint64_t index = reserve(count, &seed);
		while (index + count - atomic_load_explicit(&dev_read, memory_order_acquire) > RING_PKTS)
			sched_yield();
		/* As graphs do: the first packet last, and its index is what is rung with. */
		for (uint64_t i = count; i-- > 0;)
			write_packet(index + i, id, serial + (uint32_t)i);
		serial += count;
		if (!gate_doorbell(&gate, index))
			hw_ring(&gate, index);
	}
	return NULL;
}

static void *mover(void *arg)
{
	unsigned seed = 99;

	while (!atomic_load(&stop)) {
		switch (rand_r(&seed) % 5) {
		case 0:
			gate_close(&gate);
			break;
		case 4:
			gate_close_soon(&gate);
			break;
		case 1:
			gate_open(&gate);
			break;
		case 2:
			gate_bypass(&gate);
			break;
		case 3:
			gate_engage(&gate);
			break;
		}
		if (rand_r(&seed) % 3 == 0)
			sched_yield();
	}
	gate_open(&gate);
	return NULL;
}

/* Takes only what lies below both the write index and a doorbell: a doorbell lost is a packet lost. */
static void *processor(void *arg)
{
	uint32_t next_serial[PRODUCERS] = {0};
	uint64_t total = packets_each * PRODUCERS;

	for (uint64_t i = 0; i < total; i++) {
		struct aql_packet *slot = &slots[i % RING_PKTS];

		/* In bypass a producer may ring lower than another did, as natively: any ring wakes for all. */
		while (atomic_load_explicit(&real_write, memory_order_acquire) <= i ||
			!atomic_load_explicit(&doorbell, memory_order_acquire))
			sched_yield();
		while (atomic_load_explicit((_Atomic uint16_t *)&slot->header, memory_order_acquire) ==
			AQL_PACKET_INVALID)
			sched_yield();
		uint32_t id = slot->body[0];
		if (id >= PRODUCERS || slot->body[1] != next_serial[id] || slot->completion_signal != i)
			atomic_fetch_add(&errors, 1);
		else
			next_serial[id]++;
		atomic_store_explicit((_Atomic uint16_t *)&slot->header, AQL_PACKET_INVALID, memory_order_release);
		atomic_store_explicit(&dev_read, i + 1, memory_order_release);
	}
	return NULL;
}

static void run(uint64_t each, bool batches)
{
	pthread_t threads[PRODUCERS], cp, mv;

	for (int i = 0; i < RING_PKTS; i++)
		slots[i].header = AQL_PACKET_INVALID;
	real_write = dev_read = doorbell = errors = 0;
	stop = false;
	packets_each = each;
	rings_first_of_batch = batches;
	assert_int_equal(gate_init(&gate, slots, RING_PKTS, &real_write, &dev_read, &ops), 0);
	assert_int_equal(pthread_create(&cp, NULL, processor, NULL), 0);
	assert_int_equal(pthread_create(&mv, NULL, mover, NULL), 0);
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, producer, (void *)i), 0);
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	stop = true;
	pthread_join(mv, NULL);
	pthread_join(cp, NULL);
	assert_int_equal(errors, 0);
	assert_int_equal(dev_read, each * PRODUCERS);
	assert_int_equal(gate_backlog(&gate), 0);
}

static void no_packet_is_lost_or_reordered_while_the_gate_moves_race(void **state)
{
	run(20000, false);
}

static void batches_rung_by_their_first_index_arrive_whole_race(void **state)
{
	run(20000, true);
}

#define ROUNDS 50000
static pthread_barrier_t round_end;
static _Atomic unsigned round_begun[PRODUCERS];

/* Both producers ring at the same time, and then nobody rings again: what the two doorbells said must have been heard. */
static void *ring_together(void *arg)
{
	unsigned id = (unsigned)(uintptr_t)arg, seed = id;

	for (unsigned round = 1; round <= ROUNDS; round++) {
		uint64_t index = reserve(1, &seed);

		/* A spinning start is closer together than a barrier's. */
		atomic_store(&round_begun[id], round);
		for (int i = 0; i < 1000 && atomic_load(&round_begun[1 - id]) < round; i++)
			;
		write_packet(index, id, round);
		gate_doorbell(&gate, index);
		if (pthread_barrier_wait(&round_end) == PTHREAD_BARRIER_SERIAL_THREAD) {
			if (atomic_load(&real_write) != (uint64_t)PRODUCERS * round)
				atomic_fetch_add(&errors, 1);
			for (uint64_t i = dev_read; i < real_write; i++)
				atomic_store((_Atomic uint16_t *)&slots[i % RING_PKTS].header, AQL_PACKET_INVALID);
			atomic_store(&dev_read, atomic_load(&real_write));
		}
		pthread_barrier_wait(&round_end);
	}
	return NULL;
}

static void doorbells_rung_together_are_both_heard_race(void **state)
{
	pthread_t threads[PRODUCERS];

	for (int i = 0; i < RING_PKTS; i++)
		slots[i].header = AQL_PACKET_INVALID;
	real_write = dev_read = doorbell = errors = 0;
	assert_int_equal(gate_init(&gate, slots, RING_PKTS, &real_write, &dev_read, &ops), 0);
	gate_engage(&gate);
	pthread_barrier_init(&round_end, NULL, PRODUCERS);
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ring_together, (void *)i), 0);
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(errors, 0);
}

/* More threads than there are section slots share the gate's counter. */
static void *reserve_once(void *arg)
{
	pthread_barrier_t *all = arg;

	unsigned seed = (unsigned)(uintptr_t)&seed;

	for (int i = 0; i < 200; i++)
		reserve(1, &seed);
	pthread_barrier_wait(all);
	return NULL;
}

static void threads_beyond_the_slots_are_excluded_too_race(void **state)
{
	enum { THREADS = SECTION_SLOTS + 64, TURNS = 200 };
	static pthread_t threads[THREADS];
	pthread_attr_t small;
	pthread_barrier_t all;
	pthread_t mv;

	real_write = dev_read = doorbell = errors = 0;
	stop = false;
	assert_int_equal(gate_init(&gate, slots, RING_PKTS, &real_write, &dev_read, &ops), 0);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 128 * 1024);
	pthread_barrier_init(&all, NULL, THREADS);
	assert_int_equal(pthread_create(&mv, NULL, mover, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], &small, reserve_once, &all), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	stop = true;
	pthread_join(mv, NULL);
	gate_bypass(&gate);
	assert_int_equal(real_write, TURNS * THREADS);
}

int main(void)
{
	/* A lost doorbell shows as a processor that waits for ever. */
	alarm(120);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_packet_is_lost_or_reordered_while_the_gate_moves_race),
		cmocka_unit_test(batches_rung_by_their_first_index_arrive_whole_race),
		cmocka_unit_test(doorbells_rung_together_are_both_heard_race),
		cmocka_unit_test(threads_beyond_the_slots_are_excluded_too_race),
	};
	return cmocka_run_group_tests_name("gate_race", tests, NULL, NULL);
}
