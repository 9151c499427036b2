/* SPDX-License-Identifier: MIT */
/*
 * The frame of every public call (time, timers, decision, effects), and GPUs and jobs. The caller
 * of the core creates and ends them here.
 */
#include "src/sched/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_STALL_NS  UINT64_C(2000000000)
#define DEFAULT_LINGER_NS UINT64_C(200000)

uint64_t sched_add_ns(uint64_t a, uint64_t b)
{
	return a + b < a ? SCHED_NEVER : a + b;
}

uint64_t sched_now(const struct sched *s)
{
	return s->now_ns;
}

uint64_t sched_steps(const struct sched *s)
{
	return s->steps;
}

static struct sched_unit *first_timer(const struct sched *s)
{
	return tree_entry(tree_first(&s->timers), struct sched_unit, timer);
}

void core_enter(struct sched *s, uint64_t now_ns)
{
	if (now_ns > s->now_ns) {
		uint64_t gap = now_ns - s->now_ns;
		/* A clock that jumped, or a caller that was stopped, is no stall of the policy. */
		s->core_ns += gap < s->stall_ns / 8 ? gap : s->stall_ns / 8;
		s->now_ns = now_ns;
	}
	for (;;) {
		struct sched_unit *u = first_timer(s);
		if (!u || u->timer_ns > s->now_ns)
			break;
		unit_due(u);
	}
}

/* Not with every call that takes the time: one that says what a queue did may be followed by more that was seen at the same
 * time, and what has come to its end meanwhile need not be stopped. */
static void drains_due(struct sched *s)
{
	list_for_each(node, &s->gpus) {
		struct sched_gpu *g = list_entry(node, struct sched_gpu, in_sched);
		if (g->drain_look_ns > s->now_ns)
			continue;
		g->drain_look_ns = SCHED_NEVER;
		g->promoted = true;
	}
}

void core_leave(struct sched *s)
{
	if (s->deciding || s->batch)
		return;
	decide(s);
	watch_check(s);
	decide(s);
	commit(s);
}

void sched_batch_begin(struct sched *s)
{
	s->batch = true;
}

void sched_batch_end(struct sched *s, uint64_t now_ns)
{
	s->batch = false;
	core_enter(s, now_ns);
	drains_due(s);
	core_leave(s);
}

void sched_follow_set(struct sched *s, bool all, uint64_t now_ns)
{
	core_enter(s, now_ns);
	s->follow_all = all;
	list_for_each(node, &s->gpus)
		gpu_refresh(list_entry(node, struct sched_gpu, in_sched));
	core_leave(s);
}

uint64_t sched_tick(struct sched *s, uint64_t now_ns)
{
	core_enter(s, now_ns);
	drains_due(s);
	core_leave(s);
	return sched_next_ns(s);
}

uint64_t sched_next_ns(const struct sched *s)
{
	const struct sched_unit *u = first_timer(s);
	uint64_t next_ns = watch_next_ns(s);

	if (u && u->timer_ns < next_ns)
		next_ns = u->timer_ns;
	list_for_each(node, &s->gpus) {
		const struct sched_gpu *g = list_entry(node, struct sched_gpu, in_sched);
		if (g->drain_look_ns < next_ns && !list_empty(&g->draining))
			next_ns = g->drain_look_ns;
	}
	return next_ns;
}

static bool before_timer(const struct tree_node *a, const struct tree_node *b)
{
	return list_entry(a, const struct sched_unit, timer)->timer_ns <
	       list_entry(b, const struct sched_unit, timer)->timer_ns;
}

static void hints_init(struct sched_hints *hints)
{
	for (int i = 0; i < SCHED_HINTS; i++)
		hints->value[i] = SCHED_HINT_UNSET;
}

int sched_new(const struct sched_config *config, const struct sched_ops *ops, void *ctx,
	struct sched **sched_p)
{
	if (!ops || !ops->effect)
		return -EINVAL;
	struct sched *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->ops = ops;
	s->ctx = ctx;
	s->policy = &sched_policy_hpf;
	s->stall_ns = config && config->stall_ns ? config->stall_ns : DEFAULT_STALL_NS;
	s->linger_ns = config && config->linger_ns ? config->linger_ns : DEFAULT_LINGER_NS;
	hints_init(&s->hints);
	tree_init(&s->timers, before_timer, &s->steps);
	list_init(&s->gpus);
	list_init(&s->jobs);
	list_init(&s->as_one);
	list_init(&s->queues);
	list_init(&s->touched);
	list_init(&s->runs);
	list_init(&s->inherit);
	*sched_p = s;
	return 0;
}

void sched_free(struct sched *s)
{
	if (!s)
		return;
	list_for_each(node, &s->queues) {
		struct sched_queue *q = list_entry(node, struct sched_queue, in_sched);
		if (--q->seat->uses == 0)
			free(q->seat);
		free(q);
	}
	list_for_each(node, &s->jobs)
		free(list_entry(node, struct sched_job, in_sched));
	list_for_each(node, &s->gpus)
		free(list_entry(node, struct sched_gpu, in_sched));
	free(s);
}

int sched_gpu_new(struct sched *s, uint64_t preempt_cost_ns, struct sched_gpu **gpu_p)
{
	struct sched_gpu *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->sched = s;
	g->preempt_cost_ns = preempt_cost_ns;
	g->drain_look_ns = SCHED_NEVER;
	unit_sets_init(g);
	list_init(&g->watch);
	list_init(&g->over);
	list_init(&g->draining);
	list_append(&s->gpus, &g->in_sched);
	gpu_refresh(g);
	*gpu_p = g;
	return 0;
}

void sched_gpu_cost_set(struct sched_gpu *gpu, uint64_t preempt_cost_ns)
{
	gpu->preempt_cost_ns = preempt_cost_ns;
	/* What could not be stopped so far may be now. */
	gpu->promoted = true;
	for (struct tree_node *node = tree_first(&gpu->by_ceiling); node;
		node = tree_next(&gpu->by_ceiling, node))
		unit_touch(tree_entry(node, struct sched_unit, by_ceiling));
	core_leave(gpu->sched);
}

uint64_t sched_gpu_ns(const struct sched_gpu *gpu)
{
	return gpu->gpu_ns;
}

int sched_job_new(struct sched *s, const char *name, struct sched_job **job_p)
{
	struct sched_job *job;

	if (name && *name) {
		list_for_each(node, &s->jobs) {
			job = list_entry(node, struct sched_job, in_sched);
			if (strncmp(job->name, name, sizeof(job->name) - 1))
				continue;
			job->refs++;
			*job_p = job;
			return 0;
		}
	}
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->sched = s;
	job->refs = 1;
	if (name)
		strncpy(job->name, name, sizeof(job->name) - 1);
	hints_init(&job->hints);
	list_init(&job->in_as_one);
	list_init(&job->queues);
	list_init(&job->units);
	list_append(&s->jobs, &job->in_sched);
	*job_p = job;
	return 0;
}

void sched_job_close(struct sched_job *job)
{
	if (--job->refs)
		return;
	list_remove(&job->in_as_one);
	list_remove(&job->in_sched);
	free(job);
}

void sched_job_unit_set(struct sched_job *job, bool as_one, uint64_t now_ns)
{
	struct sched *s = job->sched;

	if (job->as_one == as_one)
		return;
	core_enter(s, now_ns);
	list_for_each(node, &job->queues)
		queue_exit(list_entry(node, struct sched_queue, in_job));
	job->as_one = as_one;
	list_remove(&job->in_as_one);
	if (as_one)
		list_append(&s->as_one, &job->in_as_one);
	list_for_each(node, &job->queues)
		queue_enter(list_entry(node, struct sched_queue, in_job));
	list_for_each(node, &s->gpus)
		gpu_refresh(list_entry(node, struct sched_gpu, in_sched));
	core_leave(s);
}

uint64_t sched_job_gpu_ns(const struct sched_job *job, const struct sched_gpu *gpu)
{
	uint64_t sum = gpu ? 0 : job->gpu_ns;

	if (!gpu)
		return sum;
	list_for_each(node, &job->queues) {
		const struct sched_queue *q = list_entry(node, struct sched_queue, in_job);
		if (q->gpu == gpu)
			return q->seat->gpu_ns;
	}
	return 0;
}
