/* SPDX-License-Identifier: MIT */
/*
 * Inside the command processor: its queues, and the turns in which the engine thread serves them.
 * Everything here is written and read under the engine lock, which the engine thread holds except
 * while it sleeps; what is shared with other processes is in sim/share.
 *
 * Lock order: the engine lock, then whatever kfd_interrupt(), kfd_vm_fault() and the gpuvm
 * functions take. They are called with the engine lock held, so sim/kfd must not call cp_*() while
 * it holds one of those.
 */
#ifndef SIM_CP_ENGINE_H
#define SIM_CP_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/cp/cp.h"
#include "sim/cp/slots.h"
#include "sim/device/device.h"
#include "sim/gcn/gcn.h"
#include "sim/share/share.h"

/* A doorbell that has not rung. No write index or byte offset takes this value. */
#define CP_DOORBELL_IDLE UINT64_MAX

/* Model time that a queue may lag behind the host because the host was late; what exceeds it is
 * given up. */
#define CP_LAG_MAX_NS (20 * 1000000ull)

/* One GPU as this process uses it; made with its first queue, kept until the process ends. */
struct cp_gpu {
	uint32_t index; /* in sim_machine */
	const struct sim_device *device;
	struct gcn_machine machine;
	struct gcn_gws gws[GCN_GWS_RESOURCES];
	struct share *share;
	struct share_gpu *shared;
	bool place;   /* room or groups appeared: it is worth trying to place groups */
	bool waiting; /* groups wait for room */
	bool lost;    /* a reset: nothing runs until the queues of before are gone */
	uint32_t queues;
	/* What of the shared state was taken into account. */
	uint32_t changes_seen, slices_seen;
	uint64_t paused_seen;
	uint64_t pause_begin_ns, pause_end_ns; /* of the scheduler's last cycle */
	uint64_t look_ns; /* when to look again for room that a dead process left */
};

/* One workgroup between its placement and its end. */
struct cp_group {
	struct gcn_group *waves; /* NULL until its first step */
	struct cp_dispatch *dispatch;
	uint32_t id[3];
	int cu;		   /* -1: saved, its queue is unmapped or it waits for a CU again */
	uint32_t evictions; /* of this process, when it came to its CU */
	int scratch_slot;  /* first of its wave slots; -1 without scratch */
	uint64_t clock;	   /* shader cycles: its start, later the latest clock of its waves */
	uint64_t since;	   /* shader cycle from which on it has its CU */
	uint64_t saved_at; /* shader cycle at which it was taken off its CU */
};

/* The groups of a queue. The arrays have room for all of them, so that saving cannot fail. */
struct cp_groups {
	struct cp_group *
		*resident; /* binary heap: the one whose clock is furthest behind comes first */
	struct cp_group **saved; /* off their CUs; placed before any new group */
	size_t resident_count, saved_count, capacity;
	uint64_t saved_units; /* of CUs, of those that are saved */
	/* The queue had no more than its part when it was last looked at: a group that comes then
	 * starts when one of its own has ended, though there were idle CUs before. */
	bool limited;
	uint64_t *ends; /* shader cycles, of groups that ended since */
	size_t ends_first, ends_count;
};

#define AQL_WINDOW 16 /* packets of one queue that may be in flight at a time */

enum aql_kind { AQL_DISPATCH, AQL_BARRIER };

/* A packet between fetch and completion. */
struct aql_entry {
	enum aql_kind kind;
	bool done; /* completed; leaves the window when all before it have */
	uint64_t start_ns;
	uint64_t signal; /* completion signal, 0 if none */
	struct cp_dispatch *dispatch;
};

enum aql_hold {
	AQL_HOLD_NONE,
	AQL_HOLD_SCRATCH, /* the runtime was asked for scratch: wait for queue_inactive_signal = 0
			   */
	AQL_HOLD_SCRATCH_RECLAIM, /* the runtime was told that single-use scratch is free: likewise
				   */
};

/* Doorbells whose packets were not looked at yet and that are told apart; the times of more are put together. */
#define AQL_ARRIVALS 32u

struct aql_state {
	uint64_t read;	   /* read_dispatch_id: everything below is complete */
	uint64_t fetch;	   /* next packet to look at */
	uint64_t limit;	   /* write_dispatch_id as it was at the last doorbell or mapping */
	struct {
		uint64_t from, ns; /* packets from here to the next arrival's came then */
	} arrival[AQL_ARRIVALS];   /* in order; [(first + i) % AQL_ARRIVALS], i < arrivals */
	uint32_t first_arrival, arrivals;
	uint64_t last_end_ns;		     /* modelled end of the latest packet to end */
	struct aql_entry window[AQL_WINDOW]; /* [index % AQL_WINDOW], read <= index < fetch */
	struct cp_dispatch *placing;	     /* has groups that were never placed */
	bool place_failed;		     /* in the current attempt to place groups */
	struct cp_groups groups;
	uint64_t unmapped_ns; /* when the queue was last unmapped */
	struct slots scratch;
	enum aql_hold hold;
	uint64_t scratch_asked; /* index + 1 of the packet that scratch was last asked for */
};

struct sdma_state {
	uint64_t read;	   /* bytes */
	uint64_t limit;	   /* write pointer as of the last doorbell or mapping */
	uint64_t clock_ns; /* model time up to which the engine is busy */
	uint64_t done;	   /* bytes of the packet at the read pointer already copied or filled */
};

struct cp_queue {
	struct cp_queue *next;
	struct cp_gpu *gpu;
	struct share_queue *entry; /* what other processes know of it */
	uint32_t id;
	enum cp_queue_type type;
	uint64_t ring_va;
	uint32_t ring_bytes;
	uint64_t rptr_va, wptr_va;
	_Atomic uint64_t *doorbell; /* written by the application, reset to CP_DOORBELL_IDLE here */
	uint32_t doorbell_offset;   /* in its GPU's doorbells, bytes */
	bool ringing;		    /* a store to the doorbell stands still, and was not seen yet */
	bool landing;		    /* that store may go on, and its value is still to come */
	uint32_t priority;
	uint64_t save_va, save_bytes, ctl_stack_bytes;
	bool active;	  /* percentage, ring address and size are not 0 */
	bool suspended;	  /* cp_queues_suspend() */
	bool mapped;	  /* active, not suspended, and the scheduler gave it a slot */
	uint64_t held_ns; /* mapping it takes until then */
	bool halted;	  /* after an error, for good */
	uint32_t cu_mask[CU_MASK_WORDS];
	union {
		struct aql_state aql;
		struct sdma_state sdma;
	};
};

/* What a turn tells the engine about when to look again. */
struct cp_turn {
	uint64_t now_ns;
	bool progress;	  /* look again at once */
	bool poll;	  /* memory that gives no doorbell has to change */
	uint64_t wake_ns; /* something is due then; UINT64_MAX if nothing */
	uint64_t look_ns; /* what nobody announces is looked for then, or somewhat later; UINT64_MAX if nothing is */
};

static inline void cp_turn_wake(struct cp_turn *turn, uint64_t ns)
{
	if (ns < turn->wake_ns)
		turn->wake_ns = ns;
}

static inline bool cp_queue_runs(const struct cp_queue *q)
{
	return q->mapped && !q->halted;
}

/** cp_engine_lock() - take the engine lock; the engine thread yields it after its current step */
void cp_engine_lock(void);
/** cp_engine_unlock() - release it and make the engine thread look at all queues */
void cp_engine_unlock(void);
/**
 * cp_engine_add() - serve a queue, starting the engine thread with the first one. Must hold the
 * engine lock. Return: 0; -ENOMEM.
 */
int cp_engine_add(struct cp_queue *q);
/** cp_engine_remove() - stop serving a queue. Must hold the engine lock. */
void cp_engine_remove(struct cp_queue *q);
/** cp_engine_queues() - the queues served, highest priority first. Must hold the engine lock. */
struct cp_queue *cp_engine_queues(void);
/**
 * cp_engine_gpu() - the state of a GPU. Must hold the engine lock.
 * Return: 0; -ENOMEM, -EINVAL when the device description cannot be modelled.
 */
int cp_engine_gpu(uint32_t index, struct cp_gpu **gpu_p);
/** cp_gpu_catch_up() - take the scheduler's cycles into account: they shift what runs. Must hold
 * the GPU's lock. */
void cp_gpu_catch_up(struct cp_gpu *gpu, uint64_t now_ns);
/** cp_queue_remap() - map or unmap the queue as its state demands; what that costs is not its
 * business. @ns: model time. */
void cp_queue_remap(struct cp_queue *q, uint64_t ns);
/** cp_queue_start_ns() - the first time at or after @ns at which the GPU's scheduler lets something
 * of @q start */
uint64_t cp_queue_start_ns(const struct cp_queue *q, uint64_t ns);
/** cp_engine_fork_child() - forget everything; other threads are gone */
void cp_engine_fork_child(void);

#endif
