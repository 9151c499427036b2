/* SPDX-License-Identifier: MIT */
/*
 * A queue's records as events of a trace. The trace's writer thread alone uses this.
 * Source: "Trace Event Format" (Chrome), and what Perfetto's import of it makes of each.
 */
#ifndef TRACE_EVENTS_H
#define TRACE_EVENTS_H

#include "src/aql/trail.h"
#include "src/hsa_intercept/trace_out.h"

/**
 * struct trace_times - the clocks of a GPU
 * @to_monotonic: *@start_p and *@end_p, in ticks of @agent's GPU, to nanoseconds of CLOCK_MONOTONIC. Return: whether it could.
 */
struct trace_times {
	bool (*to_monotonic)(void *ctx, uint64_t agent, uint64_t *start_p, uint64_t *end_p);
	void *ctx;
};

/* One queue on its way into the trace. */
struct trace_track {
	uint64_t queue_id, agent;
	uint32_t node;
	uint32_t number;           /* of the track in this trace; from 1 */
	uint32_t pid;
	uint64_t running_until_ts, running_until_ns; /* of the kernels written so far */
	uint64_t counter_ns;       /* a value of the counter that is not written yet; 0: none */
	uint32_t counter;
	uint64_t lost;             /* records, as written so far */
};

/** trace_events_begin() - opens the array, and names the process */
void trace_events_begin(struct trace_out *o, uint32_t pid, uint64_t now_ns);
/** trace_events_track() - names a queue's track */
void trace_events_track(struct trace_out *o, const struct trace_track *t);
void trace_events_record(struct trace_out *o, struct trace_track *t, const struct trail_record *r,
	const struct trace_times *times);
/** trace_events_lost() - the queue lost so many records in all; written when it is news */
void trace_events_lost(struct trace_out *o, struct trace_track *t, uint64_t lost, uint64_t now_ns);
/** trace_events_counter() - write the counter's latest value, if it is not written */
void trace_events_counter(struct trace_out *o, struct trace_track *t);
/** trace_events_end() - says how many records were lost, and closes the array */
void trace_events_end(struct trace_out *o, uint32_t pid, uint64_t lost, uint64_t now_ns);

#endif
