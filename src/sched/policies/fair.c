/* SPDX-License-Identifier: MIT */
/* fair: the job with the smallest virtual time runs; weight 100 is one share. Sleepers keep two
 * turns' credit. */
#include "src/sched/policy.h"

static void fair_claim(struct sched *s, struct sched_unit *u, struct sched_claim *claim)
{
	claim->order = u->data.vtime;
}

static void fair_ready(struct sched *s, struct sched_unit *u)
{
	uint64_t turn_ns = (uint64_t)u->hint[SCHED_HINT_TIMESLICE] * 1000;

	sched_vtime_ready(u, 2 * turn_ns, u->hint[SCHED_HINT_WEIGHT]);
}

static void fair_charge(struct sched *s, struct sched_unit *u, uint64_t ns)
{
	sched_vtime_charge(u, ns, u->hint[SCHED_HINT_WEIGHT]);
}

static void fair_refund(struct sched *s, struct sched_unit *u, uint64_t ns)
{
	sched_vtime_refund(u, ns, u->hint[SCHED_HINT_WEIGHT]);
}

const struct sched_policy sched_policy_fair = {
	.name = "fair",
	.about = "weighted fair share per job",
	.grain = SCHED_PER_JOB,
	.uses = SCHED_USES(SCHED_HINT_WEIGHT) | SCHED_USES(SCHED_HINT_TIMESLICE),
	.claim = fair_claim,
	.ready = fair_ready,
	.charge = fair_charge,
	.refund = fair_refund,
	.owed = sched_vtime_owed,
};
