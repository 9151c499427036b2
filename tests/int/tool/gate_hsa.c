/* SPDX-License-Identifier: MIT */
/*
 * The gate under ROCr, on barrier packets: holding, releasing, every way to move a write index, foreign writers, intercept and
 * cooperative queues, destruction with a backlog. Runs with the test build of the tool library.
 */
#include <hsa/amd_hsa_queue.h>
#include <hsa/hsa_ext_amd.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/int/tool/hsa_util.h"
#include "tests/int/tool/table_peek.h"
#include "tests/int/tool/test_hooks.h"

static hsa_agent_t gpu;
static struct test_hooks hooks;

static void queue_error(hsa_status_t status, hsa_queue_t *source, void *data)
{
	fprintf(stderr, "queue error %#x\n", status);
	_exit(1);
}

static hsa_queue_t *queue_new(uint32_t size)
{
	hsa_queue_t *q;

	assert_int_equal(hsa_queue_create(gpu, size, HSA_QUEUE_TYPE_MULTI, queue_error, NULL, UINT32_MAX, UINT32_MAX, &q),
		HSA_STATUS_SUCCESS);
	return q;
}

static hsa_signal_t signal_new(hsa_signal_value_t value)
{
	hsa_signal_t s;

	assert_int_equal(hsa_signal_create(value, 0, NULL, &s), HSA_STATUS_SUCCESS);
	return s;
}

static uint64_t real_write_index(hsa_queue_t *q)
{
	return __atomic_load_n(&((amd_queue_t *)q)->write_dispatch_id, __ATOMIC_ACQUIRE);
}

static int all_open(void **state)
{
	hooks.bypass();
	return 0;
}

static void packets_pass_in_bypass_and_through_the_open_gate(void **state)
{
	hsa_queue_t *q = queue_new(64);

	for (int gated = 0; gated < 2; gated++) {
		hsa_signal_t done = signal_new(1000);

		if (gated)
			hooks.engage();
		for (int i = 0; i < 1000; i++)
			hsa_util_submit(q, done);
		assert_true(hsa_util_done(done));
		hsa_signal_destroy(done);
	}
	assert_int_equal(hsa_queue_load_write_index_relaxed(q), 2000);
	assert_int_equal(real_write_index(q), 2000);
	hsa_queue_destroy(q);
}

static void closed_gate_holds_packets_until_it_opens(void **state)
{
	hsa_queue_t *q = queue_new(64);
	hsa_signal_t done = signal_new(10);

	hooks.close();
	for (int i = 0; i < 10; i++)
		hsa_util_submit(q, done);
	assert_int_equal(hsa_queue_load_write_index_scacquire(q), 10);
	assert_int_equal(real_write_index(q), 0);
	usleep(20000);
	assert_int_equal(hsa_signal_load_scacquire(done), 10);
	hooks.open();
	assert_true(hsa_util_done(done));
	assert_int_equal(real_write_index(q), 10);
	hsa_signal_destroy(done);
	hsa_queue_destroy(q);
}

static void single_producer_may_store_the_write_index(void **state)
{
	hsa_queue_t *q = queue_new(64);
	hsa_signal_t done = signal_new(300);

	for (int i = 0; i < 300; i++) {
		uint64_t index = hsa_queue_load_write_index_relaxed(q);

		if (i == 100)
			hooks.engage();
		if (i % 50 == 20)
			hooks.close();
		hsa_util_wait_free(q, index);
		hsa_util_write_barrier(q, index, done);
		if (i % 2)
			hsa_queue_store_write_index_screlease(q, index + 1);
		else
			hsa_queue_store_write_index_relaxed(q, index + 1);
		hsa_signal_store_relaxed(q->doorbell_signal, (hsa_signal_value_t)index);
		if (i % 50 == 40)
			hooks.open();
	}
	hooks.open();
	assert_true(hsa_util_done(done));
	assert_int_equal(real_write_index(q), 300);
	hsa_signal_destroy(done);
	hsa_queue_destroy(q);
}

struct producer {
	hsa_queue_t *q;
	hsa_signal_t done;
	bool by_cas;
};

static void *produce(void *arg)
{
	struct producer *p = arg;

	for (int i = 0; i < 2000; i++) {
		if (!p->by_cas) {
			hsa_util_submit(p->q, p->done);
			continue;
		}
		uint64_t index, seen = hsa_queue_load_write_index_relaxed(p->q);
		do {
			index = seen;
			seen = hsa_queue_cas_write_index_scacq_screl(p->q, index, index + 1);
		} while (seen != index);
		hsa_util_wait_free(p->q, index);
		hsa_util_write_barrier(p->q, index, p->done);
		hsa_signal_store_screlease(p->q->doorbell_signal, (hsa_signal_value_t)index);
	}
	return NULL;
}

static void producers_lose_nothing_while_the_gate_moves(void **state)
{
	for (int by_cas = 0; by_cas < 2; by_cas++) {
		struct producer p = {queue_new(256), signal_new(3 * 2000), by_cas};
		pthread_t threads[3];
		unsigned seed = 7;

		for (int i = 0; i < 3; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, produce, &p), 0);
		for (int i = 0; i < 300; i++) {
			void (*const move[])(void) = {hooks.close, hooks.open, hooks.engage, hooks.bypass};

			move[rand_r(&seed) % 4]();
			usleep(rand_r(&seed) % 200);
		}
		hooks.open();
		for (int i = 0; i < 3; i++)
			pthread_join(threads[i], NULL);
		assert_true(hsa_util_done(p.done));
		assert_int_equal(hsa_queue_load_write_index_relaxed(p.q), 3 * 2000);
		hsa_signal_destroy(p.done);
		hsa_queue_destroy(p.q);
	}
}

static void reservation_longer_than_the_ring_passes_in_pieces(void **state)
{
	hsa_queue_t *q = queue_new(64);
	uint64_t total = 4 * q->size;
	hsa_signal_t done = signal_new((hsa_signal_value_t)total);

	hooks.engage();
	uint64_t first = hsa_queue_add_write_index_screlease(q, total);
	for (uint64_t i = 0; i < total; i++) {
		if (i == 70)
			hooks.close();
		if (i == 100)
			hooks.open();
		hsa_util_wait_free(q, first + i);
		hsa_util_write_barrier(q, first + i, done);
		if (i % 8 == 7)
			hsa_signal_store_screlease(q->doorbell_signal, (hsa_signal_value_t)(first + i));
	}
	assert_true(hsa_util_done(done));
	hsa_signal_destroy(done);
	hsa_queue_destroy(q);
}

static void batch_rung_with_its_first_index_runs_whole(void **state)
{
	hsa_queue_t *q = queue_new(64);
	hsa_signal_t done = signal_new(16);

	hooks.engage();
	uint64_t first = hsa_queue_add_write_index_screlease(q, 16);
	for (int i = 15; i >= 0; i--)
		hsa_util_write_barrier(q, first + i, done);
	hsa_signal_store_screlease(q->doorbell_signal, (hsa_signal_value_t)first);
	assert_true(hsa_util_done(done));
	hsa_signal_destroy(done);
	hsa_queue_destroy(q);
}

static void foreign_writer_turns_the_queue_native_and_it_goes_on(void **state)
{
	hsa_queue_t *q = queue_new(64);
	hsa_signal_t done = signal_new(2);

	hooks.engage();
	hsa_util_submit(q, done);
	/* Moves the index behind the library's back, as device-side enqueue does. */
	uint64_t foreign = __atomic_fetch_add(&((amd_queue_t *)q)->write_dispatch_id, 1, __ATOMIC_ACQ_REL);
	hsa_util_write_barrier(q, foreign, done);
	hsa_signal_store_screlease(q->doorbell_signal, (hsa_signal_value_t)foreign);
	assert_true(hsa_util_done(done));
	hooks.close();
	hsa_signal_store_screlease(done, 1);
	hsa_util_submit(q, done);
	assert_true(hsa_util_done(done));
	hsa_signal_destroy(done);
	hsa_queue_destroy(q);
}

static _Atomic uint64_t intercepted;

static void pass_through(const void *packets, uint64_t count, uint64_t index, void *data, intercept_writer writer)
{
	atomic_fetch_add(&intercepted, count);
	writer(packets, count);
}

static void intercept_queue_below_us_is_held_too(void **state)
{
	struct intercept_api api;
	hsa_queue_t *q;
	hsa_signal_t done = signal_new(20);

	assert_int_equal(intercept_api_find(getenv("XS_TABLE_PEEK"), &api), 0);
	assert_int_equal(api.create(gpu, 64, HSA_QUEUE_TYPE_MULTI, queue_error, NULL, UINT32_MAX, UINT32_MAX, &q),
		HSA_STATUS_SUCCESS);
	assert_int_equal(api.add_handler(q, pass_through, NULL), HSA_STATUS_SUCCESS);
	hooks.close();
	for (int i = 0; i < 20; i++)
		hsa_util_submit(q, done);
	usleep(10000);
	assert_int_equal(intercepted, 0);
	hooks.open();
	assert_true(hsa_util_done(done));
	assert_int_equal(intercepted, 20);
	hsa_signal_destroy(done);
	hsa_queue_destroy(q);
}

static void cooperative_queue_is_one_however_often_it_is_created(void **state)
{
	hsa_queue_t *first, *second;
	bool supported = false;

	hsa_agent_get_info(gpu, (hsa_agent_info_t)HSA_AMD_AGENT_INFO_COOPERATIVE_QUEUES, &supported);
	if (!supported)
		skip();
	assert_int_equal(hsa_queue_create(gpu, 64, HSA_QUEUE_TYPE_COOPERATIVE, queue_error, NULL, 0, 0, &first),
		HSA_STATUS_SUCCESS);
	assert_int_equal(hsa_queue_create(gpu, 64, HSA_QUEUE_TYPE_COOPERATIVE, queue_error, NULL, 0, 0, &second),
		HSA_STATUS_SUCCESS);
	assert_ptr_equal(first, second);
	hsa_queue_destroy(second);
	/* The other reference still has its gate. */
	hsa_signal_t done = signal_new(3);
	hooks.close();
	for (int i = 0; i < 3; i++)
		hsa_util_submit(first, done);
	usleep(10000);
	assert_int_equal(hsa_signal_load_scacquire(done), 3);
	hooks.open();
	assert_true(hsa_util_done(done));
	hsa_signal_destroy(done);
	hsa_queue_destroy(first);
}

static void destruction_lets_held_packets_run(void **state)
{
	hsa_queue_t *q = queue_new(64), *other = queue_new(64);
	hsa_signal_t done = signal_new(30), still_held = signal_new(1);

	hooks.close();
	for (int i = 0; i < 30; i++)
		hsa_util_submit(q, done);
	hsa_util_submit(other, still_held);
	hsa_queue_destroy(q);
	assert_int_equal(hsa_signal_load_scacquire(done), 0);
	assert_int_equal(hsa_signal_load_scacquire(still_held), 1);
	hooks.open();
	assert_true(hsa_util_done(still_held));
	hsa_queue_destroy(other);
	hsa_signal_destroy(done);
	hsa_signal_destroy(still_held);
}

static void inactivated_queue_can_be_destroyed_with_packets_behind_the_gate(void **state)
{
	hsa_queue_t *q = queue_new(64);
	hsa_signal_t done = signal_new(1);

	hooks.close();
	hsa_util_submit(q, done);
	assert_int_equal(hsa_queue_inactivate(q), HSA_STATUS_SUCCESS);
	hsa_queue_destroy(q);
	hsa_signal_destroy(done);
}

static void many_queues_come_and_go(void **state)
{
	for (int round = 0; round < 5; round++) {
		hsa_queue_t *q[20];
		hsa_signal_t done = signal_new(20);

		for (int i = 0; i < 20; i++)
			q[i] = queue_new(64);
		hooks.close();
		for (int i = 0; i < 20; i++)
			hsa_util_submit(q[i], done);
		for (int i = 0; i < 20; i += 2)
			hsa_queue_destroy(q[i]);
		hooks.open();
		assert_true(hsa_util_done(done));
		for (int i = 1; i < 20; i += 2)
			hsa_queue_destroy(q[i]);
		hsa_signal_destroy(done);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(packets_pass_in_bypass_and_through_the_open_gate, all_open),
		cmocka_unit_test_teardown(closed_gate_holds_packets_until_it_opens, all_open),
		cmocka_unit_test_teardown(single_producer_may_store_the_write_index, all_open),
		cmocka_unit_test_teardown(producers_lose_nothing_while_the_gate_moves, all_open),
		cmocka_unit_test_teardown(reservation_longer_than_the_ring_passes_in_pieces, all_open),
		cmocka_unit_test_teardown(batch_rung_with_its_first_index_runs_whole, all_open),
		cmocka_unit_test_teardown(foreign_writer_turns_the_queue_native_and_it_goes_on, all_open),
		cmocka_unit_test_teardown(intercept_queue_below_us_is_held_too, all_open),
		cmocka_unit_test_teardown(cooperative_queue_is_one_however_often_it_is_created, all_open),
		cmocka_unit_test_teardown(destruction_lets_held_packets_run, all_open),
		cmocka_unit_test_teardown(inactivated_queue_can_be_destroyed_with_packets_behind_the_gate, all_open),
		cmocka_unit_test_teardown(many_queues_come_and_go, all_open),
	};

	gpu = hsa_util_start();
	hooks = test_hooks_find();
	int failed = cmocka_run_group_tests_name("gate_hsa", tests, NULL, NULL);
	hsa_shut_down();
	return failed;
}
