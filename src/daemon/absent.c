/* SPDX-License-Identifier: MIT */
/*
 * Clients that hold a place and do not use it: stopped processes. Long kernels and stopped processes both report nothing, so a silent client
 * is asked by a decision that is repeated with a new sequence number; one that does not take it counts as idle until it takes it or is heard.
 * Looked at only while somebody is held on a GPU where somebody else runs, or somebody counts as idle by this.
 */
#include "src/daemon/state.h"

#include "src/daemon/dlog.h"

void absent_watch(struct machine *m)
{
	if (m->absent_ns == MACHINE_NEVER)
		m->absent_ns = m->now_ns + SILENT_NS;
}

void absent_heard(struct machine_client *c)
{
	c->heard_ns = c->machine->now_ns;
	c->asked = NULL;
	for (uint32_t i = 0; c->absent_count && i < c->slot_end; i++) {
		struct queue *q = c->slots[i];

		if (!q || !q->absent)
			continue;
		q->absent = false;
		c->absent_count--;
		queue_count(q);
		if (q->ready)
			sched_queue_ready(q->sched, c->machine->now_ns);
	}
}

/* Its running queues count as idle from here on. */
static void absent_mark(struct machine_client *c)
{
	dlog_debug("client %llu (process %d) holds its place and does not answer; it counts as idle", (unsigned long long)c->number,
		(int)c->who.pid);
	c->asked = NULL;
	for (uint32_t i = 0; i < c->slot_end; i++) {
		struct queue *q = c->slots[i];

		if (!q || q->counted != QUEUE_RUNNING)
			continue;
		q->absent = true;
		c->absent_count++;
		queue_count(q);
		sched_queue_idle(q->sched, c->machine->now_ns);
	}
	if (c->machine->absent_ns > c->machine->now_ns + ABSENT_NS)
		c->machine->absent_ns = c->machine->now_ns + ABSENT_NS;
}

/* @q runs. Return: when to look again. */
static uint64_t check(struct queue *q)
{
	struct machine_client *c = q->client;
	uint64_t now_ns = c->machine->now_ns;

	if (c->asked && queue_took(c->asked)) {
		c->asked = NULL;
		c->heard_ns = now_ns;
	}
	if (!c->asked && now_ns - c->heard_ns < SILENT_NS)
		return c->heard_ns + SILENT_NS;
	if (!c->asked) {
		c->asked = q;
		c->asked_ns = now_ns;
		decide_write(q, false);
	}
	if (now_ns - c->asked_ns < ABSENT_NS)
		return c->asked_ns + ABSENT_NS;
	absent_mark(c);
	return MACHINE_NEVER;
}

/* A process that goes on takes its decisions, and may have nothing else to tell. Return: whether somebody is still absent. */
static bool look_for_returned(struct machine *m)
{
	bool left = false;

	list_for_each(at, &m->clients)
	{
		struct machine_client *c = list_entry(at, struct machine_client, at);

		for (uint32_t i = 0; c->absent_count && i < c->slot_end; i++)
			if (c->slots[i] && c->slots[i]->absent && queue_took(c->slots[i]))
				absent_heard(c);
		left |= c->absent_count > 0;
	}
	return left;
}

void absent_check(struct machine *m)
{
	uint64_t next_ns = MACHINE_NEVER;

	m->absent_ns = MACHINE_NEVER;
	if (look_for_returned(m))
		next_ns = m->now_ns + ABSENT_NS;
	list_for_each(at, &m->gpus)
	{
		struct gpu *gpu = list_entry(at, struct gpu, at);

		list_for_each(member, &gpu->members)
		{
			struct queue *q = list_entry(member, struct queue, of_gpu);

			if (!gpu->held || q->counted != QUEUE_RUNNING)
				continue;
			uint64_t due_ns = check(q);
			if (due_ns < next_ns)
				next_ns = due_ns;
		}
	}
	/* Marking one may have begun a wait of others. */
	if (next_ns < m->absent_ns)
		m->absent_ns = next_ns;
}
