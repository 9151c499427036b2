/* SPDX-License-Identifier: MIT */
/*
 * The client library: it finds a tool library that somebody loads by path and locally, at any time, and a HIP likewise; both
 * are fakes (client_tool.c, client_hip.c) that are loaded in the order of the tests.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "include/xsched_hsa.h"
#include "src/common/api_table.h"
#include "tests/unit/client_load.h"

static struct fake_tool *tool;
static struct fake_hip *hip;
static int queue_a, queue_b, stream_a, stream_b;

/* Each function of the library. Return: how many do not say @expected. */
static int others_than(int expected, struct xsched_hsa_target target)
{
	struct xsched_hsa_stats stats = {.size = sizeof(stats)};
	const void *queues[1];
	char name[8];
	size_t count;
	int64_t value;
	const int got[] = {xsched_hsa_scheduled(), xsched_hsa_queues(queues, 1, &count),
		xsched_hsa_hint_set(target, XSCHED_HSA_PRIORITY, 1), xsched_hsa_hint_get(target, XSCHED_HSA_PRIORITY, &value),
		xsched_hsa_window_packets(target, 1), xsched_hsa_suspend(target, 1), xsched_hsa_resume(target),
		xsched_hsa_wait_idle(target, 1), xsched_hsa_wait_in_flight(target, 1), xsched_hsa_policy_set("hpf"),
		xsched_hsa_policy_get(name, sizeof(name)), xsched_hsa_stats_get(target, &stats)};
	int others = 0;

	for (size_t i = 0; i < sizeof(got) / sizeof(got[0]); i++)
		others += got[i] != expected;
	return others;
}

static void without_the_tool_library_nothing_is_scheduled(void **state)
{
	const void *queue;

	assert_int_equal(others_than(XSCHED_HSA_NOT_SCHEDULED, xsched_hsa_process()), 0);
	assert_int_equal(others_than(XSCHED_HSA_NOT_SCHEDULED, xsched_hsa_queue(&queue_a)), 0);
	assert_int_equal(others_than(XSCHED_HSA_NOT_SCHEDULED, xsched_hsa_stream(&stream_a)), 0);
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_NOT_SCHEDULED);
}

static void *first_call(void *barrier)
{
	pthread_barrier_wait(barrier);
	return (void *)(intptr_t)xsched_hsa_scheduled();
}

/* Loaded as ROCr loads its tools, after it was looked for in vain. */
static void a_tool_library_that_comes_later_is_found_by_several_threads_at_once(void **state)
{
	pthread_barrier_t barrier;
	pthread_t threads[4];
	void *status;

	tool = dlsym(load_or_end(LIBRARIES "libxsched_hsa_fake.so"), "fake_tool");
	assert_non_null(tool);
	pthread_barrier_init(&barrier, NULL, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, first_call, &barrier), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &status), 0);
		assert_int_equal((intptr_t)status, XSCHED_HSA_OK);
	}
	pthread_barrier_destroy(&barrier);
	assert_int_equal(others_than(XSCHED_HSA_OK, xsched_hsa_process()), 0);
	assert_null(tool->last_queue);
	assert_int_equal(others_than(XSCHED_HSA_OK, xsched_hsa_queue(&queue_a)), 0);
	assert_ptr_equal(tool->last_queue, &queue_a);
}

static void what_the_tool_library_says_is_passed_on(void **state)
{
	tool->status = XSCHED_HSA_NOT_SCHEDULED;
	tool->calls = 0;
	assert_int_equal(xsched_hsa_resume(xsched_hsa_queue(&queue_a)), XSCHED_HSA_NOT_SCHEDULED);
	assert_int_equal(tool->calls, 0);
	tool->status = XSCHED_HSA_OK;
	tool->gone = &queue_a;
	assert_int_equal(xsched_hsa_resume(xsched_hsa_queue(&queue_a)), XSCHED_HSA_NOT_FOUND);
	tool->gone = NULL;
}

static void a_target_that_is_none_is_refused(void **state)
{
	const struct xsched_hsa_target odd = {3, 0, &queue_a};

	assert_int_equal(xsched_hsa_resume(odd), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_queue(NULL)), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, NULL), XSCHED_HSA_INVALID_ARGUMENT);
}

static void without_hip_there_is_no_stream(void **state)
{
	const void *queue;

	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_NOT_FOUND);
}

static void submit_to_a(void)
{
	tool->submitted = &queue_a;
}

static void submit_to_b(void)
{
	tool->submitted = &queue_b;
}

static void a_program_s_own_hip_can_be_unloaded(void **state)
{
	const void *queue;

	hip = hip_load();
	hip->submit = submit_to_a;
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_OK);
	assert_int_equal(others_than(XSCHED_HSA_OK, xsched_hsa_stream(&stream_a)), 0);
	hip->error = 400;
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_NOT_FOUND);
	hip->capturing = 1;
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_UNSUPPORTED);
	assert_true(hip_is_loaded());
	hip_unload();
	assert_false(hip_is_loaded());
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_NOT_FOUND);
}

static void a_hip_that_the_program_unloads_meanwhile_stays_for_the_call(void **state)
{
	const void *queue;

	hip = hip_load();
	hip->submit = hip_unload;
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_NOT_FOUND);
	assert_false(hip_is_loaded());
}

/* A program's own HIP, by a path of its own. */
static void a_hip_that_comes_later_is_asked(void **state)
{
	const void *queue;

	hip = hip_load();
	assert_non_null(hip);
	hip->submit = submit_to_b;
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_OK);
	assert_ptr_equal(queue, &queue_b);
	assert_int_equal(xsched_hsa_stream_queue(NULL, &queue), XSCHED_HSA_OK);
	assert_int_equal(others_than(XSCHED_HSA_OK, xsched_hsa_stream(&stream_a)), 0);
	assert_ptr_equal(tool->last_queue, &queue_b);
	assert_int_equal(hip->events, 0);
	hip->submit = NULL;
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_NOT_FOUND);
	hip->submit = submit_to_b;
}

static void a_stream_of_another_gpu_gets_an_event_of_that_gpu(void **state)
{
	const void *queue;

	hip->device = 0;
	hip->stream_device = 3;
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_OK);
	assert_int_equal(hip->event_device, 3);
	assert_int_equal(hip->device, 0);
	assert_int_equal(xsched_hsa_stream_queue(NULL, &queue), XSCHED_HSA_OK);
	assert_int_equal(hip->event_device, 0);
	hip->stream_device = 0;
}

static void hips_errors_are_told_apart(void **state)
{
	const void *queue;

	hip->capturing = 1;
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_UNSUPPORTED);
	hip->capturing = 906;
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_UNSUPPORTED);
	hip->capturing = 709;
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_NOT_FOUND);
	hip->capturing = 0;
	hip->error = 400;
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(hip->events, 0);
	hip->error = 0;
}

static void a_suspended_stream_is_resumed_without_a_packet(void **state)
{
	hip->submit = submit_to_a;
	assert_int_equal(xsched_hsa_suspend(xsched_hsa_stream(&stream_a), 1), XSCHED_HSA_OK);
	assert_ptr_equal(tool->last_queue, &queue_a);
	hip->submit = abort;
	assert_int_equal(xsched_hsa_suspend(xsched_hsa_stream(&stream_a), 2), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_stream(&stream_a)), XSCHED_HSA_OK);
	assert_ptr_equal(tool->last_queue, &queue_a);
	/* After that it is looked for again. */
	hip->submit = submit_to_b;
	assert_int_equal(xsched_hsa_resume(xsched_hsa_stream(&stream_a)), XSCHED_HSA_OK);
	assert_ptr_equal(tool->last_queue, &queue_b);
}

static void a_queue_resumed_otherwise_is_looked_for_again(void **state)
{
	hip->submit = submit_to_a;
	assert_int_equal(xsched_hsa_suspend(xsched_hsa_stream(&stream_a), 1), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_suspend(xsched_hsa_stream(&stream_b), 1), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_queue(&queue_a)), XSCHED_HSA_OK);
	hip->submit = submit_to_b;
	assert_int_equal(xsched_hsa_resume(xsched_hsa_stream(&stream_a)), XSCHED_HSA_OK);
	assert_ptr_equal(tool->last_queue, &queue_b);
	assert_int_equal(xsched_hsa_suspend(xsched_hsa_stream(&stream_b), 1), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_process()), XSCHED_HSA_OK);
	hip->submit = submit_to_a;
	assert_int_equal(xsched_hsa_resume(xsched_hsa_stream(&stream_b)), XSCHED_HSA_OK);
	assert_ptr_equal(tool->last_queue, &queue_a);
}

/* Its stream was destroyed, and another has its address. */
static void a_suspended_queue_that_went_is_looked_for_again(void **state)
{
	hip->submit = submit_to_a;
	assert_int_equal(xsched_hsa_suspend(xsched_hsa_stream(&stream_a), 1), XSCHED_HSA_OK);
	tool->gone = &queue_a;
	hip->submit = submit_to_b;
	assert_int_equal(xsched_hsa_suspend(xsched_hsa_stream(&stream_a), 1), XSCHED_HSA_OK);
	assert_ptr_equal(tool->last_queue, &queue_b);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_stream(&stream_a)), XSCHED_HSA_OK);
	tool->gone = NULL;
}

static void an_older_tool_library_has_fewer_entries(void **state)
{
	struct xsched_hsa_api *api = dlsym(dlopen(LIBRARIES "libxsched_hsa_fake.so", RTLD_NOW | RTLD_NOLOAD), API_TABLE_SYMBOL);
	const void *queue;

	api->size = offsetof(struct xsched_hsa_api, observe_begin);
	assert_int_equal(xsched_hsa_stream_queue(&stream_a, &queue), XSCHED_HSA_UNSUPPORTED);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_process()), XSCHED_HSA_OK);
	api->size = sizeof(*api);
}

static void each_status_has_a_sentence(void **state)
{
	for (int i = XSCHED_HSA_OK; i <= XSCHED_HSA_FAILED; i++) {
		assert_string_not_equal(xsched_hsa_strerror(i), xsched_hsa_strerror(-1));
		for (int k = XSCHED_HSA_OK; k < i; k++)
			assert_string_not_equal(xsched_hsa_strerror(i), xsched_hsa_strerror(k));
	}
}

/* The file name is what a HIP is known by. */
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_the_tool_library_nothing_is_scheduled),
		cmocka_unit_test(a_tool_library_that_comes_later_is_found_by_several_threads_at_once),
		cmocka_unit_test(what_the_tool_library_says_is_passed_on),
		cmocka_unit_test(a_target_that_is_none_is_refused),
		cmocka_unit_test(without_hip_there_is_no_stream),
		cmocka_unit_test(a_program_s_own_hip_can_be_unloaded),
		cmocka_unit_test(a_hip_that_the_program_unloads_meanwhile_stays_for_the_call),
		cmocka_unit_test(a_hip_that_comes_later_is_asked),
		cmocka_unit_test(a_stream_of_another_gpu_gets_an_event_of_that_gpu),
		cmocka_unit_test(hips_errors_are_told_apart),
		cmocka_unit_test(a_suspended_stream_is_resumed_without_a_packet),
		cmocka_unit_test(a_queue_resumed_otherwise_is_looked_for_again),
		cmocka_unit_test(a_suspended_queue_that_went_is_looked_for_again),
		cmocka_unit_test(an_older_tool_library_has_fewer_entries),
		cmocka_unit_test(each_status_has_a_sentence),
	};
	return cmocka_run_group_tests_name("client", tests, hip_setup, hip_teardown);
}
