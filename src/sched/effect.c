/* SPDX-License-Identifier: MIT */
/*
 * Effects: what each queue's gate shall do, sent when it differs from what was sent before. Reads
 * the decided sets of units; writes only what was last sent.
 */
#include "src/sched/core.h"

/* How often the time between two looks at a queue of which nothing is known is doubled. */
#define DRAIN_LOOKS 20u
/* Until the end that was expected of a queue has been seen and told of: of what stopping it costs, one part in so many. */
#define DRAIN_SAID_PART 4u

void queue_touch(struct sched_queue *q)
{
	if (list_empty(&q->touched))
		list_append(&q->sched->touched, &q->touched);
}

void unit_touch(struct sched_unit *u)
{
	list_for_each(node, &u->queues)
		queue_touch(list_entry(node, struct sched_queue, in_unit));
}

bool unit_limited(const struct sched_unit *u)
{
	struct sched_gpu *g = u->gpu;
	const struct sched *s = g->sched;

	if (gpu_width(s) != SCHED_WIDTH_ALL)
		return g->by_ceiling.count > gpu_width(s);
	int64_t floor = s->policy->floor ? s->policy->floor(s, u) : u->ceiling;
	const struct tree_node *top = tree_first(&g->by_ceiling);
	if (top == &u->by_ceiling)
		top = tree_next(&g->by_ceiling, top);
	return top &&
	       tree_entry((struct tree_node *)top, struct sched_unit, by_ceiling)->ceiling > floor;
}

static bool gpu_is_free(struct sched_gpu *g)
{
	const struct sched *s = g->sched;
	const struct sched_unit *first =
		tree_entry(tree_first(&g->by_ceiling), struct sched_unit, by_ceiling);
	const struct sched_unit *last =
		tree_entry(tree_last(&g->by_ceiling), struct sched_unit, by_ceiling);

	if (s->follow_all)
		return false;
	/* Jobs that run as one may have to stop here because of what is elsewhere. */
	list_for_each(node, &s->as_one) {
		const struct sched_job *job = list_entry(node, struct sched_job, in_as_one);
		list_for_each(part, &job->units)
			if (list_entry(part, struct sched_unit, siblings)->gpu == g)
				return false;
	}
	if (!first)
		return true;
	if (gpu_width(s) != SCHED_WIDTH_ALL)
		return g->by_ceiling.count <= gpu_width(s);
	return first == last || (!s->policy->floor && first->ceiling == last->ceiling);
}

void gpu_refresh(struct sched_gpu *g)
{
	const struct sched *s = g->sched;
	struct tree_node *node = tree_first(&g->by_ceiling);
	bool all = gpu_width(s) == SCHED_WIDTH_ALL;
	bool narrow = !all && g->by_ceiling.count > gpu_width(s);
	bool free = gpu_is_free(g);
	int64_t top = node ? tree_entry(node, struct sched_unit, by_ceiling)->ceiling : 0;
	int64_t low = top < g->top_ceiling ? top : g->top_ceiling;
	bool whole = free != g->free || narrow != g->narrow ||
		     (s->policy->floor && top != g->top_ceiling);

	/* A new highest ceiling concerns those that stand, or stood, at it: the others were limited
	 * and still are. */
	for (; node && (whole || top != g->top_ceiling); node = tree_next(&g->by_ceiling, node)) {
		struct sched_unit *u = tree_entry(node, struct sched_unit, by_ceiling);
		if (!whole && u->ceiling < low)
			break;
		unit_touch(u);
	}
	g->free = free;
	g->narrow = narrow;
	g->top_ceiling = top;
}

static enum sched_reason held_because(const struct sched_unit *u)
{
	const struct sched_unit *first = unit_first(&u->gpu->run);

	if (!u->in && !u->parked)
		return SCHED_BECAUSE_IDLE;
	if (first && first->claim.rank > u->claim.rank)
		return SCHED_BECAUSE_OUTRANKED;
	return u->parked ? SCHED_BECAUSE_JOB : SCHED_BECAUSE_OTHERS;
}

static int queue_level(const struct sched_queue *q, int most)
{
	int level = (int)sched_queue_hint_get(q, SCHED_HINT_LEVEL);

	if (level == 3 && q->gpu->preempt_cost_ns == SCHED_UNLIMITED)
		level = 2;
	return level < most ? level : most;
}

static struct sched_effect queue_effect(const struct sched_queue *q)
{
	const struct sched_unit *u = q->unit;
	struct sched_effect hold = {.gate = SCHED_GATE_HOLD, .level = queue_level(q, 2)};

	if (queue_stopped(q)) {
		hold.reason = q->suspended ? SCHED_BECAUSE_SUSPENDED : SCHED_BECAUSE_NO_EXECUTE;
		if (q->suspended)
			hold.level = q->suspend_level;
		return hold;
	}
	if (q->gpu->free)
		return (struct sched_effect){
			SCHED_GATE_FREE, SCHED_BECAUSE_ALONE, SCHED_UNLIMITED, queue_level(q, 3)};
	bool limited = unit_limited(u);
	/* What nothing can disturb need not ask before it starts. */
	bool open = unit_runs(u) || (!limited && !u->as_one && !u->in && !u->parked);
	if (!open) {
		hold.reason = held_because(u);
		return hold;
	}
	uint64_t window = limited || u->as_one
				  ? (uint64_t)sched_queue_hint_get(q, SCHED_HINT_WINDOW) * 1000
				  : SCHED_UNLIMITED;
	return (struct sched_effect){SCHED_GATE_RUN, SCHED_BECAUSE_TURN, window, queue_level(q, 3)};
}

uint64_t queue_drain_ns(const struct sched_queue *q)
{
	const struct sched *s = q->sched;

	if (s->ops->drain_ns)
		return s->ops->drain_ns(s->ctx, q->owner, s->now_ns);
	return (uint64_t)sched_queue_hint_get(q, SCHED_HINT_WINDOW) * 1000;
}

/* Whether a higher claim would be served sooner if @q's running waves were stopped, did they take long. */
static bool may_preempt(const struct sched_queue *q)
{
	const struct sched_unit *first = unit_first(&q->gpu->run);

	return first && first->claim.rank > q->unit->claim.rank && queue_level(q, 3) == 3;
}

static bool worth_preempting(const struct sched_queue *q)
{
	if (!may_preempt(q))
		return false;
	uint64_t drain_ns = queue_drain_ns(q);
	return drain_ns != SCHED_DRAIN_UNKNOWN && drain_ns > q->gpu->preempt_cost_ns;
}

void queue_watch_drain(struct sched_queue *q)
{
	if (!list_empty(&q->draining))
		return;
	list_append(&q->gpu->draining, &q->draining);
	q->drain_looks = 0;
	/* Whoever it makes room for may be running already. */
	q->gpu->promoted = true;
}

static void send(struct sched_queue *q, const struct sched_effect *effect)
{
	struct sched *s = q->sched;

	if (effect->gate == SCHED_GATE_HOLD) {
		q->holds += q->ready && q->last.gate != SCHED_GATE_HOLD;
		q->preempts += effect->level == 3;
		if (q->last.gate != SCHED_GATE_HOLD || q->relevel)
			queue_watch_drain(q);
	} else {
		list_remove(&q->draining);
	}
	q->relevel = false;
	q->last = *effect;
	s->ops->effect(s->ctx, q->owner, effect);
}

static bool same_effect(const struct sched_effect *a, const struct sched_effect *b)
{
	return a->gate == b->gate && a->window_ns == b->window_ns &&
	       (a->level == b->level || (a->gate == SCHED_GATE_HOLD && a->level > b->level));
}

static void commit_queue(struct sched *s, struct sched_queue *q)
{
	struct sched_effect effect = queue_effect(q);

	if (effect.gate == SCHED_GATE_HOLD && effect.reason == SCHED_BECAUSE_OUTRANKED &&
		q->last.gate != SCHED_GATE_HOLD && worth_preempting(q))
		effect.level = 3;
	if (same_effect(&q->last, &effect) && !q->relevel) {
		if (effect.gate == SCHED_GATE_HOLD)
			q->last.reason = effect.reason;
	} else if (effect.gate == SCHED_GATE_HOLD) {
		send(q, &effect);
	} else {
		list_append(&s->runs, &q->touched);
	}
}

/* Queues that were held at a lower level a while ago and are still running are in a newcomer's way
 * as well. */
static void stop_draining(struct sched_gpu *g)
{
	list_for_each(node, &g->draining) {
		struct sched_queue *q = list_entry(node, struct sched_queue, draining);
		if (!queue_drain_ns(q) || q->last.level == 3) {
			list_remove(&q->draining);
		} else if (worth_preempting(q)) {
			struct sched_effect effect = q->last;
			effect.level = 3;
			effect.reason = SCHED_BECAUSE_OUTRANKED;
			list_remove(&q->draining);
			send(q, &effect);
		} else if (may_preempt(q)) {
			/* It may take longer than was expected of it. Of one whose process does not
			 * answer, less and less is expected. */
			uint64_t wait_ns = g->preempt_cost_ns + 1, drain_ns = queue_drain_ns(q);
			if (drain_ns == SCHED_DRAIN_UNKNOWN)
				q->drain_looks += q->drain_looks < DRAIN_LOOKS;
			else if (wait_ns < drain_ns + g->preempt_cost_ns / DRAIN_SAID_PART)
				wait_ns = drain_ns + g->preempt_cost_ns / DRAIN_SAID_PART;
			unsigned shift = q->drain_looks ? q->drain_looks - 1 : 0;
			wait_ns = wait_ns > UINT64_MAX >> shift ? UINT64_MAX : wait_ns << shift;
			uint64_t look_ns = sched_add_ns(q->sched->now_ns, wait_ns);
			if (look_ns < g->drain_look_ns)
				g->drain_look_ns = look_ns;
		}
	}
}

static void stop_draining_all(struct sched *s)
{
	list_for_each(node, &s->gpus) {
		struct sched_gpu *g = list_entry(node, struct sched_gpu, in_sched);
		if (g->promoted)
			stop_draining(g);
		g->promoted = false;
	}
}

static struct sched_queue *take_touched(struct list *list)
{
	struct sched_queue *q = list_entry(list->next, struct sched_queue, touched);

	list_remove(&q->touched);
	return q;
}

void commit(struct sched *s)
{
	/* An effect may make the caller call the core again; the outermost call sends what that
	 * leads to. */
	if (s->committing)
		return;
	s->committing = true;
	do {
		while (!list_empty(&s->touched))
			commit_queue(s, take_touched(&s->touched));
		stop_draining_all(s);
		if (list_empty(&s->runs))
			continue;
		struct sched_queue *q = take_touched(&s->runs);
		struct sched_effect effect = queue_effect(q);
		if (effect.gate == SCHED_GATE_HOLD) {
			queue_touch(q);
		} else if (!same_effect(&q->last, &effect)) {
			send(q, &effect);
		}
	} while (!list_empty(&s->touched) || !list_empty(&s->runs));
	s->committing = false;
}
