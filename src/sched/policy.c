/* SPDX-License-Identifier: MIT */
/*
 * The list of policies, changing from one to another, and what policies share. Users choose; the
 * core enters all queues anew.
 */
#include "src/sched/core.h"

#include <errno.h>
#include <string.h>

static const struct sched_policy *const policies[] = {
	&sched_policy_fifo,
	&sched_policy_hpf,
	&sched_policy_up,
	&sched_policy_pup,
	&sched_policy_kedf,
	&sched_policy_lax,
	&sched_policy_fair,
	&sched_policy_mlfq,
};

const struct sched_policy *sched_policy_at(unsigned index)
{
	return index < sizeof(policies) / sizeof(policies[0]) ? policies[index] : NULL;
}

const char *sched_policy_name(const struct sched *s)
{
	return s->policy->name;
}

void queue_exit(struct sched_queue *q)
{
	struct sched_unit *u = q->unit;

	if (q->counted) {
		u->ready -= !q->counted_blocked;
		u->blocked -= q->counted_blocked;
		q->counted = q->counted_blocked = false;
		unit_update(u);
	}
	unit_drop(q);
}

void queue_enter(struct sched_queue *q)
{
	bool per_job = q->sched->policy->grain == SCHED_PER_JOB || (q->job->as_one && !q->apart);

	q->unit = per_job ? q->seat : &q->own;
	q->donor = NULL;
	q->lent = CLAIM_NONE;
	unit_add(q);
	unit_count(q);
	inherit_later(q);
}

static void unit_forget(struct sched_unit *u)
{
	u->data = (struct sched_policy_data){0};
	u->lent = CLAIM_NONE;
	u->donor = NULL;
}

void policy_enter(struct sched *s, const struct sched_policy *policy)
{
	list_for_each(node, &s->queues)
		queue_exit(list_entry(node, struct sched_queue, in_sched));
	s->policy = policy;
	list_for_each(node, &s->gpus) {
		struct sched_gpu *g = list_entry(node, struct sched_gpu, in_sched);
		g->vtime = 0;
		g->slice_max_ns = 0;
		g->linger_left_ns = 0;
		g->linger_at_ns = s->now_ns;
	}
	list_for_each(node, &s->queues) {
		struct sched_queue *q = list_entry(node, struct sched_queue, in_sched);
		unit_forget(&q->own);
		unit_forget(q->seat);
	}
	list_for_each(node, &s->queues)
		queue_enter(list_entry(node, struct sched_queue, in_sched));
	list_for_each(node, &s->gpus)
		gpu_refresh(list_entry(node, struct sched_gpu, in_sched));
}

int sched_policy_install(struct sched *s, const struct sched_policy *policy, uint64_t now_ns)
{
	if (!policy->name || !*policy->name)
		return -EINVAL;
	core_enter(s, now_ns);
	s->faulted = false;
	policy_enter(s, policy);
	core_leave(s);
	return 0;
}

int sched_policy_set(struct sched *s, const char *name, uint64_t now_ns)
{
	for (unsigned i = 0; sched_policy_at(i); i++)
		if (!strcmp(sched_policy_at(i)->name, name))
			return sched_policy_install(s, sched_policy_at(i), now_ns);
	return -ENOENT;
}

int64_t sched_top_ceiling(const struct sched_unit *u)
{
	const struct sched_unit *top =
		tree_entry(tree_first(&u->gpu->by_ceiling), struct sched_unit, by_ceiling);

	return top ? top->ceiling : 0;
}

uint64_t sched_waited_ns(const struct sched *s, const struct sched_unit *u)
{
	return u->in == &u->gpu->run ? u->waited_ns : s->now_ns - u->wait_ns;
}

uint32_t sched_width_all(const struct sched *s)
{
	return SCHED_WIDTH_ALL;
}

uint64_t sched_slice_none(const struct sched *s, const struct sched_unit *u)
{
	return SCHED_NEVER;
}

bool sched_same_rank(const struct sched_unit *first, const struct sched_unit *u)
{
	return first->claim.rank == u->claim.rank;
}

static void vtime_follow(struct sched_gpu *g)
{
	const struct sched_unit *run = unit_first(&g->run), *wait = unit_first(&g->wait);
	uint64_t least = run ? run->data.vtime : wait ? wait->data.vtime : 0;

	if (run && wait && wait->data.vtime < least)
		least = wait->data.vtime;
	if (g->vtime < least)
		g->vtime = least;
}

void sched_vtime_ready(struct sched_unit *u, uint64_t credit_ns, int64_t share)
{
	uint64_t credit = credit_ns * 100 / (uint64_t)(share < 1 ? 1 : share);
	uint64_t oldest = u->gpu->vtime > credit ? u->gpu->vtime - credit : 0;

	if (!u->data.known)
		oldest = u->gpu->vtime;
	u->data.known = true;
	if (u->data.vtime < oldest)
		u->data.vtime = oldest;
}

void sched_vtime_charge(struct sched_unit *u, uint64_t ns, int64_t share)
{
	u->data.vtime = sched_add_ns(u->data.vtime, ns * 100 / (uint64_t)(share < 1 ? 1 : share));
	vtime_follow(u->gpu);
}

void sched_vtime_refund(struct sched_unit *u, uint64_t ns, int64_t share)
{
	uint64_t time = ns * 100 / (uint64_t)(share < 1 ? 1 : share);

	u->data.vtime -= time < u->data.vtime ? time : u->data.vtime;
}

bool sched_vtime_owed(const struct sched *s, const struct sched_unit *u)
{
	return u->data.vtime <= u->gpu->vtime;
}
