/* SPDX-License-Identifier: MIT */
/*
 * Who gets what of a GPU when not everybody can have everything: compute units, hardware queue
 * slots, and the time that the scheduler's cycles take. Functions over the shared state (share.h);
 * whoever calls them holds the GPU's lock.
 */
#ifndef SIM_SHARE_ARBITER_H
#define SIM_SHARE_ARBITER_H

#include "sim/share/share.h"

/**
 * arbiter_weight() - the part of a queue with KFD priority @priority (0..15)
 *
 * The driver maps priorities to three levels of the pipe (kfd_mqd_manager.c, pipe_priority_map:
 * 0-6, 7-10, 11-15), which bias the arbitration and preempt nothing. Each level has priority_bias
 * times the part of the one below.
 */
uint32_t arbiter_weight(const struct sim_device *d, uint32_t priority);

/**
 * arbiter_level() - the fair level of a GPU: a queue may place groups while its units are below
 * level * weight
 *
 * Max-min fair by queue: who wants less than its part gets it, the others share the rest by weight.
 * The wishes of processes that do not respond are left out; what they occupy is not. Return:
 * UINT64_MAX when there is enough for all. Source: D. Bertsekas, R. Gallager, Data Networks, 6.5.2
 * (max-min fairness).
 */
uint64_t arbiter_level(const struct share *s, uint32_t gpu, uint64_t now_ns);

/**
 * arbiter_comes_last() - whether another queue waits, of no lower priority, that has less of its
 * part than @q has, or as much and arbiter_behind() says so
 *
 * Groups do not divide parts evenly. A queue that would exceed its part by its next group lets such
 * others go first: otherwise those that exceed their parts leave no room for one that wants little, and whoever had more than its part
 * first would keep it.
 */
bool arbiter_comes_last(const struct share *s, uint32_t gpu, const struct share_queue *q,
	uint64_t level, uint64_t now_ns);

/** arbiter_init() - the places of @g, which is zeroed otherwise, are known */
void arbiter_init(struct share_gpu *g, const struct sim_device *d);

/**
 * arbiter_behind() - whether @q comes behind @other in turn: it has had more of the GPU for its weight, or as much and exceeded its part later
 *
 * Counted is the time for which its groups had their units. Who has had less than others by more than the whole GPU in ARBITER_BEHIND_NS does
 * not get the rest: what it had no use for is gone. Source: the tags of P. Goyal et al., Start-time Fair Queueing, SIGCOMM 1996, for groups
 * whose length is not known when they start.
 */
#define ARBITER_BEHIND_NS 1000000u
bool arbiter_behind(const struct share_gpu *g, const struct share_queue *q, const struct share_queue *other);
/** arbiter_given() - @q was given a place; @exceeds: with that it exceeds its part */
void arbiter_given(struct share_gpu *g, struct share_queue *q, bool exceeds);
/** arbiter_gives_back() - @q had @units for @cycles shader cycles */
void arbiter_gives_back(struct share_queue *q, uint64_t units, uint64_t cycles);

/**
 * arbiter_hungry() - processes that now may place groups
 * @level: as arbiter_level() just returned it
 *
 * They are to be woken (share_wake()) without the lock: who is stopped within a system call keeps what it has locked.
 * Return: bit set.
 */
uint64_t arbiter_hungry(const struct share *s, uint32_t gpu, uint64_t level);

/**
 * arbiter_slots() - give the hardware queue slots to the queues on the run list
 *
 * While all fit (cp_queues compute queues of cp_processes processes), all have one. Otherwise the
 * list is cut into slices that fit, which take turns: each has quantum_ms, or less when none of its
 * queues has anything to do; the switch is a cycle of the scheduler. Wakes the processes concerned.
 * Source: Linux 6.12, amdkfd/kfd_packet_manager.c pm_runlist_v9() (process quantum,
 * over-subscription).
 */
void arbiter_slots(struct share *s, uint32_t gpu, uint64_t now_ns);
/**
 * arbiter_slots_due() - whether it may be another slice's turn; without the lock, which keeps others waiting while a process that has it is stopped
 *
 * What else changes the slices calls arbiter_slots() itself.
 */
bool arbiter_slots_due(const struct share *s, uint32_t gpu, uint64_t now_ns);

/* When it happens; kfd_clock_ns(). */
struct arbiter_cycle {
	uint64_t begin_ns;    /* queues stop */
	uint64_t unmapped_ns; /* all waves are saved: the driver goes on */
	uint64_t end_ns;      /* queues run again */
	uint64_t saved_bytes;
};

/**
 * arbiter_cycle() - model what changing the run list costs
 * @map:        the queues that are marked as changing come, or stay and are set up anew; otherwise
 * they go
 * @grace_kclk: 1000 shader clocks that waves may run before they are saved
 *
 * HWS unmaps all queues of the GPU and maps what the new run list holds: they stop for cycle_us,
 * the grace period if any wave runs, the bytes of all resident waves at the bandwidth of their save
 * areas, and the same for those that come back. MES does that to the queues in question alone: the
 * result then is theirs, and nothing is recorded for the GPU. Source: Linux 6.12,
 * amdkfd/kfd_device_queue_manager.c unmap_queues_cpsch(), map_queues_cpsch(), remove_queue_mes().
 */
struct arbiter_cycle arbiter_cycle(struct share_gpu *g, const struct sim_device *d, bool map,
	uint32_t grace_kclk, uint64_t now_ns);

#endif
