/* SPDX-License-Identifier: MIT */
/*
 * Level 3 for scheduled queues: between struct squeue and the mechanism in src/cwsr. Without --enable-cwsr all of it is empty.
 */
#ifndef LEVEL3_H
#define LEVEL3_H

#include "config.h"

#include <stdio.h>

#include "src/hsa_intercept/squeue.h"

#ifdef XS_CWSR

/** level3_start() - watch how the runtime makes its queues; in OnLoad: starts nothing */
void level3_start(const struct config *c);
/** level3_stop() - resume everything, for good. Hold no lock. Waits for at most a second. */
void level3_stop(void);
/** level3_fork_child() - in a forked child */
void level3_fork_child(void);
/**
 * level3_track() - find @q's hardware queue; if @test, measure what level 3 costs on its GPU, once
 * Context: queue creation, without the scheduler's lock, before the queue is in the list.
 */
void level3_track(struct squeue *q, bool test);
/**
 * level3_take() - take the hardware queue out of @q, for level3_forget(); must hold the lock
 * level3_forget() - resume it and leave it alone. Hold no lock of the scheduler.
 */
struct cwsr_queue *level3_take(struct squeue *q);
void level3_forget(struct cwsr_queue *hw);
/** level3_want() - have @q's running waves saved, or continued; idempotent. Must hold the lock. */
void level3_want(struct squeue *q, bool saved);
/**
 * level3_serve() - have the driver do what was decided
 * Context: the pacer; hold no lock. Waits for the driver, normally some tens of microseconds.
 */
void level3_serve(void);
/** level3_is_owed() - whether there is something for level3_serve(); any thread */
bool level3_is_owed(void);
/** level3_stats() - how often @q's waves were saved, and for how long; must hold the lock, or the queue is tracked no more */
void level3_stats(const struct squeue *q, uint64_t *saves_p, uint64_t *saved_ns_p);
/** level3_report() - the member "level3" of the report of XSCHED_HSA_STATS, and a comma */
void level3_report(FILE *out);
/** level3_cost_ns() - what saving and continuing takes on @q's GPU; SCHED_UNLIMITED: not possible, or not known yet. Any thread. */
uint64_t level3_cost_ns(const struct squeue *q);

/** level3_expected() - whether it may be used, as far as is known; any thread */
bool level3_expected(void);

#else

static inline bool level3_expected(void) { return false; }
static inline void level3_start(const struct config *c) { (void)c; }
static inline void level3_stop(void) {}
static inline void level3_fork_child(void) {}
static inline void level3_track(struct squeue *q, bool test) { (void)q; (void)test; }
static inline struct cwsr_queue *level3_take(struct squeue *q) { (void)q; return NULL; }
static inline void level3_forget(struct cwsr_queue *hw) { (void)hw; }
static inline void level3_want(struct squeue *q, bool saved) { (void)q; (void)saved; }
static inline void level3_serve(void) {}
static inline bool level3_is_owed(void) { return false; }
static inline void level3_stats(const struct squeue *q, uint64_t *saves_p, uint64_t *saved_ns_p)
{
	(void)q;
	*saves_p = *saved_ns_p = 0;
}
static inline void level3_report(FILE *out) { (void)out; }
static inline uint64_t level3_cost_ns(const struct squeue *q) { (void)q; return SCHED_UNLIMITED; }

#endif
#endif
