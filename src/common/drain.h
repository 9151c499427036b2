/* SPDX-License-Identifier: MIT */
/*
 * How long a queue will go on running when it is held: what its process tells of it from time to time, and what follows from that at another
 * time. Written by who tracks the queue, read by who decides, of this process or the daemon.
 */
#ifndef COMMON_DRAIN_H
#define COMMON_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

/* Until a hold has come where it acts, kernels go on to begin. */
#define DRAIN_ACT_NS 30000u

/**
 * struct drain - times of CLOCK_MONOTONIC but @step_ns and @most_ns, estimates but the first
 * @progress_ns: when a packet last completed, or the queue became busy
 * @stop_ns:     when what runs will have come to where it can be stopped: to the next brake, or to the end of what is published
 * @end_ns:      when all that is published will have completed, if nothing stops it
 * @step_ns:     from one brake to the next; 0: there are none
 * @most_ns:     the longest that what is published takes from one brake to the next; 0: not known
 */
struct drain {
	uint64_t progress_ns, stop_ns, end_ns, step_ns, most_ns;
};

/** drain_left_ns() - how much longer the queue will run at @now_ns, if it is held now; at least 1 */
static inline uint64_t drain_left_ns(const struct drain *d, uint64_t now_ns)
{
	uint64_t left_ns = d->stop_ns > now_ns ? d->stop_ns - now_ns : 0;

	/* It has passed one brake after the other since. */
	if (!left_ns && d->step_ns && d->end_ns > now_ns)
		left_ns = d->step_ns - (now_ns - d->stop_ns) % d->step_ns;
	if (left_ns && d->step_ns && left_ns < DRAIN_ACT_NS)
		left_ns += d->step_ns;
	if (left_ns)
		return left_ns;
	/* Longer than expected: as long again as so far. */
	return now_ns > d->progress_ns ? now_ns - d->progress_ns : 1;
}

/** drain_is_brief() - whether a queue that is held comes to where it can be stopped before its waves were saved in @cost_ns, whatever it is at */
static inline bool drain_is_brief(uint64_t most_ns, uint64_t cost_ns)
{
	return most_ns && most_ns < UINT64_MAX - DRAIN_ACT_NS && most_ns + DRAIN_ACT_NS <= cost_ns;
}

#endif
