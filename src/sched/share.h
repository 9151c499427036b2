/* SPDX-License-Identifier: MIT */
/*
 * The operations that up and pup share: utilisation shares by virtual time. Policies put them into
 * their tables; they write the virtual time of the units.
 */
#ifndef SCHED_SHARE_H
#define SCHED_SHARE_H

#include "src/sched/policy.h"

/** share_claim() - for .claim: furthest behind first; those with utilisation 0 after all others */
void share_claim(struct sched *s, struct sched_unit *u, struct sched_claim *claim);
/** share_rank() - for .ceiling: the rank that share_claim() gives */
int64_t share_rank(const struct sched *s, const struct sched_unit *u);
/** share_ready() - for .ready: keep the credit of twenty turns */
void share_ready(struct sched *s, struct sched_unit *u);
/** share_charge() - for .charge: by the utilisation hint */
void share_charge(struct sched *s, struct sched_unit *u, uint64_t ns);
/** share_refund() - for .refund: by the utilisation hint */
void share_refund(struct sched *s, struct sched_unit *u, uint64_t ns);

#endif
