/* SPDX-License-Identifier: MIT */
/*
 * The table that programs' calls come through, under a runtime that is nothing but tables: errors, sizes, queues that go meanwhile, forks. The
 * runtime's queues are in static memory; a thread plays the packet processor.
 */
#include <hsa/amd_hsa_queue.h>
#include <hsa/amd_hsa_signal.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/common/api_table.h"
#include "src/hsa_intercept/control.h"
#include "src/hsa_intercept/hsa_slots.h"
#include "src/hsa_intercept/next.h"

#define RING_PKTS  64
#define QUEUES	   2
#define SECONDS(n) ((uint64_t)(n) * 1000000000u)

bool OnLoad(struct hsa_root_table *table, uint64_t runtime_version, uint64_t failed_tool_count,
	const char *const *failed_tool_names);
void OnUnload(void);

extern const struct xsched_hsa_api xsched_hsa_api_v1;
static const struct xsched_hsa_api *const api = &xsched_hsa_api_v1;

static struct runtime_queue {
	amd_queue_t q;
	amd_signal_t doorbell;
	struct aql_packet slots[RING_PKTS] __attribute__((aligned(64)));
} runtime_queues[QUEUES] __attribute__((aligned(64)));

static uint64_t core_words[HSA_CORE_TABLE_BYTES / 8], amd_words[744 / 8];
static struct hsa_table *const core = (struct hsa_table *)core_words, *const amd = (struct hsa_table *)amd_words;
static struct hsa_root_table root = {.version = {.major = 3}};
static struct runtime_queue *to_create;
static _Atomic bool processing;

static _Atomic uint64_t *index_at(volatile uint64_t *index)
{
	return (_Atomic uint64_t *)index;
}

static hsa_status_t rt_queue_create(hsa_agent_t agent, uint32_t size, hsa_queue_type32_t type, queue_error_fn callback,
	void *data, uint32_t private_segment_size, uint32_t group_segment_size, hsa_queue_t **queue)
{
	*queue = &to_create->q.hsa_queue;
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_agent_get_info(hsa_agent_t agent, hsa_agent_info_t attribute, void *value)
{
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_queue_destroy(hsa_queue_t *queue)
{
	/* What is used of it from here on was used too late. */
	memset((void *)queue, 0xee, sizeof(*queue));
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_signal_create(hsa_signal_value_t initial, uint32_t consumers, const hsa_agent_t *agents,
	uint64_t attributes, hsa_signal_t *signal)
{
	amd_signal_t *s = aligned_alloc(64, sizeof(*s));

	memset((void *)s, 0, sizeof(*s));
	s->kind = AMD_SIGNAL_KIND_USER;
	s->value = initial;
	signal->handle = (uint64_t)(uintptr_t)s;
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_signal_destroy(hsa_signal_t signal)
{
	free((void *)(uintptr_t)signal.handle);
	return HSA_STATUS_SUCCESS;
}

static uint64_t rt_add(const hsa_queue_t *queue, uint64_t value)
{
	return atomic_fetch_add(index_at(&((amd_queue_t *)(uintptr_t)queue)->write_dispatch_id), value);
}

static uint64_t rt_load(const hsa_queue_t *queue)
{
	return atomic_load(index_at(&((amd_queue_t *)(uintptr_t)queue)->write_dispatch_id));
}

static void rt_store(const hsa_queue_t *queue, uint64_t value)
{
	atomic_store(index_at(&((amd_queue_t *)(uintptr_t)queue)->write_dispatch_id), value);
}

static void rt_signal_store(hsa_signal_t signal, hsa_signal_value_t value)
{
}

static void runtime_starts(void)
{
	core->version = (struct hsa_table_version){.major = 2, .minor = HSA_CORE_TABLE_BYTES};
	amd->version = (struct hsa_table_version){.major = 2, .minor = sizeof(amd_words)};
	core->slot[CORE_hsa_agent_get_info - 1] = (void *)rt_agent_get_info;
	core->slot[CORE_hsa_queue_create - 1] = (void *)rt_queue_create;
	core->slot[CORE_hsa_queue_destroy - 1] = (void *)rt_queue_destroy;
	core->slot[CORE_hsa_signal_destroy - 1] = (void *)rt_signal_destroy;
	core->slot[CORE_hsa_queue_add_write_index_screlease - 1] = (void *)rt_add;
	core->slot[CORE_hsa_queue_load_write_index_relaxed - 1] = (void *)rt_load;
	core->slot[CORE_hsa_queue_store_write_index_screlease - 1] = (void *)rt_store;
	core->slot[CORE_hsa_signal_store_screlease - 1] = (void *)rt_signal_store;
	amd->slot[hsa_amd_slot(AMD_hsa_amd_signal_create, HSA_AMD_FROM_5_6, &amd->version) - 1] = (void *)rt_signal_create;
	root.core = core;
	root.amd_ext = amd;
	assert_true(OnLoad(&root, 1, 0, NULL));
}

static int setup(void **state)
{
	runtime_starts();
	return 0;
}

static int teardown(void **state)
{
	OnUnload();
	return 0;
}

static hsa_queue_t *app_create(struct runtime_queue *r)
{
	hsa_queue_t *queue;

	memset((void *)r, 0, sizeof(*r));
	r->q.hsa_queue.size = RING_PKTS;
	r->q.hsa_queue.id = (uint64_t)(r - runtime_queues) + 40;
	r->q.hsa_queue.base_address = r->slots;
	r->q.hsa_queue.doorbell_signal.handle = (uint64_t)(uintptr_t)&r->doorbell;
	r->doorbell.kind = AMD_SIGNAL_KIND_DOORBELL;
	r->doorbell.queue_ptr = (void *)&r->q;
	for (int i = 0; i < RING_PKTS; i++)
		r->slots[i].header = AQL_PACKET_INVALID;
	to_create = r;
	assert_int_equal(((queue_create_fn)core->slot[CORE_hsa_queue_create - 1])(
				 (hsa_agent_t){1}, RING_PKTS, HSA_QUEUE_TYPE_MULTI, NULL, NULL, 0, 0, &queue), HSA_STATUS_SUCCESS);
	return queue;
}

static void app_destroy(hsa_queue_t *queue)
{
	((queue_fn)core->slot[CORE_hsa_queue_destroy - 1])(queue);
}

static void app_submit(hsa_queue_t *queue)
{
	uint64_t index = ((add_index_fn)core->slot[CORE_hsa_queue_add_write_index_screlease - 1])(queue, 1);
	struct aql_packet *slot = (struct aql_packet *)queue->base_address + index % queue->size;

	atomic_store_explicit((_Atomic uint16_t *)&slot->header, AQL_PACKET_BARRIER_AND, memory_order_release);
	((signal_store_fn)core->slot[CORE_hsa_signal_store_screlease - 1])(
		queue->doorbell_signal, (hsa_signal_value_t)index);
}

/* Takes and completes what it may see. */
static void *process(void *arg)
{
	struct runtime_queue *r = arg;
	_Atomic uint64_t *read = index_at(&r->q.read_dispatch_id);

	while (atomic_load(&processing)) {
		uint64_t index = atomic_load(read);
		struct aql_packet *slot = &r->slots[index % RING_PKTS];

		if (index == atomic_load(index_at(&r->q.write_dispatch_id)) ||
			(uint8_t)atomic_load((_Atomic uint16_t *)&slot->header) == AQL_PACKET_INVALID) {
			sched_yield();
			continue;
		}
		uint64_t signal = *(uint64_t *)((char *)slot + 56);
		atomic_store((_Atomic uint16_t *)&slot->header, AQL_PACKET_INVALID);
		atomic_store(read, index + 1);
		if (signal)
			atomic_fetch_sub((_Atomic int64_t *)&((amd_signal_t *)(uintptr_t)signal)->value, 1);
	}
	return NULL;
}

/* Every entry that tells whether anything is scheduled. Return: how many do not say @expected. */
static int others_than(int expected, const void *queue)
{
	struct xsched_hsa_stats stats = {.size = sizeof(stats)};
	const void *queues[4];
	char name[32];
	size_t count;
	int64_t value;
	const int got[] = {api->scheduled(), api->queues(queues, 4, &count), api->hint_set(queue, XSCHED_HSA_PRIORITY, 1),
		api->hint_set(queue, XSCHED_HSA_PRIORITY, 1000), api->hint_get(queue, XSCHED_HSA_PRIORITY, &value),
		api->window_packets(queue, 1), api->suspend(queue, 1), api->suspend(queue, 9), api->resume(queue),
		api->wait_idle(queue, 1), api->wait_in_flight(queue, 1), api->policy_set("hpf"), api->policy_get(name, sizeof(name)),
		api->stats_get(queue, &stats)};
	int others = 0;

	for (size_t i = 0; i < sizeof(got) / sizeof(got[0]); i++)
		others += got[i] != expected;
	return others;
}

static void nothing_is_scheduled_without_a_runtime(void **state)
{
	OnUnload();
	assert_int_equal(others_than(XSCHED_HSA_NOT_SCHEDULED, NULL), 0);
	assert_int_equal(others_than(XSCHED_HSA_NOT_SCHEDULED, &runtime_queues[0]), 0);
}

static void nothing_is_scheduled_in_a_forked_child(void **state)
{
	hsa_queue_t *queue = app_create(&runtime_queues[0]);
	int status;

	assert_int_equal(api->suspend(queue, 1), XSCHED_HSA_OK);
	pid_t child = fork();
	if (!child)
		_exit(others_than(XSCHED_HSA_NOT_SCHEDULED, queue));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(api->resume(queue), XSCHED_HSA_OK);
	app_destroy(queue);
}

static void the_table_says_how_large_it_is(void **state)
{
	assert_int_equal(api->size, sizeof(struct xsched_hsa_api));
	assert_int_equal(api->version, XSCHED_HSA_API_VERSION);
	/* Entries never move. */
	assert_int_equal(offsetof(struct xsched_hsa_api, scheduled), 8);
	assert_int_equal(offsetof(struct xsched_hsa_api, stats_get), 96);
	assert_int_equal(offsetof(struct xsched_hsa_api, observe_end), 112);
	assert_int_equal(offsetof(struct xsched_hsa_stats, holds), 96);
}

static void statistics_fit_what_the_program_was_built_with(void **state)
{
	hsa_queue_t *queue = app_create(&runtime_queues[1]);
	struct {
		struct xsched_hsa_stats s;
		uint64_t later[2];
	} wide;

	memset(&wide, 0xff, sizeof(wide));
	wide.s.size = offsetof(struct xsched_hsa_stats, node);
	assert_int_equal(api->stats_get(queue, &wide.s), XSCHED_HSA_OK);
	assert_int_equal(wide.s.size, offsetof(struct xsched_hsa_stats, node));
	assert_int_equal(wide.s.queue_id, 41);
	assert_int_equal(wide.s.node, UINT32_MAX);
	memset(&wide, 0xff, sizeof(wide));
	wide.s.size = sizeof(wide);
	assert_int_equal(api->stats_get(queue, &wide.s), XSCHED_HSA_OK);
	assert_int_equal(wide.s.size, sizeof(struct xsched_hsa_stats));
	assert_int_equal(wide.later[0], 0);
	assert_int_equal(wide.later[1], 0);
	wide.s.size = 7;
	assert_int_equal(api->stats_get(queue, &wide.s), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(api->stats_get(queue, NULL), XSCHED_HSA_INVALID_ARGUMENT);
	app_destroy(queue);
}

static void wrong_arguments_have_statuses_of_their_own(void **state)
{
	hsa_queue_t *queue = app_create(&runtime_queues[0]);
	char name[8];
	size_t count;

	assert_int_equal(api->hint_set(queue, XSCHED_HSA_LEVEL + 1, 1), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(api->hint_set(queue, -1, 1), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(api->hint_set(queue, XSCHED_HSA_SHARE, 101), XSCHED_HSA_OUT_OF_RANGE);
	assert_int_equal(api->hint_set(queue, XSCHED_HSA_K_DEADLINE, 2), XSCHED_HSA_NOT_PERMITTED);
	assert_int_equal(api->hint_set(NULL, XSCHED_HSA_K_DEADLINE, 2), XSCHED_HSA_OK);
	assert_int_equal(api->hint_get(queue, XSCHED_HSA_SHARE, NULL), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(api->window_packets(queue, 4097), XSCHED_HSA_OUT_OF_RANGE);
	assert_int_equal(api->suspend(queue, 0), XSCHED_HSA_OUT_OF_RANGE);
	assert_int_equal(api->suspend(queue, 4), XSCHED_HSA_OUT_OF_RANGE);
	assert_int_equal(api->policy_set("no such"), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(api->policy_set(NULL), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(api->policy_get(NULL, 8), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(api->policy_get(name, 0), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(api->queues(NULL, 0, NULL), XSCHED_HSA_INVALID_ARGUMENT);
	assert_int_equal(api->queues(NULL, 1, &count), XSCHED_HSA_INVALID_ARGUMENT);
	app_destroy(queue);
}

static void the_policy_is_known_before_the_first_queue(void **state)
{
	char name[16];

	assert_int_equal(api->policy_get(name, sizeof(name)), XSCHED_HSA_OK);
	assert_string_equal(name, "fifo");
	assert_int_equal(api->policy_set("fair"), XSCHED_HSA_OK);
	assert_int_equal(api->policy_get(name, sizeof(name)), XSCHED_HSA_OK);
	assert_string_equal(name, "fair");
	assert_int_equal(api->policy_set("fifo"), XSCHED_HSA_OK);
}

static void a_queues_hint_counts_more_than_the_processs_and_ends_with_it(void **state)
{
	hsa_queue_t *queue = app_create(&runtime_queues[0]);
	int64_t value;

	assert_int_equal(api->hint_set(NULL, XSCHED_HSA_WEIGHT, 200), XSCHED_HSA_OK);
	assert_int_equal(api->hint_get(queue, XSCHED_HSA_WEIGHT, &value), XSCHED_HSA_OK);
	assert_int_equal(value, 200);
	assert_int_equal(api->hint_set(queue, XSCHED_HSA_WEIGHT, 300), XSCHED_HSA_OK);
	assert_int_equal(api->hint_get(queue, XSCHED_HSA_WEIGHT, &value), XSCHED_HSA_OK);
	assert_int_equal(value, 300);
	app_destroy(queue);
	queue = app_create(&runtime_queues[0]);
	assert_int_equal(api->hint_get(queue, XSCHED_HSA_WEIGHT, &value), XSCHED_HSA_OK);
	assert_int_equal(value, 200);
	assert_int_equal(api->hint_set(NULL, XSCHED_HSA_WEIGHT, XSCHED_HSA_UNSET), XSCHED_HSA_OK);
	assert_int_equal(api->hint_get(queue, XSCHED_HSA_WEIGHT, &value), XSCHED_HSA_OK);
	assert_int_equal(value, 100);
	app_destroy(queue);
}

static void a_destroyed_queue_is_not_found(void **state)
{
	struct xsched_hsa_stats stats = {.size = sizeof(stats)};
	hsa_queue_t *queue = app_create(&runtime_queues[0]);
	int64_t value;
	size_t count;

	assert_int_equal(api->suspend(queue, 1), XSCHED_HSA_OK);
	app_destroy(queue);
	assert_int_equal(api->hint_set(queue, XSCHED_HSA_PRIORITY, 1), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(api->hint_get(queue, XSCHED_HSA_PRIORITY, &value), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(api->window_packets(queue, 1), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(api->suspend(queue, 1), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(api->resume(queue), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(api->wait_idle(queue, 1), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(api->wait_in_flight(queue, 1), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(api->stats_get(queue, &stats), XSCHED_HSA_NOT_FOUND);
	assert_int_equal(api->queues(NULL, 0, &count), XSCHED_HSA_OK);
	assert_int_equal(count, 0);
}

static void a_suspended_queue_shows_the_gpu_nothing_until_it_is_resumed(void **state)
{
	struct xsched_hsa_stats stats = {.size = sizeof(stats)};
	hsa_queue_t *queue = app_create(&runtime_queues[0]);
	pthread_t thread;

	app_submit(queue);
	assert_int_equal(api->suspend(queue, 1), XSCHED_HSA_OK);
	app_submit(queue);
	app_submit(queue);
	assert_int_equal(api->stats_get(queue, &stats), XSCHED_HSA_OK);
	assert_int_equal(stats.state, XSCHED_HSA_SUSPENDED);
	assert_int_equal(stats.submitted, 3);
	assert_int_equal(stats.published, 1);
	assert_int_equal(rt_load(queue), 1);
	assert_int_equal(api->wait_in_flight(queue, 10000000), XSCHED_HSA_TIMEOUT);
	processing = true;
	assert_int_equal(pthread_create(&thread, NULL, process, &runtime_queues[0]), 0);
	assert_int_equal(api->wait_in_flight(queue, SECONDS(60)), XSCHED_HSA_OK);
	assert_int_equal(api->wait_idle(queue, 10000000), XSCHED_HSA_TIMEOUT);
	assert_int_equal(rt_load(queue), 1);
	assert_int_equal(api->resume(queue), XSCHED_HSA_OK);
	assert_int_equal(api->wait_idle(queue, SECONDS(60)), XSCHED_HSA_OK);
	assert_true(rt_load(queue) >= 3);
	processing = false;
	pthread_join(thread, NULL);
	app_destroy(queue);
}

static void *wait_idle(void *queue)
{
	return (void *)(intptr_t)api->wait_idle(queue, SECONDS(60));
}

static bool somebody_waits(const hsa_queue_t *queue)
{
	struct vqueue *vq;

	assert_int_equal(control_queue(queue, &vq), 0);
	squeue_lock();
	bool waits = squeue_of(vq)->waiters != 0;
	squeue_unlock();
	return waits;
}

static void a_queue_that_goes_ends_the_waits_for_it(void **state)
{
	for (int round = 0; round < 50; round++) {
		hsa_queue_t *queue = app_create(&runtime_queues[0]);
		pthread_t threads[2];
		void *status;

		assert_int_equal(api->suspend(queue, 1), XSCHED_HSA_OK);
		app_submit(queue);
		for (int i = 0; i < 2; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, wait_idle, queue), 0);
		while (!somebody_waits(queue))
			sched_yield();
		/* The packet is let through; this does not wait for a processor, as there is none. */
		atomic_store(index_at(&runtime_queues[0].q.read_dispatch_id), 1);
		app_destroy(queue);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(pthread_join(threads[i], &status), 0);
			assert_int_equal((intptr_t)status, XSCHED_HSA_NOT_FOUND);
		}
	}
}

static void a_program_that_ends_ends_the_waits(void **state)
{
	hsa_queue_t *queue = app_create(&runtime_queues[0]);
	pthread_t thread;
	void *status;

	assert_int_equal(api->suspend(queue, 1), XSCHED_HSA_OK);
	app_submit(queue);
	assert_int_equal(pthread_create(&thread, NULL, wait_idle, queue), 0);
	while (!somebody_waits(queue))
		sched_yield();
	/* As at exit. */
	squeue_stop();
	assert_int_equal(others_than(XSCHED_HSA_NOT_SCHEDULED, queue), 0);
	atomic_store(index_at(&runtime_queues[0].q.read_dispatch_id), 1);
	app_destroy(queue);
	assert_int_equal(pthread_join(thread, &status), 0);
	assert_int_equal((intptr_t)status, XSCHED_HSA_NOT_FOUND);
}

/* Asks about whatever is listed until told to stop. Return: how many answers were neither yes nor "not found". */
static void *ask(void *stop)
{
	intptr_t wrong = 0;

	while (!atomic_load((_Atomic bool *)stop)) {
		struct xsched_hsa_stats stats = {.size = sizeof(stats)};
		const void *queues[QUEUES];
		size_t count = 0;

		api->queues(queues, QUEUES, &count);
		for (size_t i = 0; i < count && i < QUEUES; i++) {
			const int got[] = {api->stats_get(queues[i], &stats), api->hint_set(queues[i], XSCHED_HSA_PRIORITY, 3),
				api->suspend(queues[i], 1), api->wait_idle(queues[i], 0), api->resume(queues[i])};

			for (size_t k = 0; k < sizeof(got) / sizeof(got[0]); k++)
				wrong += got[k] != XSCHED_HSA_OK && got[k] != XSCHED_HSA_NOT_FOUND && got[k] != XSCHED_HSA_TIMEOUT;
		}
		api->stats_get(NULL, &stats);
	}
	return (void *)wrong;
}

static void queues_may_go_while_they_are_asked_about(void **state)
{
	_Atomic bool stop = false;
	pthread_t threads[2];
	void *wrong;

	assert_int_equal(api->policy_set("hpf"), XSCHED_HSA_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &stop), 0);
	for (int round = 0; round < 300; round++) {
		hsa_queue_t *queue = app_create(&runtime_queues[round % QUEUES]);

		if (round % 3)
			sched_yield();
		app_destroy(queue);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_int_equal((intptr_t)wrong, 0);
	}
	assert_int_equal(api->policy_set("fifo"), XSCHED_HSA_OK);
}

static void suspending_the_process_suspends_queues_to_come(void **state)
{
	struct xsched_hsa_stats stats = {.size = sizeof(stats)};

	assert_int_equal(api->suspend(NULL, 1), XSCHED_HSA_OK);
	hsa_queue_t *queue = app_create(&runtime_queues[0]);
	app_submit(queue);
	assert_int_equal(rt_load(queue), 0);
	assert_int_equal(api->resume(NULL), XSCHED_HSA_OK);
	assert_int_equal(rt_load(queue), 1);
	assert_int_equal(api->stats_get(NULL, &stats), XSCHED_HSA_OK);
	assert_int_equal(stats.queues, 1);
	assert_int_equal(stats.submitted, 1);
	atomic_store(index_at(&runtime_queues[0].q.read_dispatch_id), 1);
	app_destroy(queue);
}

static void *submit_elsewhere(void *queue)
{
	app_submit(queue);
	return NULL;
}

static void a_thread_sees_where_it_submits(void **state)
{
	hsa_queue_t *a = app_create(&runtime_queues[0]), *b = app_create(&runtime_queues[1]);
	const void *seen = NULL;
	pthread_t thread;

	/* By now the thread remembers where it submitted last. */
	app_submit(a);
	app_submit(a);
	api->observe_begin();
	assert_int_equal(api->observe_end(&seen), XSCHED_HSA_NOT_FOUND);
	assert_null(seen);
	api->observe_begin();
	app_submit(a);
	assert_int_equal(api->observe_end(&seen), XSCHED_HSA_OK);
	assert_ptr_equal(seen, a);
	/* The latest counts. */
	api->observe_begin();
	app_submit(a);
	app_submit(b);
	app_submit(b);
	assert_int_equal(api->observe_end(&seen), XSCHED_HSA_OK);
	assert_ptr_equal(seen, b);
	/* To have looked at an index hides no packet. */
	api->observe_begin();
	app_submit(b);
	((load_index_fn)core->slot[CORE_hsa_queue_load_write_index_relaxed - 1])(a);
	app_submit(a);
	assert_int_equal(api->observe_end(&seen), XSCHED_HSA_OK);
	assert_ptr_equal(seen, a);
	/* To look at an index is not to submit, and other threads do not count. */
	api->observe_begin();
	app_submit(b);
	((load_index_fn)core->slot[CORE_hsa_queue_load_write_index_relaxed - 1])(a);
	assert_int_equal(pthread_create(&thread, NULL, submit_elsewhere, a), 0);
	pthread_join(thread, NULL);
	assert_int_equal(api->observe_end(&seen), XSCHED_HSA_OK);
	assert_ptr_equal(seen, b);
	for (int i = 0; i < QUEUES; i++)
		atomic_store(index_at(&runtime_queues[i].q.read_dispatch_id), rt_load(&runtime_queues[i].q.hsa_queue));
	app_destroy(a);
	app_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_scheduled_without_a_runtime, setup, NULL),
		cmocka_unit_test_setup_teardown(nothing_is_scheduled_in_a_forked_child, setup, teardown),
		cmocka_unit_test(the_table_says_how_large_it_is),
		cmocka_unit_test_setup_teardown(statistics_fit_what_the_program_was_built_with, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_arguments_have_statuses_of_their_own, setup, teardown),
		cmocka_unit_test_setup_teardown(the_policy_is_known_before_the_first_queue, setup, teardown),
		cmocka_unit_test_setup_teardown(a_queues_hint_counts_more_than_the_processs_and_ends_with_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_destroyed_queue_is_not_found, setup, teardown),
		cmocka_unit_test_setup_teardown(a_suspended_queue_shows_the_gpu_nothing_until_it_is_resumed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_queue_that_goes_ends_the_waits_for_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_program_that_ends_ends_the_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(queues_may_go_while_they_are_asked_about, setup, teardown),
		cmocka_unit_test_setup_teardown(suspending_the_process_suspends_queues_to_come, setup, teardown),
		cmocka_unit_test_setup_teardown(a_thread_sees_where_it_submits, setup, teardown),
	};
	pid_t child;
	int status;

	/* Settings are read once per process. */
	child = fork();
	if (!child) {
		setenv("XSCHED_HSA", "off", 1);
		runtime_starts();
		_exit(others_than(XSCHED_HSA_NOT_SCHEDULED, NULL));
	}
	if (waitpid(child, &status, 0) != child || status) {
		print_error("FAILED: with XSCHED_HSA=off something is scheduled\n");
		return 1;
	}
	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
