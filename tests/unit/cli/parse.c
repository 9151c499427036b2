/* SPDX-License-Identifier: MIT */
/* What users type: targets, hints, priorities, times, and what they are told when it is wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/cli/parse.h"

static char error[512];

static int64_t time_of(const char *text)
{
	int64_t us = -1;

	return parse_time_us(text, 0, 1000000000, &us, error, sizeof(error)) ? -1 : us;
}

static void times_take_units_and_points(void **state)
{
	assert_int_equal(time_of("500"), 500);
	assert_int_equal(time_of("500us"), 500);
	assert_int_equal(time_of("5ms"), 5000);
	assert_int_equal(time_of("1.5ms"), 1500);
	assert_int_equal(time_of("0.000001s"), 1);
	assert_int_equal(time_of("2000ns"), 2);
	assert_int_equal(time_of("1s"), 1000000);
	assert_int_equal(time_of("0"), 0);
}

static void times_that_are_none_are_refused(void **state)
{
	static const char *const wrong[] = {"", " 5", "5 ms", "-5", "+5", "5m", "ms", ".5ms", "5.ms", "1.5us", "999ns", "5ms ", "1e3",
		"99999999999999999999s", "18446744073709551617us"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(time_of(wrong[i]), -1);
}

static void time_out_of_range_says_the_range(void **state)
{
	int64_t us = 7;

	assert_int_equal(parse_time_us("11ms", 1, 10000, &us, error, sizeof(error)), -ERANGE);
	assert_int_equal(us, 7);
	assert_non_null(strstr(error, "1 to 10000 microseconds"));
	/* More than 64 bits of nanoseconds hold, but no overflow. */
	assert_int_equal(parse_time_us("9223372036854775807s", 0, INT64_MAX, &us, error, sizeof(error)), -ERANGE);
}

static void numbers_are_whole_and_in_range(void **state)
{
	int64_t value = 7;

	assert_int_equal(parse_number("-3", -5, 5, &value, error, sizeof(error)), 0);
	assert_int_equal(value, -3);
	assert_int_equal(parse_number("6", -5, 5, &value, error, sizeof(error)), -ERANGE);
	assert_string_equal(error, "must be a whole number from -5 to 5");
	assert_int_equal(parse_number("4x", -5, 5, &value, error, sizeof(error)), -EINVAL);
	assert_int_equal(parse_number("99999999999999999999", -5, 5, &value, error, sizeof(error)), -ERANGE);
	assert_int_equal(parse_number("", -5, 5, &value, error, sizeof(error)), -EINVAL);
	assert_int_equal(value, -3);
}

static int64_t priority_of(const char *text)
{
	int64_t value;

	return parse_hint_value(SCHED_HINT_PRIORITY, text, &value, error, sizeof(error)) ? INT64_MAX : value;
}

static void priorities_have_names(void **state)
{
	assert_int_equal(priority_of("high"), 100);
	assert_int_equal(priority_of("normal"), 0);
	assert_int_equal(priority_of("low"), -100);
	assert_int_equal(priority_of("none"), -256);
	assert_int_equal(priority_of("-255"), -255);
	assert_int_equal(priority_of("255"), 255);
	assert_int_equal(priority_of("256"), INT64_MAX);
	assert_int_equal(priority_of("-257"), INT64_MAX);
	assert_int_equal(priority_of("High"), INT64_MAX);
	assert_non_null(strstr(error, "high (100), normal (0), low (-100), none (-256"));
}

static void hints_are_read_by_their_unit(void **state)
{
	enum sched_hint hint;
	int64_t value;

	assert_int_equal(parse_hint("deadline=2ms", &hint, &value, error, sizeof(error)), 0);
	assert_int_equal(hint, SCHED_HINT_DEADLINE);
	assert_int_equal(value, 2000);
	assert_int_equal(parse_hint("deadline=none", &hint, &value, error, sizeof(error)), 0);
	assert_int_equal(value, SCHED_NONE);
	assert_int_equal(parse_hint("utilization=75%", &hint, &value, error, sizeof(error)), 0);
	assert_int_equal(value, 75);
	assert_int_equal(parse_hint("weight=unset", &hint, &value, error, sizeof(error)), 0);
	assert_int_equal(hint, SCHED_HINT_WEIGHT);
	assert_true(value == SCHED_HINT_UNSET);
	assert_int_equal(parse_hint("laxity-priority=-9", &hint, &value, error, sizeof(error)), 0);
	assert_int_equal(value, -9);
}

static void wrong_hints_say_what_would_be_right(void **state)
{
	enum sched_hint hint = SCHED_HINT_LEVEL;
	int64_t value = 7;

	assert_int_equal(parse_hint("prio=3", &hint, &value, error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "priority, utilization"));
	assert_non_null(strstr(error, "level"));
	assert_int_equal(parse_hint("priority", &hint, &value, error, sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, "HINT=VALUE"));
	assert_int_equal(parse_hint("utilization=101", &hint, &value, error, sizeof(error)), -ERANGE);
	assert_string_equal(error, "must be a whole number from 0 to 100");
	/* A time slice cannot be none. */
	assert_int_equal(parse_hint("timeslice=none", &hint, &value, error, sizeof(error)), -EINVAL);
	assert_int_equal(parse_hint("weight=", &hint, &value, error, sizeof(error)), -EINVAL);
	assert_int_equal(parse_hint("=3", &hint, &value, error, sizeof(error)), -ENOENT);
	assert_int_equal(hint, SCHED_HINT_LEVEL);
	assert_int_equal(value, 7);
}

static int target_of(char *first, char *second, struct cli_target *t)
{
	char *words[] = {first, second};

	return parse_target(second ? 2 : first ? 1 : 0, words, t, error, sizeof(error));
}

static void targets_are_processes_queues_jobs_and_the_machine(void **state)
{
	struct cli_target t;
	char text[128];

	assert_int_equal(target_of("4711", "priority=3", &t), 1);
	assert_int_equal(t.scope, IPC_SCOPE_CLIENT);
	assert_int_equal(t.pid, 4711);
	assert_int_equal(target_of("4711:18446744073709551615", NULL, &t), 1);
	assert_int_equal(t.scope, IPC_SCOPE_QUEUE);
	assert_true(t.queue == UINT64_MAX);
	cli_target_text(&t, text, sizeof(text));
	assert_string_equal(text, "4711:18446744073709551615");
	assert_int_equal(target_of("job", "night run", &t), 2);
	assert_int_equal(t.scope, IPC_SCOPE_JOB);
	assert_string_equal(t.job, "night run");
	cli_target_text(&t, text, sizeof(text));
	assert_string_equal(text, "job night run");
	assert_int_equal(target_of("machine", "priority=3", &t), 1);
	assert_int_equal(t.scope, IPC_SCOPE_MACHINE);
}

static void what_is_no_target_is_refused(void **state)
{
	static const char *const wrong[] = {"", "0", "-1", "12x", "12:", "12:x", "12:-1", ":3", "2147483648", "job", "Machine", "12:3:4",
		"12:18446744073709551616", "1234567890123456789012"};
	struct cli_target t = {.pid = 7};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_true(target_of((char *)wrong[i], NULL, &t) < 0);
		assert_non_null(strstr(error, "must be"));
	}
	assert_true(target_of(NULL, NULL, &t) < 0);
	assert_int_equal(t.pid, 7);
}

static void job_names_fit_their_message(void **state)
{
	char name[IPC_NAME_SIZE + 1];

	memset(name, 'n', sizeof(name));
	name[IPC_NAME_SIZE] = 0;
	assert_int_equal(parse_job_name(name, error, sizeof(error)), -ERANGE);
	assert_string_equal(error, "must be 1 to 63 bytes without control characters");
	name[IPC_NAME_SIZE - 1] = 0;
	assert_int_equal(parse_job_name(name, error, sizeof(error)), 0);
	assert_int_equal(parse_job_name("", error, sizeof(error)), -EINVAL);
	assert_int_equal(parse_job_name("a\033[2J", error, sizeof(error)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_take_units_and_points),
		cmocka_unit_test(times_that_are_none_are_refused),
		cmocka_unit_test(time_out_of_range_says_the_range),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(priorities_have_names),
		cmocka_unit_test(hints_are_read_by_their_unit),
		cmocka_unit_test(wrong_hints_say_what_would_be_right),
		cmocka_unit_test(targets_are_processes_queues_jobs_and_the_machine),
		cmocka_unit_test(what_is_no_target_is_refused),
		cmocka_unit_test(job_names_fit_their_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
