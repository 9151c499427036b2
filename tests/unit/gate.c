/* SPDX-License-Identifier: MIT */
/* The gate, driven by one thread over a ring in memory; the hardware queue is a record of what the gate did to it. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/aql/gate.h"

#define RING_PKTS 16

static struct aql_packet slots[RING_PKTS];
static _Atomic uint64_t real_write, dev_read;
static struct gate gate;
static struct {
	uint64_t rung;   /* last doorbell value */
	unsigned rings;  /* doorbells */
	uint64_t foreign;
	uint64_t clock_ns;
	void (*during_ring)(void);
} hw;

static void hw_store(struct gate *g, uint64_t write_index)
{
	assert_true(write_index >= real_write);
	real_write = write_index;
}

static void hw_ring(struct gate *g, uint64_t value)
{
	/* A doorbell beyond the write index makes hardware overshoot. */
	assert_true(value < real_write);
	hw.rung = value;
	hw.rings++;
	if (hw.during_ring) {
		void (*call)(void) = hw.during_ring;

		hw.during_ring = NULL;
		call();
	}
}

static uint64_t hw_now_ns(void)
{
	return hw.clock_ns += 100;
}

static void hw_foreign(struct gate *g, uint64_t real)
{
	hw.foreign = real;
}

static const struct gate_ops ops = {hw_store, hw_ring, hw_now_ns, hw_foreign, NULL};

static int setup(void **state)
{
	memset(slots, 0, sizeof(slots));
	for (int i = 0; i < RING_PKTS; i++)
		slots[i].header = AQL_PACKET_INVALID;
	real_write = dev_read = 0;
	memset(&hw, 0, sizeof(hw));
	hw.rung = UINT64_MAX;
	return gate_init(&gate, slots, RING_PKTS, &real_write, &dev_read, &ops);
}

/* What the write-index entry points do. */
static uint64_t reserve(uint64_t count)
{
	uint64_t index;

	if (gate_mode_is_native(gate_enter(&gate))) {
		index = atomic_fetch_add(&real_write, count);
	} else {
		index = atomic_fetch_add(&gate.shadow, count);
		gate_note(&gate, index, count);
	}
	gate_leave(&gate);
	return index;
}

static void write_packet(uint64_t index)
{
	atomic_store_explicit((_Atomic uint16_t *)&slots[index % RING_PKTS].header, AQL_PACKET_DISPATCH,
		memory_order_release);
}

static void ring(uint64_t value)
{
	if (!gate_doorbell(&gate, value))
		hw_ring(&gate, value);
}

static uint64_t submit(void)
{
	uint64_t index = reserve(1);

	write_packet(index);
	ring(index);
	return index;
}

/* The packet processor takes everything it can see. */
static void consume(void)
{
	while (dev_read < real_write && slots[dev_read % RING_PKTS].header != AQL_PACKET_INVALID) {
		slots[dev_read % RING_PKTS].header = AQL_PACKET_INVALID;
		dev_read++;
	}
}

static void ring_size_must_be_a_power_of_two(void **state)
{
	struct gate g;

	assert_int_equal(gate_init(&g, slots, 0, &real_write, &dev_read, &ops), -EINVAL);
	assert_int_equal(gate_init(&g, slots, 12, &real_write, &dev_read, &ops), -EINVAL);
}

static void bypass_leaves_index_and_doorbell_native(void **state)
{
	assert_true(gate_mode_is_native(gate_enter(&gate)));
	gate_leave(&gate);
	assert_false(gate_doorbell(&gate, 0));
	assert_int_equal(submit(), 0);
	assert_int_equal(real_write, 1);
}

static void open_gate_publishes_at_the_doorbell(void **state)
{
	gate_engage(&gate);
	uint64_t index = reserve(1);
	write_packet(index);
	assert_int_equal(real_write, 0);
	ring(index);
	assert_int_equal(real_write, 1);
	assert_int_equal(hw.rung, 0);
}

static void engaging_continues_at_the_real_index(void **state)
{
	submit();
	submit();
	gate_engage(&gate);
	assert_int_equal(submit(), 2);
	assert_int_equal(real_write, 3);
	assert_int_equal(hw.rung, 2);
}

static void publishing_stops_at_an_invalid_header(void **state)
{
	gate_engage(&gate);
	uint64_t first = reserve(1), second = reserve(1), third = reserve(1);

	write_packet(first);
	write_packet(third);
	ring(third);
	assert_int_equal(real_write, 1);
	assert_int_equal(hw.rung, 0);
	write_packet(second);
	ring(second);
	assert_int_equal(real_write, 3);
	/* Never the application's value, always the last index published. */
	assert_int_equal(hw.rung, 2);
}

static void a_zeroed_header_is_a_vendor_packet_and_valid(void **state)
{
	gate_engage(&gate);
	uint64_t index = reserve(1);
	slots[index].header = AQL_PACKET_VENDOR;
	ring(index);
	assert_int_equal(real_write, 1);
}

static void closed_gate_holds_and_open_releases_in_one_step(void **state)
{
	gate_close(&gate);
	for (int i = 0; i < 5; i++)
		submit();
	assert_int_equal(real_write, 0);
	assert_int_equal(hw.rings, 0);
	assert_int_equal(gate_backlog(&gate), 5);
	gate_open(&gate);
	assert_int_equal(real_write, 5);
	assert_int_equal(hw.rung, 4);
	assert_int_equal(hw.rings, 1);
	assert_int_equal(gate_backlog(&gate), 0);
}

static void a_gate_opened_unserved_publishes_with_the_next_doorbell(void **state)
{
	gate_close(&gate);
	for (int i = 0; i < 5; i++)
		submit();
	gate_open_unserved(&gate);
	assert_int_equal(gate_mode_now(&gate), GATE_OPEN);
	assert_int_equal(real_write, 0);
	assert_int_equal(hw.rings, 0);
	submit();
	assert_int_equal(real_write, 6);
	assert_int_equal(hw.rings, 1);
}

static void closing_an_open_gate_holds_what_follows(void **state)
{
	gate_engage(&gate);
	submit();
	gate_close(&gate);
	submit();
	assert_int_equal(real_write, 1);
	gate_open(&gate);
	assert_int_equal(real_write, 2);
}

static void closed_gate_still_rings_for_packets_visible_before_it(void **state)
{
	uint64_t before = reserve(1);

	gate_close(&gate);
	assert_int_equal(real_write, 1);
	write_packet(before);
	ring(before);
	assert_int_equal(hw.rings, 1);
	assert_int_equal(hw.rung, 0);
	consume();
	submit();
	/* The packet behind the gate stays silent. */
	assert_int_equal(hw.rings, 1);
}

static void doorbell_before_the_base_rings_through_an_open_gate(void **state)
{
	uint64_t before = reserve(1);

	gate_engage(&gate);
	write_packet(before);
	ring(before);
	assert_int_equal(hw.rings, 1);
	assert_int_equal(hw.rung, 0);
}

static void reservation_beyond_one_lap_is_clamped_to_the_ring(void **state)
{
	gate_engage(&gate);
	uint64_t first = reserve(2 * RING_PKTS);
	for (int i = 0; i < RING_PKTS; i++)
		write_packet(first + i);
	ring(first + RING_PKTS - 1);
	assert_int_equal(real_write, RING_PKTS);
	/* Slots of the second lap still hold the first lap's packets; they are not published twice. */
	ring(first + RING_PKTS - 1);
	assert_int_equal(real_write, RING_PKTS);
	consume();
	for (int i = RING_PKTS; i < 2 * RING_PKTS; i++)
		write_packet(first + i);
	ring(first + 2 * RING_PKTS - 1);
	assert_int_equal(real_write, 2 * RING_PKTS);
}

static void index_moved_ahead_without_packets_publishes_nothing(void **state)
{
	gate_engage(&gate);
	reserve(131072);
	ring(0);
	assert_int_equal(real_write, 0);
	gate_bypass(&gate);
	assert_int_equal(real_write, 131072);
}

static void ring_wraps_around_many_times(void **state)
{
	gate_engage(&gate);
	for (int i = 0; i < 10 * RING_PKTS + 3; i++) {
		submit();
		consume();
		if (i % 7 == 0)
			gate_close(&gate);
		if (i % 7 == 5)
			gate_open(&gate);
	}
	gate_open(&gate);
	consume();
	assert_int_equal(dev_read, 10 * RING_PKTS + 3);
}

static void full_ring_behind_a_closed_gate_is_published_whole(void **state)
{
	gate_close(&gate);
	for (int i = 0; i < RING_PKTS; i++)
		submit();
	gate_open(&gate);
	assert_int_equal(real_write, RING_PKTS);
}

static void batch_rung_with_its_first_index_is_published_whole(void **state)
{
	gate_engage(&gate);
	uint64_t first = reserve(4);
	for (int i = 3; i >= 0; i--)
		write_packet(first + i);
	hw.clock_ns = 0;
	ring(first);
	assert_int_equal(real_write, 4);
	/* The batch is the ringing thread's own: it did not have to prove itself by standing. */
	assert_int_equal(hw.clock_ns, 0);
}

static void *reserve_and_write(void *arg)
{
	uint64_t index = reserve(1);

	write_packet(index);
	return NULL;
}

static void in_another_thread(void *(*fn)(void *))
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, fn, NULL), 0);
	pthread_join(thread, NULL);
}

static void packet_nobody_rang_for_is_published_after_standing(void **state)
{
	gate_engage(&gate);
	uint64_t mine = reserve(1);
	in_another_thread(reserve_and_write);
	write_packet(mine);
	ring(mine);
	assert_int_equal(real_write, 2);
	assert_true(hw.clock_ns >= 1000);
	struct gate_stats stats;
	gate_stats_get(&gate, &stats);
	assert_int_equal(stats.dispatches, 2);
}

static void *ring_1(void *arg)
{
	ring(1);
	return NULL;
}

static void ring_while_publishing(void)
{
	/* Finds the gate owned by the thread that is publishing. */
	write_packet(1);
	in_another_thread(ring_1);
}

static void doorbell_that_finds_the_gate_owned_is_not_lost(void **state)
{
	gate_engage(&gate);
	reserve(1);
	reserve(1);
	write_packet(0);
	hw.during_ring = ring_while_publishing;
	ring(0);
	assert_int_equal(real_write, 2);
	assert_int_equal(hw.rung, 1);
	struct gate_stats stats;
	gate_stats_get(&gate, &stats);
	assert_int_equal(stats.doorbells, 2);
}

static void packet_between_two_batches_is_not_taken_for_the_threads_own(void **state)
{
	gate_engage(&gate);
	reserve(2);
	in_another_thread(reserve_and_write);
	reserve(2);
	for (int i = 0; i < 5; i++)
		write_packet(i);
	ring(0);
	assert_int_equal(real_write, 5);
	assert_true(hw.clock_ns >= 1000);
}

static void *submit_in_thread(void *arg)
{
	submit();
	return NULL;
}

static void submit_while_publishing(void)
{
	in_another_thread(submit_in_thread);
}

static void doorbell_during_the_publication_of_one_packet_is_not_lost(void **state)
{
	struct gate_stats stats;

	gate_engage(&gate);
	submit();
	/* The next and the only one that waits, until another comes while its doorbell rings. */
	hw.during_ring = submit_while_publishing;
	submit();
	assert_int_equal(real_write, 3);
	assert_int_equal(hw.rung, 2);
	gate_stats_get(&gate, &stats);
	assert_int_equal(stats.doorbells, 3);
}

static void foreign_writer_detaches_the_gate_and_loses_no_reservation(void **state)
{
	gate_engage(&gate);
	submit();
	uint64_t held = reserve(3);
	/* Somebody else takes the next index for itself. */
	atomic_fetch_add(&real_write, 1);
	write_packet(held);
	ring(held);
	assert_int_equal(hw.foreign, 2);
	/* All that our producers reserved is visible, and further packets are native. */
	assert_int_equal(real_write, 4);
	assert_int_equal(hw.rung, 3);
	assert_int_equal(submit(), 4);
	gate_close(&gate);
	submit();
	assert_int_equal(real_write, 6);
}

static void bypass_publishes_what_is_reserved_and_hands_over_the_index(void **state)
{
	gate_close(&gate);
	submit();
	uint64_t unwritten = reserve(1);
	gate_bypass(&gate);
	assert_int_equal(real_write, 2);
	/* Nobody has written the second packet, so nobody rings for it yet. */
	assert_int_equal(hw.rung, 0);
	write_packet(unwritten);
	ring(unwritten);
	assert_int_equal(hw.rung, 1);
	assert_int_equal(reserve(1), 2);
	assert_int_equal(real_write, 3);
}

static void detached_gate_ignores_everything(void **state)
{
	gate_detach(&gate);
	gate_engage(&gate);
	gate_close(&gate);
	submit();
	assert_int_equal(real_write, 1);
	gate_bypass(&gate);
	assert_false(gate_doorbell(&gate, 0));
	gate_close(&gate);
	assert_false(gate_doorbell(&gate, 0));
}

static void abandoned_gate_is_native_even_if_it_was_owned(void **state)
{
	gate_close(&gate);
	/* The state a forked child may find. */
	atomic_store(&gate.doorbells, 3);
	gate_abandon(&gate);
	submit();
	assert_int_equal(real_write, 1);
	assert_int_equal(gate_backlog(&gate), 0);
}

static void statistics_count_packets_dispatches_and_held_time(void **state)
{
	struct gate_stats stats;

	gate_engage(&gate);
	submit();
	uint64_t barrier = reserve(1);
	slots[barrier].header = AQL_PACKET_BARRIER_AND;
	ring(barrier);
	gate_close(&gate);
	submit();
	submit();
	hw.clock_ns += 1000000;
	gate_stats_get(&gate, &stats);
	assert_true(stats.held_ns >= 1000000);
	gate_open(&gate);
	hw.clock_ns += 5000000;
	gate_stats_get(&gate, &stats);
	assert_int_equal(stats.packets, 4);
	assert_int_equal(stats.dispatches, 3);
	assert_int_equal(stats.doorbells, 4);
	assert_int_equal(stats.publishes, 3);
	assert_uint_in_range(stats.held_ns, 1000000, 1999999);
}

static void packets_count_on_after_a_time_in_bypass(void **state)
{
	struct gate_stats stats;

	gate_engage(&gate);
	submit();
	gate_bypass(&gate);
	submit();
	gate_engage(&gate);
	submit();
	gate_stats_get(&gate, &stats);
	/* What passed natively is nobody's to count. */
	assert_int_equal(stats.packets, 2);
	assert_int_equal(stats.dispatches, 2);
}

static void closed_gate_without_packets_holds_no_time(void **state)
{
	struct gate_stats stats;

	gate_close(&gate);
	hw.clock_ns += 1000000;
	gate_open(&gate);
	gate_stats_get(&gate, &stats);
	assert_int_equal(stats.held_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ring_size_must_be_a_power_of_two, setup),
		cmocka_unit_test_setup(bypass_leaves_index_and_doorbell_native, setup),
		cmocka_unit_test_setup(open_gate_publishes_at_the_doorbell, setup),
		cmocka_unit_test_setup(engaging_continues_at_the_real_index, setup),
		cmocka_unit_test_setup(publishing_stops_at_an_invalid_header, setup),
		cmocka_unit_test_setup(a_zeroed_header_is_a_vendor_packet_and_valid, setup),
		cmocka_unit_test_setup(closed_gate_holds_and_open_releases_in_one_step, setup),
		cmocka_unit_test_setup(a_gate_opened_unserved_publishes_with_the_next_doorbell, setup),
		cmocka_unit_test_setup(closing_an_open_gate_holds_what_follows, setup),
		cmocka_unit_test_setup(closed_gate_still_rings_for_packets_visible_before_it, setup),
		cmocka_unit_test_setup(doorbell_before_the_base_rings_through_an_open_gate, setup),
		cmocka_unit_test_setup(reservation_beyond_one_lap_is_clamped_to_the_ring, setup),
		cmocka_unit_test_setup(index_moved_ahead_without_packets_publishes_nothing, setup),
		cmocka_unit_test_setup(ring_wraps_around_many_times, setup),
		cmocka_unit_test_setup(full_ring_behind_a_closed_gate_is_published_whole, setup),
		cmocka_unit_test_setup(batch_rung_with_its_first_index_is_published_whole, setup),
		cmocka_unit_test_setup(packet_nobody_rang_for_is_published_after_standing, setup),
		cmocka_unit_test_setup(packet_between_two_batches_is_not_taken_for_the_threads_own, setup),
		cmocka_unit_test_setup(doorbell_that_finds_the_gate_owned_is_not_lost, setup),
		cmocka_unit_test_setup(doorbell_during_the_publication_of_one_packet_is_not_lost, setup),
		cmocka_unit_test_setup(foreign_writer_detaches_the_gate_and_loses_no_reservation, setup),
		cmocka_unit_test_setup(bypass_publishes_what_is_reserved_and_hands_over_the_index, setup),
		cmocka_unit_test_setup(detached_gate_ignores_everything, setup),
		cmocka_unit_test_setup(abandoned_gate_is_native_even_if_it_was_owned, setup),
		cmocka_unit_test_setup(statistics_count_packets_dispatches_and_held_time, setup),
		cmocka_unit_test_setup(packets_count_on_after_a_time_in_bypass, setup),
		cmocka_unit_test_setup(closed_gate_without_packets_holds_no_time, setup),
	};
	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
