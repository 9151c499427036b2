/* SPDX-License-Identifier: MIT */
/*
 * Who decides about this process's queues: the core in the process (local.c) or the daemon (remote.c), behind one table. Called
 * under the scheduler's lock; decisions come back through squeue_decide(), also within these calls.
 */
#ifndef DECIDER_H
#define DECIDER_H

#include "src/hsa_intercept/squeue.h"

/**
 * struct decider - one of them
 * @add:     @q, whose fields hold its hints, its suspension and whether it is ready, is to be decided about. 0 or -errno: it stays native.
 * @remove:  no longer; its gate stays as it is
 * @ready, @idle, @waits: as sched_queue_ready() and so on; @waits: q->waits changed
 * @ran:     kernels completed: @count whose times are known, and others that used @gpu_ns of GPU time. Return: all of their GPU time.
 * @hint:    q->hints changed, or for @q NULL a hint of the process
 * @suspend: q->suspended changed
 * @cost:    q->cost_ns changed
 * @policy:  choose by name. 0; -ENOENT; -EPERM: another decides.
 * @policy_name: of the one in force
 * @tick:    once per round of the pacer. Return: when to be called next.
 * @begin, @end: what is reported between them happened at once; decisions follow @end. NULL: decisions come later in any case.
 * @flush:   behind a batch of the calls above
 * @stop:    all queues are removed; give up what it holds
 */
struct decider {
	const char *name;
	int (*add)(struct squeue *q, uint64_t now_ns);
	void (*remove)(struct squeue *q, uint64_t now_ns);
	void (*ready)(struct squeue *q, uint64_t now_ns);
	void (*idle)(struct squeue *q, uint64_t now_ns);
	uint64_t (*ran)(struct squeue *q, uint64_t gpu_ns, const struct gpu_span *spans, unsigned count, uint64_t now_ns);
	void (*waits)(struct squeue *q, uint64_t now_ns);
	int (*hint)(struct squeue *q, enum sched_hint hint, int64_t value, uint64_t now_ns);
	int (*suspend)(struct squeue *q, uint64_t now_ns);
	void (*cost)(struct squeue *q, uint64_t now_ns);
	int (*policy)(const char *name, uint64_t now_ns);
	const char *(*policy_name)(void);
	uint64_t (*tick)(uint64_t now_ns);
	void (*begin)(void);
	void (*end)(uint64_t now_ns);
	void (*flush)(void);
	void (*stop)(void);
};

extern const struct decider decider_local;
extern const struct decider decider_remote;

/** decider_local_fork_child() - forget what the parent had */
void decider_local_fork_child(void);

/** decider_now() - the one in force. Must hold the lock. */
const struct decider *decider_now(void);
/**
 * decider_add() - give @q to the one in force. Return: 0; -errno: it refused.
 * decider_settle() - behind it: decisions about @q count from here on, when the decider knows all about it. A queue that is to be suspended
 *                    must not be let through first. One that was refused is free.
 * decider_remove() - @q leaves it, if it was added
 * Context: must hold the lock.
 */
int decider_add(struct squeue *q, uint64_t now_ns);
void decider_settle(struct squeue *q);
void decider_remove(struct squeue *q, uint64_t now_ns);
/**
 * decider_switch() - every queue leaves the one in force and is given to @d
 * Context: must hold the lock.
 */
void decider_switch(const struct decider *d);
/** decider_reset() - the core in the process is in force, and has no queue; the one before was stopped, or was the parent's */
void decider_reset(void);

#endif
