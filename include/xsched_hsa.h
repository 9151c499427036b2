/* SPDX-License-Identifier: MIT */
/*
 * What a program may ask of the scheduler under it: hints, windows, suspension, statistics, for one queue or for all of the process.
 * Programs call these functions of libxsched_hsa_client, which passes them on to the tool library if ROCr has loaded it.
 *
 * A program that gives hints also runs where nothing schedules it: each call then returns XSCHED_HSA_NOT_SCHEDULED and does nothing.
 * That is so before ROCr has started (by the first HIP or HSA call), without the tool library, with XSCHED_HSA=off, in a forked
 * child, and when the program is ending.
 *
 * Any thread may call any of these functions; none aborts, prints, or leaves a lock held. Queues that no setting asked to
 * schedule are scheduled from the first call on, by the policy fifo, which holds nobody.
 */
#ifndef XSCHED_HSA_H
#define XSCHED_HSA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Grows with what is added; nothing is ever taken away or changed. */
#define XSCHED_HSA_API_VERSION 1

/** enum xsched_hsa_status - what each function returns */
enum xsched_hsa_status {
	XSCHED_HSA_OK = 0,
	XSCHED_HSA_NOT_SCHEDULED = 1,    /* nothing schedules this process; see above */
	XSCHED_HSA_INVALID_ARGUMENT = 2, /* a null pointer, a size too small, no such hint or kind of target */
	XSCHED_HSA_OUT_OF_RANGE = 3,     /* a value that the hint, window or level cannot have */
	XSCHED_HSA_NOT_FOUND = 4,        /* no such queue, stream or policy; or the queue could not be scheduled */
	XSCHED_HSA_NOT_PERMITTED = 5,    /* a hint that is for the process alone; or a daemon decides */
	XSCHED_HSA_TIMEOUT = 6,
	XSCHED_HSA_NO_MEMORY = 7,
	XSCHED_HSA_UNSUPPORTED = 8,      /* this release of the tool library or HIP cannot do that; or the stream is being captured */
	XSCHED_HSA_FAILED = 9,           /* for a reason that has no name here */
};

/** xsched_hsa_strerror() - a sentence for a status; constant text, never NULL */
const char *xsched_hsa_strerror(int status);

/** struct xsched_hsa_target - whom a call is about; made by the three functions below */
struct xsched_hsa_target {
	uint32_t kind; /* enum xsched_hsa_kind */
	uint32_t unused;
	const void *handle;
};

enum xsched_hsa_kind { XSCHED_HSA_PROCESS = 0, XSCHED_HSA_QUEUE = 1, XSCHED_HSA_STREAM = 2 };

/** xsched_hsa_process() - all queues of this process, those to come too */
static inline struct xsched_hsa_target xsched_hsa_process(void)
{
	struct xsched_hsa_target t = {XSCHED_HSA_PROCESS, 0, NULL};

	return t;
}

/** xsched_hsa_queue() - a hardware queue, by its hsa_queue_t */
static inline struct xsched_hsa_target xsched_hsa_queue(const void *hsa_queue)
{
	struct xsched_hsa_target t = {XSCHED_HSA_QUEUE, 0, hsa_queue};

	return t;
}

/**
 * xsched_hsa_stream() - the hardware queue that HIP uses for a hipStream_t; NULL: the default stream
 *
 * Streams share hardware queues: at most GPU_MAX_HW_QUEUES (4 unless set) per GPU and priority. What is said about a stream holds for
 * all streams on its queue; struct xsched_hsa_stats tells queues apart by their number. See xsched_hsa_stream_queue() for how it is
 * found.
 */
static inline struct xsched_hsa_target xsched_hsa_stream(const void *hip_stream)
{
	struct xsched_hsa_target t = {XSCHED_HSA_STREAM, 0, hip_stream};

	return t;
}

/**
 * xsched_hsa_stream_queue() - find a stream's hardware queue
 * @hip_stream: a hipStream_t, NULL for the default stream
 * @queue_p:    out: the hsa_queue_t, valid as long as the stream is
 *
 * An event is recorded in the stream, and the queue that its packet goes to is the one. Like any HIP call that submits, this waits
 * while the queue's ring is full, and sets what hipGetLastError() returns. A program that suspends a stream had
 * better keep the queue.
 *
 * Return: OK; NOT_SCHEDULED; INVALID_ARGUMENT; NOT_FOUND: no such stream, no HIP, or its packets are not submitted by the
 *         calling thread (AMD_DIRECT_DISPATCH=0); UNSUPPORTED: the stream is being captured into a graph.
 */
int xsched_hsa_stream_queue(const void *hip_stream, const void **queue_p);

/**
 * xsched_hsa_queues() - list the scheduled queues of this process
 * @queues:   out: their hsa_queue_t; may be NULL with @capacity 0
 * @capacity: entries there is room for
 * @count_p:  out: how many there are, also when that is more than @capacity
 *
 * A queue may be destroyed by another thread at any time; calls about it then return NOT_FOUND.
 *
 * Return: OK; NOT_SCHEDULED; INVALID_ARGUMENT.
 */
int xsched_hsa_queues(const void **queues, size_t capacity, size_t *count_p);

/** xsched_hsa_scheduled() - OK or NOT_SCHEDULED, with no other effect */
int xsched_hsa_scheduled(void);

/** enum xsched_hsa_hint - what may be said about a queue or the process; range and default in brackets */
enum xsched_hsa_hint {
	XSCHED_HSA_PRIORITY = 0,          /* [-256..255, 0] higher runs first; XSCHED_HSA_NO_EXECUTE: not at all */
	XSCHED_HSA_SHARE = 1,             /* [0..100, 100] share of the GPU, relative to the others' */
	XSCHED_HSA_TIMESLICE_US = 2,      /* [100..10000000, 5000] length of a turn while others wait */
	XSCHED_HSA_DEADLINE_US = 3,       /* [-1..10^12, -1] from becoming ready; -1: none */
	XSCHED_HSA_LAXITY_US = 4,         /* [-1..10^12, -1] from becoming ready until critical; -1: never */
	XSCHED_HSA_LAXITY_PRIORITY = 5,   /* [-255..255, 0] priority before it is critical */
	XSCHED_HSA_CRITICAL_PRIORITY = 6, /* [-255..255, 255] priority once it is critical */
	XSCHED_HSA_K_DEADLINE = 7,        /* [1..1024, 1] how many run at once on a GPU under kedf; the process's only */
	XSCHED_HSA_WEIGHT = 8,            /* [1..10000, 100] weight under fair; 100 is one share */
	XSCHED_HSA_AGEING_US = 9,         /* [0..10^12, 0] waiting time that raises a priority by one under hpf; 0: never */
	XSCHED_HSA_WINDOW_US = 10,        /* [1..10000000, 200] work kept in flight while something may have to stop it */
	XSCHED_HSA_LEVEL = 11,            /* [1..3, 3] strongest preemption level to use */
};
#define XSCHED_HSA_NO_EXECUTE (-256)
#define XSCHED_HSA_NONE       (-1)
#define XSCHED_HSA_UNSET      INT64_MIN /* as a value: back to the process's, or the default */

/**
 * xsched_hsa_hint_set() - give a hint, or take it back with XSCHED_HSA_UNSET
 *
 * A queue's own hint counts more than the process's, which counts more than the default. It ends with the queue.
 *
 * Return: OK; NOT_SCHEDULED; INVALID_ARGUMENT; OUT_OF_RANGE; NOT_FOUND; NOT_PERMITTED.
 */
int xsched_hsa_hint_set(struct xsched_hsa_target target, int hint, int64_t value);
/** xsched_hsa_hint_get() - the value in force. Return: as above */
int xsched_hsa_hint_get(struct xsched_hsa_target target, int hint, int64_t *value_p);

/**
 * xsched_hsa_window_packets() - limit the packets in flight, not their time
 * @packets: 1 to 4096; 0: by time again, see XSCHED_HSA_WINDOW_US
 *
 * Return: OK; NOT_SCHEDULED; INVALID_ARGUMENT; OUT_OF_RANGE; NOT_FOUND.
 */
int xsched_hsa_window_packets(struct xsched_hsa_target target, uint32_t packets);

/**
 * xsched_hsa_suspend() - hold packets back, whatever the policy says, until xsched_hsa_resume()
 * @level: 1: what the GPU can see runs to its end; 2: packets that have not started are held too; 3: running kernels are stopped,
 *         and continued on resume. Where a level cannot be had the next lower one is used.
 *
 * Returns at once; see xsched_hsa_wait_in_flight(). A queue that others wait for, by events, is let run while they do. Repeated calls change
 * the level: at 1 or 2, kernels that 3 had stopped go on to their end. One xsched_hsa_resume() ends them all. Suspending the process suspends its queues to come.
 *
 * Return: OK; NOT_SCHEDULED; INVALID_ARGUMENT; OUT_OF_RANGE; NOT_FOUND.
 */
int xsched_hsa_suspend(struct xsched_hsa_target target, int level);
/** xsched_hsa_resume() - end a suspension; harmless if there is none. Return: as above */
int xsched_hsa_resume(struct xsched_hsa_target target);

/**
 * xsched_hsa_wait_idle() - wait until all that was submitted so far has completed
 * @timeout_ns: how long at most
 *
 * Return: OK; TIMEOUT; NOT_SCHEDULED; INVALID_ARGUMENT; NOT_FOUND.
 */
int xsched_hsa_wait_idle(struct xsched_hsa_target target, uint64_t timeout_ns);
/** xsched_hsa_wait_in_flight() - the same for what the GPU can see by now: after xsched_hsa_suspend(), nothing runs any more */
int xsched_hsa_wait_in_flight(struct xsched_hsa_target target, uint64_t timeout_ns);

/**
 * xsched_hsa_policy_set() - choose the policy of the process
 * @name: "fifo", "hpf", "up", "pup", "kedf", "lax", "fair" or "mlfq"
 *
 * Return: OK; NOT_SCHEDULED; INVALID_ARGUMENT; NOT_FOUND; NOT_PERMITTED: a daemon decides.
 */
int xsched_hsa_policy_set(const char *name);
/**
 * xsched_hsa_policy_get() - the policy in force
 * @name: out, cut off to @size bytes; 32 suffice
 *
 * Return: OK; NOT_SCHEDULED; INVALID_ARGUMENT.
 */
int xsched_hsa_policy_get(char *name, size_t size);

/** enum xsched_hsa_state - what a queue is doing */
enum xsched_hsa_state {
	XSCHED_HSA_FREE = 0,      /* nothing limits it */
	XSCHED_HSA_RUNNING = 1,   /* within a window */
	XSCHED_HSA_HELD = 2,      /* by the policy */
	XSCHED_HSA_SUSPENDED = 3, /* by the user */
};

/**
 * struct xsched_hsa_stats - one queue, or the process
 * @size:       in: sizeof(struct xsched_hsa_stats); out: how much of that was filled. What was not is zero.
 * @queues:     1; of the process: how many the rest is the sum of
 * @queue_id:   as hsa_queue_t has it; of the process 0, like all that has no sum
 * @node:       the GPU's node number
 * @state:      enum xsched_hsa_state
 * @level:      of the preemption in force
 * @window_packets: packets it may have in flight; 0: not limited by count
 * @window_ns:  work that it may have in flight; UINT64_MAX: no limit
 * @submitted:  packets since the queue was created, with those that the library added
 * @published:  of these, how many the GPU can see
 * @completed:  of these, how many have completed; of a queue that nothing limits, how many the GPU has taken
 * @packets, @dispatches: seen in passing, while something limited or counted
 * @gpu_ns:     GPU time of completed packets, while something limited the queue
 * @held_ns:    time that packets were held back
 * @holds:      how often they were
 */
struct xsched_hsa_stats {
	uint32_t size;
	uint32_t queues;
	uint64_t queue_id;
	uint32_t node;
	uint32_t state;
	uint32_t level;
	uint32_t window_packets;
	uint64_t window_ns;
	uint64_t submitted, published, completed;
	uint64_t packets, dispatches;
	uint64_t gpu_ns, held_ns, holds;
};

/** xsched_hsa_stats_get() - fill @stats, whose size is set. Return: OK; NOT_SCHEDULED; INVALID_ARGUMENT; NOT_FOUND */
int xsched_hsa_stats_get(struct xsched_hsa_target target, struct xsched_hsa_stats *stats);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
