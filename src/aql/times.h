/* SPDX-License-Identifier: MIT */
/*
 * How long each kernel takes, learned from timestamps. Written and read by the owner of the gate whose packets it is about.
 */
#ifndef AQL_TIMES_H
#define AQL_TIMES_H

#include <stdint.h>

#define AQL_TIMES_ROWS 128u /* a power of two */

struct aql_time {
	uint64_t kernel;  /* address of the kernel object, as dispatch packets name it; 0: free */
	uint32_t ns;      /* moving average */
	uint32_t samples; /* saturates */
};

/* A kernel that finds its places taken replaces the one with the fewest samples. */
struct aql_times {
	struct aql_time row[AQL_TIMES_ROWS];
	uint32_t mean_ns; /* moving average over all samples; 0: none yet */
};

/** aql_times_learn() - a dispatch of @kernel took @ns; 0 counts as 1 */
void aql_times_learn(struct aql_times *t, uint64_t kernel, uint64_t ns);
/** aql_times_get() - expected duration of @kernel, 0 when it is not known */
uint32_t aql_times_get(const struct aql_times *t, uint64_t kernel);

#endif
