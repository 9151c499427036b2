/* SPDX-License-Identifier: MIT */
/* Arrivals: until whose turn it is has been decided, nothing more of a queue with a window becomes visible. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/aql/arrival.h"
#include "tests/unit/track_rig.h"

static int setup_begun(void **state)
{
	setup(state);
	/* Far from where the tests before have been. */
	hw.now_ns = UINT64_C(1000000000);
	dispatch();
	complete(1, 1000);
	pace(0);
	assert_int_equal(real_write, 1);
	return 0;
}

static void a_queue_with_a_window_waits_for_the_decision_about_another(void **state)
{
	gate_limit(&gate, 4, TRACK_UNLIMITED, 0, 0);
	arrival_begin(&arrivals, hw.now_ns);

	dispatch();
	dispatch();
	assert_int_equal(real_write, 1);
	struct gate_pace p = pace(0);
	assert_int_equal(real_write, 1);
	assert_true(p.busy);
	assert_true(p.barred_ns > 0 && p.barred_ns <= ARRIVAL_MAX_NS);
	assert_true(arrival_end(&arrivals));
	p = pace(0);
	assert_int_equal(real_write, 3);
	assert_int_equal(p.barred_ns, 0);
}

static void a_time_window_waits_too(void **state)
{
	gate_limit(&gate, 0, 50000, 0, 0);
	arrival_begin(&arrivals, hw.now_ns);

	dispatch();
	pace(0);
	assert_int_equal(real_write, 1);
	assert_true(arrival_end(&arrivals));
	pace(0);
	assert_int_equal(real_write, 2);
}

static void a_queue_without_a_window_waits_for_nobody(void **state)
{
	arrival_begin(&arrivals, hw.now_ns);

	dispatch();
	assert_int_equal(real_write, 2);
	assert_false(arrival_end(&arrivals));
}

static void who_arrives_elsewhere_bars_nobody(void **state)
{
	struct arrivals elsewhere = {0};

	gate_limit(&gate, 4, TRACK_UNLIMITED, 0, 0);
	arrival_begin(&elsewhere, hw.now_ns);
	dispatch();
	assert_int_equal(real_write, 2);
	assert_false(arrival_end(&elsewhere));
}

static void what_is_decided_bars_nobody(void **state)
{
	gate_limit(&gate, 4, TRACK_UNLIMITED, 0, 0);
	arrival_begin(&arrivals, hw.now_ns);
	assert_false(arrival_end(&arrivals));
	dispatch();
	assert_int_equal(real_write, 2);
}

static void nobody_is_barred_for_ever(void **state)
{
	gate_limit(&gate, 4, TRACK_UNLIMITED, 0, 0);
	arrival_begin(&arrivals, hw.now_ns);

	dispatch();
	uint64_t barred_ns = pace(0).barred_ns;
	assert_int_equal(real_write, 1);
	hw.now_ns += barred_ns;
	assert_int_equal(pace(0).barred_ns, 0);
	assert_int_equal(real_write, 2);
	arrival_end(&arrivals);
}

static void a_queue_does_not_wait_for_its_own(void **state)
{
	gate_limit(&gate, 4, TRACK_UNLIMITED, 0, 0);
	hw.undecided = true;
	dispatch();
	dispatch();
	assert_int_equal(real_write, 3);
	assert_int_equal(pace(0).barred_ns, 0);
	gate_decided(&gate);
}

static void who_arrives_bars_others_until_it_is_decided_about(void **state)
{
	hw.undecided = true;
	assert_int_equal(arrival_bars_ns(&arrivals, false, track_rig_ops.now_ns), 0);
	dispatch();
	assert_true(arrival_bars_ns(&arrivals, false, track_rig_ops.now_ns) > 0);
	assert_true(gate_decided(&gate));
	assert_int_equal(arrival_bars_ns(&arrivals, false, track_rig_ops.now_ns), 0);
	/* Once. */
	assert_false(gate_decided(&gate));
	arrival_begin(&arrivals, hw.now_ns);
	assert_true(arrival_bars_ns(&arrivals, false, track_rig_ops.now_ns) > 0);
	arrival_end(&arrivals);
}

static void of_several_each_is_waited_for(void **state)
{
	gate_limit(&gate, 4, TRACK_UNLIMITED, 0, 0);
	arrival_begin(&arrivals, hw.now_ns);
	arrival_begin(&arrivals, hw.now_ns);
	dispatch();
	pace(0);
	assert_true(arrival_end(&arrivals));
	pace(0);
	assert_int_equal(real_write, 1);
	assert_true(arrival_end(&arrivals));
	pace(0);
	assert_int_equal(real_write, 2);
}

static void who_arrives_waits_for_the_decision_about_others(void **state)
{
	gate_limit(&gate, 4, TRACK_UNLIMITED, 0, 0);
	hw.undecided = true;
	arrival_begin(&arrivals, hw.now_ns);
	dispatch();
	assert_int_equal(real_write, 1);
	assert_true(arrival_end(&arrivals));
	pace(0);
	assert_int_equal(real_write, 2);
	gate_decided(&gate);
}

static void in_a_forked_child_nobody_arrives(void **state)
{
	hw.undecided = true;
	dispatch();
	assert_true(arrival_bars_ns(&arrivals, false, track_rig_ops.now_ns) > 0);
	gate_abandon(&gate);
	assert_int_equal(arrival_bars_ns(&arrivals, false, track_rig_ops.now_ns), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup_begun)
	const struct CMUnitTest tests[] = {
		T(a_queue_with_a_window_waits_for_the_decision_about_another),
		T(a_time_window_waits_too),
		T(a_queue_without_a_window_waits_for_nobody),
		T(who_arrives_elsewhere_bars_nobody),
		T(what_is_decided_bars_nobody),
		T(nobody_is_barred_for_ever),
		T(a_queue_does_not_wait_for_its_own),
		T(who_arrives_bars_others_until_it_is_decided_about),
		T(of_several_each_is_waited_for),
		T(who_arrives_waits_for_the_decision_about_others),
		T(in_a_forked_child_nobody_arrives),
	};
	return cmocka_run_group_tests_name("arrival", tests, NULL, NULL);
}
