/* SPDX-License-Identifier: MIT */
/* The control thread; see control.h. */
#include "src/cwsr/control.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "src/common/barrier.h"
#include "src/common/log.h"
#include "src/common/prompt.h"

/* A thread that sleeps until a time wakes so much later on some machines. */
#define AWAKE_NS 80000u

enum { NONE, STARTING, RUNNING, FAILED, ENDED };

static control_round_fn round_fn;
static pthread_t thread;
static _Atomic int state;       /* writer: who starts or ends the thread */
static _Atomic bool stopping;
static _Atomic uint32_t kicks;  /* futex; writers: anyone */
static _Atomic bool asleep;     /* writer: the thread */
/* Of threads; one that did not end in time must not go on after a new start. */
static _Atomic uintptr_t generation;

bool control_stopping(void)
{
	return atomic_load_explicit(&stopping, memory_order_relaxed);
}

void control_kick(void)
{
	/* Sequentially consistent, both: either we see that the thread sleeps, or it sees the kick. */
	atomic_fetch_add(&kicks, 1);
	if (atomic_load(&asleep))
		syscall(SYS_futex, &kicks, FUTEX_WAKE_PRIVATE, 1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void pause_until(uint32_t seen, uint64_t until_ns)
{
	/* Somebody urgent waits for what is due then: the end of the time is spent awake, since sleeping takes longer than it says. */
	uint64_t sleep_ns = until_ns == UINT64_MAX || until_ns < AWAKE_NS ? until_ns : until_ns - AWAKE_NS;
	const struct timespec until = {
		.tv_sec = (time_t)(sleep_ns / 1000000000u), .tv_nsec = (long)(sleep_ns % 1000000000u)};

	atomic_store(&asleep, true);
	/* The absolute time is of CLOCK_MONOTONIC. */
	if (atomic_load(&kicks) == seen)
		syscall(SYS_futex, &kicks, FUTEX_WAIT_BITSET_PRIVATE, seen, sleep_ns == UINT64_MAX ? NULL : &until, NULL,
			FUTEX_BITSET_MATCH_ANY);
	atomic_store(&asleep, false);
	while (until_ns != UINT64_MAX && atomic_load(&kicks) == seen && now_ns() < until_ns)
		spin_pause();
}

static void *run(void *arg)
{
	prctl(PR_SET_NAME, "xsched-cwsr");
	prompt_thread();
	for (;;) {
		uint32_t seen = atomic_load(&kicks);

		/* In this order: the kick that comes with it may have been seen already. */
		if (control_stopping() || atomic_load(&generation) != (uintptr_t)arg)
			return NULL;
		pause_until(seen, round_fn());
	}
}

static int start(void)
{
	sigset_t all, before;

	/* The thread inherits the mask: the application's signals go to the application's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = prompt_create(&thread, run, (void *)atomic_load(&generation));
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		log_warning("level 3 is off: no thread for it: %s", strerror(-error));
	return error;
}

void control_begin(control_round_fn round)
{
	round_fn = round;
	atomic_fetch_add(&generation, 1);
	atomic_store(&stopping, false);
	atomic_store(&state, NONE);
}

int control_wake(void)
{
	int now = atomic_load_explicit(&state, memory_order_relaxed);
	int r = 0;

	if (!round_fn)
		return 0;
	if (now == NONE && atomic_compare_exchange_strong(&state, &now, STARTING)) {
		r = start();
		atomic_store(&state, r ? FAILED : RUNNING);
	}
	if (r || now == FAILED || now == ENDED)
		return r ? r : -EAGAIN;
	control_kick();
	return 0;
}

void control_end(uint64_t ns)
{
	struct timespec until;
	int before;

	atomic_store(&stopping, true);
	/* One that is being started at this moment is there in a moment. */
	do
		before = atomic_load(&state);
	while (before == STARTING ? !sched_yield() : !atomic_compare_exchange_strong(&state, &before, ENDED));
	if (before != RUNNING)
		return;
	control_kick();
	clock_gettime(CLOCK_REALTIME, &until);
	uint64_t at = (uint64_t)until.tv_nsec + ns;
	until.tv_sec += (time_t)(at / 1000000000u);
	until.tv_nsec = (long)(at % 1000000000u);
	if (pthread_timedjoin_np(thread, NULL, &until)) {
		log_warning("level 3: its thread did not end in time");
		pthread_detach(thread);
	}
}

void control_fork_child(void)
{
	atomic_store(&state, FAILED);
	atomic_store(&asleep, false);
}
