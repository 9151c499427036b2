/* SPDX-License-Identifier: MIT */
/*
 * The virtual queues of this process: one per hardware queue, found by the application's hsa_queue_t or by the
 * doorbell it rings. Added and removed by the queue entry points, looked up without locks on every packet.
 */
#ifndef VQUEUE_H
#define VQUEUE_H

#include <hsa/hsa.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/aql/gate.h"

/* More queues than any process uses; what comes beyond is not virtualized, and said so once. */
#define VQUEUE_MAX      1024
#define VQUEUE_MAP_SIZE (4 * VQUEUE_MAX)

struct squeue;

struct vqueue {
	struct gate gate; /* first: gate_ops get back to the queue from it */
	hsa_queue_t *queue;
	hsa_signal_t doorbell;
	hsa_agent_t agent;
	uint32_t node;        /* of the GPU, as HSA_AGENT_INFO_NODE numbers it */
	uint64_t first_index; /* write index at creation */
	struct squeue *squeue; /* NULL: nothing will ever limit it; see squeue.h */
	uint32_t refs;        /* creations that returned this queue; under the registry lock */
	bool in_use;          /* under the registry lock */
	bool shared;          /* several may reserve in it */
	bool soft;            /* the doorbell is in the map too */
	struct vqueue *next_required; /* a list that squeue_require() makes */
	bool inactive;        /* no packet is processed any more; under the registry lock */
};

/* One cell of the lookup map. A key is a queue's or a doorbell's address. */
struct vqueue_cell {
	_Atomic uintptr_t key; /* 0: never used, VQUEUE_DELETED: free again; writer: under the registry lock */
	_Atomic(struct vqueue *) vq;
};
#define VQUEUE_DELETED ((uintptr_t)1)

extern struct vqueue_cell vqueue_map[VQUEUE_MAP_SIZE];
/* Doorbells that are not of the hardware kind (intercept queues); only if there are any is every signal store looked up. */
extern _Atomic uint32_t vqueue_soft_doorbells;
/* Whether the next write-index entries are ROCr's own; set in OnLoad. */
extern bool vqueue_store_is_native;

static inline uint32_t vqueue_hash(uintptr_t key)
{
	/* Queues and signals are at least 64-byte aligned. Multiplier: 2^32 divided by the golden ratio. */
	return (uint32_t)((uint32_t)(key >> 6) * 2654435769u) / (UINT32_MAX / VQUEUE_MAP_SIZE + 1);
}

/** vqueue_find() - the virtual queue of an hsa_queue_t or doorbell address, NULL if there is none. Any thread. */
static inline struct vqueue *vqueue_find(uintptr_t key)
{
	uint32_t first = vqueue_hash(key), i = first;

	do {
		/* Acquire: the cell's queue. Pairs with the release in cell_add(). */
		uintptr_t have = atomic_load_explicit(&vqueue_map[i].key, memory_order_acquire);

		if (__builtin_expect(have == key, 1))
			return atomic_load_explicit(&vqueue_map[i].vq, memory_order_relaxed);
		if (!have)
			return NULL;
		i = (i + 1) % VQUEUE_MAP_SIZE;
	} while (i != first);
	return NULL;
}

/**
 * vqueue_attach() - virtualize a queue that the application just got, or count another reference to it
 * @shared: several threads may reserve in it, as the application asked for: the runtime may say so of every queue
 * @gated: start with the gate open rather than in bypass (every packet is then counted)
 *
 * Return: 0; -ENOSPC with VQUEUE_MAX queues, -EINVAL for a ring size that is no power of two. The queue then stays native.
 */
int vqueue_attach(hsa_queue_t *queue, hsa_agent_t agent, uint32_t node, bool shared, bool gated);
/**
 * vqueue_alias() - another handle of an attached queue's hardware, known by the doorbell they share
 * Return: 0; -ENOENT when that queue is none of ours, -ENOSPC with VQUEUE_MAX aliases.
 */
int vqueue_alias(hsa_queue_t *alias);
void vqueue_unalias(hsa_queue_t *alias);
/**
 * vqueue_detach() - the application destroys @queue
 *
 * With the last reference everything held is let through, for at most @drain_ms is waited until the packet processor took it, and
 * the queue is forgotten.
 * Return: what to give to squeue_free() when the hardware queue is gone; NULL: nothing.
 */
struct squeue *vqueue_detach(hsa_queue_t *queue, uint32_t drain_ms);
/** vqueue_inactivate() - the hardware will process no more packets of @queue: show it none, and never ring for it again */
void vqueue_inactivate(hsa_queue_t *queue);

/** vqueue_lock() - take the registry lock: no queue comes or goes. Not across fork or calls of ROCr. */
void vqueue_lock(void);
void vqueue_unlock(void);
/** vqueue_for_each() - call @fn for every queue, under the registry lock; @fn must not attach or detach */
void vqueue_for_each(void (*fn)(struct vqueue *vq, void *ctx), void *ctx);
/** vqueue_for_each_locked() - the same; must hold the registry lock */
void vqueue_for_each_locked(void (*fn)(struct vqueue *vq, void *ctx), void *ctx);
/** vqueue_open_all() - open every gate and wait until the hardware took what was held; at exit and unload */
void vqueue_open_all(uint32_t drain_ms);
/**
 * vqueue_forget_all() - the runtime is about to destroy the queues that the application left behind
 * Call after vqueue_open_all(). Their counters are kept for the report.
 */
void vqueue_forget_all(void);
/** vqueue_fork_child() - in a forked child: every queue is the parent's; stand aside without touching them */
void vqueue_fork_child(void);

/** vqueue_gate_close_all() - hold back the packets of every queue, until vqueue_gate_open_all(). Any thread. */
void vqueue_gate_close_all(void);
void vqueue_gate_open_all(void);
/** vqueue_gate_engage_all() - take every queue out of bypass */
void vqueue_gate_engage_all(void);
/** vqueue_gate_bypass_all() - open every gate and stand aside */
void vqueue_gate_bypass_all(void);

#endif
