/* SPDX-License-Identifier: MIT */
/* A library's queues: they come, go, wait, and are suspended; see state.h. */
#include "src/daemon/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/daemon/dlog.h"

void queue_count(struct queue *q)
{
	struct machine *m = q->client->machine;
	bool active = q->ready && !q->absent, held = q->now.gate == SCHED_GATE_HOLD;
	/* Who does not run by the user's will waits for nobody. */
	bool stopped = held && (q->now.reason == SCHED_BECAUSE_SUSPENDED || q->now.reason == SCHED_BECAUSE_NO_EXECUTE);
	int counted = !active || stopped ? QUEUE_IDLE : held ? QUEUE_HELD : QUEUE_RUNNING;

	q->gpu->held += (uint32_t)(counted == QUEUE_HELD) - (uint32_t)(q->counted == QUEUE_HELD);
	q->gpu->running += (uint32_t)(counted == QUEUE_RUNNING) - (uint32_t)(q->counted == QUEUE_RUNNING);
	q->counted = counted;
	if (q->gpu->held && q->gpu->running)
		absent_watch(m);
	if (active && held && !q->held_since_ns) {
		q->held_since_ns = m->now_ns;
	} else if (!(active && held) && q->held_since_ns) {
		q->held_ns += m->now_ns - q->held_since_ns;
		q->held_since_ns = 0;
	}
}

void queue_hint_apply(struct queue *q, enum sched_hint hint)
{
	int64_t value = q->hint[hint] != SCHED_HINT_UNSET ? q->hint[hint] : q->client->hint[hint];

	sched_queue_hint_set(q->sched, hint, value, q->client->machine->now_ns);
}

void queue_suspend(struct queue *q, int level)
{
	q->suspended = level;
	sched_queue_suspend(q->sched, level, q->client->machine->now_ns);
}

void queue_resume(struct queue *q)
{
	q->suspended = 0;
	sched_queue_resume(q->sched, q->client->machine->now_ns);
}

static bool queue_allowed(struct machine_client *c, const struct ipc_queue_new *new)
{
	if (c->slots[new->slot]) {
		client_end(c, EPROTO, "QUEUE_NEW: slot %u has a queue already", new->slot);
		return false;
	}
	if (c->who.uid && c->user->queues >= c->machine->settings.user_queues) {
		client_end(c, ENOSPC, "this user has as many queues as one may have (user-queues)");
		return false;
	}
	return true;
}

static void queue_enter(struct queue *q)
{
	struct machine_client *c = q->client;

	c->slots[q->slot] = q;
	if (q->slot >= c->slot_end)
		c->slot_end = q->slot + 1;
	c->queue_count++;
	c->user->queues++;
	c->machine->queue_count++;
	q->gpu->queues++;
	list_append(&q->gpu->members, &q->of_gpu);
}

static void queue_leave(struct queue *q)
{
	struct machine_client *c = q->client;

	c->slots[q->slot] = NULL;
	while (c->slot_end && !c->slots[c->slot_end - 1])
		c->slot_end--;
	c->queue_count--;
	c->user->queues--;
	c->machine->queue_count--;
	q->gpu->queues--;
	list_remove(&q->of_gpu);
}

static void cooperative_set(struct queue *q, bool cooperative)
{
	struct job *job = q->client->job;

	if (q->cooperative == cooperative)
		return;
	q->cooperative = cooperative;
	job->cooperative += cooperative ? 1 : UINT32_MAX;
	sched_job_unit_set(job->sched, job->cooperative > 0, q->client->machine->now_ns);
}

static uint64_t cost_believed(uint64_t said_ns)
{
	return said_ns <= BELIEVED_COST_NS ? said_ns : IPC_COST_NEVER;
}

void queue_new(struct machine_client *c, const struct ipc_queue_new *new)
{
	struct machine *m = c->machine;
	struct queue *q;
	int rc;

	if (!queue_allowed(c, new))
		return;
	q = calloc(1, sizeof(*q));
	rc = q ? gpu_get(m, &new->gpu, new->gpu_name, c->who.uid, &q->gpu) : -ENOMEM;
	if (rc)
		goto fail;
	q->client = c;
	q->slot = new->slot;
	q->queue_id = new->queue_id;
	q->cost_ns = cost_believed(new->preempt_cost_ns);
	q->since_ns = m->now_ns;
	q->now = (struct sched_effect){.gate = SCHED_GATE_HOLD, .level = 1};
	/* What it had before belongs to the daemon before, or to none. */
	q->gpu_base_ns = q->gpu_seen_ns =
		atomic_load_explicit(&c->page->slot[q->slot].gpu_ns, memory_order_relaxed);
	for (int i = 0; i < SCHED_HINTS; i++)
		q->hint[i] = SCHED_HINT_UNSET;
	queue_enter(q);
	rc = sched_queue_new(q->gpu->sched, c->job->sched, q, m->now_ns, &q->sched);
	if (rc) {
		queue_leave(q);
		goto fail;
	}
	gpu_cost_update(q->gpu);
	for (int i = 0; i < SCHED_HINTS; i++)
		if (c->hint[i] != SCHED_HINT_UNSET)
			queue_hint_apply(q, (enum sched_hint)i);
	if (new->flags & IPC_QUEUE_COOPERATIVE)
		cooperative_set(q, true);
	if (c->suspended)
		queue_suspend(q, c->suspended);
	/* It may have had something to run before this daemon came. */
	look_queue(q);
	/* A hold that nothing changed is a decision too. */
	if (!c->ended && !q->decided)
		decide_write(q, false);
	return;

fail:
	free(q);
	if (rc == -ENOSPC)
		client_end(c, ENOSPC, "this user's queues name more than %u GPUs", USER_GPUS);
	else
		client_end(c, -rc, "its queue cannot be taken on: %s", strerror(-rc));
}

void queue_free(struct queue *q)
{
	struct machine_client *c = q->client;
	struct gpu *gpu = q->gpu;

	c->gpu_ns += q->gpu_seen_ns - q->gpu_base_ns;
	cooperative_set(q, false);
	q->ready = false;
	queue_count(q);
	if (q->absent)
		c->absent_count--;
	if (c->asked == q)
		c->asked = NULL;
	queue_leave(q);
	sched_queue_free(q->sched, c->machine->now_ns);
	free(q);
	gpu_cost_update(gpu);
}

void queue_waits(struct machine_client *c, const struct ipc_waits *waits)
{
	struct queue *q = c->slots[waits->slot];
	uint64_t now_ns = c->machine->now_ns;

	if (!q) {
		client_end(c, EPROTO, "WAITS: slot %u has no queue", waits->slot);
		return;
	}
	sched_queue_wait_done(q->sched, NULL, now_ns);
	/* A queue that is gone by now is waited for no longer. */
	for (uint32_t i = 0; i < waits->count; i++)
		if (c->slots[waits->on[i]] && c->slots[waits->on[i]] != q)
			sched_queue_waits(q->sched, c->slots[waits->on[i]]->sched, now_ns);
}

void queue_cost(struct machine_client *c, const struct ipc_cost *cost)
{
	struct gpu *gpu = NULL;

	for (uint32_t i = 0; i < c->slot_end; i++) {
		struct queue *q = c->slots[i];

		if (!q || q->gpu->key.domain != cost->gpu.domain || q->gpu->key.bdf != cost->gpu.bdf ||
			q->gpu->key.node != cost->gpu.node)
			continue;
		q->cost_ns = cost_believed(cost->preempt_cost_ns);
		gpu = q->gpu;
	}
	if (gpu)
		gpu_cost_update(gpu);
}
