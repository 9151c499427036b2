/* SPDX-License-Identifier: MIT */
/*
 * The client library in a HIP program: every call by process, queue and stream; suspension, waiting, capture, fork, threads. api.sh
 * runs it with the tool library, and with the argument "absent" without: then every call says so and the program goes on.
 */
extern "C" {
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
}

#include <atomic>
#include <hip/hip_runtime.h>
#include <hsa/hsa.h>
#include <thread>

#include "../hip/busy.h"
#include "include/xsched_hsa.h"

#define SECONDS(n) ((uint64_t)(n) * 1000000000u)
#define KERNELS	   20u

static __global__ void add_one(volatile uint32_t *count)
{
	*count = *count + 1;
}

static __global__ void occupy(volatile uint32_t *started, volatile uint32_t *leave)
{
	*started = 1;
	while (!*leave)
		;
}

static hipStream_t first, second;
static const void *first_queue;
static volatile uint32_t *shared;

static int setup(void **state)
{
	(void)state;
	if (hipStreamCreateWithFlags(&first, hipStreamNonBlocking) != hipSuccess ||
		hipStreamCreateWithFlags(&second, hipStreamNonBlocking) != hipSuccess ||
		hipHostMalloc((void **)&shared, 4096, hipHostMallocCoherent) != hipSuccess)
		return -1;
	memset((void *)shared, 0, 4096);
	return 0;
}

static uint64_t id_of(const void *queue)
{
	struct xsched_hsa_stats stats = {};

	stats.size = sizeof(stats);
	assert_int_equal(xsched_hsa_stats_get(xsched_hsa_queue(queue), &stats), XSCHED_HSA_OK);
	assert_int_equal(stats.queue_id, ((const hsa_queue_t *)queue)->id);
	return stats.queue_id;
}

/* The first calls of the process that look for the tool library. */
static void two_threads_find_their_streams_at_once(void **state)
{
	const void *found[2] = {};
	int status[2] = {-1, -1};
	std::atomic<int> ready{0};
	(void)state;

	auto find = [&](int i, hipStream_t stream) {
		ready++;
		while (ready < 2)
			;
		status[i] = xsched_hsa_stream_queue(stream, &found[i]);
	};
	std::thread a(find, 0, first), b(find, 1, second);
	a.join();
	b.join();
	assert_int_equal(status[0], XSCHED_HSA_OK);
	assert_int_equal(status[1], XSCHED_HSA_OK);
	assert_ptr_not_equal(found[0], found[1]);
	first_queue = found[0];
}

static void a_stream_keeps_its_queue(void **state)
{
	const void *again, *by_default, *per_thread;
	(void)state;

	for (int i = 0; i < 10; i++) {
		assert_int_equal(xsched_hsa_stream_queue(first, &again), XSCHED_HSA_OK);
		assert_ptr_equal(again, first_queue);
		/* Also while other streams are busy and the thread used another queue last. */
		add_one<<<1, 1, 0, i % 2 ? second : nullptr>>>(&shared[0]);
	}
	assert_int_equal(xsched_hsa_stream_queue(nullptr, &by_default), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_stream_queue(hipStreamPerThread, &per_thread), XSCHED_HSA_OK);
	assert_int_equal(hipDeviceSynchronize(), hipSuccess);
	id_of(by_default);
	id_of(per_thread);
}

static void all_queues_are_listed(void **state)
{
	const void *queues[64], *one[1];
	size_t count = 0, again = 0;
	bool found = false;
	(void)state;

	assert_int_equal(xsched_hsa_queues(queues, 64, &count), XSCHED_HSA_OK);
	assert_uint_in_range(count, 2, 64);
	for (size_t i = 0; i < count; i++)
		found |= queues[i] == first_queue;
	assert_true(found);
	assert_int_equal(xsched_hsa_queues(one, 1, &again), XSCHED_HSA_OK);
	assert_int_equal(again, count);
	assert_ptr_equal(one[0], queues[0]);
	assert_int_equal(xsched_hsa_queues(nullptr, 0, &again), XSCHED_HSA_OK);
	assert_int_equal(again, count);
	assert_int_equal(xsched_hsa_queues(nullptr, 1, &again), XSCHED_HSA_INVALID_ARGUMENT);
}

static void each_call_on(struct xsched_hsa_target target)
{
	const struct {
		int hint;
		int64_t value;
	} hints[] = {{XSCHED_HSA_PRIORITY, 7}, {XSCHED_HSA_SHARE, 75}, {XSCHED_HSA_TIMESLICE_US, 1000},
		{XSCHED_HSA_DEADLINE_US, 2000}, {XSCHED_HSA_LAXITY_US, 3000}, {XSCHED_HSA_LAXITY_PRIORITY, -1},
		{XSCHED_HSA_CRITICAL_PRIORITY, 9}, {XSCHED_HSA_WEIGHT, 300}, {XSCHED_HSA_AGEING_US, 5},
		{XSCHED_HSA_WINDOW_US, 100}, {XSCHED_HSA_LEVEL, 1}};
	struct xsched_hsa_stats stats = {};
	int64_t before, value;

	for (auto &h : hints) {
		assert_int_equal(xsched_hsa_hint_get(target, h.hint, &before), XSCHED_HSA_OK);
		assert_int_equal(xsched_hsa_hint_set(target, h.hint, h.value), XSCHED_HSA_OK);
		assert_int_equal(xsched_hsa_hint_get(target, h.hint, &value), XSCHED_HSA_OK);
		assert_int_equal(value, h.value);
		assert_int_equal(xsched_hsa_hint_set(target, h.hint, XSCHED_HSA_UNSET), XSCHED_HSA_OK);
		assert_int_equal(xsched_hsa_hint_get(target, h.hint, &value), XSCHED_HSA_OK);
		assert_int_equal(value, before);
	}
	assert_int_equal(xsched_hsa_hint_set(target, XSCHED_HSA_PRIORITY, 256), XSCHED_HSA_OUT_OF_RANGE);
	assert_int_equal(xsched_hsa_hint_set(target, 12, 0), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(xsched_hsa_hint_set(target, -1, 0), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(xsched_hsa_hint_get(target, XSCHED_HSA_PRIORITY, nullptr), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(xsched_hsa_hint_set(target, XSCHED_HSA_K_DEADLINE, 2),
		target.kind == XSCHED_HSA_PROCESS ? XSCHED_HSA_OK : XSCHED_HSA_NOT_PERMITTED);

	assert_int_equal(xsched_hsa_window_packets(target, 4), XSCHED_HSA_OK);
	add_one<<<1, 1, 0, first>>>(&shared[0]);
	stats.size = sizeof(stats);
	assert_int_equal(xsched_hsa_stats_get(target, &stats), XSCHED_HSA_OK);
	assert_int_equal(stats.size, sizeof(stats));
	assert_uint_in_range(stats.queues, 1, 64);
	assert_int_equal(stats.window_packets, target.kind == XSCHED_HSA_PROCESS ? 0 : 4);
	assert_true(stats.submitted > 0 && stats.published <= stats.submitted && stats.completed <= stats.published);
	assert_int_equal(xsched_hsa_window_packets(target, 4097), XSCHED_HSA_OUT_OF_RANGE);
	assert_int_equal(xsched_hsa_window_packets(target, 0), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_wait_idle(target, SECONDS(30)), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_wait_in_flight(target, SECONDS(30)), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_suspend(target, 0), XSCHED_HSA_OUT_OF_RANGE);
	assert_int_equal(xsched_hsa_suspend(target, 4), XSCHED_HSA_OUT_OF_RANGE);
	assert_int_equal(xsched_hsa_resume(target), XSCHED_HSA_OK);
}

static void each_call_works_on_the_process(void **state)
{
	(void)state;
	each_call_on(xsched_hsa_process());
}

static void each_call_works_on_a_queue(void **state)
{
	(void)state;
	each_call_on(xsched_hsa_queue(first_queue));
}

static void each_call_works_on_a_stream(void **state)
{
	(void)state;
	each_call_on(xsched_hsa_stream(first));
}

static void a_suspended_one_runs_nothing(struct xsched_hsa_target target)
{
	struct xsched_hsa_stats stats = {};
	hipEvent_t event;

	stats.size = sizeof(stats);
	shared[1] = 0;
	assert_int_equal(hipEventCreateWithFlags(&event, hipEventDisableTiming), hipSuccess);
	assert_int_equal(xsched_hsa_suspend(target, 1), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_wait_in_flight(target, SECONDS(30)), XSCHED_HSA_OK);
	for (unsigned i = 0; i < KERNELS; i++)
		add_one<<<1, 1, 0, first>>>(&shared[1]);
	assert_int_equal(hipEventRecord(event, first), hipSuccess);
	assert_int_equal(xsched_hsa_wait_idle(target, 20000000), XSCHED_HSA_TIMEOUT);
	assert_int_equal(hipEventQuery(event), hipErrorNotReady);
	assert_int_equal(shared[1], 0);
	if (target.kind != XSCHED_HSA_PROCESS) {
		assert_int_equal(xsched_hsa_stats_get(target, &stats), XSCHED_HSA_OK);
		assert_int_equal(stats.state, XSCHED_HSA_SUSPENDED);
		assert_true(stats.published < stats.submitted);
	}
	/* Once more is still one. */
	assert_int_equal(xsched_hsa_suspend(target, 2), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_resume(target), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_wait_idle(target, SECONDS(30)), XSCHED_HSA_OK);
	assert_int_equal(shared[1], KERNELS);
	assert_int_equal(hipEventSynchronize(event), hipSuccess);
	assert_int_equal(hipEventDestroy(event), hipSuccess);
}

static void a_suspended_queue_runs_nothing(void **state)
{
	(void)state;
	a_suspended_one_runs_nothing(xsched_hsa_queue(first_queue));
}

static void a_suspended_stream_runs_nothing(void **state)
{
	(void)state;
	a_suspended_one_runs_nothing(xsched_hsa_stream(first));
}

static void a_suspended_process_runs_nothing(void **state)
{
	(void)state;
	a_suspended_one_runs_nothing(xsched_hsa_process());
}

static void waiting_for_what_is_in_flight_ends_while_packets_are_held(void **state)
{
	(void)state;
	shared[2] = shared[3] = shared[1] = 0;
	occupy<<<1, 1, 0, first>>>(&shared[2], &shared[3]);
	while (!shared[2])
		usleep(100);
	assert_int_equal(xsched_hsa_suspend(xsched_hsa_queue(first_queue), 1), XSCHED_HSA_OK);
	add_one<<<1, 1, 0, first>>>(&shared[1]);
	assert_int_equal(xsched_hsa_wait_in_flight(xsched_hsa_queue(first_queue), 20000000), XSCHED_HSA_TIMEOUT);
	shared[3] = 1;
	assert_int_equal(xsched_hsa_wait_in_flight(xsched_hsa_queue(first_queue), SECONDS(30)), XSCHED_HSA_OK);
	assert_int_equal(shared[1], 0);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_queue(first_queue)), XSCHED_HSA_OK);
	assert_int_equal(hipStreamSynchronize(first), hipSuccess);
	assert_int_equal(shared[1], 1);
}

/* To find the stream's queue would take a packet, for which there is no room. */
static void a_stream_that_takes_no_more_can_be_resumed(void **state)
{
	const uint32_t kernels = ((const hsa_queue_t *)first_queue)->size + 100;
	struct xsched_hsa_stats stats = {};
	(void)state;

	stats.size = sizeof(stats);
	shared[1] = 0;
	assert_int_equal(xsched_hsa_suspend(xsched_hsa_stream(first), 1), XSCHED_HSA_OK);
	std::thread submit([&] {
		for (uint32_t i = 0; i < kernels; i++)
			add_one<<<1, 1, 0, first>>>(&shared[1]);
	});
	/* Some releases of HIP stop earlier, for want of memory for arguments. */
	uint64_t submitted = 0;
	for (unsigned unchanged = 0; unchanged < 300; unchanged++) {
		usleep(1000);
		assert_int_equal(xsched_hsa_stats_get(xsched_hsa_queue(first_queue), &stats), XSCHED_HSA_OK);
		if (stats.submitted - stats.published >= ((const hsa_queue_t *)first_queue)->size)
			break;
		if (stats.submitted != submitted)
			unchanged = 0;
		submitted = stats.submitted;
	}
	assert_int_equal(xsched_hsa_resume(xsched_hsa_stream(first)), XSCHED_HSA_OK);
	submit.join();
	assert_int_equal(hipStreamSynchronize(first), hipSuccess);
	assert_int_equal(shared[1], kernels);
}

static void the_policy_can_be_chosen(void **state)
{
	char name[32], shorter[3];
	(void)state;

	assert_int_equal(xsched_hsa_policy_get(name, sizeof(name)), XSCHED_HSA_OK);
	assert_string_equal(name, "fifo");
	assert_int_equal(xsched_hsa_policy_set("hpf"), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_policy_get(name, sizeof(name)), XSCHED_HSA_OK);
	assert_string_equal(name, "hpf");
	assert_int_equal(xsched_hsa_policy_set("none such"), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(xsched_hsa_policy_set(nullptr), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(xsched_hsa_policy_get(shorter, sizeof(shorter)), XSCHED_HSA_OK);
	assert_string_equal(shorter, "hp");
}

/* Under hpf; what runs for ever in the higher one keeps the lower one from running. */
static void a_hint_decides_who_runs(void **state)
{
	(void)state;
	shared[1] = shared[2] = shared[3] = 0;
	assert_int_equal(xsched_hsa_hint_set(xsched_hsa_stream(second), XSCHED_HSA_PRIORITY, 1), XSCHED_HSA_OK);
	occupy<<<1, 1, 0, second>>>(&shared[2], &shared[3]);
	while (!shared[2])
		usleep(100);
	/* The scheduler sees that the higher one works some time after it began to. */
	uint32_t kernels = 0;
	int status = XSCHED_HSA_OK;
	while (status == XSCHED_HSA_OK && kernels < 1000) {
		add_one<<<1, 1, 0, first>>>(&shared[1]);
		kernels++;
		status = xsched_hsa_wait_idle(xsched_hsa_queue(first_queue), 50000000);
	}
	assert_int_equal(status, XSCHED_HSA_TIMEOUT);
	assert_int_equal(shared[1], kernels - 1);
	assert_int_equal(xsched_hsa_hint_set(xsched_hsa_queue(first_queue), XSCHED_HSA_PRIORITY, 2), XSCHED_HSA_OK);
	assert_int_equal(hipStreamSynchronize(first), hipSuccess);
	assert_int_equal(shared[1], kernels);
	shared[3] = 1;
	assert_int_equal(hipStreamSynchronize(second), hipSuccess);
	assert_int_equal(xsched_hsa_policy_set("fifo"), XSCHED_HSA_OK);
}

static hsa_status_t first_gpu(hsa_agent_t agent, void *data)
{
	hsa_device_type_t type;

	hsa_agent_get_info(agent, HSA_AGENT_INFO_DEVICE, &type);
	if (type != HSA_DEVICE_TYPE_GPU)
		return HSA_STATUS_SUCCESS;
	*(hsa_agent_t *)data = agent;
	return HSA_STATUS_INFO_BREAK;
}

static void what_is_not_there_is_not_found(void **state)
{
	static uint64_t nothing[64];
	struct xsched_hsa_target odd = {9, 0, nullptr};
	struct xsched_hsa_stats stats = {};
	hipStream_t stream;
	const void *queue;
	(void)state;

	assert_int_equal(xsched_hsa_resume(xsched_hsa_queue(nothing)), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_queue(nullptr)), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(xsched_hsa_resume(odd), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(xsched_hsa_stream_queue(first, nullptr), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(xsched_hsa_stats_get(xsched_hsa_process(), &stats), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_stream(nothing)), XSCHED_HSA_NOT_FOUND);

	/* HIP keeps its queues; the program's own go. */
	hsa_agent_t agent = {};
	hsa_queue_t *own;
	assert_int_equal(hsa_iterate_agents(first_gpu, &agent), HSA_STATUS_INFO_BREAK);
	assert_int_equal(
		hsa_queue_create(agent, 64, HSA_QUEUE_TYPE_SINGLE, nullptr, nullptr, UINT32_MAX, UINT32_MAX, &own), HSA_STATUS_SUCCESS);
	queue = own;
	assert_int_equal(xsched_hsa_hint_set(xsched_hsa_queue(queue), XSCHED_HSA_PRIORITY, 1), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_suspend(xsched_hsa_queue(queue), 1), XSCHED_HSA_OK);
	assert_int_equal(hsa_queue_destroy(own), HSA_STATUS_SUCCESS);
	assert_int_equal(xsched_hsa_hint_set(xsched_hsa_queue(queue), XSCHED_HSA_PRIORITY, 1), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(xsched_hsa_wait_idle(xsched_hsa_queue(queue), SECONDS(30)), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_queue(queue)), XSCHED_HSA_NOT_FOUND);

	/* A stream that is destroyed is none any more, whatever its queue does. */
	assert_int_equal(hipStreamCreateWithFlags(&stream, hipStreamNonBlocking), hipSuccess);
	assert_int_equal(xsched_hsa_stream_queue(stream, &queue), XSCHED_HSA_OK);
	assert_int_equal(hipStreamDestroy(stream), hipSuccess);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_stream(stream)), XSCHED_HSA_NOT_FOUND);
}

static void a_stream_that_is_captured_is_left_alone(void **state)
{
	hipGraph_t graph;
	const void *queue;
	size_t nodes = 0;
	(void)state;

	assert_int_equal(hipStreamBeginCapture(first, hipStreamCaptureModeThreadLocal), hipSuccess);
	add_one<<<1, 1, 0, first>>>(&shared[1]);
	assert_int_equal(xsched_hsa_stream_queue(first, &queue), XSCHED_HSA_UNSUPPORTED);
	assert_int_equal(hipStreamEndCapture(first, &graph), hipSuccess);
	assert_int_equal(hipGraphGetNodes(graph, nullptr, &nodes), hipSuccess);
	assert_int_equal(nodes, 1);
	assert_int_equal(hipGraphDestroy(graph), hipSuccess);
}

static int calls_that_are_not(int expected)
{
	struct xsched_hsa_stats stats = {};
	const void *queue;
	size_t count;
	int64_t value;
	char name[32];

	stats.size = sizeof(stats);
	const int got[] = {xsched_hsa_scheduled(), xsched_hsa_stream_queue(first, &queue), xsched_hsa_queues(&queue, 1, &count),
		xsched_hsa_hint_set(xsched_hsa_process(), XSCHED_HSA_PRIORITY, 1),
		xsched_hsa_hint_set(xsched_hsa_stream(first), XSCHED_HSA_PRIORITY, 1),
		xsched_hsa_hint_get(xsched_hsa_process(), XSCHED_HSA_PRIORITY, &value),
		xsched_hsa_window_packets(xsched_hsa_process(), 1), xsched_hsa_suspend(xsched_hsa_process(), 1),
		xsched_hsa_resume(xsched_hsa_process()), xsched_hsa_wait_idle(xsched_hsa_process(), 1),
		xsched_hsa_wait_in_flight(xsched_hsa_process(), 1), xsched_hsa_policy_set("hpf"),
		xsched_hsa_policy_get(name, sizeof(name)), xsched_hsa_stats_get(xsched_hsa_process(), &stats)};

	for (size_t i = 0; i < sizeof(got) / sizeof(got[0]); i++) {
		if (got[i] != expected) {
			printf("call %zu: %s\n", i, xsched_hsa_strerror(got[i]));
			return 1;
		}
	}
	return 0;
}

static void nothing_is_scheduled_in_a_forked_child(void **state)
{
	int status = -1;
	(void)state;

	pid_t child = fork();
	if (!child)
		_exit(calls_that_are_not(XSCHED_HSA_NOT_SCHEDULED));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void the_program_goes_on_without_the_library(void **state)
{
	(void)state;
	assert_int_equal(calls_that_are_not(XSCHED_HSA_NOT_SCHEDULED), 0);
	shared[1] = 0;
	for (unsigned i = 0; i < KERNELS; i++)
		add_one<<<1, 1, 0, first>>>(&shared[1]);
	assert_int_equal(hipStreamSynchronize(first), hipSuccess);
	assert_int_equal(shared[1], KERNELS);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest with[] = {
		cmocka_unit_test(two_threads_find_their_streams_at_once),
		cmocka_unit_test(a_stream_keeps_its_queue),
		cmocka_unit_test(all_queues_are_listed),
		cmocka_unit_test(each_call_works_on_the_process),
		cmocka_unit_test(each_call_works_on_a_queue),
		cmocka_unit_test(each_call_works_on_a_stream),
		cmocka_unit_test(a_suspended_queue_runs_nothing),
		cmocka_unit_test(a_suspended_stream_runs_nothing),
		cmocka_unit_test(a_suspended_process_runs_nothing),
		cmocka_unit_test(waiting_for_what_is_in_flight_ends_while_packets_are_held),
		cmocka_unit_test(a_stream_that_takes_no_more_can_be_resumed),
		cmocka_unit_test(the_policy_can_be_chosen),
		cmocka_unit_test(a_hint_decides_who_runs),
		cmocka_unit_test(what_is_not_there_is_not_found),
		cmocka_unit_test(a_stream_that_is_captured_is_left_alone),
		cmocka_unit_test(nothing_is_scheduled_in_a_forked_child),
	};
	const struct CMUnitTest without[] = {cmocka_unit_test(the_program_goes_on_without_the_library)};

	if (calls_that_are_not(XSCHED_HSA_NOT_SCHEDULED)) {
		printf("FAILED: a call worked before the runtime started\n");
		return 1;
	}
	if (argc > 1 && !strcmp(argv[1], "absent"))
		return cmocka_run_group_tests_name("absent", without, setup, NULL);
	return cmocka_run_group_tests_name("api", with, setup, NULL);
}
