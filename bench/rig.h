/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks of scheduling share: the GPU, kernels of a chosen time, the CPU time of the library's threads, runs of the
 * program itself with other settings, and the head of every result. Programs are on HSA, so that nothing else submits.
 */
#ifndef BENCH_RIG_H
#define BENCH_RIG_H

#include <argp.h>
#include <hsa/hsa.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct rig_kernel {
	uint64_t object;
	uint32_t scratch_bytes; /* of a work-item */
};

struct rig {
	hsa_agent_t gpu;
	uint32_t cus;
	uint32_t group_items; /* work-items of the groups of a kernel that fills the GPU, */
	uint32_t groups;      /* and how many these are */
	double tick_ns;       /* of the reference clock */
	double system_ns;     /* of a tick of hsa_system_get_info(TIMESTAMP) */
	hsa_region_t memory;  /* of the host, coherent, for kernel arguments and records */
	struct rig_kernel spin, background, foreground; /* see rig_kernels.hip */
};

/* Arguments of the kernels, in memory of rig_memory(). */
struct rig_spin {
	uint64_t ticks; /* of spin; of the others: turns */
	volatile uint64_t *record;
	uint64_t hidden[14]; /* as much as a compiler may add */
};

/** rig_start() - the runtime, the GPU, the kernel; ends the program with 77 and the reason where that is not to be had */
void rig_start(struct rig *r);
/** rig_memory() - zeroed, visible to the GPU; ends the program when there is none */
void *rig_memory(const struct rig *r, size_t bytes);
/** rig_queue_new() - a queue with timestamps; ends the program when there is none */
hsa_queue_t *rig_queue_new(const struct rig *r, uint32_t size_pkts);
/**
 * rig_spin_submit() - a kernel of @groups groups of group_items, or of one wave with 0. Waits for room in the queue.
 * Return: its index.
 */
uint64_t rig_submit(const struct rig *r, hsa_queue_t *q, const struct rig_kernel *k, struct rig_spin *args, uint32_t groups,
	hsa_signal_t completion);
uint64_t rig_spin_submit(const struct rig *r, hsa_queue_t *q, struct rig_spin *args, uint32_t groups, hsa_signal_t completion);

#define RIG_BACKLOG 1024u
/**
 * struct rig_backlog - the kernels that one thread keeps in a queue, of which not all packets need be its own
 * @index: of the latest RIG_BACKLOG; @submitted, @done: how many; zeroed at first
 */
struct rig_backlog {
	uint64_t index[RIG_BACKLOG];
	_Atomic uint64_t submitted, done;
};
/** rig_backlog_add() - one more, at most RIG_BACKLOG beyond those that are done; one thread */
void rig_backlog_add(struct rig_backlog *b, uint64_t index);
/** rig_backlog_done() - how many the queue @q is done with; any thread */
uint64_t rig_backlog_done(struct rig_backlog *b, const hsa_queue_t *q);

/**
 * rig_wait() - until @completion is below 1; asleep from the beginning
 *
 * hsa_signal_wait_scacquire() spins for 0.2 ms before it sleeps: just when the library has something to do, on one of what may be two
 * processors, the other of which the simulated GPU needs. For what is measured by the GPU's clock.
 */
void rig_wait(hsa_signal_t completion);
/** rig_system_now() - the runtime's clock, in its ticks */
uint64_t rig_system_now(void);
uint64_t rig_now_ns(void);
void rig_sleep_ns(uint64_t ns);

/** rig_library_cpu_ns() - CPU time that the tool library's threads of this process have used; @wakes_p: how often they got a CPU, or NULL */
uint64_t rig_library_cpu_ns(uint64_t *wakes_p);
/**
 * rig_simulator_first() - in a program under SCHED_RR, raise the simulator's threads above the others
 *
 * A measurement on a busy machine can be had with `chrt -r 1`. The simulator's threads stand for hardware then, which waits for
 * no CPU; a thread that it stopped at a doorbell would keep the CPU from it for a whole turn.
 */
void rig_simulator_first(void);
/** rig_percentile() - sorts @values; @part of 1. 0 without values. */
double rig_percentile(double *values, unsigned count, double part);

/**
 * rig_run() - run this program with other settings
 * @settings:  "NAME=VALUE NAME=VALUE", of which XSCHED_HSA_* beside these are removed; NULL: without the library
 * @arguments: of the program, separated by spaces
 * Return: the JSON object that it printed; ends the program with a message when there is none.
 */
json_t *rig_run(const char *settings, const char *arguments);
/** rig_head() - what every result says first: hardware, build, machine, and what a timed sleep costs there */
json_t *rig_head(void);
/** rig_number() - the whole number that is given to option @name; ends the program with a message for others than @min to @max */
unsigned rig_number(struct argp_state *state, const char *text, const char *name, unsigned min, unsigned max);
/** rig_tool_set() - the libxsched_hsa.so that rig_run() loads */
void rig_tool_set(const char *path);

#endif
