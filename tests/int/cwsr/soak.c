/* SPDX-License-Identifier: MIT */
/*
 * Several threads create queues, run kernels, ask level 3 for everything at random times, and destroy queues in every state, for
 * SOAK_SECONDS; every kernel that ends must have counted right. Started by "make soak".
 */
#include "tests/int/cwsr/lv3.h"

#include <pthread.h>
#include <time.h>

#define THREADS 4

static const struct cwsr_ops ops = {.done = lane_done,
	.test_open = test_open,
	.test_submit = test_submit,
	.test_done = test_done,
	.test_close = test_close};

static time_t ends;
static _Atomic uint64_t queues, kernels, requests, abandoned;
static _Atomic bool wrong;

static void ask(struct lane *l, bool suspend)
{
	atomic_fetch_add(&requests, 1);
	cwsr_request(l->cwsr, suspend);
}

static void disturb(struct lane *l, unsigned *seed)
{
	static const hsa_amd_queue_priority_t priorities[] = {
		HSA_AMD_QUEUE_PRIORITY_LOW, HSA_AMD_QUEUE_PRIORITY_NORMAL, HSA_AMD_QUEUE_PRIORITY_HIGH};
	int n = rand_r(seed) % 20;

	for (int i = 0; i < n; i++) {
		if (rand_r(seed) % 10 == 0)
			hsa_amd_queue_set_priority(l->q, priorities[rand_r(seed) % 3]);
		else if (rand_r(seed) % 10 == 0)
			lane_ask(l, rand_r(seed) & 1);
		else
			ask(l, rand_r(seed) & 1);
		nanosleep(&(struct timespec){.tv_nsec = rand_r(seed) % 200000}, NULL);
	}
}

/* One queue's life. */
static void live(unsigned *seed)
{
	struct arguments *a = arguments_new(1 + (uint32_t)rand_r(seed) % 60);
	unsigned gpu = (unsigned)rand_r(seed) % gpu_count;
	uint32_t launches = (uint32_t)rand_r(seed) % 4;
	hsa_signal_t done = signal_new(launches);
	struct lane l;

	lane_open(&l, gpu);
	for (uint32_t i = 0; i < launches; i++) {
		lane_start(&l, gpus[gpu].generate, a, done);
		disturb(&l, seed);
	}
	if (rand_r(seed) % 5) {
		ask(&l, false);
		signal_wait_below(done, 1);
		if (!generated_right(a, launches)) {
			fprintf(stderr, "a count is wrong: %u steps of %u\n", atomic_load(a->progress),
				a->rounds * GROUPS * launches);
			atomic_store(&wrong, true);
		}
		atomic_fetch_add(&kernels, launches);
		disturb(&l, seed);
	} else {
		/* Whatever runs is lost with its queue. */
		atomic_fetch_add(&abandoned, 1);
	}
	lane_close(&l);
	atomic_fetch_add(&queues, 1);
	hsa_signal_destroy(done);
	arguments_free(a);
}

static void *work(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	while (time(NULL) < ends)
		live(&seed);
	return NULL;
}

static void queues_in_every_state_and_every_count_right(void **state)
{
	const char *seconds = getenv("SOAK_SECONDS");
	pthread_t thread[THREADS];

	ends = time(NULL) + (seconds ? atoi(seconds) : 600);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, work, (void *)(i + 1)), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	print_message("%llu queues, %llu kernels, %llu requests, %llu queues destroyed with work\n",
		(unsigned long long)queues, (unsigned long long)kernels, (unsigned long long)requests,
		(unsigned long long)abandoned);
	assert_true(kernels > 0 && !wrong);
}

static int setup(void **state)
{
	lv3_config();
	return lv3_setup(&ops);
}

static int teardown(void **state)
{
	cwsr_stop();
	return gpu_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(queues_in_every_state_and_every_count_right)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
