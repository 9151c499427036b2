/* SPDX-License-Identifier: MIT */
/* The thread for later; see later.h. */
#include "sim/fault/later.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "sim/common/log.h"

struct task {
	struct task *next;
	struct timespec due;
	void (*call)(uint32_t arg);
	uint32_t arg;
};

/* Guarded by the mutex, which is held for a few instructions and is the last of any order. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool running;
	struct task *first; /* the next to be done */
} work = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static bool before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static void *later_main(void *arg)
{
	pthread_mutex_lock(&work.mutex);
	for (;;) {
		struct task *t = work.first;
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		if (!t) {
			pthread_cond_wait(&work.changed, &work.mutex);
		} else if (before(&now, &t->due)) {
			pthread_cond_timedwait(&work.changed, &work.mutex, &t->due);
		} else {
			work.first = t->next;
			pthread_mutex_unlock(&work.mutex);
			t->call(t->arg);
			free(t);
			pthread_mutex_lock(&work.mutex);
		}
	}
	return NULL;
}

/* Must hold the mutex. */
static int start(void)
{
	pthread_condattr_t attr;
	sigset_t all, old;
	pthread_t thread;

	if (work.running)
		return 0;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&work.changed, &attr);
	pthread_condattr_destroy(&attr);
	/* The program's signals are for the program's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int r = pthread_create(&thread, NULL, later_main, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r)
		return -ENOMEM;
	pthread_setname_np(thread, "kfdsim-later");
	pthread_detach(thread);
	work.running = true;
	return 0;
}

int later(uint64_t ns, void (*call)(uint32_t arg), uint32_t arg)
{
	struct task *t = malloc(sizeof(*t)), **at = &work.first;
	struct timespec due;

	clock_gettime(CLOCK_MONOTONIC, &due);
	due.tv_sec += (time_t)(ns / 1000000000u);
	due.tv_nsec += (long)(ns % 1000000000u);
	if (due.tv_nsec >= 1000000000) {
		due.tv_nsec -= 1000000000;
		due.tv_sec++;
	}
	pthread_mutex_lock(&work.mutex);
	int r = t ? start() : -ENOMEM;
	if (!r) {
		*t = (struct task){.due = due, .call = call, .arg = arg};
		while (*at && !before(&due, &(*at)->due))
			at = &(*at)->next;
		t->next = *at;
		*at = t;
		pthread_cond_signal(&work.changed);
	}
	pthread_mutex_unlock(&work.mutex);
	if (r) {
		sim_log(SIM_LOG_ERROR, "no memory for something that was to happen later");
		free(t);
	}
	return r;
}

void later_fork_child(void)
{
	pthread_mutex_init(&work.mutex, NULL);
	work.running = false;
	work.first = NULL;
}
