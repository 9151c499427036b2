/* SPDX-License-Identifier: MIT */
/* Completion tracking and windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/aql/depend.h"
#include "src/aql/gate.h"
#include "tests/unit/track_rig.h"

static void a_count_window_holds_back_what_exceeds_it(void **state)
{
	gate_limit(&gate, 4, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 10; i++)
		dispatch();
	assert_int_equal(real_write, 4);
	complete(1, 100);
	pace(0);
	assert_int_equal(real_write, 5);
	complete(4, 100);
	pace(0);
	assert_int_equal(real_write, 9);
	assert_int_equal(track.stats.max_in_flight, 4);
}

static void a_word_withholds_what_is_rung_for(void **state)
{
	_Atomic uint64_t word = 7;

	gate_word(&gate, &word, 3);
	dispatch();
	assert_int_equal(real_write, 1);
	complete(1, 100);
	/* Bits beside the mask are somebody else's. */
	atomic_store(&word, 4);
	assert_false(pace(0).busy);
	dispatch();
	dispatch();
	assert_int_equal(real_write, 1);
	assert_true(pace(0).busy);
	assert_int_equal(real_write, 1);
	atomic_store(&word, 1);
	assert_true(pace(0).busy);
	assert_int_equal(real_write, 3);
	complete(2, 100);
	assert_false(pace(0).busy);
	/* Nobody's any more. */
	atomic_store(&word, 0);
	dispatch();
	assert_int_equal(real_write, 3);
	gate_word(&gate, NULL, 0);
	assert_int_equal(real_write, 4);
}

static void a_window_of_one_runs_packet_by_packet(void **state)
{
	gate_limit(&gate, 1, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 5; i++)
		dispatch();
	for (uint64_t i = 1; i <= 5; i++) {
		assert_int_equal(real_write, i);
		complete(1, 100);
		pace(0);
	}
	assert_int_equal(track.stats.max_in_flight, 1);
}

static void completions_are_seen_by_own_signals_where_the_read_index_lags(void **state)
{
	hw.read_lags = true;
	gate_limit(&gate, 4, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 8; i++)
		dispatch();
	complete(4, 100);
	assert_int_equal(pace(0).complete, 4);
	assert_int_equal(real_write, 8);
}

static void half_a_window_of_known_kernels_shares_one_signal(void **state)
{
	gate_limit(&gate, 8, TRACK_UNLIMITED, 0, 0);
	dispatch();
	complete(1, 100);
	pace(0);
	uint64_t before = track.stats.own;
	for (int i = 0; i < 8; i++)
		dispatch();
	assert_int_equal(track.stats.own - before, 2);
}

/* @count dispatches, as many as the ring has room for at once, each of @ns. Return: GPU time that was charged. */
static uint64_t charged(unsigned count, uint64_t ns)
{
	uint64_t charged_ns = 0;

	hw.read_lags = true;
	for (unsigned i = 0; i < count; i++) {
		if (i % RING_PKTS == 0)
			for (unsigned k = 0; k < RING_PKTS; k++)
				dispatch();
		complete(1, ns);
		if (i % 8 != 7)
			continue;
		dev_read = hw.done;
		struct gate_pace p = pace(0);
		charged_ns += p.ran_ns;
		for (uint32_t k = 0; k < p.span_count; k++)
			charged_ns += p.spans[k].ns;
	}
	return charged_ns;
}

static void a_free_queue_is_charged_for_what_kernels_take_now(void **state)
{
	charged(16, 1000);
	/* Until one of them is measured they are taken for as short as those before. */
	charged(32, 100000);
	uint64_t before = track.stats.own;
	assert_uint_in_range(charged(32, 100000), 3100000, 3300000);
	assert_true(track.stats.own - before <= 2);
}

static void kernels_that_take_turns_are_all_measured(void **state)
{
	static const uint64_t budgets_ns[] = {TRACK_UNLIMITED, 1000, 2000, 4000, 8000, 16000};
	bool steady;

	for (unsigned i = 0; i < 2 * sizeof(budgets_ns) / sizeof(budgets_ns[0]); i++) {
		unsigned longer = i % 2;

		setup(state);
		gate_limit(&gate, 0, budgets_ns[i / 2], 0, 0);
		for (unsigned k = 0; k < 1000; k++) {
			submit(AQL_PACKET_DISPATCH, (1 + k % 2) * KERNEL, 0);
			complete(1, k >= 100 && k % 2 == longer ? 1500 : 1000);
			pace(0);
		}
		assert_uint_in_range(aql_times_get(&track.times, (1 + longer) * KERNEL, &steady), 1300, 1500);
		assert_int_equal(aql_times_get(&track.times, (2 - longer) * KERNEL, &steady), 1000);
	}
}

static void the_applications_signals_stay_in_their_packets(void **state)
{
	gate_limit(&gate, 3, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 9; i++)
		submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	for (int i = 0; i < 3; i++) {
		complete(3, 100);
		pace(0);
	}
	assert_int_equal(hw.app_done, 9);
	assert_int_equal(track.stats.own, 0);
	assert_int_equal(track.stats.max_in_flight, 3);
}

static void an_application_signal_counts_with_the_own_signal_behind_it(void **state)
{
	hw.read_lags = true;
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	dispatch();
	complete(2, 100);
	assert_int_equal(pace(0).complete, 2);
}

static void a_full_window_that_cannot_be_seen_through_is_widened_when_stuck(void **state)
{
	hw.read_lags = true;
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 3; i++)
		submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	dispatch();
	complete(2, 100);
	pace(0);
	assert_int_equal(real_write, 2);
	pace(GATE_PACE_EXTRA);
	pace(GATE_PACE_EXTRA);
	assert_int_equal(real_write, 4);
	complete(2, 100);
	assert_int_equal(pace(0).complete, 4);
	/* A signal of ours can tell: no reason to widen. */
	for (int i = 0; i < 4; i++)
		dispatch();
	pace(GATE_PACE_EXTRA);
	assert_int_equal(real_write, 6);
}

static void a_late_body_over_our_signal_is_reaped_by_the_read_index(void **state)
{
	gate_limit(&gate, 1, TRACK_UNLIMITED, 0, 0);
	uint64_t index = dispatch();
	assert_non_null(own_signal(index));
	slots[index % RING_PKTS].completion_signal = APP_SIGNAL;
	dispatch();
	complete(1, 100);
	pace(0);
	assert_int_equal(real_write, 2);
	assert_int_equal(hw.app_done, 1);
}

static void a_signal_lost_to_a_late_body_is_used_again_a_lap_later_only(void **state)
{
	gate_limit(&gate, 1, TRACK_UNLIMITED, 0, 0);
	/* The only one there is. */
	track.free = 2;
	assert_ptr_equal(own_signal(dispatch()), &signals[1]);
	slots[0].completion_signal = APP_SIGNAL;
	for (uint64_t index = 1; index <= RING_PKTS + 1; index++) {
		complete(1, 100);
		pace(0);
		assert_int_equal(dispatch(), index);
		/* The packet processor may still decrement it for the packet that lost it. */
		assert_int_equal(own_signal(index) != NULL, index == RING_PKTS + 1);
	}
	complete(1, 100);
	assert_int_equal(signals[1].value, 0);
	assert_false(pace(0).busy);
}

static void our_signal_that_a_producer_leaves_in_its_slot_is_not_the_applications(void **state)
{
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	dispatch();
	complete(1, 100);
	pace(0);
	assert_non_null(own_signal(0));
	for (int i = 1; i < RING_PKTS; i++) {
		dispatch();
		complete(1, 100);
		pace(0);
	}
	/* The second lap; this producer writes no completion slot. */
	uint64_t left = slots[0].completion_signal, index = atomic_fetch_add(&gate.shadow, 1);
	assert_int_not_equal(left, 0);
	((struct track_signal *)(uintptr_t)left)->value = 1;
	slots[0].header = AQL_PACKET_DISPATCH;
	gate_doorbell(&gate, index);
	assert_non_null(own_signal(index));
	assert_int_equal(track.packet[own_signal(index) - signals].index, index);
}

static void windows_hold_across_many_laps_of_the_ring(void **state)
{
	gate_limit(&gate, 3, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 50 * RING_PKTS; i++) {
		/* Every third has a signal of the program's, every fifth is a barrier. */
		submit(i % 5 ? AQL_PACKET_DISPATCH : AQL_PACKET_BARRIER_AND, KERNEL, i % 3 ? 0 : APP_SIGNAL);
		while (gate.shadow - hw.done > RING_PKTS - 2) {
			complete(1, 100);
			pace(0);
		}
		assert_true(real_write - hw.done <= 3);
	}
	while (hw.done < gate.shadow) {
		complete(1, 100);
		pace(0);
	}
	assert_int_equal(track.stats.max_in_flight, 3);
	assert_int_equal(hw.done, 50 * RING_PKTS);
	assert_false(pace(0).busy);
}

static void barriers_alone_pass_the_window(void **state)
{
	hw.read_lags = true;
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 6; i++)
		submit(AQL_PACKET_BARRIER_AND, 0, 0);
	for (int i = 0; i < 3; i++) {
		complete(2, 0);
		pace(0);
	}
	assert_int_equal(hw.done, 6);
	assert_false(pace(0).busy);
}

static void packets_of_unknown_kind_get_no_signal(void **state)
{
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	/* A vendor packet of format 0 may be anything. */
	uint64_t index = submit(AQL_PACKET_VENDOR, 0, 0);
	assert_int_equal(slots[index].completion_signal, 0);
	index = submit(AQL_PACKET_AGENT, 0, 0);
	assert_int_equal(slots[index].completion_signal, 0);
	complete(2, 0);
	assert_false(pace(0).busy);
}

static void durations_are_learned_from_timestamps(void **state)
{
	bool steady;

	gate_limit(&gate, 4, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 3; i++) {
		dispatch();
		complete(1, 5000);
		pace(0);
	}
	assert_int_equal(aql_times_get(&track.times, KERNEL, &steady), 5000);
	submit(AQL_PACKET_DISPATCH, 2 * KERNEL, 0);
	complete(1, 70000);
	pace(0);
	assert_int_equal(aql_times_get(&track.times, 2 * KERNEL, &steady), 70000);
	assert_int_equal(aql_times_get(&track.times, KERNEL, &steady), 5000);
}

static uint64_t key_of(uint64_t kernel, uint32_t x, uint32_t y, uint32_t z)
{
	uint32_t packet[16] = {0, 0, 0, x, y, z};

	memcpy(packet + 8, &kernel, sizeof(kernel));
	return aql_times_key(packet);
}

static void each_size_of_grid_is_learned_by_itself(void **state)
{
	const uint64_t kernel = 0x7fffdeadbe40;
	bool steady;

	assert_int_equal(key_of(0, 64, 1, 1), 0);
	for (unsigned log = 0; log < 32; log++) {
		uint64_t key = key_of(kernel, 1u << log, 1, 1);

		assert_int_equal(aql_times_kernel(key), kernel);
		assert_int_equal(aql_times_grid(key), UINT64_C(1) << log);
		if (log < 2)
			continue;
		assert_int_equal(key_of(kernel, (1u << log) + (1u << log) / 2 - 1, 1, 0), key);
		assert_int_equal(aql_times_grid(key_of(kernel, (1u << log) + (1u << log) / 2, 1, 1)), UINT64_C(3) << (log - 1));
		assert_int_equal(key_of(kernel, 2, 1u << (log - 1), 1), key);
	}
	assert_int_equal(key_of(kernel, UINT32_MAX, UINT32_MAX, UINT32_MAX), key_of(kernel, UINT32_MAX, 2, 2));

	aql_times_learn(&track.times, key_of(kernel, 64, 1, 1), 1000, false);
	aql_times_learn(&track.times, key_of(kernel, 1000, 1000, 1), 700000, false);
	assert_int_equal(aql_times_get(&track.times, key_of(kernel, 64, 1, 1), &steady), 1000);
	assert_int_equal(aql_times_get(&track.times, key_of(kernel, 1000, 1000, 1), &steady), 700000);
	assert_int_equal(aql_times_get(&track.times, key_of(kernel, 1000, 1, 1), &steady), 0);
}

static void packets_are_admitted_by_the_size_of_their_grid(void **state)
{
	gate_limit(&gate, 4, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 2; i++) {
		grid = i ? 1 << 20 : 64;
		dispatch();
		complete(1, i ? 700000 : 5000);
		pace(0);
	}
	gate_limit(&gate, 0, 20000, 0, 0);
	grid = 64;
	for (int i = 0; i < 10; i++)
		dispatch();
	assert_int_equal(real_write, 2 + 5);
	complete(5, 5000);
	pace(0);
	complete(5, 5000);
	pace(0);
	grid = 1 << 20;
	for (int i = 0; i < 3; i++)
		dispatch();
	assert_int_equal(real_write, 2 + 10 + 1);
	grid = 0;
}

static void a_time_window_becomes_packets_by_learned_durations(void **state)
{
	gate_limit(&gate, 0, 50000, 0, 0);
	for (int i = 0; i < 2; i++) {
		dispatch();
		complete(1, 10000);
		pace(0);
	}
	for (int i = 0; i < 12; i++)
		dispatch();
	/* The last one has the window's time before it. */
	assert_int_equal(real_write - hw.done, 6);
}

/* Twelve kernels that are known to take 1 ms, beyond a window of 50 us. */
static void long_kernels(void)
{
	gate_limit(&gate, 0, 50000, 15000, 0);
	dispatch();
	complete(1, 1000000);
	pace(0);
	for (int i = 0; i < 12; i++)
		dispatch();
}

static void a_kernel_longer_than_the_time_window_is_followed_when_so_much_of_it_remains(void **state)
{
	long_kernels();
	assert_int_equal(real_write - hw.done, 1);
	/* Not when the window has room, but when there is the time to fill it. */
	const uint64_t left_ns = 15000;
	assert_int_equal(pace(0).next_ns, 1000000 - left_ns);
	hw.now_ns += 900000;
	pace(0);
	assert_int_equal(real_write - hw.done, 1);
	hw.now_ns += 85000;
	/* That the first one ends is no reason to look. */
	assert_int_equal(pace(0).next_ns, 2000000 - left_ns);
	assert_int_equal(real_write - hw.done, 2);
	/* However late the first one is, the second keeps the window. */
	hw.now_ns += 9000000;
	pace(0);
	assert_int_equal(real_write - hw.done, 2);
	complete(1, 9960000);
	pace(0);
	assert_int_equal(real_write - hw.done, 1);
	/* The clock of one that is published when the GPU ran dry starts as well. By now 1.98 ms are expected of it. */
	complete(1, 1000000);
	pace(0);
	hw.now_ns += 1940000;
	pace(0);
	assert_int_equal(real_write - hw.done, 2);
}

/* Of an average of 5 us. The longer the kernel, the less it matters when the next one comes late now and then. */
static void the_longer_a_kernel_the_later_it_is_followed(void **state)
{
	static const struct {
		uint64_t spread_ns, left_ns;
	} when[] = {{0, 5000}, {5000, 5000}, {20000, 5000}, {20001, 5000 + 20001}, {50000, 5000 + 50000}, {60000, 5000 + 2 * 60000}};

	for (unsigned i = 0; i < sizeof(when) / sizeof(when[0]); i++) {
		setup(state);
		/* The window is what it takes to fill it at least. */
		gate_limit(&gate, 0, 200000, 5000 + 2 * when[i].spread_ns, when[i].spread_ns);
		dispatch();
		complete(1, 1000000);
		pace(0);
		dispatch();
		dispatch();
		assert_int_equal(pace(0).next_ns, 1000000 - when[i].left_ns);
	}
}

static void what_follows_a_kernel_began_at_its_end_however_late_that_is_seen(void **state)
{
	long_kernels();
	pace(0);
	hw.now_ns += 960000;
	pace(0);
	assert_int_equal(real_write - hw.done, 2);
	/* The second one runs for 0.96 ms already. */
	hw.now_ns += 1000000;
	complete(1, 1000000);
	assert_int_equal(pace(0).next_ns, 2000000 - 15000);
	assert_int_equal(real_write - hw.done, 2);
}

static void a_look_comes_after_the_signal_while_there_is_work(void **state)
{
	gate_limit(&gate, 0, 200000, 40000, 0);
	dispatch();
	complete(1, 100000);
	pace(0);
	dispatch();
	assert_int_equal(pace(0).next_ns, 100000);
	for (int i = 0; i < 2; i++)
		dispatch();
	assert_int_equal(real_write - hw.done, 3);
	assert_int_equal(pace(0).next_ns, 100000 + 200000 / 8);
	/* With more to publish, when the window is worth filling. */
	for (int i = 0; i < 10; i++)
		dispatch();
	assert_int_equal(real_write - hw.done, 3);
	assert_int_equal(pace(0).next_ns, 300000 - 2 * 40000);
}

/* A kernel of 1 ms had 0.3 ms, and is still in flight 5 ms later. */
static void the_clock_stands_while_others_run(void **state)
{
	for (int saved = 0; saved < 2; saved++) {
		setup(state);
		long_kernels();
		pace(0);
		hw.now_ns += 300000;
		gate_close(&gate);
		hw.now_ns += 5000000;
		gate_open(&gate);
		if (saved)
			gate_saved(&gate, 4900000);
		pace(0);
		assert_int_equal(real_write - hw.done, 1);
		hw.now_ns += 600000;
		pace(0);
		assert_int_equal(real_write - hw.done, 1);
		hw.now_ns += 50000;
		pace(0);
		assert_int_equal(real_write - hw.done, 2);
	}
}

static void the_clock_makes_no_room_beside_kernels_not_known_yet(void **state)
{
	gate_limit(&gate, 0, 50000, 0, 0);
	for (int i = 0; i < 5; i++)
		submit(AQL_PACKET_DISPATCH, KERNEL * (1 + (unsigned)i), 0);
	for (int i = 0; i < 3; i++) {
		pace(0);
		hw.now_ns += 1000000;
	}
	assert_int_equal(real_write, 1);
}

static void the_clock_makes_room_for_one_where_only_the_read_index_tells(void **state)
{
	gate_limit(&gate, 0, 50000, 0, 0);
	dispatch();
	complete(1, 20000);
	pace(0);
	for (int i = 0; i < 9; i++)
		submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	uint64_t visible = real_write;
	for (int i = 0; i < 5; i++) {
		pace(0);
		hw.now_ns += 1000000;
	}
	assert_int_equal(real_write, visible + 1);
}

/* As HIP's events are: a barrier with the program's signal before each kernel. Nothing of ours tells when it ended. */
static void the_clock_goes_on_behind_a_barrier_that_waits_for_nothing(void **state)
{
	gate_limit(&gate, 0, 50000, 0, 0);
	dispatch();
	complete(1, 1000000);
	pace(0);
	for (int i = 0; i < 4; i++) {
		submit(AQL_PACKET_BARRIER_AND, 0, APP_SIGNAL);
		dispatch();
	}
	assert_int_equal(real_write - hw.done, 2);
	pace(0);
	/* It ends at once, and is seen to have when there should be room: all but the window of the kernel behind it has passed. */
	complete(1, 0);
	hw.now_ns += 960000;
	assert_true(pace(0).passed_ns > 900000);
	assert_int_equal(real_write - hw.done, 3);
}

static void the_clock_starts_anew_behind_a_barrier_that_waited(void **state)
{
	gate_limit(&gate, 0, 50000, 0, 0);
	dispatch();
	complete(1, 1000000);
	pace(0);
	/* submit() puts the kernel where a barrier has its fourth signal. */
	submit(AQL_PACKET_BARRIER_AND, KERNEL, APP_SIGNAL);
	dispatch();
	submit(AQL_PACKET_BARRIER_AND, 0, APP_SIGNAL);
	pace(0);
	complete(1, 0);
	hw.now_ns += 960000;
	assert_int_equal(pace(0).passed_ns, 0);
	assert_int_equal(real_write - hw.done, 1);
}

/* The doorbell of the second sees that the first has ended, 1 ms before. */
static void the_clock_starts_when_a_kernel_comes_to_an_idle_gpu(void **state)
{
	gate_limit(&gate, 0, 50000, 0, 0);
	for (int i = 0; i < 2; i++) {
		dispatch();
		pace(0);
		hw.now_ns += 1000000;
		complete(1, 1000000);
		if (!i)
			pace(0);
	}
	hw.now_ns += 1000000;
	dispatch();
	dispatch();
	assert_int_equal(pace(0).passed_ns, 0);
	assert_int_equal(real_write - hw.done, 1);
	hw.now_ns += 500000;
	uint64_t passed_ns = pace(0).passed_ns;
	assert_true(passed_ns >= 500000 && passed_ns <= 510000);
	assert_int_equal(real_write - hw.done, 1);
	hw.now_ns += 460000;
	pace(0);
	assert_int_equal(real_write - hw.done, 2);
}

static void a_time_window_admits_what_hides_the_refill(void **state)
{
	gate_limit(&gate, 0, 20000, 70000, 0);
	dispatch();
	complete(1, 10000);
	pace(0);
	for (int i = 0; i < 12; i++)
		dispatch();
	assert_int_equal(real_write - hw.done, 8);
}

static void kernels_not_known_yet_are_admitted_one_by_one(void **state)
{
	gate_limit(&gate, 0, 50000, 0, 0);
	for (int i = 0; i < 5; i++)
		submit(AQL_PACKET_DISPATCH, KERNEL * (1 + (unsigned)i), 0);
	assert_int_equal(real_write, 1);
	/* Others are expected to take as long. */
	complete(1, 20000);
	pace(0);
	assert_int_equal(real_write, 4);
}

static void kernels_never_known_are_admitted_two_at_a_time(void **state)
{
	gate_limit(&gate, 0, 50000, 0, 0);
	for (int i = 0; i < 5; i++)
		submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	assert_int_equal(real_write, 1);
	complete(1, 20000);
	pace(0);
	assert_int_equal(real_write, 3);
	complete(1, 20000);
	pace(0);
	assert_int_equal(real_write, 4);
}

/* GPU time of what completed, however it is reported. */
static uint64_t ran_ns(const struct gate_pace *p)
{
	uint64_t sum = p->ran_ns;

	for (uint32_t i = 0; i < p->span_count; i++)
		sum += p->spans[i].ns;
	return sum;
}

static void gpu_time_is_reported_once(void **state)
{
	struct gate_pace p;

	gate_limit(&gate, 0, 1000000, 0, 0);
	dispatch();
	complete(1, 10000);
	p = pace(0);
	assert_int_equal(ran_ns(&p), 10000);
	for (int i = 0; i < 6; i++)
		dispatch();
	complete(6, 10000);
	p = pace(0);
	assert_int_equal(ran_ns(&p), 60000);
	p = pace(0);
	assert_int_equal(ran_ns(&p), 0);
}

static void kernels_are_reported_with_their_times(void **state)
{
	uint64_t began = hw.ticks;
	struct gate_pace p;

	gate_limit(&gate, 1, TRACK_UNLIMITED, 0, 0);
	dispatch();
	complete(1, 100000);
	p = pace(0);
	assert_int_equal(p.span_count, 1);
	assert_int_equal(p.spans[0].start_ts, began);
	assert_int_equal(p.spans[0].end_ts, began + 10000);
	assert_int_equal(p.spans[0].ns, 100000);
	/* Nothing was known of it when it became visible; nor of the next few whether it always takes so long. */
	assert_int_equal(p.spans[0].alone_ns, 0);
	for (int i = 0; i < 4; i++) {
		dispatch();
		complete(1, 100000);
		p = pace(0);
	}
	dispatch();
	complete(1, 900000);
	p = pace(0);
	assert_int_equal(p.spans[0].ns, 900000);
	assert_int_equal(p.spans[0].alone_ns, 100000);
}

static void kernels_of_varying_length_take_nobody_knows_how_long_alone(void **state)
{
	struct gate_pace p;

	gate_limit(&gate, 1, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 30; i++) {
		dispatch();
		complete(1, i % 2 ? 100000 : 400000);
		p = pace(0);
		assert_int_equal(p.spans[0].alone_ns, 0);
	}
}

static void short_kernels_in_a_row_are_one_span(void **state)
{
	struct gate_pace p;

	gate_limit(&gate, 8, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 8; i++)
		dispatch();
	complete(8, 1000);
	p = pace(0);
	assert_int_equal(p.span_count, 1);
	assert_int_equal(ran_ns(&p), 8000);
	assert_int_equal(p.spans[0].end_ts, hw.ticks);
}

static void what_ran_between_two_signals_had_no_more_than_that_time(void **state)
{
	struct gate_pace p;

	gate_limit(&gate, 8, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 8; i++)
		dispatch();
	complete(8, 100000);
	pace(0);
	/* Those without a signal of ours took a tenth of what they used to. */
	for (int i = 0; i < 8; i++)
		dispatch();
	for (int i = 0; i < 8; i++)
		complete(1, own_signal(hw.done) ? 100000 : 10000);
	p = pace(0);
	assert_true(own_signal(hw.done - 1));
	assert_int_equal(ran_ns(&p), 2 * 100000 + 6 * 10000);
}

static void kernels_beside_each_other_in_a_queue_count_once(void **state)
{
	struct gate_pace p;

	gate_limit(&gate, 1, TRACK_UNLIMITED, 0, 0);
	dispatch();
	complete(1, 100000);
	p = pace(0);
	hw.ticks -= 5000;
	dispatch();
	complete(1, 100000);
	p = pace(0);
	assert_int_equal(ran_ns(&p), 50000);
	/* It was over before the one before was. */
	hw.ticks -= 4000;
	dispatch();
	complete(1, 10000);
	p = pace(0);
	assert_int_equal(ran_ns(&p), 0);
}

static uint32_t learned_ns(void)
{
	bool steady;

	return aql_times_get(&track.times, KERNEL, &steady);
}

static void waiting_for_other_queues_is_not_learned(void **state)
{
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 4; i++) {
		dispatch();
		complete(1, 100000);
		pace(0);
	}
	/* The one that runs when the gate closes is what it is; the one behind it, and the first after the gate is open again, may wait. */
	dispatch();
	dispatch();
	gate_close(&gate);
	complete(1, 100000);
	complete(1, 5000000);
	pace(0);
	assert_int_equal(learned_ns(), 100000);
	gate_open(&gate);
	dispatch();
	dispatch();
	complete(1, 5000000);
	pace(0);
	assert_int_equal(learned_ns(), 100000);
	complete(1, 200000);
	pace(0);
	assert_true(learned_ns() > 100000);
}

static void time_that_waves_were_saved_is_not_learned(void **state)
{
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 4; i++) {
		dispatch();
		complete(1, 100000);
		pace(0);
	}
	for (int i = 0; i < 8; i++) {
		dispatch();
		gate_close(&gate);
		gate_open(&gate);
		gate_saved(&gate, 2000000);
		gate_close(&gate);
		gate_open(&gate);
		/* The driver's part is not known. */
		complete(1, 2200000);
		pace(0);
		/* Whatever comes behind it is as it is. */
		dispatch();
		complete(1, 100000);
		pace(0);
		assert_int_equal(learned_ns(), 100000);
	}
	/* One that is saved each time is believed at last, but for that. */
	for (int i = 0; i < 100; i++) {
		dispatch();
		gate_saved(&gate, 2000000);
		complete(1, 2200000);
		pace(0);
	}
	assert_true(learned_ns() > 150000 && learned_ns() <= 200000);
}

static void kernels_that_became_longer_are_believed_at_last(void **state)
{
	gate_limit(&gate, 1, TRACK_UNLIMITED, 0, 0);
	dispatch();
	complete(1, 100000);
	pace(0);
	/* Each the first after the gate was closed. */
	for (int i = 0; i < 1000; i++) {
		gate_close(&gate);
		gate_open(&gate);
		dispatch();
		complete(1, 1000000);
		pace(0);
	}
	assert_true(learned_ns() > 900000);
}

static void the_first_that_surely_did_not_wait_says_how_long_it_takes(void **state)
{
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	gate_close(&gate);
	gate_open(&gate);
	dispatch();
	dispatch();
	complete(1, 5000000);
	pace(0);
	/* For lack of anything better. */
	assert_int_equal(learned_ns(), 5000000);
	complete(1, 100000);
	pace(0);
	assert_int_equal(learned_ns(), 100000);
}

static void of_doubtful_ones_the_shortest_counts(void **state)
{
	gate_limit(&gate, 1, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 3; i++) {
		gate_close(&gate);
		gate_open(&gate);
		dispatch();
		complete(1, i == 1 ? 300000 : 5000000);
		pace(0);
	}
	assert_int_equal(learned_ns(), 300000);
}

static void to_see_is_not_to_publish(void **state)
{
	struct gate_pace p;

	gate_limit(&gate, 1, TRACK_UNLIMITED, 0, 0);
	dispatch();
	dispatch();
	assert_int_equal(real_write, 1);
	complete(1, 10000);
	p = pace(GATE_PACE_SEE);
	assert_int_equal(p.complete, 1);
	assert_int_equal(ran_ns(&p), 10000);
	assert_true(p.busy);
	assert_int_equal(real_write, 1);
	p = pace(0);
	assert_int_equal(ran_ns(&p), 0);
	assert_int_equal(real_write, 2);
	complete(1, 10000);
	assert_false(pace(GATE_PACE_SEE).busy);
}

static void one_odd_sample_counts_little(void **state)
{
	gate_limit(&gate, 1, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 4; i++) {
		dispatch();
		complete(1, i < 3 ? 100000 : 100000000);
		pace(0);
	}
	assert_true(learned_ns() < 140000);
}

/* The packet of @index, and nothing else, completes. */
static void overtake(uint64_t index, uint64_t ns)
{
	struct track_signal *own = own_signal(index);

	assert_non_null(own);
	own->start_ts = hw.ticks;
	hw.ticks += ns / TICK_NS;
	own->end_ts = hw.ticks;
	own->value--;
}

static void a_kernel_that_overtakes_others_says_nothing_about_them(void **state)
{
	hw.read_lags = true;
	gate_limit(&gate, 3, TRACK_UNLIMITED, 0, 0);
	dispatch();
	complete(1, 1000);
	pace(0);
	any_order = true;
	submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	dispatch();
	overtake(2, 1000);
	assert_int_equal(pace(0).complete, 1);
	/* Measured is measured: it is charged once. */
	dev_read = hw.done = 3;
	struct gate_pace p = pace(0);
	assert_int_equal(p.complete, 3);
	assert_int_equal(p.ran_ns, 1000);
	/* Where each has a signal of ours nothing else is needed, and the last says so when all before it have. */
	for (int i = 0; i < 3; i++)
		dispatch();
	overtake(4, 1000);
	overtake(5, 1000);
	assert_int_equal(pace(0).complete, 3);
	overtake(3, 1000);
	assert_int_equal(pace(0).complete, 6);
	/* Behind a barrier bit everything has. */
	submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	dispatch();
	any_order = false;
	dispatch();
	overtake(7, 1000);
	assert_int_equal(pace(0).complete, 6);
	overtake(8, 1000);
	assert_int_equal(pace(0).complete, 9);
}

static void a_kernel_that_may_overtake_is_no_end(void **state)
{
	hw.read_lags = true;
	dispatch();
	complete(1, 1000);
	pace(0);
	any_order = true;
	submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	dispatch();
	dispatch();
	assert_true(own_signal(2) && own_signal(3));
	pace(GATE_PACE_MARK);
	assert_int_equal(real_write, 5);
	assert_int_equal(AQL_HEADER_BARRIER(slots[4].header), 1);
	overtake(2, 1000);
	overtake(3, 1000);
	assert_true(pace(0).busy);
	overtake(4, 0);
	assert_false(pace(0).busy);
}

static void the_end_of_a_queue_is_marked_when_nothing_else_shows_it(void **state)
{
	hw.read_lags = true;
	submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	complete(1, 100);
	assert_true(pace(0).busy);
	pace(GATE_PACE_MARK);
	assert_int_equal(real_write, 2);
	assert_int_equal(AQL_HEADER_TYPE(slots[1].header), AQL_PACKET_BARRIER_AND);
	assert_int_equal(AQL_HEADER_BARRIER(slots[1].header), 1);
	/* One is enough. */
	pace(GATE_PACE_MARK);
	assert_int_equal(real_write, 2);
	complete(1, 0);
	assert_false(pace(GATE_PACE_MARK).busy);
	assert_int_equal(gate.shadow, 2);
	assert_int_equal(track.stats.markers, 1);
	assert_int_equal(dispatch(), 2);
	complete(1, 100);
	/* None where the end is to be seen, though nobody has looked yet. */
	hw.read_lags = false;
	submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	complete(1, 100);
	assert_false(pace(GATE_PACE_MARK).busy);
	assert_int_equal(real_write, 4);
}

static void no_marker_enters_a_queue_with_a_single_producer(void **state)
{
	hw.read_lags = true;
	track.may_mark = false;
	submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	pace(GATE_PACE_MARK);
	assert_int_equal(gate.shadow, 1);
}

static void no_marker_comes_between_what_a_program_counts_itself(void **state)
{
	hw.read_lags = true;
	submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	gate.own_index = true;
	complete(1, 100);
	pace(GATE_PACE_MARK);
	assert_int_equal(gate.shadow, 1);
}

static void the_end_of_a_closed_queue_is_marked_too(void **state)
{
	hw.read_lags = true;
	submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	complete(1, 100);
	gate_close(&gate);
	assert_true(pace(0).busy);
	pace(GATE_PACE_MARK);
	assert_int_equal(real_write, 2);
	complete(1, 0);
	assert_false(pace(GATE_PACE_MARK).busy);
	/* Not where it would overtake what is held back. */
	gate_open(&gate);
	submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	gate_close(&gate);
	dispatch();
	pace(GATE_PACE_MARK);
	assert_int_equal(real_write, 3);
	assert_int_equal(gate.shadow, 4);
}

static void no_marker_enters_a_full_ring(void **state)
{
	hw.read_lags = true;
	for (int i = 0; i < RING_PKTS - 1; i++)
		submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	pace(GATE_PACE_MARK);
	assert_int_equal(gate.shadow, RING_PKTS - 1);
}

static void a_busy_queue_is_told_of_once(void **state)
{
	dispatch();
	dispatch();
	assert_int_equal(hw.busy, 1);
	complete(2, 100);
	assert_false(pace(0).busy);
	dispatch();
	assert_int_equal(hw.busy, 2);
}

static void a_held_queue_is_busy_without_anything_in_flight(void **state)
{
	gate_close(&gate);
	dispatch();
	assert_int_equal(hw.busy, 1);
	struct gate_pace p = pace(0);
	assert_true(p.busy);
	assert_int_equal(p.published, 0);
}

static void lifting_the_limit_publishes_everything(void **state)
{
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 8; i++)
		dispatch();
	gate_limit(&gate, 0, TRACK_UNLIMITED, 0, 0);
	assert_int_equal(real_write, 8);
}

static void ending_tracking_publishes_everything(void **state)
{
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 8; i++)
		dispatch();
	assert_false(gate_track(&gate, NULL));
	assert_int_equal(real_write, 8);
	assert_false(pace(0).tracked);
}

static void bypass_publishes_everything_and_ends_tracking(void **state)
{
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	for (int i = 0; i < 8; i++)
		dispatch();
	gate_bypass(&gate);
	assert_int_equal(real_write, 8);
	assert_false(pace(0).tracked);
	assert_false(gate_track(&gate, &track));
}

static void tracking_again_forgets_no_signal_in_flight(void **state)
{
	gate_limit(&gate, 2, TRACK_UNLIMITED, 0, 0);
	dispatch();
	struct track_signal *first = own_signal(0);
	assert_non_null(first);
	gate_track(&gate, NULL);
	gate_track(&gate, &track);
	dispatch();
	assert_ptr_not_equal(own_signal(1), first);
	complete(2, 100);
	assert_false(pace(0).busy);
}

static void a_barrier_tells_what_it_waits_for(void **state)
{
	uint64_t waits[AQL_DEPENDS_MAX], signal = APP_SIGNAL;

	gate_close(&gate);
	uint64_t index = submit(AQL_PACKET_BARRIER_AND, 0, 0);
	/* The second of five. */
	memcpy((char *)&slots[index] + 16, &signal, sizeof(signal));
	assert_int_equal(aql_depend_head(&gate.ring, index, waits), 1);
	assert_int_equal(waits[0], APP_SIGNAL);
	index = submit(AQL_PACKET_DISPATCH, KERNEL, APP_SIGNAL);
	assert_int_equal(aql_depend_head(&gate.ring, index, waits), 0);
	assert_true(aql_depend_completes(&gate, APP_SIGNAL));
	assert_false(aql_depend_completes(&gate, APP_SIGNAL + 64));
}

#define T(name) cmocka_unit_test_setup(name, setup)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_count_window_holds_back_what_exceeds_it),
		T(a_word_withholds_what_is_rung_for),
		T(a_window_of_one_runs_packet_by_packet),
		T(completions_are_seen_by_own_signals_where_the_read_index_lags),
		T(half_a_window_of_known_kernels_shares_one_signal),
		T(a_free_queue_is_charged_for_what_kernels_take_now),
		T(kernels_that_take_turns_are_all_measured),
		T(the_applications_signals_stay_in_their_packets),
		T(an_application_signal_counts_with_the_own_signal_behind_it),
		T(a_full_window_that_cannot_be_seen_through_is_widened_when_stuck),
		T(a_late_body_over_our_signal_is_reaped_by_the_read_index),
		T(a_signal_lost_to_a_late_body_is_used_again_a_lap_later_only),
		T(our_signal_that_a_producer_leaves_in_its_slot_is_not_the_applications),
		T(windows_hold_across_many_laps_of_the_ring),
		T(barriers_alone_pass_the_window),
		T(packets_of_unknown_kind_get_no_signal),
		T(durations_are_learned_from_timestamps),
		T(each_size_of_grid_is_learned_by_itself),
		T(packets_are_admitted_by_the_size_of_their_grid),
		T(a_time_window_becomes_packets_by_learned_durations),
		T(a_kernel_longer_than_the_time_window_is_followed_when_so_much_of_it_remains),
		T(the_longer_a_kernel_the_later_it_is_followed),
		T(what_follows_a_kernel_began_at_its_end_however_late_that_is_seen),
		T(a_look_comes_after_the_signal_while_there_is_work),
		T(the_clock_goes_on_behind_a_barrier_that_waits_for_nothing),
		T(the_clock_stands_while_others_run),
		T(the_clock_makes_no_room_beside_kernels_not_known_yet),
		T(the_clock_starts_anew_behind_a_barrier_that_waited),
		T(the_clock_starts_when_a_kernel_comes_to_an_idle_gpu),
		T(the_clock_makes_room_for_one_where_only_the_read_index_tells),
		T(a_time_window_admits_what_hides_the_refill),
		T(kernels_not_known_yet_are_admitted_one_by_one),
		T(kernels_never_known_are_admitted_two_at_a_time),
		T(gpu_time_is_reported_once),
		T(kernels_are_reported_with_their_times),
		T(kernels_of_varying_length_take_nobody_knows_how_long_alone),
		T(short_kernels_in_a_row_are_one_span),
		T(what_ran_between_two_signals_had_no_more_than_that_time),
		T(kernels_beside_each_other_in_a_queue_count_once),
		T(waiting_for_other_queues_is_not_learned),
		T(time_that_waves_were_saved_is_not_learned),
		T(kernels_that_became_longer_are_believed_at_last),
		T(the_first_that_surely_did_not_wait_says_how_long_it_takes),
		T(of_doubtful_ones_the_shortest_counts),
		T(to_see_is_not_to_publish),
		T(one_odd_sample_counts_little),
		T(a_kernel_that_overtakes_others_says_nothing_about_them),
		T(a_kernel_that_may_overtake_is_no_end),
		T(the_end_of_a_queue_is_marked_when_nothing_else_shows_it),
		T(no_marker_enters_a_queue_with_a_single_producer),
		T(no_marker_comes_between_what_a_program_counts_itself),
		T(the_end_of_a_closed_queue_is_marked_too),
		T(no_marker_enters_a_full_ring),
		T(a_busy_queue_is_told_of_once),
		T(a_held_queue_is_busy_without_anything_in_flight),
		T(lifting_the_limit_publishes_everything),
		T(ending_tracking_publishes_everything),
		T(bypass_publishes_everything_and_ends_tracking),
		T(tracking_again_forgets_no_signal_in_flight),
		T(a_barrier_tells_what_it_waits_for),
	};
	return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
