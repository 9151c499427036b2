/* SPDX-License-Identifier: MIT */
/*
 * kedf: the k queues with the earliest deadlines run, a deadline counting from when the queue
 * became ready. Equal deadlines, and queues without one, take turns.
 */
#include "src/sched/policy.h"

static void kedf_claim(struct sched *s, struct sched_unit *u, struct sched_claim *claim)
{
	int64_t deadline_us = u->hint[SCHED_HINT_DEADLINE];
	uint64_t due_ns = INT64_MAX;

	if (deadline_us != SCHED_NONE)
		due_ns = sched_add_ns(u->ready_ns, (uint64_t)deadline_us * 1000);
	claim->rank = due_ns < INT64_MAX ? -(int64_t)due_ns : -INT64_MAX;
}

static uint32_t kedf_width(const struct sched *s)
{
	return (uint32_t)sched_machine_hint(s, SCHED_HINT_KDEADLINE);
}

const struct sched_policy sched_policy_kedf = {
	.name = "kedf",
	.about = "earliest deadline first, k at once",
	.grain = SCHED_PER_QUEUE,
	.strict = true,
	.uses = SCHED_USES(SCHED_HINT_DEADLINE) | SCHED_USES(SCHED_HINT_KDEADLINE) |
		SCHED_USES(SCHED_HINT_TIMESLICE),
	.width = kedf_width,
	.claim = kedf_claim,
};
