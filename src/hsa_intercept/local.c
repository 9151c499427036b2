/* SPDX-License-Identifier: MIT */
/*
 * Decisions within the process: the core of src/sched, for the queues of this process alone. It is made with the first queue, and
 * without a policy it is fifo, which holds nobody.
 *
 * Cooperative queues run as one while they are on several GPUs: kernels that were launched on all of them wait for each other.
 */
#include <errno.h>
#include <string.h>

#include "src/common/log.h"
#include "src/hsa_intercept/decider.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/squeue_effect.h"

#define GPUS_MAX 64u

/* Under the scheduler's lock. */
static struct sched *sched;
static struct sched_job *job;
static struct {
	uint32_t node, cooperative; /* how many such queues */
	struct sched_gpu *gpu;
} gpus[GPUS_MAX];
static unsigned gpu_count;
static char chosen[16]; /* a policy chosen at run time; "": by the settings */

static void effect(void *ctx, void *owner, const struct sched_effect *e)
{
	squeue_decide(owner, e);
}

static uint64_t drain_ns(void *ctx, void *owner, uint64_t now_ns)
{
	(void)ctx;
	return squeue_drain_ns(owner, now_ns);
}

static const struct sched_ops ops = {.effect = effect, .drain_ns = drain_ns};

/* The name at position @index of CONFIG_POLICIES. */
static void policy_name_at(int index, char *name, size_t size)
{
	const char *from = CONFIG_POLICIES;

	while (index--)
		from = strchr(from, '|') + 1;
	size_t length = strcspn(from, "|");
	length = length < size ? length : size - 1;
	memcpy(name, from, length);
	name[length] = 0;
}

static int hint_process(enum sched_hint hint, int64_t value, uint64_t now_ns)
{
	/* Hints of the machine alone are this process's: it decides only about itself. */
	if (!(sched_hint_info(hint)->scope & SCHED_SCOPE_JOB))
		return sched_hint_set(sched, hint, value, now_ns);
	return sched_job_hint_set(job, hint, value, now_ns);
}

/* Make the core with the first queue. */
static int sched_make(uint64_t now_ns)
{
	int policy = squeue_settings()->policy;

	if (sched)
		return 0;
	int error = sched_new(NULL, &ops, NULL, &sched);
	if (error)
		return error;
	error = sched_job_new(sched, NULL, &job);
	if (!error) {
		if (!chosen[0] && policy)
			policy_name_at(policy, chosen, sizeof(chosen));
		error = sched_policy_set(sched, chosen[0] ? chosen : "fifo", now_ns);
	}
	if (error) {
		sched_free(sched);
		sched = NULL;
		return error;
	}
	for (int h = 0; h < SCHED_HINTS; h++)
		if (squeue_process_hint(h) != SCHED_HINT_UNSET)
			hint_process(h, squeue_process_hint(h), now_ns);
	return 0;
}

/* The scheduling domain of the GPU with that node number. */
static int gpu_get(uint32_t node, struct sched_gpu **gpu_p)
{
	for (unsigned i = 0; i < gpu_count; i++) {
		if (gpus[i].node == node) {
			*gpu_p = gpus[i].gpu;
			return 0;
		}
	}
	if (gpu_count == GPUS_MAX)
		return -ENOSPC;
	int error = sched_gpu_new(sched, SCHED_UNLIMITED, gpu_p);
	if (!error) {
		gpus[gpu_count].node = node;
		gpus[gpu_count].cooperative = 0;
		gpus[gpu_count++].gpu = *gpu_p;
	}
	return error;
}

static void local_cost(struct squeue *q, uint64_t now_ns)
{
	struct sched_gpu *gpu;

	(void)now_ns;
	if (!gpu_get(q->vq->node, &gpu))
		sched_gpu_cost_set(gpu, q->cost_ns);
}

static bool is_cooperative(const struct squeue *q)
{
	return q->vq->queue->type & HSA_QUEUE_TYPE_COOPERATIVE;
}

/* @more: of the queues like @q that there are on its GPU. */
static void cooperative_count(const struct squeue *q, int more, uint64_t now_ns)
{
	unsigned on = 0;

	if (!is_cooperative(q))
		return;
	for (unsigned i = 0; i < gpu_count; i++) {
		if (gpus[i].node == q->vq->node)
			gpus[i].cooperative += (uint32_t)more;
		on += gpus[i].cooperative > 0;
	}
	sched_job_unit_set(job, on > 1, now_ns);
}

static int local_add(struct squeue *q, uint64_t now_ns)
{
	struct sched_gpu *gpu;
	int error = sched_make(now_ns);

	if (!error)
		error = gpu_get(q->vq->node, &gpu);
	if (!error)
		error = sched_queue_new(gpu, job, q, now_ns, &q->sched);
	if (error)
		return error;
	if (!is_cooperative(q))
		sched_queue_apart(q->sched, now_ns);
	cooperative_count(q, 1, now_ns);
	for (int h = 0; h < SCHED_HINTS; h++)
		if (q->hints[h] != SCHED_HINT_UNSET)
			sched_queue_hint_set(q->sched, h, q->hints[h], now_ns);
	if (q->cost_ns != SCHED_UNLIMITED)
		local_cost(q, now_ns);
	if (q->suspended)
		sched_queue_suspend(q->sched, q->suspended, now_ns);
	if (q->active)
		sched_queue_ready(q->sched, now_ns);
	return 0;
}

static void local_remove(struct squeue *q, uint64_t now_ns)
{
	sched_queue_free(q->sched, now_ns);
	q->sched = NULL;
	cooperative_count(q, -1, now_ns);
}

static void local_ready(struct squeue *q, uint64_t now_ns)
{
	sched_queue_ready(q->sched, now_ns);
}

static void local_idle(struct squeue *q, uint64_t now_ns)
{
	sched_queue_idle(q->sched, now_ns);
}

static uint64_t local_ran(struct squeue *q, uint64_t gpu_ns, const struct gpu_span *spans, unsigned count, uint64_t now_ns)
{
	struct sched_queue_stats before, after;

	sched_queue_stats(q->sched, &before);
	if (gpu_ns)
		sched_queue_ran(q->sched, gpu_ns, now_ns);
	if (count)
		sched_queue_spans(q->sched, spans, count, now_ns);
	sched_queue_stats(q->sched, &after);
	return after.gpu_ns - before.gpu_ns;
}

static void local_waits(struct squeue *q, uint64_t now_ns)
{
	sched_queue_wait_done(q->sched, NULL, now_ns);
	for (unsigned i = 0; i < q->waits_count; i++)
		if (q->waits[i]->sched)
			sched_queue_waits(q->sched, q->waits[i]->sched, now_ns);
}

static int local_hint(struct squeue *q, enum sched_hint hint, int64_t value, uint64_t now_ns)
{
	if (q)
		return sched_queue_hint_set(q->sched, hint, value, now_ns);
	/* Without a queue the core is still to be made, and will ask for it. */
	return sched ? hint_process(hint, value, now_ns) : 0;
}

static int local_suspend(struct squeue *q, uint64_t now_ns)
{
	if (q->suspended)
		return sched_queue_suspend(q->sched, q->suspended, now_ns);
	sched_queue_resume(q->sched, now_ns);
	return 0;
}

static int local_policy(const char *name, uint64_t now_ns)
{
	if (strlen(name) >= sizeof(chosen))
		return -ENOENT;
	int error = sched_make(now_ns);
	if (!error)
		error = sched_policy_set(sched, name, now_ns);
	if (!error)
		strcpy(chosen, name);
	return error;
}

static const char *local_policy_name(void)
{
	static char by_settings[sizeof(chosen)];

	if (sched)
		return sched_policy_name(sched);
	if (chosen[0])
		return chosen;
	if (!squeue_settings()->policy)
		return "fifo";
	policy_name_at(squeue_settings()->policy, by_settings, sizeof(by_settings));
	return by_settings;
}

static uint64_t local_tick(uint64_t now_ns)
{
	return sched ? sched_tick(sched, now_ns) : PACER_NEVER;
}

static void local_begin(void)
{
	if (sched)
		sched_batch_begin(sched);
}

static void local_end(uint64_t now_ns)
{
	if (sched)
		sched_batch_end(sched, now_ns);
}

static void local_flush(void)
{
}

static void local_stop(void)
{
	sched_free(sched);
	decider_local_fork_child();
}

void decider_local_fork_child(void)
{
	sched = NULL;
	job = NULL;
	gpu_count = 0;
}

const struct decider decider_local = {
	.name = "this process",
	.add = local_add,
	.remove = local_remove,
	.ready = local_ready,
	.idle = local_idle,
	.ran = local_ran,
	.waits = local_waits,
	.hint = local_hint,
	.suspend = local_suspend,
	.cost = local_cost,
	.policy = local_policy,
	.policy_name = local_policy_name,
	.tick = local_tick,
	.begin = local_begin,
	.end = local_end,
	.flush = local_flush,
	.stop = local_stop,
};
