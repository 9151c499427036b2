/* SPDX-License-Identifier: MIT */
/*
 * A GPU, its queues and a virtual clock, small enough to test policies with: a gate obeys the
 * core's effects, the GPU executes what was published, and what completes is reported back. Tests
 * write programs of kernels into the queues and read order, times and shares.
 */
#ifndef TESTS_POLICY_EXEC_H
#define TESTS_POLICY_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/sched/policy.h"

#define US  UINT64_C(1000)
#define MS  UINT64_C(1000000)
#define SEC UINT64_C(1000000000)

#define EXEC_GPUS   4
#define EXEC_QUEUES 1024

struct exec_queue;

struct exec_kernel {
	uint64_t left_ns;
	uint64_t len_ns;
	uint64_t submitted_ns;
	struct exec_queue *after; /* may start when this queue has completed after_n kernels */
	uint64_t after_n;
	int collective; /* runs only while all kernels of this number run; 0: none */
	int parts;	/* of the collective */
};

struct exec_queue {
	struct exec *exec;
	struct sched_queue *sched;
	struct sched_job *job;
	int gpu;
	enum sched_gate gate;
	uint64_t window_ns;
	int level;
	struct exec_kernel *kernels;
	size_t count, size; /* submitted */
	size_t published, done;
	bool running; /* its oldest kernel is on the GPU */
	bool told_ready;
	bool waits_told;
	const uint64_t *endless; /* lengths to submit for ever, or NULL */
	size_t endless_count, endless_at;
	uint64_t closed_loop_ns; /* pause between two kernels of .endless, from completion to
				    submission */
	uint64_t resubmit_ns;
	uint64_t arrival_ns; /* order of publication */
	uint64_t first_start_ns, last_done_ns;
	uint64_t latency_max_ns, latency_sum_ns; /* from submission to completion */
	uint64_t gpu_ns;
	unsigned effects, preempted;
	enum sched_reason reason;
};

struct exec {
	struct sched *sched;
	struct sched_gpu *gpus[EXEC_GPUS];
	int ngpus;
	int slots; /* kernels a GPU runs at once */
	uint64_t now_ns;
	uint64_t publications, effects;
	uint64_t busy_ns[EXEC_GPUS];
	uint64_t wasted_ns[EXEC_GPUS]; /* idle although some queue of the GPU had work that could
					  start */
	struct exec_queue *queues[EXEC_QUEUES];
	int nqueues;
	bool check; /* verify the core's invariants after each step */
};

/** exec_new() - @gpus GPUs under @policy (NULL: the default), each able to run one kernel at a time
 */
struct exec *exec_new(const struct sched_policy *policy, int gpus, uint64_t preempt_cost_ns);
/** exec_free() - end it with all its queues */
void exec_free(struct exec *x);
/** exec_job() - a job, open until the end; the test ends it with the executor */
struct sched_job *exec_job(struct exec *x, const char *name);
/** exec_queue() - a queue of @job (NULL: of a job of its own) on a GPU */
struct exec_queue *exec_queue(struct exec *x, struct sched_job *job, int gpu);
/** exec_queue_end() - free a queue in whatever state it is */
void exec_queue_end(struct exec_queue *q);
/** exec_hint() - give a hint, which must be accepted */
void exec_hint(struct exec_queue *q, enum sched_hint hint, int64_t value);
/** exec_submit() - @count kernels of @len_ns; returns the last, to be given dependencies */
struct exec_kernel *exec_submit(struct exec_queue *q, uint64_t len_ns, size_t count);
/** exec_submit_after() - a kernel that starts when @after has completed @n kernels */
void exec_submit_after(struct exec_queue *q, uint64_t len_ns, struct exec_queue *after, uint64_t n);
/** exec_endless() - let a queue always have kernels of these lengths, in turn; @lens borrowed */
void exec_endless(struct exec_queue *q, const uint64_t *lens, size_t count);
/** exec_run() - let the clock run for @ns */
void exec_run(struct exec *x, uint64_t ns);
/** exec_drain() - let it run until all that was submitted is done, for at most @ns; whether it is
 */
bool exec_drain(struct exec *x, uint64_t ns);
/** exec_share() - percentage points of @part in the sum of @part and @rest */
double exec_share(uint64_t part, uint64_t rest);

#endif
