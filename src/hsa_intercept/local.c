/* SPDX-License-Identifier: MIT */
/*
 * Scheduling within the process; see local.h. Decisions come from the core as effects and act on gates; completions go to the
 * core from the pacer's rounds.
 *
 * Locks: the scheduler's lock, then a gate's ownership. It is not held while signals are made or freed, nor across fork. The only
 * function of the runtime called under it translates a timestamp, once per queue.
 */
#include "src/hsa_intercept/local.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "src/aql/depend.h"
#include "src/common/log.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/own_signals.h"
#include "src/hsa_intercept/pacer.h"
#include "src/sched/sched.h"

#define GPUS_MAX 64u
/* How long to wait beyond the expected time before looking again, doubled each time. */
#define BACKOFF_MIN_NS 10000u
#define BACKOFF_MAX_NS 500000u
/* Looks are no further apart than this, however long the kernels. */
#define LOOK_MAX_NS 1000000u
/* Without progress for so long, look whether something can be done about it. */
#define STUCK_NS 2000000u

struct local_queue {
	struct vqueue *vq;
	hsa_agent_t agent;
	struct local_queue *next;   /* all that are scheduled */
	struct sched_queue *sched;  /* NULL: without a policy, or no longer scheduled */
	_Atomic bool kicked;        /* packets came, or the gate changed; writers: anyone */
	bool tracked;               /* by its gate */
	bool active;                /* to be looked at in each round */
	bool tick_asked;            /* the runtime was asked for the length of a tick */
	uint64_t window_ns;         /* as the latest effect said */
	uint64_t refill_ns;         /* as the gate was told */
	uint64_t complete;          /* packets known to be complete in the latest round */
	uint64_t progress_ns;       /* when that changed */
	uint64_t stuck_ns;          /* when something was last done about a lack of progress */
	uint64_t backoff_ns;
	struct local_queue *waits[AQL_DEPENDS_MAX]; /* as the core was told */
	unsigned waits_count;
	struct track_signal *signals[TRACK_SIGNALS];
	struct track track;
	struct track_note notes[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock. */
static struct local_queue *all;
static struct sched *sched;
static struct sched_job *job;
static struct {
	uint32_t node;
	struct sched_gpu *gpu;
} gpus[GPUS_MAX];
static unsigned gpu_count;
/* Constant between local_start() and local_stop(). */
static struct config config;
static _Atomic bool running;

static uint64_t round_all(uint64_t now_ns);

/* Have the gate follow completions. Must hold the lock. */
static void follow(struct local_queue *q)
{
	if (!q->tracked) {
		q->tracked = gate_track(&q->vq->gate, &q->track);
		q->progress_ns = pacer_now_ns();
		q->backoff_ns = 0;
	}
	atomic_store(&q->kicked, true);
	pacer_kick();
}

/* Must hold the lock. */
static void limit(struct local_queue *q, uint64_t window_ns)
{
	bool by_count = window_ns != SCHED_UNLIMITED && config.window;

	q->window_ns = window_ns;
	q->refill_ns = pacer_refill_ns();
	gate_limit(&q->vq->gate, by_count ? config.window : 0, window_ns, q->refill_ns);
}

static void run_limited(struct local_queue *q, uint64_t window_ns)
{
	/* Closed while the limits come into force, so that nothing slips through. */
	if (!q->tracked)
		gate_close(&q->vq->gate);
	follow(q);
	limit(q, window_ns);
	gate_open(&q->vq->gate);
}

static void run_free(struct local_queue *q)
{
	q->tracked = q->active = false;
	q->window_ns = SCHED_UNLIMITED;
	if (*config.stats) {
		/* The report counts what passes. */
		gate_track(&q->vq->gate, NULL);
		gate_open(&q->vq->gate);
	} else {
		gate_bypass(&q->vq->gate);
	}
}

static void effect(void *ctx, void *owner, const struct sched_effect *e)
{
	struct local_queue *q = owner;

	switch (e->gate) {
	case SCHED_GATE_HOLD:
		gate_close(&q->vq->gate);
		follow(q);
		break;
	case SCHED_GATE_RUN:
		run_limited(q, e->window_ns);
		break;
	case SCHED_GATE_FREE:
		run_free(q);
		break;
	}
}

static const struct sched_ops ops = {.effect = effect};

/* The name at position @index of CONFIG_POLICIES. */
static const char *policy_name(int index, char *name, size_t size)
{
	const char *from = CONFIG_POLICIES;

	while (index--)
		from = strchr(from, '|') + 1;
	size_t length = strcspn(from, "|");
	length = length < size ? length : size - 1;
	memcpy(name, from, length);
	name[length] = 0;
	return name;
}

/* Make the core with the first queue. Must hold the lock. */
static int sched_make(uint64_t now_ns)
{
	char name[16];
	int error;

	if (sched)
		return 0;
	error = sched_new(NULL, &ops, NULL, &sched);
	if (error)
		return error;
	error = sched_job_new(sched, NULL, &job);
	if (!error)
		error = sched_policy_set(sched, policy_name(config.policy, name, sizeof(name)), now_ns);
	if (error) {
		sched_free(sched);
		sched = NULL;
		return error;
	}
	sched_job_hint_set(job, SCHED_HINT_PRIORITY, config.priority, now_ns);
	sched_job_hint_set(job, SCHED_HINT_TIMESLICE, config.timeslice_us, now_ns);
	sched_job_hint_set(job, SCHED_HINT_AGEING, (int64_t)config.ageing_us, now_ns);
	if (config.window_us)
		sched_job_hint_set(job, SCHED_HINT_WINDOW, config.window_us, now_ns);
	return 0;
}

/* The scheduling domain of the GPU with that node number. Must hold the lock. */
static int gpu_get(uint32_t node, struct sched_gpu **gpu_p)
{
	for (unsigned i = 0; i < gpu_count; i++) {
		if (gpus[i].node == node) {
			*gpu_p = gpus[i].gpu;
			return 0;
		}
	}
	if (gpu_count == GPUS_MAX)
		return -ENOSPC;
	int error = sched_gpu_new(sched, SCHED_UNLIMITED, gpu_p);
	if (!error) {
		gpus[gpu_count].node = node;
		gpus[gpu_count++].gpu = *gpu_p;
	}
	return error;
}

/* Must hold the lock. */
static int admit(struct local_queue *q, uint64_t now_ns)
{
	struct sched_gpu *gpu;
	int error = pacer_start(round_all);

	if (error)
		return error;
	if (!config.policy) {
		run_limited(q, config.window_us * UINT64_C(1000));
		return 0;
	}
	error = sched_make(now_ns);
	if (!error)
		error = gpu_get(q->vq->node, &gpu);
	if (!error)
		error = sched_queue_new(gpu, job, q, now_ns, &q->sched);
	return error;
}

static struct local_queue *local_queue_make(struct vqueue *vq, hsa_agent_t agent, int *error_p)
{
	uint32_t size = vq->queue->size;
	struct local_queue *q = calloc(1, sizeof(*q) + size * sizeof(q->notes[0]));

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
	q->agent = agent;
	q->window_ns = SCHED_UNLIMITED;
	track_init(&q->track, vq->queue->base_address, size, q->notes, q->signals,
		vq->queue->type == HSA_QUEUE_TYPE_MULTI);
	/* For timestamps in our signals; without them windows and shares rest on what was seen from outside. */
	if (next.set_profiler_enabled)
		next.set_profiler_enabled(vq->queue, 1);
	return q;
}

void local_queue_new(struct vqueue *vq, hsa_agent_t agent)
{
	int error;

	if (!atomic_load(&running) || vq->local)
		return;
	struct local_queue *q = local_queue_make(vq, agent, &error);
	if (!q)
		goto out;
	pthread_mutex_lock(&lock);
	error = -ESHUTDOWN;
	if (atomic_load(&running)) {
		vq->local = q;
		q->next = all;
		all = q;
		error = admit(q, pacer_now_ns());
		if (error) {
			all = q->next;
			vq->local = NULL;
		}
	}
	pthread_mutex_unlock(&lock);
	if (error)
		local_queue_free(q);
out:
	if (error && error != -ESHUTDOWN)
		log_warning("queue %lu is not scheduled: %s", (unsigned long)vq->queue->id, strerror(-error));
}

void local_queue_gone(struct vqueue *vq)
{
	pthread_mutex_lock(&lock);
	struct local_queue *q = vq->local;

	for (struct local_queue **link = &all; q && *link; link = &(*link)->next) {
		if (*link != q)
			continue;
		*link = q->next;
		for (struct local_queue *other = all; other; other = other->next)
			for (unsigned i = 0; i < other->waits_count; i++)
				if (other->waits[i] == q)
					other->waits[i--] = other->waits[--other->waits_count];
		if (q->sched)
			sched_queue_free(q->sched, pacer_now_ns());
		q->sched = NULL;
		break;
	}
	pthread_mutex_unlock(&lock);
}

void local_queue_free(struct local_queue *q)
{
	if (!q)
		return;
	own_signals_free(q->signals);
	free(q);
}

void local_queue_priority(struct vqueue *vq, int offset)
{
	int64_t value = SCHED_HINT_UNSET;

	if (!atomic_load(&running))
		return;
	if (offset && config.priority != SCHED_PRIORITY_NO_EXECUTE) {
		value = config.priority + offset;
		value = value < SCHED_PRIORITY_MIN ? SCHED_PRIORITY_MIN : value;
		value = value > SCHED_PRIORITY_MAX ? SCHED_PRIORITY_MAX : value;
	}
	pthread_mutex_lock(&lock);
	if (vq->local && vq->local->sched)
		sched_queue_hint_set(vq->local->sched, SCHED_HINT_PRIORITY, value, pacer_now_ns());
	pthread_mutex_unlock(&lock);
	pacer_kick();
}

void local_busy(struct vqueue *vq)
{
	atomic_store(&vq->local->kicked, true);
	pacer_kick();
}

/* Tell the core for which queues of ours the head of @q waits. Must hold the lock. */
static void waits_update(struct local_queue *q, const struct gate_pace *p, uint64_t now_ns)
{
	uint64_t signals[AQL_DEPENDS_MAX];
	struct local_queue *on[AQL_DEPENDS_MAX];
	unsigned count = 0, n = aql_depend_head(&q->vq->gate.ring, p->complete, signals);

	for (unsigned i = 0; i < n; i++) {
		for (struct local_queue *other = all; other && count < AQL_DEPENDS_MAX; other = other->next) {
			if (other == q || !other->sched || !aql_depend_completes(&other->vq->gate, signals[i]))
				continue;
			on[count++] = other;
			break;
		}
	}
	if (count == q->waits_count && !memcmp(on, q->waits, count * sizeof(on[0])))
		return;
	sched_queue_wait_done(q->sched, NULL, now_ns);
	memcpy(q->waits, on, count * sizeof(on[0]));
	q->waits_count = count;
	for (unsigned i = 0; i < count; i++)
		sched_queue_waits(q->sched, on[i]->sched, now_ns);
}

/* Must hold the lock. */
static void report(struct local_queue *q, const struct gate_pace *p, bool progress, uint64_t now_ns)
{
	uint64_t ran_ns = p->ran_ns;

	/* Packets that carry the program's signals, and nothing to compare them with: the time they were in flight. */
	if (progress && p->ran_unknown && !p->mean_ns)
		ran_ns += now_ns - q->progress_ns;
	if (p->busy)
		sched_queue_ready(q->sched, now_ns);
	if (ran_ns)
		sched_queue_ran(q->sched, ran_ns, now_ns);
	if (p->busy) {
		waits_update(q, p, now_ns);
		return;
	}
	if (q->waits_count)
		sched_queue_wait_done(q->sched, NULL, now_ns);
	q->waits_count = 0;
	sched_queue_idle(q->sched, now_ns);
}

static void ask_tick(struct local_queue *q, uint64_t ts)
{
	uint32_t tick_q16 = own_signals_tick_q16(q->agent, q->signals[TRACK_SPARE], ts);

	q->tick_asked = true;
	if (tick_q16)
		atomic_store_explicit(&q->track.tick_q16, tick_q16, memory_order_relaxed);
}

/* When @q is worth a look again. Must hold the lock. */
static uint64_t next_look_ns(struct local_queue *q, const struct gate_pace *p, uint64_t now_ns)
{
	uint64_t due_ns = q->progress_ns + p->next_ns;

	/* Held, with nothing in flight: the next change is an effect. */
	if (!p->busy || p->published == p->complete)
		return PACER_NEVER;
	if (due_ns > now_ns)
		return due_ns < now_ns + LOOK_MAX_NS ? due_ns : now_ns + LOOK_MAX_NS;
	q->backoff_ns = q->backoff_ns ? 2 * q->backoff_ns : BACKOFF_MIN_NS;
	if (q->backoff_ns > BACKOFF_MAX_NS)
		q->backoff_ns = BACKOFF_MAX_NS;
	return now_ns + q->backoff_ns;
}

/* Look at one queue. Must hold the lock. Return: when to look again. */
static uint64_t look(struct local_queue *q, uint64_t now_ns)
{
	struct gate_pace p;
	unsigned flags = 0;

	if (q->active && now_ns > q->progress_ns + STUCK_NS && now_ns > q->stuck_ns + STUCK_NS) {
		flags = GATE_PACE_MARK | GATE_PACE_EXTRA;
		q->stuck_ns = now_ns;
	}
	gate_pace(&q->vq->gate, flags, &p);
	if (!p.tracked) {
		/* Free, or another writer of the index was found and nothing can be held any more. */
		q->tracked = q->active = false;
		if (q->sched && atomic_load(&q->vq->gate.mode) == GATE_DETACHED)
			sched_queue_idle(q->sched, now_ns);
		return PACER_NEVER;
	}
	bool progress = p.complete != q->complete, begins = p.busy && !q->active;
	q->complete = p.complete;
	q->active = p.busy;
	if (!q->tick_asked && p.last_ts)
		ask_tick(q, p.last_ts);
	if (q->sched)
		report(q, &p, progress, now_ns);
	if (progress || begins) {
		q->progress_ns = q->stuck_ns = now_ns;
		q->backoff_ns = 0;
	}
	/* An effect may have freed it. */
	if (!q->tracked)
		return PACER_NEVER;
	uint64_t refill_ns = pacer_refill_ns();
	if (refill_ns > q->refill_ns + q->refill_ns / 4 || refill_ns < q->refill_ns - q->refill_ns / 4)
		limit(q, q->window_ns);
	return next_look_ns(q, &p, now_ns);
}

static uint64_t round_all(uint64_t now_ns)
{
	uint64_t next_ns = PACER_NEVER;

	pthread_mutex_lock(&lock);
	for (struct local_queue *q = all; q; q = q->next) {
		if (!atomic_exchange(&q->kicked, false) && !q->active)
			continue;
		uint64_t look_ns = look(q, now_ns);
		next_ns = look_ns < next_ns ? look_ns : next_ns;
	}
	if (sched) {
		uint64_t tick_ns = sched_tick(sched, now_ns);

		next_ns = tick_ns < next_ns ? tick_ns : next_ns;
	}
	pthread_mutex_unlock(&lock);
	return next_ns;
}

void local_start(const struct config *c)
{
	/* The second call for one runtime: see OnLoad. */
	if (atomic_load(&running))
		return;
	config = *c;
	atomic_store(&running, c->policy || c->window || c->window_us);
}

void local_stop(void)
{
	if (!atomic_exchange(&running, false))
		return;
	pthread_mutex_lock(&lock);
	/* Queues that the program did not destroy keep their memory: packets may name their signals. */
	for (struct local_queue *q = all; q; q = q->next)
		q->sched = NULL;
	all = NULL;
	sched_free(sched);
	sched = NULL;
	job = NULL;
	gpu_count = 0;
	pthread_mutex_unlock(&lock);
	pacer_stop();
}

void local_fork_child(void)
{
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	atomic_store(&running, false);
	all = NULL;
	sched = NULL;
	pacer_fork_child();
}

bool local_report_get(const struct vqueue *vq, struct local_report *r_p)
{
	const struct local_queue *q = vq->local;

	if (!q)
		return false;
	*r_p = (struct local_report){
		.window_pkts = q->window_ns == SCHED_UNLIMITED ? 0 : config.window,
		.window_ns = q->window_ns,
		.stats = q->track.stats,
	};
	for (uint32_t i = 0; i < AQL_TIMES_ROWS; i++)
		if (q->track.times.row[i].kernel)
			r_p->kernels[r_p->kernel_count++] = q->track.times.row[i];
	return true;
}
