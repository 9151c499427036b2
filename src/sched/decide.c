/* SPDX-License-Identifier: MIT */
/*
 * Decisions: which units run on each GPU. Reads the claims in the ordered sets and moves units
 * between them; a decision costs O(log n) per unit that changes sides.
 */
#include "src/sched/core.h"

void gpu_dirty(struct sched_gpu *g)
{
	g->dirty = true;
}

bool gpu_waiting(const struct sched_gpu *g)
{
	return g->wait.count || g->nparked;
}

uint32_t gpu_width(const struct sched *s)
{
	return s->policy->width ? s->policy->width(s) : 1;
}

bool gpu_together(const struct sched *s, const struct sched_unit *first, const struct sched_unit *u)
{
	return first == u || !s->policy->together || s->policy->together(first, u);
}

/* The last running unit that may be sent to wait here: parts of a job that runs as one leave all
 * together. */
static struct sched_unit *last_to_go(struct sched_gpu *g)
{
	struct sched_unit *u = unit_last(&g->run);

	while (u && u->as_one)
		u = tree_entry(tree_prev(&g->run, &u->at), struct sched_unit, at);
	return u;
}

static struct sched_unit *better(struct sched_unit *a, struct sched_unit *b)
{
	if (!a || !b)
		return a ? a : b;
	return claim_before(&b->claim, &a->claim) ? b : a;
}

/* Makes the running units the longest prefix of all competing ones that the policy's width and
 * .together allow. */
static void settle(struct sched_gpu *g)
{
	const struct sched *s = g->sched;
	uint32_t width = gpu_width(s);

	for (;;) {
		struct sched_unit *next = unit_first(&g->wait);
		struct sched_unit *last = last_to_go(g);
		struct sched_unit *first = better(unit_first(&g->run), next);
		if (last && (g->run.count > width || !gpu_together(s, first, last))) {
			unit_demote(last);
		} else if (!next || !gpu_together(s, first, next)) {
			break;
		} else if (g->run.count < width) {
			unit_promote(next);
		} else if (last && claim_before(&next->claim, &last->claim)) {
			unit_demote(last);
		} else {
			break;
		}
	}
}

/* Whether @u, which waits for another queue and so takes nobody's place, may go on as soon as that
 * is done. */
static bool opens(struct sched_gpu *g, const struct sched_unit *u)
{
	const struct sched *s = g->sched;
	const struct sched_unit *first = unit_first(&g->run);

	if (!first || claim_before(&u->claim, &first->claim))
		return true;
	return gpu_together(s, first, u) &&
	       (g->run.count < gpu_width(s) || claim_before(&u->claim, &unit_last(&g->run)->claim));
}

static void settle_blocked(struct sched_gpu *g)
{
	struct sched_unit *u;

	while ((u = unit_last(&g->blocked_run)) && !opens(g, u)) {
		unit_put(u, &g->blocked_wait);
		unit_touch(u);
	}
	while ((u = unit_first(&g->blocked_wait)) && opens(g, u)) {
		unit_put(u, &g->blocked_run);
		unit_touch(u);
	}
}

void decide(struct sched *s)
{
	bool again = true;

	if (s->deciding)
		return;
	s->deciding = true;
	/* Claims only get worse within a decision, by what its own demotions charge: it comes to an
	 * end. */
	while (again) {
		again = false;
		inherit_run(s);
		if (!list_empty(&s->as_one))
			decide_as_one(s);
		list_for_each(node, &s->gpus) {
			struct sched_gpu *g = list_entry(node, struct sched_gpu, in_sched);
			while (g->dirty) {
				g->dirty = false;
				settle(g);
				settle_blocked(g);
				again = true;
			}
		}
	}
	s->deciding = false;
}
