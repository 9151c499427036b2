/* SPDX-License-Identifier: MIT */
/* The control thread: it starts with the first request, answers from any number of threads, and ends. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/cwsr/kfd_queues.h"
#include "tests/unit/cwsr_fake.h"

#define THREADS 4
#define ROUNDS  300

/* An owner of a tracked queue; the control thread answers. */
struct owner {
	_Atomic int answers; /* how many */
	_Atomic int state;   /* 1 suspended, 0 runs, or the error */
	uint32_t id;
};

static _Atomic bool masked; /* in the control thread every signal is blocked, and it has its name */
static _Atomic uint32_t percent[FAKE_QUEUES];

/* A driver that is nothing but numbers, so that any thread may call it. */
static int update(void *ctx, int fd, struct kfd_ioctl_update_queue_args *a)
{
	atomic_store(&percent[a->queue_id], a->queue_percentage);
	return 0;
}

static int next_ioctl(int fd, unsigned long request, ...)
{
	va_list args;

	va_start(args, request);
	void *arg = va_arg(args, void *);
	va_end(args);
	if (request == AMDKFD_IOC_UPDATE_QUEUE)
		update(NULL, fd, arg);
	else if (request == AMDKFD_IOC_CREATE_QUEUE)
		((struct kfd_ioctl_create_queue_args *)arg)->queue_id =
			(uint32_t)((struct kfd_ioctl_create_queue_args *)arg)->ring_base_address >> 16;
	return 0;
}

static void done(void *ctx, void *owner, bool suspended, int error)
{
	struct owner *o = owner;
	char name[16] = "";
	sigset_t blocked;

	prctl(PR_GET_NAME, name);
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	if (!strcmp(name, "xsched-cwsr") && sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGPROF))
		atomic_store(&masked, true);
	atomic_store(&o->state, error ? error : suspended);
	atomic_fetch_add(&o->answers, 1);
}

static struct kfd_ops threads_ops;

static void start(void)
{
	const struct cwsr_config c = {.mechanism = CWSR_MECHANISM_UPDATE, .kernel = &threads_ops};
	const struct cwsr_ops ops = {.done = done};

	memset(&fake, 0, sizeof(fake));
	fake.major = 1;
	fake.minor = 17;
	fake.target = 90010;
	fake.cwsr_enable = "1";
	threads_ops = fake_ops;
	threads_ops.update_queue = update;
	assert_int_equal(cwsr_start(&c, &ops), -ENOENT);
}

static struct cwsr_queue *track(struct owner *o)
{
	struct kfd_ioctl_create_queue_args a = {.ring_base_address = o->id << 16, .ring_size = 0x4000, .gpu_id = FAKE_GPU,
		.queue_type = KFD_IOC_QUEUE_TYPE_COMPUTE_AQL, .queue_percentage = 100, .queue_priority = 7,
		.ctx_save_restore_address = 0x1000, .ctx_save_restore_size = 0x1000};

	atomic_store(&percent[o->id], 100);
	if (kfd_queues_ioctl(next_ioctl, FAKE_FD, AMDKFD_IOC_CREATE_QUEUE, &a))
		return NULL;
	return cwsr_queue_track((void *)(uintptr_t)a.ring_base_address, 0x4000, o);
}

static void set_priority(uint32_t id, uint32_t priority)
{
	struct kfd_ioctl_update_queue_args a = {.ring_base_address = id << 16, .queue_id = id, .ring_size = 0x4000,
		.queue_percentage = 100, .queue_priority = priority};

	kfd_queues_ioctl(next_ioctl, FAKE_FD, AMDKFD_IOC_UPDATE_QUEUE, &a);
}

static void destroy(uint32_t id)
{
	struct kfd_ioctl_destroy_queue_args a = {.queue_id = id};

	kfd_queues_ioctl(next_ioctl, FAKE_FD, AMDKFD_IOC_DESTROY_QUEUE, &a);
}

/* How many threads of this process have the control thread's name. */
static int threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *e;
	int count = 0;

	while (dir && (e = readdir(dir))) {
		char path[300], name[32] = "";

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", e->d_name);
		FILE *f = fopen(path, "r");
		count += f && fgets(name, sizeof(name), f) && !strcmp(name, "xsched-cwsr\n");
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return count;
}

static void wait_answers(struct owner *o, int count)
{
	while (atomic_load(&o->answers) < count)
		sched_yield();
}

static void the_thread_starts_with_the_first_request_and_blocks_signals(void **state)
{
	struct owner o = {.id = 1};

	start();
	struct cwsr_queue *q = track(&o);
	assert_non_null(q);
	assert_int_equal(threads(), 0);
	assert_int_equal(cwsr_request(q, true), 0);
	wait_answers(&o, 1);
	assert_int_equal(atomic_load(&o.state), 1);
	assert_int_equal(atomic_load(&percent[1]), 0);
	assert_true(atomic_load(&masked));
	assert_int_equal(threads(), 1);
	cwsr_stop();
	assert_int_equal(atomic_load(&percent[1]), 100);
	/* It was waited for; the kernel may still show it for a moment. */
	while (threads())
		sched_yield();
	cwsr_queue_forget(q);
}

/* In one of the two ways. */
static int request(struct cwsr_queue *q, bool suspend, bool serve)
{
	if (!serve)
		return cwsr_request(q, suspend);
	int r = cwsr_request_later(q, suspend);

	if (!r)
		cwsr_serve();
	return r;
}

static void *hammer(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	struct owner o = {.id = 1 + (uint32_t)(uintptr_t)arg};

	for (int i = 0; i < ROUNDS; i++) {
		struct cwsr_queue *q = track(&o);
		int asked = rand_r(&seed) % 5;

		if (!q)
			return "not tracked";
		for (int k = 0; k < asked; k++) {
			request(q, rand_r(&seed) & 1, rand_r(&seed) & 1);
			if (rand_r(&seed) & 1)
				set_priority(o.id, (uint32_t)rand_r(&seed) % 16);
		}
		if (asked) {
			int had = atomic_load(&o.answers);

			/* The last one is answered, and then it is so. */
			request(q, i & 1, rand_r(&seed) & 1);
			while (atomic_load(&o.answers) == had || atomic_load(&o.state) != (i & 1))
				sched_yield();
			set_priority(o.id, 7);
			if ((atomic_load(&percent[o.id]) == 0) != (i & 1))
				return "the driver was told something else";
		}
		cwsr_queue_forget(q);
		if (atomic_load(&percent[o.id]) != 100)
			return "forgotten and not resumed";
		destroy(o.id);
	}
	return NULL;
}

static void requests_from_many_threads_end_as_they_say(void **state)
{
	pthread_t thread[THREADS];
	void *what;

	start();
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, hammer, (void *)i), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], &what);
		if (what)
			fail_msg("%s", (char *)what);
	}
	cwsr_stop();
}

static void *ask(void *arg)
{
	struct cwsr_queue *q = arg;
	int i = 0;

	for (; request(q, i & 1, i & 2) != -ESHUTDOWN; i++)
		;
	return NULL;
}

static void stopping_under_requests_leaves_the_queue_running(void **state)
{
	for (int i = 0; i < 20; i++) {
		struct owner o = {.id = 9};
		pthread_t thread[2];

		start();
		struct cwsr_queue *q = track(&o);
		for (int k = 0; k < 2; k++)
			assert_int_equal(pthread_create(&thread[k], NULL, ask, q), 0);
		wait_answers(&o, 3);
		cwsr_stop();
		for (int k = 0; k < 2; k++)
			pthread_join(thread[k], NULL);
		assert_int_equal(atomic_load(&percent[9]), 100);
		cwsr_queue_forget(q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_thread_starts_with_the_first_request_and_blocks_signals),
		cmocka_unit_test(requests_from_many_threads_end_as_they_say),
		cmocka_unit_test(stopping_under_requests_leaves_the_queue_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
