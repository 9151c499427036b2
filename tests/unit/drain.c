/* SPDX-License-Identifier: MIT */
/* How long a queue will go on running, by what its process last told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/common/drain.h"

#define US 1000u

static void what_is_published_runs_to_its_end(void **state)
{
	const struct drain d = {.progress_ns = 1000 * US, .stop_ns = 1500 * US, .end_ns = 1500 * US};

	assert_int_equal(drain_left_ns(&d, 1100 * US), 400 * US);
	assert_int_equal(drain_left_ns(&d, 1490 * US), 10 * US);
}

static void what_takes_longer_is_expected_to_take_as_long_again(void **state)
{
	const struct drain d = {.progress_ns = 1000 * US, .stop_ns = 1500 * US, .end_ns = 1500 * US};

	assert_int_equal(drain_left_ns(&d, 1500 * US), 500 * US);
	assert_int_equal(drain_left_ns(&d, 1900 * US), 900 * US);
	assert_int_equal(drain_left_ns(&d, 1000 * US - 1), 500 * US + 1);
}

static void it_is_stopped_at_the_next_brake(void **state)
{
	const struct drain d = {.progress_ns = 1000 * US, .stop_ns = 1500 * US, .end_ns = 9000 * US, .step_ns = 600 * US};

	assert_int_equal(drain_left_ns(&d, 1100 * US), 400 * US);
	/* Nothing was told since; it passed some. */
	assert_int_equal(drain_left_ns(&d, 1700 * US), 400 * US);
	assert_int_equal(drain_left_ns(&d, 3400 * US), 500 * US);
	/* All should be done. */
	assert_int_equal(drain_left_ns(&d, 9000 * US), 8000 * US);
}

static void a_hold_comes_too_late_for_a_brake_that_is_about_to_be_passed(void **state)
{
	const struct drain d = {.progress_ns = 1000 * US, .stop_ns = 1500 * US, .end_ns = 9000 * US, .step_ns = 600 * US};

	assert_int_equal(drain_left_ns(&d, 1490 * US), 610 * US);
	assert_int_equal(drain_left_ns(&d, 2090 * US), 610 * US);
}

static void it_is_never_nothing(void **state)
{
	const struct drain d = {.progress_ns = 1000 * US, .stop_ns = 0, .end_ns = 0};

	assert_int_equal(drain_left_ns(&d, 1000 * US), 1);
	assert_int_equal(drain_left_ns(&d, 900 * US), 1);
}

static void what_is_brief_ends_before_its_waves_were_saved(void **state)
{
	assert_true(drain_is_brief(100 * US, 200 * US));
	assert_true(drain_is_brief(200 * US - DRAIN_ACT_NS, 200 * US));
	assert_false(drain_is_brief(200 * US - DRAIN_ACT_NS + 1, 200 * US));
	/* Nothing is known; and what no process would tell. */
	assert_false(drain_is_brief(0, 200 * US));
	assert_false(drain_is_brief(UINT64_MAX, 200 * US));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_published_runs_to_its_end),
		cmocka_unit_test(what_takes_longer_is_expected_to_take_as_long_again),
		cmocka_unit_test(it_is_stopped_at_the_next_brake),
		cmocka_unit_test(a_hold_comes_too_late_for_a_brake_that_is_about_to_be_passed),
		cmocka_unit_test(it_is_never_nothing),
		cmocka_unit_test(what_is_brief_ends_before_its_waves_were_saved),
	};

	return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
