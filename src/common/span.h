/* SPDX-License-Identifier: MIT */
/*
 * Spans of GPU time, as the packet processor stamped them: completion tracking makes them, the scheduler core charges by them, and
 * pages carry them from one to the other.
 */
#ifndef COMMON_SPAN_H
#define COMMON_SPAN_H

#include <stdint.h>

/* Kernels that follow each other within so many ticks (50 us of the 100 MHz that every GFX9 counts) are one span. */
#define SPAN_JOIN_TICKS 5000u

/**
 * struct gpu_span - one kernel, or some that followed each other in one queue
 * @start_ts, @end_ts: ticks of the GPU's clock, which all processes on that GPU share; start < end
 * @ns:               GPU time of the kernels
 * @alone_ns:         what they were expected to take; 0: not known
 */
struct gpu_span {
	uint64_t start_ts, end_ts, ns, alone_ns;
};

/** span_join() - make @next part of @last, if they lie close together. Return: whether they did. */
static inline int span_join(struct gpu_span *last, const struct gpu_span *next)
{
	if (next->start_ts < last->start_ts || next->end_ts < last->end_ts || next->end_ts - last->start_ts > SPAN_JOIN_TICKS)
		return 0;
	last->end_ts = next->end_ts;
	last->ns += next->ns;
	last->alone_ns = last->alone_ns && next->alone_ns ? last->alone_ns + next->alone_ns : 0;
	return 1;
}

#endif
