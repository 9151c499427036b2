/* SPDX-License-Identifier: MIT */
/*
 * The order contract (tests/int/hip/order.h) while queues are held and released at random: a thread sets every queue's gate to
 * held, open or, unless a policy drives the gates too, bypass, again and again; with ORDER_LEVEL=3 it suspends and resumes them, running
 * waves included. Needs the test build of the tool library; order_held.sh
 * says with which settings.
 *
 * usage: held_order.gpu [KERNELS [MICROSECONDS [ROUNDS [SEED]]]]
 */
#include "../hip/order.h"

#include <atomic>
#include <pthread.h>
#include <unistd.h>

#include "test_hooks.h"

static test_hooks hooks;
static std::atomic<bool> stop;
static bool may_bypass, by_level3;
static uint64_t seed = 1;
static unsigned long held; /* times that some queue was held; read when the thread has ended */

static void set(uint64_t hold, uint64_t bypass)
{
	if (by_level3)
		hooks.suspend(hold);
	else
		hooks.set(hold, bypass);
}

/* Times as long as some kernels, so that queues are caught everywhere: full, empty, in the middle of a wait. Some
 * holds outlast all that was queued. */
static void *move(void *arg)
{
	random64 r(seed);
	(void)arg;

	while (!stop) {
		uint64_t hold = r.next(), bypass = may_bypass && r.next() % 4 == 0 ? r.next() : 0;

		set(hold, bypass);
		held += hold != 0;
		usleep((useconds_t)(r.next() % ((r.next() % 8 ? 4 : 60) * kernel_us + 100)));
		/* Everything has its turn, also what waits for several queues. */
		set(0, 0);
		usleep((useconds_t)(r.next() % (2 * kernel_us + 100)));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {ORDER_TESTS};
	unsigned rounds = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) : 1;
	pthread_t thread;
	int failed = 0;

	seed = argc > 4 ? strtoull(argv[4], NULL, 0) : 1;
	if (!rounds || !seed) {
		fprintf(stderr, "usage: %s [KERNELS [MICROSECONDS [ROUNDS (from 1) [SEED (from 1)]]]]\n", argv[0]);
		return 2;
	}
	int status = order_start(argc, argv, " [ROUNDS [SEED]]]");
	if (status)
		return status;
	hooks = test_hooks_find();
	by_level3 = getenv("ORDER_LEVEL") && !strcmp(getenv("ORDER_LEVEL"), "3");
	may_bypass = !getenv("XSCHED_HSA_POLICY") && !getenv("XSCHED_HSA_WINDOW") && !getenv("XSCHED_HSA_WINDOW_US");
	/* What a round prints would be all that one sees of a thousand. */
	cmocka_set_message_output(CM_OUTPUT_STDOUT);
	printf("seed %llu\n", (unsigned long long)seed);
	if (pthread_create(&thread, NULL, move, NULL))
		return 1;
	for (unsigned round = 0; round < rounds && !failed; round++) {
		failed = cmocka_run_group_tests_name("order", tests, NULL, NULL);
		if (failed)
			printf("FAILED in round %u of %u, seed %llu\n", round + 1, rounds, (unsigned long long)seed);
	}
	stop = true;
	pthread_join(thread, NULL);
	set(0, 0);
	printf("%lu holds\n", held);
	if (!failed && held < rounds) {
		printf("FAILED: queues were held less than once a round\n");
		failed = 1;
	}
	return failed != 0;
}
