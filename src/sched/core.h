/* SPDX-License-Identifier: MIT */
/*
 * The scheduler core's own types and the calls between its files. Only src/sched/ reads and writes
 * what is here, under the lock of the core's caller.
 *
 * One public call goes: core_enter() (time, timers that are due) - change of state - core_leave()
 * (decide which units run, then send the effects of the queues that were touched).
 */
#ifndef SCHED_CORE_H
#define SCHED_CORE_H

#include "src/sched/policy.h"

struct sched_hints {
	int64_t value[SCHED_HINTS]; /* SCHED_HINT_UNSET: none here */
};

/* Where one queue waits for another: member of the waiting queue. */
struct sched_wait {
	struct sched_queue *waiter, *on; /* on == NULL: not in use */
	struct list in_waiters;		 /* on's list of those that wait for it */
};

struct sched_queue {
	struct sched *sched;
	struct sched_gpu *gpu;
	struct sched_job *job;
	struct sched_unit *unit; /* own, or its job's on this GPU */
	struct sched_unit *seat; /* its job's on this GPU */
	struct sched_unit own;
	void *owner;
	struct sched_hints hints;
	struct list in_sched, in_job, in_unit;
	struct list touched;  /* its effect is to be looked at */
	struct list draining; /* held, and what it published may still run */
	unsigned drain_looks; /* since then, that showed nothing */
	bool relevel;         /* the user wants it stopped at a lower level than it was */
	struct list inherit;  /* what waits for it or it waits for has changed */
	struct list work;     /* of one pass through the wait graph */
	struct sched_wait waits[SCHED_WAITS_MAX];
	struct list waiters;
	uint32_t nwaits;
	struct sched_claim lent; /* the best claim of what waits for this queue */
	struct sched_unit *donor;
	uint64_t epoch; /* of the last pass that met it */
	uint64_t number;
	uint64_t refund_ns; /* of gpu_ns, counted too much: what it uses next does not count */
	uint64_t gpu_ns, holds, preempts, ready_ns;
	struct sched_effect last;
	int suspend_level;
	bool ready, suspended;
	bool apart;		       /* not of what its job runs as one */
	bool lent_run;		       /* something that can run waits for it */
	bool counted, counted_blocked; /* how its unit counts it */
};

/* What a kernel of a queue was charged for. */
struct sched_span {
	struct sched_queue *q; /* NULL: it is gone */
	uint64_t of;	       /* its number */
	struct gpu_span span;
	uint64_t charged_ns;
};
#define SCHED_SPANS 64u /* of which a GPU remembers the latest */

struct sched_job {
	struct sched *sched;
	char name[64];
	uint32_t refs; /* opens and queues */
	bool as_one;
	bool decided, on; /* of the pass over jobs that run as one */
	uint64_t gpu_ns;
	struct sched_hints hints;
	struct list in_sched, in_as_one;
	struct list queues;
	struct list units; /* its units, by siblings */
};

struct sched_gpu {
	struct sched *sched;
	struct list in_sched;
	struct tree run, wait;		       /* units that compete */
	struct tree blocked_run, blocked_wait; /* units that wait for others: they take no place */
	struct tree by_ceiling;		       /* all units */
	struct list watch, over, draining;
	uint64_t preempt_cost_ns;
	uint64_t drain_look_ns; /* when to look again at queues that drain; or SCHED_NEVER */
	uint64_t gpu_ns;
	uint64_t vtime;
	uint64_t slice_max_ns; /* the longest turn given under this policy */
	uint64_t linger_left_ns, linger_at_ns;
	uint32_t nparked;
	struct sched_span spans[SCHED_SPANS];
	unsigned span_next;
	/* Of the last look at who can disturb whom: */
	bool free;
	bool narrow; /* fewer places than units */
	int64_t top_ceiling;
	bool dirty;
	bool promoted; /* something began to run; for commit() */
};

struct sched {
	const struct sched_ops *ops;
	void *ctx;
	const struct sched_policy *policy;
	uint64_t stall_ns, linger_ns;
	uint64_t now_ns;
	uint64_t core_ns; /* time that the core could act in: jumps of the clock count little */
	uint64_t seq, epoch, steps, numbers;
	struct sched_hints hints;
	struct tree timers;
	struct list gpus, jobs, as_one, queues;
	struct list touched, runs, inherit;
	bool committing;
	bool deciding;
	bool batch; /* no decision yet */
	bool follow_all; /* see sched_follow_set() */
	bool faulted;
	struct sched_fault fault;
};

static inline bool claim_before(const struct sched_claim *a, const struct sched_claim *b)
{
	if (a->rank != b->rank)
		return a->rank > b->rank;
	if (a->order != b->order)
		return a->order < b->order;
	return a->seq < b->seq;
}

#define CLAIM_NONE ((struct sched_claim){INT64_MIN, UINT64_MAX, UINT64_MAX})

/* core.c */
/** core_enter() - begin a public call: take the time, do what was due */
void core_enter(struct sched *s, uint64_t now_ns);
/** core_leave() - end a public call: decide, send effects */
void core_leave(struct sched *s);

/* unit.c */
/** unit_sets_init() - make @g's ordered sets of units */
void unit_sets_init(struct sched_gpu *g);
/** unit_init() - make @u an empty unit of @job on @gpu */
void unit_init(struct sched_unit *u, struct sched_gpu *gpu, struct sched_job *job);
/** unit_add() - make @q one of its unit's queues; it counts as idle */
void unit_add(struct sched_queue *q);
/** unit_drop() - take @q out of its unit, which must not count it */
void unit_drop(struct sched_queue *q);
/** unit_count() - take note, after any change of @q's state, of what its unit can do now */
void unit_count(struct sched_queue *q);
/** unit_update() - bring the place of @u in line with what its queues can do */
void unit_update(struct sched_unit *u);
/** unit_leave() - take @u out of every ordered set and timer, without effects on its account */
void unit_leave(struct sched_unit *u);
/** unit_hints() - compute the hints in force for @u, and its ceiling */
void unit_hints(struct sched_unit *u);
/** unit_reclaim() - compute @u's claim anew and move it there */
void unit_reclaim(struct sched_unit *u);
/** unit_place() - move @u to the better of its own and its lent claim */
void unit_place(struct sched_unit *u);
/** unit_turn_over() - @u's turn ended; charge it and give it a new place */
void unit_turn_over(struct sched_unit *u, bool whole);
/** unit_timer() - have unit_due() called at @when_ns; SCHED_NEVER: not at all */
void unit_timer(struct sched_unit *u, uint64_t when_ns);
/** unit_due() - @u's timer has run out */
void unit_due(struct sched_unit *u);
/** unit_ran() - @u used @ns of GPU time */
void unit_ran(struct sched_unit *u, uint64_t ns);
/** unit_refund() - @ns of what @u was said to have used was others' */
void unit_refund(struct sched_unit *u, uint64_t ns);
/** unit_promote() - give @u, which waits, a turn */
void unit_promote(struct sched_unit *u);
/** unit_demote() - make @u, which has a turn, wait */
void unit_demote(struct sched_unit *u);
/** unit_put() - move @u, which may stand nowhere, into @set (NULL: into none) */
void unit_put(struct sched_unit *u, struct tree *set);
/** unit_first() - the first of @set, or NULL */
struct sched_unit *unit_first(const struct tree *set);
/** unit_last() - the last of @set, or NULL */
struct sched_unit *unit_last(const struct tree *set);
/** unit_runs() - whether @u's queues may run */
bool unit_runs(const struct sched_unit *u);

/* decide.c */
/** gpu_dirty() - the set of units that run on @g must be looked at */
void gpu_dirty(struct sched_gpu *g);
/** gpu_waiting() - whether a unit that could use a turn waits on @g */
bool gpu_waiting(const struct sched_gpu *g);
/** gpu_together() - .together of the policy in force */
bool gpu_together(
	const struct sched *s, const struct sched_unit *first, const struct sched_unit *u);
/** gpu_width() - .width of the policy in force */
uint32_t gpu_width(const struct sched *s);
/** decide() - bring the sets of running units in line with the claims */
void decide(struct sched *s);
/** decide_as_one() - choose which jobs that run as one do so now */
void decide_as_one(struct sched *s);

/* effect.c */
/** queue_drain_ns() - see struct sched_ops */
uint64_t queue_drain_ns(const struct sched_queue *q);
/** queue_watch_drain() - @q, which is held, may still run; see stop_draining() */
void queue_watch_drain(struct sched_queue *q);
/** queue_touch() - the effect for @q may have changed */
void queue_touch(struct sched_queue *q);
/** unit_touch() - the effects for all queues of @u may have changed */
void unit_touch(struct sched_unit *u);
/** gpu_refresh() - look anew at who can disturb whom on @g */
void gpu_refresh(struct sched_gpu *g);
/** unit_limited() - whether something on its GPU can claim the place of @u while it runs */
bool unit_limited(const struct sched_unit *u);
/** commit() - send the effects of all touched queues */
void commit(struct sched *s);

/* inherit.c */
/** inherit_later() - have what flows from and to @q computed before the next decision */
void inherit_later(struct sched_queue *q);
/** inherit_unit_later() - the same for all queues of @u that wait */
void inherit_unit_later(struct sched_unit *u);
/** inherit_run() - compute them */
void inherit_run(struct sched *s);
/** unit_lend() - give @u the best claim that is lent to any of its queues that can use it */
void unit_lend(struct sched_unit *u);
/** inherit_forget() - take @q, which is going away, out of the wait graph */
void inherit_forget(struct sched_queue *q);
/** queue_stopped() - whether the user holds @q and nothing waits for it */
bool queue_stopped(const struct sched_queue *q);

/* spans.c */
/** span_charge() - @q had the GPU for @span. Return: ns to charge it for; others may get time back. */
uint64_t span_charge(struct sched_queue *q, const struct gpu_span *span);
/** span_forget() - @q goes away */
void span_forget(const struct sched_queue *q);

/* watch.c */
/** watch_start() - @u is owed a turn from now on */
void watch_start(struct sched_unit *u);
/** watch_stop() - @u is owed none */
void watch_stop(struct sched_unit *u);
/** watch_check() - replace a policy that let a unit wait too long */
void watch_check(struct sched *s);
/** watch_next_ns() - when to look again */
uint64_t watch_next_ns(const struct sched *s);

/* policy.c */
/** policy_enter() - put @policy in force and let all queues enter it anew */
void policy_enter(struct sched *s, const struct sched_policy *policy);
/** queue_enter() - make @q part of the unit that the policy wants it in, in its state */
void queue_enter(struct sched_queue *q);
/** queue_exit() - take @q out of its unit, whatever its state */
void queue_exit(struct sched_queue *q);

#endif
