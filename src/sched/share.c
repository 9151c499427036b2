/* SPDX-License-Identifier: MIT */
/* Utilisation shares by virtual time; see share.h. Reads the utilisation hints, writes units'
 * virtual time. */
#include "src/sched/share.h"

/* A job that synchronises often runs dry for moments in which it is owed time: that is not lost at
 * once. */
#define CREDIT_TURNS 20

int64_t share_rank(const struct sched *s, const struct sched_unit *u)
{
	return u->hint[SCHED_HINT_UTILIZATION] ? 0 : -1;
}

void share_claim(struct sched *s, struct sched_unit *u, struct sched_claim *claim)
{
	claim->rank = share_rank(s, u);
	claim->order = u->data.vtime;
}

void share_ready(struct sched *s, struct sched_unit *u)
{
	uint64_t turn_ns = (uint64_t)u->hint[SCHED_HINT_TIMESLICE] * 1000;

	sched_vtime_ready(u, CREDIT_TURNS * turn_ns, u->hint[SCHED_HINT_UTILIZATION]);
}

void share_charge(struct sched *s, struct sched_unit *u, uint64_t ns)
{
	sched_vtime_charge(u, ns, u->hint[SCHED_HINT_UTILIZATION]);
}

void share_refund(struct sched *s, struct sched_unit *u, uint64_t ns)
{
	sched_vtime_refund(u, ns, u->hint[SCHED_HINT_UTILIZATION]);
}
