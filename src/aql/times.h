/* SPDX-License-Identifier: MIT */
/*
 * How long each kernel takes, learned from timestamps. Written and read by the owner of the gate whose packets it is about.
 */
#ifndef AQL_TIMES_H
#define AQL_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#define AQL_TIMES_ROWS 128u /* a power of two */

struct aql_time {
	uint64_t kernel;  /* address of the kernel object, as dispatch packets name it; 0: free */
	uint32_t ns;      /* moving average */
	uint32_t off_ns;  /* the same of the distance from it */
	uint32_t samples; /* saturates */
	uint32_t doubted; /* samples in a row that did not count */
};

/* A kernel that finds its places taken replaces the one with the fewest samples. */
struct aql_times {
	struct aql_time row[AQL_TIMES_ROWS];
	uint32_t mean_ns; /* moving average over all samples; 0: none yet */
};

/**
 * aql_times_learn() - a dispatch of @kernel took @ns; 0 counts as 1
 * @doubtful: it may have waited for another queue's kernel: if it seems long, it counts only when several in a row do
 */
void aql_times_learn(struct aql_times *t, uint64_t kernel, uint64_t ns, bool doubtful);
/**
 * aql_times_get() - expected duration of @kernel, 0 when it is not known
 * @steady_p: whether its launches take about the same time
 */
uint32_t aql_times_get(const struct aql_times *t, uint64_t kernel, bool *steady_p);

#endif
