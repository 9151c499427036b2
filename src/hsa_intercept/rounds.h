/* SPDX-License-Identifier: MIT */
/*
 * Rounds of the pacer over the scheduled queues: find what completed, publish what that makes room for, and tell the decider. Reads and
 * writes struct squeue.
 */
#ifndef ROUNDS_H
#define ROUNDS_H

#include "src/hsa_intercept/squeue.h"

/**
 * round_all() - look at every queue that has something going on
 * Context: the pacer; takes the scheduler's lock.
 * Return: when to look again, or PACER_NEVER.
 */
uint64_t round_all(uint64_t now_ns);

/**
 * round_one() - look at one queue at once, and tell the pacer when it is to go on
 * Context: any thread, also one that has the scheduler's lock; takes it, but does not wait for it.
 * Return: false: the lock was not to be had, and the pacer must do it.
 */
bool round_one(struct vqueue *vq);

#endif
