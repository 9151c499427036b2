/* SPDX-License-Identifier: MIT */
/*
 * Decisions come into force at the gates of scheduled queues, and with them the limits that a setting or a user asked for. Writes struct squeue.
 * Must hold the scheduler's lock. No call of the runtime but index and doorbell stores.
 */
#ifndef SQUEUE_EFFECT_H
#define SQUEUE_EFFECT_H

#include "src/hsa_intercept/squeue.h"

/**
 * squeue_decide() - a decision about @q comes into force
 * @level 3 is taken for 1 where running waves cannot be saved.
 */
void squeue_decide(struct squeue *q, const struct sched_effect *e);
/** squeue_limit() - limits of @q's tracked gate: its own count, or @window_ns of estimated time */
void squeue_limit(struct squeue *q, uint64_t window_ns);
/** squeue_relimit() - @q's window_pkts changed, or why it is followed though nothing limits it */
void squeue_relimit(struct squeue *q);
/**
 * squeue_drain_ns() - estimate how long what @q has published will keep the GPU busy
 *
 * A kernel of which nothing is known, or that takes longer than it used to, is expected to take as long again as it did so far.
 * Return: SCHED_DRAIN_UNKNOWN: something may have been published since the latest round.
 */
uint64_t squeue_drain_ns(const struct squeue *q, uint64_t now_ns);
/** squeue_outlasts_saving() - whether what runs of @q, as of the latest round, takes longer than saving its waves would */
bool squeue_outlasts_saving(const struct squeue *q, uint64_t now_ns);

#endif
