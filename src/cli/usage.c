/* SPDX-License-Identifier: MIT */
/* Rates between two snapshots; see usage.h. */
#include "src/cli/usage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/command.h"
#include "src/sched/sched.h"

static const char *const key_names[USAGE_KEYS] = {
	[USAGE_BY_GPU] = "gpu",
	[USAGE_BY_HELD] = "held",
	[USAGE_BY_TIME] = "time",
	[USAGE_BY_RATE] = "packets",
	[USAGE_BY_PRIORITY] = "priority",
	[USAGE_BY_PID] = "pid",
	[USAGE_BY_JOB] = "job",
};

const char *usage_key_name(enum usage_key key)
{
	return key_names[key];
}

int usage_key_find(const char *name)
{
	for (int i = 0; i < USAGE_KEYS; i++)
		if (!strcmp(key_names[i], name))
			return i;
	return -ENOENT;
}

static double rate(uint64_t before, uint64_t now, uint64_t ns)
{
	return ns && now > before ? (double)(now - before) / (double)ns : 0;
}

/* Which state says most about a process. */
static unsigned state_weight(uint32_t state)
{
	switch (state) {
	case SCHED_STATE_RUNNING:
		return 3;
	case SCHED_STATE_HELD:
		return 2;
	case SCHED_STATE_SUSPENDED:
		return 1;
	default:
		return 0;
	}
}

static void add_queue(struct usage_row *row, const struct snapshot *before, const struct ipc_queue_entry *q, uint64_t ns)
{
	const struct ipc_queue_entry *old = before ? snapshot_queue(before, q->client, q->queue_id) : NULL;

	if (old) {
		row->gpu_part += rate(old->gpu_ns, q->gpu_ns, ns);
		row->held_part += rate(old->held_ns, q->held_ns, ns);
		row->packets_s += rate(old->packets, q->packets, ns) * 1e9;
	}
	row->gpu_ns += q->gpu_ns;
	row->unmeasured |= q->gate == SCHED_GATE_FREE && q->state == SCHED_STATE_RUNNING;
	if (!row->queues || q->priority > row->priority)
		row->priority = q->priority;
	if (!row->queues || q->share > row->share)
		row->share = q->share;
	if (!row->queues || state_weight(q->state) > state_weight(row->state))
		row->state = q->state;
	row->queues++;
}

static void add_process(struct usage *u, const struct snapshot *before, const struct snapshot *now,
	const struct ipc_client_entry *c, uint64_t ns)
{
	struct usage_row *row = &u->rows[u->count++];

	*row = (struct usage_row){.client = c};
	for (size_t i = 0; i < now->queue_count; i++)
		if (now->queues[i].client == c->client)
			add_queue(row, before, &now->queues[i], ns);
	if (row->queues)
		return;
	/* Another user's: its time is all that is known. */
	const struct ipc_client_entry *old = before ? snapshot_client(before, c->client) : NULL;
	row->gpu_ns = c->gpu_ns;
	row->gpu_part = old ? rate(old->gpu_ns, c->gpu_ns, ns) : 0;
}

int usage_make(struct usage *u, const struct snapshot *before, const struct snapshot *now, bool queues)
{
	uint64_t ns = before && now->machine.now_ns > before->machine.now_ns ? now->machine.now_ns - before->machine.now_ns : 0;

	*u = (struct usage){0};
	u->rows = calloc((queues ? now->queue_count : now->client_count) + 1, sizeof(*u->rows));
	if (!u->rows)
		return -ENOMEM;
	for (size_t i = 0; i < now->client_count && !queues; i++)
		add_process(u, before, now, &now->clients[i], ns);
	for (size_t i = 0; i < now->queue_count && queues; i++) {
		const struct ipc_client_entry *client = snapshot_client(now, now->queues[i].client);

		if (!client)
			continue;
		u->rows[u->count] = (struct usage_row){.client = client, .queue = &now->queues[i]};
		add_queue(&u->rows[u->count++], before, &now->queues[i], ns);
	}
	return 0;
}

void usage_fini(struct usage *u)
{
	free(u->rows);
	*u = (struct usage){0};
}

struct order {
	enum usage_key key;
	bool reverse;
};

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int compare(const void *left, const void *right, void *ctx)
{
	const struct usage_row *a = left, *b = right;
	const struct order *order = ctx;
	int r = 0;

	switch (order->key) {
	case USAGE_BY_GPU:
		r = COMPARE(b->gpu_part, a->gpu_part);
		break;
	case USAGE_BY_HELD:
		r = COMPARE(b->held_part, a->held_part);
		break;
	case USAGE_BY_TIME:
		r = COMPARE(b->gpu_ns, a->gpu_ns);
		break;
	case USAGE_BY_RATE:
		r = COMPARE(b->packets_s, a->packets_s);
		break;
	case USAGE_BY_PRIORITY:
		r = COMPARE(b->priority, a->priority);
		break;
	case USAGE_BY_JOB:
		r = strcmp(a->client->job, b->client->job);
		break;
	case USAGE_BY_PID:
	case USAGE_KEYS:
		break;
	}
	if (!r)
		r = COMPARE(a->client->pid, b->client->pid);
	if (!r && a->queue && b->queue)
		r = COMPARE(a->queue->queue_id, b->queue->queue_id);
	return order->reverse ? -r : r;
}

void usage_sort(struct usage *u, enum usage_key key, bool reverse)
{
	struct order order = {key, reverse};

	qsort_r(u->rows, u->count, sizeof(*u->rows), compare, &order);
}

static const struct table_column columns[] = {
	{"PID", true, 0, 0},
	{"JOB", false, 1, 6},
	{"PROGRAM", false, 2, 7},
	{"QUEUE", true, 3, 0},
	{"GPU", true, 8, 0},
	{"STATE", false, 0, 0},
	{"PRIO", true, 4, 0},
	{"SHARE", true, 7, 0},
	{"%GPU", true, 0, 0},
	{"%HELD", true, 5, 0},
	{"GPU-TIME", true, 0, 0},
	{"PACKETS/s", true, 9, 0},
	{NULL, false, 0, 0},
};

static void add_row(struct table *t, const struct usage_row *row, const struct snapshot *now)
{
	int gpu = row->queue ? snapshot_gpu_index(now, &row->queue->gpu) : -1;
	char gpu_time[32];

	table_time(row->gpu_ns, gpu_time, sizeof(gpu_time));
	table_add(t, "%d", (int)row->client->pid);
	table_add(t, "%s", *row->client->job ? row->client->job : "-");
	table_add(t, "%s", *row->client->comm ? row->client->comm : "-");
	if (row->queue)
		table_add(t, "%" PRIu64, row->queue->queue_id);
	else
		table_add(t, row->queues == 1 ? "1 queue" : "%u queues", row->queues ? row->queues : row->client->queues);
	if (gpu < 0)
		table_add(t, "-");
	else
		table_add(t, "%d", gpu);
	if (row->queues) {
		table_add(t, "%s", snapshot_state_name(row->state));
		table_add(t, "%" PRId64, row->priority);
		table_add(t, "%" PRId64 "%%", row->share);
	} else {
		table_add(t, "-");
		table_add(t, "-");
		table_add(t, "-");
	}
	if (row->unmeasured)
		table_add(t, "-");
	else
		table_add(t, "%.1f", 100 * row->gpu_part);
	table_add(t, "%.1f", 100 * row->held_part);
	table_add(t, "%s", gpu_time);
	table_add(t, "%.0f", row->packets_s);
}

void usage_table(const struct usage *u, const struct snapshot *now, struct table *t)
{
	table_init(t, columns);
	for (size_t i = 0; i < u->count; i++)
		add_row(t, &u->rows[i], now);
}

static double gpu_part(const struct snapshot *before, const struct snapshot *now, size_t index)
{
	int old = before ? snapshot_gpu_index(before, &now->gpus[index].gpu) : -1;

	return old < 0 || now->machine.now_ns <= before->machine.now_ns ? 0 :
		rate(before->gpus[old].gpu_ns, now->gpus[index].gpu_ns, now->machine.now_ns - before->machine.now_ns);
}

void usage_gpus(const struct snapshot *before, const struct snapshot *now, char *text, size_t size)
{
	size_t used = 0;

	text[0] = 0;
	for (size_t i = 0; i < now->gpu_count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%sGPU %zu: %.1f%%", i ? ", " : "", i,
			100 * gpu_part(before, now, i));
}

json_t *usage_json(const struct usage *u, const struct snapshot *now)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < u->count; i++) {
		const struct usage_row *r = &u->rows[i];
		json_t *row = json_pack("{s:I, s:i, s:o, s:o, s:o, s:o, s:f, s:b, s:f, s:f, s:I}", "client",
			(json_int_t)r->client->client, "pid", (int)r->client->pid, "job", cli_json_text(r->client->job), "program",
			cli_json_text(r->client->comm), "queue",
			r->queue ? json_integer((json_int_t)r->queue->queue_id) : json_null(), "state",
			r->queues ? json_string(snapshot_state_name(r->state)) : json_null(), "gpu_part", r->gpu_part,
			"measured", !r->unmeasured, "held_part",
			r->held_part, "packets_per_s", r->packets_s, "gpu_ns", (json_int_t)r->gpu_ns);

		if (r->queues) {
			json_object_set_new(row, "priority", json_integer(r->priority));
			json_object_set_new(row, "share", json_integer(r->share));
		}
		json_array_append_new(rows, row);
	}
	return json_pack("{s:I, s:o, s:o}", "now_ns", (json_int_t)now->machine.now_ns, "policy", cli_json_text(now->machine.policy),
		"rows", rows);
}
