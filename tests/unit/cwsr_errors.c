/* SPDX-License-Identifier: MIT */
/* What level 3 does about errors of UPDATE_QUEUE and the calls around it: each as its table says, said once. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/cwsr/mechanism.h"
#include "tests/unit/cwsr_fake.h"

static FILE *said; /* standard error, while a test catches it */
static int real_stderr = -1;

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

static void catch_messages(void)
{
	said = tmpfile();
	assert_non_null(said);
	real_stderr = dup(2);
	dup2(fileno(said), 2);
}

/* How many lines were said since, and all of them in @text. */
static int messages(char *text, size_t bytes)
{
	int lines = 0;

	dup2(real_stderr, 2);
	close(real_stderr);
	rewind(said);
	text[fread(text, 1, bytes - 1, said)] = 0;
	fclose(said);
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	return lines;
}

static void every_call_and_error_has_a_row(void **state)
{
	for (int call = 0; call < CWSR_CALL_COUNT; call++)
		for (int error = 1; error < 134; error++) {
			const struct cwsr_error *row = cwsr_error_find(call, error);

			assert_non_null(row->meaning);
			assert_true(row->calls & 1u << call);
			assert_true(!row->error || row->error == error);
		}
	assert_int_equal(cwsr_error_find(CWSR_CALL_UPDATE_QUEUE, EFAULT)->reaction, CWSR_QUEUE);
	assert_int_equal(cwsr_error_find(CWSR_CALL_UPDATE_QUEUE, ETIME)->reaction, CWSR_GPU);
	assert_int_equal(cwsr_error_find(CWSR_CALL_UPDATE_QUEUE, EBADF)->reaction, CWSR_PROCESS);
	assert_int_equal(cwsr_error_find(CWSR_CALL_DBG_ENABLE, EALREADY)->reaction, CWSR_UPDATE);
	assert_int_equal(cwsr_error_find(CWSR_CALL_OPEN, EINTR)->reaction, CWSR_PROCESS);
}

static const int update_errors[] = {EFAULT, EINVAL, EACCES, EIO, ETIME, ENODEV, EBADF, ENOMEM};

static void a_suspension_that_fails_is_told_and_undone(void **state)
{
	for (size_t i = 0; i < sizeof(update_errors) / sizeof(update_errors[0]); i++) {
		int error = update_errors[i];
		enum cwsr_reaction reaction = cwsr_error_find(CWSR_CALL_UPDATE_QUEUE, error)->reaction;
		char text[2048];

		cwsr_stop();
		fake_begin(CWSR_MECHANISM_UPDATE);
		struct cwsr_queue *q = fake_track(FAKE_GPU, NULL), *same = fake_track(FAKE_GPU, NULL);
		struct cwsr_queue *other = fake_track(FAKE_GPU + 1, NULL);
		cwsr_request(same, true);
		fake_round();
		fake.now_ns += 1000000;
		fake_told[0] = 0;
		catch_messages();
		fake_fail(CWSR_CALL_UPDATE_QUEUE, error, 0, 1);
		cwsr_request(q, true);
		fake_round();
		assert_true(fake_runs(0)); /* whatever the driver had stored */
		int refused = cwsr_request(other, true);
		fake_round();
		int lines = messages(text, sizeof(text));
		assert_int_equal(lines, 1);
		assert_non_null(strstr(text, "UPDATE_QUEUE"));
		assert_non_null(strstr(text, strerror(error)));
		if (reaction == CWSR_QUEUE) {
			assert_string_equal(fake_told, "q0 runs -3;q2 suspended;");
			assert_false(fake_runs(1));
		} else {
			assert_non_null(strstr(fake_told, "q0 runs -95;"));
			assert_non_null(strstr(fake_told, "q1 runs -95;"));
			assert_true(fake_runs(1));
		}
		assert_int_equal(refused, reaction == CWSR_PROCESS ? -EOPNOTSUPP : 0);
		cwsr_queue_forget(q);
		cwsr_queue_forget(same);
		cwsr_queue_forget(other);
		assert_true(fake_runs(0) && fake_runs(1) && fake_runs(2));
	}
}

static void a_resumption_that_fails_turns_the_gpu_off(void **state)
{
	for (size_t i = 0; i < sizeof(update_errors) / sizeof(update_errors[0]); i++) {
		int error = update_errors[i];
		char text[2048];

		cwsr_stop();
		fake_begin(CWSR_MECHANISM_UPDATE);
		struct cwsr_queue *q = fake_track(FAKE_GPU, NULL), *other = fake_track(FAKE_GPU, NULL);
		cwsr_request(q, true);
		cwsr_request(other, true);
		fake_round();
		fake_told[0] = 0;
		catch_messages();
		fake_fail(CWSR_CALL_UPDATE_QUEUE, error, 0, 1);
		cwsr_request(q, false);
		fake_round();
		fake_round();
		assert_int_equal(messages(text, sizeof(text)), 1);
		assert_non_null(strstr(fake_told, "q0 runs;"));
		if (cwsr_error_find(CWSR_CALL_UPDATE_QUEUE, error)->reaction != CWSR_QUEUE) {
			assert_non_null(strstr(fake_told, "q1 runs -95;"));
			assert_true(fake_runs(1));
			assert_int_equal(cwsr_request(other, true), -EOPNOTSUPP);
		}
		cwsr_queue_forget(q);
		cwsr_queue_forget(other);
		assert_true(fake_runs(1));
	}
}

static void a_queue_that_could_not_be_resumed_is_tried_again(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cwsr_request(q, true);
	fake_round();
	/* An error before the driver has stored anything. */
	fake_fail(CWSR_CALL_UPDATE_QUEUE, EFAULT, 0, 5);
	cwsr_request(q, false);
	assert_true(fake_round() == fake.now_ns + CWSR_OWED_NS);
	assert_false(fake_runs(0));
	while (fake_round() != UINT64_MAX)
		fake.now_ns += CWSR_OWED_NS;
	assert_true(fake_runs(0));
	fake.now_ns += 1000000;
	cwsr_request(q, true);
	fake_round();
	fake_fail(CWSR_CALL_UPDATE_QUEUE, EFAULT, 0, 1000);
	cwsr_request(q, false);
	int rounds = 0;
	while (fake_round() != UINT64_MAX)
		rounds++;
	assert_int_equal(rounds, CWSR_OWED_MAX - 1);
	cwsr_queue_forget(q);
}

static void interrupted_calls_are_repeated_with_the_same_arguments(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	fake_fail(CWSR_CALL_UPDATE_QUEUE, EINTR, 0, 2);
	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake.log, "update 0 0 7;update 0 0 7;update 0 0 7;");
	assert_string_equal(fake_told, "q0 suspended;");
	fake.log[0] = 0;
	fake_fail(CWSR_CALL_UPDATE_QUEUE, EAGAIN, 0, 1);
	cwsr_request(q, false);
	fake_round();
	assert_string_equal(fake.log, "update 0 100 7;update 0 100 7;");
	cwsr_queue_forget(q);
}

static void what_is_interrupted_for_ever_turns_the_gpu_off(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	fake_fail(CWSR_CALL_UPDATE_QUEUE, EINTR, 0, (int)CWSR_RETRIES);
	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake_told, "q0 runs -95;");
	assert_true(fake_runs(0));
	cwsr_queue_forget(q);
}

static void a_cu_mask_that_fails_on_resume_does_not_keep_the_queue(void **state)
{
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);

	cwsr_request(q, true);
	fake_round();
	assert_int_equal(fake_cu_mask(0, 32, 1), 0);
	fake_fail(CWSR_CALL_SET_CU_MASK, EBUSY, 0, 1);
	cwsr_request(q, false);
	fake_round();
	assert_true(fake_runs(0));
	assert_string_equal(fake_told, "q0 suspended;q0 runs;");
	cwsr_queue_forget(q);
}

static void a_driver_without_version_is_not_used(void **state)
{
	fake_fail(CWSR_CALL_GET_VERSION, ENOTTY, 0, 1);
	assert_null(fake_track(FAKE_GPU, NULL));
}

static void a_driver_that_cannot_be_opened_is_not_used(void **state)
{
	static const int errors[] = {ENOENT, ENODEV, EACCES, EPERM, EINVAL};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		char text[1024];

		cwsr_stop();
		fake_begin(CWSR_MECHANISM_UPDATE);
		uint32_t id = fake_create_unseen(FAKE_GPU);
		catch_messages();
		fake_fail(CWSR_CALL_OPEN, errors[i], 0, 1);
		assert_null(cwsr_queue_track(fake_ring(id), 0x4000, NULL));
		messages(text, sizeof(text));
		assert_non_null(strstr(text, "opening /dev/kfd"));
		assert_non_null(strstr(text, cwsr_error_find(CWSR_CALL_OPEN, errors[i])->meaning));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_and_error_has_a_row),
		cmocka_unit_test_setup_teardown(a_suspension_that_fails_is_told_and_undone, begin, end),
		cmocka_unit_test_setup_teardown(a_resumption_that_fails_turns_the_gpu_off, begin, end),
		cmocka_unit_test_setup_teardown(a_queue_that_could_not_be_resumed_is_tried_again, begin, end),
		cmocka_unit_test_setup_teardown(interrupted_calls_are_repeated_with_the_same_arguments, begin, end),
		cmocka_unit_test_setup_teardown(what_is_interrupted_for_ever_turns_the_gpu_off, begin, end),
		cmocka_unit_test_setup_teardown(a_cu_mask_that_fails_on_resume_does_not_keep_the_queue, begin, end),
		cmocka_unit_test_setup_teardown(a_driver_without_version_is_not_used, begin, end),
		cmocka_unit_test_setup_teardown(a_driver_that_cannot_be_opened_is_not_used, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
