/* SPDX-License-Identifier: MIT */
/* The core's invariants, checked in full: for tests. Reads everything, writes nothing but step
 * counts. */
#include "src/sched/core.h"

static const char *check_set(const struct sched_gpu *g, const struct tree *set, bool running)
{
	const struct sched_unit *last = NULL;
	uint32_t count = 0;

	for (struct tree_node *node = tree_first(set); node; node = tree_next(set, node)) {
		const struct sched_unit *u = tree_entry(node, struct sched_unit, at);
		count++;
		if (u->in != set || u->gpu != g)
			return "a unit stands in a set that it does not know of";
		if (last && claim_before(&u->claim, &last->claim))
			return "a set is out of order";
		if (u->parked)
			return "a parked unit stands in a set";
		bool competes = set == &g->run || set == &g->wait;
		if (competes && !u->ready && !u->lingering)
			return "a unit competes with nothing to run";
		if (!competes && (u->ready || !u->blocked))
			return "a unit that can run is taken for a blocked one";
		if (set == &g->wait && list_empty(&u->watch))
			return "a waiting unit is not watched";
		if (running && !list_empty(&u->watch))
			return "a running unit is watched";
		last = u;
	}
	return count == set->count ? NULL : "a set miscounts";
}

static const char *check_choice(const struct sched_gpu *g)
{
	const struct sched *s = g->sched;
	const struct sched_unit *run = unit_first(&g->run), *last = unit_last(&g->run);
	const struct sched_unit *next = unit_first(&g->wait);

	if (next && !run)
		return "units wait for a GPU that nobody uses";
	if (next && claim_before(&next->claim, &last->claim) && !last->as_one)
		return "a unit waits behind one with a worse claim";
	if (next && g->run.count < gpu_width(s) && gpu_together(s, run, next))
		return "a unit waits for a place that is empty";
	return NULL;
}

static const char *check_queue(const struct sched_queue *q)
{
	const struct sched_unit *u = q->unit;
	bool can = q->ready && !queue_stopped(q);
	uint32_t waits = 0;

	for (int i = 0; i < SCHED_WAITS_MAX; i++)
		waits += q->waits[i].on != NULL;
	if (waits != q->nwaits)
		return "a queue miscounts what it waits for";
	if (can != q->counted || (can && (q->nwaits > 0) != q->counted_blocked))
		return "a unit does not know its queue's state";
	if (can && !u->in && !u->parked)
		return "a ready queue was lost";
	if (can && unit_runs(u) && q->last.gate == SCHED_GATE_HOLD)
		return "a queue that may run is held";
	if (can && !unit_runs(u) && q->last.gate == SCHED_GATE_RUN)
		return "a queue that must wait runs";
	if (queue_stopped(q) && q->last.gate != SCHED_GATE_HOLD)
		return "a suspended queue runs";
	if (!list_empty(&q->touched) || !list_empty(&q->inherit) || !list_empty(&q->work))
		return "a queue has unfinished business";
	return NULL;
}

static const char *check_as_one(const struct sched_job *job)
{
	bool runs = false, waits = false;

	list_for_each(node, &job->units) {
		const struct sched_unit *u = list_entry(node, const struct sched_unit, siblings);
		runs |= u->in == &u->gpu->run;
		waits |= u->parked || u->in == &u->gpu->wait;
	}
	return runs && waits ? "a job that runs as one runs in part" : NULL;
}

const char *sched_check(const struct sched *s)
{
	const char *wrong = NULL;

	list_for_each(node, &s->gpus) {
		const struct sched_gpu *g = list_entry(node, const struct sched_gpu, in_sched);
		const struct tree *sets[] = {&g->run, &g->blocked_run, &g->wait, &g->blocked_wait};
		for (int i = 0; i < 4 && !wrong; i++)
			wrong = check_set(g, sets[i], i < 2);
		if (!wrong)
			wrong = check_choice(g);
	}
	list_for_each(node, &s->queues)
		if (!wrong)
			wrong = check_queue(list_entry(node, const struct sched_queue, in_sched));
	list_for_each(node, &s->as_one)
		if (!wrong)
			wrong = check_as_one(list_entry(node, const struct sched_job, in_as_one));
	return wrong;
}
