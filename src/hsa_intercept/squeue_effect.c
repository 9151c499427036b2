/* SPDX-License-Identifier: MIT */
/* Decisions come into force at gates; see squeue_effect.h. */
#include "src/hsa_intercept/squeue_effect.h"

#include <string.h>

#include "src/common/log.h"
#include "src/common/probe.h"
#include "src/hsa_intercept/level3.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/rounds.h"
#include "src/hsa_intercept/trace.h"

/* How much more may be in flight where brakes bound what has to be waited for: so many windows, and at least so long. Each brake needs two
 * signals of ours. */
#define BRAKED_WINDOWS 24u
#define BRAKED_MIN_NS  4000000u
/* Of a window in time, one part in so many is left for what estimates do not know: the gaps between packets, a tenth for kernels of 10 us. */
#define GAPS_PART 8u

/* A gate that nothing needs to look at. Must hold the lock. */
static void run_free(struct squeue *q)
{
	q->tracked = q->active = q->braked = false;
	q->window_ns = SCHED_UNLIMITED;
	if (squeue_settings()->stats[0]) {
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
	bool brakes = squeue_settings()->lv2 && window_ns != SCHED_UNLIMITED && !by_count && q->decision.level >= 2 && q->track.may_mark;
	uint64_t ahead_ns = BRAKED_WINDOWS * window_ns, budget_ns = window_ns;

	if (window_ns != SCHED_UNLIMITED)
		budget_ns -= window_ns / GAPS_PART;
	q->window_ns = window_ns;
	q->braked = brakes;
	q->refill_ns = pacer_refill_ns();
	gate_brake(&q->vq->gate, brakes ? window_ns : 0, ahead_ns > BRAKED_MIN_NS ? ahead_ns : BRAKED_MIN_NS);
	/* The two may be of different times. */
	uint64_t spread_ns = pacer_spread_ns();
	gate_limit(&q->vq->gate, by_count ? q->window_pkts : 0, budget_ns, q->refill_ns, spread_ns < q->refill_ns / 2 ? spread_ns : q->refill_ns / 2);
}

/* @saved: its waves are to be continued first; the look that follow() asked for publishes behind that. */
static void run_limited(struct squeue *q, uint64_t window_ns, bool saved)
{
	/* Closed while the limits come into force, so that nothing slips through. */
	if (!q->tracked)
		gate_close(&q->vq->gate);
	if (!follow(q))
		return;
	squeue_limit(q, window_ns);
	if (saved)
		gate_open_unserved(&q->vq->gate);
	else
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
	if (!squeue_settings()->policy && squeue_settings()->window_us)
		return squeue_settings()->window_us * UINT64_C(1000);
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
	/* No brake holds it from here on; the next look may find that another time. */
	if (!sched_effect_brakes(e))
		q->stands = false;
	bool saved = q->asked;
	if (e->gate != SCHED_GATE_HOLD)
		level3_want(q, false);
	switch (e->gate) {
	case SCHED_GATE_HOLD:
		if (sched_effect_brakes(e))
			gate_close_soon(&q->vq->gate);
		else
			gate_close_loose(&q->vq->gate);
		PROBE2(hold, q->vq->gate.id, e->reason);
		if (!follow(q))
			level3_want(q, false);
		else if (e->level == 3)
			level3_want(q, true);
		else if (e->reason == SCHED_BECAUSE_SUSPENDED)
			level3_want(q, false);
		break;
	case SCHED_GATE_RUN:
		run_limited(q, e->window_ns, saved);
		break;
	case SCHED_GATE_FREE: {
		uint64_t window_ns = own_window_ns(q);

		if (window_ns != SCHED_UNLIMITED || q->waiters || q->trace)
			run_limited(q, window_ns, saved);
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

bool squeue_outlasts_saving(const struct squeue *q, uint64_t now_ns)
{
	return q->published != q->complete && !q->stands && !q->saved && drain_left_ns(&q->drain, now_ns) > q->cost_ns;
}

void squeue_relimit(struct squeue *q)
{
	if (q->decision.gate != SCHED_GATE_HOLD)
		squeue_decide(q, &(struct sched_effect){
			.gate = q->decision.gate, .reason = q->decision.reason, .window_ns = q->decision.window_ns,
			.level = q->decision.level});
}
