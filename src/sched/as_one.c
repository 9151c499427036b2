/* SPDX-License-Identifier: MIT */
/*
 * Jobs whose queues run or are held together on all GPUs: cooperative kernels and ranks that wait
 * for each other. Such a job runs if it has a place on every GPU where it has something to run.
 * Only decide() calls this.
 *
 * Such jobs are looked at in one order for all GPUs (rank, then the claims on a GPU that both
 * want), so two of them never block each other; against other units each of their parts stands
 * where its claim puts it. The cost is the number of such jobs squared, times GPUs, times the
 * policy's width: it is paid only where there are any.
 */
#include "src/sched/core.h"

static bool competes(const struct sched_unit *u)
{
	return u->ready && (u->parked || u->in);
}

/* The part of @job that competes on @g, or NULL. */
static struct sched_unit *part_on(const struct sched_job *job, const struct sched_gpu *g)
{
	list_for_each(node, &job->units) {
		struct sched_unit *u = list_entry(node, struct sched_unit, siblings);
		if (u->gpu == g && competes(u))
			return u;
	}
	return NULL;
}

/* Takes the better of two positions in a GPU's ordered sets, which moves on. */
static struct sched_unit *merged_next(
	struct sched_gpu *g, struct sched_unit **run, struct sched_unit **wait)
{
	bool from_wait = !*run || (*wait && claim_before(&(*wait)->claim, &(*run)->claim));
	struct sched_unit **from = from_wait ? wait : run;
	struct sched_unit *u = *from;

	if (u)
		*from = tree_entry(
			tree_next(from_wait ? &g->wait : &g->run, &u->at), struct sched_unit, at);
	return u;
}

/* Whether @u would be among the units that run on its GPU. */
static bool fits(struct sched_unit *u)
{
	struct sched_gpu *g = u->gpu;
	struct sched *s = g->sched;
	uint32_t width = gpu_width(s), ahead = 0;

	/* Jobs that run as one and are let run already stay. */
	list_for_each(node, &s->as_one) {
		struct sched_job *job = list_entry(node, struct sched_job, in_as_one);
		struct sched_unit *part = job->decided && job->on ? part_on(job, g) : NULL;
		if (!part)
			continue;
		bool after = claim_before(&part->claim, &u->claim);
		if (!gpu_together(s, after ? part : u, after ? u : part) || ++ahead >= width)
			return false;
	}
	struct sched_unit *run = unit_first(&g->run), *wait = unit_first(&g->wait), *first = NULL;
	for (;;) {
		struct sched_unit *other = merged_next(g, &run, &wait);
		if (!other || (!other->as_one && claim_before(&u->claim, &other->claim)))
			return true;
		if (other->as_one)
			continue;
		if (!first)
			first = other;
		if (!gpu_together(s, first, u) || ++ahead >= width)
			return false;
		if (width == SCHED_WIDTH_ALL)
			return true;
	}
}

static bool job_fits(struct sched_job *job)
{
	bool any = false;

	list_for_each(node, &job->units) {
		struct sched_unit *u = list_entry(node, struct sched_unit, siblings);
		if (!competes(u))
			continue;
		if (!fits(u))
			return false;
		any = true;
	}
	return any;
}

static int64_t job_rank(const struct sched_job *job)
{
	int64_t rank = INT64_MIN;

	list_for_each(node, &job->units) {
		const struct sched_unit *u = list_entry(node, struct sched_unit, siblings);
		if (competes(u) && u->claim.rank > rank)
			rank = u->claim.rank;
	}
	return rank;
}

/* Which of two jobs is looked at first: the higher rank, else the better claim where they meet. */
static bool job_before(const struct sched_job *a, const struct sched_job *b)
{
	int64_t rank_a = job_rank(a), rank_b = job_rank(b);

	if (rank_a != rank_b)
		return rank_a > rank_b;
	list_for_each(node, &a->units) {
		const struct sched_unit *u = list_entry(node, struct sched_unit, siblings);
		const struct sched_unit *other = competes(u) ? part_on(b, u->gpu) : NULL;
		if (other)
			return claim_before(&u->claim, &other->claim);
	}
	return false;
}

static struct sched_job *best_undecided(struct sched *s)
{
	struct sched_job *best = NULL;

	list_for_each(node, &s->as_one) {
		struct sched_job *job = list_entry(node, struct sched_job, in_as_one);
		if (!job->decided && (!best || job_before(job, best)))
			best = job;
	}
	return best;
}

static void job_switch(struct sched_job *job)
{
	list_for_each(node, &job->units) {
		struct sched_unit *u = list_entry(node, struct sched_unit, siblings);
		if (job->on && u->parked)
			unit_promote(u);
		else if (!job->on && u->in == &u->gpu->run)
			unit_demote(u);
	}
}

void decide_as_one(struct sched *s)
{
	struct sched_job *job;

	list_for_each(node, &s->as_one)
		list_entry(node, struct sched_job, in_as_one)->decided = false;
	while ((job = best_undecided(s))) {
		job->on = job_fits(job);
		job->decided = true;
		job_switch(job);
	}
}
