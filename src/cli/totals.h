/* SPDX-License-Identifier: MIT */
/* Sums over the queues of each job on each GPU. Made from a snapshot; stats shows them. */
#ifndef CLI_TOTALS_H
#define CLI_TOTALS_H

#include "src/cli/snapshot.h"

/**
 * struct total - what a job has had on a GPU
 * @client: a process of the job
 * @gpu:    position in the snapshot's list; -1: unknown, as for other users' processes
 */
struct total {
	const struct ipc_client_entry *client;
	int gpu;
	unsigned processes, queues;
	uint64_t gpu_ns, held_ns, packets, dispatches, preempts[3];
};

struct totals {
	struct total *rows;
	size_t count;
};

/**
 * totals_make() - by job, then by GPU, in the order in which they come
 *
 * Processes without a job's name are jobs of their own.
 * Return: 0; -ENOMEM. totals_fini() is due in any case.
 */
int totals_make(struct totals *t, const struct snapshot *s);
void totals_fini(struct totals *t);
/** totals_name() - what to call a row's job: its name, or "PID (program)" */
void totals_name(const struct total *row, char *text, size_t size);

#endif
