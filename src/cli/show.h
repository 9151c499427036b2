/* SPDX-License-Identifier: MIT */
/* What list, top and stats show of the daemon's list, as tables. They read snapshots and keep nothing. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <jansson.h>

#include "src/cli/snapshot.h"
#include "src/cli/table.h"

/** show_list() - a row for each queue; @t is initialised here and the caller's to give up */
void show_list(const struct snapshot *s, struct table *t);
/** show_summary() - one line about all */
void show_summary(const struct snapshot *s, char *text, size_t size);
/** show_fault() - one line about why the policy in force is not the one that was chosen; false if it is */
bool show_fault(const struct snapshot *s, char *text, size_t size);

/** show_jobs() - a row for each job on each GPU: totals; the same for @t */
void show_jobs(const struct snapshot *s, struct table *t);
/** show_gpus() - a row for each GPU */
void show_gpus(const struct snapshot *s, struct table *t);
/** show_stats_json() - both as JSON; new reference, or NULL without memory */
json_t *show_stats_json(const struct snapshot *s);

#endif
