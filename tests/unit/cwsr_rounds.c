/* SPDX-License-Identifier: MIT */
/* Level 3 with UPDATE_QUEUE: what the control thread does with requests, and that nothing stays suspended. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/cwsr_fake.h"

static int begin(void **state)
{
	fake_begin(CWSR_MECHANISM_UPDATE);
	return 0;
}

static int end(void **state)
{
	fake_end();
	return 0;
}

static void clear(void)
{
	fake.log[0] = 0;
	fake_told[0] = 0;
}

static void a_request_suspends_and_the_next_resumes(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	assert_non_null(q);
	assert_int_equal(cwsr_queue_gpu(q), FAKE_GPU);
	assert_int_equal(cwsr_request(q, true), 0);
	assert_string_equal(fake.log, ""); /* nothing in the caller's thread */
	assert_true(fake_round() == UINT64_MAX);
	assert_string_equal(fake.log, "update 0 0 7;");
	assert_string_equal(fake_told, "q0 suspended;");
	assert_false(fake_runs(0));
	clear();
	fake_round();
	assert_string_equal(fake.log, "");
	assert_int_equal(cwsr_request(q, false), 0);
	fake_round();
	assert_string_equal(fake.log, "update 0 100 7;");
	assert_string_equal(fake_told, "q0 runs;");
	assert_true(fake_runs(0));
	cwsr_queue_forget(q);
}

static void pending_requests_are_served_together_suspensions_first(void **state)
{
	struct cwsr_queue *a = fake_track(FAKE_GPU, NULL), *b = fake_track(FAKE_GPU, NULL);
	struct cwsr_queue *c = fake_track(FAKE_GPU + 1, NULL), *d = fake_track(FAKE_GPU, NULL);

	cwsr_request(b, true);
	cwsr_request(c, true);
	fake_round();
	clear();
	fake.now_ns += 1000000;
	/* In the order that is worst. */
	cwsr_request(b, false);
	cwsr_request(c, false);
	cwsr_request(a, true);
	cwsr_request(d, true);
	fake_round();
	const char *first_resume = strstr(fake.log, " 100 ");
	assert_non_null(first_resume);
	assert_null(strstr(first_resume, " 0 7;"));
	assert_non_null(strstr(fake.log, "update 0 0 7;"));
	assert_non_null(strstr(fake.log, "update 3 0 7;"));
	assert_non_null(strstr(fake.log, "update 1 100 7;"));
	assert_non_null(strstr(fake.log, "update 2 100 7;"));
	cwsr_queue_forget(a);
	cwsr_queue_forget(b);
	cwsr_queue_forget(c);
	cwsr_queue_forget(d);
}

static void a_request_that_was_taken_back_makes_no_call(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cwsr_request(q, true);
	cwsr_request(q, false);
	fake_round();
	assert_string_equal(fake.log, "");
	assert_string_equal(fake_told, "q0 runs;");
	cwsr_queue_forget(q);
}

static void every_request_is_answered_even_if_nothing_changes(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cwsr_request(q, true);
	fake_round();
	clear();
	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake.log, "");
	assert_string_equal(fake_told, "q0 suspended;");
	cwsr_queue_forget(q);
}

static void suspensions_of_a_gpu_keep_their_distance_resumptions_do_not(void **state)
{
	struct cwsr_queue *a = fake_track(FAKE_GPU, NULL), *b = fake_track(FAKE_GPU, NULL);
	struct cwsr_queue *c = fake_track(FAKE_GPU + 1, NULL);
	uint64_t first = fake.now_ns;

	cwsr_request(a, true);
	fake_round();
	clear();
	fake.now_ns += 10000;
	cwsr_request(a, false);
	cwsr_request(b, true);
	cwsr_request(c, true); /* another GPU */
	assert_true(fake_round() == first + 1000000);
	assert_string_equal(fake.log, "update 2 0 7;update 0 100 7;");
	assert_null(strstr(fake_told, "q1"));
	clear();
	fake.now_ns = first + 1000000;
	assert_true(fake_round() == UINT64_MAX);
	assert_string_equal(fake.log, "update 1 0 7;");
	assert_string_equal(fake_told, "q1 suspended;");
	cwsr_queue_forget(a);
	cwsr_queue_forget(b);
	cwsr_queue_forget(c);
}

static void forgetting_a_suspended_queue_resumes_it(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cwsr_request(q, true);
	fake_round();
	clear();
	cwsr_queue_forget(q);
	assert_true(fake_runs(0));
	assert_string_equal(fake.log, "update 0 100 7;");
	fake_round();
	assert_string_equal(fake_told, "");
}

static void stopping_resumes_all_and_late_calls_do_nothing(void **state)
{
	struct cwsr_queue *a = fake_track(FAKE_GPU, NULL), *b = fake_track(FAKE_GPU + 1, NULL);

	cwsr_request(a, true);
	cwsr_request(b, true);
	fake_round();
	assert_false(fake_runs(0) || fake_runs(1));
	cwsr_stop();
	assert_true(fake_runs(0) && fake_runs(1));
	clear();
	cwsr_stop();
	assert_int_equal(cwsr_request(a, true), -ESHUTDOWN);
	assert_true(cwsr_cost_ns(a) == UINT64_MAX);
	assert_null(cwsr_queue_track(fake_ring(0), 0x4000, &fake.q[0]));
	fake_round();
	assert_string_equal(fake.log, "");
	cwsr_queue_forget(a);
	cwsr_queue_forget(b);
}

static void after_a_stop_it_can_start_again_and_knows_no_queue(void **state)
{
	const struct cwsr_config c = {.mechanism = CWSR_MECHANISM_UPDATE};
	struct cwsr_queue *old = fake_track(FAKE_GPU, NULL);

	assert_non_null(old);
	cwsr_stop();
	fake_start(&c, &fake_cwsr_ops);
	cwsr_queue_forget(old);
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);
	cwsr_request(q, true);
	fake_round();
	assert_false(fake_runs(1));
	cwsr_queue_forget(q);
}

static void a_queue_that_was_destroyed_behind_our_back_is_answered_as_gone(void **state)
{
	uint32_t id;
	struct cwsr_queue *q = fake_track(FAKE_GPU, &id);

	cwsr_request(q, true);
	fake_round();
	clear();
	assert_int_equal(fake_destroy(id), 0);
	fake_round();
	assert_string_equal(fake_told, "q0 runs -3;");
	clear();
	/* Its number is given to the next one, which must be left alone. */
	assert_int_equal(fake_create(FAKE_GPU), id);
	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake.log, "");
	assert_string_equal(fake_told, "q0 runs -3;");
	cwsr_queue_forget(q);
	assert_string_equal(fake.log, "");
}

static void what_suspending_takes_is_measured(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	assert_true(cwsr_cost_ns(q) == UINT64_MAX);
	fake.call_ns = 20000;
	cwsr_request(q, true);
	fake_round();
	assert_true(cwsr_cost_ns(q) == UINT64_MAX);
	fake.call_ns = 5000;
	cwsr_request(q, false);
	fake_round();
	assert_int_equal(cwsr_cost_ns(q), 25000);
	cwsr_queue_forget(q);
}

static void cycle(struct cwsr_queue *q, uint64_t call_ns)
{
	fake.call_ns = call_ns;
	cwsr_request(q, true);
	fake_round();
	cwsr_request(q, false);
	fake_round();
	fake.call_ns = 0;
	/* Cycles keep a distance. */
	fake.now_ns += 1000000;
}

static void one_odd_time_makes_nothing_dear(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cycle(q, 10000);
	assert_int_equal(cwsr_cost_ns(q), 20000);
	cycle(q, 5000000);
	assert_true(cwsr_cost_ns(q) > 20000 && cwsr_cost_ns(q) < 30000);
	/* What lasts is followed. */
	for (int i = 0; i < 40; i++)
		cycle(q, 5000000);
	assert_true(cwsr_cost_ns(q) > 9000000);
	cwsr_queue_forget(q);
}

/* What costs too much is not done, and nobody would find out that it costs less by now. */
static void what_was_not_measured_for_long_is_believed_less(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cycle(q, 1000000);
	for (uint64_t cost_ns = 2000000; cost_ns; cost_ns /= 2) {
		assert_int_equal(cwsr_cost_ns(q), cost_ns);
		fake.now_ns += UINT64_C(10000000000);
	}
	/* As many as its bits. */
	fake.now_ns += (64 - 21) * UINT64_C(10000000000);
	assert_int_equal(cwsr_cost_ns(q), 0);
	cycle(q, 1000000);
	assert_int_equal(cwsr_cost_ns(q), 2000000);
	cwsr_queue_forget(q);
}

static struct cwsr_queue *hasty;

static void ask_to_resume(void)
{
	fake.during_update = NULL;
	cwsr_request(hasty, false);
}

static void a_resumption_that_overtakes_the_answer_hides_no_suspension(void **state)
{
	hasty = fake_track(FAKE_GPU, NULL);
	fake.call_ns = 7000;
	fake.during_update = ask_to_resume;
	cwsr_request(hasty, true);
	fake_round();
	assert_string_equal(fake.log, "update 0 0 7;update 0 100 7;");
	assert_string_equal(fake_told, "q0 runs;");
	assert_int_equal(cwsr_queue_stats_get(hasty).saves, 1);
	/* From the end of one call to the beginning of the other, between which the clock stands still. */
	assert_int_equal(cwsr_queue_stats_get(hasty).saved_ns, 0);
	fake.now_ns += 1000000;
	cwsr_request(hasty, true);
	fake_round();
	fake.now_ns += 500;
	/* Also when it is not asked for. */
	cwsr_stop();
	assert_int_equal(cwsr_queue_stats_get(hasty).saves, 2);
	assert_int_equal(cwsr_queue_stats_get(hasty).saved_ns, 500);
	cwsr_queue_forget(hasty);
}

static struct cwsr_gpu_info info(uint32_t gpu_id)
{
	struct cwsr_gpu_info i;

	assert_int_equal(cwsr_gpu_info_get(gpu_id, &i), 0);
	return i;
}

static void what_requests_wait_for_and_what_calls_take_is_told_apart(void **state)
{
	struct cwsr_queue *a = fake_track(FAKE_GPU, NULL), *b = fake_track(FAKE_GPU, NULL);

	fake.call_ns = 20000;
	cwsr_request(a, true);
	fake.now_ns += 300;
	fake_round();
	/* The interval is no fault of ours: only what comes behind it counts. */
	cwsr_request(b, true);
	fake_round();
	fake.now_ns += 1000000;
	fake_round();
	cwsr_request(a, false);
	fake.now_ns += 100;
	cwsr_request(b, false);
	fake.now_ns += 100;
	fake_round();
	struct cwsr_gpu_info i = info(FAKE_GPU);
	assert_int_equal(i.suspend_wait.count, 2);
	assert_int_equal(i.suspend_wait.p50_ns, 300);
	assert_int_equal(i.suspend_call.count, 2);
	assert_int_equal(i.suspend_call.p50_ns, 20000);
	assert_int_equal(i.resume_wait.count, 2);
	assert_int_equal(i.resume_wait.p50_ns, 100);
	/* One batch. */
	assert_int_equal(i.resume_call.count, 1);
	assert_int_equal(i.resume_call.p50_ns, 40000);
	cwsr_stop();
	assert_int_equal(info(FAKE_GPU).resume_call.count, 1);
	cwsr_queue_forget(a);
	cwsr_queue_forget(b);
}

static void who_asks_for_later_can_serve_it(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	/* The self-test is the control thread's. */
	assert_int_equal(cwsr_request_later(q, true), 0);
	cwsr_serve();
	assert_string_equal(fake.log, "");
	cwsr_request_later(q, false);
	cwsr_prepare(q);
	fake_round();
	clear();
	assert_int_equal(cwsr_request_later(q, true), 0);
	assert_string_equal(fake.log, "");
	cwsr_serve();
	assert_string_equal(fake.log, "update 0 0 7;");
	assert_string_equal(fake_told, "q0 suspended;");
	clear();
	cwsr_serve();
	assert_string_equal(fake.log, "");
	assert_int_equal(cwsr_request_later(q, false), 0);
	cwsr_serve();
	assert_string_equal(fake.log, "update 0 100 7;");
	clear();
	/* With a second GPU it is left to the control thread. */
	struct cwsr_queue *other = fake_track(FAKE_GPU + 1, NULL);
	assert_non_null(other);
	fake.now_ns += 1000000;
	assert_int_equal(cwsr_request_later(q, true), 0);
	cwsr_serve();
	assert_string_equal(fake.log, "");
	fake_round();
	assert_string_equal(fake.log, "update 0 0 7;");
	cwsr_queue_forget(other);
	cwsr_queue_forget(q);
	cwsr_stop();
	assert_int_equal(cwsr_request_later(q, true), -ESHUTDOWN);
	cwsr_serve();
}

static void a_gpu_that_was_reset_is_left_alone(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL), *other = fake_track(FAKE_GPU, NULL);

	cwsr_request(other, true);
	fake_round();
	fake.now_ns += 1000000;
	clear();
	fake.vram_lost++;
	cwsr_request(q, true);
	fake_round();
	/* What was suspended there is let go. */
	assert_non_null(strstr(fake.log, "update 1 100 7;"));
	assert_true(fake_runs(0) && fake_runs(1));
	assert_non_null(strstr(fake_told, "q0 runs -95;"));
	assert_non_null(strstr(fake_told, "q1 runs -95;"));
	assert_int_equal(cwsr_request(q, true), -EOPNOTSUPP);
	assert_int_equal(cwsr_request(q, false), 0);
	assert_true(cwsr_cost_ns(q) == UINT64_MAX);
	cwsr_queue_forget(q);
	cwsr_queue_forget(other);
}

static void a_counter_of_resets_that_cannot_be_read_is_done_without(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	fake_fail(CWSR_CALL_VRAM_LOST, ENODEV, 0, 1);
	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake_told, "q0 suspended;");
	cwsr_queue_forget(q);
}

static void a_forked_child_leaves_everything_alone(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);
	int status;

	cwsr_request(q, true);
	fake_round();
	clear();
	pid_t child = fork();
	if (!child) {
		cwsr_fork_child();
		bool quiet = cwsr_request(q, false) == -ESHUTDOWN && !cwsr_queue_track(fake_ring(0), 0x4000, NULL);

		cwsr_prepare(q);
		cwsr_queue_forget(q);
		/* Of its own runtime: passed on as it is. */
		quiet = quiet && !fake_update(0, 100, 7) && strcmp(fake.log, "rocr update 0 100 7;") == 0;
		cwsr_stop();
		_exit(quiet && strcmp(fake.log, "rocr update 0 100 7;") == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_false(fake_runs(0));
	cwsr_queue_forget(q);
	assert_true(fake_runs(0));
}

static void a_queue_is_tracked_once(void **state)
{
	uint32_t id;
	struct cwsr_queue *q = fake_track(FAKE_GPU, &id);

	assert_null(cwsr_queue_track(fake_ring(id), 0x4000, NULL));
	cwsr_queue_forget(q);
	q = cwsr_queue_track(fake_ring(id), 0x4000, NULL);
	assert_non_null(q);
	cwsr_queue_forget(q);
	cwsr_queue_forget(NULL);
}

static void settings_turn_it_off(void **state)
{
	const struct cwsr_config off = {.mechanism = CWSR_MECHANISM_OFF};

	assert_int_equal(cwsr_start(&off, &fake_cwsr_ops), -EALREADY);
	cwsr_stop();
	assert_int_equal(cwsr_start(&off, &fake_cwsr_ops), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_request_suspends_and_the_next_resumes, begin, end),
		cmocka_unit_test_setup_teardown(pending_requests_are_served_together_suspensions_first, begin, end),
		cmocka_unit_test_setup_teardown(a_request_that_was_taken_back_makes_no_call, begin, end),
		cmocka_unit_test_setup_teardown(every_request_is_answered_even_if_nothing_changes, begin, end),
		cmocka_unit_test_setup_teardown(suspensions_of_a_gpu_keep_their_distance_resumptions_do_not, begin, end),
		cmocka_unit_test_setup_teardown(forgetting_a_suspended_queue_resumes_it, begin, end),
		cmocka_unit_test_setup_teardown(stopping_resumes_all_and_late_calls_do_nothing, begin, end),
		cmocka_unit_test_setup_teardown(after_a_stop_it_can_start_again_and_knows_no_queue, begin, end),
		cmocka_unit_test_setup_teardown(a_queue_that_was_destroyed_behind_our_back_is_answered_as_gone, begin, end),
		cmocka_unit_test_setup_teardown(what_suspending_takes_is_measured, begin, end),
		cmocka_unit_test_setup_teardown(one_odd_time_makes_nothing_dear, begin, end),
		cmocka_unit_test_setup_teardown(what_was_not_measured_for_long_is_believed_less, begin, end),
		cmocka_unit_test_setup_teardown(a_resumption_that_overtakes_the_answer_hides_no_suspension, begin, end),
		cmocka_unit_test_setup_teardown(what_requests_wait_for_and_what_calls_take_is_told_apart, begin, end),
		cmocka_unit_test_setup_teardown(who_asks_for_later_can_serve_it, begin, end),
		cmocka_unit_test_setup_teardown(a_gpu_that_was_reset_is_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(a_counter_of_resets_that_cannot_be_read_is_done_without, begin, end),
		cmocka_unit_test_setup_teardown(a_forked_child_leaves_everything_alone, begin, end),
		cmocka_unit_test_setup_teardown(a_queue_is_tracked_once, begin, end),
		cmocka_unit_test_setup_teardown(settings_turn_it_off, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
