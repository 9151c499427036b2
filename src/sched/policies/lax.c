/* SPDX-License-Identifier: MIT */
/*
 * lax: a queue has its laxity priority until its laxity has passed since it became ready, and its
 * critical priority from then on; the highest run, equal ones together.
 */
#include "src/sched/policy.h"

static uint64_t lax_critical_ns(const struct sched_unit *u)
{
	int64_t laxity_us = u->hint[SCHED_HINT_LAXITY];

	return laxity_us == SCHED_NONE ? SCHED_NEVER
				       : sched_add_ns(u->ready_ns, (uint64_t)laxity_us * 1000);
}

static void lax_claim(struct sched *s, struct sched_unit *u, struct sched_claim *claim)
{
	bool critical = sched_now(s) >= lax_critical_ns(u);

	claim->rank = u->hint[critical ? SCHED_HINT_CRITICAL_PRIORITY : SCHED_HINT_LAXITY_PRIORITY];
}

static int64_t lax_ceiling(const struct sched *s, const struct sched_unit *u)
{
	int64_t lax = u->hint[SCHED_HINT_LAXITY_PRIORITY];
	int64_t critical = u->hint[SCHED_HINT_CRITICAL_PRIORITY];

	return u->hint[SCHED_HINT_LAXITY] != SCHED_NONE && critical > lax ? critical : lax;
}

static int64_t lax_floor(const struct sched *s, const struct sched_unit *u)
{
	int64_t lax = u->hint[SCHED_HINT_LAXITY_PRIORITY];
	int64_t critical = u->hint[SCHED_HINT_CRITICAL_PRIORITY];

	return u->hint[SCHED_HINT_LAXITY] != SCHED_NONE && critical < lax ? critical : lax;
}

static uint64_t lax_wake_ns(struct sched *s, struct sched_unit *u)
{
	uint64_t when_ns = lax_critical_ns(u);

	return when_ns > sched_now(s) ? when_ns : SCHED_NEVER;
}

const struct sched_policy sched_policy_lax = {
	.name = "lax",
	.about = "a higher priority once the laxity has passed",
	.grain = SCHED_PER_QUEUE,
	.strict = true,
	.uses = SCHED_USES(SCHED_HINT_LAXITY) | SCHED_USES(SCHED_HINT_LAXITY_PRIORITY) |
		SCHED_USES(SCHED_HINT_CRITICAL_PRIORITY),
	.width = sched_width_all,
	.slice_ns = sched_slice_none,
	.together = sched_same_rank,
	.claim = lax_claim,
	.ceiling = lax_ceiling,
	.floor = lax_floor,
	.wake_ns = lax_wake_ns,
};
