/* SPDX-License-Identifier: MIT */
/*
 * The watchdog: a policy that leaves a unit waiting that it owes a turn is replaced by fifo, which
 * holds nobody. Reads the waiting units of each GPU in the order in which they began to wait;
 * writes the fault record.
 */
#include "src/sched/core.h"

#include <stdio.h>

void watch_start(struct sched_unit *u)
{
	list_remove(&u->watch);
	u->watch_ns = u->gpu->sched->core_ns;
	list_append(&u->gpu->watch, &u->watch);
}

void watch_stop(struct sched_unit *u)
{
	list_remove(&u->watch);
}

/* One turn for everybody, and then the time allowed. */
static uint64_t patience_ns(const struct sched_gpu *g)
{
	uint64_t units = (uint64_t)g->run.count + g->wait.count + g->nparked;

	if (g->slice_max_ns && units > SCHED_NEVER / 2 / g->slice_max_ns)
		return SCHED_NEVER / 2;
	return units * g->slice_max_ns + g->sched->stall_ns;
}

static bool outranked(const struct sched_unit *u)
{
	const struct sched_unit *first = unit_first(&u->gpu->run);

	return first && first->claim.rank > u->claim.rank;
}

/* Whether the policy may let @u wait, by what it promises. */
static bool excused(const struct sched *s, const struct sched_unit *u)
{
	if (s->policy->owed && !s->policy->owed(s, u))
		return true;
	if (!s->policy->strict)
		return false;
	if (!u->as_one)
		return outranked(u);
	list_for_each(node, &u->job->units)
		if (outranked(list_entry(node, const struct sched_unit, siblings)))
			return true;
	return false;
}

static void replace(struct sched *s, const struct sched_unit *u)
{
	struct sched_fault *fault = &s->fault;
	const struct sched_queue *q = list_entry(u->queues.next, const struct sched_queue, in_unit);
	uint64_t waited_ms = (s->now_ns - u->wait_ns) / 1000000;

	snprintf(fault->policy, sizeof(fault->policy), "%s", s->policy->name);
	snprintf(fault->text, sizeof(fault->text),
		"left a ready queue of job \"%s\" unserved for %llu ms", u->job->name,
		(unsigned long long)waited_ms);
	fault->when_ns = s->now_ns;
	fault->owner = q->owner;
	s->faulted = true;
	policy_enter(s, &sched_policy_fifo);
}

void watch_check(struct sched *s)
{
	list_for_each(node, &s->gpus) {
		struct sched_gpu *g = list_entry(node, struct sched_gpu, in_sched);
		while (!list_empty(&g->watch)) {
			struct sched_unit *u = list_entry(g->watch.next, struct sched_unit, watch);
			if (s->core_ns - u->watch_ns <= patience_ns(g))
				break;
			if (!excused(s, u)) {
				replace(s, u);
				return;
			}
			watch_start(u);
		}
	}
}

uint64_t watch_next_ns(const struct sched *s)
{
	uint64_t next = SCHED_NEVER;

	list_for_each(node, &s->gpus) {
		const struct sched_gpu *g = list_entry(node, struct sched_gpu, in_sched);
		if (list_empty(&g->watch))
			continue;
		const struct sched_unit *u =
			list_entry(g->watch.next, const struct sched_unit, watch);
		uint64_t passed = s->core_ns - u->watch_ns;
		uint64_t left = passed < patience_ns(g) ? patience_ns(g) - passed + 1 : 1;
		/* In steps, so that time in which nobody called is not taken for time that was
		 * waited. */
		if (left > s->stall_ns / 8)
			left = s->stall_ns / 8 + 1;
		if (sched_add_ns(s->now_ns, left) < next)
			next = sched_add_ns(s->now_ns, left);
	}
	return next;
}

const struct sched_fault *sched_fault(const struct sched *s)
{
	return s->faulted ? &s->fault : NULL;
}
