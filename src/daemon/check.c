/* SPDX-License-Identifier: MIT */
/* The machine's invariants, verified from scratch; for tests. See machine.h. */
#include "src/daemon/state.h"

static const char *check_queue(const struct queue *q, const struct machine_client *c, uint32_t slot)
{
	bool active = q->ready && !q->absent;

	if (q->client != c || q->slot != slot || slot >= c->slot_end)
		return "a queue stands in another's slot";
	if (!q->decided)
		return "a queue has no decision";
	if (active != (q->counted != QUEUE_IDLE) && q->now.gate != SCHED_GATE_HOLD)
		return "a queue is counted as something else";
	if ((q->held_since_ns != 0) != (active && q->now.gate == SCHED_GATE_HOLD))
		return "held time runs for the wrong queue";
	return NULL;
}

static const char *check_client(const struct machine_client *c, uint32_t *queues, uint32_t *libraries)
{
	uint32_t count = 0, absent = 0;
	const char *wrong = NULL;

	for (uint32_t i = 0; i < IPC_SLOTS && !wrong; i++) {
		if (!c->slots[i])
			continue;
		count++;
		absent += c->slots[i]->absent;
		wrong = check_queue(c->slots[i], c, i);
	}
	if (!wrong && (count != c->queue_count || absent != c->absent_count))
		wrong = "a client's queues are miscounted";
	if (!wrong && (c->role == IPC_ROLE_LIBRARY) != (c->page && c->job))
		wrong = "a library has a page and a job, others have none";
	if (!wrong && c->ended && (count || c->page || c->asking.order || !list_empty(&c->askers)))
		wrong = "an ended client has something left";
	if (!wrong && c->asking.order && (c->role != IPC_ROLE_CONTROL || c->listing.step || c->deadline_ns == MACHINE_NEVER))
		wrong = "somebody waits for a trace who could wait for ever";
	if (!wrong && list_empty(&c->asking.at) != (!c->asking.order || c->asking.gone))
		wrong = "who waits for a trace stands in the wrong list";
	*queues += count;
	*libraries += c->role == IPC_ROLE_LIBRARY;
	return wrong;
}

static const char *check_gpu(const struct gpu *gpu)
{
	uint32_t members = 0, held = 0, running = 0;

	list_for_each(at, &gpu->members)
	{
		const struct queue *q = list_entry(at, struct queue, of_gpu);

		members++;
		held += q->counted == QUEUE_HELD;
		running += q->counted == QUEUE_RUNNING;
	}
	return members != gpu->queues || held != gpu->held || running != gpu->running ? "a GPU's queues are miscounted" : NULL;
}

const char *machine_check(const struct machine *m)
{
	uint32_t clients = 0, libraries = 0, queues = 0;
	const char *wrong = sched_check(m->sched);

	list_for_each(at, &m->clients)
	{
		clients++;
		if (!wrong)
			wrong = check_client(list_entry(at, struct machine_client, at), &queues, &libraries);
	}
	list_for_each(at, &m->gpus)
	{
		const char *bad = check_gpu(list_entry(at, struct gpu, at));

		wrong = wrong ? wrong : bad;
	}
	if (!wrong && (clients != m->client_count || libraries != m->library_count || queues != m->queue_count))
		wrong = "the machine's clients are miscounted";
	if (!wrong && !list_empty(&m->poked))
		wrong = "somebody was not woken";
	return wrong;
}
