/* SPDX-License-Identifier: MIT */
/*
 * up: each queue has its share of the GPU's time, in proportion to its utilisation. What it really
 * used counts, so shares are exact whatever the length of kernels: a turn that a kernel exceeded is
 * paid back later.
 */
#include "src/sched/share.h"

const struct sched_policy sched_policy_up = {
	.name = "up",
	.about = "utilisation shares per queue",
	.grain = SCHED_PER_QUEUE,
	.strict = true,
	.linger = true,
	.uses = SCHED_USES(SCHED_HINT_UTILIZATION) | SCHED_USES(SCHED_HINT_TIMESLICE),
	.claim = share_claim,
	.ceiling = share_rank,
	.ready = share_ready,
	.charge = share_charge,
	.refund = share_refund,
	.owed = sched_vtime_owed,
};
