/* SPDX-License-Identifier: MIT */
/*
 * The self-test: a queue of our own must stop and go on before any of the program's is stopped. It runs once for each GPU, in the
 * control thread, and writes what it measured to the GPU's record.
 */
#ifndef CWSR_PROBE_H
#define CWSR_PROBE_H

#include "src/cwsr/gpu.h"

#define CWSR_TEST_CYCLES 16u

/**
 * cwsr_selftest() - suspend and resume a queue of our own
 * @ops, @t: the queue and how to use it; it is idle
 * @cycles:  how many suspensions are measured
 * @ended:   asked now and then; true: stop here
 *
 * Context: takes the lock of kfd_queues.h, not while it waits.
 * Return: 0; -ECANCELED; another negative errno: level 3 is off for @g, and why was said.
 */
int cwsr_selftest(struct cwsr_gpu *g, const struct cwsr_ops *ops, struct cwsr_test_queue *t, uint32_t cycles,
	bool (*ended)(void));

/**
 * cwsr_measure() - suspend and resume a queue @cycles times, at most CWSR_CYCLES_MAX
 * @suspend_p, @resume_p: set on success
 * Context: as cwsr_selftest(). Return: 0; -ECANCELED; another negative errno.
 */
int cwsr_measure(struct cwsr_gpu *g, const struct cwsr_test_queue *t, uint32_t cycles, bool (*ended)(void),
	struct cwsr_times *suspend_p, struct cwsr_times *resume_p);
#define CWSR_CYCLES_MAX 1024u

/** cwsr_times_of() - quantiles of @count measured times, which are sorted */
struct cwsr_times cwsr_times_of(uint64_t *ns, uint32_t count);

/**
 * cwsr_queue_lookup() - the table's entry of an HSA queue; where its creation was not seen, the driver is asked
 * Must hold the lock. Return: 0 or a negative errno.
 */
int cwsr_queue_lookup(const void *ring_base, uint64_t ring_bytes, struct kfd_queue **q_p);

#endif
