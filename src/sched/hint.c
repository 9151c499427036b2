/* SPDX-License-Identifier: MIT */
/* The table of hints; see hint.h. It is constant: nobody writes it, the core and the user's tools
 * read it. */
#include "src/sched/hint.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define US_MAX	   INT64_C(1000000000000) /* 11 days: no sum of two such times overflows in ns */
#define ALL_SCOPES (SCHED_SCOPE_QUEUE | SCHED_SCOPE_JOB | SCHED_SCOPE_MACHINE)

static const struct sched_hint_info hints[SCHED_HINTS] = {
	[SCHED_HINT_PRIORITY] = {"priority", "", SCHED_PRIORITY_NO_EXECUTE, SCHED_PRIORITY_MAX, 0,
		ALL_SCOPES, 1, "higher runs first; -256: not at all"},
	[SCHED_HINT_UTILIZATION] = {"utilization", "%", 0, 100, 100, ALL_SCOPES, 1,
		"share of the GPU relative to the others'; 0: only what they leave"},
	[SCHED_HINT_TIMESLICE] = {"timeslice", "us", 100, 10000000, 5000, ALL_SCOPES, 1,
		"length of a turn while others wait"},
	[SCHED_HINT_DEADLINE] = {"deadline", "us", SCHED_NONE, US_MAX, SCHED_NONE, ALL_SCOPES, -1,
		"time from becoming ready; -1: none"},
	[SCHED_HINT_LAXITY] = {"laxity", "us", SCHED_NONE, US_MAX, SCHED_NONE, ALL_SCOPES, -1,
		"time from becoming ready until critical; -1: never critical"},
	[SCHED_HINT_LAXITY_PRIORITY] = {"laxity-priority", "", SCHED_PRIORITY_MIN,
		SCHED_PRIORITY_MAX, 0, ALL_SCOPES, 1, "priority before it is critical"},
	[SCHED_HINT_CRITICAL_PRIORITY] = {"critical-priority", "", SCHED_PRIORITY_MIN,
		SCHED_PRIORITY_MAX, SCHED_PRIORITY_MAX, ALL_SCOPES, 1,
		"priority once it is critical"},
	[SCHED_HINT_KDEADLINE] = {"k-deadline", "", 1, 1024, 1, SCHED_SCOPE_MACHINE, 1,
		"how many run at once on a GPU under kedf"},
	[SCHED_HINT_WEIGHT] = {"weight", "", 1, 10000, 100, ALL_SCOPES, 1,
		"weight under fair; 100 is one share"},
	[SCHED_HINT_AGEING] = {"ageing", "us", 0, US_MAX, 0, ALL_SCOPES, -1,
		"waiting time that raises a priority by one under hpf; 0: never"},
	[SCHED_HINT_WINDOW] = {"window", "us", 1, 10000000, 200, ALL_SCOPES, 1,
		"work kept in flight while something may have to stop it"},
	[SCHED_HINT_LEVEL] = {"level", "", 1, 3, 3, ALL_SCOPES, 1,
		"strongest preemption level used: 1 unpublished packets, 2 pending, 3 running "
		"waves"},
};

const struct sched_hint_info *sched_hint_info(enum sched_hint hint)
{
	return (unsigned)hint < SCHED_HINTS ? &hints[hint] : NULL;
}

int sched_hint_find(const char *name)
{
	/* What the variable and the reports call it. */
	if (!strcmp(name, "share"))
		return SCHED_HINT_UTILIZATION;
	for (int i = 0; i < SCHED_HINTS; i++)
		if (!strcmp(hints[i].name, name))
			return i;
	return -ENOENT;
}

int sched_hint_check(enum sched_hint hint, unsigned scope, int64_t value)
{
	const struct sched_hint_info *info = sched_hint_info(hint);

	if (!info)
		return -ENOENT;
	if (!(info->scope & scope))
		return -EPERM;
	if (value != SCHED_HINT_UNSET && (value < info->min || value > info->max))
		return -ERANGE;
	return 0;
}

int sched_hint_stronger(enum sched_hint hint, int64_t a, int64_t b)
{
	if (hints[hint].strong > 0)
		return a > b;
	/* For the hints where less is more, the value that means "none" or "never" claims least. */
	int64_t none = hints[hint].preset;
	if (a == none || b == none)
		return a != none && b == none;
	return a < b;
}
