/* SPDX-License-Identifier: MIT */
/*
 * What a scheduling policy is: one table of operations, all but the name optional, over the units
 * that the core orders. Policies write a unit's claim and their own data in it; the core reads the
 * claims.
 */
#ifndef SCHED_POLICY_H
#define SCHED_POLICY_H

#include "src/sched/list.h"
#include "src/sched/sched.h"
#include "src/sched/tree.h"

/**
 * struct sched_claim - a unit's place: compared member by member
 * @rank:  higher first. The hard part of a claim: comparable between GPUs, and what preempts
 * @order: lower first. The soft part: only means something among the units of one GPU
 * @seq:   lower first: who came, or had a turn, longer ago
 */
struct sched_claim {
	int64_t rank;
	uint64_t order;
	uint64_t seq;
};

/* What policies keep in a unit; zeroed when the policy changes. */
struct sched_policy_data {
	uint64_t vtime;	  /* up, pup, fair: GPU time had, per share */
	uint64_t used_ns; /* mlfq: GPU time had at this level */
	uint64_t left_ns; /* mlfq: when it last ran dry */
	uint32_t level;	  /* mlfq: 0 is the highest */
	bool known;	  /* it has been ready under this policy */
};

/**
 * struct sched_unit - what a policy orders: one queue, or all queues of one job on one GPU
 *
 * Policies read @hint, @ready_ns, @wait_ns and write @data; the rest is the core's.
 */
struct sched_unit {
	struct sched_gpu *gpu;
	struct sched_job *job;
	uint64_t ready_ns; /* since when it has something to run */
	uint64_t wait_ns;  /* since when it has waited for a turn, see sched_waited_ns() */
	uint64_t turn_ns;  /* when its turn began */
	uint64_t used_ns;  /* GPU time reported in this turn */
	struct sched_policy_data data;

	struct sched_claim base;   /* its own claim */
	struct sched_claim lent;   /* the best claim of what waits for it */
	struct sched_claim claim;  /* the better of both: the place in @in */
	struct sched_unit *donor;  /* whose turn it uses when @lent is better */
	int64_t hint[SCHED_HINTS]; /* values in force */
	int64_t ceiling;	   /* the highest rank it may claim */
	uint64_t seq;
	uint64_t waited_ns;	     /* while it runs: how long it had waited */
	uint64_t advance_ns;	     /* charged before it was reported */
	uint64_t had_ns;	     /* part of its turn that it had before it was interrupted */
	uint64_t slice_ns;	     /* length of its turn */
	uint64_t timer_ns;	     /* SCHED_NEVER: not in the timer set */
	uint64_t turn_end_ns;	     /* SCHED_NEVER: its turn does not end by time */
	uint64_t watch_ns;	     /* core time since when it has been owed a turn */
	struct tree *in;	     /* the set it stands in, or NULL */
	struct tree_node at;	     /* in @in, by claim */
	struct tree_node by_ceiling; /* among all units of the GPU */
	struct tree_node timer;
	struct list watch;    /* among the waiting units of the GPU, by watch_ns */
	struct list over;     /* among those whose turn is over and nobody waited */
	struct list siblings; /* among the units of a job that runs as one */
	struct list queues;   /* all its queues */
	uint32_t ready;	      /* how many of them can run */
	uint32_t blocked;     /* how many can run once another queue has done something */
	uint64_t gpu_ns;      /* a job's unit: GPU time reported by its queues */
	uint32_t uses;	      /* a job's unit: how many queues of the job use it */
	bool as_one;	      /* its job runs as one on all GPUs */
	bool parked;	      /* as_one and not running */
	bool lingering;	      /* dry, and still having its turn */
};

enum sched_grain {
	SCHED_PER_QUEUE, /* every queue is a unit */
	SCHED_PER_JOB,	 /* all queues of a job on one GPU are a unit */
};

#define SCHED_WIDTH_ALL UINT32_MAX

/**
 * struct sched_policy - a policy
 * @name:    how users choose it; the only required member
 * @about:   one line for users
 * @grain:   what its units are
 * @strict:  a lower rank may wait for ever while a higher one runs; without it the watchdog
 *           replaces a policy that lets one wait
 * @linger:  keep the GPU a moment for a unit that runs dry while it is owed time
 * @uses:    bit per enum sched_hint that it reads; others have no effect under it
 * @width:   how many units run at once on a GPU; without it 1. SCHED_WIDTH_ALL: all that are
 *           @together
 * @slice_ns: length of a turn, SCHED_NEVER for turns that end only by a better claim; without it
 *            the timeslice hint
 * @together: whether @u may run beside the first unit, @first, width permitting; must hold for all
 *            units before one for which it holds; without it always
 * @claim:   where @u stands among the units of its GPU (rank and order); without it all equal
 * @ceiling: the highest rank that @claim may ever return for @u with its present hints; without it
 *           0
 * @floor:   the lowest; without it as @ceiling
 * @wake_ns: when the claim of @u, which waits, changes by time alone, or SCHED_NEVER; without it
 *           never
 * @ready:   @u has something to run after it had nothing
 * @charge:  @u has used @ns of GPU time
 * @refund:  optional: @ns of what it was charged were others'. Without it what it uses next is free.
 * @stopped: @u's turn ended; @whole says that it ended by time
 * @owed:    whether the unserved @u should have been served by now as far as its account goes;
 *           without it always
 */
struct sched_policy {
	const char *name;
	const char *about;
	enum sched_grain grain;
	bool strict;
	bool linger;
	uint32_t uses;
	uint32_t (*width)(const struct sched *s);
	uint64_t (*slice_ns)(const struct sched *s, const struct sched_unit *u);
	bool (*together)(const struct sched_unit *first, const struct sched_unit *u);
	void (*claim)(struct sched *s, struct sched_unit *u, struct sched_claim *claim);
	int64_t (*ceiling)(const struct sched *s, const struct sched_unit *u);
	int64_t (*floor)(const struct sched *s, const struct sched_unit *u);
	uint64_t (*wake_ns)(struct sched *s, struct sched_unit *u);
	void (*ready)(struct sched *s, struct sched_unit *u);
	void (*charge)(struct sched *s, struct sched_unit *u, uint64_t ns);
	void (*refund)(struct sched *s, struct sched_unit *u, uint64_t ns);
	void (*stopped)(struct sched *s, struct sched_unit *u, bool whole);
	bool (*owed)(const struct sched *s, const struct sched_unit *u);
};

#define SCHED_USES(hint) (1u << (hint))

extern const struct sched_policy sched_policy_fifo;
extern const struct sched_policy sched_policy_hpf;
extern const struct sched_policy sched_policy_up;
extern const struct sched_policy sched_policy_pup;
extern const struct sched_policy sched_policy_kedf;
extern const struct sched_policy sched_policy_lax;
extern const struct sched_policy sched_policy_fair;
extern const struct sched_policy sched_policy_mlfq;

/* Helpers for policies. */

/** sched_now() - the time of the call in progress */
uint64_t sched_now(const struct sched *s);
/** sched_waited_ns() - how long @u has waited for its turn, or, during that, had waited for it */
uint64_t sched_waited_ns(const struct sched *s, const struct sched_unit *u);
/** sched_machine_hint() - the value of a hint that only the machine has */
int64_t sched_machine_hint(const struct sched *s, enum sched_hint hint);
/** sched_top_ceiling() - the highest ceiling among the units of @u's GPU */
int64_t sched_top_ceiling(const struct sched_unit *u);
/** sched_width_all() - for .width: all */
uint32_t sched_width_all(const struct sched *s);
/** sched_slice_none() - for .slice_ns: turns do not end by time */
uint64_t sched_slice_none(const struct sched *s, const struct sched_unit *u);
/** sched_same_rank() - for .together: equal ranks run together */
bool sched_same_rank(const struct sched_unit *first, const struct sched_unit *u);
/** sched_add_ns() - a + b, or SCHED_NEVER where that overflows */
uint64_t sched_add_ns(uint64_t a, uint64_t b);

/*
 * Virtual time: a unit's clock runs at 100 / share of the GPU time it uses, and the unit whose
 * clock is furthest behind has the next turn. What was used beyond a turn (a long kernel) is debt
 * and stays on the clock, also while the unit has nothing to run; credit for time not wanted is
 * limited.
 */

/** sched_vtime_ready() - for .ready: a newcomer starts at the GPU's time; one that comes back keeps
 * no more credit than @credit_ns of GPU time */
void sched_vtime_ready(struct sched_unit *u, uint64_t credit_ns, int64_t share);
/** sched_vtime_charge() - put @ns on @u's clock; @share in hundredths, at least 1. The GPU's
 * virtual time follows the unit that is furthest behind */
void sched_vtime_charge(struct sched_unit *u, uint64_t ns, int64_t share);
/** sched_vtime_refund() - take it off again */
void sched_vtime_refund(struct sched_unit *u, uint64_t ns, int64_t share);
/** sched_vtime_owed() - for .owed: whether the unit's clock is not ahead of its GPU's */
bool sched_vtime_owed(const struct sched *s, const struct sched_unit *u);

#endif
