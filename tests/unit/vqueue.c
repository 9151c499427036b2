/* SPDX-License-Identifier: MIT */
/*
 * The registry of virtual queues behind its entry points, under a runtime that is nothing but tables: queues come, go and come back
 * at the same address, handles share a queue, the runtime starts twice. The runtime's queues lie in a range of addresses of ours.
 */
#include <hsa/amd_hsa_queue.h>
#include <hsa/amd_hsa_signal.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/hsa_intercept/hsa_slots.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/report.h"
#include "src/hsa_intercept/vqueue.h"

#define RING_PKTS   16
#define RANGE_BYTES (64u << 20)

bool OnLoad(struct hsa_root_table *table, uint64_t runtime_version, uint64_t failed_tool_count,
	const char *const *failed_tool_names);
void OnUnload(void);

/* One page each: what the runtime allocates for a queue. */
struct runtime_queue {
	amd_queue_t q;
	amd_signal_t doorbell;
	struct aql_packet slots[RING_PKTS];
};

static uint64_t core_words[HSA_CORE_TABLE_BYTES / 8], amd_words[744 / 8];
static struct hsa_table *const core = (struct hsa_table *)core_words, *const amd = (struct hsa_table *)amd_words;
static struct hsa_root_table root = {.version = {.major = 3}};
static char *range;
static struct runtime_queue *to_create;
static hsa_queue_t *to_acquire;
static _Atomic unsigned rings;

static _Atomic uint64_t *write_index(const hsa_queue_t *queue)
{
	return (_Atomic uint64_t *)&((amd_queue_t *)queue)->write_dispatch_id;
}

static hsa_status_t rt_queue_create(hsa_agent_t agent, uint32_t size, hsa_queue_type32_t type, queue_error_fn callback,
	void *data, uint32_t private_segment_size, uint32_t group_segment_size, hsa_queue_t **queue)
{
	*queue = &to_create->q.hsa_queue;
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_counted_acquire(hsa_agent_t agent, uint32_t type, uint32_t priority, queue_error_fn callback, void *data,
	uint64_t flags, hsa_queue_t **queue)
{
	*queue = to_acquire;
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_agent_get_info(hsa_agent_t agent, hsa_agent_info_t attribute, void *value)
{
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_queue(hsa_queue_t *queue)
{
	return HSA_STATUS_SUCCESS;
}

static uint64_t rt_add(const hsa_queue_t *queue, uint64_t value)
{
	return atomic_fetch_add(write_index(queue), value);
}

static void rt_store(const hsa_queue_t *queue, uint64_t value)
{
	atomic_store(write_index(queue), value);
}

static void rt_signal_store(hsa_signal_t signal, hsa_signal_value_t value)
{
	if (signal.handle && ((amd_signal_t *)(uintptr_t)signal.handle)->kind == AMD_SIGNAL_KIND_DOORBELL)
		rings++;
}

static void runtime_starts(void)
{
	core->version = (struct hsa_table_version){.major = 2, .minor = HSA_CORE_TABLE_BYTES};
	amd->version = (struct hsa_table_version){.major = 2, .minor = sizeof(amd_words)};
	core->slot[CORE_hsa_agent_get_info - 1] = (void *)rt_agent_get_info;
	core->slot[CORE_hsa_queue_create - 1] = (void *)rt_queue_create;
	core->slot[CORE_hsa_queue_destroy - 1] = (void *)rt_queue;
	core->slot[CORE_hsa_queue_inactivate - 1] = (void *)rt_queue;
	core->slot[CORE_hsa_queue_add_write_index_screlease - 1] = (void *)rt_add;
	core->slot[CORE_hsa_queue_store_write_index_screlease - 1] = (void *)rt_store;
	core->slot[CORE_hsa_signal_store_screlease - 1] = (void *)rt_signal_store;
	amd->slot[hsa_amd_slot(AMD_hsa_amd_counted_queue_acquire, HSA_AMD_FROM_5_6, &amd->version) - 1] =
		(void *)rt_counted_acquire;
	root.core = core;
	root.amd_ext = amd;
	assert_true(OnLoad(&root, 1, 0, NULL));
}

static int setup(void **state)
{
	range = mmap(NULL, RANGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (range == MAP_FAILED)
		return -1;
	rings = 0;
	runtime_starts();
	return 0;
}

static int teardown(void **state)
{
	OnUnload();
	return munmap(range, RANGE_BYTES);
}

/* The application's calls, through the live tables. */
static hsa_queue_t *app_create(struct runtime_queue *r, hsa_queue_type32_t type)
{
	hsa_queue_t *queue;

	if (!r->q.hsa_queue.size) {
		r->q.hsa_queue.type = type;
		r->q.hsa_queue.size = RING_PKTS;
		r->q.hsa_queue.base_address = r->slots;
		r->q.hsa_queue.doorbell_signal.handle = (uint64_t)(uintptr_t)&r->doorbell;
		r->doorbell.kind = AMD_SIGNAL_KIND_DOORBELL;
		r->doorbell.queue_ptr = (void *)&r->q;
		for (int i = 0; i < RING_PKTS; i++)
			r->slots[i].header = AQL_PACKET_INVALID;
	}
	to_create = r;
	assert_int_equal(((queue_create_fn)core->slot[CORE_hsa_queue_create - 1])(
				 (hsa_agent_t){1}, RING_PKTS, type, NULL, NULL, 0, 0, &queue), HSA_STATUS_SUCCESS);
	return queue;
}

static void app_destroy(hsa_queue_t *queue)
{
	((queue_fn)core->slot[CORE_hsa_queue_destroy - 1])(queue);
}

static uint64_t app_submit(hsa_queue_t *queue)
{
	uint64_t index = ((add_index_fn)core->slot[CORE_hsa_queue_add_write_index_screlease - 1])(queue, 1);
	struct aql_packet *slot = (struct aql_packet *)queue->base_address + index % queue->size;

	atomic_store_explicit((_Atomic uint16_t *)&slot->header, AQL_PACKET_BARRIER_AND, memory_order_release);
	((signal_store_fn)core->slot[CORE_hsa_signal_store_screlease - 1])(
		queue->doorbell_signal, (hsa_signal_value_t)index);
	return index;
}

static hsa_queue_t *app_acquire_alias(hsa_queue_t *alias, hsa_queue_t *of)
{
	hsa_queue_t *queue;
	void *entry = amd->slot[hsa_amd_slot(AMD_hsa_amd_counted_queue_acquire, HSA_AMD_FROM_5_6, &amd->version) - 1];

	*alias = *of;
	to_acquire = alias;
	assert_int_equal(((counted_acquire_fn)entry)((hsa_agent_t){1}, 0, 0, NULL, NULL, 0, &queue), HSA_STATUS_SUCCESS);
	return queue;
}

/* A queue takes four pages of the range. */
static struct runtime_queue *at(unsigned n)
{
	static_assert(sizeof(struct runtime_queue) <= 16384, "fits in four pages");
	return (struct runtime_queue *)(range + n * 16384u);
}

static add_index_fn other_next;

static uint64_t other_add(const hsa_queue_t *queue, uint64_t value)
{
	return other_next(queue, value);
}

static void second_onload_does_not_chain_two_tools_in_a_ring(void **state)
{
	void **entry = &core->slot[CORE_hsa_queue_add_write_index_screlease - 1];

	*(void **)&other_next = *entry;
	*entry = (void *)other_add;
	assert_true(OnLoad(&root, 1, 0, NULL));
	hsa_queue_t *queue = app_create(at(0), HSA_QUEUE_TYPE_MULTI);
	assert_int_equal(app_submit(queue), 0);
	assert_int_equal(app_submit(queue), 1);
	app_destroy(queue);
}

static void runtime_that_starts_again_may_reuse_the_addresses(void **state)
{
	hsa_queue_t *queue = app_create(at(0), HSA_QUEUE_TYPE_COOPERATIVE);

	vqueue_gate_engage_all();
	app_submit(queue);
	app_submit(queue);
	OnUnload();
	memset(at(0), 0, sizeof(struct runtime_queue));
	runtime_starts();
	assert_null(vqueue_find((uintptr_t)queue));
	queue = app_create(at(0), HSA_QUEUE_TYPE_COOPERATIVE);
	vqueue_gate_engage_all();
	assert_int_equal(app_submit(queue), 0);
	assert_int_equal(*write_index(queue), 1);
	app_destroy(queue);
	assert_null(vqueue_find((uintptr_t)queue));
}

static void queue_left_behind_is_not_touched_after_the_runtime_ended(void **state)
{
	app_create(at(0), HSA_QUEUE_TYPE_MULTI);
	vqueue_gate_engage_all();
	OnUnload();
	assert_int_equal(mprotect(at(0), 16384, PROT_NONE), 0);
	runtime_starts();
	vqueue_gate_close_all();
	vqueue_gate_open_all();
}

static void queue_freed_behind_our_back_is_not_taken_for_the_next_at_its_address(void **state)
{
	hsa_queue_t *queue = app_create(at(0), HSA_QUEUE_TYPE_MULTI);

	vqueue_gate_engage_all();
	app_submit(queue);
	memset(at(0), 0, sizeof(struct runtime_queue));
	queue = app_create(at(0), HSA_QUEUE_TYPE_MULTI);
	vqueue_gate_engage_all();
	assert_int_equal(app_submit(queue), 0);
	assert_int_equal(*write_index(queue), 1);
	app_destroy(queue);
}

static void *destroy(void *queue)
{
	app_destroy(queue);
	return NULL;
}

static void cooperative_queue_handed_out_while_it_is_destroyed_stays_held(void **state)
{
	hsa_queue_t *queue = app_create(at(0), HSA_QUEUE_TYPE_COOPERATIVE);
	pthread_t thread;

	vqueue_gate_close_all();
	app_submit(queue);
	/* Lets the packet through, and waits for it as nobody takes it. */
	assert_int_equal(pthread_create(&thread, NULL, destroy, queue), 0);
	while (!atomic_load(write_index(queue)))
		sched_yield();
	app_create(at(0), HSA_QUEUE_TYPE_COOPERATIVE);
	pthread_join(thread, NULL);
	vqueue_gate_close_all();
	assert_int_equal(app_submit(queue), 1);
	assert_int_equal(*write_index(queue), 1);
	app_destroy(queue);
	assert_int_equal(*write_index(queue), 2);
}

static void doorbell_of_an_inactivated_queue_is_not_rung(void **state)
{
	hsa_queue_t *queue = app_create(at(0), HSA_QUEUE_TYPE_MULTI);

	vqueue_gate_close_all();
	app_submit(queue);
	((queue_fn)core->slot[CORE_hsa_queue_inactivate - 1])(queue);
	vqueue_gate_open_all();
	vqueue_gate_engage_all();
	app_destroy(queue);
	assert_int_equal(rings, 0);
}

static void aliases_go_with_their_queue(void **state)
{
	hsa_queue_t *queue = app_create(at(0), HSA_QUEUE_TYPE_MULTI), *alias;

	alias = app_acquire_alias(&at(1)->q.hsa_queue, queue);
	assert_ptr_equal(vqueue_find((uintptr_t)alias), vqueue_find((uintptr_t)queue));
	app_destroy(queue);
	assert_null(vqueue_find((uintptr_t)alias));
}

static void aliases_do_not_fill_the_map(void **state)
{
	hsa_queue_t *queue = app_create(at(0), HSA_QUEUE_TYPE_MULTI);

	for (unsigned i = 0; i < VQUEUE_MAP_SIZE; i++)
		app_acquire_alias((hsa_queue_t *)((char *)at(1) + i * 128), queue);
	assert_null(vqueue_find((uintptr_t)at(4000)));
	app_destroy(queue);
}

/* An address of which the map's cell is @cell. */
static struct runtime_queue *at_cell(uint32_t cell)
{
	for (char *p = range; p < range + RANGE_BYTES - sizeof(struct runtime_queue); p += 64)
		if (vqueue_hash((uintptr_t)p) == cell)
			return (struct runtime_queue *)p;
	fail();
	return NULL;
}

static void queues_that_came_and_went_do_not_fill_the_map(void **state)
{
	uint32_t last = VQUEUE_MAP_SIZE - 1;
	hsa_queue_t *stays = app_create(at_cell(last), HSA_QUEUE_TYPE_MULTI);

	/* Each beside the one before, from the one that stays down to the other side of it. */
	for (uint32_t cell = last; cell-- > 0;) {
		struct runtime_queue *r = at_cell(cell);

		memset(r, 0, sizeof(*r));
		app_destroy(app_create(r, HSA_QUEUE_TYPE_MULTI));
		if ((void *)r == (void *)stays)
			fail();
	}
	assert_null(vqueue_find(1u << 12));
}

static _Atomic bool stop;

static void *come_and_go(void *arg)
{
	for (unsigned i = 0; i < 300 || !stop; i++)
		app_destroy(app_create(at(0), HSA_QUEUE_TYPE_MULTI));
	return NULL;
}

static void report_is_whole_while_queues_go_race(void **state)
{
	pthread_t thread;

	stop = false;
	assert_int_equal(pthread_create(&thread, NULL, come_and_go, NULL), 0);
	for (int i = 0; i < 200; i++)
		report_write("/dev/null");
	stop = true;
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: later the records of queues that are gone do not grow any more. */
		cmocka_unit_test_setup_teardown(report_is_whole_while_queues_go_race, setup, teardown),
		cmocka_unit_test_setup_teardown(second_onload_does_not_chain_two_tools_in_a_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(runtime_that_starts_again_may_reuse_the_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(queue_left_behind_is_not_touched_after_the_runtime_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(
			queue_freed_behind_our_back_is_not_taken_for_the_next_at_its_address, setup, teardown),
		cmocka_unit_test_setup_teardown(
			cooperative_queue_handed_out_while_it_is_destroyed_stays_held, setup, teardown),
		cmocka_unit_test_setup_teardown(doorbell_of_an_inactivated_queue_is_not_rung, setup, teardown),
		cmocka_unit_test_setup_teardown(aliases_go_with_their_queue, setup, teardown),
		cmocka_unit_test_setup_teardown(aliases_do_not_fill_the_map, setup, teardown),
		cmocka_unit_test_setup_teardown(queues_that_came_and_went_do_not_fill_the_map, setup, teardown),
	};

	/* A lookup that never ends. */
	alarm(60);
	return cmocka_run_group_tests_name("vqueue", tests, NULL, NULL);
}
