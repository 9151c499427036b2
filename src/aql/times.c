/* SPDX-License-Identifier: MIT */
/* Learned kernel durations; see times.h. */
#include "src/aql/times.h"

#include <stddef.h>

#define PROBES 8u
/* An average follows a change of grid size within some launches, and a single odd launch by an eighth. */
#define WEIGHT 8

static uint32_t first_row(uint64_t kernel)
{
	/* Kernel objects are 64-byte aligned. Multiplier: 2^32 divided by the golden ratio. */
	return ((uint32_t)(kernel >> 6) * 2654435769u) / (UINT32_MAX / AQL_TIMES_ROWS + 1);
}

static uint32_t follow(uint32_t average, uint32_t ns)
{
	int64_t step = ((int64_t)ns - (int64_t)average) / WEIGHT;

	return average ? (uint32_t)((int64_t)average + step) : ns;
}

void aql_times_learn(struct aql_times *t, uint64_t kernel, uint64_t ns)
{
	uint32_t sample = ns > UINT32_MAX ? UINT32_MAX : ns ? (uint32_t)ns : 1;
	struct aql_time *place = NULL;

	t->mean_ns = follow(t->mean_ns, sample);
	for (uint32_t i = 0; i < PROBES; i++) {
		struct aql_time *row = &t->row[(first_row(kernel) + i) % AQL_TIMES_ROWS];

		if (row->kernel == kernel) {
			row->ns = follow(row->ns, sample);
			row->samples += row->samples < UINT32_MAX;
			return;
		}
		if (!place || row->samples < place->samples)
			place = row;
	}
	*place = (struct aql_time){.kernel = kernel, .ns = sample, .samples = 1};
}

uint32_t aql_times_get(const struct aql_times *t, uint64_t kernel)
{
	for (uint32_t i = 0; i < PROBES; i++) {
		const struct aql_time *row = &t->row[(first_row(kernel) + i) % AQL_TIMES_ROWS];

		if (row->kernel == kernel)
			return row->ns;
	}
	return 0;
}
