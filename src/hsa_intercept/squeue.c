/* SPDX-License-Identifier: MIT */
/*
 * Scheduled queues come and go, tell the pacer that they have packets, and are waited for; see squeue.h. The order of locks is in
 * squeue_common.c.
 */
#include "src/hsa_intercept/squeue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "src/common/log.h"
#include "src/common/probe.h"
#include "src/hsa_intercept/decider.h"
#include "src/hsa_intercept/level3.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/own_signals.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/remote.h"
#include "src/hsa_intercept/rounds.h"
#include "src/hsa_intercept/shared_brake.h"
#include "src/hsa_intercept/squeue_common.h"
#include "src/hsa_intercept/squeue_effect.h"
#include "src/hsa_intercept/trace.h"

/* A queue that becomes busy again so soon is looked at by the pacer alone. */
#define OFTEN_NS 200000u

static pthread_mutex_t require_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool running;
static _Atomic bool required; /* queues that came before anything was scheduled were given to the decider */
static _Atomic bool stopped = true; /* no runtime that could be scheduled */

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

/* Where a daemon may decide, it can stop what is published. */
static void brake_take(struct squeue *q)
{
	if (q->track.may_mark && squeue_settings()->lv2)
		q->brake = shared_brake_take(&q->track.brake, &q->track.brake_handle);
}

/* Whether waves may ever have to be saved, as far as settings tell: then it is worth knowing what that costs. */
static bool may_save(void)
{
	/* The position in CONFIG_POLICIES of those that never preempt. */
	enum { NONE, FIFO, FAIR = 7 };
	int policy = squeue_settings()->policy;

	if (squeue_settings()->level != CONFIG_UNSET && squeue_settings()->level < 3)
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
	brake_take(q);
	level3_track(q, may_save());
	squeue_lock();
	error = -ESHUTDOWN;
	if (!atomic_load(&stopped) && !vq->squeue) {
		atomic_store(&running, true);
		vq->squeue = q;
		gate_brake_share(&vq->gate, q->brake ? q->track.brake : NULL);
		squeue_list_add(q);
		squeue_process_apply(q);
		PROBE3(queue, vq->gate.id, vq->queue->id, vq->node);
		trace_queue_begin(q);
		error = decider_add(q, pacer_now_ns());
		if (!error) {
			decider_settle(q);
		} else {
			trace_queue_end(q);
			squeue_list_remove(q);
			gate_brake_share(&vq->gate, NULL);
			vq->squeue = NULL;
		}
		decider_now()->flush();
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

	if (q && squeue_list_remove(q)) {
		trace_queue_end(q);
		for (struct squeue *other = squeue_first(); other; other = other->next)
			for (unsigned i = 0; i < other->waits_count; i++)
				if (other->waits[i] == q)
					other->waits[i--] = other->waits[--other->waits_count];
		decider_remove(q, pacer_now_ns());
		hw = level3_take(q);
		decider_now()->flush();
		squeue_changed();
		/* It may be freed as soon as this returns. */
		while (q->waiters)
			squeue_wait_changed(NULL);
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
	shared_brake_give(q->brake);
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
	int64_t base = squeue_process_hint(SCHED_HINT_PRIORITY);
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
			decider_now()->hint(q, SCHED_HINT_PRIORITY, value, pacer_now_ns());
		decider_now()->flush();
	}
	squeue_unlock();
	pacer_kick();
}

/*
 * A queue that often runs dry has somebody else's thread to lose, and no time to win.
 * @now_ns: it becomes busy
 */
static bool is_often(struct squeue *q, uint64_t now_ns)
{
	return now_ns - atomic_load_explicit(&q->began_ns, memory_order_relaxed) < OFTEN_NS;
}

/* Another process may have to make room for it: the daemon can decide while the doorbell is rung. */
static bool tell_daemon(struct squeue *q)
{
	if (is_often(q, pacer_now_ns()) || !squeue_trylock())
		return false;
	/* A held one has to be looked at first: its gate may have been open meanwhile. */
	bool told = q->tracked && q->decision.gate != SCHED_GATE_HOLD && remote_arrives(q);

	squeue_unlock();
	return told;
}

void squeue_stir(struct vqueue *vq)
{
	if (tell_daemon(vq->squeue))
		return;
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
	/* Who has the GPU meanwhile is to stop now, not when the pacer has woken up. */
	bool often = is_often(q, now_ns);
	atomic_store_explicit(&q->began_ns, now_ns, memory_order_relaxed);
	if (often || !round_one(vq))
		pacer_kick();
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
			else if (squeue_wait_changed(&until))
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

void squeue_start(const struct config *c)
{
	/* The second call for one runtime: see OnLoad. */
	if (!atomic_exchange(&stopped, false))
		return;
	squeue_common_start(c);
	decider_reset();
	shared_brakes_start();
	remote_configure(squeue_settings());
	level3_start(squeue_settings());
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
	for (struct squeue *q = squeue_first(); q; q = q->next)
		decider_remove(q, pacer_now_ns());
	squeue_changed();
	/* From the beginning after each wait: meanwhile queues may go. */
	for (struct squeue *q = squeue_first(); q;) {
		if (!q->waiters) {
			q = q->next;
			continue;
		}
		squeue_wait_changed(NULL);
		q = squeue_first();
	}
	squeue_list_forget();
	decider_now()->flush();
	decider_now()->stop();
	decider_reset();
	squeue_unlock();
	pacer_stop();
}

void squeue_fork_child(void)
{
	squeue_common_fork_child();
	/* Another thread may have held it. */
	require_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	atomic_store(&stopped, true);
	atomic_store(&running, false);
	decider_reset();
	decider_local_fork_child();
	remote_fork_child();
	level3_fork_child();
	pacer_fork_child();
	trace_fork_child();
}
