/* SPDX-License-Identifier: MIT */
/*
 * How long each kernel takes, learned from timestamps, and for each size of grid by itself: libraries launch one kernel for a row and
 * for a million. Written and read by the owner of the gate whose packets it is about.
 */
#ifndef AQL_TIMES_H
#define AQL_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#define AQL_TIMES_ROWS 256u /* a power of two */

struct aql_time {
	uint64_t key;     /* aql_times_key(); 0: free */
	uint32_t ns;      /* moving average */
	uint32_t off_ns;  /* the same of the distance from it */
	uint32_t samples; /* saturates */
	uint32_t doubted; /* samples in a row that did not count */
	bool doubtful;    /* so are all samples so far: the average is the least of them */
};

/* A kernel that finds its places taken replaces the one with the fewest samples. */
struct aql_times {
	struct aql_time row[AQL_TIMES_ROWS];
	uint32_t mean_ns; /* moving average over all samples; 0: none yet */
};

/**
 * aql_times_key() - what a dispatch packet's time depends on: its kernel and the size of its grid
 * @packet: 64 bytes with a valid header
 *
 * Sizes that are less than half as much again count as the same.
 *
 * Return: the key; 0 if it names no kernel.
 */
uint64_t aql_times_key(const void *packet);
/** aql_times_kernel() - address of the kernel object, as dispatch packets name it */
uint64_t aql_times_kernel(uint64_t key);
/** aql_times_grid() - the least size of grid that @key stands for, in work-items */
uint64_t aql_times_grid(uint64_t key);
/**
 * aql_times_learn() - a dispatch of @key took @ns; 0 counts as 1
 * @doubtful: it may have waited for another queue's kernel: if it seems long, it counts only when several in a row do
 */
void aql_times_learn(struct aql_times *t, uint64_t key, uint64_t ns, bool doubtful);
/**
 * aql_times_get() - expected duration of @key, 0 when it is not known
 * @steady_p: whether its launches take about the same time
 */
uint32_t aql_times_get(const struct aql_times *t, uint64_t key, bool *steady_p);

#endif
