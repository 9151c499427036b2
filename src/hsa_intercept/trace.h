/* SPDX-License-Identifier: MIT */
/*
 * Tracing: what happens to the queues of this process, as Chrome's JSON, which Perfetto opens; doc/tracing.md says what it shows. Gates
 * and decisions leave records in rings of fixed size, a thread that runs only while tracing is on turns them into text and
 * writes that. Nobody else waits for the file.
 */
#ifndef TRACE_H
#define TRACE_H

#include "src/hsa_intercept/squeue.h"

/** trace_configure() - the setting XSCHED_HSA_TRACE, "": none; in OnLoad: opens and starts nothing */
void trace_configure(const char *path);
/** trace_start_setting() - with the first queue: start what the setting asks for. A file that cannot be had is logged. Hold no lock. */
void trace_start_setting(void);

/**
 * trace_start_fd() - trace all queues of the process from here on
 * @fd: taken over and closed when tracing ends, unless this fails. A file is emptied, but not where a trace is being
 *      written already: it may be into the same. A pipe or socket may be slow or closed at any time; what cannot be written in time is counted,
 *      and an error later than the beginning ends tracing with a warning.
 *
 * Context: any thread, any time; hold no lock. Calls the HSA runtime. Waits for the trace's beginning to be written, at most a second.
 * Return: 0; -EBUSY: a trace is being written; -ESHUTDOWN: no runtime that could be scheduled; -EBADF; -ENOMEM; -EAGAIN: no thread;
 *         what writing the beginning failed with, such as -ENOSPC.
 */
int trace_start_fd(int fd);
/**
 * trace_stop() - end the trace, if there is one: what happened so far is written and the JSON closed
 * Context: as above; waits for at most two seconds.
 * Return: 0: the file is complete, or there was none; -ETIMEDOUT: it is still being written; else what its writing failed with before.
 */
int trace_stop(void);
/** trace_fork_child() - the child does not trace, and gives up the parent's descriptor */
void trace_fork_child(void);

/** trace_queue_begin() - if tracing is on, trace @q too. Must hold the scheduler's lock. Without memory it is not traced. */
void trace_queue_begin(struct squeue *q);
/** trace_queue_end() - @q's records are complete. Must hold the scheduler's lock. */
void trace_queue_end(struct squeue *q);

void trace_decision_record(struct squeue *q, const struct sched_effect *e);
/** trace_decision() - @e comes into force; q->decision still has the one before. Must hold the scheduler's lock. */
static inline void trace_decision(struct squeue *q, const struct sched_effect *e)
{
	if (__builtin_expect(q->trace != NULL, 0))
		trace_decision_record(q, e);
}

#endif
