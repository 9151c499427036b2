/* SPDX-License-Identifier: MIT */
/*
 * The scheduler core: decides which queues may run on each GPU, and with what window. Its caller
 * (the library in a process, or the daemon for all processes) writes events into it by the calls
 * below and reads decisions as effects; doc/scheduling.md tells how it works.
 *
 * The core is pure: time is an argument, effects leave through struct sched_ops, and nothing but
 * the _new calls allocates memory. It has no lock: all calls on one struct sched must exclude each
 * other.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "src/common/span.h"
#include "src/sched/hint.h"

struct sched;
struct sched_gpu;
struct sched_job;
struct sched_queue;
struct sched_policy;

#define SCHED_UNLIMITED UINT64_MAX /* a window without limit; a cost that is never worth paying */
#define SCHED_NEVER	UINT64_MAX /* as a time */
#define SCHED_WAITS_MAX 5 /* queues one queue waits for: a barrier packet has five signals */

/* What a queue's gate shall do. */
enum sched_gate {
	SCHED_GATE_HOLD, /* publish nothing; report the queue ready when it has something */
	SCHED_GATE_RUN,	 /* publish up to the window; report ready, idle and GPU time */
	SCHED_GATE_FREE, /* nothing can limit this queue now: publish, reports are not needed */
};

enum sched_reason {
	SCHED_BECAUSE_IDLE,	  /* it has nothing to run */
	SCHED_BECAUSE_TURN,	  /* it is its turn, or it shares the first place */
	SCHED_BECAUSE_ALONE,	  /* nothing on this GPU could be disturbed by it */
	SCHED_BECAUSE_OUTRANKED,  /* a higher claim is being served */
	SCHED_BECAUSE_OTHERS,	  /* an equal claim is having its turn */
	SCHED_BECAUSE_JOB,	  /* its job runs as one, and another part of it cannot run */
	SCHED_BECAUSE_SUSPENDED,  /* the user suspended it */
	SCHED_BECAUSE_NO_EXECUTE, /* its priority says so */
	SCHED_REASONS,
};

/**
 * struct sched_effect - a decision about one queue that differs from the one before
 * @gate:      what its gate shall do from now on
 * @reason:    why
 * @window_ns: GATE_RUN: publish no more than this much estimated GPU time; SCHED_UNLIMITED: all.
 *             Otherwise SCHED_UNLIMITED for GATE_FREE and 0 for GATE_HOLD.
 * @level:     GATE_HOLD: how to stop it: 1 stop publishing, 2 stop packets that are published and
 *             not started as well, 3 save its running waves as well. GATE_RUN: the level it must be
 *             ready to be stopped at; running waves that were saved are to be restored.
 */
struct sched_effect {
	enum sched_gate gate;
	enum sched_reason reason;
	uint64_t window_ns;
	int level;
};

/** sched_effect_brakes() - whether packets are to be stopped that are published; who suspends at level 1 wants them done */
static inline bool sched_effect_brakes(const struct sched_effect *e)
{
	return e->gate == SCHED_GATE_HOLD && !(e->reason == SCHED_BECAUSE_SUSPENDED && e->level == 1);
}

#define SCHED_DRAIN_UNKNOWN UINT64_MAX

/**
 * struct sched_ops - how decisions reach the caller
 * @effect:   required. Called within the calls below, holds before runs. It may call the core
 *            again, for this queue too (sched_queue_free() excepted); such calls' effects follow.
 * @drain_ns: optional. How long what @owner's queue has published will keep the GPU busy, at @now.
 *            Asked only where level 3 may be used. Without it the queue's window counts.
 *            SCHED_DRAIN_UNKNOWN: it may have published more than anybody has looked at so far.
 */
struct sched_ops {
	void (*effect)(void *ctx, void *owner, const struct sched_effect *effect);
	uint64_t (*drain_ns)(void *ctx, void *owner, uint64_t now_ns);
};

/**
 * struct sched_config - constants of one scheduler; 0 selects the default
 * @stall_ns:  how long a policy may leave a ready queue unserved that it owes a turn, beyond one
 *             turn of everybody else; default 2 s
 * @linger_ns: how long the GPU is kept for a queue that runs dry while it is owed time (see up);
 *             default 200 us; at most 1 % of the time is spent so
 */
struct sched_config {
	uint64_t stall_ns;
	uint64_t linger_ns;
};

/**
 * sched_new() - make a scheduler, with policy hpf and no GPU
 * @config: constants, copied; NULL for the defaults
 * @ops:    effects; borrowed, must outlive the scheduler
 * @ctx:    passed to @ops
 * @sched_p: out
 *
 * Return: 0; -ENOMEM; -EINVAL without @ops->effect.
 */
int sched_new(const struct sched_config *config, const struct sched_ops *ops, void *ctx,
	struct sched **sched_p);
/** sched_free() - end a scheduler with all that is in it; no effects; NULL is allowed */
void sched_free(struct sched *s);

/**
 * sched_gpu_new() - add a GPU, a scheduling domain of its own
 * @s:               the scheduler, which owns the result
 * @preempt_cost_ns: what saving and restoring running waves costs; SCHED_UNLIMITED: cannot be done
 * @gpu_p:           out
 *
 * Return: 0; -ENOMEM.
 */
int sched_gpu_new(struct sched *s, uint64_t preempt_cost_ns, struct sched_gpu **gpu_p);
/** sched_gpu_cost_set() - change what level 3 costs on @gpu; SCHED_UNLIMITED: do not use it */
void sched_gpu_cost_set(struct sched_gpu *gpu, uint64_t preempt_cost_ns);

/**
 * sched_job_new() - open a job: one process, or the processes that give the same name
 * @s:     the scheduler
 * @name:  copied (at most 63 bytes count); NULL or "": a job of its own
 * @job_p: out; to be closed once per successful call
 *
 * Return: 0; -ENOMEM.
 */
int sched_job_new(struct sched *s, const char *name, struct sched_job **job_p);
/** sched_job_close() - the caller is done with @job; it ends with its last queue */
void sched_job_close(struct sched_job *job);
/**
 * sched_job_unit_set() - say whether a job's queues, on all GPUs, run or are held together
 * @job:    the job
 * @as_one: true for cooperative and multi-rank work, whose kernels wait for each other
 * @now_ns: the time
 */
void sched_job_unit_set(struct sched_job *job, bool as_one, uint64_t now_ns);

/**
 * sched_queue_new() - add a queue, idle and held
 * @gpu:     where it runs
 * @job:     whose it is
 * @owner:   passed back with every effect
 * @now_ns:  the time
 * @queue_p: out; set before the first effect
 *
 * Return: 0; -ENOMEM; -EINVAL when @gpu and @job belong to different schedulers.
 */
int sched_queue_new(struct sched_gpu *gpu, struct sched_job *job, void *owner, uint64_t now_ns,
	struct sched_queue **queue_p);
/**
 * sched_queue_apart() - say that a queue does not belong to what of its job runs as one
 * @q:      the queue
 * @now_ns: the time
 *
 * Under policies that schedule jobs it is with the job's others as ever. See sched_job_unit_set().
 */
void sched_queue_apart(struct sched_queue *q, uint64_t now_ns);
/** sched_queue_free() - forget a queue, in any state; its gate is the caller's now: no effect */
void sched_queue_free(struct sched_queue *q, uint64_t now_ns);

/**
 * sched_batch_begin() - several things happened at once: nothing is decided until sched_batch_end()
 * sched_batch_end() - decide; effects follow
 *
 * Other calls may come between.
 */
void sched_batch_begin(struct sched *s);
void sched_batch_end(struct sched *s, uint64_t now_ns);

/** sched_queue_ready() - the queue has packets that have not completed; may be repeated */
void sched_queue_ready(struct sched_queue *q, uint64_t now_ns);
/** sched_queue_drains() - a queue that was held may take longer to come to a stop than sched_ops.drain_ns() told; may be repeated */
void sched_queue_drains(struct sched_queue *q, uint64_t now_ns);
/** sched_queue_idle() - all its packets have completed; may be repeated */
void sched_queue_idle(struct sched_queue *q, uint64_t now_ns);
/** sched_queue_ran() - kernels of @q that completed used @gpu_ns of GPU time; in any state */
void sched_queue_ran(struct sched_queue *q, uint64_t gpu_ns, uint64_t now_ns);
/**
 * sched_queue_spans() - the same, of kernels that are known by their timestamps
 * @spans: in the order in which they ended; those that end before they begin count nothing
 *
 * Where spans of several queues of a GPU overlap, each is charged for what it takes alone, at most. Where that is not known the time goes to the
 * kernel that began first, until it ends; one that goes on longer runs beside the others. The order in which queues
 * report does not matter: what was charged too much is given back.
 */
void sched_queue_spans(struct sched_queue *q, const struct gpu_span *spans, unsigned count, uint64_t now_ns);

/**
 * sched_queue_waits() - the packet at the head of a queue waits for a signal that another will
 * complete
 * @q:      the waiting queue
 * @on:     the queue that has, or will have, the completing packet; may be of another job or GPU
 * @now_ns: the time
 *
 * Until sched_queue_wait_done() @on has @q's claim if that is higher than its own, and so has,
 * transitively, what @on waits for. It runs for a waiting queue even if it is suspended. Cycles are
 * harmless.
 *
 * Return: 0, also when it is known already; -ENOSPC beyond SCHED_WAITS_MAX; -EINVAL for @q == @on
 *         or another scheduler's queue.
 */
int sched_queue_waits(struct sched_queue *q, struct sched_queue *on, uint64_t now_ns);
/** sched_queue_wait_done() - @q waits for @on no longer; @on NULL: for none */
void sched_queue_wait_done(struct sched_queue *q, struct sched_queue *on, uint64_t now_ns);

/**
 * sched_queue_suspend() - hold a queue until sched_queue_resume(), whatever the policy says
 * @q:      the queue
 * @level:  how to stop it, 1 to 3
 * @now_ns: the time
 *
 * Return: 0; -EINVAL for another level.
 */
int sched_queue_suspend(struct sched_queue *q, int level, uint64_t now_ns);
/** sched_queue_resume() - let the policy decide again; harmless if it is not suspended */
void sched_queue_resume(struct sched_queue *q, uint64_t now_ns);

/**
 * sched_queue_hint_set() - give a hint for a queue; it ends with the queue
 * @q:      the queue
 * @hint:   which
 * @value:  in the hint's unit, or SCHED_HINT_UNSET
 * @now_ns: the time
 *
 * Return: 0 or an error of sched_hint_check().
 */
int sched_queue_hint_set(
	struct sched_queue *q, enum sched_hint hint, int64_t value, uint64_t now_ns);
/** sched_job_hint_set() - the same for a job: for queues without their own, and for it as one */
int sched_job_hint_set(struct sched_job *job, enum sched_hint hint, int64_t value, uint64_t now_ns);
/** sched_hint_set() - the same for the machine: where neither queue nor job has a value */
int sched_hint_set(struct sched *s, enum sched_hint hint, int64_t value, uint64_t now_ns);
/** sched_queue_hint_get() - the value of @hint in force for @q */
int64_t sched_queue_hint_get(const struct sched_queue *q, enum sched_hint hint);

/**
 * sched_follow_set() - whether queues that nothing can disturb are followed all the same
 * @all: no gate is SCHED_GATE_FREE: their owners tell when they are ready and idle, and what they used; by default they need not
 */
void sched_follow_set(struct sched *s, bool all, uint64_t now_ns);

/**
 * sched_tick() - let time pass: turns end, claims that grow with time grow, and what was held and still runs is looked at
 * @s:      the scheduler
 * @now_ns: the time; one that lies before an earlier one counts as that
 *
 * Return: when to call again, or SCHED_NEVER. Every call that takes the time does what sched_tick()
 *         does, but for the looks: say first what is known of queues. So one timer, re-armed from
 *         sched_next_ns() after each call, is enough.
 */
uint64_t sched_tick(struct sched *s, uint64_t now_ns);
/** sched_next_ns() - when sched_tick() is next needed, or SCHED_NEVER */
uint64_t sched_next_ns(const struct sched *s);

/**
 * sched_policy_set() - choose a policy by name; all queues enter it anew
 *
 * Return: 0; -ENOENT.
 */
int sched_policy_set(struct sched *s, const char *name, uint64_t now_ns);
/**
 * sched_policy_install() - the same with a policy that is not in the list
 * @s:      the scheduler
 * @policy: borrowed; must outlive its use; see policy.h
 * @now_ns: the time
 *
 * Return: 0; -EINVAL when it has no name, or its width and slice contradict each other.
 */
int sched_policy_install(struct sched *s, const struct sched_policy *policy, uint64_t now_ns);
/** sched_policy_name() - the name of the policy in force */
const char *sched_policy_name(const struct sched *s);
/** sched_policy_at() - the @index-th policy that can be chosen by name, or NULL beyond the last */
const struct sched_policy *sched_policy_at(unsigned index);

enum sched_state {
	SCHED_STATE_IDLE,
	SCHED_STATE_HELD,      /* ready, and held */
	SCHED_STATE_RUNNING,   /* ready, and may publish */
	SCHED_STATE_SUSPENDED, /* by the user, and not lent to a queue that waits for it */
};

/**
 * struct sched_queue_stats - what a queue has had
 * @state:    now
 * @gate:     as the last effect said
 * @gpu_ns:   GPU time reported
 * @holds:    how often it was held while ready
 * @preempts: how often its running waves were to be saved
 * @ready_ns: since when it has been ready; 0 if idle
 */
struct sched_queue_stats {
	enum sched_state state;
	enum sched_gate gate;
	uint64_t gpu_ns, holds, preempts, ready_ns;
};
/** sched_queue_stats() - read them */
void sched_queue_stats(const struct sched_queue *q, struct sched_queue_stats *stats);
/** sched_job_gpu_ns() - GPU time of @job; @gpu NULL: on all */
uint64_t sched_job_gpu_ns(const struct sched_job *job, const struct sched_gpu *gpu);
/** sched_gpu_ns() - GPU time reported for @gpu */
uint64_t sched_gpu_ns(const struct sched_gpu *gpu);
/** sched_steps() - comparisons and steps in ordered sets so far: what decisions cost */
uint64_t sched_steps(const struct sched *s);

/**
 * struct sched_fault - why the policy in force is not the one that was chosen
 * @policy: the name of the one that was replaced by fifo
 * @text:   what it did
 * @when_ns: the time
 * @owner:  the owner of a queue that it left unserved; may be gone by now
 */
struct sched_fault {
	char policy[32];
	char text[160];
	uint64_t when_ns;
	void *owner;
};
/** sched_fault() - the last fault, or NULL if there was none since a policy was last chosen */
const struct sched_fault *sched_fault(const struct sched *s);

/**
 * sched_check() - verify the core's own invariants; for tests
 *
 * Return: NULL, or what is wrong.
 */
const char *sched_check(const struct sched *s);

#endif
