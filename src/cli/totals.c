/* SPDX-License-Identifier: MIT */
/* Sums of a snapshot; see totals.h. */
#include "src/cli/totals.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_job(const struct ipc_client_entry *a, const struct ipc_client_entry *b)
{
	return a->client == b->client || (*a->job && a->uid == b->uid && !strcmp(a->job, b->job));
}

static struct total *row_of(struct totals *t, const struct ipc_client_entry *client, int gpu)
{
	for (size_t i = 0; i < t->count; i++)
		if (same_job(t->rows[i].client, client) && t->rows[i].gpu == gpu)
			return &t->rows[i];
	struct total *more = reallocarray(t->rows, t->count + 1, sizeof(*more));
	if (!more)
		return NULL;
	t->rows = more;
	t->rows[t->count] = (struct total){.client = client, .gpu = gpu};
	return &t->rows[t->count++];
}

static void add(struct total *row, const struct ipc_queue_entry *q)
{
	row->queues++;
	row->gpu_ns += q->gpu_ns;
	row->held_ns += q->held_ns;
	row->packets += q->packets;
	row->dispatches += q->dispatches;
	for (int i = 0; i < 3; i++)
		row->preempts[i] += q->preempts[i];
}

static int add_client(struct totals *t, const struct snapshot *s, const struct ipc_client_entry *client)
{
	size_t queues = 0;

	for (int gpu = -1; gpu < (int)s->gpu_count; gpu++) {
		struct total *row = NULL;

		for (size_t i = 0; i < s->queue_count; i++) {
			if (s->queues[i].client != client->client || snapshot_gpu_index(s, &s->queues[i].gpu) != gpu)
				continue;
			if (!row)
				row = row_of(t, client, gpu);
			if (!row)
				return -ENOMEM;
			add(row, &s->queues[i]);
			queues++;
		}
		if (row)
			row->processes++;
	}
	if (queues)
		return 0;
	/* Nothing is listed of it but its time. */
	struct total *row = row_of(t, client, -1);
	if (!row)
		return -ENOMEM;
	row->processes++;
	row->queues += client->queues;
	row->gpu_ns += client->gpu_ns;
	return 0;
}

int totals_make(struct totals *t, const struct snapshot *s)
{
	int r = 0;

	*t = (struct totals){0};
	for (size_t i = 0; i < s->client_count && !r; i++)
		r = add_client(t, s, &s->clients[i]);
	return r;
}

void totals_fini(struct totals *t)
{
	free(t->rows);
	*t = (struct totals){0};
}

void totals_name(const struct total *row, char *text, size_t size)
{
	if (*row->client->job)
		snprintf(text, size, "%s", row->client->job);
	else
		snprintf(text, size, "%d (%s)", (int)row->client->pid, *row->client->comm ? row->client->comm : "another user's");
}
