/* SPDX-License-Identifier: MIT */
/* What the driver does with queues that run: suspend, resume, destroy, move to other CUs; and
 * waking on doorbells. */
#include "tests/unit/cp_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/common/stats.h"
#include "sim/cp/doorbell.h"

#define DISPATCH    HSA_PACKET_TYPE_KERNEL_DISPATCH
#define BARRIER_AND HSA_PACKET_TYPE_BARRIER_AND

static struct fake_kernel *kernel(uint32_t steps)
{
	struct fake_kernel *k = fake_alloc(sizeof(*k));

	k->steps = steps;
	k->cycles = 1;
	return k;
}

static void update(struct fake_queue *f, uint32_t percent)
{
	assert_int_equal(
		cp_queue_update(f->q, (uintptr_t)f->ring, f->aq.hsa_queue.size * 64, percent, 7),
		0);
}

static void barrier(struct fake_queue *f, uint64_t index, amd_signal_t *s)
{
	fake_barrier(f, index, s);
	fake_publish(f, index, BARRIER_AND, true);
	fake_ring(f, index + 1);
}

static void a_suspended_kernel_stands_still_and_goes_on_exactly(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(300000);
	amd_signal_t *s = fake_signal(1);

	fake_dispatch(f, 0, k, 3, s);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	for (uint64_t i = 1; i <= 8; i++) {
		fake_wait_u64(&k->stepped, i * 10000);
		update(f, 0);
		uint64_t stepped = k->stepped;
		fake_rounds();
		assert_int_equal(k->stepped, stepped);
		update(f, 100);
	}
	fake_wait(s, 0);
	assert_int_equal(k->stepped, 900000);
	assert_int_equal(k->groups_started, 3);
	assert_int_equal(k->groups_ended, 3);
	fake_queue_free(f);
}

static void *let_step_end(void *stay)
{
	usleep(20000);
	atomic_store((_Atomic uint32_t *)stay, 1);
	return NULL;
}

static void fence_waits_for_the_step_in_progress(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(1000);
	amd_signal_t *s = fake_signal(1);
	pthread_t thread;

	k->stay = fake_alloc(sizeof(*k->stay));
	k->until = fake_alloc(sizeof(*k->until));
	/* Not before the doorbell is through: it may stand still until the first steps are over. */
	atomic_store(k->stay, 1);
	fake_dispatch(f, 0, k, 1, s);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u32(&k->left, 1);
	atomic_store(k->stay, 0);
	while (atomic_load(&k->stays) == atomic_load(&k->left))
		sched_yield();
	uint32_t left = k->left;
	assert_int_equal(pthread_create(&thread, NULL, let_step_end, k->stay), 0);
	cp_fence();
	assert_true(k->left > left);
	pthread_join(thread, NULL);
	atomic_store(k->until, 1);
	fake_wait(s, 0);
	fake_queue_free(f);
}

static void model_time_stands_still_while_suspended(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	/* So long that it does not end before this thread comes to suspend it. */
	struct fake_kernel *k = kernel(300000000);
	amd_signal_t *s = fake_signal(1);

	f->aq.queue_properties |= AMD_QUEUE_PROPERTIES_ENABLE_PROFILING;
	fake_dispatch(f, 0, k, 1, s);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u64(&k->stepped, 1000);
	update(f, 0);
	usleep(30000);
	update(f, 100);
	fake_wait(s, 0);
	/* a kernel of 300 ms that stood still for at least 30 ms */
	assert_true(s->end_ts - s->start_ts >= 33000000);
	assert_true(k->end_cycles - k->start_cycles >= 330000000);
	fake_queue_free(f);
}

static void other_queues_get_the_cus_of_a_suspended_one(void **state)
{
	struct fake_queue *f = fake_queue_new(64), *g = fake_queue_new(64);
	struct fake_kernel *big = kernel(10), *small = kernel(10);
	amd_signal_t *s = fake_signal(1), *t = fake_signal(1);

	big->waves = 8; /* a whole CU each */
	big->until = fake_alloc(4);
	fake_dispatch(f, 0, big, 2, s);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u32(&big->groups_started, 2);
	small->waves = 8;
	fake_dispatch(g, 0, small, 2, t);
	fake_publish(g, 0, DISPATCH, true);
	fake_ring(g, 1);
	fake_rounds();
	assert_int_equal(small->groups_started, 0);
	update(f, 0);
	fake_wait(t, 0);
	atomic_store(big->until, 1);
	fake_rounds();
	assert_int_equal(s->value, 1);
	update(f, 100);
	fake_wait(s, 0);
	assert_int_equal(big->groups_started, 2);
	fake_queue_free(f);
	fake_queue_free(g);
}

static void doorbells_rung_while_suspended_count(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *s = fake_signal(2);

	update(f, 0);
	barrier(f, 0, s);
	barrier(f, 1, s);
	fake_rounds();
	assert_int_equal(s->value, 2);
	update(f, 100);
	fake_wait(s, 0);
	fake_queue_free(f);
}

static void mapping_reads_the_write_index_without_a_doorbell(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *s = fake_signal(1);

	update(f, 0);
	fake_barrier(f, 0, s);
	fake_publish(f, 0, BARRIER_AND, true);
	atomic_store((_Atomic uint64_t *)&f->aq.write_dispatch_id, 1);
	update(f, 100);
	fake_wait(s, 0);
	fake_queue_free(f);
}

static void null_ring_address_unmaps(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *s = fake_signal(1);

	assert_int_equal(cp_queue_update(f->q, 0, 0, 100, 7), 0);
	barrier(f, 0, s);
	fake_rounds();
	assert_int_equal(s->value, 1);
	update(f, 100);
	fake_wait(s, 0);
	fake_queue_free(f);
}

static void destroy_stops_a_running_kernel(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(10);
	amd_signal_t *s = fake_signal(1);

	k->until = fake_alloc(4);
	for (unsigned i = 0; i < 3; i++) {
		fake_dispatch(f, i, k, 30, s);
		fake_publish(f, i, DISPATCH, false);
	}
	fake_ring(f, 3);
	fake_wait_u32(&k->groups_started, 16);
	fake_queue_free(f);
	uint64_t stepped = k->stepped;
	atomic_store(k->until, 1);
	fake_rounds();
	assert_int_equal(k->stepped, stepped);
	assert_int_equal(s->value, 1);
	/* and its CUs are free again */
	struct fake_queue *g = fake_queue_new(64);
	struct fake_kernel *whole = kernel(10);
	whole->waves = 8;
	fake_dispatch(g, 0, whole, 2, s);
	fake_publish(g, 0, DISPATCH, true);
	fake_ring(g, 1);
	fake_wait(s, 0);
	fake_queue_free(g);
}

static void destroy_while_held_by_a_barrier(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *never = fake_signal(1);

	fake_barrier(f, 0, NULL)->dep_signal[0].handle = fake_handle(never);
	fake_publish(f, 0, BARRIER_AND, true);
	fake_ring(f, 1);
	fake_rounds();
	update(f, 0);
	fake_queue_free(f);
	fake_rounds();
}

static void cu_mask_limits_what_runs_at_a_time(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(10);
	amd_signal_t *s = fake_signal(1);
	uint32_t one = 2, all = 3, none = 4;

	k->waves = 8;
	k->until = fake_alloc(4);
	assert_int_equal(cp_queue_cu_mask(f->q, &none, 32), -22);
	assert_int_equal(cp_queue_cu_mask(f->q, &one, 31), -22);
	assert_int_equal(cp_queue_cu_mask(f->q, &one, 32), 0);
	fake_dispatch(f, 0, k, 3, s);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u32(&k->groups_started, 1);
	fake_rounds();
	assert_int_equal(k->groups_started, 1);
	assert_int_equal(cp_queue_cu_mask(f->q, &all, 32), 0); /* while it runs */
	fake_wait_u32(&k->groups_started, 2);
	atomic_store(k->until, 1);
	fake_wait(s, 0);
	assert_int_equal(k->groups_ended, 3);
	fake_queue_free(f);
}

static void higher_priority_is_placed_first(void **state)
{
	struct fake_queue *low = fake_queue_new(64), *high = fake_queue_new(64),
			  *first = fake_queue_new(64);
	struct fake_kernel *f = kernel(10), *l = kernel(10), *h = kernel(10);
	amd_signal_t *sf = fake_signal(1), *sl = fake_signal(1), *sh = fake_signal(1);

	f->waves = l->waves = h->waves = 8; /* a CU each */
	f->until = fake_alloc(4);
	h->until = fake_alloc(4);
	assert_int_equal(cp_queue_update(high->q, (uintptr_t)high->ring, 64 * 64, 100, 15), 0);
	fake_dispatch(high, 0, h, 2, sh);
	fake_publish(high, 0, DISPATCH, true);
	uint32_t one = 1;
	assert_int_equal(cp_queue_cu_mask(first->q, &one, 32), 0);
	fake_dispatch(first, 0, f, 1, sf);
	fake_publish(first, 0, DISPATCH, true);
	fake_ring(first, 1);
	fake_wait_u32(&f->groups_started, 1);
	fake_ring(high, 1);
	fake_wait_u32(&h->groups_started, 1); /* on the other CU; one more waits */
	fake_dispatch(low, 0, l, 1, sl);
	fake_publish(low, 0, DISPATCH, true);
	fake_ring(low, 1);
	fake_rounds();
	atomic_store(f->until, 1);
	fake_wait_u32(&h->groups_started, 2); /* although the low one has no CU at all */
	fake_rounds();
	assert_int_equal(l->groups_started, 0);
	atomic_store(h->until, 1);
	fake_wait(sl, 0);
	fake_wait(sh, 0);
	fake_queue_free(low);
	fake_queue_free(high);
	fake_queue_free(first);
}

static void equal_queues_share_the_cus(void **state)
{
	struct fake_queue *f = fake_queue_new(64), *g = fake_queue_new(64);
	struct fake_kernel *a = kernel(3000), *b = kernel(3000);
	amd_signal_t *sa = fake_signal(1), *sb = fake_signal(1);

	a->waves = b->waves = 8;
	a->until = fake_alloc(4);
	fake_dispatch(f, 0, a, 40, sa);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u32(&a->groups_started, 2);
	fake_dispatch(g, 0, b, 4, sb);
	fake_publish(g, 0, DISPATCH, true);
	fake_ring(g, 1);
	fake_rounds();
	atomic_store(a->until, 1);
	fake_wait(sb, 0);
	fake_wait(sa, 0);
	assert_true(
		b->last_order < a->last_order); /* the short one does not wait for the long one */
	fake_queue_free(f);
	fake_queue_free(g);
}

struct stress {
	struct fake_queue *f;
	unsigned seed, count;
};

static void spin_ns(uint64_t ns)
{
	struct timespec from, now;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((uint64_t)(now.tv_sec - from.tv_sec) * 1000000000 + (uint64_t)now.tv_nsec -
			(uint64_t)from.tv_nsec <
		ns);
}

/* Rings at random times, many of them when the engine is about to fall asleep. */
static void *ring_with_pauses(void *arg)
{
	struct stress *s = arg;

	for (uint64_t i = 0; i < s->count; i++) {
		while (i - fake_read_index(s->f) >= 60)
			;
		unsigned r = (unsigned)rand_r(&s->seed);
		if (r % 16 == 0) {
			fake_wait_read(s->f, i);
			spin_ns(490000 + r / 16 % 40000);
		} else if (r % 256 == 1) {
			usleep(2000);
		}
		barrier(s->f, i, NULL);
	}
	fake_wait_read(s->f, s->count);
	return NULL;
}

static void no_doorbell_is_lost(void **state)
{
	struct stress alone = {fake_queue_new(64), 1, 10000};
	struct stress s[2] = {{fake_queue_new(64), 2, 3000}, {fake_queue_new(64), 3, 3000}};
	pthread_t t[2];

	ring_with_pauses(&alone);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&t[i], NULL, ring_with_pauses, &s[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 2; i++)
		fake_queue_free(s[i].f);
	fake_queue_free(alone.f);
}

static void a_sleeping_engine_wakes_for_each_doorbell(void **state)
{
	struct fake_queue *f = fake_queue_new(64);

	for (uint64_t i = 0; i < 100; i++) {
		usleep(1500); /* longer than doorbells are polled */
		barrier(f, i, NULL);
		fake_wait_read(f, i + 1);
	}
	fake_queue_free(f);
}

static void what_a_stopped_store_rings_for_is_served_before_it_goes_on(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	unsigned stopped = 0;

	fake_rounds(); /* nothing else wakes it from here on */
	for (uint64_t i = 0; i < 1000 && stopped < 20; i++) {
		unsigned long long before = atomic_load(&sim_stats.doorbell_wakeups);

		usleep(1500);
		barrier(f, i, NULL);
		if (atomic_load(&sim_stats.doorbell_wakeups) != before) {
			stopped++;
			assert_int_equal(fake_read_index(f), i + 1);
		}
		fake_wait_read(f, i + 1);
	}
	fake_queue_free(f);
	if (doorbell_fd() < 0)
		skip(); /* no userfaultfd here */
	assert_true(stopped);
}

static void *suspend_and_resume(void *arg)
{
	struct fake_queue *f = arg;

	for (int i = 0; i < 500; i++) {
		update(f, 0);
		update(f, 100);
	}
	return NULL;
}

static void suspending_while_packets_arrive_loses_none(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(20);
	amd_signal_t *s = fake_signal(5000);
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, suspend_and_resume, f), 0);
	for (uint64_t i = 0; i < 5000; i++) {
		while (i - fake_read_index(f) >= 64)
			;
		fake_dispatch(f, i, k, 1, s);
		fake_publish(f, i, DISPATCH, true);
		fake_ring(f, i + 1);
	}
	pthread_join(t, NULL);
	fake_wait(s, 0);
	assert_int_equal(k->groups_ended, 5000);
	fake_queue_free(f);
}

static void a_forked_child_starts_afresh(void **state)
{
#ifdef __SANITIZE_THREAD__
	print_message(
		"ThreadSanitizer ends a child that starts threads after its parent had some\n");
	skip();
#endif
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(10);
	int status;

	k->until = fake_alloc(4);
	fake_dispatch(f, 0, k, 40, NULL);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u32(&k->groups_started, 1);
	pid_t pid = fork();
	if (!pid) {
		alarm(20);
		cp_fork_child();
		struct fake_queue *g = fake_queue_new(64);
		amd_signal_t *s = fake_signal(1);
		fake_dispatch(g, 0, kernel(10), 16, s);
		fake_publish(g, 0, DISPATCH, true);
		fake_ring(g, 1);
		fake_wait(s, 0);
		cp_queue_destroy(g->q);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	atomic_store(k->until, 1);
	fake_wait_read(f, 1);
	fake_queue_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_suspended_kernel_stands_still_and_goes_on_exactly),
		cmocka_unit_test(fence_waits_for_the_step_in_progress),
		cmocka_unit_test(model_time_stands_still_while_suspended),
		cmocka_unit_test(other_queues_get_the_cus_of_a_suspended_one),
		cmocka_unit_test(doorbells_rung_while_suspended_count),
		cmocka_unit_test(mapping_reads_the_write_index_without_a_doorbell),
		cmocka_unit_test(null_ring_address_unmaps),
		cmocka_unit_test(destroy_stops_a_running_kernel),
		cmocka_unit_test(destroy_while_held_by_a_barrier),
		cmocka_unit_test(cu_mask_limits_what_runs_at_a_time),
		cmocka_unit_test(higher_priority_is_placed_first),
		cmocka_unit_test(equal_queues_share_the_cus),
		cmocka_unit_test(no_doorbell_is_lost),
		cmocka_unit_test(a_sleeping_engine_wakes_for_each_doorbell),
		cmocka_unit_test(what_a_stopped_store_rings_for_is_served_before_it_goes_on),
		cmocka_unit_test(suspending_while_packets_arrive_loses_none),
		cmocka_unit_test(a_forked_child_starts_afresh),
	};

	return cmocka_run_group_tests(tests, fake_setup, fake_teardown);
}
