/* SPDX-License-Identifier: MIT */
/*
 * What processes or queues used between two moments: rates for top. Made from two snapshots; kept by the one who asked for it.
 */
#ifndef CLI_USAGE_H
#define CLI_USAGE_H

#include <stdbool.h>

#include "src/cli/snapshot.h"
#include "src/cli/table.h"

enum usage_key { USAGE_BY_GPU, USAGE_BY_HELD, USAGE_BY_TIME, USAGE_BY_RATE, USAGE_BY_PRIORITY, USAGE_BY_PID, USAGE_BY_JOB, USAGE_KEYS };

/** usage_key_name() - as given to --sort */
const char *usage_key_name(enum usage_key key);
/** usage_key_find() - a key by its name, or -ENOENT */
int usage_key_find(const char *name);

/**
 * struct usage_row - a process, or one of its queues
 * @client:   in the newer snapshot
 * @queue:    the same; NULL: a row of a process
 * @gpu_part: GPU time per time, 1 is one whole GPU; 0 where there is no earlier moment
 * @unmeasured: a queue of it runs free: nothing can limit it now, and what it uses of the GPU is not known
 * @held_part: time held although ready per time; of a process the sum over its queues
 * @packets_s: packets per second
 * @state:    enum sched_state; of a process the most active one of its queues
 * @priority, @share: the greatest of its queues; valid if @queues is not 0
 */
struct usage_row {
	const struct ipc_client_entry *client;
	const struct ipc_queue_entry *queue;
	unsigned queues;
	bool unmeasured;
	double gpu_part, held_part, packets_s;
	uint64_t gpu_ns;
	uint32_t state;
	int64_t priority, share;
};

struct usage {
	struct usage_row *rows;
	size_t count;
};

/**
 * usage_make() - rows in the order of the snapshot
 * @before: NULL: nothing is known of earlier
 * @queues: a row for each queue, not for each process
 *
 * Counters that went backwards, as of a slot that was used again, give rates of 0.
 * Return: 0; -ENOMEM. usage_fini() is due in any case.
 */
int usage_make(struct usage *u, const struct snapshot *before, const struct snapshot *now, bool queues);
void usage_fini(struct usage *u);
/** usage_sort() - the greatest first, but numbers of processes and names; @reverse: the other way */
void usage_sort(struct usage *u, enum usage_key key, bool reverse);
/** usage_table() - as a table; initialised here, the caller's to give up */
void usage_table(const struct usage *u, const struct snapshot *now, struct table *t);
/** usage_gpus() - one line with the use of each GPU between two snapshots */
void usage_gpus(const struct snapshot *before, const struct snapshot *now, char *text, size_t size);
/** usage_json() - new reference, or NULL without memory */
json_t *usage_json(const struct usage *u, const struct snapshot *now);

#endif
