/* SPDX-License-Identifier: MIT */
/*
 * Claims that flow along waits: a queue that another waits for has that one's claim, if better, and
 * so on transitively. The core's public calls say what changed; units get the result as their lent
 * claim.
 *
 * A change at one queue concerns what can be reached from it along its waits. Those are reset,
 * given what the rest of the graph lends them, and then pass claims on until nothing improves: that
 * ends for cycles too, because a claim passed on is never better than the one it came from.
 */
#include "src/sched/core.h"

#include <errno.h>

/* Only hard claims mean something on another GPU. */
static struct sched_claim claim_for(const struct sched_claim *claim, bool same_gpu)
{
	return same_gpu ? *claim : (struct sched_claim){claim->rank, UINT64_MAX, UINT64_MAX};
}

static bool held_by_user(const struct sched_queue *q)
{
	const struct sched *s = q->sched;

	if (q->suspended)
		return true;
	return (s->policy->uses & SCHED_USES(SCHED_HINT_PRIORITY)) &&
	       sched_queue_hint_get(q, SCHED_HINT_PRIORITY) == SCHED_PRIORITY_NO_EXECUTE;
}

bool queue_stopped(const struct sched_queue *q)
{
	return !q->lent_run && held_by_user(q);
}

/* Lets @on have what @q, which waits for it, can lend. Returns whether that is news. */
static bool lend(const struct sched_queue *q, struct sched_queue *on)
{
	bool same_gpu = q->gpu == on->gpu;
	bool news = !on->lent_run;

	if (!q->ready || (held_by_user(q) && !q->lent_run))
		return false;
	on->lent_run = true;
	struct sched_claim inherited = claim_for(&q->lent, same_gpu);
	if (claim_before(&inherited, &on->lent)) {
		on->lent = inherited;
		on->donor = same_gpu ? q->donor : NULL;
		news = true;
	}
	if (q->unit != on->unit && q->counted) {
		struct sched_claim own = claim_for(&q->unit->base, same_gpu);
		if (claim_before(&own, &on->lent)) {
			on->lent = own;
			on->donor = same_gpu ? q->unit : NULL;
			news = true;
		}
	}
	return news;
}

static void work_add(struct list *work, struct sched_queue *q)
{
	if (list_empty(&q->work))
		list_append(work, &q->work);
}

static struct sched_queue *work_take(struct list *work)
{
	struct sched_queue *q = list_entry(work->next, struct sched_queue, work);

	list_remove(&q->work);
	return q;
}

void unit_lend(struct sched_unit *u)
{
	struct sched_claim best = CLAIM_NONE;
	struct sched_unit *donor = NULL;

	list_for_each(node, &u->queues) {
		const struct sched_queue *q = list_entry(node, struct sched_queue, in_unit);
		if (q->ready && q->lent_run && q->donor != u && claim_before(&q->lent, &best)) {
			best = q->lent;
			donor = q->donor;
		}
	}
	u->lent = best;
	u->donor = donor;
	unit_place(u);
}

static void inherit_from(struct sched *s, struct sched_queue *source)
{
	struct list work, reached;
	uint64_t epoch = ++s->epoch;

	list_init(&work);
	list_init(&reached);
	/* What can be reached, the source with it: something may wait for it as well. */
	source->epoch = epoch;
	work_add(&work, source);
	while (!list_empty(&work)) {
		struct sched_queue *q = work_take(&work);
		list_append(&reached, &q->work);
		q->lent = CLAIM_NONE;
		q->donor = NULL;
		q->lent_run = false;
		for (int i = 0; i < SCHED_WAITS_MAX; i++) {
			struct sched_queue *on = q->waits[i].on;
			if (!on || on->epoch == epoch)
				continue;
			on->epoch = epoch;
			work_add(&work, on);
		}
	}
	/* What comes from outside, then what flows inside; "reached" doubles as the work list,
	 * members stay in it. */
	list_for_each(node, &reached) {
		struct sched_queue *on = list_entry(node, struct sched_queue, work);
		list_for_each(wait, &on->waiters) {
			const struct sched_queue *q =
				list_entry(wait, struct sched_wait, in_waiters)->waiter;
			if (q->epoch != epoch)
				lend(q, on);
		}
	}
	bool news = true;
	while (news) {
		news = false;
		list_for_each(node, &reached) {
			struct sched_queue *q = list_entry(node, struct sched_queue, work);
			for (int i = 0; i < SCHED_WAITS_MAX; i++)
				if (q->waits[i].on && lend(q, q->waits[i].on))
					news = true;
		}
	}
	while (!list_empty(&reached)) {
		struct sched_queue *q = work_take(&reached);
		unit_count(q);
		unit_lend(q->unit);
	}
}

void inherit_later(struct sched_queue *q)
{
	if (list_empty(&q->inherit))
		list_append(&q->sched->inherit, &q->inherit);
}

void inherit_unit_later(struct sched_unit *u)
{
	list_for_each(node, &u->queues) {
		struct sched_queue *q = list_entry(node, struct sched_queue, in_unit);
		if (q->nwaits)
			inherit_later(q);
	}
}

void inherit_run(struct sched *s)
{
	while (!list_empty(&s->inherit)) {
		struct sched_queue *q = list_entry(s->inherit.next, struct sched_queue, inherit);
		list_remove(&q->inherit);
		inherit_from(s, q);
	}
}

static void wait_end(struct sched_wait *wait)
{
	list_remove(&wait->in_waiters);
	inherit_later(wait->on);
	inherit_later(wait->waiter);
	wait->waiter->nwaits--;
	wait->on = NULL;
}

void inherit_forget(struct sched_queue *q)
{
	for (int i = 0; i < SCHED_WAITS_MAX; i++)
		if (q->waits[i].on)
			wait_end(&q->waits[i]);
	while (!list_empty(&q->waiters)) {
		struct sched_wait *wait =
			list_entry(q->waiters.next, struct sched_wait, in_waiters);
		struct sched_queue *waiter = wait->waiter;
		wait_end(wait);
		unit_count(waiter);
	}
	list_remove(&q->inherit);
}

int sched_queue_waits(struct sched_queue *q, struct sched_queue *on, uint64_t now_ns)
{
	struct sched_wait *unused = NULL;

	if (q == on || q->sched != on->sched)
		return -EINVAL;
	for (int i = 0; i < SCHED_WAITS_MAX; i++) {
		if (q->waits[i].on == on)
			return 0;
		if (!q->waits[i].on)
			unused = &q->waits[i];
	}
	if (!unused)
		return -ENOSPC;
	core_enter(q->sched, now_ns);
	unused->waiter = q;
	unused->on = on;
	list_append(&on->waiters, &unused->in_waiters);
	q->nwaits++;
	inherit_later(q);
	unit_count(q);
	core_leave(q->sched);
	return 0;
}

void sched_queue_wait_done(struct sched_queue *q, struct sched_queue *on, uint64_t now_ns)
{
	core_enter(q->sched, now_ns);
	for (int i = 0; i < SCHED_WAITS_MAX; i++)
		if (q->waits[i].on && (!on || q->waits[i].on == on))
			wait_end(&q->waits[i]);
	unit_count(q);
	core_leave(q->sched);
}
