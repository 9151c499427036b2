/* SPDX-License-Identifier: MIT */
/*
 * mlfq: four levels; a job that uses up its level's allotment of GPU time sinks, one that sleeps or
 * waits long rises to the top again. Turns are 10, 20, 40 and 80 ms, as in XSched 1.2.
 */
#include "src/sched/policy.h"

#define LEVELS	 4
#define TURN_NS	 UINT64_C(10000000)
#define SLEEP_NS UINT64_C(100000000)  /* asleep so long: interactive */
#define WAIT_NS	 UINT64_C(1000000000) /* waiting so long: risen, so that none starves */

static uint64_t mlfq_turn_ns(const struct sched *s, const struct sched_unit *u)
{
	return TURN_NS << u->data.level;
}

static void mlfq_claim(struct sched *s, struct sched_unit *u, struct sched_claim *claim)
{
	if (sched_waited_ns(s, u) >= WAIT_NS) {
		u->data.level = 0;
		u->data.used_ns = 0;
	}
	claim->rank = -(int64_t)u->data.level;
}

static uint64_t mlfq_wake_ns(struct sched *s, struct sched_unit *u)
{
	return u->data.level ? sched_add_ns(u->wait_ns, WAIT_NS) : SCHED_NEVER;
}

static void mlfq_ready(struct sched *s, struct sched_unit *u)
{
	if (sched_now(s) - u->data.left_ns >= SLEEP_NS) {
		u->data.level = 0;
		u->data.used_ns = 0;
	}
}

static void mlfq_charge(struct sched *s, struct sched_unit *u, uint64_t ns)
{
	u->data.used_ns = sched_add_ns(u->data.used_ns, ns);
}

static void mlfq_stopped(struct sched *s, struct sched_unit *u, bool whole)
{
	u->data.left_ns = sched_now(s);
	while (u->data.level < LEVELS - 1 && u->data.used_ns >= mlfq_turn_ns(s, u)) {
		u->data.used_ns -= mlfq_turn_ns(s, u);
		u->data.level++;
	}
	if (u->data.level == LEVELS - 1)
		u->data.used_ns = 0;
}

const struct sched_policy sched_policy_mlfq = {
	.name = "mlfq",
	.about = "feedback queue: short work first, nobody starves",
	.grain = SCHED_PER_JOB,
	.slice_ns = mlfq_turn_ns,
	.claim = mlfq_claim,
	.wake_ns = mlfq_wake_ns,
	.ready = mlfq_ready,
	.charge = mlfq_charge,
	.stopped = mlfq_stopped,
};
