/* SPDX-License-Identifier: MIT */
/*
 * The hardware queues of this process as the kernel driver knows them. The runtime's ioctls, which pass through
 * kfd_queues_ioctl(), write the table in the threads that make them; level 3 reads it, and marks queues that it holds.
 *
 * One lock covers the table and every ioctl that changes a queue, the runtime's and ours: so neither can overtake the other. The
 * kernel has such a lock itself, for the whole process, so nobody waits for longer than without.
 */
#ifndef CWSR_KFD_QUEUES_H
#define CWSR_KFD_QUEUES_H

#include <stdbool.h>
#include <stdint.h>

#include "src/cwsr/got.h"
#include "src/cwsr/kfd_ops.h"

#define KFD_QUEUES_MAX   1024u /* KFD_MAX_NUM_OF_QUEUES_PER_PROCESS of the driver */
#define KFD_CU_MASK_BITS 1024u

/* How a queue is kept from running. */
enum kfd_held {
	KFD_HELD_NOT,
	KFD_HELD_PERCENT, /* UPDATE_QUEUE with percentage 0; the runtime's own updates are kept for later */
	KFD_HELD_DEBUG,   /* DBG_TRAP; what the runtime sets meanwhile takes effect on resume by itself */
};

struct kfd_queue {
	bool used;
	bool leaving;        /* its destruction is under way: only the thread that destroys it looks at it */
	uint64_t serial;     /* of this use of the entry; never 0 */
	int fd;              /* the descriptor as the runtime names it */
	int call_fd;         /* the same open file, ours */
	uint32_t id, gpu_id, type;
	uint64_t ring_va;
	uint32_t ring_bytes;
	uint32_t percent;    /* as the runtime wants it, with the target XCC in bits 8 to 15 */
	uint32_t priority;
	uint64_t save_va;
	uint32_t save_bytes; /* 0: no save area */
	bool save_known;
	bool save_in_vram;   /* the runtime asked for that; false: it did not, or was not seen */
	enum kfd_held held;
	uint64_t held_since_ns;
	uint64_t saves, saved_ns; /* how often it was held so far, and for how long together */
	uint32_t owed;       /* attempts to resume it that failed; it is not held, but does not run either */
	bool listed;         /* the debug interface knows it */
	uint32_t cu_bits;    /* of cu_mask, to be set on resume; 0: none */
	uint32_t cu_mask[KFD_CU_MASK_BITS / 32];
	uint64_t busy_until_ns; /* the runtime handles something that needs the queue to run */
};

/* What the layer above does about the runtime's calls; all under the lock. */
struct kfd_queues_watch {
	/* A queue that is held is about to be destroyed. */
	void (*destroying)(struct kfd_queue *q);
	/* The runtime stopped the queue itself, started it again, and will wait for it. */
	void (*needed)(struct kfd_queue *q);
	/* The runtime begins or ends its session with the debug interface. */
	void (*runtime_changes)(void);
};

/* How long a queue is left alone after the runtime stopped and started it, which it does to reclaim scratch memory. */
#define KFD_QUEUES_BUSY_NS 100000000u

/** kfd_queues_begin() - know no queue, and observe from here on */
void kfd_queues_begin(const struct kfd_ops *ops, const struct kfd_queues_watch *watch);
/** kfd_queues_end() - observe nothing more, forget all, close descriptors; must hold the lock */
void kfd_queues_end(void);
/** kfd_queues_fork_child() - in a forked child: calls pass, nothing is locked */
void kfd_queues_fork_child(void);

/** kfd_queues_lock() - no queue comes, goes or changes. Not across fork, nor calls of HSA. */
void kfd_queues_lock(void);
void kfd_queues_unlock(void);
/** kfd_queues_trylock() - the same, unless somebody else has it */
bool kfd_queues_trylock(void);
/** kfd_queues_lock_within() - the same, for at most @ns; false: not locked */
bool kfd_queues_lock_within(uint64_t ns);

/** kfd_queues_ioctl() - a got_watch_fn: make the runtime's ioctl through @next, and remember what it means for queues */
int kfd_queues_ioctl(got_ioctl_fn next, int fd, unsigned long request, void *arg);

/** kfd_queues_find() - the AQL queue with that ring, NULL: not seen; must hold the lock */
struct kfd_queue *kfd_queues_find(uint64_t ring_va);
/**
 * kfd_queues_own_fd() - our descriptor for what the runtime uses; where nothing was seen, one of our own, which the driver takes for the
 * same process; must hold the lock
 * Return: a descriptor that stays ours, or a negative errno.
 */
int kfd_queues_own_fd(void);
/**
 * kfd_queues_add() - enter a queue that was found in another way; must hold the lock
 * @q: fd, serial, used and held are set here; call_fd is of kfd_queues_own_fd()
 * Return: its entry, NULL: no room.
 */
struct kfd_queue *kfd_queues_add(const struct kfd_queue *q);
/** kfd_queue_is() - whether @q is still the queue of that serial number; must hold the lock */
static inline bool kfd_queue_is(const struct kfd_queue *q, uint64_t serial)
{
	return q->used && !q->leaving && q->serial == serial;
}
/** kfd_queue_had() - whether @q is or, just about to go, was that queue; must hold the lock */
static inline bool kfd_queue_had(const struct kfd_queue *q, uint64_t serial)
{
	return q->used && q->serial == serial;
}
/** kfd_queues_each() - call @fn for each queue; must hold the lock */
void kfd_queues_each(void (*fn)(struct kfd_queue *q, void *ctx), void *ctx);

#endif
