/* SPDX-License-Identifier: MIT */
/*
 * What users may ask of this process's queues, whoever decides about them: hints, windows, suspension, statistics. Called by the C
 * API's table; acts on struct squeue and the decider under the scheduler's lock.
 *
 * Everywhere @vq NULL stands for the process: all its queues, later ones too. A queue that nothing scheduled so far is scheduled from the
 * first call on. Common errors: -ESHUTDOWN no runtime is loaded, it has ended, or XSCHED_HSA=off; -ENOENT the
 * queue is gone or could not be scheduled.
 *
 * Context: any thread of the program that holds no lock of the runtime; may make signals, may wait for the scheduler's lock.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "src/hsa_intercept/squeue.h"

/** control_queue() - the virtual queue of @queue; -ENOENT: none of ours */
int control_queue(const hsa_queue_t *queue, struct vqueue **vq_p);
/** control_each() - call @fn for each scheduled queue, under the scheduler's lock */
int control_each(void (*fn)(struct squeue *q, void *ctx), void *ctx);

/** control_hint_set() - give a hint; SCHED_HINT_UNSET takes it back. Also -ERANGE, -ENOENT: no such hint, -EPERM: not at this scope */
int control_hint_set(struct vqueue *vq, enum sched_hint hint, int64_t value);
/** control_hint_get() - the value in force: the queue's, else the process's, else the default */
int control_hint_get(struct vqueue *vq, enum sched_hint hint, int64_t *value_p);
/** control_window_pkts() - limit packets in flight instead of their time; 0: by time again. -ERANGE beyond 4096 */
int control_window_pkts(struct vqueue *vq, uint32_t pkts);

/** control_suspend() - hold packets back until control_resume(), at @level 1 to 3 (-ERANGE); repeated calls change the level */
int control_suspend(struct vqueue *vq, int level);
int control_resume(struct vqueue *vq);
/** control_wait_idle() - until all submitted so far has completed. -ETIMEDOUT */
int control_wait_idle(struct vqueue *vq, uint64_t timeout_ns);
/** control_wait_published() - until all that the packet processor may see by now has completed: after control_suspend(). -ETIMEDOUT */
int control_wait_published(struct vqueue *vq, uint64_t timeout_ns);

/** control_policy_set() - by name. -ENOENT: no such policy; -EPERM: a daemon decides */
int control_policy_set(const char *name);
/** control_policy_get() - the name of the policy in force, as far as @size allows */
int control_policy_get(char *name, size_t size);

/**
 * struct control_stats - one queue
 * @reserved, @published, @complete: indices: packets that the program reserved, that the packet processor may see, that completed (where followed)
 */
struct control_stats {
	uint64_t queue_id;
	uint32_t node;
	bool held, suspended, busy;
	enum sched_reason reason;
	int level;
	uint64_t window_ns; /* SCHED_UNLIMITED */
	uint32_t window_pkts;
	uint64_t reserved, published, complete;
	uint64_t packets, dispatches, held_ns, gpu_ns, holds;
	uint64_t saves; /* how often its running waves were saved */
};
int control_stats_get(struct vqueue *vq, struct control_stats *stats_p);

#endif
