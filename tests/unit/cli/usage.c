/* SPDX-License-Identifier: MIT */
/* Rates between two lists, their order, and top's table. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/cli/usage.h"
#include "src/sched/sched.h"
#include "tests/unit/cli/sample.h"

static struct snapshot before, now;

static int setup(void **state)
{
	sample_make(&before);
	sample_make(&now);
	/* Two seconds later. */
	now.machine.now_ns += 2000000000;
	now.queues[0].gpu_ns += 500000000; /* of 4711 */
	now.queues[1].gpu_ns += 1000000000;
	now.queues[0].packets += 3000;
	now.queues[3].held_ns += 1900000000; /* of 5000 */
	now.gpus[0].gpu_ns += 1500000000;
	now.clients[3].gpu_ns += 1000000000;
	return 0;
}

static int teardown(void **state)
{
	snapshot_fini(&before);
	snapshot_fini(&now);
	return 0;
}

static const struct usage_row *row_of(const struct usage *u, int32_t pid, int64_t queue)
{
	for (size_t i = 0; i < u->count; i++)
		if (u->rows[i].client->pid == pid && (queue < 0 || u->rows[i].queue->queue_id == (uint64_t)queue))
			return &u->rows[i];
	fail_msg("no row of %d", (int)pid);
	return NULL;
}

static void rates_are_sums_over_a_processs_queues(void **state)
{
	struct usage u;

	assert_int_equal(usage_make(&u, &before, &now, false), 0);
	assert_int_equal(u.count, 4);
	const struct usage_row *row = row_of(&u, 4711, -1);
	assert_true(row->gpu_part == 0.75);
	assert_true(row->packets_s == 1500);
	assert_int_equal(row->queues, 2);
	assert_int_equal(row->gpu_ns, 3500000000);
	row = row_of(&u, 5000, -1);
	assert_true(row->gpu_part == 0);
	assert_true(row->held_part == 0.95);
	assert_int_equal(row->state, SCHED_STATE_HELD);
	/* Another user's: by its own counter. */
	row = row_of(&u, 6000, -1);
	assert_true(row->gpu_part == 0.5);
	assert_int_equal(row->queues, 0);
	usage_fini(&u);
}

static void queues_have_rows_of_their_own(void **state)
{
	struct usage u;

	assert_int_equal(usage_make(&u, &before, &now, true), 0);
	assert_int_equal(u.count, 4);
	assert_true(row_of(&u, 4711, 3)->gpu_part == 0.25);
	assert_true(row_of(&u, 4711, 4)->gpu_part == 0.5);
	usage_fini(&u);
}

static void nothing_is_known_at_first_and_of_new_queues(void **state)
{
	struct usage u;

	assert_int_equal(usage_make(&u, NULL, &now, false), 0);
	assert_true(row_of(&u, 4711, -1)->gpu_part == 0);
	assert_int_equal(row_of(&u, 4711, -1)->gpu_ns, 3500000000);
	usage_fini(&u);
	before.queues[0].queue_id = 99;
	assert_int_equal(usage_make(&u, &before, &now, false), 0);
	assert_true(row_of(&u, 4711, -1)->gpu_part == 0.5);
	usage_fini(&u);
}

static void counters_that_went_back_give_no_rate(void **state)
{
	struct usage u;

	before.queues[0].gpu_ns = 9000000000;
	before.machine.now_ns = now.machine.now_ns + 1;
	assert_int_equal(usage_make(&u, &before, &now, false), 0);
	assert_true(row_of(&u, 4711, -1)->gpu_part == 0);
	usage_fini(&u);
	before.machine.now_ns = now.machine.now_ns - 2000000000;
	assert_int_equal(usage_make(&u, &before, &now, false), 0);
	assert_true(row_of(&u, 4711, -1)->gpu_part == 0.5);
	usage_fini(&u);
}

static void states_of_a_process_are_that_of_its_busiest_queue(void **state)
{
	struct usage u;

	now.queues[0].state = SCHED_STATE_IDLE;
	now.queues[1].state = SCHED_STATE_HELD;
	now.queues[0].priority = 7;
	now.queues[1].priority = -7;
	assert_int_equal(usage_make(&u, &before, &now, false), 0);
	assert_int_equal(row_of(&u, 4711, -1)->state, SCHED_STATE_HELD);
	assert_int_equal(row_of(&u, 4711, -1)->priority, 7);
	usage_fini(&u);
}

static void order(enum usage_key key, bool reverse, const int32_t expected[4])
{
	struct usage u;

	assert_int_equal(usage_make(&u, &before, &now, false), 0);
	usage_sort(&u, key, reverse);
	for (int i = 0; i < 4; i++)
		assert_int_equal(u.rows[i].client->pid, expected[i]);
	usage_fini(&u);
}

static void rows_are_sorted_by_each_key(void **state)
{
	order(USAGE_BY_GPU, false, (const int32_t[]){4711, 6000, 4712, 5000});
	order(USAGE_BY_GPU, true, (const int32_t[]){5000, 4712, 6000, 4711});
	order(USAGE_BY_HELD, false, (const int32_t[]){5000, 4711, 4712, 6000});
	order(USAGE_BY_TIME, false, (const int32_t[]){6000, 4711, 5000, 4712});
	order(USAGE_BY_RATE, false, (const int32_t[]){4711, 4712, 5000, 6000});
	order(USAGE_BY_PRIORITY, false, (const int32_t[]){4711, 4712, 6000, 5000});
	order(USAGE_BY_PID, true, (const int32_t[]){6000, 5000, 4712, 4711});
	order(USAGE_BY_JOB, false, (const int32_t[]){5000, 6000, 4711, 4712});
}

static void keys_have_names(void **state)
{
	for (int key = 0; key < USAGE_KEYS; key++)
		assert_int_equal(usage_key_find(usage_key_name(key)), key);
	assert_int_equal(usage_key_find("cpu"), -ENOENT);
}

static void table_fits_80_columns(void **state)
{
	char text[4096];
	struct usage u;
	struct table t;

	ipc_text_set(now.clients[0].job, sizeof(now.clients[0].job), "a-job-whose-name-is-so-long-that-it-must-be-cut-somewhere");
	for (int queues = 0; queues < 2; queues++) {
		FILE *out = fmemopen(text, sizeof(text), "w");

		assert_int_equal(usage_make(&u, &before, &now, queues), 0);
		usage_table(&u, &now, &t);
		assert_int_equal(table_print(&t, 80, out), 0);
		fclose(out);
		for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
			assert_true(strcspn(line, "\n") <= 80);
		assert_non_null(strstr(text, "%GPU"));
		assert_non_null(strstr(text, "%HELD"));
		assert_non_null(strstr(text, queues ? "50.0" : "75.0"));
		table_fini(&t);
		usage_fini(&u);
	}
	usage_gpus(&before, &now, text, sizeof(text));
	assert_string_equal(text, "GPU 0: 75.0%, GPU 1: 0.0%");
}

static void what_runs_free_is_not_measured(void **state)
{
	char text[4096];
	struct usage u;
	struct table t;

	now.queues[0].state = SCHED_STATE_RUNNING;
	now.queues[0].gate = SCHED_GATE_FREE;
	now.queues[1].gate = SCHED_GATE_RUN;
	assert_int_equal(usage_make(&u, &before, &now, true), 0);
	assert_true(row_of(&u, 4711, 3)->unmeasured);
	assert_false(row_of(&u, 4711, 4)->unmeasured);
	usage_fini(&u);
	assert_int_equal(usage_make(&u, &before, &now, false), 0);
	assert_true(row_of(&u, 4711, -1)->unmeasured);
	FILE *out = fmemopen(text, sizeof(text), "w");
	usage_table(&u, &now, &t);
	assert_int_equal(table_print(&t, 80, out), 0);
	fclose(out);
	assert_null(strstr(text, "75.0"));
	table_fini(&t);
	usage_fini(&u);
	/* An idle one used nothing, and that is known. */
	now.queues[0].state = SCHED_STATE_IDLE;
	assert_int_equal(usage_make(&u, &before, &now, false), 0);
	assert_false(row_of(&u, 4711, -1)->unmeasured);
	usage_fini(&u);
}

static void json_has_the_rates(void **state)
{
	struct usage u;
	double gpu_part, held_part;
	const char *job;
	json_int_t priority;

	assert_int_equal(usage_make(&u, &before, &now, false), 0);
	usage_sort(&u, USAGE_BY_GPU, false);
	json_t *all = usage_json(&u, &now);
	assert_int_equal(json_unpack(json_array_get(json_object_get(all, "rows"), 0), "{s:F, s:F, s:s, s:n, s:I}", "gpu_part", &gpu_part,
		"held_part", &held_part, "job", &job, "queue", "priority", &priority), 0);
	assert_true(gpu_part == 0.75);
	assert_string_equal(job, "serve");
	assert_int_equal(json_array_size(json_object_get(all, "rows")), 4);
	/* Nothing is known of another user's. */
	assert_null(json_object_get(json_array_get(json_object_get(all, "rows"), 1), "priority"));
	json_decref(all);
	usage_fini(&u);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(rates_are_sums_over_a_processs_queues),
		TEST(queues_have_rows_of_their_own),
		TEST(nothing_is_known_at_first_and_of_new_queues),
		TEST(counters_that_went_back_give_no_rate),
		TEST(states_of_a_process_are_that_of_its_busiest_queue),
		TEST(rows_are_sorted_by_each_key),
		TEST(keys_have_names),
		TEST(table_fits_80_columns),
		TEST(what_runs_free_is_not_measured),
		TEST(json_has_the_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
