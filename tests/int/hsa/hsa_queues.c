/* SPDX-License-Identifier: MIT */
/* Queues through the HSA API: barrier packets, dependencies, errors. Right on any GPU. */
#include "tests/int/hsa/hsa_common.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>

#define BARRIER_AND HSA_PACKET_TYPE_BARRIER_AND
#define BARRIER_OR  HSA_PACKET_TYPE_BARRIER_OR

/* Long enough for a GPU to do what it must not do, short enough for a test. */
#define SOME_MS 30

static hsa_queue_t *queue_new(uint32_t packets)
{
	hsa_queue_t *q;

	OK(hsa_queue_create(
		dev.gpu, packets, HSA_QUEUE_TYPE_MULTI, NULL, NULL, UINT32_MAX, UINT32_MAX, &q));
	return q;
}

static bool stays_at(hsa_signal_t s, hsa_signal_value_t value)
{
	uint64_t hz;

	OK(hsa_system_get_info(HSA_SYSTEM_INFO_TIMESTAMP_FREQUENCY, &hz));
	return hsa_signal_wait_scacquire(s, HSA_SIGNAL_CONDITION_NE, value, hz / 1000 * SOME_MS,
		       HSA_WAIT_STATE_BLOCKED) == value;
}

/* Threads of this process whose name begins with @name. */
static unsigned threads_named(const char *name)
{
	unsigned count = 0;
	struct dirent *e;
	DIR *d = opendir("/proc/self/task");

	assert_non_null(d);
	while ((e = readdir(d))) {
		char path[300], comm[32] = "";
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		FILE *f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(comm, sizeof(comm), f) && !strncmp(comm, name, strlen(name)))
			count++;
		fclose(f);
	}
	closedir(d);
	return count;
}

static void a_simulated_gpu_takes_one_thread_however_many_queues(void **state)
{
	enum { QUEUES = 16 };
	const char *hardware = getenv("XSCHED_TEST_HARDWARE");
	hsa_signal_t s = signal_new(QUEUES);
	hsa_queue_t *q[QUEUES];

	if (hardware && !strcmp(hardware, "1")) {
		print_message("this machine's own GPU takes none\n");
		skip();
	}
	for (unsigned i = 0; i < QUEUES; i++) {
		q[i] = queue_new(64);
		barrier_put(q[i], BARRIER_AND, no_signal, no_signal, s);
	}
	signal_wait_below(s, 1);
	assert_int_equal(threads_named("kfdsim"), 1);
	for (unsigned i = 0; i < QUEUES; i++)
		OK(hsa_queue_destroy(q[i]));
	OK(hsa_signal_destroy(s));
}

static void a_barrier_packet_completes(void **state)
{
	hsa_queue_t *q = queue_new(64);
	hsa_signal_t s = signal_new(1);

	barrier_put(q, BARRIER_AND, no_signal, no_signal, s);
	signal_wait_below(s, 1);
	assert_int_equal(hsa_signal_load_relaxed(s), 0);
	OK(hsa_signal_destroy(s));
	OK(hsa_queue_destroy(q));
}

static void barrier_and_waits_for_both(void **state)
{
	hsa_queue_t *q = queue_new(64);
	hsa_signal_t a = signal_new(1), b = signal_new(1), s = signal_new(1);

	barrier_put(q, BARRIER_AND, a, b, s);
	assert_true(stays_at(s, 1));
	hsa_signal_store_screlease(a, 0);
	assert_true(stays_at(s, 1));
	hsa_signal_store_screlease(b, 0);
	signal_wait_below(s, 1);
	OK(hsa_queue_destroy(q));
	hsa_signal_destroy(a);
	hsa_signal_destroy(b);
	hsa_signal_destroy(s);
}

static void barrier_or_waits_for_one(void **state)
{
	hsa_queue_t *q = queue_new(64);
	hsa_signal_t a = signal_new(1), b = signal_new(1), s = signal_new(1);

	barrier_put(q, BARRIER_OR, a, b, s);
	assert_true(stays_at(s, 1));
	hsa_signal_store_screlease(b, 0);
	signal_wait_below(s, 1);
	OK(hsa_queue_destroy(q));
	hsa_signal_destroy(a);
	hsa_signal_destroy(b);
	hsa_signal_destroy(s);
}

static void queues_wait_for_each_other_in_a_chain(void **state)
{
	enum { QUEUES = 4, LENGTH = 200 };
	hsa_queue_t *q[QUEUES];
	hsa_signal_t s[LENGTH + 1];

	for (int i = 0; i < QUEUES; i++)
		q[i] = queue_new(256);
	for (int i = 0; i <= LENGTH; i++)
		s[i] = signal_new(1);
	for (int i = 0; i < LENGTH; i++)
		barrier_put(q[i % QUEUES], BARRIER_AND, s[i], no_signal, s[i + 1]);
	assert_true(stays_at(s[LENGTH], 1));
	hsa_signal_store_screlease(s[0], 0);
	signal_wait_below(s[LENGTH], 1);
	for (int i = 0; i <= LENGTH; i++)
		hsa_signal_destroy(s[i]);
	for (int i = 0; i < QUEUES; i++)
		OK(hsa_queue_destroy(q[i]));
}

static void ten_thousand_packets_through_a_small_ring(void **state)
{
	hsa_queue_t *q = queue_new(64);
	hsa_signal_t s = signal_new(10000);

	for (int i = 0; i < 10000; i++)
		barrier_put(q, i % 3 ? BARRIER_AND : BARRIER_OR, no_signal, no_signal, s);
	signal_wait_below(s, 1);
	assert_int_equal(hsa_signal_load_relaxed(s), 0);
	OK(hsa_queue_destroy(q));
	hsa_signal_destroy(s);
}

struct producer {
	hsa_queue_t *q;
	hsa_signal_t s;
};

static void *produce(void *arg)
{
	struct producer *p = arg;

	for (int i = 0; i < 3000; i++)
		barrier_put(p->q, BARRIER_AND, no_signal, no_signal, p->s);
	return NULL;
}

static void three_producers_on_one_queue(void **state)
{
	struct producer p = {queue_new(128), signal_new(9000)};
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&t[i], NULL, produce, &p), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	signal_wait_below(p.s, 1);
	OK(hsa_queue_destroy(p.q));
	hsa_signal_destroy(p.s);
}

static bool count_down(hsa_signal_value_t value, void *arg)
{
	atomic_fetch_add((_Atomic int *)arg, 1);
	return false;
}

static void async_handlers_run(void **state)
{
	hsa_queue_t *q = queue_new(64);
	_Atomic int called = 0;
	hsa_signal_t s[20];

	for (int i = 0; i < 20; i++) {
		s[i] = signal_new(1);
		OK(hsa_amd_signal_async_handler(
			s[i], HSA_SIGNAL_CONDITION_LT, 1, count_down, &called));
		barrier_put(q, BARRIER_AND, no_signal, no_signal, s[i]);
	}
	while (atomic_load(&called) < 20)
		;
	OK(hsa_queue_destroy(q));
	for (int i = 0; i < 20; i++)
		hsa_signal_destroy(s[i]);
}

static _Atomic int error_status;
static _Atomic(hsa_queue_t *) error_queue;

static void on_error(hsa_status_t status, hsa_queue_t *q, void *data)
{
	atomic_store(&error_queue, q);
	atomic_store(&error_status, status);
}

static void malformed_packets_call_the_error_callback(void **state)
{
	static const unsigned types[] = {7, HSA_PACKET_TYPE_AGENT_DISPATCH};

	for (int i = 0; i < 2; i++) {
		hsa_queue_t *q, *other = queue_new(64);
		hsa_signal_t s = signal_new(1);
		uint64_t index;
		atomic_store(&error_status, 0);
		OK(hsa_queue_create(dev.gpu, 64, HSA_QUEUE_TYPE_MULTI, on_error, NULL, UINT32_MAX,
			UINT32_MAX, &q));
		void *p = packet_reserve(q, &index);
		packet_publish(q, index, p, types[i], true);
		while (!atomic_load(&error_status))
			;
		assert_int_equal(error_status, HSA_STATUS_ERROR_INVALID_PACKET_FORMAT);
		assert_ptr_equal(error_queue, q);
		barrier_put(other, BARRIER_AND, no_signal, no_signal, s);
		signal_wait_below(s, 1); /* other queues go on */
		hsa_signal_destroy(s);
		OK(hsa_queue_destroy(q));
		OK(hsa_queue_destroy(other));
	}
}

static void a_queue_with_an_unmet_barrier_can_be_destroyed(void **state)
{
	hsa_signal_t never = signal_new(1), s = signal_new(1);
	hsa_queue_t *q = queue_new(64);

	barrier_put(q, BARRIER_AND, never, no_signal, s);
	OK(hsa_queue_destroy(q));
	assert_int_equal(hsa_signal_load_relaxed(s), 1);
	hsa_signal_destroy(never);
	hsa_signal_destroy(s);
}

static void queues_come_and_go(void **state)
{
	for (int i = 0; i < 50; i++) {
		hsa_queue_t *q[4];
		hsa_signal_t s = signal_new(4);
		for (int k = 0; k < 4; k++) {
			q[k] = queue_new(64u << k);
			barrier_put(q[k], BARRIER_AND, no_signal, no_signal, s);
		}
		signal_wait_below(s, 1);
		for (int k = 0; k < 4; k++)
			OK(hsa_queue_destroy(q[k]));
		hsa_signal_destroy(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_barrier_packet_completes),
		cmocka_unit_test(a_simulated_gpu_takes_one_thread_however_many_queues),
		cmocka_unit_test(barrier_and_waits_for_both),
		cmocka_unit_test(barrier_or_waits_for_one),
		cmocka_unit_test(queues_wait_for_each_other_in_a_chain),
		cmocka_unit_test(ten_thousand_packets_through_a_small_ring),
		cmocka_unit_test(three_producers_on_one_queue),
		cmocka_unit_test(async_handlers_run),
		cmocka_unit_test(malformed_packets_call_the_error_callback),
		cmocka_unit_test(a_queue_with_an_unmet_barrier_can_be_destroyed),
		cmocka_unit_test(queues_come_and_go),
	};

	return cmocka_run_group_tests(tests, gpu_setup, gpu_teardown);
}
