/* SPDX-License-Identifier: MIT */
/* Level 3 with the debug interface: the order of its calls, queues it does not know yet, and its end. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cwsr_fake.h"

static int begin(void **state)
{
	fake_begin(CWSR_MECHANISM_DEBUG);
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
	fake.now_ns += 1000000;
}

static void the_session_begins_with_the_first_suspension(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	assert_string_equal(fake.log, "");
	cwsr_request(q, true);
	fake_round();
	/* A queue is refused until a snapshot has shown it. */
	assert_string_equal(fake.log, "enable;snapshot clear;suspend 0;");
	assert_string_equal(fake_told, "q0 suspended;");
	clear();
	cwsr_request(q, false);
	fake_round();
	assert_string_equal(fake.log, "resume 0;");
	clear();
	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake.log, "suspend 0;");
	cwsr_queue_forget(q);
	assert_true(fake_runs(0));
}

static void a_batch_is_one_call_for_each_gpu(void **state)
{
	struct cwsr_queue *q[4];

	for (int i = 0; i < 4; i++) {
		q[i] = fake_track(FAKE_GPU + (i == 3), NULL);
		cwsr_request(q[i], true);
	}
	fake_round();
	assert_string_equal(fake.log, "enable;snapshot clear;suspend 2 1 0;snapshot clear;suspend 3;");
	clear();
	for (int i = 0; i < 4; i++)
		cwsr_request(q[i], false);
	fake_round();
	assert_string_equal(fake.log, "resume 2 1 0;resume 3;");
	for (int i = 0; i < 4; i++)
		cwsr_queue_forget(q[i]);
}

static void a_queue_that_is_refused_is_listed_and_tried_once_more(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cwsr_request(q, true);
	fake_round();
	clear();
	cwsr_request(q, false);
	fake_round();
	clear();
	/* As if it were another queue with the same number. */
	fake.q[0].is_new = true;
	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake.log, "suspend 0;snapshot clear;suspend 0;");
	assert_string_equal(fake_told, "q0 suspended;");
	clear();
	cwsr_request(q, false);
	fake_round();
	clear();
	fake.q[0].mark_invalid = true;
	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake.log, "suspend 0;snapshot clear;suspend 0;");
	assert_string_equal(fake_told, "q0 runs -3;");
	cwsr_queue_forget(q);
}

static void a_queue_marked_as_failed_turns_the_gpu_off_and_is_resumed(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	fake.debug_mark = 1u << KFD_DBG_QUEUE_ERROR_BIT;
	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake.log, "enable;snapshot clear;suspend 0;resume 0;");
	assert_string_equal(fake_told, "q0 runs -95;");
	assert_true(fake_runs(0));
	assert_int_equal(cwsr_request(q, true), -EOPNOTSUPP);
	cwsr_queue_forget(q);
}

static void stopping_resumes_and_ends_the_session(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cwsr_request(q, true);
	fake_round();
	clear();
	cwsr_stop();
	assert_string_equal(fake.log, "resume 0;disable;");
	assert_true(fake_runs(0));
	cwsr_queue_forget(q);
}

static void the_session_ends_before_rocr_changes_its_own(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cwsr_request(q, true);
	fake_round();
	clear();
	/* As hsa_shut_down() does; the driver asserts that there is no session. */
	assert_int_equal(fake_runtime_enable(0), 0);
	assert_string_equal(fake.log, "resume;disable;runtime;");
	assert_true(fake_runs(0));
	fake_round();
	assert_string_equal(fake_told, "q0 runs -16;");
	cwsr_queue_forget(q);
}

static void a_suspended_queue_is_resumed_before_it_is_destroyed(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cwsr_request(q, true);
	fake_round();
	clear();
	assert_int_equal(fake_destroy(0), 0);
	assert_string_equal(fake.log, "resume 0;");
	fake_round();
	assert_string_equal(fake_told, "q0 runs -3;");
	cwsr_queue_forget(q);
}

static void updates_of_a_suspended_queue_pass(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cwsr_request(q, true);
	fake_round();
	clear();
	assert_int_equal(fake_update(0, 100, 11), 0);
	assert_int_equal(fake_cu_mask(0, 32, 1), 0);
	assert_string_equal(fake.log, "rocr update 0 100 11;rocr mask;");
	assert_false(fake_runs(0));
	cwsr_queue_forget(q);
}

static void a_queue_that_rocr_needs_is_resumed(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cwsr_request(q, true);
	fake_round();
	clear();
	assert_int_equal(fake_update(0, 0, 7), 0);
	assert_int_equal(fake_update(0, 100, 7), 0);
	assert_string_equal(fake.log, "rocr update 0 0 7;rocr update 0 100 7;resume 0;");
	fake_round();
	assert_string_equal(fake_told, "q0 runs -16;");
	cwsr_queue_forget(q);
}

static void without_the_runtimes_consent_update_queue_is_used(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL), *other = fake_track(FAKE_GPU, NULL);

	fake.runtime_state = DEBUG_RUNTIME_STATE_ENABLED_BUSY;
	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake.log, "enable;disable;update 0 0 7;");
	assert_string_equal(fake_told, "q0 suspended;");
	clear();
	cwsr_request(other, true);
	fake_round();
	assert_string_equal(fake.log, "update 1 0 7;"); /* not tried again */
	cwsr_queue_forget(q);
	cwsr_queue_forget(other);
}

static void an_old_driver_another_gpu_or_policy_has_update_queue(void **state)
{
	for (int i = 0; i < 3; i++) {
		cwsr_stop();
		fake_begin(CWSR_MECHANISM_DEBUG);
		if (i == 0)
			fake.minor = 12;
		else if (i == 1)
			fake.target = 90008;
		else
			fake.sched_policy = "2";
		struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);
		cwsr_request(q, true);
		fake_round();
		assert_string_equal(fake.log, "update 0 0 7;");
		cwsr_queue_forget(q);
	}
}

/* Each error of the table, at each call, ends in UPDATE_QUEUE or in no level 3 at all, and the queue is told so. */
static void every_error_at_every_call_leaves_no_queue_behind(void **state)
{
	static const int errors[] = {
		ENOTTY, EINVAL, ESRCH, EPERM, EACCES, EALREADY, EBUSY, EOPNOTSUPP, ENODEV, EIO, ETIME, EBADF, ENOMEM, EINTR};

	for (int call = CWSR_CALL_DBG_ENABLE; call <= CWSR_CALL_DBG_SNAPSHOT; call++)
		for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
			cwsr_stop();
			fake_begin(CWSR_MECHANISM_DEBUG);
			struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

			fake_fail(call, errors[i], 0, errors[i] == EINTR ? (int)CWSR_RETRIES : 1);
			cwsr_request(q, true);
			fake_round();
			enum cwsr_reaction reaction = cwsr_error_find(call, errors[i])->reaction;
			if (call == CWSR_CALL_DBG_RESUME) {
				assert_string_equal(fake_told, "q0 suspended;");
				cwsr_request(q, false);
				fake_round();
				assert_true(fake_runs(0));
			} else if (reaction == CWSR_UPDATE) {
				assert_string_equal(fake_told, "q0 suspended;");
				assert_int_equal(fake.q[0].percent, 0);
				assert_false(fake.session);
			} else {
				assert_string_equal(fake_told, "q0 runs -95;");
				assert_true(fake_runs(0));
			}
			cwsr_queue_forget(q);
			assert_true(fake_runs(0));
		}
}

static void interrupted_calls_are_repeated(void **state)
{
	for (int call = CWSR_CALL_DBG_ENABLE; call <= CWSR_CALL_DBG_DISABLE; call++) {
		cwsr_stop();
		fake_begin(CWSR_MECHANISM_DEBUG);
		struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

		fake_fail(call, call & 1 ? EINTR : EAGAIN, 0, 3);
		cwsr_request(q, true);
		fake_round();
		assert_true(fake.q[0].suspended);
		cwsr_request(q, false);
		fake_round();
		assert_string_equal(fake_told, "q0 suspended;q0 runs;");
		cwsr_stop();
		assert_false(fake.session);
		cwsr_queue_forget(q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_session_begins_with_the_first_suspension, begin, end),
		cmocka_unit_test_setup_teardown(a_batch_is_one_call_for_each_gpu, begin, end),
		cmocka_unit_test_setup_teardown(a_queue_that_is_refused_is_listed_and_tried_once_more, begin, end),
		cmocka_unit_test_setup_teardown(a_queue_marked_as_failed_turns_the_gpu_off_and_is_resumed, begin, end),
		cmocka_unit_test_setup_teardown(stopping_resumes_and_ends_the_session, begin, end),
		cmocka_unit_test_setup_teardown(the_session_ends_before_rocr_changes_its_own, begin, end),
		cmocka_unit_test_setup_teardown(a_suspended_queue_is_resumed_before_it_is_destroyed, begin, end),
		cmocka_unit_test_setup_teardown(updates_of_a_suspended_queue_pass, begin, end),
		cmocka_unit_test_setup_teardown(a_queue_that_rocr_needs_is_resumed, begin, end),
		cmocka_unit_test_setup_teardown(without_the_runtimes_consent_update_queue_is_used, begin, end),
		cmocka_unit_test_setup_teardown(an_old_driver_another_gpu_or_policy_has_update_queue, begin, end),
		cmocka_unit_test_setup_teardown(every_error_at_every_call_leaves_no_queue_behind, begin, end),
		cmocka_unit_test_setup_teardown(interrupted_calls_are_repeated, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
