/* SPDX-License-Identifier: MIT */
/*
 * hpf: the queues of the highest priority run, equal ones together. With ageing a waiting queue
 * rises, at most to the highest priority there is, and has one time slice when it gets there.
 */
#include "src/sched/policy.h"

static int64_t hpf_age(const struct sched *s, const struct sched_unit *u)
{
	uint64_t step_ns = (uint64_t)u->hint[SCHED_HINT_AGEING] * 1000;

	return step_ns ? (int64_t)(sched_waited_ns(s, u) / step_ns) : 0;
}

static void hpf_claim(struct sched *s, struct sched_unit *u, struct sched_claim *claim)
{
	int64_t top = sched_top_ceiling(u);
	int64_t priority = u->hint[SCHED_HINT_PRIORITY];
	int64_t age = hpf_age(s, u);

	claim->rank = priority;
	if (age > 0 && top > priority)
		claim->rank = age > top - priority ? top : priority + age;
}

static int64_t hpf_ceiling(const struct sched *s, const struct sched_unit *u)
{
	return u->hint[SCHED_HINT_PRIORITY];
}

static uint64_t hpf_wake_ns(struct sched *s, struct sched_unit *u)
{
	uint64_t step_ns = (uint64_t)u->hint[SCHED_HINT_AGEING] * 1000;

	if (!step_ns || u->claim.rank >= sched_top_ceiling(u))
		return SCHED_NEVER;
	return sched_add_ns(u->wait_ns, (uint64_t)(hpf_age(s, u) + 1) * step_ns);
}

static uint64_t hpf_slice_ns(const struct sched *s, const struct sched_unit *u)
{
	bool aged = u->base.rank > u->hint[SCHED_HINT_PRIORITY];

	return aged ? (uint64_t)u->hint[SCHED_HINT_TIMESLICE] * 1000 : SCHED_NEVER;
}

const struct sched_policy sched_policy_hpf = {
	.name = "hpf",
	.about = "highest priority first",
	.grain = SCHED_PER_QUEUE,
	.strict = true,
	.uses = SCHED_USES(SCHED_HINT_PRIORITY) | SCHED_USES(SCHED_HINT_AGEING),
	.width = sched_width_all,
	.slice_ns = hpf_slice_ns,
	.together = sched_same_rank,
	.claim = hpf_claim,
	.ceiling = hpf_ceiling,
	.wake_ns = hpf_wake_ns,
};
