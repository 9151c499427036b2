/* SPDX-License-Identifier: MIT */
/*
 * What scheduled queues have in common; see squeue.h and squeue_common.h.
 *
 * Locks: the lock of squeue_require() (squeue.c), then the registry lock (vqueue.c), then the scheduler's lock, which is here, then a gate's
 * ownership. The scheduler's lock is not held while signals are made or freed, nor across fork. The only functions of the runtime called
 * under it, beside index and doorbell stores, translate a timestamp, once per queue, and name an agent (remote.c).
 */
#include "src/hsa_intercept/squeue_common.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Something was completed that squeue_wait() may wait for, or a queue went. */
static pthread_cond_t changed;
/* Under the lock. */
static int cancel_before; /* of the thread that has it */
static struct squeue *all;
static int64_t process_hints[SCHED_HINTS];
static int process_suspended;
static uint32_t process_window_pkts;
static_assert(CONFIG_UNSET == SCHED_HINT_UNSET, "hints from settings");
/* Constant between squeue_start() and squeue_stop(). */
static struct config config;

void squeue_lock(void)
{
	int before;

	/* A thread of the program that is cancelled in here would keep the lock. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	pthread_mutex_lock(&lock);
	cancel_before = before;
}

bool squeue_trylock(void)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	if (pthread_mutex_trylock(&lock)) {
		pthread_setcancelstate(before, NULL);
		return false;
	}
	cancel_before = before;
	return true;
}

void squeue_unlock(void)
{
	int before = cancel_before;

	pthread_mutex_unlock(&lock);
	pthread_setcancelstate(before, NULL);
}

int squeue_wait_changed(const struct timespec *until)
{
	int before = cancel_before;
	int error = until ? pthread_cond_timedwait(&changed, &lock, until) : pthread_cond_wait(&changed, &lock);

	cancel_before = before;
	return error;
}

void squeue_changed(void)
{
	pthread_cond_broadcast(&changed);
}

struct squeue *squeue_first(void)
{
	return all;
}

struct squeue *squeue_of(const struct vqueue *vq)
{
	struct squeue *q = all;

	while (q && q->vq != vq)
		q = q->next;
	return q;
}

void squeue_list_add(struct squeue *q)
{
	q->next = all;
	all = q;
}

bool squeue_list_remove(struct squeue *q)
{
	for (struct squeue **link = &all; *link; link = &(*link)->next) {
		if (*link != q)
			continue;
		*link = q->next;
		return true;
	}
	return false;
}

void squeue_list_forget(void)
{
	all = NULL;
}

const struct config *squeue_settings(void)
{
	return &config;
}

int64_t squeue_process_hint(enum sched_hint hint)
{
	return process_hints[hint];
}

void squeue_process_hint_set(enum sched_hint hint, int64_t value)
{
	process_hints[hint] = value;
}

void squeue_process_suspend_set(int level)
{
	process_suspended = level;
}

void squeue_window_pkts_set(uint32_t pkts)
{
	process_window_pkts = pkts;
}

void squeue_process_apply(struct squeue *q)
{
	q->window_pkts = process_window_pkts;
	q->suspended = process_suspended;
}

static void process_hints_load(void)
{
	const int64_t given[SCHED_HINTS] = {
		[SCHED_HINT_PRIORITY] = config.priority,
		[SCHED_HINT_UTILIZATION] = config.share,
		[SCHED_HINT_TIMESLICE] = config.timeslice_us,
		[SCHED_HINT_DEADLINE] = config.deadline_us,
		[SCHED_HINT_LAXITY] = config.laxity_us,
		[SCHED_HINT_LAXITY_PRIORITY] = config.laxity_priority,
		[SCHED_HINT_CRITICAL_PRIORITY] = config.critical_priority,
		[SCHED_HINT_KDEADLINE] = config.k_deadline,
		[SCHED_HINT_WEIGHT] = config.weight,
		[SCHED_HINT_AGEING] = config.ageing_us,
		[SCHED_HINT_WINDOW] = config.window_us ? config.window_us : SCHED_HINT_UNSET,
		[SCHED_HINT_LEVEL] = config.level,
	};

	memcpy(process_hints, given, sizeof(process_hints));
	process_suspended = 0;
	process_window_pkts = config.window;
}

static void changed_init(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &attr);
	pthread_condattr_destroy(&attr);
}

void squeue_common_start(const struct config *c)
{
	config = *c;
	changed_init();
	process_hints_load();
}

void squeue_common_fork_child(void)
{
	/* Another thread may have held it, or waited. */
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	changed_init();
	all = NULL;
}
