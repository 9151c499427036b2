/* SPDX-License-Identifier: MIT */
/* Brakes: where they are put, when they hold, and what is known of a queue that stands at one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/aql/brake.h"
#include "src/aql/depend.h"
#include "tests/unit/track_rig.h"


static bool is_brake(uint64_t index)
{
	uint64_t waits[AQL_DEPENDS_MAX];

	return aql_ring_type(&gate.ring, index) == AQL_PACKET_BARRIER_AND && aql_depend_head(&gate.ring, index, waits) == 1 &&
	       waits[0] == (uint64_t)(uintptr_t)&signals[TRACK_BRAKE];
}

static bool holds(void)
{
	return signals[TRACK_BRAKE].value == 1;
}

/* KERNEL has been seen to take @ns. */
static void learn(uint64_t ns)
{
	for (int i = 0; i < 4; i++) {
		dispatch();
		complete(1, ns);
		pace(0);
	}
}

/* Brakes between packets of @ns together, and room for @ahead_ns in flight. */
static void brake(uint64_t ns, uint64_t ahead_ns)
{
	gate_limit(&gate, 0, ns, 0, 0);
	gate_brake(&gate, ns, ahead_ns);
}

/* As the write-index entry points do. Return: where the packets begin. */
static uint64_t reserve(uint64_t count, uint64_t *from_p)
{
	gate_enter(&gate);
	uint64_t index = brake_reserve(&gate, count, from_p);
	gate_leave(&gate);
	return index;
}

static void there_are_none_unless_asked_for(void **state)
{
	gate_limit(&gate, 0, 10000, 0, 0);
	assert_int_equal(dispatch(), 0);
	assert_int_equal(track.stats.brakes, 0);
	brake(10000, 50000);
	gate_brake(&gate, 0, 0);
	assert_int_equal(dispatch(), 1);
}

static void each_kernel_has_one_until_its_length_is_known(void **state)
{
	brake(10000, 50000);
	assert_int_equal(dispatch(), 1);
	assert_int_equal(dispatch(), 3);
	assert_true(is_brake(0) && is_brake(2));
	assert_int_equal(real_write, 4);
	assert_int_equal(track.stats.brakes, 2);
}

static void between_two_there_is_the_time_asked_for(void **state)
{
	learn(1000);
	brake(3000, 50000);
	for (int i = 0; i < 7; i++)
		dispatch();
	for (uint64_t i = 4; i < 14; i++)
		assert_int_equal(is_brake(i), (i - 4) % 4 == 0);
}

static void a_look_at_the_index_adds_none(void **state)
{
	uint64_t from;

	brake(1000, 50000);
	assert_int_equal(reserve(0, &from), 0);
	assert_int_equal(reserve(0, &from), 0);
	assert_int_equal(reserve(1, &from), 1);
}

static void a_batch_is_not_divided(void **state)
{
	uint64_t from;

	brake(1000, 50000);
	assert_int_equal(reserve(3, &from), 1);
	assert_int_equal(from, 0);
	assert_true(is_brake(0));
}

static void a_reservation_that_has_room_in_the_ring_keeps_it(void **state)
{
	uint64_t from;

	brake(1000, 50000);
	assert_int_equal(reserve(RING_PKTS, &from), 0);
	for (uint64_t i = 0; i < RING_PKTS; i++)
		assert_int_equal(slots[i].header, AQL_PACKET_INVALID);
}

/* The slot of the next reservation holds a packet of the lap before. */
static void a_full_ring_gets_none(void **state)
{
	uint64_t from;

	for (int i = 0; i < RING_PKTS; i++)
		dispatch();
	brake(1000, 50000);
	assert_int_equal(reserve(1, &from), RING_PKTS);
	assert_false(is_brake(RING_PKTS));
}

static void kernels_that_may_overlap_still_can(void **state)
{
	brake(1000, 50000);
	any_order = true;
	dispatch();
	any_order = false;
	dispatch();
	dispatch();
	assert_true(is_brake(2) && is_brake(4));
	/* As the kernel before it was. */
	assert_int_equal(AQL_HEADER_BARRIER(slots[2].header), 0);
	assert_int_equal(AQL_HEADER_BARRIER(slots[4].header), 1);
}

static void they_hold_while_the_gate_is_closed(void **state)
{
	brake(1000, 50000);
	dispatch();
	assert_false(holds());
	gate_close(&gate);
	assert_true(holds());
	unsigned rings = hw.rings;
	gate_open(&gate);
	assert_false(holds());
	/* Whoever stands there is told. */
	assert_int_equal(hw.rings, rings + 1);
}

static void a_gate_opened_unserved_rings_with_the_next_look(void **state)
{
	brake(1000, 50000);
	dispatch();
	for (int waits = 0; waits < 2; waits++) {
		gate_close(&gate);
		if (waits)
			dispatch();
		uint64_t published = real_write;
		unsigned rings = hw.rings;
		gate_open_unserved(&gate);
		assert_false(holds());
		pace(GATE_PACE_SEE);
		assert_int_equal(real_write, published);
		assert_int_equal(hw.rings, rings);
		pace(0);
		/* Once, for what stood at a brake and for what is behind it. */
		assert_int_equal(real_write > published, waits);
		assert_int_equal(hw.rings, rings + 1);
		pace(0);
		assert_int_equal(hw.rings, rings + 1);
	}
}

static void a_gate_opened_unserved_owes_no_ring_in_bypass(void **state)
{
	brake(1000, 50000);
	dispatch();
	gate_close(&gate);
	unsigned rings = hw.rings;
	gate_open_unserved(&gate);
	gate_bypass(&gate);
	assert_int_equal(hw.rings, rings + 1);
}

static void a_gate_may_be_closed_without_them(void **state)
{
	learn(1000);
	brake(1000, 50000);
	dispatch();
	gate_close_loose(&gate);
	assert_false(holds());
	complete(1, 0);
	assert_false(pace(0).stands);
	gate_close(&gate);
	assert_true(holds());
	gate_close_loose(&gate);
	assert_false(holds());
	complete(1, 1000);
	assert_false(pace(0).busy);
}

static void close_while_ringing(void)
{
	hw.in_ring = NULL;
	gate_close_soon(&gate);
	/* Who rings has the gate; what is published stops all the same. */
	assert_int_equal(gate_mode_now(&gate), GATE_OPEN);
	assert_true(holds());
}

static void who_rings_closes_the_gate_if_asked_meanwhile(void **state)
{
	struct gate_stats stats;

	brake(1000, 50000);
	hw.in_ring = close_while_ringing;
	dispatch();
	assert_int_equal(gate_mode_now(&gate), GATE_CLOSED);
	assert_true(holds());
	assert_false(pace(0).stands);
	hw.now_ns += 1000000;
	assert_true(pace(0).stands);
	uint64_t published = real_write;
	dispatch();
	assert_int_equal(real_write, published);
	gate_stats_get(&gate, &stats);
	assert_int_equal(stats.doorbells, 2);
	gate_open(&gate);
	assert_false(holds());
	/* Of itself it closes no more. */
	dispatch();
	assert_int_equal(gate_mode_now(&gate), GATE_OPEN);
}

static void a_gate_that_nobody_has_is_closed_at_once(void **state)
{
	brake(1000, 50000);
	dispatch();
	gate_close_soon(&gate);
	assert_int_equal(gate_mode_now(&gate), GATE_CLOSED);
	assert_true(holds());
	gate_bypass(&gate);
	gate_close_soon(&gate);
	assert_int_equal(gate_mode_now(&gate), GATE_CLOSED);
}

static void end_while_ringing(void)
{
	close_while_ringing();
	/* As the owner does when another writer of the index is found. */
	brakes_end(&gate);
	assert_false(holds());
}

static void brakes_that_end_meanwhile_hold_nobody(void **state)
{
	brake(1000, 50000);
	hw.in_ring = end_while_ringing;
	dispatch();
	assert_int_equal(gate_mode_now(&gate), GATE_CLOSED);
	assert_false(holds());
}

static void a_gate_that_steps_aside_lets_them_go(void **state)
{
	brake(1000, 50000);
	dispatch();
	gate_close(&gate);
	gate_bypass(&gate);
	assert_false(holds());
	assert_int_equal(setup(state), 0);
	brake(1000, 50000);
	dispatch();
	gate_close(&gate);
	gate_track(&gate, NULL);
	assert_false(holds());
	/* And no more are made. */
	gate_open(&gate);
	assert_int_equal(dispatch(), 2);
}

/* ---- a signal that somebody else may set, too ---- */

enum { HANDLE = 0x7000, RUNS = 1, HOLDS = 0 };

static struct track_signal shared;
static _Atomic uint64_t word;

/* Brakes of a tracked queue with a packet in flight wait for it. */
static void share(void)
{
	gate_track(&gate, NULL);
	shared.value = 0;
	track.brake = &shared;
	track.brake_handle = HANDLE;
	gate_brake_share(&gate, &shared);
	word = RUNS;
	gate_word(&gate, &word, 1);
	assert_true(gate_track(&gate, &track));
	brake(1000, 50000);
	dispatch();
}

/* What the other does. */
static void other_holds(void)
{
	word = HOLDS;
	shared.value = 1;
}

/* The other lets go, and whoever takes that rings for the queue. */
static void other_lets_go(void)
{
	unsigned rings = hw.rings;

	word = RUNS;
	gate_brake_settle(&gate);
	assert_int_equal(shared.value, 0);
	assert_int_equal(hw.rings, rings + 1);
}

static void packets_name_a_shared_signal_by_its_handle(void **state)
{
	uint64_t waits[AQL_DEPENDS_MAX];

	share();
	assert_int_equal(aql_depend_head(&gate.ring, 0, waits), 1);
	assert_int_equal(waits[0], HANDLE);
	assert_int_equal(track.stats.brakes, 1);
	gate_close(&gate);
	assert_int_equal(shared.value, 1);
	gate_open(&gate);
	assert_int_equal(shared.value, 0);
	gate_close(&gate);
	gate_bypass(&gate);
	assert_int_equal(shared.value, 0);
}

static void who_shares_it_holds_what_is_published(void **state)
{
	share();
	hw.now_ns += 1000000;
	other_holds();
	/* As long as it wants to. */
	gate_brake_settle(&gate);
	assert_int_equal(shared.value, 1);
	gate_close(&gate);
	assert_true(pace(0).settles_ns > 0);
	hw.now_ns += 1000000;
	assert_true(pace(0).stands);
	unsigned rings = hw.rings;
	word = RUNS;
	gate_open(&gate);
	assert_int_equal(shared.value, 0);
	assert_int_equal(hw.rings, rings + 1);
}

/* It was here that nobody saw the hold. */
static void a_hold_that_went_by_unseen_ends(void **state)
{
	share();
	other_holds();
	other_lets_go();
	assert_int_equal(gate_mode_now(&gate), GATE_OPEN);
}

static void a_closed_gate_keeps_it(void **state)
{
	share();
	gate_close(&gate);
	gate_brake_settle(&gate);
	assert_int_equal(shared.value, 1);
}

static void a_hold_that_comes_while_the_gate_opens_stays(void **state)
{
	share();
	gate_close(&gate);
	other_holds();
	gate_open(&gate);
	assert_int_equal(shared.value, 1);
	/* The gate that is closed for a user who wants what is published done lets it go all the same. */
	gate_close_loose(&gate);
	assert_int_equal(shared.value, 0);
}

static void nobody_stands_while_the_gate_is_open(void **state)
{
	share();
	hw.now_ns += 1000000;
	other_holds();
	struct gate_pace p = pace(0);
	assert_false(p.stands);
	assert_int_equal(p.settles_ns, 0);
}

/* Those in the ring wait for it still. */
static void a_gate_without_brakes_lets_go_what_others_hold(void **state)
{
	share();
	gate_bypass(&gate);
	other_holds();
	other_lets_go();
	/* And a retired one, whatever its word says. */
	assert_int_equal(setup(state), 0);
	share();
	other_holds();
	gate_retire(&gate, &track_rig_ops);
	assert_int_equal(shared.value, 0);
}

static void more_is_in_flight_than_the_window_would_have(void **state)
{
	learn(1000);
	brake(1000, 4000);
	for (int i = 0; i < 6; i++)
		dispatch();
	/* Each with the brake in front of it. */
	assert_int_equal(real_write, 4 + 2 * 5);
	gate_brake(&gate, 0, 0);
	pace(0);
	assert_int_equal(real_write, 4 + 2 * 5);
	complete(2 * 4, 500);
	pace(0);
	assert_int_equal(real_write, 4 + 2 * 6);
}

/* Nothing could stop them but the end of the window. */
static void what_was_reserved_before_there_were_any_has_the_window_only(void **state)
{
	uint64_t first;

	learn(1000);
	first = real_write;
	gate_close(&gate);
	for (int i = 0; i < 6; i++)
		dispatch();
	brake(1000, 50000);
	gate_open(&gate);
	assert_int_equal(real_write, first + 2);
	/* Behind a brake more may follow. */
	dispatch();
	assert_true(is_brake(first + 6));
	assert_int_equal(real_write, first + 2);
	for (int i = 0; i < 4; i++) {
		complete(1, 1000);
		pace(0);
	}
	assert_int_equal(real_write, first + 8);
	for (int i = 0; i < 3; i++)
		dispatch();
	assert_int_equal(real_write, first + 14);
}

static uint64_t most_ns(void)
{
	struct gate_pace p;

	gate_pace(&gate, 0, &p);
	return p.most_ns;
}

static void the_longest_way_to_a_brake_is_known(void **state)
{
	learn(1000);
	/* Without brakes it is all since there were any. */
	dispatch();
	dispatch();
	assert_true(most_ns() >= 2000);
	brake(1000, 50000);
	for (int i = 0; i < 3; i++)
		dispatch();
	assert_true(most_ns() >= 2000);
	/* Once those are complete, and something came since, those in between. */
	complete(8, 1000);
	dispatch();
	dispatch();
	assert_int_equal(most_ns(), 1000);
}

static void a_queue_that_stands_is_known_to(void **state)
{
	learn(1000);
	brake(1000, 50000);
	dispatch();
	dispatch();
	complete(1, 0);
	gate_close(&gate);
	/* The kernel behind the first brake runs, and nothing else will. */
	assert_false(pace(0).stands);
	assert_int_equal(pace(0).stop_ns, 1000);
	hw.read_lags = true;
	complete(1, 1000);
	hw.now_ns += 20000;
	assert_true(pace(0).stands);
	assert_int_equal(pace(0).stop_ns, 0);
	assert_true(pace(0).busy);
	gate_open(&gate);
	assert_false(pace(0).stands);
}

/* Kernels of 1 us, each behind one, of which only signals tell. */
static void two_behind_brakes(void)
{
	learn(1000);
	brake(1000, 50000);
	dispatch();
	dispatch();
	hw.read_lags = true;
}

/* It looked at the brake just before that held, and its signal of ours tells of it a moment later. */
static void a_queue_may_have_just_passed_the_brake(void **state)
{
	two_behind_brakes();
	complete(2, 0);
	uint64_t passed = signals[TRACK_BRAKE].value;
	gate_close(&gate);
	struct gate_pace p = pace(0);
	assert_false(p.stands);
	assert_uint_in_range(p.settles_ns, 1, 20000);
	signals[TRACK_BRAKE].value = passed;
	complete(1, 0);
	signals[TRACK_BRAKE].value = 1;
	hw.now_ns += 20000;
	p = pace(0);
	assert_false(p.stands);
	assert_int_equal(p.settles_ns, 0);
	complete(1, 1000);
	assert_false(pace(0).busy);
}

/* It was passed before the gate closed: its signal says so, whatever the read index does. */
static void a_kernel_that_runs_behind_a_brake_is_known_to(void **state)
{
	two_behind_brakes();
	complete(3, 0);
	gate_close(&gate);
	assert_false(pace(0).stands);
	complete(1, 1000);
	assert_false(pace(0).busy);
}

static void what_a_queue_waits_for_is_behind_the_brake(void **state)
{
	brake(1000, 50000);
	dispatch();
	assert_int_equal(pace(0).complete, 0);
	assert_int_equal(pace(0).head, 1);
}

/* It began while what others have in flight still ran; it seems longer than it is. */
static void the_first_kernel_after_a_hold_teaches_nothing(void **state)
{
	bool steady;
	uint64_t key;

	learn(1000);
	key = aql_times_key(&slots[0]);
	brake(1000, 50000);
	dispatch();
	dispatch();
	/* Ends in a packet that runs nothing, as batches of a runtime do. */
	submit(AQL_PACKET_BARRIER_AND, 0, 0);
	dispatch();
	complete(2, 1000);
	gate_close(&gate);
	gate_open(&gate);
	complete(1, 0);
	complete(1, 3000);
	pace(0);
	assert_int_equal(aql_times_get(&track.times, key, &steady), 1000);
	gate_close(&gate);
	gate_open(&gate);
	complete(3, 0);
	complete(1, 3000);
	pace(0);
	assert_int_equal(aql_times_get(&track.times, key, &steady), 1000);
	/* The next does. */
	dispatch();
	complete(1, 0);
	complete(1, 9000);
	pace(0);
	assert_int_equal(aql_times_get(&track.times, key, &steady), 1000 + (4008 - 1000) / 8);
}

static void a_queue_of_one_producer_gets_none(void **state)
{
	track.may_mark = false;
	brake(1000, 50000);
	assert_int_equal(dispatch(), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(there_are_none_unless_asked_for),
		T(each_kernel_has_one_until_its_length_is_known),
		T(between_two_there_is_the_time_asked_for),
		T(a_look_at_the_index_adds_none),
		T(a_batch_is_not_divided),
		T(a_reservation_that_has_room_in_the_ring_keeps_it),
		T(a_full_ring_gets_none),
		T(kernels_that_may_overlap_still_can),
		T(they_hold_while_the_gate_is_closed),
		T(a_gate_opened_unserved_rings_with_the_next_look),
		T(a_gate_opened_unserved_owes_no_ring_in_bypass),
		T(a_gate_may_be_closed_without_them),
		T(who_rings_closes_the_gate_if_asked_meanwhile),
		T(a_gate_that_nobody_has_is_closed_at_once),
		T(brakes_that_end_meanwhile_hold_nobody),
		T(a_gate_that_steps_aside_lets_them_go),
		T(packets_name_a_shared_signal_by_its_handle),
		T(who_shares_it_holds_what_is_published),
		T(a_hold_that_went_by_unseen_ends),
		T(a_closed_gate_keeps_it),
		T(a_hold_that_comes_while_the_gate_opens_stays),
		T(nobody_stands_while_the_gate_is_open),
		T(a_gate_without_brakes_lets_go_what_others_hold),
		T(more_is_in_flight_than_the_window_would_have),
		T(what_was_reserved_before_there_were_any_has_the_window_only),
		T(the_longest_way_to_a_brake_is_known),
		T(a_queue_that_stands_is_known_to),
		T(a_queue_may_have_just_passed_the_brake),
		T(a_kernel_that_runs_behind_a_brake_is_known_to),
		T(what_a_queue_waits_for_is_behind_the_brake),
		T(the_first_kernel_after_a_hold_teaches_nothing),
		T(a_queue_of_one_producer_gets_none),
	};
	return cmocka_run_group_tests_name("brake", tests, NULL, NULL);
}
