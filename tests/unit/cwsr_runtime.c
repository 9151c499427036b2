/* SPDX-License-Identifier: MIT */
/* What ROCr asks of the driver while a queue is suspended: seen, kept for later, or a reason to let the queue go. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "src/cwsr/kfd_queues.h"
#include "tests/unit/cwsr_fake.h"

static struct cwsr_queue *q; /* queue 0 */

static void suspend(void)
{
	fake.now_ns += 1000000;
	fake_told[0] = 0;
	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake_told, "q0 suspended;");
	fake.log[0] = 0;
	fake_told[0] = 0;
}

static int begin(void **state)
{
	fake_begin(CWSR_MECHANISM_UPDATE);
	q = fake_track(FAKE_GPU, NULL);
	assert_non_null(q);
	return 0;
}

static int begin_suspended(void **state)
{
	begin(state);
	suspend();
	return 0;
}

static int end(void **state)
{
	cwsr_queue_forget(q);
	fake_end();
	return 0;
}

static void resume(void)
{
	cwsr_request(q, false);
	fake_round();
}

static void a_priority_set_while_running_is_kept_through_suspension(void **state)
{
	assert_int_equal(fake_update(0, 100, 11), 0);
	assert_string_equal(fake.log, "rocr update 0 100 11;");
	suspend();
	resume();
	assert_string_equal(fake.log, "update 0 100 11;");
	assert_int_equal(fake.q[0].priority, 11);
}

static void a_priority_set_while_suspended_is_applied_on_resume(void **state)
{
	assert_int_equal(fake_update(0, 100, 15), 0);
	assert_string_equal(fake.log, ""); /* and costs the driver nothing */
	assert_false(fake_runs(0));
	resume();
	assert_string_equal(fake.log, "update 0 100 15;");
	assert_true(fake_runs(0));
}

static void what_the_driver_would_refuse_it_refuses(void **state)
{
	assert_int_equal(fake_update(0, 101, 7), -EINVAL);
	assert_int_equal(fake_update(0, 100, 16), -EINVAL);
	assert_int_equal(fake_update(9, 100, 7), -EFAULT);
	assert_int_equal(fake_cu_mask(0, 0, 1), -EINVAL);
	assert_int_equal(fake_cu_mask(0, 33, 1), -EINVAL);
	assert_false(fake_runs(0));
	fake.log[0] = 0;
	resume();
	assert_string_equal(fake.log, "update 0 100 7;");
}

static void another_ring_is_set_at_once_but_not_run(void **state)
{
	assert_int_equal(fake_update_ring(0, 0x8000), 0);
	assert_string_equal(fake.log, "rocr update 0 0 7;");
	assert_int_equal(fake.q[0].ring_bytes, 0x8000);
	assert_false(fake_runs(0));
	resume();
	assert_true(fake_runs(0));
	assert_int_equal(fake.q[0].ring_bytes, 0x8000);
}

static void a_cu_mask_set_while_suspended_is_applied_before_the_queue_runs(void **state)
{
	assert_int_equal(fake_cu_mask(0, 64, 0xf0f0), 0);
	assert_string_equal(fake.log, "");
	assert_int_equal(fake_cu_mask(0, 64, 0x1234), 0);
	resume();
	assert_string_equal(fake.log, "mask 0;update 0 100 7;");
	assert_int_equal(fake.q[0].cu_bits, 64);
	assert_int_equal(fake.q[0].cu_word, 0x1234);
	suspend();
	resume();
	assert_string_equal(fake.log, "update 0 100 7;");
}

static void memory_that_is_not_there_is_an_error_not_the_end(void **state)
{
	void *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t word = 0, there = 5;

	assert_int_equal(kfd_self_read(&word, nothing, sizeof(word)), -EFAULT);
	assert_int_equal(kfd_self_read(&word, &there, sizeof(word)), 0);
	assert_int_equal(word, 5);
	munmap(nothing, 4096);
}

static void a_cu_mask_while_running_passes(void **state)
{
	assert_int_equal(fake_cu_mask(0, 32, 3), 0);
	assert_string_equal(fake.log, "rocr mask;");
}

static void a_queue_that_rocr_stopped_itself_stays_stopped(void **state)
{
	assert_int_equal(fake_update(0, 0, 7), 0);
	suspend();
	resume();
	assert_string_equal(fake.log, "");
	assert_false(fake_runs(0));
	assert_int_equal(fake_update(0, 100, 7), 0);
	assert_true(fake_runs(0));
}

static void a_queue_that_rocr_stops_while_suspended_stays_stopped(void **state)
{
	assert_int_equal(fake_update(0, 0, 7), 0);
	resume();
	assert_string_equal(fake.log, "");
	assert_false(fake_runs(0));
}

static void a_queue_that_rocr_stops_and_starts_is_let_go_for_a_while(void **state)
{
	/* As it does to reclaim scratch memory: afterwards it waits for the queue. */
	assert_int_equal(fake_update(0, 0, 7), 0);
	assert_int_equal(fake_update(0, 100, 7), 0);
	assert_true(fake_runs(0));
	fake_round();
	assert_string_equal(fake_told, "q0 runs -16;");
	fake_told[0] = 0;
	cwsr_request(q, true);
	assert_true(fake_round() == fake.now_ns + KFD_QUEUES_BUSY_NS);
	assert_true(fake_runs(0));
	fake.now_ns += KFD_QUEUES_BUSY_NS;
	fake_round();
	assert_string_equal(fake_told, "q0 suspended;");
}

static void the_target_xcc_in_the_percentage_survives(void **state)
{
	assert_int_equal(fake_update(0, 0x300 | 100, 7), 0);
	suspend();
	assert_int_equal(fake.q[0].percent, 0);
	resume();
	assert_string_equal(fake.log, "update 0 868 7;");
}

static void a_suspended_queue_is_destroyed_as_it_is(void **state)
{
	assert_int_equal(fake_destroy(0), 0);
	assert_string_equal(fake.log, "");
	fake_round();
	assert_string_equal(fake_told, "q0 runs -3;");
}

static void a_destruction_that_fails_leaves_the_queue_tracked(void **state)
{
	/* The driver refuses an unknown number: make ours unknown for a moment. */
	fake.q[0].used = false;
	assert_int_equal(fake_destroy(0), -EINVAL);
	fake.q[0].used = true;
	resume();
	assert_string_equal(fake.log, "update 0 100 7;");
	assert_string_equal(fake_told, "q0 runs;");
}

static void other_ioctls_pass(void **state)
{
	assert_int_equal(fake_runtime_enable(1), 0);
	assert_string_equal(fake.log, "runtime;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_priority_set_while_running_is_kept_through_suspension, begin, end),
		cmocka_unit_test_setup_teardown(a_priority_set_while_suspended_is_applied_on_resume, begin_suspended, end),
		cmocka_unit_test_setup_teardown(what_the_driver_would_refuse_it_refuses, begin_suspended, end),
		cmocka_unit_test_setup_teardown(another_ring_is_set_at_once_but_not_run, begin_suspended, end),
		cmocka_unit_test_setup_teardown(
			a_cu_mask_set_while_suspended_is_applied_before_the_queue_runs, begin_suspended, end),
		cmocka_unit_test_setup_teardown(memory_that_is_not_there_is_an_error_not_the_end, begin, end),
		cmocka_unit_test_setup_teardown(a_cu_mask_while_running_passes, begin, end),
		cmocka_unit_test_setup_teardown(a_queue_that_rocr_stopped_itself_stays_stopped, begin, end),
		cmocka_unit_test_setup_teardown(a_queue_that_rocr_stops_while_suspended_stays_stopped, begin_suspended, end),
		cmocka_unit_test_setup_teardown(
			a_queue_that_rocr_stops_and_starts_is_let_go_for_a_while, begin_suspended, end),
		cmocka_unit_test_setup_teardown(the_target_xcc_in_the_percentage_survives, begin, end),
		cmocka_unit_test_setup_teardown(a_suspended_queue_is_destroyed_as_it_is, begin_suspended, end),
		cmocka_unit_test_setup_teardown(a_destruction_that_fails_leaves_the_queue_tracked, begin_suspended, end),
		cmocka_unit_test_setup_teardown(other_ioctls_pass, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
