/* SPDX-License-Identifier: MIT */
/*
 * Scheduled queues; see squeue.h. Decisions come from the decider in force and act on gates.
 *
 * Locks: the lock of squeue_require(), then the registry lock (vqueue.c), then the scheduler's lock, then a gate's ownership. The scheduler's lock is not held while
 * signals are made or freed, nor across fork. The only functions of the runtime called under it, beside index and doorbell stores,
 * translate a timestamp, once per queue, and name an agent (remote.c).
 */
#include "src/hsa_intercept/squeue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/common/log.h"
#include "src/common/probe.h"
#include "src/hsa_intercept/decider.h"
#include "src/hsa_intercept/level3.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/own_signals.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/remote.h"
#include "src/hsa_intercept/rounds.h"
#include "src/hsa_intercept/trace.h"

/* How much more may be in flight where brakes bound what has to be waited for: so many windows, and at least so long. Each brake needs two
 * signals of ours. */
#define BRAKED_WINDOWS 24u
#define BRAKED_MIN_NS  4000000u
/* A queue that becomes busy again so soon is looked at by the pacer alone. */
#define OFTEN_NS 200000u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t require_lock = PTHREAD_MUTEX_INITIALIZER;
/* Something was completed that squeue_wait() may wait for, or a queue went. */
static pthread_cond_t changed;
/* Under the lock. */
static int cancel_before; /* of the thread that has it */
static struct squeue *all;
static const struct decider *decider = &decider_local;
static int64_t process_hints[SCHED_HINTS];
static int process_suspended;
static uint32_t process_window_pkts;
static_assert(CONFIG_UNSET == SCHED_HINT_UNSET, "hints from settings");
/* Constant between squeue_start() and squeue_stop(). */
static struct config config;
static _Atomic bool running;
static _Atomic bool required; /* queues that came before anything was scheduled were given to the decider */
static _Atomic bool stopped = true; /* no runtime that could be scheduled */

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

/* Give the lock up until something changed. Return: 0; ETIMEDOUT. */
static int wait_changed(const struct timespec *until)
{
	int before = cancel_before;
	int error = until ? pthread_cond_timedwait(&changed, &lock, until) : pthread_cond_wait(&changed, &lock);

	cancel_before = before;
	return error;
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

const struct config *squeue_settings(void)
{
	return &config;
}

const struct decider *decider_now(void)
{
	return decider;
}

void squeue_changed(void)
{
	pthread_cond_broadcast(&changed);
}

/* A gate that nothing needs to look at. Must hold the lock. */
static void run_free(struct squeue *q)
{
	q->tracked = q->active = false;
	q->window_ns = SCHED_UNLIMITED;
	if (config.stats[0]) {
		/* The report counts what passes. */
		gate_track(&q->vq->gate, NULL);
		gate_open(&q->vq->gate);
	} else {
		gate_bypass(&q->vq->gate);
	}
}

/* Have the gate follow completions. Must hold the lock. Return: false: it cannot be limited, and is free. */
static bool follow(struct squeue *q)
{
	int error = pacer_start(round_all);

	if (error) {
		log_warning("queue %lu is not scheduled: %s", (unsigned long)q->vq->queue->id, strerror(-error));
		run_free(q);
		return false;
	}
	if (!q->tracked) {
		q->tracked = gate_track(&q->vq->gate, &q->track);
		q->drain.progress_ns = pacer_now_ns();
		q->backoff_ns = 0;
	}
	atomic_store(&q->kicked, true);
	pacer_kick();
	return true;
}

void squeue_limit(struct squeue *q, uint64_t window_ns)
{
	bool by_count = window_ns != SCHED_UNLIMITED && q->window_pkts;
	bool brakes = config.lv2 && window_ns != SCHED_UNLIMITED && !by_count && q->decision.level >= 2 && q->track.may_mark;
	uint64_t ahead_ns = BRAKED_WINDOWS * window_ns;

	q->window_ns = window_ns;
	q->refill_ns = pacer_refill_ns();
	gate_brake(&q->vq->gate, brakes ? window_ns : 0, ahead_ns > BRAKED_MIN_NS ? ahead_ns : BRAKED_MIN_NS);
	gate_limit(&q->vq->gate, by_count ? q->window_pkts : 0, window_ns, q->refill_ns);
}

static void run_limited(struct squeue *q, uint64_t window_ns)
{
	/* Closed while the limits come into force, so that nothing slips through. */
	if (!q->tracked)
		gate_close(&q->vq->gate);
	if (!follow(q))
		return;
	squeue_limit(q, window_ns);
	gate_open(&q->vq->gate);
}

/* The window of a queue that no policy limits, but a setting or a user; SCHED_UNLIMITED: none. */
static uint64_t own_window_ns(const struct squeue *q)
{
	if (q->hints[SCHED_HINT_WINDOW] != SCHED_HINT_UNSET)
		return (uint64_t)q->hints[SCHED_HINT_WINDOW] * 1000;
	/* By count; the time does not matter, as long as there is one. */
	if (q->window_pkts)
		return 0;
	if (!config.policy && config.window_us)
		return config.window_us * UINT64_C(1000);
	return SCHED_UNLIMITED;
}

void squeue_decide(struct squeue *q, const struct sched_effect *e)
{
	if (q->adding) {
		q->next_decision = *e;
		return;
	}
	PROBE5(decision, q->vq->gate.id, e->gate, e->reason, e->window_ns, e->level);
	trace_decision(q, e);
	if (q->decision.gate == SCHED_GATE_HOLD && e->gate != SCHED_GATE_HOLD)
		PROBE2(release, q->vq->gate.id, e->reason);
	/* Stopped in another way is not stopped again. */
	q->holds += e->gate == SCHED_GATE_HOLD && (q->decision.gate != SCHED_GATE_HOLD || !q->holds);
	q->decision = *e;
	bool loose = e->gate == SCHED_GATE_HOLD && e->reason == SCHED_BECAUSE_SUSPENDED && e->level == 1;
	/* No brake holds it from here on; the next look may find that another time. */
	if (e->gate != SCHED_GATE_HOLD || loose)
		q->stands = false;
	if (e->gate != SCHED_GATE_HOLD)
		level3_want(q, false);
	switch (e->gate) {
	case SCHED_GATE_HOLD:
		/* Who suspends it at level 1 wants what is published done. */
		if (loose)
			gate_close_loose(&q->vq->gate);
		else
			gate_close(&q->vq->gate);
		PROBE2(hold, q->vq->gate.id, e->reason);
		if (!follow(q))
			level3_want(q, false);
		else if (e->level == 3)
			level3_want(q, true);
		else if (e->reason == SCHED_BECAUSE_SUSPENDED)
			level3_want(q, false);
		break;
	case SCHED_GATE_RUN:
		run_limited(q, e->window_ns);
		break;
	case SCHED_GATE_FREE: {
		uint64_t window_ns = own_window_ns(q);

		if (window_ns != SCHED_UNLIMITED || q->waiters || q->trace)
			run_limited(q, window_ns);
		else
			run_free(q);
		break;
	}
	}
}

uint64_t squeue_drain_ns(const struct squeue *q, uint64_t now_ns)
{
	/* What is held back does not run; but what an open gate let through since the latest round may. */
	if (!q->active || q->published == q->complete || q->stands)
		return atomic_load(&q->kicked) ? SCHED_DRAIN_UNKNOWN : 0;
	return drain_left_ns(&q->drain, now_ns);
}

void squeue_relimit(struct squeue *q)
{
	if (q->decision.gate != SCHED_GATE_HOLD)
		squeue_decide(q, &(struct sched_effect){
			.gate = q->decision.gate, .reason = q->decision.reason, .window_ns = q->decision.window_ns,
			.level = q->decision.level});
}

static struct squeue *squeue_make(struct vqueue *vq, int *error_p)
{
	uint32_t size = vq->queue->size;
	struct squeue *q = calloc(1, sizeof(*q) + size * sizeof(q->notes[0]));

	if (!q) {
		*error_p = -ENOMEM;
		return NULL;
	}
	*error_p = own_signals_new(q->signals);
	if (*error_p) {
		free(q);
		return NULL;
	}
	q->vq = vq;
	q->agent = vq->agent;
	q->window_ns = SCHED_UNLIMITED;
	q->cost_ns = SCHED_UNLIMITED;
	for (int h = 0; h < SCHED_HINTS; h++)
		q->hints[h] = SCHED_HINT_UNSET;
	track_init(&q->track, vq->queue->base_address, size, q->notes, q->signals, vq->shared);
	/* For timestamps in our signals; without them windows and shares rest on what was seen from outside. */
	if (next.set_profiler_enabled)
		next.set_profiler_enabled(vq->queue, 1);
	return q;
}

/*
 * Give @q to the decider in force; decisions about it count from settle() on, when the decider knows all about it: a queue that is to be
 * suspended must not be let through first. Must hold the lock.
 */
static int add(struct squeue *q, uint64_t now_ns)
{
	q->adding = true;
	/* What deciders begin with, and do not say again. */
	q->next_decision = (struct sched_effect){.gate = SCHED_GATE_HOLD, .reason = SCHED_BECAUSE_IDLE, .level = 1};
	int error = decider->add(q, now_ns);

	q->added = !error;
	/* Waits name other queues, which the new decider may not know yet; the next round tells them again. */
	q->waits_count = 0;
	return error;
}

/* Behind add(). */
static void settle(struct squeue *q)
{
	q->adding = false;
	/* Without a decider nothing would ever let it go. */
	if (!q->added)
		q->next_decision = (struct sched_effect){
			.gate = SCHED_GATE_FREE, .reason = SCHED_BECAUSE_ALONE, .window_ns = SCHED_UNLIMITED, .level = 1};
	squeue_decide(q, &q->next_decision);
}

void decider_switch(const struct decider *d)
{
	uint64_t now_ns = pacer_now_ns();

	if (d == decider)
		return;
	for (struct squeue *q = all; q; q = q->next) {
		if (q->added)
			decider->remove(q, now_ns);
		q->added = false;
	}
	decider->stop();
	decider = d;
	for (struct squeue *q = all; q; q = q->next) {
		int error = add(q, now_ns);

		if (error)
			log_warning("queue %lu is not scheduled: %s", (unsigned long)q->vq->queue->id, strerror(-error));
	}
	/* Who must stop, before who may go. */
	for (struct squeue *q = all; q; q = q->next)
		if (q->added && q->next_decision.gate == SCHED_GATE_HOLD)
			settle(q);
	for (struct squeue *q = all; q; q = q->next)
		if (q->adding)
			settle(q);
	decider->flush();
	log_info("scheduled by: %s", d->name);
}

/* Whether waves may ever have to be saved, as far as settings tell: then it is worth knowing what that costs. */
static bool may_save(void)
{
	/* The position in CONFIG_POLICIES of those that never preempt. */
	enum { NONE, FIFO, FAIR = 7 };
	int policy = config.policy;

	if (config.level != CONFIG_UNSET && config.level < 3)
		return false;
	return remote_wanted() || (policy != NONE && policy != FIFO && policy != FAIR);
}

static bool is_scheduled(const struct vqueue *vq)
{
	squeue_lock();
	bool is = vq->squeue != NULL;
	squeue_unlock();
	return is;
}

void squeue_new(struct vqueue *vq)
{
	int error;

	if (atomic_load(&stopped) || !(atomic_load(&running) || remote_wanted()) || is_scheduled(vq))
		return;
	struct squeue *q = squeue_make(vq, &error);
	if (!q)
		goto out;
	remote_start();
	level3_track(q, may_save());
	squeue_lock();
	error = -ESHUTDOWN;
	if (!atomic_load(&stopped) && !vq->squeue) {
		atomic_store(&running, true);
		vq->squeue = q;
		q->next = all;
		all = q;
		q->window_pkts = process_window_pkts;
		q->suspended = process_suspended;
		PROBE3(queue, vq->gate.id, vq->queue->id, vq->node);
		trace_queue_begin(q);
		error = add(q, pacer_now_ns());
		if (!error) {
			settle(q);
		} else {
			trace_queue_end(q);
			all = q->next;
			vq->squeue = NULL;
		}
		decider->flush();
	}
	squeue_unlock();
	if (error) {
		level3_forget(level3_take(q));
		squeue_free(q);
	}
out:
	if (error && error != -ESHUTDOWN)
		log_warning("queue %lu is not scheduled: %s", (unsigned long)vq->queue->id, strerror(-error));
}

/* Wait for a squeue_require() that may have @vq on its list, and use its queue. Those that come later see that it goes. */
static void require_wait(void)
{
	pthread_mutex_lock(&require_lock);
	pthread_mutex_unlock(&require_lock);
}

void squeue_gone(struct vqueue *vq)
{
	require_wait();
	squeue_lost(vq);
}

void squeue_lost(struct vqueue *vq)
{
	struct cwsr_queue *hw = NULL;

	squeue_lock();
	struct squeue *q = vq->squeue;

	for (struct squeue **link = &all; q && *link; link = &(*link)->next) {
		if (*link != q)
			continue;
		*link = q->next;
		trace_queue_end(q);
		for (struct squeue *other = all; other; other = other->next)
			for (unsigned i = 0; i < other->waits_count; i++)
				if (other->waits[i] == q)
					other->waits[i--] = other->waits[--other->waits_count];
		if (q->added)
			decider->remove(q, pacer_now_ns());
		q->added = false;
		hw = level3_take(q);
		decider->flush();
		squeue_changed();
		/* It may be freed as soon as this returns. */
		while (q->waiters)
			wait_changed(NULL);
		break;
	}
	squeue_unlock();
	/* Before anybody waits for its packets. */
	level3_forget(hw);
}

void squeue_free(struct squeue *q)
{
	if (!q)
		return;
	own_signals_free(q->signals);
	free(q);
}

static void require_one(struct vqueue *vq, void *ctx)
{
	struct vqueue **list = ctx;

	/* Its last owner is about to destroy it. */
	if (!vq->refs)
		return;
	vq->next_required = *list;
	*list = vq;
}

bool squeue_running(void)
{
	return !atomic_load(&stopped);
}

int squeue_require(void)
{
	struct vqueue *list = NULL;

	if (atomic_load(&stopped))
		return -ESHUTDOWN;
	if (atomic_load(&required))
		return 0;
	pthread_mutex_lock(&require_lock);
	if (!atomic_load(&required)) {
		atomic_store(&running, true);
		/* Signals are made without the registry lock. Who destroys a queue waits, see squeue_gone(). */
		vqueue_for_each(require_one, &list);
		for (; list; list = list->next_required)
			squeue_new(list);
		atomic_store(&required, true);
	}
	pthread_mutex_unlock(&require_lock);
	return 0;
}

void squeue_priority(struct vqueue *vq, int offset)
{
	int64_t value = SCHED_HINT_UNSET;

	if (!atomic_load(&running))
		return;
	squeue_lock();
	struct squeue *q = vq->squeue;
	int64_t base = process_hints[SCHED_HINT_PRIORITY];
	if (base == SCHED_HINT_UNSET)
		base = sched_hint_info(SCHED_HINT_PRIORITY)->preset;
	if (offset && base != SCHED_PRIORITY_NO_EXECUTE) {
		value = base + offset;
		value = value < SCHED_PRIORITY_MIN ? SCHED_PRIORITY_MIN : value;
		value = value > SCHED_PRIORITY_MAX ? SCHED_PRIORITY_MAX : value;
	}
	/* What a user said about the queue counts more. */
	if (q && (q->priority_said || q->hints[SCHED_HINT_PRIORITY] == SCHED_HINT_UNSET)) {
		q->priority_said = true;
		q->hints[SCHED_HINT_PRIORITY] = value;
		if (q->added)
			decider->hint(q, SCHED_HINT_PRIORITY, value, pacer_now_ns());
		decider->flush();
	}
	squeue_unlock();
	pacer_kick();
}

void squeue_stir(struct vqueue *vq)
{
	/* Where waves may have to be saved for it, the pacer calls the driver: it wakes up while the doorbell is rung. */
	if (!level3_expected())
		return;
	atomic_store(&vq->squeue->stirred, true);
	atomic_store(&vq->squeue->kicked, true);
	pacer_kick();
}

void squeue_busy(struct vqueue *vq)
{
	struct squeue *q = vq->squeue;
	uint64_t now_ns = pacer_now_ns();

	atomic_store(&q->kicked, true);
	/* Who has the GPU meanwhile is to stop now, not when the pacer has woken up. A queue that often runs dry has somebody else's
	 * thread to lose, and no time to win. */
	bool often = now_ns - atomic_exchange_explicit(&q->began_ns, now_ns, memory_order_relaxed) < OFTEN_NS;
	if (often || !round_one(vq))
		pacer_kick();
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

int squeue_wait(struct vqueue *vq, bool published, uint64_t until_ns)
{
	int error = -ENOENT;

	squeue_lock();
	struct squeue *q = squeue_of(vq);
	if (q && q->added) {
		q->waiters++;
		squeue_relimit(q);
		/* The shadow counts from the moment the gate is tracked. */
		uint64_t target = published ? atomic_load(vq->gate.real_write) : atomic_load(&vq->gate.shadow);

		error = 0;
		while (!error) {
			struct timespec until = {
				.tv_sec = (time_t)(until_ns / 1000000000), .tv_nsec = (long)(until_ns % 1000000000)};

			if (!q->added || !q->tracked)
				error = -ENOENT;
			else if (q->complete >= target || (published && (q->stands || q->saved)))
				break;
			else if (wait_changed(&until))
				error = -ETIMEDOUT;
		}
		q->waiters--;
		if (q->added)
			squeue_relimit(q);
		else
			squeue_changed();
	}
	squeue_unlock();
	return error;
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

void squeue_start(const struct config *c)
{
	/* The second call for one runtime: see OnLoad. */
	if (!atomic_exchange(&stopped, false))
		return;
	config = *c;
	changed_init();
	decider = &decider_local;
	process_hints_load();
	remote_configure(&config);
	level3_start(&config);
	trace_configure(c->trace);
	atomic_store(&running, c->policy || c->window || c->window_us || c->trace[0]);
}

void squeue_stop(void)
{
	trace_stop();
	if (atomic_exchange(&stopped, true))
		return;
	atomic_store(&running, false);
	require_wait();
	atomic_store(&required, false);
	remote_stop();
	level3_stop();
	squeue_lock();
	/* Queues that the program did not destroy keep their memory: packets may name their signals. */
	for (struct squeue *q = all; q; q = q->next) {
		if (q->added)
			decider->remove(q, pacer_now_ns());
		q->added = false;
	}
	squeue_changed();
	/* From the beginning after each wait: meanwhile queues may go. */
	for (struct squeue *q = all; q;) {
		if (!q->waiters) {
			q = q->next;
			continue;
		}
		wait_changed(NULL);
		q = all;
	}
	all = NULL;
	decider->flush();
	decider->stop();
	decider = &decider_local;
	squeue_unlock();
	pacer_stop();
}

void squeue_fork_child(void)
{
	/* Another thread may have held them, or waited. */
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	require_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	changed_init();
	atomic_store(&stopped, true);
	atomic_store(&running, false);
	all = NULL;
	decider = &decider_local;
	decider_local_fork_child();
	remote_fork_child();
	level3_fork_child();
	pacer_fork_child();
	trace_fork_child();
}

bool squeue_report_get(const struct vqueue *vq, struct squeue_report *r_p)
{
	const struct squeue *q = vq->squeue;

	if (!q)
		return false;
	*r_p = (struct squeue_report){
		.window_pkts = q->window_ns == SCHED_UNLIMITED ? 0 : q->window_pkts,
		.window_ns = q->window_ns,
		.gpu_ns = q->gpu_ns,
		.holds = q->holds,
		.stats = q->track.stats,
	};
	level3_stats(q, &r_p->saves, &r_p->saved_ns);
	for (uint32_t i = 0; i < AQL_TIMES_ROWS; i++)
		if (q->track.times.row[i].key)
			r_p->kernels[r_p->kernel_count++] = q->track.times.row[i];
	return true;
}
