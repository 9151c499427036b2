/* SPDX-License-Identifier: MIT */
/*
 * Rounds of the pacer; see rounds.h. What gates saw goes to the decider; the core's timers run here too. All of it under the
 * scheduler's lock.
 */
#include "src/hsa_intercept/rounds.h"

#include <string.h>

#include "src/hsa_intercept/decider.h"
#include "src/hsa_intercept/level3.h"
#include "src/hsa_intercept/own_signals.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/squeue_effect.h"

/* How long to wait beyond the expected time before looking again, doubled each time. */
#define BACKOFF_MIN_NS 10000u
#define BACKOFF_MAX_NS 500000u
/* The same as a part of the time since the latest progress, where others are held meanwhile: the GPU is theirs as soon as this is seen. */
#define BACKOFF_PART 64u
/* Looks are no further apart than this, however long the kernels. */
#define LOOK_MAX_NS 2000000u
/* Without progress for so long, look whether something can be done about it. */
#define STUCK_NS 2000000u

/* Tell the core for which queues of ours the head of @q waits. Must hold the lock. */
static void waits_update(struct squeue *q, const struct gate_pace *p, uint64_t now_ns)
{
	uint64_t signals[AQL_DEPENDS_MAX];
	struct squeue *on[AQL_DEPENDS_MAX];
	unsigned count = 0, n = aql_depend_head(&q->vq->gate.ring, p->head, signals);

	for (unsigned i = 0; i < n; i++) {
		for (struct squeue *other = squeue_first(); other && count < AQL_DEPENDS_MAX; other = other->next) {
			if (other == q || !other->added || !aql_depend_completes(&other->vq->gate, signals[i]))
				continue;
			on[count++] = other;
			break;
		}
	}
	if (count == q->waits_count && !memcmp(on, q->waits, count * sizeof(on[0])))
		return;
	memcpy(q->waits, on, count * sizeof(on[0]));
	q->waits_count = count;
	decider_now()->waits(q, now_ns);
}

/* A kernel that was saved meanwhile did not have the GPU from its beginning to its end. */
static void take_out_saved(struct squeue *q, struct gate_pace *p)
{
	for (unsigned i = 0; i < p->span_count && q->was_saved_ns; i++) {
		uint64_t ns = p->spans[i].ns < q->was_saved_ns ? p->spans[i].ns : q->was_saved_ns;

		p->spans[i].ns -= ns;
		q->was_saved_ns -= ns;
	}
}

/* What it costs follows each measurement, and whoever compares with it an estimate needs it no finer. */
#define COST_PART 4u

static bool cost_moved(uint64_t told_ns, uint64_t now_ns)
{
	if (told_ns == SCHED_UNLIMITED || now_ns == SCHED_UNLIMITED)
		return told_ns != now_ns;
	return (told_ns > now_ns ? told_ns - now_ns : now_ns - told_ns) > told_ns / COST_PART;
}

/* @since_ns: how long ago the progress before this one was. Must hold the lock. */
static void report(struct squeue *q, struct gate_pace *p, bool progress, uint64_t since_ns, uint64_t now_ns)
{
	uint64_t ran_ns = p->ran_ns;

	/* Packets that carry the program's signals, and nothing to compare them with: the time they were in flight. */
	if (progress && p->ran_unknown && !p->mean_ns)
		ran_ns += since_ns;
	const struct decider *d = decider_now();
	uint64_t cost_ns = level3_cost_ns(q);

	if (cost_moved(q->cost_ns, cost_ns)) {
		q->cost_ns = cost_ns;
		d->cost(q, now_ns);
	}
	if (p->busy) {
		/* In this order: who is waited for need not be stopped first. */
		waits_update(q, p, now_ns);
		d->ready(q, now_ns);
	}
	take_out_saved(q, p);
	if (ran_ns || p->span_count)
		q->gpu_ns += d->ran(q, ran_ns, p->spans, p->span_count, now_ns);
	if (p->busy)
		return;
	if (q->waits_count) {
		q->waits_count = 0;
		d->waits(q, now_ns);
	}
	d->idle(q, now_ns);
}

static void ask_tick(struct squeue *q, uint64_t ts)
{
	uint32_t tick_q16 = own_signals_tick_q16(q->agent, q->signals[TRACK_SPARE], ts);

	q->tick_asked = true;
	if (tick_q16)
		atomic_store_explicit(&q->track.tick_q16, tick_q16, memory_order_relaxed);
}

/* Whether somebody is held while @q runs, as far as can be known here. Must hold the lock. */
static bool others_wait(const struct squeue *q)
{
	if (q->decision.gate != SCHED_GATE_RUN)
		return false;
	/* The daemon does not tell of other processes' queues; this one would be free if there were none. */
	if (decider_now() == &decider_remote)
		return true;
	for (const struct squeue *other = squeue_first(); other; other = other->next)
		if (other != q && other->vq->node == q->vq->node && other->active && other->decision.gate == SCHED_GATE_HOLD)
			return true;
	return false;
}

/* When @q is worth a look again. Must hold the lock. */
static uint64_t next_look_ns(struct squeue *q, const struct gate_pace *p, uint64_t now_ns)
{
	uint64_t due_ns = (p->since_ns ? p->since_ns : q->drain.progress_ns) + p->next_ns;

	if (p->barred_ns)
		return now_ns + p->barred_ns;
	/* Held, with nothing in flight, or with nothing that runs: the next change is an effect. */
	if (!p->busy || p->published == p->complete || p->stands || q->saved)
		return PACER_NEVER;
	if (p->settles_ns)
		return now_ns + p->settles_ns;
	if (due_ns > now_ns)
		return due_ns < now_ns + LOOK_MAX_NS ? due_ns : now_ns + LOOK_MAX_NS;
	uint64_t most_ns = BACKOFF_MAX_NS;
	if (others_wait(q)) {
		uint64_t part_ns = (now_ns - (q->drain.progress_ns < now_ns ? q->drain.progress_ns : now_ns)) / BACKOFF_PART;

		most_ns = part_ns < BACKOFF_MIN_NS ? BACKOFF_MIN_NS : part_ns < most_ns ? part_ns : most_ns;
	}
	q->backoff_ns = q->backoff_ns ? 2 * q->backoff_ns : BACKOFF_MIN_NS;
	if (q->backoff_ns > most_ns)
		q->backoff_ns = most_ns;
	return now_ns + q->backoff_ns;
}

/* What @p says of @q. @aside: in a thread of the program. Must hold the lock. Return: whether it is still tracked. */
static bool take(struct squeue *q, struct gate_pace *p, uint64_t now_ns, bool aside)
{
	if (!p->tracked) {
		/* Free, or another writer of the index was found and nothing can be held any more. */
		q->tracked = q->active = q->stands = false;
		if (q->added && gate_mode_now(&q->vq->gate) == GATE_DETACHED)
			decider_now()->idle(q, now_ns);
		squeue_changed();
		return false;
	}
	bool progress = p->complete != q->complete, begins = p->busy && !q->active;
	/* What completed last may have done so before this look. */
	uint64_t changed_ns = progress ? now_ns - (p->passed_ns < now_ns - q->drain.progress_ns ? p->passed_ns : now_ns - q->drain.progress_ns) : now_ns;
	bool known = q->drain.end_ns && !progress && !begins && p->published == q->published;
	if (!known || p->stands != q->stands) {
		uint64_t from_ns = p->since_ns ? p->since_ns : progress || begins ? changed_ns : q->drain.progress_ns;

		q->drain.stop_ns = from_ns + p->stop_ns;
		q->drain.end_ns = from_ns + p->flight_ns;
		q->drain.step_ns = p->step_ns;
	}
	q->drain.most_ns = p->most_ns;
	q->published = p->published;
	q->complete = p->complete;
	bool stops = p->stands && !q->stands;
	q->stands = p->stands;
	q->active = p->busy;
	/* The runtime is not called from within its caller's. */
	if (!aside && !q->tick_asked && p->last_ts)
		ask_tick(q, p->last_ts);
	/* What was decided in this very round may be later than its time. */
	uint64_t since_ns = now_ns > q->drain.progress_ns ? now_ns - q->drain.progress_ns : 0;
	if (progress || begins) {
		q->drain.progress_ns = changed_ns;
		q->stuck_ns = now_ns;
		q->backoff_ns = 0;
	}
	if (q->added)
		report(q, p, progress, since_ns, now_ns);
	if ((progress || stops) && q->waiters)
		squeue_changed();
	/* An effect may have freed it. */
	return q->tracked;
}

/* What waited for the decision about @q is looked at again. Must hold the lock. */
static void decided(struct squeue *q)
{
	if (!gate_decided(&q->vq->gate))
		return;
	for (struct squeue *other = squeue_first(); other; other = other->next)
		if (other->tracked && other->vq->node == q->vq->node)
			atomic_store(&other->kicked, true);
	pacer_kick();
}

/* Look at one queue, and fill it up. Must hold the lock. Return: when to look again. */
static uint64_t look(struct squeue *q, uint64_t now_ns, bool aside)
{
	struct gate_pace p;
	unsigned flags = 0;

	if (q->active && now_ns > q->drain.progress_ns + STUCK_NS && now_ns > q->stuck_ns + STUCK_NS) {
		flags = GATE_PACE_MARK | GATE_PACE_EXTRA;
		q->stuck_ns = now_ns;
	}
	/* Somebody waits for the end, which nothing else may show soon. */
	if (q->waiters)
		flags |= GATE_PACE_MARK;
	uint64_t published = q->published;
	gate_pace(&q->vq->gate, flags, &p);
	if (!aside && p.tracked && p.published != published)
		pacer_filled();
	bool tracked = take(q, &p, now_ns, aside);
	decided(q);
	if (!tracked)
		return PACER_NEVER;
	uint64_t refill_ns = pacer_refill_ns();
	if (refill_ns > q->refill_ns + q->refill_ns / 8 || refill_ns < q->refill_ns - q->refill_ns / 8)
		squeue_limit(q, q->window_ns);
	return next_look_ns(q, &p, now_ns);
}

/* Take note of everything that completed, and decide about it, before anything more is published. Must hold the lock. */
static void see_all(uint64_t now_ns)
{
	const struct decider *d = decider_now();
	struct gate_pace p;

	if (!d->begin)
		return;
	d->begin();
	for (struct squeue *q = squeue_first(); q; q = q->next) {
		if (!q->active || q->published == q->complete)
			continue;
		gate_pace(&q->vq->gate, GATE_PACE_SEE, &p);
		take(q, &p, now_ns, false);
	}
	d->end(now_ns);
}

/*
 * What becomes busy is known before its gate can be had, which whoever rings has until the doorbell is rung: waves that make room for it are
 * stopped by then. The look that follows in any case says how it went on.
 */
static void decide_stirred(void)
{
	bool any = false;

	if (!level3_expected())
		return;
	squeue_lock();
	uint64_t now_ns = pacer_now_ns();
	for (struct squeue *q = squeue_first(); q; q = q->next) {
		/* A held one has to be looked at first: its gate may have been open meanwhile. */
		if (!atomic_exchange(&q->stirred, false) || !q->added || !q->tracked || q->decision.gate == SCHED_GATE_HOLD)
			continue;
		/* The thread that rang may have looked already, and seen the end. */
		atomic_store(&q->kicked, true);
		decider_now()->ready(q, now_ns);
		decided(q);
		any = true;
	}
	if (any)
		decider_now()->flush();
	squeue_unlock();
	if (any)
		level3_serve();
}

uint64_t round_all(uint64_t now_ns)
{
	uint64_t next_ns = PACER_NEVER;

	decide_stirred();
	squeue_lock();
	/* The lock may have been waited for, while others noted later times. */
	uint64_t locked_ns = pacer_now_ns();
	if (locked_ns > now_ns)
		now_ns = locked_ns;
	see_all(now_ns);
	/* Then what was decided meanwhile: it may open gates. What is due looks at what was just seen: what has stopped is not stopped again. */
	uint64_t tick_ns = decider_now()->tick(now_ns);
	/* Waves do not wait for doorbells. Not under the lock, which the answers take. */
	if (level3_is_owed()) {
		decider_now()->flush();
		squeue_unlock();
		level3_serve();
		squeue_lock();
		now_ns = pacer_now_ns();
	}

	for (struct squeue *q = squeue_first(); q; q = q->next) {
		if (!atomic_exchange(&q->kicked, false) && !q->active)
			continue;
		uint64_t look_ns = look(q, now_ns, false);
		next_ns = look_ns < next_ns ? look_ns : next_ns;
	}
	if (tick_ns > now_ns)
		tick_ns = decider_now()->tick(now_ns);
	decider_now()->flush();
	squeue_unlock();
	level3_serve();
	return tick_ns < next_ns ? tick_ns : next_ns;
}

/* Whether the pacer, which is on its way to decide about @q, will have to call the driver for it. Must hold the lock. */
static bool is_for_pacer(const struct squeue *q, uint64_t now_ns)
{
	if (!atomic_load(&q->stirred))
		return false;
	for (const struct squeue *other = squeue_first(); other; other = other->next)
		if (other != q && other->vq->node == q->vq->node && squeue_outlasts_saving(other, now_ns))
			return true;
	return false;
}

bool round_one(struct vqueue *vq)
{
	if (!squeue_trylock())
		return false;
	uint64_t now_ns = pacer_now_ns(), next_ns = PACER_NEVER;
	struct squeue *q = squeue_of(vq);
	/* It looks at what is kicked, too. Where brakes will do they are closed here and now. */
	bool leave = q && is_for_pacer(q, now_ns);

	if (q && !leave && atomic_exchange(&q->kicked, false)) {
		next_ns = look(q, now_ns, true);
		uint64_t tick_ns = decider_now()->tick(now_ns);
		next_ns = tick_ns < next_ns ? tick_ns : next_ns;
		decider_now()->flush();
	}
	squeue_unlock();
	pacer_due(next_ns);
	return true;
}
