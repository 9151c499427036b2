/* SPDX-License-Identifier: MIT */
/* The helper thread; see pacer.h. */
#include "src/hsa_intercept/pacer.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "src/common/barrier.h"
#include "src/common/log.h"
#include "src/common/prompt.h"

/* Less than this is spent waiting awake: a sleep takes longer. */
#define SPIN_NS 5000u
/* Until measured: waking from a timed sleep on an idle machine. */
#define REFILL_NS 60000u

static pthread_t thread;
static bool started; /* under the callers' exclusion */
static pacer_round_fn round_fn;
static _Atomic bool stopping;
struct words {
	_Atomic uint32_t *kicks;  /* futex; writers: anyone */
	_Atomic uint32_t *asleep; /* writer: the pacer */
	_Atomic uint64_t *looks_ns; /* writer: the pacer */
	int private;              /* FUTEX_PRIVATE_FLAG, or 0: other processes wake it too */
};
static _Atomic uint32_t own_kicks, own_asleep;
static _Atomic uint64_t own_looks_ns;
static struct words own = {&own_kicks, &own_asleep, &own_looks_ns, FUTEX_PRIVATE_FLAG}, shared;
static _Atomic bool prompt; /* see pacer_prompt() */
static _Atomic(struct words *) words = &own; /* writer: pacer_words_set() */
static _Atomic uint64_t refill_ns = REFILL_NS, spread_ns; /* writer: the pacer */
static _Thread_local bool is_self __attribute__((tls_model("initial-exec")));
static _Atomic uint64_t sleeps_until_ns; /* 0: it is awake; writer: the pacer */
static uint64_t filled_ns; /* when this round first refilled a queue; 0: it did not; the pacer's, as the next */
static uint64_t average_ns = REFILL_NS, deviation_ns; /* of the time from what was due */

uint64_t pacer_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void futex_wait(const struct words *w, uint32_t seen, uint64_t until_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(until_ns / 1000000000), .tv_nsec = (long)(until_ns % 1000000000)};

	/* The absolute time is of CLOCK_MONOTONIC. */
	syscall(SYS_futex, w->kicks, FUTEX_WAIT_BITSET | w->private, seen, until_ns == PACER_NEVER ? NULL : &until, NULL,
		FUTEX_BITSET_MATCH_ANY);
}

static void kick(const struct words *w)
{
	/* Sequentially consistent, both: either we see that the pacer sleeps, or it sees the kick. */
	atomic_fetch_add(w->kicks, 1);
	if (atomic_load(w->asleep))
		syscall(SYS_futex, w->kicks, FUTEX_WAKE | w->private, 1);
}

void pacer_kick(void)
{
	kick(atomic_load(&words));
}

void pacer_due(uint64_t at_ns)
{
	if (at_ns < atomic_load(&sleeps_until_ns) || !atomic_load(&sleeps_until_ns))
		pacer_kick();
}

void pacer_prompt(bool on)
{
	if (atomic_exchange(&prompt, on) != on)
		pacer_kick();
}

void pacer_words_set(_Atomic uint32_t *kicks, _Atomic uint32_t *asleep, _Atomic uint64_t *looks_ns)
{
	struct words *before = atomic_load(&words);

	if (before == &shared)
		return;
	shared = (struct words){kicks, asleep, looks_ns, 0};
	atomic_store(&words, &shared);
	/* A pacer that sleeps on those before goes over to these, with a round: what was kicked there meanwhile is not lost. */
	kick(before);
}

/* Until @until_ns, or until there was a kick since @seen. Return: whether it was asleep until then. */
static bool pause_until(const struct words *w, uint32_t seen, uint64_t until_ns)
{
	uint64_t now_ns = pacer_now_ns();

	if (until_ns <= now_ns)
		return false;
	if (until_ns - now_ns < SPIN_NS) {
		while (atomic_load(w->kicks) == seen && pacer_now_ns() < until_ns)
			spin_pause();
		return false;
	}
	/* Relaxed: in front of the other. */
	atomic_store_explicit(w->looks_ns, until_ns == PACER_NEVER || atomic_load(&prompt) ? 0 : until_ns, memory_order_relaxed);
	atomic_store(w->asleep, 1);
	if (atomic_load(w->kicks) == seen)
		futex_wait(w, seen, until_ns);
	atomic_store(w->asleep, 0);
	return until_ns != PACER_NEVER && atomic_load(w->kicks) == seen;
}

void pacer_filled(void)
{
	if (is_self && !filled_ns)
		filled_ns = pacer_now_ns();
}

/* What was due at @due_ns was there at @at_ns. */
static void learn(uint64_t due_ns, uint64_t at_ns)
{
	uint64_t late_ns = at_ns > due_ns ? at_ns - due_ns : 0;

	/* One odd wake-up counts little. */
	if (late_ns > 4 * average_ns)
		late_ns = 4 * average_ns;
	uint64_t off_ns = late_ns > average_ns ? late_ns - average_ns : average_ns - late_ns;
	average_ns = (15 * average_ns + late_ns) / 16 + 1;
	deviation_ns = (15 * deviation_ns + off_ns) / 16;
	atomic_store_explicit(&refill_ns, average_ns + 2 * deviation_ns, memory_order_relaxed);
	atomic_store_explicit(&spread_ns, deviation_ns, memory_order_relaxed);
}

static void *run(void *arg)
{
	uint64_t due_ns = 0; /* what it slept for; 0: it was kicked */

	(void)arg;
	is_self = true;
	prctl(PR_SET_NAME, "xsched-pacer");
	prompt_thread();
	for (;;) {
		/* Before the round: what is said from here on, on whichever words, is followed by another one. */
		const struct words *w = atomic_load(&words);
		uint32_t seen = atomic_load(w->kicks);

		/* In this order: the kick that comes with it may have been seen already. */
		if (atomic_load(&stopping))
			return NULL;
		/* Whoever changes something during the round or behind it finds this, and kicks. */
		atomic_store(&sleeps_until_ns, 0);
		filled_ns = 0;
		uint64_t now_ns = pacer_now_ns(), until_ns = round_fn(now_ns);
		if (due_ns)
			learn(due_ns, filled_ns ? filled_ns : now_ns);
		atomic_store(&sleeps_until_ns, until_ns);
		due_ns = pause_until(w, seen, until_ns) ? until_ns : 0;
	}
}

int pacer_start(pacer_round_fn round)
{
	sigset_t all, before;

	if (started)
		return 0;
	round_fn = round;
	atomic_store(&stopping, false);
	/* The thread inherits the mask: the application's signals go to the application's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = prompt_create(&thread, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	started = !error;
	if (started)
		log_debug("the pacer runs");
	return error;
}

void pacer_stop(void)
{
	struct timespec until;

	if (!started)
		return;
	started = false;
	atomic_store(&stopping, true);
	pacer_kick();
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	if (pthread_timedjoin_np(thread, NULL, &until)) {
		log_warning("the pacer did not end in time");
		pthread_detach(thread);
	}
}

void pacer_fork_child(void)
{
	started = false;
	/* The words may be the parent's. */
	atomic_store(&words, &own);
	atomic_store(&own_asleep, 0);
}

bool pacer_is_self(void)
{
	return is_self;
}

uint64_t pacer_refill_ns(void)
{
	return atomic_load_explicit(&refill_ns, memory_order_relaxed);
}

uint64_t pacer_spread_ns(void)
{
	return atomic_load_explicit(&spread_ns, memory_order_relaxed);
}
