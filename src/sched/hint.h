/* SPDX-License-Identifier: MIT */
/*
 * Hints: what users say about their queues and jobs, as a typed table with names, ranges and
 * defaults. Users and the caller of the scheduler write them; policies read the values in force.
 * Names and meanings are those that XSched 1.2 gives them (its include/xsched/hint.h and types.h)
 * where it has the hint.
 */
#ifndef SCHED_HINT_H
#define SCHED_HINT_H

#include <stdint.h>

enum sched_hint {
	SCHED_HINT_PRIORITY,	    /* higher runs first; SCHED_PRIORITY_NO_EXECUTE: not at all */
	SCHED_HINT_UTILIZATION,	    /* share of the GPU, relative to the others' */
	SCHED_HINT_TIMESLICE,	    /* length of a turn, us */
	SCHED_HINT_DEADLINE,	    /* us from becoming ready; SCHED_NONE: no deadline */
	SCHED_HINT_LAXITY,	    /* us from becoming ready until it is critical; or SCHED_NONE */
	SCHED_HINT_LAXITY_PRIORITY, /* priority before that moment */
	SCHED_HINT_CRITICAL_PRIORITY, /* priority from that moment */
	SCHED_HINT_KDEADLINE,	      /* how many queues run at once under kedf; machine only */
	SCHED_HINT_WEIGHT,	      /* weight under fair; 100 is one share */
	SCHED_HINT_AGEING,	      /* us of waiting that raise a priority by one; 0: never */
	SCHED_HINT_WINDOW,	      /* budget of work in flight, us */
	SCHED_HINT_LEVEL,	      /* strongest preemption level to use on this queue */
	SCHED_HINTS,
};

#define SCHED_PRIORITY_NO_EXECUTE (-256)
#define SCHED_PRIORITY_MIN	  (-255)
#define SCHED_PRIORITY_MAX	  255
#define SCHED_NONE		  (-1)
#define SCHED_HINT_UNSET	  INT64_MIN /* as a value: back to the next wider scope's */

#define SCHED_SCOPE_QUEUE   1u
#define SCHED_SCOPE_JOB	    2u
#define SCHED_SCOPE_MACHINE 4u

/**
 * struct sched_hint_info - one row of the table of hints
 * @name:   as users write it
 * @unit:   "us", "%" or ""
 * @min:    least value, SCHED_NONE included where it has a meaning
 * @max:    greatest value
 * @preset: value where nobody set one
 * @scope:  where it may be set, SCHED_SCOPE_*; the narrowest scope that has a value wins
 * @strong: +1 if a greater value claims more, -1 if a smaller one does (SCHED_NONE claims least): a
 *          job scheduled as one takes the strongest value among its queues
 * @about:  one line for users
 */
struct sched_hint_info {
	const char *name;
	const char *unit;
	int64_t min, max, preset;
	unsigned scope;
	int strong;
	const char *about;
};

/** sched_hint_info() - the row of @hint, or NULL if there is no such hint */
const struct sched_hint_info *sched_hint_info(enum sched_hint hint);

/**
 * sched_hint_find() - a hint by its name, or "share" for SCHED_HINT_UTILIZATION
 *
 * Return: the hint, or -ENOENT.
 */
int sched_hint_find(const char *name);

/**
 * sched_hint_check() - whether a value may be given to a hint
 * @hint:  the hint
 * @scope: where it is to be set, one of SCHED_SCOPE_*
 * @value: the value, or SCHED_HINT_UNSET
 *
 * Return: 0; -ENOENT when there is no such hint; -EPERM when it cannot be set at this scope;
 *         -ERANGE when the value is outside its range.
 */
int sched_hint_check(enum sched_hint hint, unsigned scope, int64_t value);

/** sched_hint_stronger() - whether value @a of @hint claims more than @b */
int sched_hint_stronger(enum sched_hint hint, int64_t a, int64_t b);

#endif
