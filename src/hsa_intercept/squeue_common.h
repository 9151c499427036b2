/* SPDX-License-Identifier: MIT */
/*
 * What squeue.c alone needs of squeue_common.c; the rest, which everybody who looks at scheduled queues needs, is in squeue.h. Must hold the
 * scheduler's lock where nothing else is said.
 */
#ifndef SQUEUE_COMMON_H
#define SQUEUE_COMMON_H

#include <time.h>

#include "src/hsa_intercept/squeue.h"

/** squeue_common_start() - settings, and what follows from them for the whole process; hold no lock, nobody else is here yet */
void squeue_common_start(const struct config *c);
/** squeue_common_fork_child() - in a forked child: no queue, and nobody has the lock */
void squeue_common_fork_child(void);

/** squeue_list_add() - @q is scheduled from here on */
void squeue_list_add(struct squeue *q);
/** squeue_list_remove() - not any more. Return: whether it was. */
bool squeue_list_remove(struct squeue *q);
/** squeue_list_forget() - nothing is scheduled any more */
void squeue_list_forget(void);
/** squeue_process_apply() - what users said for queues to come holds for @q, which is new */
void squeue_process_apply(struct squeue *q);
/**
 * squeue_wait_changed() - give the lock up until somebody calls squeue_changed()
 * @until: of CLOCK_MONOTONIC; NULL: for ever
 * Return: 0; ETIMEDOUT.
 */
int squeue_wait_changed(const struct timespec *until);

#endif
