/* SPDX-License-Identifier: MIT */
/*
 * Scheduling within the process: the core of src/sched drives the gates of this process's queues. Without a policy and without a
 * window nothing here does anything.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include <hsa/hsa.h>
#include <stdio.h>

#include "src/common/config.h"
#include "src/hsa_intercept/vqueue.h"

struct local_queue;

/** local_start() - what the settings ask for; in OnLoad: allocates and starts nothing */
void local_start(const struct config *c);
/** local_stop() - schedule nothing more: at exit and unload. Gates stay as they are. */
void local_stop(void);
/** local_fork_child() - in a forked child nothing is scheduled */
void local_fork_child(void);

/**
 * local_queue_new() - schedule a queue, once
 * Context: queue creation; calls the HSA runtime. A queue that cannot be scheduled is logged and stays native.
 */
void local_queue_new(struct vqueue *vq, hsa_agent_t agent);
/** local_queue_gone() - leave a queue alone from here on; its gate stays as it is. Any number of calls. */
void local_queue_gone(struct vqueue *vq);
/** local_queue_free() - give up what local_queue_new() made; its hardware queue is gone; NULL is allowed */
void local_queue_free(struct local_queue *q);
/** local_queue_priority() - what the program said through hsa_amd_queue_set_priority: -1 low, 0 normal, 1 high */
void local_queue_priority(struct vqueue *vq, int offset);
/** local_busy() - the gate of @vq says so; see struct gate_ops. No lock, no allocation. */
void local_busy(struct vqueue *vq);

/**
 * struct local_report - what the report tells of a queue that was scheduled
 * @kernels: rows of which @kernel_count are used
 */
struct local_report {
	uint32_t window_pkts;
	uint64_t window_ns;
	struct track_stats stats;
	struct aql_time kernels[AQL_TIMES_ROWS];
	uint32_t kernel_count;
};
/**
 * local_report_get() - fill @r_p
 * Context: the queue is not tracked any more, or the program is about to end.
 * Return: false: nothing was limited or tracked.
 */
bool local_report_get(const struct vqueue *vq, struct local_report *r_p);

#endif
