/* SPDX-License-Identifier: MIT */
/*
 * The answer to IPC_LIST. It is made entry by entry while the client reads, and holds no references: what comes or goes meanwhile is
 * in it or not.
 */
#include "src/daemon/state.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* So many entries at once; others have their turn between. */
#define BATCH 64

static void machine_entry(const struct machine *m, struct ipc_machine_entry *e, uint32_t serial)
{
	const struct sched_fault *fault = sched_fault(m->sched);

	ipc_message_init(e, IPC_MACHINE_ENTRY, serial);
	e->now_ns = m->now_ns;
	e->decisions = m->decisions;
	e->clients = m->library_count;
	e->queues = m->queue_count;
	e->pid = getpid();
	ipc_text_set(e->policy, sizeof(e->policy), sched_policy_name(m->sched));
	if (fault)
		snprintf(e->fault, sizeof(e->fault), "%s was replaced: %s", fault->policy, fault->text);
}

static void gpu_entry(const struct gpu *gpu, struct ipc_gpu_entry *e, uint32_t serial)
{
	ipc_message_init(e, IPC_GPU_ENTRY, serial);
	e->gpu = gpu->key;
	e->gpu_ns = sched_gpu_ns(gpu->sched) - gpu->base_ns;
	e->preempt_cost_ns = gpu_cost_ns(gpu);
	e->queues = gpu->queues;
	ipc_text_set(e->name, sizeof(e->name), gpu->name);
}

static void client_entry(const struct machine_client *c, bool hidden, struct ipc_client_entry *e, uint32_t serial)
{
	ipc_message_init(e, IPC_CLIENT_ENTRY, serial);
	e->client = c->number;
	e->pid = c->who.pid;
	e->uid = c->who.uid;
	e->hidden = hidden;
	if (hidden)
		return;
	e->since_ns = c->since_ns;
	e->gpu_ns = client_gpu_ns(c);
	e->container_pid = c->container_pid;
	e->queues = c->queue_count;
	ipc_text_set(e->job, sizeof(e->job), c->job->name);
	ipc_text_set(e->comm, sizeof(e->comm), c->comm);
	ipc_text_set(e->cgroup, sizeof(e->cgroup), c->who.cgroup);
}

static void queue_entry(const struct queue *q, struct ipc_queue_entry *e, uint32_t serial)
{
	const struct ipc_slot *slot = &q->client->page->slot[q->slot];
	struct sched_queue_stats stats;

	sched_queue_stats(q->sched, &stats);
	ipc_message_init(e, IPC_QUEUE_ENTRY, serial);
	e->client = q->client->number;
	e->gpu = q->gpu->key;
	e->queue_id = q->queue_id;
	e->slot = q->slot;
	e->state = stats.state;
	e->gate = q->now.gate;
	e->reason = q->now.reason;
	e->level = (uint32_t)q->now.level;
	e->suspended = q->suspended > 0;
	e->gpu_ns = stats.gpu_ns;
	e->held_ns = q->held_ns + (q->held_since_ns ? q->client->machine->now_ns - q->held_since_ns : 0);
	e->window_ns = q->now.window_ns;
	/* As the process says; for people only. */
	e->packets = atomic_load_explicit(&slot->packets, memory_order_relaxed);
	e->dispatches = atomic_load_explicit(&slot->dispatches, memory_order_relaxed);
	for (int i = 0; i < 3; i++)
		e->preempts[i] = q->preempts[i];
	e->priority = sched_queue_hint_get(q->sched, SCHED_HINT_PRIORITY);
	e->share = sched_queue_hint_get(q->sched, SCHED_HINT_UTILIZATION);
}

static const struct gpu *gpu_at(const struct machine *m, uint32_t index)
{
	list_for_each(at, &m->gpus)
		if (!index--)
			return list_entry(at, const struct gpu, at);
	return NULL;
}

/* The first library from @number on. */
static const struct machine_client *client_from(const struct machine *m, uint64_t number)
{
	list_for_each(at, &m->clients)
	{
		const struct machine_client *c = list_entry(at, const struct machine_client, at);

		if (c->number >= number && c->role == IPC_ROLE_LIBRARY)
			return c;
	}
	return NULL;
}

static const struct queue *queue_from(const struct machine_client *c, uint32_t slot)
{
	for (; slot < c->slot_end; slot++)
		if (c->slots[slot])
			return c->slots[slot];
	return NULL;
}

/* Write what comes next into @any, and where to go on behind it. */
static struct listing next_entry(const struct machine_client *reader, union ipc_any *any)
{
	const struct machine *m = reader->machine;
	struct listing at = reader->listing;
	const struct gpu *gpu;
	const struct machine_client *c;
	const struct queue *q;

	switch (at.step) {
	case LISTING_MACHINE:
		machine_entry(m, &any->machine_entry, at.serial);
		at.step = LISTING_GPU;
		return at;
	case LISTING_GPU:
		gpu = gpu_at(m, at.gpu++);
		if (gpu) {
			gpu_entry(gpu, &any->gpu_entry, at.serial);
			return at;
		}
		break;
	case LISTING_QUEUE:
		c = client_find(m, at.client);
		q = c ? queue_from(c, at.slot) : NULL;
		if (q) {
			queue_entry(q, &any->queue_entry, at.serial);
			at.slot = q->slot + 1;
			return at;
		}
		at.client++;
		break;
	default:
		break;
	}
	c = at.step == LISTING_END ? NULL : client_from(m, at.client);
	if (c) {
		bool hidden = !client_may(reader, c->who.uid);

		client_entry(c, hidden, &any->client_entry, at.serial);
		at.step = hidden ? LISTING_CLIENT : LISTING_QUEUE;
		at.client = hidden ? c->number + 1 : c->number;
		at.slot = 0;
		return at;
	}
	ipc_message_init(&any->result, IPC_RESULT, at.serial);
	at.step = LISTING_NONE;
	return at;
}

void list_start(struct machine_client *c, uint32_t serial)
{
	c->listing = (struct listing){.step = LISTING_MACHINE, .serial = serial};
	list_continue(c);
}

void list_continue(struct machine_client *c)
{
	struct machine *m = c->machine;
	union ipc_any any;
	int rc;

	client_charge(c, BATCH / ENTRIES_PER_MESSAGE);
	for (int i = 0; i < BATCH && c->listing.step && !c->ended; i++) {
		struct listing next = next_entry(c, &any);

		rc = m->ops->send(c->peer, &any, -1);
		if (rc == -EAGAIN)
			break;
		if (rc) {
			client_end(c, -rc, "nothing can be sent to it");
			return;
		}
		c->listing = next;
		client_deadline_set(c, next.step ? m->now_ns + WRITE_NS : MACHINE_NEVER);
	}
	if (c->listing.step) {
		if (c->deadline_ns == MACHINE_NEVER)
			client_deadline_set(c, m->now_ns + WRITE_NS);
		m->ops->writable(c->peer, true);
	}
}
