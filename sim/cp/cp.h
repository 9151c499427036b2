/* SPDX-License-Identifier: MIT */
/*
 * The command processor: takes packets from hardware queues, runs their dispatches on the compute-unit model, and
 * completes their signals. Called by the ioctls of sim/kfd; has its own thread(s) per process, started with the first
 * queue and asleep while no doorbell rings.
 */
#ifndef SIM_CP_H
#define SIM_CP_H

#include <stddef.h>
#include <stdint.h>

enum cp_queue_type { CP_QUEUE_AQL, CP_QUEUE_SDMA };

/* As in AMDKFD_IOC_CREATE_QUEUE, already checked against what the driver accepts. */
struct cp_queue_args {
	uint32_t gpu;            /* index in sim_machine */
	uint32_t queue_id;
	enum cp_queue_type type;
	uint64_t ring_va;
	uint32_t ring_bytes;
	uint64_t rptr_va, wptr_va; /* AQL: &amd_queue_t.read_dispatch_id, .write_dispatch_id */
	uint64_t *doorbell;      /* host address; written by the application */
	uint32_t percent;        /* 0: not mapped */
	uint32_t priority;       /* 0..15 */
	uint64_t save_va;        /* context save area, 0 if none */
	uint64_t save_bytes, ctl_stack_bytes;
};

struct cp_queue;

/**
 * cp_queue_create() - connect a queue
 * Return: 0; -ENOMEM. On success *@q_p is to be freed by cp_queue_destroy().
 */
int cp_queue_create(const struct cp_queue_args *args, struct cp_queue **q_p);
/**
 * cp_queue_update() - change ring, percentage and priority; percentage 0 suspends, waves included
 * Blocks until the processor touches neither ring nor waves (when suspending). Doorbells rung meanwhile are not lost.
 * Return: 0; -ETIME when it could not stop.
 */
int cp_queue_update(struct cp_queue *q, uint64_t ring_va, uint32_t ring_bytes, uint32_t percent, uint32_t priority);
/** cp_queue_destroy() - disconnect; when it returns nothing of the queue's memory is touched any more */
void cp_queue_destroy(struct cp_queue *q);
/** cp_queue_cu_mask() - limit the queue to the CUs set in @mask (@bits of them; multiple of 32) */
int cp_queue_cu_mask(struct cp_queue *q, const uint32_t *mask, uint32_t bits);
/** cp_doorbells_watch() - the process mapped doorbell pages at @addr; stores there wake the processor */
int cp_doorbells_watch(void *addr, size_t bytes);
/** cp_doorbells_forget() - the mapping at @addr is about to go away */
void cp_doorbells_forget(void *addr);
/**
 * cp_fence() - wait until nothing the processor found in GPU memory before is used any more
 *
 * Translations that were removed before the call are not in use when it returns, so that the memory behind them may go.
 * Context: a thread of the program; waits for at most the current slice of a kernel.
 */
void cp_fence(void);
/** cp_fork_child() - in a forked child: forget all queues and threads without touching their memory */
void cp_fork_child(void);

#endif
