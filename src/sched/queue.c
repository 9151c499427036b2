/* SPDX-License-Identifier: MIT */
/*
 * Queues: creation, end, what they report, what users say about them. The core's caller writes them
 * by the calls of sched.h.
 */
#include "src/sched/core.h"

#include <errno.h>
#include <stdlib.h>

/* No kernel runs longer; a greater figure is a broken clock's, and would spoil the account for
 * ever. */
#define GPU_NS_MAX UINT64_C(3600000000000)

static struct sched_unit *seat_get(struct sched_job *job, struct sched_gpu *gpu)
{
	list_for_each(node, &job->queues) {
		struct sched_queue *q = list_entry(node, struct sched_queue, in_job);
		if (q->gpu == gpu) {
			q->seat->uses++;
			return q->seat;
		}
	}
	struct sched_unit *seat = calloc(1, sizeof(*seat));
	if (!seat)
		return NULL;
	unit_init(seat, gpu, job);
	seat->uses = 1;
	return seat;
}

int sched_queue_new(struct sched_gpu *gpu, struct sched_job *job, void *owner, uint64_t now_ns,
	struct sched_queue **queue_p)
{
	struct sched *s = gpu->sched;

	if (job->sched != s)
		return -EINVAL;
	struct sched_queue *q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->seat = seat_get(job, gpu);
	if (!q->seat) {
		free(q);
		return -ENOMEM;
	}
	q->sched = s;
	q->gpu = gpu;
	q->job = job;
	q->owner = owner;
	q->number = ++s->numbers;
	q->lent = CLAIM_NONE;
	q->last = (struct sched_effect){.gate = SCHED_GATE_HOLD, .level = 1};
	unit_init(&q->own, gpu, job);
	for (int i = 0; i < SCHED_HINTS; i++)
		q->hints.value[i] = SCHED_HINT_UNSET;
	list_init(&q->in_unit);
	list_init(&q->touched);
	list_init(&q->draining);
	list_init(&q->inherit);
	list_init(&q->work);
	list_init(&q->waiters);
	core_enter(s, now_ns);
	list_append(&s->queues, &q->in_sched);
	list_append(&job->queues, &q->in_job);
	job->refs++;
	*queue_p = q;
	queue_enter(q);
	core_leave(s);
	return 0;
}

void sched_queue_apart(struct sched_queue *q, uint64_t now_ns)
{
	if (!q->job->as_one) {
		q->apart = true;
		return;
	}
	core_enter(q->sched, now_ns);
	queue_exit(q);
	q->apart = true;
	queue_enter(q);
	core_leave(q->sched);
}

void sched_queue_free(struct sched_queue *q, uint64_t now_ns)
{
	struct sched *s = q->sched;

	core_enter(s, now_ns);
	q->ready = false;
	inherit_forget(q);
	queue_exit(q);
	span_forget(q);
	/* Nobody may go on with a claim that was this queue's. */
	inherit_run(s);
	list_remove(&q->inherit);
	list_remove(&q->touched);
	list_remove(&q->draining);
	list_remove(&q->in_sched);
	list_remove(&q->in_job);
	if (--q->seat->uses == 0)
		free(q->seat);
	sched_job_close(q->job);
	free(q);
	core_leave(s);
}

static void changed(struct sched_queue *q)
{
	unit_count(q);
	if (q->nwaits || !list_empty(&q->waiters))
		inherit_later(q);
}

void sched_queue_ready(struct sched_queue *q, uint64_t now_ns)
{
	core_enter(q->sched, now_ns);
	if (!q->ready) {
		q->ready = true;
		q->ready_ns = q->sched->now_ns;
		changed(q);
	}
	core_leave(q->sched);
}

void sched_queue_drains(struct sched_queue *q, uint64_t now_ns)
{
	core_enter(q->sched, now_ns);
	if (q->last.gate == SCHED_GATE_HOLD)
		queue_watch_drain(q);
	core_leave(q->sched);
}

void sched_queue_idle(struct sched_queue *q, uint64_t now_ns)
{
	core_enter(q->sched, now_ns);
	if (queue_drain_ns(q) != SCHED_DRAIN_UNKNOWN)
		list_remove(&q->draining);
	if (q->ready) {
		q->ready = false;
		q->ready_ns = 0;
		changed(q);
	}
	core_leave(q->sched);
}

static void charge(struct sched_queue *q, uint64_t gpu_ns)
{
	if (gpu_ns > GPU_NS_MAX)
		gpu_ns = GPU_NS_MAX;
	unit_ran(q->unit, gpu_ns);
	/* What is counted never goes back. */
	uint64_t free_ns = q->refund_ns < gpu_ns ? q->refund_ns : gpu_ns;
	q->refund_ns -= free_ns;
	gpu_ns -= free_ns;
	q->gpu_ns += gpu_ns;
	q->seat->gpu_ns += gpu_ns;
	q->job->gpu_ns += gpu_ns;
	q->gpu->gpu_ns += gpu_ns;
}

void sched_queue_ran(struct sched_queue *q, uint64_t gpu_ns, uint64_t now_ns)
{
	core_enter(q->sched, now_ns);
	charge(q, gpu_ns);
	core_leave(q->sched);
}

void sched_queue_spans(struct sched_queue *q, const struct gpu_span *spans, unsigned count, uint64_t now_ns)
{
	uint64_t gpu_ns = 0;

	core_enter(q->sched, now_ns);
	for (unsigned i = 0; i < count; i++)
		if (spans[i].end_ts > spans[i].start_ts)
			gpu_ns = sched_add_ns(gpu_ns, span_charge(q, &spans[i]));
	charge(q, gpu_ns);
	core_leave(q->sched);
}

int sched_queue_suspend(struct sched_queue *q, int level, uint64_t now_ns)
{
	if (level < 1 || level > 3)
		return -EINVAL;
	core_enter(q->sched, now_ns);
	q->suspended = true;
	q->suspend_level = level;
	/* What was saved goes on then; but for a higher claim it is saved anew. */
	q->relevel = q->last.gate == SCHED_GATE_HOLD && level < q->last.level;
	if (q->relevel)
		queue_touch(q);
	changed(q);
	core_leave(q->sched);
	return 0;
}

void sched_queue_resume(struct sched_queue *q, uint64_t now_ns)
{
	core_enter(q->sched, now_ns);
	q->suspended = false;
	changed(q);
	core_leave(q->sched);
}

int64_t sched_queue_hint_get(const struct sched_queue *q, enum sched_hint hint)
{
	int64_t value = q->hints.value[hint];

	if (value == SCHED_HINT_UNSET)
		value = q->job->hints.value[hint];
	if (value == SCHED_HINT_UNSET)
		value = q->sched->hints.value[hint];
	return value == SCHED_HINT_UNSET ? sched_hint_info(hint)->preset : value;
}

int64_t sched_machine_hint(const struct sched *s, enum sched_hint hint)
{
	int64_t value = s->hints.value[hint];

	return value == SCHED_HINT_UNSET ? sched_hint_info(hint)->preset : value;
}

static void hint_changed(struct sched_queue *q)
{
	/* A job's unit is computed once, not for each of its queues. */
	if (q->unit == &q->own || q->unit->queues.next == &q->in_unit)
		unit_hints(q->unit);
	changed(q);
}

int sched_queue_hint_set(
	struct sched_queue *q, enum sched_hint hint, int64_t value, uint64_t now_ns)
{
	int error = sched_hint_check(hint, SCHED_SCOPE_QUEUE, value);

	if (error)
		return error;
	core_enter(q->sched, now_ns);
	q->hints.value[hint] = value;
	unit_hints(q->unit);
	changed(q);
	gpu_refresh(q->gpu);
	core_leave(q->sched);
	return 0;
}

static void refresh_all(struct sched *s)
{
	list_for_each(node, &s->gpus) {
		struct sched_gpu *g = list_entry(node, struct sched_gpu, in_sched);
		gpu_refresh(g);
		gpu_dirty(g);
	}
}

int sched_job_hint_set(struct sched_job *job, enum sched_hint hint, int64_t value, uint64_t now_ns)
{
	int error = sched_hint_check(hint, SCHED_SCOPE_JOB, value);

	if (error)
		return error;
	core_enter(job->sched, now_ns);
	job->hints.value[hint] = value;
	list_for_each(node, &job->queues)
		hint_changed(list_entry(node, struct sched_queue, in_job));
	refresh_all(job->sched);
	core_leave(job->sched);
	return 0;
}

int sched_hint_set(struct sched *s, enum sched_hint hint, int64_t value, uint64_t now_ns)
{
	int error = sched_hint_check(hint, SCHED_SCOPE_MACHINE, value);

	if (error)
		return error;
	core_enter(s, now_ns);
	s->hints.value[hint] = value;
	list_for_each(node, &s->queues)
		hint_changed(list_entry(node, struct sched_queue, in_sched));
	refresh_all(s);
	core_leave(s);
	return 0;
}

void sched_queue_stats(const struct sched_queue *q, struct sched_queue_stats *stats)
{
	*stats = (struct sched_queue_stats){
		.gate = q->last.gate,
		.gpu_ns = q->gpu_ns,
		.holds = q->holds,
		.preempts = q->preempts,
		.ready_ns = q->ready_ns,
	};
	if (queue_stopped(q))
		stats->state = SCHED_STATE_SUSPENDED;
	else if (!q->ready)
		stats->state = SCHED_STATE_IDLE;
	else
		stats->state =
			q->last.gate == SCHED_GATE_HOLD ? SCHED_STATE_HELD : SCHED_STATE_RUNNING;
}
