/* SPDX-License-Identifier: MIT */
/*
 * Queues that come and go in some threads while a daemon decides, goes and comes back, and while the program asks for statistics and
 * suspensions; and queues that go while the first call of the API schedules them. Nothing may be used after it is gone, nobody may wait
 * for ever; most of that is ThreadSanitizer's and AddressSanitizer's to see.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/hsa_intercept/control.h"
#include "tests/unit/decider_rig.h"

#define THREADS 2

static unsigned rounds = 60;
static _Atomic unsigned living; /* threads that use queues */

static void *use_queues(void *arg)
{
	int n = (int)(intptr_t)arg;

	for (unsigned i = 0; i < rounds; i++) {
		hsa_queue_t *queue = rig_create(n);

		for (unsigned k = 0; k < 8; k++) {
			rig_submit(queue);
			if (k % 3 == 0)
				sched_yield();
			rig_complete(queue);
		}
		rig_destroy(queue);
	}
	atomic_fetch_sub(&living, 1);
	return NULL;
}

static void ask_one(struct squeue *q, void *ctx)
{
	hsa_queue_t **queue = ctx;

	*queue = q->vq->queue;
}

/* Whatever is listed, until nobody uses queues any more. Return: answers that are none. */
static void *ask(void *arg)
{
	intptr_t wrong = 0;

	while (atomic_load(&living)) {
		struct control_stats stats;
		hsa_queue_t *queue = NULL;
		struct vqueue *vq;

		wrong += control_each(ask_one, &queue) != 0;
		if (!queue || control_queue(queue, &vq))
			continue;
		const int got[] = {control_stats_get(vq, &stats), control_hint_set(vq, SCHED_HINT_PRIORITY, 3),
			control_suspend(vq, 1), control_wait_idle(vq, 100000), control_resume(vq)};

		for (size_t i = 0; i < sizeof(got) / sizeof(got[0]); i++)
			wrong += got[i] && got[i] != -ENOENT && got[i] != -ETIMEDOUT;
	}
	return (void *)wrong;
}

static void queues_go_while_decisions_and_connections_come(void **state)
{
	static const uint64_t windows[] = {1000, 100000, IPC_WINDOW_UNLIMITED};
	pthread_t users[THREADS], asker;
	unsigned seed = 1, connections = 0;
	void *wrong;

	rig_daemon_start(RIG_WELCOME);
	rig_runtime_start();
	atomic_store(&living, THREADS);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&users[i], NULL, use_queues, (void *)(intptr_t)i), 0);
	rig_daemon_connections_await(1);
	assert_int_equal(pthread_create(&asker, NULL, ask, NULL), 0);
	while (atomic_load(&living)) {
		for (int i = 0; i < 50; i++) {
			uint32_t at = (uint32_t)rand_r(&seed);

			/* About slots in use, and others. */
			rig_daemon_decide(at % 128, at >> 8 & 3, at >> 10 & 3, at >> 12 & 7, windows[(at >> 16) % 3]);
			if (at >> 20 & 1)
				sched_yield();
		}
		if (rig_daemon_connections() == connections)
			continue;
		connections = rig_daemon_connections();
		rig_daemon_drop();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(users[i], NULL);
	pthread_join(asker, &wrong);
	assert_int_equal((intptr_t)wrong, 0);
	/* Nothing is left of them. */
	squeue_lock();
	bool none = !squeue_first();
	squeue_unlock();
	assert_true(none);
	rig_runtime_stop();
	rig_daemon_stop();
}

static void *destroy(void *queue)
{
	rig_destroy(queue);
	return NULL;
}

static void a_queue_goes_while_the_process_is_scheduled_for_the_first_time(void **state)
{
	for (unsigned i = 0; i < 4 * rounds; i++) {
		pthread_t thread;

		rig_runtime_start();
		hsa_queue_t *queue = rig_create(0), *other = rig_create(1);
		assert_int_equal(pthread_create(&thread, NULL, destroy, queue), 0);
		assert_int_equal(control_suspend(NULL, 1), 0);
		pthread_join(thread, NULL);
		squeue_lock();
		struct squeue *first = squeue_first();
		bool alone = first && first->vq->queue == other && !first->next;
		squeue_unlock();
		assert_true(alone);
		rig_destroy(other);
		rig_runtime_stop();
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queues_go_while_decisions_and_connections_come),
		cmocka_unit_test(a_queue_goes_while_the_process_is_scheduled_for_the_first_time),
	};

	alarm(600);
	if (argc > 1)
		rounds = (unsigned)atoi(argv[1]);
	rig_daemon_path();
	/* Whoever destroys a queue with packets that were held waits for a packet processor, and there is none. */
	setenv("XSCHED_HSA_DRAIN_MS", "0", 1);
	return cmocka_run_group_tests_name("decider_race", tests, NULL, NULL);
}
