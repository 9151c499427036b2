/* SPDX-License-Identifier: MIT */
/* See cp_clock.h. An engine is known by the first look at the clock of a thread that is not its process's first. */
#include "tests/unit/cp_clock.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/cp_fake.h"

#define ENGINES_MAX 64
/* Looks at the clock before an engine waits for the next tick: some are within a round. */
#define LOOKS 4

struct engine {
	_Atomic pid_t pid;     /* 0: free */
	_Atomic uint32_t seen; /* the last tick that it had its turns in */
};

static struct ticks {
	_Atomic uint32_t tick;	  /* written by the keeper; engines sleep on it */
	_Atomic uint32_t arrivals; /* the keeper sleeps on it */
	struct engine engine[ENGINES_MAX];
} *ticks;

/* The words are shared with other processes. @ns: 0 for no limit. */
static void word_wait(_Atomic uint32_t *word, uint32_t expected, long ns)
{
	const struct timespec limit = {.tv_nsec = ns};

	syscall(SYS_futex, word, FUTEX_WAIT, expected, ns ? &limit : NULL, NULL, 0);
}

static void word_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static uint64_t now_ns(void)
{
	return (uint64_t)atomic_load(&ticks->tick) * CP_CLOCK_TICK_NS;
}

/* ---------------------------------------------------------------- engines */

static struct engine *engine_join(void)
{
	for (struct engine *e = ticks->engine; e < ticks->engine + ENGINES_MAX; e++) {
		pid_t none = 0;

		if (!atomic_compare_exchange_strong(&e->pid, &none, getpid()))
			continue;
		atomic_store(&e->seen, atomic_load(&ticks->tick) - 1);
		return e;
	}
	return NULL;
}

static void engine_park(struct engine *e)
{
	uint32_t tick = atomic_load(&ticks->tick);

	atomic_store(&e->seen, tick);
	atomic_fetch_add(&ticks->arrivals, 1);
	word_wake(&ticks->arrivals);
	while (atomic_load(&ticks->tick) == tick)
		word_wait(&ticks->tick, tick, 0);
}

static _Thread_local struct engine *self;
static _Thread_local uint32_t looked_at;
static _Thread_local unsigned looks;

/* Return: whether the calling thread is an engine; it is entered. */
static bool is_engine(void)
{
	if (!self && syscall(SYS_gettid) != getpid())
		self = engine_join();
	return self != NULL;
}

static uint64_t look(void)
{
	if (!is_engine())
		return now_ns();
	if (atomic_load(&ticks->tick) == looked_at && ++looks == LOOKS)
		engine_park(self);
	uint32_t tick = atomic_load(&ticks->tick);
	if (tick != looked_at)
		looks = 0;
	looked_at = tick;
	return now_ns();
}

/* In the place of the C library's: an engine's sleep is one on this clock. */
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	uint64_t ns = timeout ? (uint64_t)timeout->tv_sec * 1000000000 + (uint64_t)timeout->tv_nsec : UINT64_MAX;
	uint64_t from = now_ns();

	if (!is_engine())
		return (int)syscall(SYS_ppoll, fds, count, timeout, mask, sizeof(*mask));
	for (;;) {
		int r = poll(fds, count, 0);

		if (r || now_ns() - from >= ns)
			return r;
		engine_park(self);
	}
}

/* ---------------------------------------------------------------- the keeper */

static void *keeper(void *arg)
{
	for (;;) {
		uint32_t tick = atomic_load(&ticks->tick);

		for (struct engine *e = ticks->engine; e < ticks->engine + ENGINES_MAX; e++)
			for (;;) {
				uint32_t arrivals = atomic_load(&ticks->arrivals);

				if (!atomic_load(&e->pid) || atomic_load(&e->seen) == tick)
					break;
				word_wait(&ticks->arrivals, arrivals, 0);
			}
		atomic_store(&ticks->tick, tick + 1);
		word_wake(&ticks->tick);
	}
	return arg;
}

bool cp_clock_start(void)
{
	pthread_t thread;

	ticks = mmap(NULL, sizeof(*ticks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ticks == MAP_FAILED)
		return false;
	/* Not at 0, which would be before every time that is subtracted from it. */
	const uint32_t first = 1000000000u / CP_CLOCK_TICK_NS;
	atomic_store(&ticks->tick, first);
	fake_clock = look;
	if (pthread_create(&thread, NULL, keeper, NULL))
		return false;
	pthread_detach(thread);
	/* A thread that begins may have locks of the sanitizer's allocator, which a child would find taken for ever. */
	while (atomic_load(&ticks->tick) == first)
		word_wait(&ticks->tick, first, 0);
	return true;
}

void cp_clock_leave(pid_t pid)
{
	for (struct engine *e = ticks->engine; e < ticks->engine + ENGINES_MAX; e++) {
		pid_t it = pid;

		atomic_compare_exchange_strong(&e->pid, &it, 0);
	}
	atomic_fetch_add(&ticks->arrivals, 1);
	word_wake(&ticks->arrivals);
}
