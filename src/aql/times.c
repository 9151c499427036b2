/* SPDX-License-Identifier: MIT */
/* Learned kernel durations; see times.h. */
#include "src/aql/times.h"

#include <stddef.h>
#include <string.h>

#define PROBES 8u
/* An average follows what kernels are told to do within some launches, and a single odd launch by an eighth. */
#define WEIGHT 8
/* A launch that waited for another queue's kernel seems many times as long as the others. */
#define ODD 4
/* A doubtful sample in so many counts. */
#define DOUBTS 16
/* Launches that are no further from the average than this part of it are steady, if there were some. */
#define STEADY  4
#define SAMPLES 4

/* Of a dispatch packet: grid_size_x, _y and _z, and the kernel object, which is 64-byte aligned. Source: HSA system
 * architecture 1.2, 2.9.6. */
#define GRID_OFFSET   12
#define KERNEL_OFFSET 32
#define SIZES         64u

/* Two for each power of two; beyond 2^32 all are the same. */
static uint64_t size_of(const uint32_t grid[3])
{
	uint64_t items = 1;

	for (int i = 0; i < 3; i++)
		if (grid[i] && __builtin_mul_overflow(items, grid[i], &items))
			return SIZES - 1;
	unsigned log = 63 - (unsigned)__builtin_clzll(items);
	uint64_t size = 2 * log + (log ? items >> (log - 1) & 1 : 0);

	return size < SIZES ? size : SIZES - 1;
}

uint64_t aql_times_key(const void *packet)
{
	uint32_t grid[3];
	uint64_t kernel;

	memcpy(grid, (const char *)packet + GRID_OFFSET, sizeof(grid));
	memcpy(&kernel, (const char *)packet + KERNEL_OFFSET, sizeof(kernel));
	return kernel ? (kernel & -(uint64_t)SIZES) | size_of(grid) : 0;
}

uint64_t aql_times_kernel(uint64_t key)
{
	return key & -(uint64_t)SIZES;
}

uint64_t aql_times_grid(uint64_t key)
{
	return (2 + (key & 1)) << (key % SIZES / 2) >> 1;
}

static uint32_t first_row(uint64_t key)
{
	/* Multiplier: 2^32 divided by the golden ratio. */
	return ((uint32_t)key * 2654435769u) / (UINT32_MAX / AQL_TIMES_ROWS + 1);
}

static uint32_t toward(uint32_t average, int64_t sample)
{
	return (uint32_t)((int64_t)average + (sample - (int64_t)average) / WEIGHT);
}

static uint32_t follow(uint32_t average, uint32_t ns)
{
	int64_t most = (int64_t)average * ODD + WEIGHT;

	return average ? toward(average, ns < most ? ns : most) : ns;
}

void aql_times_learn(struct aql_times *t, uint64_t key, uint64_t ns, bool doubtful)
{
	uint32_t sample = ns > UINT32_MAX ? UINT32_MAX : ns ? (uint32_t)ns : 1;
	struct aql_time *place = NULL;

	for (uint32_t i = 0; i < PROBES; i++) {
		struct aql_time *row = &t->row[(first_row(key) + i) % AQL_TIMES_ROWS];

		if (row->key == key) {
			if (doubtful && sample > row->ns && ++row->doubted < DOUBTS)
				return;
			if (row->doubtful && (!doubtful || sample <= row->ns)) {
				row->doubtful = doubtful;
				row->doubted = 0;
				row->ns = sample;
				row->samples += row->samples < UINT32_MAX;
				return;
			}
			uint32_t off_ns = sample > row->ns ? sample - row->ns : row->ns - sample;
			uint32_t most_ns = row->ns < UINT32_MAX / ODD ? row->ns * ODD : UINT32_MAX;

			row->doubted = 0;
			row->off_ns = row->samples > 1 ? toward(row->off_ns, off_ns < most_ns ? off_ns : most_ns) : off_ns;
			row->ns = follow(row->ns, sample);
			row->samples += row->samples < UINT32_MAX;
			t->mean_ns = follow(t->mean_ns, sample);
			return;
		}
		if (!place || row->samples < place->samples)
			place = row;
	}
	*place = (struct aql_time){.key = key, .ns = sample, .samples = 1, .doubtful = doubtful};
	t->mean_ns = follow(t->mean_ns, sample);
}

uint32_t aql_times_get(const struct aql_times *t, uint64_t key, bool *steady_p)
{
	*steady_p = false;
	for (uint32_t i = 0; i < PROBES; i++) {
		const struct aql_time *row = &t->row[(first_row(key) + i) % AQL_TIMES_ROWS];

		if (row->key == key) {
			*steady_p = row->samples >= SAMPLES && row->off_ns < row->ns / STEADY;
			return row->ns;
		}
	}
	return 0;
}
