/* SPDX-License-Identifier: MIT */
/* The daemon's list, and how to find things in it; see snapshot.h. */
#include "src/cli/snapshot.h"

#include "src/cli/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "src/sched/sched.h"

/* Room doubles: at counts that are powers of two. */
static int append(void *array_p, size_t *count, const void *item, size_t bytes)
{
	char **array = array_p;

	if (!(*count & (*count - 1))) {
		char *more = reallocarray(*array, *count ? 2 * *count : 1, bytes);

		if (!more)
			return -ENOMEM;
		*array = more;
	}
	memcpy(*array + (*count)++ * bytes, item, bytes);
	return 0;
}

void snapshot_begin(struct snapshot *s, int sock)
{
	struct ucred listener;
	socklen_t size = sizeof(listener);

	/* A pid that this namespace does not have reads 0. Source: net/core/sock.c, cred_to_ucred(). */
	*s = (struct snapshot){.elsewhere = !getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &listener, &size) && !listener.pid};
}

int snapshot_add(struct snapshot *s, const union ipc_any *entry)
{
	switch (entry->header.type) {
	case IPC_MACHINE_ENTRY:
		s->machine = entry->machine_entry;
		return 0;
	case IPC_GPU_ENTRY:
		return append(&s->gpus, &s->gpu_count, entry, sizeof(*s->gpus));
	case IPC_CLIENT_ENTRY:
		return append(&s->clients, &s->client_count, entry, sizeof(*s->clients));
	case IPC_QUEUE_ENTRY:
		return append(&s->queues, &s->queue_count, entry, sizeof(*s->queues));
	default:
		return 0;
	}
}

void snapshot_fini(struct snapshot *s)
{
	free(s->gpus);
	free(s->clients);
	free(s->queues);
	*s = (struct snapshot){0};
}

const struct ipc_client_entry *snapshot_client(const struct snapshot *s, uint64_t client)
{
	for (size_t i = 0; i < s->client_count; i++)
		if (s->clients[i].client == client)
			return &s->clients[i];
	return NULL;
}

const struct ipc_client_entry *snapshot_process(const struct snapshot *s, int32_t pid)
{
	const struct ipc_client_entry *found = NULL, *inside = NULL;
	size_t inside_count = 0;

	for (size_t i = 0; i < s->client_count; i++) {
		/* A pid that was used again: the newer one. */
		if (s->clients[i].pid == pid && (!found || s->clients[i].client > found->client))
			found = &s->clients[i];
		if (s->elsewhere && s->clients[i].container_pid == pid) {
			inside = &s->clients[i];
			inside_count++;
		}
	}
	return found ? found : inside_count == 1 ? inside : NULL;
}

const struct ipc_queue_entry *snapshot_queue(const struct snapshot *s, uint64_t client, uint64_t queue_id)
{
	for (size_t i = 0; i < s->queue_count; i++)
		if (s->queues[i].client == client && s->queues[i].queue_id == queue_id)
			return &s->queues[i];
	return NULL;
}

int snapshot_gpu_index(const struct snapshot *s, const struct ipc_gpu_key *gpu)
{
	for (size_t i = 0; i < s->gpu_count; i++)
		if (s->gpus[i].gpu.domain == gpu->domain && s->gpus[i].gpu.bdf == gpu->bdf && s->gpus[i].gpu.node == gpu->node)
			return (int)i;
	return -1;
}

static void list_queues(const struct snapshot *s, uint64_t client, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < s->queue_count && used < size; i++)
		if (s->queues[i].client == client)
			used += (size_t)snprintf(text + used, size - used, "%s%" PRIu64, used ? ", " : "", s->queues[i].queue_id);
	if (!used)
		snprintf(text, size, "none");
}

int snapshot_target(const struct snapshot *s, const struct cli_target *typed, struct ipc_target *target_p, char *error, size_t size)
{
	const struct ipc_client_entry *client = snapshot_process(s, typed->pid);
	struct ipc_target target = {.scope = typed->scope};
	char queues[96];

	if (!client) {
		snprintf(error, size, "%d: no such process is scheduled; \"xschedctl list\" shows those that are", (int)typed->pid);
		return -ESRCH;
	}
	if (client->hidden) {
		snprintf(error, size, "%d: permission denied: it belongs to user %u", (int)typed->pid, client->uid);
		return -EPERM;
	}
	target.client = client->client;
	if (typed->scope == IPC_SCOPE_QUEUE) {
		const struct ipc_queue_entry *queue = snapshot_queue(s, client->client, typed->queue);
		if (!queue) {
			list_queues(s, client->client, queues, sizeof(queues));
			snprintf(error, size, "%d:%" PRIu64 ": the process has no such queue; it has: %s", (int)typed->pid,
				typed->queue, queues);
			return -ESRCH;
		}
		target.slot = queue->slot;
	}
	*target_p = target;
	return 0;
}

const char *snapshot_state_name(uint32_t state)
{
	static const char *const names[] = {"idle", "held", "running", "suspended"};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

const char *snapshot_reason_name(uint32_t reason)
{
	static const char *const names[SCHED_REASONS] = {
		[SCHED_BECAUSE_IDLE] = "idle",
		[SCHED_BECAUSE_TURN] = "turn",
		[SCHED_BECAUSE_ALONE] = "alone",
		[SCHED_BECAUSE_OUTRANKED] = "outranked",
		[SCHED_BECAUSE_OTHERS] = "others",
		[SCHED_BECAUSE_JOB] = "job",
		[SCHED_BECAUSE_SUSPENDED] = "suspended",
		[SCHED_BECAUSE_NO_EXECUTE] = "no-execute",
	};

	return reason < SCHED_REASONS ? names[reason] : "?";
}

const char *snapshot_gate_name(uint32_t gate)
{
	static const char *const names[] = {
		[SCHED_GATE_HOLD] = "hold", [SCHED_GATE_RUN] = "run", [SCHED_GATE_FREE] = "free"};

	return gate < sizeof(names) / sizeof(names[0]) ? names[gate] : "?";
}

void snapshot_gpu_place(const struct ipc_gpu_key *gpu, char *text, size_t size)
{
	snprintf(text, size, "%04x:%02x:%02x.%x", gpu->domain, gpu->bdf >> 8 & 0xff, gpu->bdf >> 3 & 0x1f, gpu->bdf & 7);
}

static json_t *number_or_null(uint64_t value)
{
	return value == UINT64_MAX ? json_null() : json_integer((json_int_t)value);
}

json_t *snapshot_gpu_json(const struct snapshot *s, size_t index)
{
	const struct ipc_gpu_entry *g = &s->gpus[index];
	char place[48];

	snapshot_gpu_place(&g->gpu, place, sizeof(place));
	return json_pack("{s:i, s:s, s:i, s:o, s:i, s:I, s:o}", "gpu", (int)index, "pci", place, "node", (int)g->gpu.node,
		"name", cli_json_text(g->name), "queues", (int)g->queues, "gpu_ns", (json_int_t)g->gpu_ns, "preempt_cost_ns",
		number_or_null(g->preempt_cost_ns));
}

static json_t *queue_json(const struct snapshot *s, const struct ipc_queue_entry *q)
{
	int gpu = snapshot_gpu_index(s, &q->gpu);

	return json_pack("{s:I, s:o, s:s, s:s, s:s, s:i, s:b, s:I, s:I, s:o, s:I, s:I, s:[III], s:I, s:I}", "queue",
		(json_int_t)q->queue_id, "gpu", gpu < 0 ? json_null() : json_integer(gpu), "state", snapshot_state_name(q->state),
		"gate", snapshot_gate_name(q->gate), "reason", snapshot_reason_name(q->reason), "level", (int)q->level, "suspended",
		(int)q->suspended, "gpu_ns", (json_int_t)q->gpu_ns, "held_ns", (json_int_t)q->held_ns, "window_ns",
		number_or_null(q->window_ns), "packets", (json_int_t)q->packets, "dispatches", (json_int_t)q->dispatches,
		"preempts", (json_int_t)q->preempts[0], (json_int_t)q->preempts[1], (json_int_t)q->preempts[2], "priority",
		(json_int_t)q->priority, "share", (json_int_t)q->share);
}

static json_t *client_json(const struct snapshot *s, const struct ipc_client_entry *c)
{
	json_t *queues = json_array();

	for (size_t i = 0; i < s->queue_count; i++)
		if (s->queues[i].client == c->client)
			json_array_append_new(queues, queue_json(s, &s->queues[i]));
	return json_pack("{s:I, s:i, s:i, s:I, s:b, s:o, s:o, s:o, s:I, s:I, s:o}", "client", (json_int_t)c->client, "pid",
		(int)c->pid, "container_pid", (int)c->container_pid, "uid", (json_int_t)c->uid, "hidden", (int)c->hidden, "job",
		cli_json_text(c->job), "program", cli_json_text(c->comm), "cgroup", cli_json_text(c->cgroup), "since_ns",
		(json_int_t)c->since_ns, "gpu_ns", (json_int_t)c->gpu_ns, "queues", queues);
}

json_t *snapshot_json(const struct snapshot *s)
{
	json_t *gpus = json_array(), *clients = json_array();
	const struct ipc_machine_entry *m = &s->machine;

	for (size_t i = 0; i < s->gpu_count; i++)
		json_array_append_new(gpus, snapshot_gpu_json(s, i));
	for (size_t i = 0; i < s->client_count; i++)
		json_array_append_new(clients, client_json(s, &s->clients[i]));
	return json_pack("{s:o, s:o, s:i, s:I, s:I, s:o, s:o}", "policy", cli_json_text(m->policy), "fault",
		*m->fault ? cli_json_text(m->fault) : json_null(), "daemon_pid", (int)m->pid, "now_ns", (json_int_t)m->now_ns,
		"decisions", (json_int_t)m->decisions, "gpus", gpus, "clients", clients);
}
